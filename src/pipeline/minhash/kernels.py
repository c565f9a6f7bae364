"""Compiled loops (numba) over raw UTF-8: words, shingles, permutations. They release the interpreter's lock.

A word's hash is a cyclic polynomial over its bytes, a shingle's a multilinear sum over its words' mixed hashes (Lemire
and Kaser 2010, "Recursive n-gram hashing is pairwise independent, at best"): a word is read once, not once for each of
the five shingles it stands in. `hashing.shingle_hash` computes the same for one shingle.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import uint32, uint64

from pipeline.minhash.compiled import Integer, compiled, inlined
from pipeline.minhash.sets import built, distinct, holds, shared, slots_for

Bytes = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]
Table = npt.NDArray[np.uint32]
Offsets = npt.NDArray[np.int64]
Signatures = npt.NDArray[np.uint32]

UNFOLDED = -1
"""Instead of a number of units: the text needs folding by Python first."""
WORDS, CHARACTERS = 5, 8
"""Units in a shingle: words, or characters where words are written without spaces."""
BLOCK = 1024
"""Hashes permuted at a time: a multiple of eight, and small enough for the nearest cache."""


class Tables(NamedTuple):
    """The constants the loops work with: see `hashing.tables`.

    `folding` as `alphabet.folding`; `steps` is every byte's step of the hash, `ascii` that of bytes below 128 once they
    are folded, 0 for those that end a word; `weights` are of the units in a shingle, `slopes` and `shifts` of the
    permutations.
    """

    folding: Table
    ascii: Hashes
    steps: Hashes
    weights: Hashes
    slopes: Table
    shifts: Table


class Documents(NamedTuple):
    """Texts as UTF-8, one after the other: text `i` is `content[starts[i] : starts[i + 1]]`.

    Where `folded[i]`, the text is in comparable form already, its words between single spaces.
    """

    content: Bytes
    starts: Offsets
    folded: npt.NDArray[np.bool_]


class Ignored(NamedTuple):
    """Shingles that do not count: text `i` has those of `slots[starts[owner[i]] : starts[owner[i] + 1]]`.

    Each such stretch of `slots` is a hash set as `sets.place` fills it, or empty.
    """

    slots: Hashes
    starts: Offsets
    owner: npt.NDArray[np.int64]


@inlined
def _turned(value: Integer) -> Integer:
    return (value << uint64(5)) | (value >> uint64(59))


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


@inlined
def _character(content: Bytes, at: Integer) -> tuple[Integer, Integer]:
    """The code point that starts at a byte of 128 or more, and how many bytes it has."""
    first = uint32(content[at])
    second = uint32(content[at + uint64(1)]) & uint32(63)
    if first < uint32(0xE0):
        return ((first & uint32(31)) << uint32(6)) | second, uint64(2)
    third = uint32(content[at + uint64(2)]) & uint32(63)
    if first < uint32(0xF0):
        return ((first & uint32(15)) << uint32(12)) | (second << uint32(6)) | third, uint64(3)
    fourth = uint32(content[at + uint64(3)]) & uint32(63)
    upper = ((first & uint32(7)) << uint32(18)) | (second << uint32(12))
    return upper | (third << uint32(6)) | fourth, uint64(4)


@inlined
def _form(content: Bytes, at: Integer, folding: Table, folded: Integer) -> tuple[Integer, Integer]:
    """The folded bytes of the character at a byte of 128 or more, lowest first, and how many bytes it takes up."""
    point, width = _character(content, at)
    if folded:
        form = uint32(0)
        for place in range(width):
            form |= uint32(content[at + uint64(place)]) << uint32(8 * place)
        return form, width
    if point >= uint32(len(folding)):
        return uint32(1), width
    return folding[point], width


@inlined
def _is_unspaced(form: Integer) -> Integer:
    """Whether a folded character belongs to a script without spaces: Thai, Lao, Burmese, Khmer, kana, Han."""
    if (form < uint32(0x10000)) | (form >= uint32(0x1000000)):
        return False
    point = (form & uint32(15)) << uint32(12) | (form >> uint32(8) & uint32(63)) << uint32(6)
    point |= form >> uint32(16) & uint32(63)
    south = _between(point, 0x0E00, 0x0EFF) | _between(point, 0x1000, 0x109F) | _between(point, 0x1780, 0x17FF)
    east = _between(point, 0x3040, 0x30FF) | _between(point, 0x3400, 0x4DBF) | _between(point, 0x4E00, 0x9FFF)
    return south | east


@inlined
def _between(point: Integer, first: Integer, last: Integer) -> Integer:
    return (point >= uint32(first)) & (point <= uint32(last))


@compiled
def _words(documents: Documents, row: Integer, tables: Tables, units: Hashes) -> tuple[Integer, Integer]:
    """Hash every word of a text into `units`: how many words (or UNFOLDED), and how many unspaced characters.

    The inner loop branches on nothing but whether a byte is ASCII: real text would mispredict a branch at every word's
    end. So each byte writes the hash so far, and the end of a word only moves on to the next place.
    """
    content, steps, ascii_steps, folded = documents.content, tables.steps, tables.ascii, documents.folded[row]
    count, value, inside, unspaced = uint64(0), uint64(0), uint64(0), 0
    at, end = uint64(documents.starts[row]), uint64(documents.starts[row + 1])
    while at < end:
        byte = content[at]
        while byte < 128:
            step = ascii_steps[byte]
            word = uint64(step != uint64(0))
            units[count] = value
            count += inside & (word ^ uint64(1))
            value = (_turned(value) + step) & (uint64(0) - word)
            inside = word
            at += uint64(1)
            if at >= end:
                break
            byte = content[at]
        if at >= end:
            break
        form, width = _form(content, at, tables.folding, folded)
        at += width
        if form == uint32(1):
            return UNFOLDED, 0
        if form == uint32(0):
            units[count] = value
            count += inside
            value = inside = uint64(0)
            continue
        unspaced += _is_unspaced(form)
        inside = uint64(1)
        while form:
            value = _turned(value) + steps[form & uint32(255)]
            form >>= uint32(8)
    units[count] = value
    return np.int64(count + inside), unspaced


@compiled
def _letters(documents: Documents, row: Integer, tables: Tables) -> Integer:
    """How many word characters a text has that `_words` could read."""
    letters = 0
    at, end = documents.starts[row], documents.starts[row + 1]
    while at < end:
        if documents.content[at] < 128:
            letters += tables.ascii[documents.content[at]] != uint64(0)
            at += 1
            continue
        form, width = _form(documents.content, uint64(at), tables.folding, documents.folded[row])
        at += np.int64(width)
        while form:
            letters += form & uint32(0xC0) != uint32(0x80)
            form >>= uint32(8)
    return letters


@compiled
def _characters(documents: Documents, row: Integer, tables: Tables, units: Hashes) -> None:
    """Hash every word character of a text into `units`; `_letters` tells how many there are."""
    content, steps = documents.content, tables.steps
    count = -1
    at, end = uint64(documents.starts[row]), uint64(documents.starts[row + 1])
    while at < end:
        byte = content[at]
        if byte < 128:
            if tables.ascii[byte] != uint64(0):
                count += 1
                units[count] = tables.ascii[byte]
            at += uint64(1)
            continue
        form, width = _form(content, at, tables.folding, documents.folded[row])
        at += width
        while form:
            low = form & uint32(255)
            if low & uint32(0xC0) != uint32(0x80):
                count += 1
                units[count] = uint64(0)
            units[count] = _turned(units[count]) + steps[low]
            form >>= uint32(8)


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


@compiled
def room(documents: Documents) -> Integer:
    """How many units the longest of the texts may have: a word ends at every second byte at most.

    Characters count as units only when a third of them take three bytes: then there are at most 0.6 to a byte.
    """
    longest = 0
    for row in range(len(documents.starts) - 1):
        longest = max(longest, documents.starts[row + 1] - documents.starts[row])
    return longest * 3 // 5 + 3


@compiled
def shingle(documents: Documents, row: Integer, tables: Tables, units: Hashes) -> tuple[Integer, Integer, Integer]:
    """Hash the shingles of a text into `units` (shape `room`), repeats included, in order.

    Gives the number of units (or UNFOLDED), the fingerprint of their sequence and the number of shingles. A text
    shorter than a shingle is one by itself; one without words has none.
    """
    count, unspaced = _words(documents, row, tables, units)
    size = WORDS
    if unspaced > 0:
        letters = _letters(documents, row, tables)
        if 3 * unspaced > letters:
            _characters(documents, row, tables, units)
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
    documents: Documents, ignored: Ignored, tables: Tables, signatures: Signatures, prints: Hashes, counts: Offsets
) -> None:
    """Signature, fingerprint and number of units of every text; one with UNFOLDED units gets nothing else."""
    units = np.empty(room(documents), dtype=np.uint64)
    for row in range(len(counts)):
        count, fingerprint, found = shingle(documents, row, tables, units)
        counts[row] = count
        if count == UNFOLDED:
            continue
        prints[row] = fingerprint
        permute(units, _counted(units, found, ignored, row), tables, signatures[row])


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
    longest, total = room(documents), len(documents.content) * 3 // 5 + 3 * len(sizes)
    units, hashes, done = np.empty(longest, dtype=np.uint64), np.empty(total, dtype=np.uint64), 0
    for row in range(len(sizes)):
        count, prints[row], found = shingle(documents, row, tables, units)
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
