"""Compiled loops that find the words of raw UTF-8 and hash each, eight bytes at a time.

The bytes are classified in parallel (as Langdale and Lemire 2019 do in "Parsing gigabytes of JSON per second"): a mask
has one bit for each byte, set inside a word; its edges are where words begin and end. Only words that hold letters
beyond ASCII, or sixteen bytes and more, are read byte by byte.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import uint32, uint64

from pipeline.compiled import Integer, compiled, inlined
from pipeline.minhash.alphabet import SEPARATOR, UNSURE
from pipeline.minhash.instructions import bits_set, eight_bytes, lowest_bit

Bytes = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]
Table = npt.NDArray[np.uint32]
Offsets = npt.NDArray[np.int64]

UNFOLDED = -1
"""Instead of a number of units: the text needs folding by Python first."""
FIRST, SECOND = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F
"""What the first and the second eight bytes of a word are multiplied with; see `hashing.word_hash`."""
PADDING = 80
"""Bytes that must follow the last text: words are read eight bytes at a time, and classified 64."""

_EACH = 0x0101010101010101
_HIGH = 0x8080808080808080
_GATHER = 0x0102040810204080
_ALL = 0xFFFFFFFFFFFFFFFF
_USUAL = 12
"""Words that 64 bytes of text begin, mostly: as many places are written without asking."""


class Tables(NamedTuple):
    """The constants the loops work with: see `hashing.tables`.

    `folding` as `alphabet.folding`, `ascii` its first 128 entries; `weights` are of the units in a shingle, and
    `slopes` and `shifts` of the permutations.
    """

    folding: Table
    ascii: Bytes
    weights: Hashes
    slopes: Table
    shifts: Table


class Documents(NamedTuple):
    """Texts as UTF-8, one after the other and then `PADDING` zeros: text `i` is `content[starts[i] : starts[i + 1]]`.

    Where `folded[i]`, the text is in comparable form already, its words between single spaces.
    """

    content: Bytes
    starts: Offsets
    folded: npt.NDArray[np.bool_]


class Scratch(NamedTuple):
    """Room to work in: a text's bytes with small letters, two bits for each byte, and where its words begin and end.

    `bits` tell what belongs to a word, `leads` where a character beyond ASCII begins; `folded`, `masks` and
    `lead_masks` are `letters`, `bits` and `leads` by eight bytes.
    """

    letters: Bytes
    folded: Hashes
    bits: Bytes
    masks: Hashes
    leads: Bytes
    lead_masks: Hashes
    begins: Table
    ends: Table


@compiled
def longest(documents: Documents) -> Integer:
    """How many bytes the longest of the texts has."""
    most = 0
    for row in range(len(documents.starts) - 1):
        most = max(most, documents.starts[row + 1] - documents.starts[row])
    return most


@compiled
def scratch_for(documents: Documents) -> Scratch:
    """Room for the longest of the texts."""
    blocks = longest(documents) // 64 + 1
    letters = np.empty(64 * blocks + 16, dtype=np.uint8)
    bits, leads = np.empty(8 * blocks, dtype=np.uint8), np.empty(8 * blocks, dtype=np.uint8)
    words = 32 * blocks + 2 * _USUAL
    begins, ends = np.empty(words, dtype=np.uint32), np.empty(words, dtype=np.uint32)
    wide = letters.view(np.uint64), bits.view(np.uint64), leads.view(np.uint64)
    return Scratch(letters, wide[0], bits, wide[1], leads, wide[2], begins, ends)


@inlined
def _from(values: Integer, first: Integer) -> Integer:
    """The highest bit of every byte is set where the byte (below 128) is `first` or more."""
    return values + uint64((0x80 - first) * _EACH)


@compiled
def _classify(content: Bytes, start: Integer, count: Integer, scratch: Scratch) -> None:
    """Fold ASCII letters and set the bits of every byte, for `count` times eight bytes. Beyond ASCII all are inside."""
    for place in range(count):
        value = eight_bytes(content, uint64(start + 8 * place))
        ascii_value = value & uint64(~_HIGH & _ALL)
        capital = _from(ascii_value, 0x41) & ~_from(ascii_value, 0x5B) & ~value & uint64(_HIGH)
        small = _from(ascii_value, 0x61) & ~_from(ascii_value, 0x7B)
        digit = _from(ascii_value, 0x30) & ~_from(ascii_value, 0x3A)
        line = _from(ascii_value, 0x5F) & ~_from(ascii_value, 0x60)
        inside = (capital | small | digit | line | value) & uint64(_HIGH)
        scratch.folded[place] = value | (capital >> uint64(2))
        scratch.bits[place] = _gathered(inside)
        scratch.leads[place] = _gathered(value & (value << uint64(1)) & uint64(_HIGH))


@inlined
def _gathered(flags: Integer) -> Integer:
    """The highest bits of eight bytes, the others being 0, as the bits of one byte."""
    return np.uint8(((flags >> uint64(7)) * uint64(_GATHER)) >> uint64(56))


@compiled
def _clear_signs(documents: Documents, row: Integer, tables: Tables, scratch: Scratch) -> None:
    """Clear the bits of quotation marks, dashes and other signs beyond ASCII: those that begin with the bytes C2 or E2.

    Real text is full of these. Signs that begin otherwise are told from letters when their word is spelled.
    """
    start, size = documents.starts[row], documents.starts[row + 1] - documents.starts[row]
    for block in range(size // 64 + 1):
        leads = scratch.lead_masks[block]
        while leads != uint64(0):
            place = uint64(64) * uint64(block) + lowest_bit(leads)
            leads &= leads - uint64(1)
            byte = documents.content[uint64(start) + place]
            if place < uint64(size) and (byte == 0xC2 or byte == 0xE2):
                form, width = _character(documents, row, uint64(start) + place, tables)
                if form == uint32(SEPARATOR):
                    for at in range(place, place + width):
                        scratch.masks[at >> uint64(6)] &= ~(uint64(1) << (at & uint64(63)))


@inlined
def _write_places(edges: Integer, base: Integer, count: Integer, places: Table) -> Integer:
    """Write where bits are set, from `places[count]` on; how many places are written by then.

    A loop over the bits would mispredict its end for every mask: more places than needed are written, and written over.
    """
    found, at = bits_set(edges), count
    for more in range(_USUAL):
        places[at + uint64(more)] = uint32(base + lowest_bit(edges))
        edges &= edges - uint64(1)
    while edges != uint64(0):
        places[at + uint64(_USUAL)] = uint32(base + lowest_bit(edges))
        edges &= edges - uint64(1)
        at += uint64(1)
    return count + found


@compiled
def _bound(scratch: Scratch, blocks: Integer) -> Integer:
    """Write where the runs of set bits begin and end; how many runs there are. The last bit is not set."""
    begun, ended, before = uint64(0), uint64(0), uint64(0)
    for block in range(blocks):
        mask = scratch.masks[block]
        previous = (mask << uint64(1)) | before
        before = mask >> uint64(63)
        base = uint64(64) * uint64(block)
        begun = _write_places(mask & ~previous, base, begun, scratch.begins)
        ended = _write_places(~mask & previous, base, ended, scratch.ends)
    return np.int64(begun)


@compiled
def hash_words(
    documents: Documents, row: Integer, tables: Tables, scratch: Scratch, units: Hashes
) -> tuple[Integer, Integer]:
    """Hash every word of a text into `units`: how many words (or UNFOLDED), and how many unspaced characters."""
    start, size = documents.starts[row], documents.starts[row + 1] - documents.starts[row]
    blocks = size // 64 + 1
    _classify(documents.content, start, 8 * blocks, scratch)
    scratch.masks[blocks - 1] &= (uint64(1) << uint64(size % 64)) - uint64(1)
    _clear_signs(documents, row, tables, scratch)
    count, unspaced = uint64(0), 0
    for run in range(_bound(scratch, blocks)):
        begin = uint64(scratch.begins[run])
        length = uint64(scratch.ends[run]) - begin
        left, right = min(length, uint64(8)), min(length, uint64(16)) - min(length, uint64(8))
        first = eight_bytes(scratch.letters, begin) & (uint64(_ALL) >> (uint64(64) - (left << uint64(3))))
        second = eight_bytes(scratch.letters, uint64(begin + uint64(8)))
        second &= (uint64(_ALL) >> uint64(1)) >> (uint64(63) - (right << uint64(3)))
        if ((first | second) & uint64(_HIGH)) | (length >> uint64(4)) == uint64(0):
            units[count] = first * uint64(FIRST) + second * uint64(SECOND)
            count += uint64(1)
            continue
        found, of_those = _spell(documents, row, begin, begin + length, tables, units[np.int64(count) :])
        if found == UNFOLDED:
            return UNFOLDED, 0
        count = uint64(np.int64(count) + found)
        unspaced += of_those
    return np.int64(count), unspaced


@inlined
def _lengthened(value: Integer, part: Integer, place: Integer) -> Integer:
    """A word's hash with its next eight bytes, which are the `place`th, from 0."""
    if place == 0:
        return part * uint64(FIRST)
    if place == 1:
        return value + part * uint64(SECOND)
    return (value ^ (value >> uint64(32))) * uint64(FIRST) + part * uint64(SECOND)


