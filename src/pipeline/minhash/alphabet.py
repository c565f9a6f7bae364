"""What each character counts as when texts are compared: which bytes of a word it is, or that it ends one.

`text.normalise.comparable` defines the form in which texts are compared (NFKC, case folded). Nearly every character has
that form by itself, whatever stands around it; for those a table answers at once. The few others (combining marks,
jamo, characters whose form mixes letters and signs) make a text one that Python itself has to fold.
"""

import re
import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

from pipeline.text.normalise import comparable

SEPARATOR, UNSURE = 0, 1
CHARACTERS = 0x20000
"""The table covers the planes of living scripts; beyond lie rare ideographs, which Python folds."""
MOST_BYTES = 4
VERSION = f"nfkc-casefold/unicode-{unicodedata.unidata_version}"
"""Names the folding: signatures of texts folded another way do not compare."""

_WORD = re.compile(r"\w+")
# Vowels and finals of Korean syllables written letter by letter: they join the letter before them (Unicode 3.12).
_JAMO = range(0x1161, 0x11FF + 1)
# What cannot stand in a line of characters: the line feed itself and halves of characters.
_SPECIAL = frozenset(["\n", *map(chr, range(0xD800, 0xE000))])

Table = npt.NDArray[np.uint32]


@cache
def folding() -> Table:
    """For every code point below `CHARACTERS` the UTF-8 bytes of its comparable form, lowest byte first.

    `SEPARATOR` where the form holds no word character, `UNSURE` where the table cannot answer.
    """
    characters = [" " if character in _SPECIAL else character for character in map(chr, range(CHARACTERS))]
    # A line feed stands for itself and joins with nothing, so that all characters can be folded in one call.
    forms = comparable("\n".join(characters)).split("\n")
    table = np.fromiter(map(_entry, forms), dtype=np.uint32, count=CHARACTERS)
    joining = _joining()
    normal = unicodedata.normalize("NFKC", "\n".join(characters)).split("\n")
    unsure = [point for point, form in enumerate(normal) if not joining.isdisjoint(form)]
    table[unsure] = UNSURE
    return table


def _entry(form: str) -> int:
    """The table's entry for a character of this comparable form."""
    content = form.encode()
    if form.isalnum() and len(content) <= MOST_BYTES:
        return int.from_bytes(content, "little")
    if not _WORD.search(form):
        return SEPARATOR
    return ord(form) if form == "_" else UNSURE


def _joining() -> frozenset[str]:
    """Characters that may merge or change places with the one before them under normalisation."""
    points = range(CHARACTERS)
    marks = {chr(point) for point in points if unicodedata.combining(chr(point))}
    pairs = (parts for point in points if len(parts := unicodedata.decomposition(chr(point)).split()) == 2)
    seconds = {chr(int(second, 16)) for first, second in pairs if not first.startswith("<")}
    return frozenset(marks | seconds | set(map(chr, _JAMO)))
