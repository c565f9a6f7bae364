"""The hard facts a sentence states: numbers, days and months, names, quotations."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from pipeline.text.dates import MONTH_NAME, MONTHS, WEEKDAY
from pipeline.text.words import STOP_WORDS

SCALES = {
    "thousand": 3,
    "million": 6,
    "mn": 6,
    "m": 6,
    "billion": 9,
    "bn": 9,
    "trillion": 12,
}
"""Words behind a number in digits, with the power of ten each multiplies it by."""
UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
UNITS += "seventeen eighteen nineteen".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
SPELLED = {name: value for value, name in enumerate(UNITS)} | {
    name: 10 * value for value, name in enumerate(TENS, start=2)
}
"""The values of the numbers that are one word."""
_SPELLED = SPELLED | {"dozen": 12, "hundred": 100}
# Digits with separators, then perhaps a scale: "1,250", "4.8 billion", "€1.14bn", "70th", "11%".
_NUMBER = re.compile(
    rf"(?<![\w.,])[^\w\s]{{0,2}}(?P<digits>\d+(?:[.,]\d+)*)(?:\s?(?P<scale>(?a:{'|'.join(SCALES)}))\b)?",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_SPELLED_NUMBER = re.compile(rf"\b(?:{'|'.join(TENS)})[- ](?:{'|'.join(UNITS[1:10])})\b|\b(?:{'|'.join(_SPELLED)})\b")
_MONTH = re.compile(rf"\b{MONTH_NAME}")
_RELATIVE = re.compile(
    r"\b(?:(?:last|next|this) (?:year|month|week|night|spring|summer|autumn|winter)|yesterday|tomorrow)\b"
)
_QUOTED = re.compile(r"[“\"]([^“”\"]+)[”\"]")
# A capitalised word, an acronym or a name with inner capitals, apostrophes and hyphens inside.
_CAPITALISED = re.compile(r"\b[^\W\d_a-z]\w*(?:[-’'.]\w+)*")
_POSSESSIVE = re.compile(r"[’']s?$")


@dataclass(frozen=True, slots=True)
class Facts:
    """What must be found again in a source: comparable numbers, days, names and quotations."""

    numbers: frozenset[str]
    days: frozenset[str]
    names: frozenset[str]
    quotations: tuple[str, ...]


def facts(sentence: str) -> Facts:
    """The facts of one sentence. Names are the capitalised words that are no function words, case folded."""
    return Facts(numbers(sentence), _days(sentence), names(sentence), tuple(_QUOTED.findall(sentence)))


def numbers(sentence: str) -> frozenset[str]:
    """The values of all numbers, in digits or spelled out, as plain decimals: "4.8 billion" is "4800000000"."""
    found = {_value(match["digits"], match["scale"]) for match in _NUMBER.finditer(sentence)}
    return frozenset(found | {_spelled(match[0]) for match in _SPELLED_NUMBER.finditer(sentence.casefold())})


def names(sentence: str) -> frozenset[str]:
    """Capitalised words, possessive endings removed, case folded; the words that may start any sentence left out."""
    found = (_POSSESSIVE.sub("", match[0]).casefold() for match in _CAPITALISED.finditer(sentence))
    return frozenset(name for name in found if name not in STOP_WORDS and name not in _SPELLED and len(name) > 1)


def _days(sentence: str) -> frozenset[str]:
    """Months by number, weekdays, and days named from today."""
    months = (f"month {MONTHS.index(match[0][:3].casefold()) + 1}" for match in _MONTH.finditer(sentence))
    return frozenset([*months, *_folded(WEEKDAY.findall(sentence)), *_folded(_RELATIVE.findall(sentence))])


def _folded(found: Iterable[str]) -> Iterable[str]:
    return (item.casefold() for item in found)


def _value(digits: str, scale: str | None) -> str:
    """A plain decimal: thousands separators out, the scale multiplied in, no trailing zeros."""
    plain = digits.replace(",", "") if _GROUPED.fullmatch(digits) else digits.replace(",", ".")
    if plain.count(".") > 1:
        return plain
    value = Decimal(plain).scaleb(SCALES[scale.casefold()] if scale else 0)
    return f"{value.normalize():f}"


def _spelled(name: str) -> str:
    """The value of a spelled-out number up to ninety-nine."""
    return str(sum(_SPELLED[part] for part in re.split(r"[- ]", name)))
