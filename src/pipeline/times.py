"""Times as sources write them, read into aware datetimes."""

import re
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, tzinfo

from dateutil import parser, tz

# "09/03/2026": which of the two is the month, the source does not say.
_OPEN_ORDER = re.compile(r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{4}\b")
# "9:48 p.m.": the library wants it without full stops.
_HALF_OF_DAY = re.compile(r"\b([ap])\.m\b\.?", re.IGNORECASE)
_TOO_FAR_AHEAD = timedelta(days=2)
# Abbreviations news uses; anything else that is no offset is read on the clock's own zone.
_ZONES = {
    "ET": tz.gettz("America/New_York"),
    "EST": tz.gettz("America/New_York"),
    "EDT": tz.gettz("America/New_York"),
    "CT": tz.gettz("America/Chicago"),
    "PT": tz.gettz("America/Los_Angeles"),
    "PST": tz.gettz("America/Los_Angeles"),
    "PDT": tz.gettz("America/Los_Angeles"),
    "BST": tz.gettz("Europe/London"),
    "CET": tz.gettz("Europe/Paris"),
    "CEST": tz.gettz("Europe/Paris"),
    "GMT": UTC,
    "UTC": UTC,
}


@dataclass(frozen=True, slots=True)
class Clock:
    """Reads times. `zone` is meant where none is named; `now`, aware, tells which reading of an open date is likely.

    `now` also fills in what a time leaves open, such as the year; without it, a time that names no year is unknown.
    """

    zone: tzinfo = UTC
    now: datetime | None = None

    def read(self, text: str) -> datetime | None:
        """An aware time from ISO 8601, RFC 822 or everyday forms; None when it cannot be told or is in the future."""
        readings = [found for found in (self._read(text, day_first) for day_first in (True, False)) if found]
        if not readings:
            return None
        if not _OPEN_ORDER.search(text):
            readings = readings[-1:]
        if self.now is None:
            return readings[0]
        possible = [found for found in readings if found <= self.now + _TOO_FAR_AHEAD]
        return max(possible, default=None)

    def _read(self, text: str, day_first: bool) -> datetime | None:
        """One reading of the text."""
        if not text.strip():
            return None
        try:
            plain = _HALF_OF_DAY.sub(r"\1m", text)
            found: datetime = parser.parse(plain, dayfirst=day_first, tzinfos=_ZONES, default=self._today())
            aware = found if found.tzinfo else found.replace(tzinfo=self.zone)
            aware.utcoffset()  # raises ValueError when the source names an impossible one
        except (ValueError, OverflowError, TypeError):
            return None
        return aware if MINYEAR < aware.year < MAXYEAR else None

    def _today(self) -> datetime:
        """What stands in for the parts a time does not name."""
        if self.now is None:
            return datetime(MINYEAR, 1, 1)  # noqa: DTZ001 - the parser wants it without a zone
        return self.now.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


UNIVERSAL = Clock()
"""A clock that reads everything on UTC and knows no present."""
