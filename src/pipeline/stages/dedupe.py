"""Finds copies: MinHash proposes pairs, exact Jaccard and containment on the shingle sets decide.

Nothing is joined on an estimate, and nothing through a chain: every copy has been verified against its own lead.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xxhash

from pipeline.minhash import candidates, signatures
from pipeline.records import Article, Copy, CopyGroup
from pipeline.text.words import shingles

BANDS, ROWS = 32, 4
THRESHOLD = 0.5
CONTAINMENT = 0.8
SMALLEST_CONTAINED = 30
"""Shingles a contained text must have: a shorter one may be a quotation rather than a cut reprint."""

ShingleSet = npt.NDArray[np.uint64]
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two shingle sets share: |A∩B| / |A∪B| and |A∩B| / min(|A|, |B|)."""

    jaccard: float
    containment: float


@dataclass(frozen=True, slots=True)
class VerifiedPair:
    """Two articles (ids in ascending order) whose exact Jaccard similarity reaches the threshold."""

    a: str
    b: str
    jaccard: float


@dataclass(frozen=True, slots=True)
class Deduplication:
    """Every article in exactly one group, the verified pairs, and how many oversized buckets were cut short."""

    groups: tuple[CopyGroup, ...]
    pairs: tuple[VerifiedPair, ...]
    capped_buckets: int


def dedupe(articles: Sequence[Article], threshold: float = THRESHOLD) -> Deduplication:
    """Fold articles into copy groups; ids must be distinct.

    `threshold` is the exact Jaccard similarity of word 5-grams from which two articles are copies. A text that lies to
    80 % inside a longer one is a copy too, if the search proposes the pair: it does so for most from a Jaccard of 0.4
    up, and hardly ever below 0.2. The result does not depend on the order of `articles`.

    Raises ValueError for a threshold outside (0, 1].
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must be above 0 and at most 1, not {threshold}")
    ordered = sorted(articles, key=lambda article: article.id)
    texts = [shingles(f"{article.title}\n{article.text}") for article in ordered]
    sets = [_hashed(text) for text in texts]
    proposed = candidates(signatures(texts), BANDS, ROWS)
    overlaps = {pair: overlap(sets[pair[0]], sets[pair[1]]) for pair in proposed.pairs}
    verified = {pair: both for pair, both in overlaps.items() if _is_copy(both, pair, sets, threshold)}
    groups = [_group(ordered, members, verified) for members in _families(ordered, verified)]
    pairs = sorted(
        (
            VerifiedPair(ordered[a].id, ordered[b].id, both.jaccard)
            for (a, b), both in verified.items()
            if both.jaccard >= threshold
        ),
        key=lambda pair: (pair.a, pair.b),
    )
    return Deduplication(tuple(groups), tuple(pairs), proposed.capped)


def overlap(one: ShingleSet, other: ShingleSet) -> Overlap:
    """Exact Jaccard similarity and containment of two sorted sets of shingle hashes."""
    smaller = min(len(one), len(other))
    if not smaller:
        return Overlap(0.0, 0.0)
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return Overlap(shared / (len(one) + len(other) - shared), shared / smaller)


def _hashed(text: Sequence[str]) -> ShingleSet:
    """Sorted 64-bit hashes (xxh3) of the shingles: exact for our purposes, at an eighth of the memory."""
    return np.unique(np.array([xxhash.xxh3_64_intdigest(shingle.encode()) for shingle in text], dtype=np.uint64))


def _is_copy(both: Overlap, pair: Pair, sets: Sequence[ShingleSet], threshold: float) -> bool:
    """The decision: alike enough, or one inside the other and long enough to be more than a quotation."""
    if both.jaccard >= threshold:
        return True
    return both.containment >= CONTAINMENT and min(len(sets[row]) for row in pair) >= SMALLEST_CONTAINED


def _families(articles: Sequence[Article], verified: Mapping[Pair, Overlap]) -> list[list[int]]:
    """Groups of row numbers, lead first: a lead takes the rows verified against it, then the rest choose again.

    Unlike connected components this cannot chain: A like B and B like C does not put A and C together.
    """
    neighbours: dict[int, dict[int, float]] = defaultdict(dict)
    for (one, other), both in verified.items():
        neighbours[one][other] = neighbours[other][one] = max(both.jaccard, both.containment)
    free = set(range(len(articles)))
    families: list[list[int]] = []
    for row in sorted(free, key=lambda row: _lead_order(articles[row], neighbours[row])):
        if row not in free:
            continue
        members = sorted(free & neighbours[row].keys())
        families.append([row, *members])
        free -= {row, *members}
    return sorted(families)


def _lead_order(article: Article, similar: Mapping[int, float]) -> tuple[int, bool, float, int, str]:
    """Who leads: the article with the most copies, one that can be linked to, the earliest, the longest, then by id."""
    published = article.published.timestamp() if article.published else float("inf")
    return (-len(similar), not article.url, published, -len(article.text), article.id)


def _group(articles: Sequence[Article], members: Sequence[int], verified: Mapping[Pair, Overlap]) -> CopyGroup:
    """The record for one family; `members` has the lead first."""
    lead, *others = members
    copies = []
    for row in others:
        both = verified[min(lead, row), max(lead, row)]
        exact = articles[row].text == articles[lead].text
        copies.append(Copy(articles[row], both.jaccard, both.containment, exact))
    return CopyGroup(articles[lead], tuple(copies))
