"""What a sentence claims: a value, what it is the value of, and the words it stands among."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from typing import Any, Protocol

from pipeline.digest.quantities import METRES, MONEY, NUMBER_WORDS, PERCENT, Quantity, Token, quantities, tokens
from pipeline.text.dates import MONTH_NAME, WEEKDAY
from pipeline.text.words import STOP_WORDS, stem

LONGEST_SENTENCE = 600
"""Characters of a sentence that are looked at; what is longer is a list or worse."""
MOST_NUMBERS = 12
"""Numbers of a sentence that are looked at."""
_NEAR_BEFORE, _NEAR_AFTER = 6, 8
_GROUPS = {
    "killed": "killed dead died killing kills kill deaths",
    "injured": "injured hurt wounded injuring wounding injuries",
    "arrested": "arrested detained arresting",
    "missing": "missing",
    "evacuated": "evacuated evacuating",
}
_DONE = {word: name for name, group in _GROUPS.items() for word in group.split()}
_DEATH_TOLL = re.compile(r"\bdeath toll(?: \w+){0,2} (?:to|at|of|is|was)$")
_ANYONE = frozenset("people persons person passengers passenger residents workers others victims".split())
_AUXILIARIES = frozenset("were was are is have had has been being be reported confirmed left".split())
_IRREGULAR = frozenset("people men women children police troops personnel cattle sheep fish aircraft".split())
# Measures of time, things counted everywhere, what players are measured by: every text tells its own.
_NOT_COUNTED = frozenset(
    """seconds minutes hours days weeks months years decades centuries times others things ways reasons questions us
    was is has does his this its as thus quarters thirds halves ones points ages less yes plus news series lots inches
    degrees pages yards points touchdowns passes rebounds assists catches carries games seasons""".split()
)
_FURTHER = frozenset("other another more additional further remaining extra new".split())
OTHER_TIMES = re.compile(
    r"\b(?:initially|originally|previously|earlier|formerly|within|another|predict\w*|project(?:ed|s|ion)|forecast\w*)\b",
    re.IGNORECASE,
)
"""What was or will be is not what another source says is."""
# Some count those who did it, others do not, and both are right.
_WITH_CULPRITS = re.compile(
    r"\binclud\w+ (?:[\w-]+ ){0,5}(?:gunm[ae]n|shooters?|attackers?|bombers?|assailants?|suspects?|drivers?|pilots?"
    r"|himself|herself|themselves)\b",
    re.IGNORECASE,
)
_RATE = re.compile(
    r"\b(?:(?:an?|per|each|every) (?:day|week|month|year|hour)|daily|weekly|monthly|annual(?:ly)?|average[ds]?)\b",
    re.IGNORECASE,
)
_DATE = re.compile(rf"\b(?:{MONTH_NAME}|(?:1[89]|20)[0-9]{{2}}\b)")


class Value(Protocol):
    """What sources may give differently."""

    @property
    def shown(self) -> str:
        """The value as a reader sees it."""

    @property
    def order(self) -> tuple[Any, ...]:
        """What makes two values of a key the same claim, and where the value stands among others."""

    def contradicts(self, other: object) -> bool:
        """Whether both cannot be true of the same thing."""


@dataclass(frozen=True, slots=True)
class When:
    """The weekdays, the months and years, and the rates ("a day") that a sentence names."""

    weekdays: frozenset[str]
    dates: frozenset[str]
    rates: frozenset[str]

    def fits(self, other: "When") -> bool:
        """Whether two sentences may tell of the same time."""
        apart = self.weekdays and other.weekdays and not self.weekdays & other.weekdays
        return not apart and self.dates == other.dates and bool(self.rates) == bool(other.rates)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A value that a sentence gives, what of, and the words it stands among.

    Only claims of one `key` are compared. `near` are the stems around the value, `context` those of the sentence,
    `names` its capitalised words; the words of the claim itself are in none. `beside` are the other numbers of its unit
    there. `needs` is how many stems near the value two claims must share to be of one fact. `familiar` are the names
    of the whole text.
    """

    key: tuple[str, ...]
    about: str
    value: Value
    near: frozenset[str]
    context: frozenset[str]
    names: frozenset[str]
    when: When
    beside: tuple[Decimal, ...]
    needs: int
    familiar: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Around:
    """A sentence with its tokens, what they are compared by, and the time it tells of."""

    text: str
    tokens: tuple[Token, ...]
    stems: tuple[str, ...]
    names: frozenset[str]
    when: When
    numbers: tuple[Quantity, ...]

    def near(self, first: int, end: int) -> frozenset[str]:
        """Stems of the words around a stretch of tokens."""
        return frozenset(filter(None, self.stems[max(0, first - _NEAR_BEFORE) : end + _NEAR_AFTER]))

    def claim(self, about: "About", value: Value, needs: int = 2) -> Claimed:
        """A claim of this sentence."""
        own = {*about.key, *self.stems[about.first : about.end]}
        context = frozenset(filter(None, self.stems)) - own
        near = self.near(about.first, about.end) - own
        beside: tuple[Decimal, ...] = ()
        if isinstance(value, Quantity):
            others = (number for number in self.numbers if number.first != value.first)
            beside = tuple(number.middle for number in others if number.unit == value.unit)
        return Claimed(about.key, about.wording, value, near, context, self.names - own, self.when, beside, needs)