@compiled
def _spell(
    documents: Documents, row: Integer, begin: Integer, end: Integer, tables: Tables, units: Hashes
) -> tuple[Integer, Integer]:
    """Hash the words in a stretch of a text, byte by byte: as `hash_words`."""
    count, value, part, size, unspaced = 0, uint64(0), uint64(0), uint64(0), 0
    at, end = uint64(documents.starts[row]) + begin, uint64(documents.starts[row]) + end
    while at < end:
        form, width = _character(documents, row, at, tables)
        at += width
        if form == uint32(UNSURE):
            return UNFOLDED, 0
        unspaced += _is_unspaced(form)
        ends = form == uint32(SEPARATOR) or at == end
        while form != uint32(0):
            part |= uint64(form & uint32(255)) << ((size & uint64(7)) << uint64(3))
            size += uint64(1)
            form >>= uint32(8)
            if size & uint64(7) == uint64(0):
                value, part = _lengthened(value, part, (size >> uint64(3)) - uint64(1)), uint64(0)
        if ends and size > uint64(0):
            units[count] = value if part == uint64(0) else _lengthened(value, part, size >> uint64(3))
            count += 1
            value = part = size = uint64(0)
    return count, unspaced


@inlined
def _character(documents: Documents, row: Integer, at: Integer, tables: Tables) -> tuple[Integer, Integer]:
    """The folded bytes of the character at a byte, lowest first, and how many bytes it takes up."""
    content = documents.content
    if content[at] < 128:
        return uint32(tables.ascii[content[at]]), uint64(1)
    point, width = _point(content, at)
    if documents.folded[row]:
        form = uint32(0)
        for place in range(width):
            form |= uint32(content[at + uint64(place)]) << uint32(8 * place)
        return form, width
    if point >= uint32(len(tables.folding)):
        return uint32(UNSURE), width
    return tables.folding[point], width


