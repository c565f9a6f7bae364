"""Tonight's groups among the stories of earlier nights: which of them all report one event.

Everything is a unit: a group of tonight, by its lead's text, or an earlier story, with the texts of all its nights.
Units come together by average link over the pairs of their texts, so a report that resembles an earlier story as a
whole belongs to it, whatever else is told tonight, and reports that are held together by what was told before are one
story tonight. Two earlier stories are never proposed to each other: only what tonight tells may bring them together.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pipeline.clustering.background import NOTHING, Background
from pipeline.clustering.linkage import ScoredPairs, average_link
from pipeline.clustering.proposals import pairs_of, proposed
from pipeline.clustering.similarity import Context, read_texts
from pipeline.clustering.vectors import Floats, Rows
from pipeline.records import Article, CopyGroup, PastStory

COPY = 10.0
"""What a group and the earlier story that it repeats score, whatever their texts: more than any likeness."""
TEXT_PAIRS_AT_ONCE = 1_000_000
"""Pairs of texts that are compared in one go: more would take memory and save no time."""


class Units:
    """Units of texts, compared among each other; they are named by their places."""

    def __init__(self, units: Sequence[Sequence[Article]], background: Background = NOTHING) -> None:
        self.sizes: Rows = np.array([len(articles) for articles in units], dtype=np.int64)
        self._starts = np.cumsum(self.sizes) - self.sizes
        self.texts = read_texts([article for articles in units for article in articles], background)
        self._pairs = proposed(self.texts)
        self._context = Context(self.texts, self._pairs)

    def met(self, border: int) -> Rows:
        """Pairs of units with texts worth comparing, smaller first, one of the first `border`; shape (pairs, 2)."""
        count = len(self.sizes)
        owners = np.repeat(np.arange(count), self.sizes)[self._pairs]
        return _distinct(owners[(owners[:, 0] < border) & (owners[:, 0] != owners[:, 1])], count)

    def likeness(self, left: Rows, right: Rows) -> Floats:
        """The average similarity of the texts of each left unit and the right unit at the same place, shape (pairs,);
        0 where one has no text.
        """
        counts = self.sizes[left] * self.sizes[right]
        portions = np.flatnonzero(np.diff(np.cumsum(counts) // TEXT_PAIRS_AT_ONCE)) + 1
        ends = [0, *portions.tolist(), len(left)]
        spans = [slice(start, end) for start, end in pairwise(ends)]
        return np.concatenate([self._likeness(left[span], right[span], counts[span]) for span in spans])

    def _likeness(self, left: Rows, right: Rows, counts: Rows) -> Floats:
        """The same of a few pairs; `counts` are those of the pairs of their texts."""
        owners = np.repeat(np.arange(len(left)), counts)
        within = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
        one, other = np.divmod(within, self.sizes[right][owners])
        similarities = self._context.similarity(self._starts[left][owners] + one, self._starts[right][owners] + other)
        sums = np.bincount(owners, similarities, len(left))
        return np.asarray(np.round(sums / np.maximum(counts, 1), 9))

    def as_alike_as_within(self, one: int, other: int, least: float) -> bool:
        """Whether the texts of two units are as alike across as within the two, on average, and at least so much."""
        (across,) = self.likeness(np.array([one]), np.array([other]))
        return bool(across >= max(least, (self._within(one, least) + self._within(other, least)) / 2))

    def _within(self, place: int, alone: float) -> float:
        """The average similarity among the texts of a unit; `alone` for one text, which holds nothing together."""
        if self.sizes[place] < 2:
            return alone
        left, right = pairs_of((self._starts[place] + np.arange(self.sizes[place])).tolist())
        return round(float(self._context.similarity(left, right).mean()), 9)


@dataclass(frozen=True, slots=True)
class Company:
    """Tonight's groups, the first `tonight` units, and the earlier stories, all others, with what ties these.

    `met` are the pairs of units worth comparing, as `Units.met` gives them. `copies` counts the articles of a group
    that repeat a story: by group and story, each named by its place among its own.
    """

    units: Units
    tonight: int
    met: Rows
    copies: Counter[tuple[int, int]]


def company_of(
    groups: Sequence[CopyGroup],
    earlier: Sequence[PastStory],
    repeated: Mapping[str, str],
    background: Background = NOTHING,
) -> Company:
    """The groups among the earlier stories.

    `repeated` are articles that are copies of earlier ones, each with the id of the story that held those. `background`
    tells how common terms were in earlier nights.
    """
    places = {story.id: place for place, story in enumerate(earlier)}
    copies = Counter(
        (group, places[repeated[article.id]])
        for group, held in enumerate(groups)
        for article in held.articles
        if repeated.get(article.id) in places
    )
    units = Units([*((group.lead,) for group in groups), *(story.articles for story in earlier)], background)
    return Company(units, len(groups), units.met(len(groups)), copies)


def come_together(company: Company, voices: Rows, threshold: float) -> Rows:
    """The number of each unit's cluster, as `linkage.average_link` gives it; `voices` are the groups' weights."""
    units, tonight = company.units, company.tonight
    repeats = np.full(len(units.sizes), -1)
    # Of several stories that a group repeats it goes to the one it repeats most, which comes last here.
    for (group, story), _ in sorted(company.copies.items(), key=lambda item: (item[1], -item[0][1])):
        repeats[group] = tonight + story

    def judge(left: Rows, right: Rows) -> Floats:
        """Copies before any likeness."""
        return np.where(repeats[left] == right, COPY, units.likeness(left, right))

    copying = np.flatnonzero(repeats >= 0)
    copies = np.column_stack([copying, repeats[copying]])
    pairs = _distinct(np.concatenate([company.met, copies]), len(units.sizes))
    weights = np.concatenate([voices, np.maximum(units.sizes[tonight:], 1)])
    return average_link(ScoredPairs(pairs, judge(pairs[:, 0], pairs[:, 1])), weights, threshold, judge)


def _distinct(pairs: Rows, count: int) -> Rows:
    """Each of the pairs of numbers below `count` once, ascending, shape (pairs, 2)."""
    # As single numbers: numpy tells those apart much quicker than rows.
    return np.column_stack(divmod(np.unique(pairs[:, 0] * count + pairs[:, 1]), count))