@dataclass(frozen=True, slots=True)
class About:
    """What a value is the value of: its key, its wording, and the stretch of tokens that says so."""

    key: tuple[str, ...]
    wording: str
    first: int
    end: int


def read(sentence: str) -> Around:
    """A sentence made ready for looking at its claims."""
    text = sentence if len(sentence) <= LONGEST_SENTENCE else sentence[:LONGEST_SENTENCE].rpartition(" ")[0]
    found = tuple(tokens(text))
    stems = tuple(_content(token) for token in found)
    names = frozenset(
        stemmed for token, stemmed in zip(found[1:], stems[1:], strict=True) if stemmed and token.text[0].isupper()
    )
    when = When(
        frozenset(WEEKDAY.findall(text)),
        frozenset(date[:3] if date[0].isalpha() else date for date in _DATE.findall(text)),
        frozenset(_RATE.findall(text)),
    )
    return Around(text, found, stems, names, when, tuple(islice(quantities(text, found), MOST_NUMBERS)))


def without_possessive(word: str) -> str:
    """The word without "’s"."""
    return word.removesuffix("’s").removesuffix("'s")


def _content(token: Token) -> str:
    """The stem of a word that carries meaning, else "": numbers are compared as values, not as words."""
    word = without_possessive(token.low)
    meaning = len(word) > 1 and word[0].isalpha() and word not in STOP_WORDS and word not in NUMBER_WORDS
    return stem(word) if meaning else ""


def numbers_claimed(around: Around) -> Iterator[Claimed]:
    """What the sentence claims in numbers."""
    if OTHER_TIMES.search(around.text):
        return
    for quantity in around.numbers:
        if quantity.unit in MONEY or quantity.unit.split(" ")[-1] in MONEY:
            yield from _governed(around, quantity, "amount")
        elif quantity.unit == PERCENT:
            yield from _governed(around, quantity, "percentage")
        elif quantity.unit == METRES:
            yield from _governed(around, quantity, "distance")
        elif quantity.unit == "":
            yield from _magnitude(around, quantity)
            casualties = list(_casualties(around, quantity))
            yield from casualties or _counted(around, quantity)


def _governed(around: Around, quantity: Quantity, what: str) -> Iterator[Claimed]:
    """An amount by the noun after it or the noun or verb before it."""
    head, end = _noun_after(around, quantity.end)
    if head:
        phrase = " ".join(token.text for token in around.tokens[quantity.end : end])
        yield around.claim(
            About((what, quantity.unit, stem(head)), f"{what} ({phrase})", quantity.first, end), quantity
        )
    before = _governor(around, quantity.first)
    if before is not None:
        key = (what, quantity.unit, around.stems[before])
        wording = f"{what} ({around.tokens[before].text})"
        yield around.claim(About(key, wording, before, quantity.end), quantity)