@inlined
def _point(content: Bytes, at: Integer) -> tuple[Integer, Integer]:
    """The code point that starts at a byte of 128 or more, and how many bytes it has (RFC 3629)."""
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
def letters_in(documents: Documents, row: Integer, tables: Tables) -> Integer:
    """How many word characters a text has that `hash_words` could read."""
    letters = 0
    at, end = uint64(documents.starts[row]), uint64(documents.starts[row + 1])
    while at < end:
        form, width = _character(documents, row, at, tables)
        at += width
        while form != uint32(0):
            letters += form & uint32(0xC0) != uint32(0x80)
            form >>= uint32(8)
    return letters


@compiled
def hash_characters(documents: Documents, row: Integer, tables: Tables, units: Hashes) -> None:
    """Hash every word character of a text into `units`; `letters_in` tells how many there are."""
    count, part, size = 0, uint64(0), uint64(0)
    at, end = uint64(documents.starts[row]), uint64(documents.starts[row + 1])
    while at < end:
        form, width = _character(documents, row, at, tables)
        at += width
        while form != uint32(0):
            part |= uint64(form & uint32(255)) << (size << uint64(3))
            size += uint64(1)
            form >>= uint32(8)
            if form & uint32(0xC0) != uint32(0x80):
                units[count] = part * uint64(FIRST)
                count += 1
                part = size = uint64(0)
