"""Groups copy groups that report one event into stories, also with the stories of earlier nights.

MinHash over each text's most telling terms proposes pairs, `similarity.Context` judges them, average link joins.
Average link at a threshold never joins across components of the pairs above it, whatever the similarity, so each
component is solved by itself.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

from pipeline.following import follow
from pipeline.proposals import pairs_of, proposed
from pipeline.records import CopyGroup, PastStory, Story
from pipeline.similarity import Context, Texts, read_texts, resemblance

MOST_VOICES = 4
"""How often a reprinted text counts at most: further reprints add no weight."""
THRESHOLD = 0.09
"""Similarity in context from which two clusters are one story; tuned on dev halves: benchmarks/results/cluster.md."""


def cluster(
    groups: Sequence[CopyGroup], past: Sequence[PastStory] = (), repeated: Mapping[str, str] | None = None
) -> tuple[Story, ...]:
    """Stories of tonight, each group in exactly one, ordered by id; the result does not depend on the order of input.

    A story that takes one of the `past` stories further keeps its id: `following` decides which. `repeated` are
    tonight's articles that are copies of earlier ones, each with the id of the past story that held those. What was
    told before has no say in how tonight's groups fall together.
    """
    if not groups:
        return ()
    ordered = sorted(groups, key=lambda group: group.lead.id)
    texts = read_texts([group.lead for group in ordered])
    voices = [len(group.articles) for group in ordered]
    stories = []
    for members in _clusters(texts, voices):
        ranked = [ordered[row] for row in _medoid_first(texts, members)]
        stories.append(Story(_story_id(members, ordered), tuple(ranked)))
    return follow(stories, past, repeated or {}, THRESHOLD)


def _clusters(texts: Texts, voices: Sequence[int]) -> list[list[int]]:
    """Rows that belong together, each row exactly once; `voices` are how many articles each row stands for."""
    count = len(texts.words)
    pairs = proposed(texts)
    context = Context(texts, pairs)
    linked = pairs[context.similarity(pairs[:, 0], pairs[:, 1]) >= THRESHOLD]
    graph = sparse.coo_matrix((np.ones(len(linked)), (linked[:, 0], linked[:, 1])), shape=(count, count))
    _, labels = connected_components(graph, directed=False)
    components: dict[int, list[int]] = defaultdict(list)
    for row, label in enumerate(labels):
        components[int(label)].append(row)
    return [part for component in components.values() for part in _average_link(context, component, voices)]


def _average_link(context: Context, component: Sequence[int], voices: Sequence[int]) -> list[list[int]]:
    """Average-link clusters (UPGMA, Sokal and Michener 1958) of one component, cut at the threshold.

    The average is over articles, so a text stands in the tree as often as it was printed.
    """
    if len(component) < 2:
        return [list(component)]
    printed = [row for row in component for _ in range(min(voices[row], MOST_VOICES))]
    left, right = pairs_of(printed)
    distances = np.where(left == right, 0.0, 1.0 - context.similarity(left, right))
    labels = fcluster(linkage(distances, "average"), 1.0 - THRESHOLD, "distance")
    parts: dict[int, set[int]] = defaultdict(set)
    for row, label in zip(printed, labels, strict=True):
        parts[int(label)].add(row)
    return [sorted(part) for part in parts.values()]


def _medoid_first(texts: Texts, members: Sequence[int]) -> list[int]:
    """The rows of a story by how similar they are to all others, the medoid first; ties by row."""
    if len(members) < 2:
        return list(members)
    closeness = np.round(squareform(resemblance(texts, *pairs_of(members))).sum(axis=1), 9)
    return [members[at] for at in np.lexsort((members, -closeness))]


def _story_id(members: Sequence[int], groups: Sequence[CopyGroup]) -> str:
    """An id that depends on nothing but which groups the story holds."""
    names = "\n".join(sorted(groups[row].lead.id for row in members))
    return "s" + hashlib.sha256(names.encode()).hexdigest()[:12]
