"""Times as sources write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.times import UNIVERSAL, Clock

NOW = datetime(2026, 3, 10, 4, tzinfo=UTC)
PARIS = Clock(ZoneInfo("Europe/Paris"), NOW)
_PIECES = st.sampled_from(
    [
        *"2026-03-09 T 10:00 +99:99 -2359 +25:00 Z UTC EST PM a.m. Monday March 9 9999-12-31 0001-01-01".split(),
        "23:59:60",
        "+14:00",
        "-12:00",
        "1e5",
        ".",
        ",",
        ":",
        "09/03/2026",
        "10",
        "GMT+3",
        "24:00",
        "NaN",
        "BRST",
        " ",
        "００",
    ]
)
TIMES = st.lists(_PIECES | st.text(max_size=3), max_size=8).map("".join)


@settings(max_examples=200)
@given(TIMES | st.text())
@pytest.mark.filterwarnings("ignore")
def test_any_text_is_read_or_not(text: str) -> None:
    """Never fails; what is read is aware and can be shown in every zone."""
    for clock in (PARIS, UNIVERSAL):
        found = clock.read(text)
        assert found is None or found.utcoffset() is not None
        for zone in (UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))):
            assert found is None or found.astimezone(zone).timestamp() == found.timestamp()


@given(st.datetimes(datetime(1990, 1, 1), datetime(2026, 3, 9)), st.integers(-12 * 60, 14 * 60))  # noqa: DTZ001 - bounds
def test_iso_times_come_back_as_they_are(moment: datetime, minutes: int) -> None:
    """What article lines hold is exact to the microsecond, offset included."""
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert UNIVERSAL.read(aware.isoformat()) == aware


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-09T20:32:00+01:00",
        "2026-03-09T19:32:00Z",
        "20260309T193200Z",
        "Mon, 09 Mar 2026 20:32:00 +0100",
        "Mon, 9 Mar 2026 19:32 GMT",
        "March 9, 2026 at 8:32 p.m.",
        "March 9, 2026, 8:32 PM",
        "9 March 2026 20:32",
        "09.03.2026 20:32",
        "09/03/2026 20:32",
        "2026-03-09 15:32 EDT",
        "March 9, 2026, 03:32 p.m. ET",
    ],
)
def test_forms_of_one_moment(text: str) -> None:
    """ISO, RFC 822, everyday forms and abbreviated zones; without a zone the clock's own is meant."""
    assert PARIS.read(text) == datetime(2026, 3, 9, 19, 32, tzinfo=UTC)


def test_an_open_date_is_read_so_that_it_is_possible() -> None:
    """ "09/03" before 10 March is 9 March, not 3 September; "03/04/2026" can only have been 4 March.

    Where both can be, the later is meant: news is new.
    """
    assert PARIS.read("09/03/2026") == datetime(2026, 3, 9, tzinfo=PARIS.zone)
    assert PARIS.read("03/04/2026") == datetime(2026, 3, 4, tzinfo=PARIS.zone)
    assert PARIS.read("03/02/2026") == PARIS.read("02/03/2026") == datetime(2026, 3, 2, tzinfo=PARIS.zone)


def test_a_written_month_is_never_swapped() -> None:
    """An ISO date is year, month, day, whatever is likely."""
    assert UNIVERSAL.read("2026-03-09") == datetime(2026, 3, 9, tzinfo=UTC)


def test_the_future_is_unknown() -> None:
    """A wrong clock at the source must not put an article ahead of the night; a day's difference is let pass."""
    assert PARIS.read("2026-06-01") is None
    assert PARIS.read("2026-03-11T00:00:00Z") is not None


@pytest.mark.parametrize(
    "text", ["", "  ", "soon", "5 minutes ago", "0001-01-01T00:00:00", "10:00+99:99", "31/31/2026"]
)
def test_what_is_no_time_is_unknown(text: str) -> None:
    """Also the zero of other programs' clocks, and offsets no place on earth has."""
    assert UNIVERSAL.read(text) is None
    assert PARIS.read(text) is None


@pytest.mark.parametrize("day", [date(2024, 2, 29), date(2031, 12, 31)])
def test_reading_does_not_depend_on_the_machines_day(day: date) -> None:
    """A rerun next year gives the same: what is left open is filled in from the night, or stays unknown."""
    with time_machine.travel(datetime(day.year, day.month, day.day, tzinfo=UTC)):
        assert PARIS.read("March 9, 8:32 p.m.") == datetime(2026, 3, 9, 19, 32, tzinfo=UTC)
        assert PARIS.read("1:15") == datetime(2026, 3, 10, 0, 15, tzinfo=UTC)
        assert UNIVERSAL.read("March 9, 8:32 p.m.") is None
        assert UNIVERSAL.read("8:32 p.m.") is None
