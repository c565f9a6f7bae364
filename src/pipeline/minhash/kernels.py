"""Compiled loops from words to signatures: shingles, permutations, overlaps. They release the interpreter's lock.

A shingle's hash is a multilinear sum over its words' mixed hashes (Lemire and Kaser 2014, "Strongly universal string
hashing is fast"): a word is read once, not once for each of the five shingles it stands in. `hashing.shingle_hash`
computes the same for one shingle.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import uint32, uint64

from pipeline.compiled import Integer, compiled, inlined
from pipeline.minhash.sets import built, distinct, holds, shared, slots_for
from pipeline.minhash.tokens import (
    UNFOLDED,
    Documents,
    Hashes,
    Offsets,
    Scratch,
    Tables,
    hash_characters,
    hash_words,
    letters_in,
    longest,
    scratch_for,
)

Signatures = npt.NDArray[np.uint32]

WORDS, CHARACTERS = 5, 8
"""Units in a shingle: words, or characters where words are written without spaces."""
BLOCK = 1024
"""Hashes permuted at a time: a multiple of eight, and small enough for the nearest cache."""


class Ignored(NamedTuple):
    """Shingles that do not count: text `i` has those of `slots[starts[owner[i]] : starts[owner[i] + 1]]`.

    Each such stretch of `slots` is a hash set as `sets.place` fills it, or empty.
    """

    slots: Hashes
    starts: Offsets
    owner: npt.NDArray[np.int64]


@inlined
def _mixed(value: Integer) -> Integer:
    """The finalizer of MurmurHash3 (Appleby 2011), 64 bits."""
    value = (value ^ (value >> uint64(33))) * uint64(0xFF51AFD7ED558CCD)
    value = (value ^ (value >> uint64(33))) * uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> uint64(33))


@inlined
def _mixed32(value: Integer) -> Integer:
    """The same for 32 bits: with it datasketch prepares a hash value for its affine permutations."""
    value = uint32((value ^ (value >> uint32(16))) * uint32(0x85EBCA6B))
    value = uint32((value ^ (value >> uint32(13))) * uint32(0xC2B2AE35))
    return uint32(value ^ (value >> uint32(16)))


@inlined
def _smaller(slope: Integer, shift: Integer, one: Integer, other: Integer) -> Integer:
    """The smaller of two permuted hashes. numba counts in 64 bits unless told: the wrap at 32 is the permutation's."""
    return min(uint32(uint32(slope * one) + shift), uint32(uint32(slope * other) + shift))


@compiled
def _fingerprint(units: Hashes, count: Integer) -> Integer:
    """One number for a sequence of mixed units: equal sequences have equal numbers, others practically never."""
    total = uint64(count)
    for place in range(count):
        total += _mixed(units[place] + uint64(place) * uint64(0x9E3779B97F4A7C15))
    return total


@compiled
def _combined(units: Hashes, count: Integer, size: Integer, weights: Hashes) -> Integer:
    """Turn mixed units into the hashes of their shingles, in place; how many there are."""
    found = count - size + 1
    if size == WORDS:
        for place in range(found):
            units[place] = (
                units[place] * weights[0]
                + units[place + 1] * weights[1]
                + units[place + 2] * weights[2]
                + units[place + 3] * weights[3]
                + units[place + 4] * weights[4]
            )
        return found
    for place in range(found):
        value = uint64(0)
        for unit in range(size):
            value += units[place + unit] * weights[unit]
        units[place] = value
    return found


@inlined
def room(size: Integer) -> Integer:
    """How many units a text of so many bytes may have: a word ends at every second byte at most.

    Characters count as units only when more than a third are of scripts without spaces, three bytes each. Others come
    of three quarters of a byte at least (the numeral "Ⅷ" is three bytes, and folds to four letters): fewer than two
    units for three bytes.
    """
    return size * 2 // 3 + 3


@compiled
def shingle(
    documents: Documents, row: Integer, tables: Tables, scratch: Scratch, units: Hashes
) -> tuple[Integer, Integer, Integer]:
    """Hash the shingles of a text into `units` (shape `room`), repeats included, in order.

    Gives the number of units (or UNFOLDED), the fingerprint of their sequence and the number of shingles. A text
    shorter than a shingle is one by itself; one without words has none.
    """
    count, unspaced = hash_words(documents, row, tables, scratch, units)
    size = WORDS
    if unspaced > 0:
        letters = letters_in(documents, row, tables)
        if 3 * unspaced > letters:
            hash_characters(documents, row, tables, units)
            count, size = letters, CHARACTERS
    if count <= 0:
        return count, uint64(0), 0
    for place in range(count):
        units[place] = _mixed(units[place])
    fingerprint = _fingerprint(units, count)
    return count, fingerprint, _combined(units, count, min(size, count), tables.weights)


