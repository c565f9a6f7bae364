"""The facts a sentence states compare by value, however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.facts import facts, names, numbers

SCALES = {"thousand": 10**3, "million": 10**6, "mn": 10**6, "billion": 10**9, "bn": 10**9, "trillion": 10**12}
_PIECES = st.sampled_from(
    [
        *"4 5,000 . 1,234 mıllion mİllion thouſand K bn ٣ ² ½ twenty-one 9999999 e5 - $ % (7) 70th 3.4.5".split(),
        " ",
        "9" * 60,
        "0" * 40 + "1",
        "“",
        "”",
        "May",
        "O’Neil’s",
    ]
)


@given(st.text() | st.lists(_PIECES | st.text(max_size=3), max_size=10).map("".join))
def test_any_text_has_facts(text: str) -> None:
    """The checker reads whatever stands in an article; it must never fail."""
    found = facts(text)
    assert all(found.numbers)
    assert all(found.names)


@pytest.mark.parametrize("text", ["4.8 billion", "4,800,000,000", "4800000000", "$4.8bn", "€4.8 BN", "4,8 billion"])
def test_formats_of_one_value_agree(text: str) -> None:
    """A digest may write a sum in another form than its source."""
    assert numbers(f"It cost {text} in all") == {"4800000000"}


@given(st.integers(0, 999_999), st.sampled_from(sorted(SCALES)))
def test_a_scale_multiplies(value: int, scale: str) -> None:
    """A number with its scale, with separators, and in full are one value."""
    full = value * SCALES[scale]
    assert numbers(f"{value} {scale}") == numbers(f"{full:,}") == numbers(str(full)) == {str(full)}


@given(st.decimals(min_value=0, max_value=10**6, places=2, allow_nan=False, allow_infinity=False))
def test_trailing_zeros_do_not_matter(value: object) -> None:
    """ "3.50" and "3.5" are one price."""
    assert numbers(f"{value}0") == numbers(f"{value}")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Twenty-one people and 3 dogs", {"21", "3"}),
        ("a dozen boats", {"12"}),
        ("the 70th birthday", {"70"}),
        ("from 7-11 November", {"7", "11"}),
        ("no numbers, someone said often", set()),
        ("up 4.2% to €1.14bn", {"4.2", "1140000000"}),
        ("Version 3.4.5", {"3.4.5"}),
        ("It weighs (9) tonnes", {"9"}),
        ("4 mıllion", {"4"}),
    ],
)
def test_numbers_in_news(text: str, found: set[str]) -> None:
    """Digits, words, ordinals, percentages and ranges."""
    assert numbers(text) == found


def test_names_are_what_is_capitalised() -> None:
    """Names without possessive endings, no function word at the start of a sentence, no spelled-out number."""
    assert names("The council’s Anna O’Neil met Two men of NATO's staff at McDonald's") == {
        "anna",
        "o’neil",
        "nato",
        "mcdonald",
    }


def test_days_are_months_weekdays_and_days_from_today() -> None:
    """A changed month or weekday is a changed fact."""
    assert facts("On Friday, Nov. 7, not last week or in June").days == {
        "friday",
        "month 11",
        "last week",
        "month 6",
    }


def test_a_verb_is_no_month() -> None:
    """ "He may" names no month; "May 5" does."""
    assert not facts("He may march").days
    assert facts("on May 5").days == {"month 5"}


def test_quotations_are_kept_as_they_are() -> None:
    """Quoted words must be found again literally."""
    assert facts('He said “no more” and "never".').quotations == ("no more", "never")
