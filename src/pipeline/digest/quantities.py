"""Numbers as news gives them: value, unit, how exact, and the words that stand for them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipeline.text.facts import SCALES, SPELLED, TENS, UNITS

LONGEST_NUMBER = 15
"""Characters of a number in digits; no fact of the news has more."""
_TOKEN = re.compile(r"[0-9]+(?:[.,][0-9]+)*|\w+(?:[-’'.&]\w+)*|[^\w\s]")
_DIGITS = re.compile(r"[0-9]+(?:\.[0-9]+)?|[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_YEAR = re.compile(r"(?:1[5-9]|20)[0-9]{2}")
_HYPHENS = frozenset("-–‑")
_SPELLED = SPELLED | {f"{ten}-{one}": SPELLED[ten] + SPELLED[one] for ten in TENS for one in UNITS[1:10]}
_SCALES = SCALES | {"hundred": 2, "mln": 6, "tn": 12}
NUMBER_WORDS = frozenset({*_SPELLED, *_SCALES})
"""The words of which spelled numbers are made."""
_SHORT_SCALES = ("mln", "mn", "m", "bn", "tn")
_SYMBOLS = {"$": "dollars", "€": "euros", "£": "pounds", "¥": "yen"}
_CURRENCIES = {
    word: name
    for name, group in {
        "dollars": "dollar dollars",
        "euros": "euro euros",
        "pounds": "pound pounds",
        "yen": "yen",
        "yuan": "yuan",
        "rupees": "rupee rupees",
        "roubles": "ruble rubles rouble roubles",
        "crowns": "crown crowns kronor kroner krona krone",
        "francs": "franc francs",
        "pesos": "peso pesos",
        "rand": "rand",
        "shekels": "shekel shekels",
        "lira": "lira",
        "won": "won",
    }.items()
    for word in group.split()
}
MONEY = frozenset(_CURRENCIES.values())
"""Units of money; amounts in different ones are never compared."""
# Each length in metres.
_LENGTHS = {
    "km": Decimal(1000),
    "kilometre": Decimal(1000),
    "kilometer": Decimal(1000),
    "mile": Decimal("1609.344"),
    "metre": Decimal(1),
    "meter": Decimal(1),
    "foot": Decimal("0.3048"),
}
_LENGTHS |= {f"{name}s": size for name, size in _LENGTHS.items()} | {"feet": _LENGTHS["foot"]}
METRES = "metres"
PERCENT = "percent"
_LOWER_BOUNDS = ("at least", "more than", "no fewer than", "no less than", "over", "exceeding", "upwards of")
_UPPER_BOUNDS = (
    "at most",
    "less than",
    "fewer than",
    "as many as",
    "as much as",
    "no more than",
    "under",
    "below",
    "up to",
)
_ABOUT = "about around some nearly almost roughly approximately estimated maybe perhaps".split()
_BOUNDS = {
    tuple(words.split()): kind
    for kind, group in (("low", _LOWER_BOUNDS), ("high", _UPPER_BOUNDS), ("about", [*_ABOUT, "close to", "just over"]))
    for words in group
}
LONGEST_BOUND = 3
"""Words of the longest bound."""
ABOUT_SHARE = Decimal("0.25")
"""How far, in shares of itself, a number called approximate may lie from the truth."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a number in digits or a mark, with where it stands in its sentence; `low` is it in lower case."""

    text: str
    low: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with the range of values it may stand for, its unit and its place among the tokens: first to last + 1.

    `shown` is what a reader sees: the source's wording, small spelled numbers in digits.
    """

    low: Decimal
    high: Decimal
    unit: str
    shown: str
    first: int
    end: int

    @property
    def order(self) -> tuple[Decimal, Decimal]:
        """What makes two quantities of a unit one claim, the lower first."""
        return self.low, self.high

    def contradicts(self, other: object) -> bool:
        """Whether no value fits both: "at least 10" and 7, but not 4.8 and "nearly 5"."""
        if not isinstance(other, Quantity) or self.unit != other.unit:
            return False
        lower, upper = (self, other) if (self.low, self.high) <= (other.low, other.high) else (other, self)
        touching = lower.high == upper.low and lower.low < lower.high and upper.low < upper.high
        return lower.high < upper.low or touching

    @property
    def middle(self) -> Decimal:
        """The number itself, or where its bound is."""
        return self.low if self.high.is_infinite() else self.high if not self.low else (self.low + self.high) / 2


def tokens(sentence: str) -> list[Token]:
    """The words, numbers and marks of a sentence in order."""
    return [Token(match[0], match[0].lower(), match.start(), match.end()) for match in _TOKEN.finditer(sentence)]


def quantities(sentence: str, found: Sequence[Token]) -> Iterator[Quantity]:
    """Every plain quantity of a sentence: no years, ordinals, ranges, scores, times or parts of names."""
    position = 0
    while position < len(found):
        number = number_at(found, position)
        if number is None:
            position += 1
            continue
        value, step, end = number
        if not _in_a_range(found, position, end):
            yield _quantity(sentence, found, position, end, value, step)
        position = end


def number_at(found: Sequence[Token], position: int) -> tuple[Decimal, Decimal, int] | None:
    """The number that starts at a token: its value, the step it is rounded to, and the token after it."""
    token = found[position]
    value = _in_digits(found, position)
    if value is None:
        value = _spelled(found, position)
    if value is None:
        return None
    step = Decimal(1).scaleb(_exponent(value)) if token.text[0].isdigit() else Decimal(1)
    end = position + 1
    while end < len(found) and (scale := _scale(found, end)):
        # "$5-billion": the mark between belongs to the number.
        power, after = scale
        value, step, end = value.scaleb(power), step.scaleb(power), after
    # A round number of hundreds or more may be rounded: 1,200 stands for what is nearest to it.
    if value >= 100 and value == value.to_integral_value():
        step = max(step, Decimal(1).scaleb(_trailing_zeros(value)))
    return value, step, end


def _in_digits(found: Sequence[Token], position: int) -> Decimal | None:
    """The value of a token of digits that is not part of a larger thing: a time, a year, an ordinal, a name."""
    token = found[position]
    zero_first = token.text[0] == "0" and token.text[1:2].isdigit()
    if len(token.text) > LONGEST_NUMBER or zero_first or not _DIGITS.fullmatch(token.text):
        return None
    before = found[position - 1] if position else None
    after = found[position + 1] if position + 1 < len(found) else None
    if before and before.end == token.start and before.text not in {*_SYMBOLS, "(", "“", '"', "‘", "'", "~", "—", "["}:
        return None
    if after and after.start == token.end:
        if after.text[0].isalpha() and after.low not in _SHORT_SCALES and after.low not in _LENGTHS:
            return None
        if after.text in ":/":
            return None
    money = before is not None and before.text in _SYMBOLS
    if _YEAR.fullmatch(token.text) and not money and not (after and _scale(found, position + 1)):
        return None
    return Decimal(token.text.replace(",", ""))


def _spelled(found: Sequence[Token], position: int) -> Decimal | None:
    """The value of a number in words that starts here: "fourteen", "a dozen" and "a hundred" are none."""
    value = _SPELLED.get(found[position].low)
    return None if value is None else Decimal(value)


def _scale(found: Sequence[Token], position: int) -> tuple[int, int] | None:
    """The power of ten that a token multiplies a number by, and the token after it."""
    if found[position].text in _HYPHENS and position + 1 < len(found):
        position += 1
    power = _SCALES.get(found[position].low)
    return None if power is None else (power, position + 1)


def _exponent(value: Decimal) -> int:
    """The power of ten of the last digit after the point: 4.8 has -1."""
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _trailing_zeros(value: Decimal) -> int:
    """How many zeros a whole number ends in."""
    digits = str(int(value))
    return len(digits) - len(digits.rstrip("0"))


def _in_a_range(found: Sequence[Token], first: int, end: int) -> bool:
    """Whether the number is an end of a range, a part of a score, or changes into another: "3 to 5", "52-48"."""
    links = {*_HYPHENS, "to", "or", "and", "out", "of", "in", "—"}
    after = first > 1 and found[first - 1].low in {*links, "every"} and _is_number(found[first - 2])
    after = after or (first > 0 and found[first - 1].low == "every")
    before = end + 1 < len(found) and found[end].low in links - {"of"} and _is_number(found[end + 1])
    return after or before


def _is_number(token: Token) -> bool:
    """Whether a token stands for a number, in digits or in words."""
    return token.text[0] in "0123456789" or token.text in _SYMBOLS or token.low in _SPELLED or token.low in _SCALES


def _quantity(
    sentence: str, found: Sequence[Token], position: int, end: int, value: Decimal, step: Decimal
) -> Quantity:
    """The quantity with its currency, unit and bound."""
    first, unit, factor = position, "", Decimal(1)
    if position and found[position - 1].text in _SYMBOLS:
        first, unit = position - 1, _SYMBOLS[found[position - 1].text]
        if first and found[first - 1].end == found[first].start and found[first - 1].text.isalpha():
            # "A$", "HK$", "US$": another dollar is another unit.
            first -= 1
            unit = unit if found[first].text == "US" else f"{found[first].text} {unit}"
    else:
        unit, factor, end = _unit(found, end)
    bound, start = _bound(found, first)
    # What is measured may be rounded to whole numbers, what is counted is not.
    exact = not unit and step == 1
    low, high = _interval(value * factor, Decimal(0) if exact else step * factor / 2, bound)
    shown = sentence[found[start].start : found[end - 1].end]
    if not found[position].text[0].isdigit() and end == position + 1:
        shown = f"{sentence[found[start].start : found[position].start]}{value}"
    if start < first:
        # A bound may begin the sentence: "At least 12".
        shown = shown[0].lower() + shown[1:]
    return Quantity(low, high, unit, " ".join(shown.split()), start, end)


def _unit(found: Sequence[Token], end: int) -> tuple[str, Decimal, int]:
    """The unit that follows a number, its size in the unit compared in, and the token after it."""
    here = found[end].low if end < len(found) else ""
    following = found[end + 1].low if end + 1 < len(found) else ""
    one = Decimal(1)
    if here == "%" or here == "percent":
        return (PERCENT, one, end + 1) if following not in ("point", "points") else ("points", one, end + 2)
    if (here, following) == ("per", "cent"):
        return PERCENT, one, end + 2
    if here == "percentage" and following in ("point", "points"):
        return "points", one, end + 2
    if here in _CURRENCIES:
        return _CURRENCIES[here], one, end + 1
    if here in _LENGTHS:
        return METRES, _LENGTHS[here], end + 1
    return "", one, end


def _bound(found: Sequence[Token], first: int) -> tuple[str, int]:
    """What the words before a number make of it, and the token where they start."""
    words = tuple(token.low for token in found[max(0, first - LONGEST_BOUND) : first])
    for start in range(len(words)):
        if words[start:] in _BOUNDS:
            return _BOUNDS[words[start:]], first - len(words) + start
    return "", first


def _interval(value: Decimal, slack: Decimal, bound: str) -> tuple[Decimal, Decimal]:
    """The values a number may stand for that is at most `slack` from what was rounded."""
    if bound == "about":
        slack = max(slack, value * ABOUT_SHARE)
    low = Decimal(0) if bound == "high" else value - slack
    high = Decimal("Infinity") if bound == "low" else value + slack
    return low, high
