"""On which day something happens or happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from pipeline.digest.claims import OTHER_TIMES, About, Around, Claimed
from pipeline.digest.quantities import Token
from pipeline.text.dates import MONTHS
from pipeline.text.words import stem

SAME_NIGHT = timedelta(days=3)
"""How far apart two articles may be published for their weekdays to be of one week."""
FARTHEST_EVENT = 6
"""Tokens between a day and the event it is the day of."""
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_RELATIVE = {"yesterday": -1, "today": 0, "tomorrow": 1}
# What is done on one day; of what is said or shown there are many.
_EVENTS = frozenset(
    stem(word)
    for word in """vote referendum election poll hearing trial sentenced sentencing begin begins starts start opens open
    opening launch launched summit place held scheduled planned due set funeral buried wedding strike walk walkout
    expires deadline die died born crashed happened occurred struck arrested released married inaugurated sworn
    inauguration final match ceremony verdict meeting""".split()
)
_OTHER_CLAUSE = frozenset("said says say told tells announced and but that who which when while if".split())
# At the edge of a day one place's Monday is another's Tuesday.
_EDGE = frozenset("night late early overnight midnight evening morning until by before after since through to".split())


@dataclass(frozen=True, slots=True)
class Day:
    """A day by its weekday (Monday is 0), by its month and day, or both; `seen` is when the article was published.

    A day that the article calls "yesterday" may be one off: its writer's day is not known to be its publisher's.
    """

    weekday: int | None
    month_day: tuple[int, int] | None
    seen: date | None
    relative: bool
    shown: str

    @property
    def order(self) -> tuple[int, int, int]:
        """What makes two days one claim."""
        month, day = self.month_day or (0, 0)
        return month, day, -1 if self.weekday is None else self.weekday

    def contradicts(self, other: object) -> bool:
        """Whether the days differ for sure."""
        if not isinstance(other, Day):
            return False
        if self.month_day and other.month_day and not (self.relative or other.relative):
            return self.month_day != other.month_day
        if self.weekday is None or other.weekday is None:
            return False
        if self.seen and other.seen and abs(self.seen - other.seen) > SAME_NIGHT:
            return False
        apart = min((self.weekday - other.weekday) % 7, (other.weekday - self.weekday) % 7)
        return apart > (1 if self.relative or other.relative else 0)


def days_claimed(around: Around, published: date | None) -> Iterator[Claimed]:
    """The day that a sentence gives for an event; of a sentence with two, each may be the day of either event."""
    found = list(_days(around.tokens, published))
    if len(found) != 1 or OTHER_TIMES.search(around.text):
        return
    day, first, end = found[0]
    event = _event(around, first)
    if event is not None and not _at_an_edge(around.tokens, first, end):
        wording = f"date ({around.tokens[event].text})"
        yield around.claim(About(("day", around.stems[event]), wording, event, end), day)


def _days(found: tuple[Token, ...], published: date | None) -> Iterator[tuple[Day, int, int]]:
    """The days among the tokens, each with its first token and the one after it."""
    position = 0
    while position < len(found):
        day, end = _day_at(found, position, published)
        if day:
            yield day, position, end
        position = max(end, position + 1)


def _day_at(found: tuple[Token, ...], position: int, published: date | None) -> tuple[Day | None, int]:
    """The day that starts at a token, and the token after it."""
    word = found[position]
    if word.text[0].isupper() and word.low in _WEEKDAYS:
        after = position + 1
        if after < len(found) and found[after].text == ",":
            after += 1
        dated, end = _dated(found, after, published)
        weekday = _WEEKDAYS.index(word.low)
        if dated:
            return Day(weekday, dated.month_day, published, False, f"{word.text}, {dated.shown}"), end
        return Day(weekday, None, published, False, word.text), position + 1
    if word.low in _RELATIVE and published:
        day = published + timedelta(days=_RELATIVE[word.low])
        return Day(day.weekday(), (day.month, day.day), published, True, day.strftime("%A")), position + 1
    return _dated(found, position, published)


def _dated(found: tuple[Token, ...], position: int, published: date | None) -> tuple[Day | None, int]:
    """A day by month and number that starts at a token: "4 May", "May 4"."""
    if position + 1 >= len(found):
        return None, position + 1
    here, following = found[position], found[position + 1]
    month, number = (_month(here), following) if _month(here) else (_month(following), here)
    end = position + 2
    if month and number is following and following.text == "." and end < len(found):
        number, end = found[end], end + 1
    if not month or not (number.text.isascii() and number.text.isdigit() and 1 <= int(number.text[:3]) <= 31):
        return None, position + 1
    shown = f"{here.text}{'.' if end > position + 2 else ''} {found[end - 1].text}"
    return Day(_weekday(month, int(number.text), published), (month, int(number.text)), published, False, shown), end


def _month(token: Token) -> int | None:
    """The number of a month by its name, in full or short."""
    if not token.text[0].isupper() or len(token.text) > 9 or token.low[:3] not in MONTHS:
        return None
    full = date(2000, MONTHS.index(token.low[:3]) + 1, 1).strftime("%B").lower()
    return MONTHS.index(token.low[:3]) + 1 if full.startswith(token.low) or token.low == "sept" else None


def _weekday(month: int, day: int, published: date | None) -> int | None:
    """The weekday of a day within half a year of the article."""
    if published is None:
        return None
    years = (published.year - 1, published.year, published.year + 1)
    try:
        near = [date(year, month, day) for year in years]
    except ValueError:
        return None
    return min(near, key=lambda item: abs(item - published)).weekday()


def _at_an_edge(found: tuple[Token, ...], first: int, end: int) -> bool:
    """Whether the words around a day make it a limit or the edge of a day."""
    around = (*found[max(0, first - 2) : first], *found[end : end + 2])
    return any(token.low in _EDGE for token in around)


def _event(around: Around, first: int) -> int | None:
    """The event a day belongs to: the last word before it that names one, in the same clause."""
    for position in range(first - 1, max(-1, first - 1 - FARTHEST_EVENT), -1):
        if around.stems[position] in _EVENTS:
            return position
        token = around.tokens[position]
        if not token.text[0].isalnum() or token.low in _OTHER_CLAUSE:
            return None
    return None
