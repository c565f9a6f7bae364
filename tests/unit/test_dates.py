"""The names of months in news text."""

from __future__ import annotations

import calendar
import re

import pytest

from pipeline.text.dates import MONTH_NAME, MONTHS


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_is_known_in_full_and_abbreviated(month: int) -> None:
    """A month's number is the same however its name is written."""
    for name in (calendar.month_name[month], calendar.month_abbr[month]):
        found = re.search(MONTH_NAME, f"on 7 {name} 2024")
        assert found is not None
        assert MONTHS.index(found[0][:3].casefold()) + 1 == month


def test_a_verb_is_no_month() -> None:
    """Small letters are words, not months."""
    assert not re.search(MONTH_NAME, "they may march in the sun")
