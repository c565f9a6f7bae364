"""From verified pairs to groups: who leads, who follows whom and how alike they are. Articles are row numbers here."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.minhash.bands import LARGEST_BUCKET
from pipeline.minhash.documents import Rows, ranges
from pipeline.minhash.families import families, links, places_of
from pipeline.minhash.overlap import Floats
from pipeline.minhash.search import Search
from pipeline.records import Article
from pipeline.text.normalise import comparable


class LikePairs(NamedTuple):
    """Pairs of rows, the smaller first, with their Jaccard similarity; all have shape (pairs,)."""

    left: Rows
    right: Rows
    jaccard: Floats


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
    """The pairs with every text's twins, ascending, and how many lists of twins were too long for all pairs.

    Of such a list the first is paired with each other one, and stands for all in pairs with other texts.
    """
    count = len(found.twins)
    members = np.argsort(found.twins, kind="stable")
    sizes = np.bincount(found.twins, minlength=count)
    starts = np.cumsum(sizes) - sizes
    # How many pairs with other texts a list would make in all.
    products = sizes[found.pairs].prod(axis=1)
    made = np.bincount(found.pairs.ravel(), np.repeat(products, 2), minlength=count)
    crowded = (sizes > 1) & ((sizes > LARGEST_BUCKET) | (made > LARGEST_BUCKET**2))
    standing = np.where(crowded, 1, sizes)

    left, right = standing[found.pairs].T
    chosen = np.repeat(np.arange(len(found.pairs)), left * right)
    within = ranges(np.zeros(len(found.pairs), dtype=np.int64), left * right)
    ones = members[starts[found.pairs[chosen, 0]] + within // right[chosen]]
    others = members[starts[found.pairs[chosen, 1]] + within % right[chosen]]

    # Every twin with those before it in its list, or with the first alone.
    lists = found.twins[members]
    before = np.arange(count) - starts[lists]
    before = np.where(sizes[lists] > LARGEST_BUCKET, np.minimum(before, 1), before)
    firsts, seconds = members[ranges(starts[lists], before)], np.repeat(members, before)

    pairs = np.sort(np.concatenate([np.column_stack([ones, others]), np.column_stack([firsts, seconds])]), axis=1)
    likeness = np.concatenate([found.overlaps.jaccard[chosen], np.ones(len(firsts))])
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return LikePairs(pairs[order, 0], pairs[order, 1], likeness[order]), int(crowded.sum())
