"""The words the forms are made of."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipeline.forms.words import clean, clip, clock, counted, language_tag, listed, safe_url

ZONE = ZoneInfo("Europe/Paris")
CUTOFF = datetime(2026, 3, 10, 4, 30, tzinfo=UTC)


def test_address_is_made_safe() -> None:
    """Spaces, quotes and angle brackets in an address cannot leave its attribute or break its line."""
    assert safe_url(" https://x.example/a b\"c'<d>?q=é&r=1 ") == "https://x.example/a%20b%22c%27%3Cd%3E?q=é&r=1"
    assert safe_url("https://[bad") == ""


def test_times_are_local_and_unambiguous() -> None:
    """A bare time lies in the day before the cut-off; an older one carries its date."""
    assert clock(CUTOFF - timedelta(hours=12), CUTOFF, ZONE) == "17:30"
    assert clock(CUTOFF - timedelta(days=3), CUTOFF, ZONE) == "05:30 on 7 March"
    assert clock(CUTOFF - timedelta(days=365), CUTOFF, ZONE) == "05:30 on 10 March 2025"


def test_joiners_survive_where_a_script_needs_them() -> None:
    """Persian and emoji keep their joiners; between Latin letters they only hide something."""
    assert clean("می\u200cخواهم") == "می\u200cخواهم"
    assert clean("👩\u200d🚀") == "👩\u200d🚀"
    assert clean("pa\u200dyp\u200c\u200cal\u200d") == "paypal"


def test_time_at_the_edge_of_the_calendar_is_shown() -> None:
    """A source that dates its article to the year 1 does not stop the edition."""
    assert clock(datetime.min.replace(tzinfo=UTC), CUTOFF, ZoneInfo("America/New_York")) == "00:00 on 1 January 1"


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 9, "one two…"),
        ("one two, three", 10, "one two…"),
        ("a" * 20, 8, "aaaaaaa…"),
        ("on " + "a" * 20, 10, "on aaaaaa…"),
    ],
)
def test_clip_prefers_word_boundaries(text: str, limit: int, cut: str) -> None:
    """A cut text ends with a whole word, unless that would leave next to nothing."""
    assert clip(text, limit) == cut


def test_words_for_numbers_and_lists() -> None:
    """Counts and lists read as English."""
    assert counted(1, "copy", "copies") == "1 copy"
    assert counted(1200, "copy", "copies") == "1,200 copies"
    assert listed(["a", "b", "c"]) == "a, b and c"


@pytest.mark.parametrize(("lang", "tag"), [("fr", "fr"), ("pt_BR", "pt-BR"), ("en-GB", ""), ('"><b>', ""), ("", "")])
def test_language_tag_is_a_tag_or_nothing(lang: str, tag: str) -> None:
    """What a feed calls a language reaches an attribute only as a well-formed tag."""
    assert language_tag(lang) == tag