@compiled
def _counted(hashes: Hashes, found: Integer, ignored: Ignored, row: Integer) -> Integer:
    """Move the shingles that count to the front of `hashes[:found]`; how many. All count where none would be left."""
    owner = ignored.owner[row]
    slots = ignored.slots[ignored.starts[owner] : ignored.starts[owner + 1]]
    if len(slots) == 0:
        return found
    kept = 0
    for at in range(found):
        if not holds(slots, hashes[at]):
            hashes[kept] = hashes[at]
            kept += 1
    return kept if kept > 0 else found


@compiled
def permute(hashes: Hashes, count: Integer, tables: Tables, signature: Signatures) -> None:
    """The minimum of every permutation over the lower halves of `hashes[:count]` into `signature`.

    Eight hashes are permuted for each time the permutations' constants are loaded.
    """
    slopes, shifts = tables.slopes, tables.shifts
    values = np.empty(BLOCK, dtype=np.uint32)
    signature[:] = uint32(0xFFFFFFFF)
    for start in range(0, count, BLOCK):
        size = min(BLOCK, count - start)
        for place in range(size):
            values[place] = _mixed32(uint32(hashes[start + place]))
        padded = (size + 7) // 8 * 8
        values[size:padded] = values[0]
        for place in range(0, padded, 8):
            one, two, three, four = values[place], values[place + 1], values[place + 2], values[place + 3]
            five, six, seven, eight = values[place + 4], values[place + 5], values[place + 6], values[place + 7]
            for number in range(len(slopes)):
                slope, shift = slopes[number], shifts[number]
                first = min(_smaller(slope, shift, one, two), _smaller(slope, shift, three, four))
                last = min(_smaller(slope, shift, five, six), _smaller(slope, shift, seven, eight))
                signature[number] = min(signature[number], min(first, last))


@compiled
def sketch_texts(
    documents: Documents,
    rows: Offsets,
    ignored: Ignored,
    tables: Tables,
    signatures: Signatures,
    prints: Hashes,
    units: Offsets,
) -> None:
    """Signature, fingerprint and number of units of every text, each to its row; UNFOLDED units come alone."""
    scratch, hashes = scratch_for(documents), np.empty(room(longest(documents)), dtype=np.uint64)
    for place in range(len(rows)):
        row = rows[place]
        count, fingerprint, found = shingle(documents, place, tables, scratch, hashes)
        units[row] = count
        if count == UNFOLDED:
            continue
        prints[row] = fingerprint
        permute(hashes, _counted(hashes, found, ignored, row), tables, signatures[row])


@compiled
def sketch_sets(hashes: Hashes, starts: Offsets, tables: Tables, signatures: Signatures) -> None:
    """Signature of every set: set `i` is `hashes[starts[i] : starts[i + 1]]`."""
    for row in range(len(signatures)):
        permute(hashes[starts[row] : starts[row + 1]], starts[row + 1] - starts[row], tables, signatures[row])


@compiled
def collect(documents: Documents, ignored: Ignored, tables: Tables, sizes: Offsets, prints: Hashes) -> Hashes:
    """The distinct shingles of every text, one text's after the other's, how many they are, and its fingerprint.

    Text `i` has `sizes[i]` of them; a text that the table cannot fold has UNFOLDED and none.
    """
    scratch, units = scratch_for(documents), np.empty(room(longest(documents)), dtype=np.uint64)
    hashes, done = np.empty(room(len(documents.content)), dtype=np.uint64), 0
    for row in range(len(sizes)):
        count, prints[row], found = shingle(documents, row, tables, scratch, units)
        if count == UNFOLDED:
            sizes[row] = UNFOLDED
            continue
        counted = _counted(units, found, ignored, row)
        sizes[row] = distinct(units, counted, np.zeros(slots_for(counted), dtype=np.uint64))
        hashes[done : done + sizes[row]] = units[: sizes[row]]
        done += sizes[row]
    return hashes[:done]


@compiled
def overlaps(pairs: Offsets, hashes: Hashes, starts: Offsets, sizes: Offsets, common: Offsets) -> None:
    """How many distinct shingles the two texts of every pair share. Pairs with equal first rows stand together."""
    slots = np.zeros(1, dtype=np.uint64)
    before = -1
    for at in range(len(pairs)):
        first, second = pairs[at]
        if first != before:
            slots = built(hashes[starts[first] : starts[first] + sizes[first]])
            before = first
        common[at] = shared(hashes[starts[second] : starts[second] + sizes[second]], slots)
