"""Which earlier stories tonight's stories take further, and the ids that this gives them.

A story keeps its id as it grows, so what is decided here is who takes over which id.

- A story of tonight is tied to an earlier one when the two came together (`company.py`), when articles of it are copies
  of articles there, or when the two are alike on average over their texts. It continues the one it is tied to most
  strongly.
- Of several stories that continue the same one, the one tied to it most strongly takes over its id; the others begin
  with an id of their own, and `continues` tells where they come from.
- A story that took over an id takes in a further earlier story, and so makes it the same story, when it is tied to
  that one too, no story of tonight continues it, and the earlier stories are as alike across as they are within. The
  oldest id stays, the others become its aliases.

The last rule is strict because a merge is for good, and because a story of tonight is tied to two earlier ones far more
often for telling of two events than because those are one: of labelled news, spread over several nights, one such pair
in nine was one event, of those alike by the threshold one in five, of those as alike as within one in two. The earlier
stories are compared among themselves, because texts of tonight that are near to both would stand between them: to be
nearer to others tells against a pair.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate

import numpy as np

from pipeline.clustering.background import NOTHING, Background
from pipeline.clustering.company import Company, Units
from pipeline.clustering.vectors import Rows
from pipeline.records import PastStory, Story

MOST_TEXTS = 40_000
"""Texts of earlier nights that a night's are held against: some 2 GB of memory and 80 seconds."""
AMONG = 2_000
"""Earlier stories among which two that may be one are compared: more around them would change little."""


@dataclass(frozen=True, slots=True)
class Tie:
    """What ties a story of tonight to an earlier one, both by their places.

    `together` is whether they came together, `copies` how many articles repeat earlier ones, `likeness` the average
    over the texts of both.
    """

    story: int
    past: int
    copies: int
    likeness: float
    together: bool = False


def latest_first(past: Sequence[PastStory]) -> list[PastStory]:
    """Earlier stories in an order that depends on nothing else: of those as near, the one told last is continued."""
    return sorted(past, key=lambda story: (-story.night.toordinal(), story.id))


def within_reach(past: Sequence[PastStory], repeated: Collection[str]) -> list[PastStory]:
    """The earlier stories that a night can be held against: those whose ids are `repeated`, then the latest, of one
    night those of more texts first, up to `MOST_TEXTS` texts.
    """
    ranked = sorted(past, key=lambda one: (one.id not in repeated, -one.night.toordinal(), -len(one.articles), one.id))
    texts = accumulate(len(story.articles) for story in ranked)
    return [story for story, so_far in zip(ranked, texts, strict=True) if so_far <= MOST_TEXTS or story.id in repeated]


def follow(
    stories: Sequence[Story],
    earlier: Sequence[PastStory],
    ties: Sequence[Tie],
    threshold: float,
    background: Background = NOTHING,
) -> tuple[Story, ...]:
    """The stories under the ids they keep, each with the earlier story it continues, ordered by id.

    `ties` name both by their places. Two earlier stories can only be one from an average similarity of `threshold`.
    `background` tells how common terms were in earlier nights.
    """
    taken = taken_over(ties, _may_be_one(earlier, ties, threshold, background))
    return _named(stories, earlier, ties, taken)


def _may_be_one(
    earlier: Sequence[PastStory], ties: Sequence[Tie], threshold: float, background: Background
) -> Callable[[int, int], bool]:
    """What tells whether two earlier stories may be one, of those that one story of tonight is tied to.

    They are compared among all of these and the latest others.
    """
    tied = Counter(tie.story for tie in ties)
    asked_about = {tie.past for tie in ties if tied[tie.story] > 1}
    chosen = sorted(asked_about | set(range(min(AMONG, len(earlier)))))
    places = {place: at for at, place in enumerate(chosen)}
    # Read once, and only on a night that may merge any.
    units = cache(lambda: Units([earlier[place].articles for place in chosen], background))
    return lambda one, other: units().as_alike_as_within(places[one], places[other], threshold)


