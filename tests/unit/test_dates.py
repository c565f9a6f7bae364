"""Calendar days named in news text."""

from __future__ import annotations

import calendar
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.dates import DAYS_IN_YEAR, named_days


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("on October 7", (280,)),
        ("7 Oct. 2024", (280,)),
        ("Oct 7, 2024", (280,)),
        ("the 7th of October", (280,)),
        ("Jan. 1 and December 31", (1, 365)),
        ("March 9 ... 9 March", (68,)),
        ("in October 2024", ()),
        ("He may march", ()),
        ("Sept. 3", (246,)),
        ("April 99", ()),
        ("", ()),
    ],
)
def test_days_in_news(text: str, days: tuple[int, ...]) -> None:
    """Every way of writing a day gives the same day, and a month or year alone gives none."""
    assert named_days(text) == days


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 28), st.booleans())
def test_any_day_is_its_day_of_the_year(month: int, day: int, american: bool) -> None:
    """Whatever the order of day and month."""
    name = calendar.month_name[month]
    expected = date(2025, month, day).timetuple().tm_yday
    assert named_days(f"on {name} {day}" if american else f"on {day} {name}") == (expected,)


@settings(deadline=None)
@given(st.text() | st.text(alphabet="0123456789 .MarchOctMay"))
def test_any_text_has_days(text: str) -> None:
    """Never fails, and names no day outside the year."""
    assert all(1 <= day <= DAYS_IN_YEAR for day in named_days(text))
