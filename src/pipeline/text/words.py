"""Words and shingles: what articles are compared by."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache

import snowballstemmer

from pipeline.text.normalise import comparable

SHINGLE_WORDS = 5
SHINGLE_CHARACTERS = 8
_WORD = re.compile(r"\w+")
# Scripts written without spaces between words: Thai, Lao, Khmer, Burmese, kana, Han.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u1000-\u109f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
# English function words, and the words by which news of any subject reports.
STOP_WORDS = frozenset(
    """
    a about above after again against all almost along already also although always am among an and another any anyone
    anything are around as at away back be became because become been before behind being below between both but by
    came can cannot come could did do does doing done down during each either else enough even ever every everyone few
    for from further gave get give go goes going got had has have having he her here hers herself him himself his how
    however i if in indeed instead into is it its itself just keep last least less let like made make many may me might
    more most much must my myself near neither never next no nor not nothing now of off often on once one only onto or
    other others our ours out over own per perhaps put quite rather really same see seem seemed several shall she should
    since so some someone something still such take than that the their theirs them themselves then there these they
    thing this those though through thus to together too toward towards two under until up upon us very via was we well
    went were what whatever when where whether which while who whole whom whose why will with within without would yet
    you your yours yourself
    according added announced asked called day days latest mr mrs ms monday month new news official officials people
    recent report reported reports said saying say says spokesman spokesperson spokeswoman statement sunday saturday
    thursday time today told tomorrow tuesday wednesday friday week year years yesterday
    """.split()
)


def words(text: str) -> list[str]:
    r"""The words of a text in order: runs of `\w` of its comparable form."""
    return _WORD.findall(comparable(text))


@cache
def _stemmer() -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The stem of one comparable word (Snowball English, Porter 2001)."""
    return str(_stemmer().stemWord(word))


def content_stems(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order: no stop words, no single letters."""
    return [stem(word) for word in words(text) if len(word) > 1 and word not in STOP_WORDS]


def shingles(text: str) -> list[str]:
    """Distinct shingles of a text in order of first appearance, their words between single spaces: word 5-grams, or
    character 8-grams where more than a third of the word characters are of scripts written without spaces.

    A text shorter than one shingle is its own single shingle; one without words has none.
    """
    found = words(text)
    characters = "".join(found)
    if 3 * len(_UNSPACED.findall(characters)) > len(characters):
        return _grams(characters, SHINGLE_CHARACTERS)
    return _grams(found, SHINGLE_WORDS)


def _grams(units: Sequence[str], size: int) -> list[str]:
    """Distinct runs of `size` units."""
    if not units:
        return []
    count = max(1, len(units) - size + 1)
    return list(dict.fromkeys(" ".join(units[start : start + size]) for start in range(count)))