def ties_of(members: Sequence[Sequence[int]], company: Company, numbers: Rows, threshold: float) -> Iterator[Tie]:
    """What ties tonight's stories to the earlier ones; `members` are the places of each story's groups.

    `numbers` are those of the clusters that the company's units came together in. Two stories are alike from an average
    similarity of `threshold`.
    """
    tonight = company.tonight
    story_of = {group: story for story, groups in enumerate(members) for group in groups}
    copies = Counter[tuple[int, int]]()
    for (group, past), count in company.copies.items():
        copies[story_of[group], past] += count
    stories = {int(numbers[groups[0]]): story for story, groups in enumerate(members)}
    held = {(stories[number], past) for past, number in enumerate(numbers[tonight:].tolist()) if number in stories}
    across = company.met[company.met[:, 1] >= tonight]
    met = {(story_of[one], other - tonight) for one, other in across.tolist()}
    pairs = sorted(met | held | set(copies))
    for (story, past), likeness in zip(pairs, _likeness(members, company, pairs), strict=True):
        together = (story, past) in held
        if together or (story, past) in copies or likeness >= threshold:
            yield Tie(story, past, copies[story, past], likeness, together)


def _likeness(members: Sequence[Sequence[int]], company: Company, pairs: Sequence[tuple[int, int]]) -> list[float]:
    """The average similarity of the texts of each story of tonight and earlier one."""
    sizes = np.array([len(members[story]) for story, _ in pairs], dtype=np.int64)
    groups = np.array([group for story, _ in pairs for group in members[story]], dtype=np.int64)
    past = np.repeat(np.array([company.tonight + place for _, place in pairs], dtype=np.int64), sizes)
    sums = np.bincount(np.repeat(np.arange(len(pairs)), sizes), company.units.likeness(groups, past), len(pairs))
    return list(np.round(sums / np.maximum(sizes, 1), 9).tolist())


def taken_over(ties: Sequence[Tie], are_one: Callable[[int, int], bool]) -> dict[int, tuple[int, ...]]:
    """The past stories whose ids each story takes over, the one it continues first; those that take none are left out.

    `are_one` tells whether two past stories may be one; a story takes only such as may be so each with each.
    """
    ranked = sorted(ties, key=_strongest_first)
    continued = _continued(ties)
    heirs: dict[int, int] = {}
    for tie in ranked:
        if continued[tie.story] == tie.past:
            heirs.setdefault(tie.past, tie.story)
    taken = {story: [past] for past, story in heirs.items()}
    given = set(heirs)
    for tie in ranked:
        own = taken.get(tie.story, [])
        if own and tie.past not in given and all(are_one(past, tie.past) for past in own):
            own.append(tie.past)
            given.add(tie.past)
    return {story: tuple(places) for story, places in taken.items()}


def _continued(ties: Sequence[Tie]) -> dict[int, int]:
    """The past story that each story is tied to most strongly."""
    return {tie.story: tie.past for tie in sorted(ties, key=_strongest_first, reverse=True)}


def _strongest_first(tie: Tie) -> tuple[bool, int, float, int, int]:
    """What came together before all else, verified copies before any likeness; ties of equal strength by place."""
    return (not tie.together, -tie.copies, -tie.likeness, tie.past, tie.story)


def _named(
    tonight: Sequence[Story],
    earlier: Sequence[PastStory],
    ties: Sequence[Tie],
    taken: Mapping[int, Sequence[int]],
) -> tuple[Story, ...]:
    """The stories with what they continue, under the ids they took over or their own, ordered by id."""
    joined = {story: _joined([earlier[past] for past in places]) for story, places in taken.items()}
    heirs = {past: story for story, places in taken.items() for past in places}
    continued = {story: joined[heirs[past]] for story, past in _continued(ties).items()}
    used = {past.id for past in earlier}
    named = []
    for place, story in enumerate(tonight):
        before = continued.get(place)
        if before is not None and place in joined:
            ids = {earlier[past].id for past in taken[place]}
            named.append(replace(story, id=before.id, continues=before, aliases=tuple(sorted(ids - {before.id}))))
        else:
            named.append(replace(story, id=_unused(story.id, used), continues=before))
            used.add(named[-1].id)
    return tuple(sorted(named, key=lambda story: story.id))


def _joined(stories: Sequence[PastStory]) -> PastStory:
    """Earlier stories as the one that they turned out to be: under the oldest id, with the latest headline."""
    if len(stories) == 1:
        return stories[0]
    oldest_first = sorted(stories, key=lambda story: (story.began, story.id))
    latest = max(oldest_first, key=lambda story: story.night)
    articles = {article.id: article for story in oldest_first for article in story.articles}
    oldest = oldest_first[0]
    return PastStory(oldest.id, latest.night, latest.headline, tuple(articles.values()), since=oldest.began)


def _unused(name: str, used: set[str]) -> str:
    """The id, or one made of it while it is another story's: hashes of millions of stories can meet."""
    while name in used:
        name = "s" + hashlib.sha256(name.encode()).hexdigest()[:12]
    return name