def _governor(around: Around, first: int) -> int | None:
    """The last word that carries meaning before a number, within three tokens."""
    for position in range(first - 1, max(-1, first - 4), -1):
        if around.stems[position]:
            return position
        if not around.tokens[position].text[0].isalpha():
            return None
    return None


def _noun_after(around: Around, end: int) -> tuple[str, int]:
    """The last of the words that follow directly, with its end: "5 billion relief package" has "package"."""
    last = end
    while last < min(len(around.tokens), end + 4) and around.stems[last]:
        last += 1
    return ("", end) if last == end else (around.tokens[last - 1].low, last)


def _magnitude(around: Around, quantity: Quantity) -> Iterator[Claimed]:
    """How strong an earthquake was."""
    words = [token.low for token in around.tokens[max(0, quantity.first - 3) : quantity.end + 3]]
    if "magnitude" in words and quantity.high < 11:
        # A magnitude is measured, so a whole one may be rounded.
        slack = Decimal("0.5") if quantity.low == quantity.high else Decimal(0)
        measured = replace(quantity, low=quantity.low - slack, high=quantity.high + slack)
        yield around.claim(About(("magnitude",), "magnitude", quantity.first, quantity.end), measured, 0)


def _casualties(around: Around, quantity: Quantity) -> Iterator[Claimed]:
    """People killed, hurt and the like: "14 people were injured", "17 hurt", "injuring 14 people", "killed three"."""
    if _WITH_CULPRITS.search(around.text):
        return
    found, end = around.tokens, quantity.end
    last = end
    while last < min(len(found), end + 4) and found[last].low in _ANYONE | _AUXILIARIES:
        last += 1
    if last < len(found) and found[last].low in _DONE and not _hyphened(found, end):
        done = _DONE[found[last].low]
        yield around.claim(About(("people", done), f"people {done}", quantity.first, last + 1), quantity, 0)
        return
    words_before = [token.low for token in found[max(0, quantity.first - 5) : quantity.first]]
    if _DEATH_TOLL.search(" ".join(words_before)):
        yield around.claim(About(("people", "killed"), "people killed", quantity.first, end), quantity, 0)
        return
    before = words_before[-1] if words_before else ""
    closed = end == len(found) or found[end].text in ",.;" or found[end].low in _ANYONE
    if before in _DONE and closed:
        done = _DONE[before]
        yield around.claim(About(("people", done), f"people {done}", quantity.first - 1, end), quantity, 0)


def _hyphened(found: Sequence[Token], end: int) -> bool:
    """Whether the token is glued to the one before: "34-year-old"."""
    return 0 < end < len(found) and found[end].start == found[end - 1].end


def _counted(around: Around, quantity: Quantity) -> Iterator[Claimed]:
    """Things by their noun: the first plural among the next words."""
    found, end = around.tokens, quantity.end
    if (quantity.low < 2 and quantity.high < 2) or _hyphened(found, end):
        return
    for position in range(end, min(len(found), end + 4)):
        token = found[position]
        if (not around.stems[position] and token.low != "people") or token.low in _FURTHER:
            return
        if _plural(token.low):
            if token.low in _NOT_COUNTED or (token.low in _ANYONE and _said_done(found, position + 1)):
                return
            phrase = " ".join(item.text for item in found[end : position + 1])
            key = ("number", stem(token.low), *sorted(around.stems[end:position]))
            yield around.claim(About(key, f"number of {phrase}", quantity.first, position + 1), quantity)
            return


def _said_done(found: Sequence[Token], position: int) -> bool:
    """Whether what follows makes the people before it casualties, which have a key of their own."""
    words = [token.low for token in found[position : position + 3]]
    return any(word in _DONE for word in words)


def _plural(word: str) -> bool:
    """Whether a word looks like the plural of a noun."""
    return word in _IRREGULAR or (len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "’s", "'s", "us")))
