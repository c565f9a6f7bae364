"""MinHash signatures and banded candidate search: what may be alike, to be verified by whoever asks.

Signatures are datasketch's own (`MinHash`, xxh32, seed 1, scheme affine32), so they can be loaded into its objects.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import xxhash
from datasketch import MinHash

PERMUTATIONS = 128
SEED = 1
SCHEME = "affine32"
LARGEST_BUCKET = 400

Signatures = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of row numbers (smaller first) that share a band, and how many buckets were too large to pair in full."""

    pairs: frozenset[tuple[int, int]]
    capped: int = 0


def signatures(sets: Iterable[Sequence[str]]) -> Signatures:
    """One MinHash signature per set (Broder 1997), shape (sets, 128). An empty set gets the all-ones signature."""
    encoded = ([element.encode() for element in elements] for elements in sets)
    sketches = MinHash.generator(
        encoded, num_perm=PERMUTATIONS, seed=SEED, scheme=SCHEME, hashfunc=xxhash.xxh32_intdigest
    )
    rows = [sketch.hashvalues for sketch in sketches]
    return np.array(rows, dtype=np.uint32).reshape(len(rows), PERMUTATIONS)


def candidates(matrix: Signatures, bands: int, rows: int) -> Candidates:
    """Pairs that agree on all rows of at least one band (locality-sensitive hashing, Indyk and Motwani 1998).

    A bucket with more than `LARGEST_BUCKET` members pairs each member with its next neighbours only, and is counted.

    Raises ValueError when bands times rows exceeds the signature.
    """
    if bands * rows > matrix.shape[1]:
        raise ValueError(f"{bands} bands of {rows} rows need {bands * rows} permutations, there are {matrix.shape[1]}")
    pairs: set[tuple[int, int]] = set()
    capped = 0
    for band in range(bands):
        for bucket in _buckets(matrix[:, band * rows : (band + 1) * rows]):
            if len(bucket) <= LARGEST_BUCKET:
                pairs.update(combinations(bucket, 2))
            else:
                capped += 1
                pairs.update(_neighbours(bucket))
    return Candidates(frozenset(pairs), capped)


def _buckets(band: Signatures) -> list[list[int]]:
    """Rows that are equal throughout a band, as ascending row numbers; only buckets of two or more."""
    _, inverse, counts = np.unique(band, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(inverse, kind="stable")
    groups = np.split(order, np.cumsum(counts)[:-1])
    return [[int(row) for row in group] for group in groups if len(group) > 1]


def _neighbours(bucket: Sequence[int]) -> set[tuple[int, int]]:
    """Each member with the next few: enough to keep one family connected without a quadratic number of pairs."""
    reach = 8
    return {(left, right) for at, left in enumerate(bucket) for right in bucket[at + 1 : at + 1 + reach]}
