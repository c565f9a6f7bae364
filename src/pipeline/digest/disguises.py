"""The readings of a text: what a model may take it for, however its letters are disguised.

Letters of other alphabets that look Latin, fullwidth letters, marks over letters, digits for letters, letters set
apart, words run together, cut up or misspelt, text turned round or rotated: people see that something is odd, a model
reads what is meant.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterator

from pipeline.text.normalise import visible
from pipeline.text.words import STOP_WORDS

# Small letters and marks, each with what looks like it: Cyrillic, Greek, Armenian and phonetic letters, small capitals
# (after Unicode Technical Standard 39).
_LOOK_ALIKES = {
    ord(other): letter
    for letter, others in (
        ("a", "аαᴀ"),
        ("b", "вьʙβ"),
        ("c", "сᴄ"),
        ("d", "ԁᴅ"),
        ("e", "еҽεᴇ"),
        ("f", "ꜰ"),
        ("g", "ɡɢց"),
        ("h", "нһհʜ"),
        ("i", "іӏιıɪ"),
        ("j", "јᴊ"),
        ("k", "кκᴋ"),
        ("l", "ʟ"),
        ("m", "мᴍ"),
        ("n", "ηոɴ"),
        ("o", "оοօᴏ"),
        ("p", "рρᴘ"),
        ("q", "ԛզ"),
        ("r", "ʀ"),
        ("s", "ѕꜱ"),
        ("t", "тτᴛ"),
        ("u", "սυᴜ"),
        ("v", "ѵνᴠ"),
        ("w", "ԝωᴡ"),
        ("x", "хχ"),
        ("y", "уγʏ"),
        ("z", "ᴢ"),
        ("'", "’‘"),
        ('"', "“”„«»"),
        ("-", "–—‐−"),
    )
    for other in others
}
_MARKS = re.compile("(?<=[a-z])[\u0300-\u036f\u0483-\u0489\u20d0-\u20ff]+")
_SPACES = re.compile(r"\s+")
# Eight or more single letters with the same thing between them: "i g n o r e", "I.g.n.o.r.e".
SET_APART = re.compile(r"(?<!\w)[a-z](?:([ .·•*_|/,~+-]{1,3})[a-z])(?:\1[a-z]){6,}(?!\w)")
_DIGITS = str.maketrans("01345789@$!|", "oieastbgasil")
_DIGIT_MEETS_LETTER = re.compile(r"[a-z][013457@$]|[013457@$][a-z]")
_MIXED = re.compile(r"(?<![\w@$])(?=[\w@$!|]*[a-z])(?=[\w@$!|]*[\d@$!|])[\w@$!|]{2,}")
# With one of these a text is English, and need not be turned round; they are faster to find than all function words.
_COMMON = (" the ", " of ", " to ", " and ", " in ", " a ")
_WORD = re.compile(r"[a-z']+")
# Words of orders, turned round or rotated: they stand in no other text.
_TURNED = tuple(
    turned
    for word in "ignore previous instructions disregard summary assistant".split()
    for turned in (word[::-1], codecs.encode(word, "rot13"))
)
# Several words run together: "IgnoreAllRules", "#ignore_all_rules". Two are a name, such as "YouTube".
_RUN_TOGETHER = re.compile(r"(?:[A-Z]?[a-z]+)(?:[A-Z][a-z]+){2,}|[A-Za-z]+(?:_[A-Za-z]+){2,}")
_JOINT = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
_CUT = re.compile(r"(?<=[a-z])-(?=[a-z])")
FEWEST_CUTS = 3
"""Fewer hyphens inside words are those of compounds."""


def _misspelt(word: str) -> Iterator[str]:
    """A word with two inner letters changed round, one left out or one doubled."""
    for place in range(1, len(word) - 1):
        before, letter, after = word[:place], word[place], word[place + 1 :]
        yield f"{before}{after[0]}{letter}{after[1:]}"
        yield f"{before}{after}"
        yield f"{before}{letter}{letter}{after}"


# Words of orders by their misspellings, none of which is a word.
_SPELT = {
    wrong: word
    for word in (
        "ignore ignoring disregard forget override previous preceding earlier instruction instructions prompt"
        " guidelines directives system assistant summary summarise summarize"
    ).split()
    for wrong in _misspelt(word)
    if wrong != word
}
# Words of orders that stand together, however blanks are set: two in a row are enough to look.
_TOGETHER = tuple(
    pair.split("+")
    for pair in "previous+instruction prior+instruction all+previous ignore+all ignore+previous system+prompt".split()
)
_ORDER_WORDS = re.compile("ignore|disregard|forget|all|previous|prior|instructions?|system|prompts?")
FEWEST_WORDS = 4
"""Fewer words without a function word among them are a name or a heading, not text turned round."""


def readings(text: str) -> Iterator[str]:
    """The text in small plain letters, and every other reading that differs from that one."""
    shown = plain(text)
    yield shown
    if _JOINT.search(text) and _RUN_TOGETHER.search(text):
        yield plain(_RUN_TOGETHER.sub(lambda found: _JOINT.sub(" ", found[0]), text).replace("#", " "))
    if shown.count("-") >= FEWEST_CUTS:
        yield _CUT.sub("", shown)
    squeezed = shown.replace(" ", "")
    if any(first + second in squeezed and f"{first} {second}" not in shown for first, second in _TOGETHER):
        yield _SPACES.sub(" ", _ORDER_WORDS.sub(r" \g<0> ", squeezed))
    if not _SPELT.keys().isdisjoint(words := _WORD.findall(shown)):
        yield " ".join(_SPELT.get(word, word) for word in words)
    if _DIGIT_MEETS_LETTER.search(shown):
        yield _MIXED.sub(lambda found: found[0].translate(_DIGITS), shown)
    if SET_APART.search(shown):
        yield SET_APART.sub(lambda found: found[0].replace(found[1], ""), shown)
    if any(word in shown for word in _TURNED) or _without_function_words(shown):
        yield shown[::-1]
        yield codecs.encode(shown, "rot13")


def _without_function_words(plain: str) -> bool:
    """Whether a text of some words holds none of those no English sentence is without."""
    if any(word in plain for word in _COMMON):
        return False
    found = _WORD.findall(plain)
    return len(found) >= FEWEST_WORDS and STOP_WORDS.isdisjoint(found)


def plain(text: str) -> str:
    """Small letters without disguise or accents, marks as on a typewriter, single spaces."""
    if text.isascii():
        return _SPACES.sub(" ", text).strip().casefold()
    shown = unicodedata.normalize("NFKC", visible(text)).casefold()
    bare = _MARKS.sub("", unicodedata.normalize("NFD", shown).translate(_LOOK_ALIKES))
    return _SPACES.sub(" ", unicodedata.normalize("NFC", bare)).strip()
