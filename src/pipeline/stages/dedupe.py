"""Finds copies: MinHash proposes pairs, exact Jaccard and containment of their shingles decide.

Nothing is joined on an estimate, and nothing through a chain: every copy has been verified against its own lead.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from pipeline.minhash.bands import LARGEST_BUCKET
from pipeline.minhash.copies import THRESHOLD, ArticleTexts, are_copies
from pipeline.minhash.documents import Rows
from pipeline.minhash.families import families, links, places_of
from pipeline.minhash.search import Search, search
from pipeline.records import Article, Copy, CopyGroup
from pipeline.text.normalise import comparable


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
    groups = _groups(ordered, copies, _ranks(ordered, copies, preferred))
    pairs, cut = _verified_pairs(ordered, found.chosen(found.overlaps.jaccard >= threshold))
    return Deduplication(tuple(groups), tuple(pairs), found.capped + cut)


def _ranks(articles: Sequence[Article], copies: Search, preferred: Sequence[str]) -> Rows:
    """Who rather leads, lower is better, shape (articles,). Only articles that have copies are told apart.

    A preferred source, an article that can be linked to, the earliest, the longest; then the lower id.
    """
    rows = copies.involved
    chosen = [articles[row] for row in rows]
    places = {comparable(source): place for place, source in enumerate(preferred)}
    sources = np.array([places.get(comparable(one.source), len(places)) if places else 0 for one in chosen])
    published = np.array([one.published.timestamp() if one.published else np.inf for one in chosen])
    shortness = np.array([-len(one.text) for one in chosen])
    order = np.lexsort((rows, shortness, published, np.array([not one.url for one in chosen]), sources))
    ranks = np.zeros(len(articles), dtype=np.int64)
    ranks[rows[order]] = np.arange(len(rows))
    return ranks


def _groups(articles: Sequence[Article], found: Search, ranks: Rows) -> list[CopyGroup]:
    """The groups by lead. Texts with the same words go together; the lowest in rank of them stands for them all."""
    rows = np.arange(len(articles))
    faces, voices = _faces(found.twins, ranks)
    joined = links(found.pairs, len(articles))
    leaders = families(joined, voices, ranks[faces])[found.twins]
    leads = faces[leaders]
    followers = np.flatnonzero(leads != rows)
    places = places_of(joined, found.twins[followers], leaders[followers])
    jaccard = np.append(found.overlaps.jaccard, 1.0)[places].tolist()
    containment = np.append(found.overlaps.containment, 1.0)[places].tolist()
    copies: dict[int, list[Copy]] = {}
    for at, (row, lead) in enumerate(zip(followers.tolist(), leads[followers].tolist(), strict=True)):
        exact = articles[row].text == articles[lead].text
        copies.setdefault(lead, []).append(Copy(articles[row], jaccard[at], containment[at], exact))
    return [
        CopyGroup(articles[lead], tuple(copies[lead])) if lead in copies else CopyGroup(articles[lead])
        for lead in np.flatnonzero(leads == rows).tolist()
    ]


def _faces(twins: Rows, ranks: Rows) -> tuple[Rows, Rows]:
    """For every row that is its own twin the lowest in rank of its twins, and how many they are; shape (rows,) each."""
    faces = np.arange(len(twins))
    order = np.lexsort((-ranks, twins))
    faces[twins[order]] = order
    return faces, np.bincount(twins, minlength=len(twins))


def _verified_pairs(articles: Sequence[Article], found: Search) -> tuple[list[VerifiedPair], int]:
    """The pairs with every text's twins, by ids, and how many lists of twins were too long for all pairs."""
    twins: dict[int, list[int]] = defaultdict(list)
    several = np.bincount(found.twins, minlength=len(articles)) > 1
    for row in np.flatnonzero(several[found.twins]).tolist():
        twins[int(found.twins[row])].append(row)
    repeated = several[found.pairs].any(axis=1)
    jaccard = found.overlaps.jaccard
    listed = [(_pairs_among(rows), 1.0) for rows in twins.values()]
    for (one, other), likeness in zip(found.pairs[repeated].tolist(), jaccard[repeated].tolist(), strict=True):
        listed.append((_pairs_between(twins.get(one, [one]), twins.get(other, [other])), likeness))
    rows = [(min(pair), max(pair), likeness) for (pairs, _), likeness in listed for pair in pairs]
    rows += zip(*found.pairs[~repeated].T.tolist(), jaccard[~repeated].tolist(), strict=True)
    rows.sort()
    named = [VerifiedPair(articles[one].id, articles[other].id, likeness) for one, other, likeness in rows]
    return named, sum(cut for (_, cut), _ in listed)


def _pairs_among(rows: Sequence[int]) -> tuple[list[tuple[int, int]], bool]:
    """All pairs of rows; of very many, the first with each other one, and that it was so."""
    if len(rows) <= LARGEST_BUCKET:
        return list(combinations(rows, 2)), False
    return [(rows[0], row) for row in rows[1:]], True


def _pairs_between(ones: Sequence[int], others: Sequence[int]) -> tuple[list[tuple[int, int]], bool]:
    """All pairs of a row with another; of very many, the first of either side with each of the other."""
    if len(ones) * len(others) <= LARGEST_BUCKET**2:
        return list(product(ones, others)), False
    return [(ones[0], other) for other in others] + [(one, others[0]) for one in ones[1:]], True
