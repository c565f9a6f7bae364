"""Which earlier stories tonight's stories take further, and the ids that this gives them.

A story keeps its id as it grows, so what is decided here is who takes over which id.

- A story of tonight is tied to an earlier one when articles of it are copies of articles there, or when the two are
  alike on average over their texts. It continues the one it is tied to most strongly.
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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from pipeline.clustering.background import NOTHING, Background
from pipeline.clustering.proposals import pairs_of, proposed
from pipeline.clustering.similarity import Context, read_texts
from pipeline.clustering.vectors import Rows
from pipeline.records import Article, PastStory, Story

PAIRS_AT_ONCE = 10_000
"""Pairs of stories whose texts are compared in one go: more would take memory and save no time."""


@dataclass(frozen=True, slots=True)
class Tie:
    """What ties a story of tonight to an earlier one, both by their places.

    `copies` are its articles that repeat earlier ones; `likeness` is the average over the texts of both.
    """

    story: int
    past: int
    copies: int
    likeness: float


def follow(
    stories: Sequence[Story],
    past: Sequence[PastStory],
    repeated: Mapping[str, str],
    threshold: float,
    background: Background = NOTHING,
) -> tuple[Story, ...]:
    """The stories under the ids they keep, each with the earlier story it continues, ordered by id.

    `repeated` are the articles that are copies of earlier ones, each with the id of the past story that held those. Two
    stories are alike from an average similarity of `threshold`. `background` tells how common terms were in earlier
    nights. The order of what is given does not matter.
    """
    tonight = sorted(stories, key=lambda story: story.id)
    # Of earlier stories that are as near, the one told last is continued.
    earlier = sorted(past, key=lambda story: (-story.night.toordinal(), story.id))
    if not earlier:
        return _named(tonight, [], [], {})
    texts = _Texts([*(story.leads for story in tonight), *(story.articles for story in earlier)], background)
    ties = list(_ties(tonight, earlier, repeated, texts, threshold))
    # Read once, and only on a night that may merge any.
    before = cache(lambda: _Texts([story.articles for story in earlier], background))
    taken = taken_over(ties, lambda one, other: before().as_alike_as_within(one, other, threshold))
    return _named(tonight, earlier, ties, taken)


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


def _strongest_first(tie: Tie) -> tuple[int, float, int, int]:
    """Verified copies before any likeness; ties of equal strength by place."""
    return (-tie.copies, -tie.likeness, tie.past, tie.story)


class _Texts:
    """The texts of some stories, compared among each other; stories are named by their places."""

    def __init__(self, stories: Sequence[Sequence[Article]], background: Background = NOTHING) -> None:
        self._sizes = np.array([len(articles) for articles in stories])
        self._starts = np.cumsum(self._sizes) - self._sizes
        texts = read_texts([article for articles in stories for article in articles], background)
        self._pairs = proposed(texts)
        self._context = Context(texts, self._pairs)

    def met(self, border: int) -> list[tuple[int, int]]:
        """Each of the first `border` stories with each of the others that it has texts worth comparing with."""
        owners = np.repeat(np.arange(len(self._sizes)), self._sizes)
        across = self._pairs[(owners[self._pairs[:, 0]] < border) & (owners[self._pairs[:, 1]] >= border)]
        # Pairs as single numbers: numpy tells those apart much quicker than rows.
        met = np.unique(owners[across[:, 0]] * len(self._sizes) + owners[across[:, 1]])
        return [divmod(number, len(self._sizes)) for number in met.tolist()]

    def likeness(self, pairs: Sequence[tuple[int, int]]) -> list[float]:
        """The average similarity of the texts of each pair of stories; 0 where one has none."""
        found: list[float] = []
        for start in range(0, len(pairs), PAIRS_AT_ONCE):
            some = pairs[start : start + PAIRS_AT_ONCE]
            counts = np.array([self._sizes[one] * self._sizes[other] for one, other in some])
            left, right = (np.concatenate(rows) for rows in zip(*(self._rows(*pair) for pair in some), strict=True))
            similarities = self._context.similarity(left, right)
            sums = np.bincount(np.repeat(np.arange(len(some)), counts), similarities, len(some))
            found += np.round(sums / np.maximum(counts, 1), 9).tolist()
        return found

    def as_alike_as_within(self, one: int, other: int, least: float) -> bool:
        """Whether the texts of two stories are as alike across as within the two, on average, and at least so much."""
        (across,) = self.likeness([(one, other)])
        return across >= max(least, (self._within(one, least) + self._within(other, least)) / 2)

    def _within(self, place: int, alone: float) -> float:
        """The average similarity among the texts of a story; `alone` for one text, which holds nothing together."""
        if self._sizes[place] < 2:
            return alone
        left, right = pairs_of((self._starts[place] + np.arange(self._sizes[place])).tolist())
        return round(float(self._context.similarity(left, right).mean()), 9)

    def _rows(self, one: int, other: int) -> tuple[Rows, Rows]:
        """Every text of one story with every text of another, as left and right rows."""
        left, right = (self._starts[place] + np.arange(self._sizes[place]) for place in (one, other))
        return np.repeat(left, len(right)), np.tile(right, len(left))


def _ties(
    tonight: Sequence[Story], earlier: Sequence[PastStory], repeated: Mapping[str, str], texts: _Texts, threshold: float
) -> Iterator[Tie]:
    """What ties the stories to the earlier ones."""
    places = {past.id: place for place, past in enumerate(earlier)}
    copies = Counter(
        (story, places[repeated[article.id]])
        for story, told in enumerate(tonight)
        for article in told.articles
        if repeated.get(article.id) in places
    )
    pairs = sorted({(story, past + len(tonight)) for story, past in copies} | set(texts.met(len(tonight))))
    for (story, place), likeness in zip(pairs, texts.likeness(pairs), strict=True):
        past = place - len(tonight)
        if copies[story, past] or likeness >= threshold:
            yield Tie(story, past, copies[story, past], likeness)


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
