"""Finds copies: MinHash proposes pairs, exact Jaccard and containment of their shingles decide.

Nothing is joined on an estimate, and nothing through a chain: every copy has been verified against its own lead.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.minhash.copies import THRESHOLD, ArticleTexts, are_copies
from pipeline.minhash.grouping import Folded, fold, like_pairs, ranks_of, standings
from pipeline.minhash.search import search
from pipeline.records import Article, Copy, CopyGroup


@dataclass(frozen=True, slots=True)
class VerifiedPair:
    """Two articles (ids in ascending order) whose exact Jaccard similarity reaches the threshold."""

    a: str
    b: str
    jaccard: float


@dataclass(frozen=True, slots=True)
class Deduplication:
    """Every article in exactly one group, by lead id; the verified pairs, by ids; and what was cut short.

    `capped` counts the buckets of the search, and the lists of pairs among word-for-word repeats, that were too large
    to go through pair by pair.
    """

    groups: tuple[CopyGroup, ...]
    pairs: tuple[VerifiedPair, ...]
    capped: int


def dedupe(
    articles: Sequence[Article], threshold: float = THRESHOLD, threads: int = 0, preferred: Sequence[str] = ()
) -> Deduplication:
    """Fold articles into copy groups; ids must be distinct.

    `threshold` is the exact Jaccard similarity of word 5-grams from which two articles are copies. A text that lies to
    80 % inside a longer one is a copy too, if the search proposes the pair: it does so nearly always from a Jaccard of
    0.2 up, and seldom below 0.1. What recurs on a publisher's unrelated articles does not count.

    A group is led by an article that all its others were verified against: of a `preferred` source (the first named
    first), one that can be linked to, the earliest, the longest. Neither the order of `articles` nor the number of
    `threads` (0: one a core) changes the result.

    Raises ValueError for a threshold outside (0, 1].
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must be above 0 and at most 1, not {threshold}")
    ordered = sorted(articles, key=lambda article: article.id)
    found = search(ArticleTexts(ordered), [article.source for article in ordered], threshold, threads)
    copies = found.chosen(are_copies(found.overlaps, threshold))
    involved = copies.involved
    ranks = ranks_of(standings([ordered[row] for row in involved], preferred), involved, len(ordered))
    alike, cut = like_pairs(found.chosen(found.overlaps.jaccard >= threshold))
    pairs = (
        VerifiedPair(ordered[one].id, ordered[other].id, likeness)
        for one, other, likeness in zip(*(column.tolist() for column in alike), strict=True)
    )
    return Deduplication(groups_of(ordered, fold(copies, ranks)), tuple(pairs), found.capped + cut)


def groups_of(articles: Sequence[Article], folded: Folded) -> tuple[CopyGroup, ...]:
    """The groups by lead."""
    rows = np.arange(len(articles))
    followers = np.flatnonzero(folded.leads != rows)
    likeness = (folded.leads[followers], folded.jaccard[followers], folded.containment[followers])
    copies: dict[int, list[Copy]] = {}
    for row, lead, jaccard, containment in zip(followers.tolist(), *(each.tolist() for each in likeness), strict=True):
        exact = articles[row].text == articles[lead].text
        copies.setdefault(lead, []).append(Copy(articles[row], jaccard, containment, exact))
    return tuple(
        CopyGroup(articles[lead], tuple(copies[lead])) if lead in copies else CopyGroup(articles[lead])
        for lead in np.flatnonzero(folded.leads == rows).tolist()
    )
