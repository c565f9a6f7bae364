"""From verified pairs to groups: who leads, who follows whom and how alike they are. Articles are row numbers here."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations, product
from typing import NamedTuple, TypeAlias

import numpy as np

from pipeline.minhash.bands import LARGEST_BUCKET
from pipeline.minhash.documents import Rows
from pipeline.minhash.families import families, links, places_of
from pipeline.minhash.overlap import Floats
from pipeline.minhash.search import Search
from pipeline.records import Article
from pipeline.text.normalise import comparable

LikePairs: TypeAlias = list[tuple[int, int, float]]
"""Pairs of rows, the smaller first, with their Jaccard similarity."""


class Standings(NamedTuple):
    """What decides which of some articles rather leads, lower before higher; all have shape (articles,).

    The place of its source among the preferred ones, whether it cannot be linked to, seconds since 1970 (infinite where
    unknown), minus its length in characters.
    """

    sources: Rows
    unlinked: Rows
    published: Floats
    shortness: Rows


class Folded(NamedTuple):
    """For every row the row that leads its group, and how alike the two are; a lead is its own. Shape (rows,) each."""

    leads: Rows
    jaccard: Floats
    containment: Floats


def standings(articles: Sequence[Article], preferred: Sequence[str]) -> Standings:
    """The standings of articles; of the `preferred` sources the first comes first."""
    places = {comparable(source): place for place, source in enumerate(preferred)}
    return Standings(
        np.array(
            [places.get(comparable(one.source), len(places)) if places else 0 for one in articles], dtype=np.int64
        ),
        np.array([not one.url for one in articles], dtype=np.int64),
        np.array([one.published.timestamp() if one.published else np.inf for one in articles], dtype=np.float64),
        np.array([-len(one.text) for one in articles], dtype=np.int64),
    )


def ranks_of(of: Standings, rows: Rows, count: int) -> Rows:
    """Who rather leads, lower is better, shape (count,). `rows` are those whose standings are given, the others get 0.

    Of equal standings the lower row comes first.
    """
    order = np.lexsort((rows, of.shortness, of.published, of.unlinked, of.sources))
    ranks = np.zeros(count, dtype=np.int64)
    ranks[rows[order]] = np.arange(len(rows))
    return ranks


def fold(copies: Search, ranks: Rows) -> Folded:
    """The groups that verified copies make. Texts with the same words go together; the lowest in rank stands for all.

    What hangs together by no pair and no twin decides nothing about each other: parts can be folded alone.
    """
    count = len(ranks)
    faces, voices = _faces(copies.twins, ranks)
    joined = links(copies.pairs, count)
    leaders = families(joined, voices, ranks[faces])[copies.twins]
    leads = faces[leaders]
    followers = np.flatnonzero(leads != np.arange(count))
    places = places_of(joined, copies.twins[followers], leaders[followers])
    result = Folded(leads, np.ones(count), np.ones(count))
    # The last one is for twins, which have no pair.
    result.jaccard[followers] = np.append(copies.overlaps.jaccard, 1.0)[places]
    result.containment[followers] = np.append(copies.overlaps.containment, 1.0)[places]
    return result


def _faces(twins: Rows, ranks: Rows) -> tuple[Rows, Rows]:
    """For every row that is its own twin the lowest in rank of its twins, and how many they are; shape (rows,) each."""
    faces = np.arange(len(twins))
    order = np.lexsort((-ranks, twins))
    faces[twins[order]] = order
    return faces, np.bincount(twins, minlength=len(twins))


def like_pairs(found: Search) -> tuple[LikePairs, int]:
    """The pairs with every text's twins, ascending, and how many lists of twins were too long for all pairs."""
    twins: dict[int, list[int]] = defaultdict(list)
    several = np.bincount(found.twins, minlength=len(found.twins)) > 1
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
    return rows, sum(cut for (_, cut), _ in listed)


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
