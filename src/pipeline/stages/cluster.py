"""Groups copy groups that report one event into stories, also with the stories of earlier nights.

MinHash over each text's most telling terms proposes pairs, `similarity.Context` judges them, average link joins
tonight's groups with each other and with the earlier stories (`company.py`), `following.py` decides on ids.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.spatial.distance import squareform

from pipeline.clustering.background import NOTHING, Background
from pipeline.clustering.company import come_together, company_of
from pipeline.clustering.following import Tie, follow, latest_first, ties_of
from pipeline.clustering.linkage import Judge, ScoredPairs, average_link
from pipeline.clustering.proposals import pairs_of
from pipeline.clustering.surroundings import resemblance
from pipeline.clustering.texts import Fields, Texts
from pipeline.clustering.vectors import Rows
from pipeline.records import CopyGroup, PastStory, Story

MOST_VOICES = 4
"""How often a reprinted text counts at most: further reprints add no weight."""
THRESHOLD = 0.52
"""The mean chance that two of their articles report one event, from which two clusters are one story."""


def cluster(
    groups: Sequence[CopyGroup],
    past: Sequence[PastStory] = (),
    repeated: Mapping[str, str] | None = None,
    background: Background = NOTHING,
) -> tuple[Story, ...]:
    """Stories of tonight, each group in exactly one, ordered by id; the result does not depend on the order of input.

    A story that takes one of the `past` stories further keeps its id: `following` decides which. `repeated` are
    tonight's articles that are copies of earlier ones, each with the id of the past story that held those.
    `background` tells how common terms were in earlier nights.
    """
    if not groups:
        return ()
    ordered, earlier = sorted(groups, key=lambda group: group.lead.id), latest_first(past)
    stories, ties = _told_tonight(ordered, earlier, repeated or {}, background)
    return follow(stories, earlier, ties, THRESHOLD, background)


def _told_tonight(
    ordered: Sequence[CopyGroup], earlier: Sequence[PastStory], repeated: Mapping[str, str], background: Background
) -> tuple[list[Story], list[Tie]]:
    """The night's stories under ids of their own, and what ties them to earlier ones, both by their places."""
    company = company_of(ordered, earlier, repeated, background)
    voices = np.array([min(len(group.articles), MOST_VOICES) for group in ordered], dtype=np.int64)
    numbers = come_together(company, voices, THRESHOLD)
    members = clusters(company.units.texts, numbers[: len(ordered)])
    stories = [
        Story(story_id([ordered[row].lead.id for row in rows]), tuple(ordered[row] for row in rows)) for rows in members
    ]
    return stories, list(ties_of(members, company, numbers, THRESHOLD))


def clusters(texts: Texts, numbers: Rows) -> list[list[int]]:
    """Rows that have one number, the medoid first, each row exactly once."""
    found: dict[int, list[int]] = defaultdict(list)
    for row, number in enumerate(numbers.tolist()):
        found[number].append(row)
    return [medoid_first(texts.tonight, texts.words, members) for members in found.values()]


def story_numbers(voices: Rows, scored: ScoredPairs, judge: Judge) -> Rows:
    """The number of each row's story, counted from 0 in the order of their first rows, shape (rows,)."""
    return average_link(scored, np.minimum(voices, MOST_VOICES), THRESHOLD, judge)


def medoid_first(tonight: Fields, words: Rows, members: Sequence[int]) -> list[int]:
    """The rows of a story by how similar they are to all others, the medoid first; ties by row."""
    if len(members) < 2:
        return list(members)
    closeness = np.round(squareform(resemblance(tonight, words, *pairs_of(members))).sum(axis=1), 9)
    return [members[at] for at in np.lexsort((members, -closeness))]


def story_id(leads: Sequence[str]) -> str:
    """An id that depends on nothing but which groups the story holds, by the ids of their leads."""
    return "s" + hashlib.sha256("\n".join(sorted(leads)).encode()).hexdigest()[:12]
