"""Banded candidate search (locality-sensitive hashing, Indyk and Motwani 1998): what may be alike, to be verified.

A signature is cut into bands of some rows; texts that agree on all rows of a band meet in a bucket. Instead of a
dictionary of buckets each band is one sorted array of entries, `key << 32 | row`: a bucket is a run of equal keys.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import uint32, uint64

from pipeline.compiled import Integer, compiled
from pipeline.minhash.documents import Rows, in_threads
from pipeline.minhash.kernels import Signatures

LARGEST_BUCKET = 400
"""Members up to which a bucket pairs each with each, unless the banding says otherwise."""
HUBS = 8
"""A larger bucket pairs each member with its first eight only. These are much the same in every band, so that a family
of any size hangs together by a few pairs for each of its members."""
BANDS_AT_ONCE = 8
"""Short bands of so many lie in one line of the processor's cache."""

Pairs = npt.NDArray[np.int64]
Entries = npt.NDArray[np.uint64]


class Banding(NamedTuple):
    """How signatures are cut: the first `bands * rows` permutations, and the permutations that must agree in all.

    `largest` is how many members a bucket may have for each to be paired with each.
    """

    bands: int
    rows: int
    least: int = 0
    largest: int = LARGEST_BUCKET


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of row numbers, smaller first, ascending, shape (pairs, 2), and on how many permutations each agrees.

    `capped` counts the buckets that were too large to pair each with each.
    """

    pairs: Pairs
    agreements: Rows
    capped: int = 0


def candidates(signatures: Signatures, rows: Rows, banding: Banding, threads: int = 0) -> Candidates:
    """Pairs of `rows` that share a band and agree on at least `banding.least` permutations.

    `rows` ascend; `threads` as for `documents.in_threads`. Raises ValueError when the bands need more permutations than
    there are.
    """

    def work(first: int) -> tuple[Entries, int]:
        return _pairs_of(signatures, rows, banding, range(first, min(first + BANDS_AT_ONCE, banding.bands)))

    found, capped = np.zeros(0, dtype=np.uint64), 0
    for pairs, large in in_threads(work, range(0, banding.bands, BANDS_AT_ONCE), threads):
        found = distinct(np.concatenate([found, pairs]), len(signatures))
        capped += large
    both: Pairs = np.empty((len(found), 2), dtype=np.int64)
    both[:, 0], both[:, 1] = found >> np.uint64(32), found & np.uint64(0xFFFFFFFF)
    agreed = agreements(signatures, signatures, both)
    if banding.least <= 0:
        # Copying what drops nothing would double the memory.
        return Candidates(both, agreed, capped)
    return Candidates(both[agreed >= banding.least], agreed[agreed >= banding.least], capped)


def _pairs_of(signatures: Signatures, rows: Rows, banding: Banding, bands: range) -> tuple[Entries, int]:
    """The pairs that share one of some bands, `left << 32 | right`, each once, and how many buckets were too large."""
    parts, capped = [], 0
    for entries in sorted_entries(signatures, rows, banding, bands):
        pairs, large = bucket_pairs(entries, banding.largest)
        parts.append(pairs)
        capped += large
    return distinct(np.concatenate(parts), len(signatures)), capped


def bucket_pairs(entries: Entries, largest: int) -> tuple[Entries, int]:
    """The pairs of all buckets of one band, `left << 32 | right`, and how many buckets had more than `largest` members.

    `entries` ascend: the members of a bucket stand together, by row.
    """
    count, large = _pairs_in(entries, np.zeros(0, dtype=np.uint64), largest)
    pairs = np.empty(count, dtype=np.uint64)
    _pairs_in(entries, pairs, largest)
    return pairs, large


def sorted_entries(signatures: Signatures, rows: Rows, banding: Banding, bands: range) -> Entries:
    """The entries of some rows, which ascend, in some bands; each band sorted, shape (bands, rows).

    Raises ValueError when the bands need more permutations than there are.
    """
    needed = banding.bands * banding.rows
    if needed > signatures.shape[1]:
        raise ValueError(
            f"{banding.bands} bands of {banding.rows} rows need {needed} permutations, there are {signatures.shape[1]}"
        )
    entries = np.empty((len(bands), len(rows)), dtype=np.uint64)
    _fill(signatures, rows, bands.start, banding.rows, entries)
    for band in entries:
        _sort(band, np.empty_like(band), 32, 3)
    return entries


@compiled
def _fill(signatures: Signatures, rows: Rows, first: int, width: int, entries: Entries) -> None:
    """Unsorted entries of the bands from `first` on: a hash of the band's rows above, the signature's number below."""
    for at in range(len(rows)):
        row = rows[at]
        for band in range(len(entries)):
            key = uint64(0)
            start = (first + band) * width
            for place in range(start, start + width):
                key = (key + uint64(signatures[row, place])) * uint64(0x9E3779B97F4A7C15)
            entries[band, at] = (key & uint64(0xFFFFFFFF00000000)) | uint64(row)


@compiled
def _sort(numbers: Entries, spare: Entries, lowest: Integer, digits: Integer) -> None:
    """Sort by so many digits of eleven bits from the bit `lowest` on; equals stay in order (radix sort, Knuth 5.2.5).

    Several times as fast as numpy's sort on the processors at hand. `spare` has the same shape and is used up.
    """
    source, target = numbers, spare
    for digit in range(digits):
        shift, counts, start = uint64(lowest + 11 * digit), np.zeros(2048, dtype=np.int64), 0
        for number in source:
            counts[(number >> shift) & uint64(2047)] += 1
        for value in range(2048):
            counts[value], start = start, start + counts[value]
        for number in source:
            value = (number >> shift) & uint64(2047)
            target[counts[value]] = number
            counts[value] += 1
        source, target = target, source
    if digits % 2:
        numbers[:] = source


@compiled
def distinct(pairs: Entries, largest: Integer) -> Entries:
    """Each pair once, ascending; their rows are below `largest`. `pairs` are used up."""
    digits, spare = 1, np.empty_like(pairs)
    while largest >> (11 * digits):
        digits += 1
    _sort(pairs, spare, 0, digits)
    _sort(pairs, spare, 32, digits)
    kept = min(len(pairs), 1)
    for at in range(1, len(pairs)):
        new = pairs[at] != pairs[kept - 1]
        pairs[kept] = pairs[at]
        kept += new
    return pairs[:kept]


@compiled
def _pairs_in(entries: Entries, pairs: Entries, largest: int) -> tuple[int, int]:
    """Write the pairs of every bucket into `pairs`, if it has room for any; how many, and how many large buckets."""
    count, large, start = 0, 0, 0
    write = len(pairs) > 0
    for end in range(1, len(entries) + 1):
        if end < len(entries) and entries[end] >> uint64(32) == entries[start] >> uint64(32):
            continue
        size = end - start
        large += size > largest
        for one in range(start, end):
            for other in range(one + 1, end):
                if size > largest and one - start >= HUBS:
                    break
                if write:
                    pairs[count] = (entries[one] << uint64(32)) | (entries[other] & uint64(0xFFFFFFFF))
                count += 1
        start = end
    return count, large


@compiled
def agreements(left: Signatures, right: Signatures, pairs: Pairs) -> Rows:
    """On how many permutations the left and the right signature of every pair agree, shape (pairs,)."""
    result = np.empty(len(pairs), dtype=np.int64)
    for at in range(len(pairs)):
        one, other = left[pairs[at, 0]], right[pairs[at, 1]]
        same = uint32(0)
        for place in range(left.shape[1]):
            same += uint32(one[place] == other[place])
        result[at] = same
    return result
