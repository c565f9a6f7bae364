"""Text is made regular once and for all, and no word is lost on the way."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.normalise import comparable, encodable, tidy, tidy_line, without_dateline

# Pieces that undo one another: damage, joiners, marks that combine once what stood between them is gone.
_PIECES = st.sampled_from(
    [
        "\u200b",
        "\ufe0f",
        "\u200d",
        "😀",
        "👩\u200d💻",
        "é",
        "e",
        "\u0301",
        "Ã",
        "©",
        "\xad",
        "a",
        " ",
        ".",
        "\n",
        "\x85",
        "&amp;",
        "\x1b[31m",
        "ﬁ",
        "\u200e",
        "†",
        "Ü",
        "\x86",
        "—",
        "“",
        "\u2028",
        "\x0b",
        "\r\n",
        "\ufeff",
    ]
)
MESSY = st.lists(_PIECES | st.text(max_size=5), max_size=12).map("".join)
ANY = MESSY | st.text(alphabet=st.characters(exclude_categories=()), max_size=20)
PLAIN_WORDS = st.lists(st.from_regex(r"[a-zà-öø-ÿ]{1,12}", fullmatch=True), min_size=1, max_size=12)
# Accents and quotation marks where writers put them: next to one another they look like a wrong code page.
REAL_WORDS = st.from_regex(r"“?(?:[a-z0-9]|[éü][a-z]){1,8}(?:[’—][a-z]{1,4})?”?", fullmatch=True)
_NEVER = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


@given(ANY)
def test_tidying_a_line_twice_changes_nothing(text: str) -> None:
    """What is compared across nights must not depend on how often it was cleaned."""
    once = tidy_line(text)
    assert tidy_line(once) == once


@given(ANY)
def test_tidying_a_text_twice_changes_nothing(text: str) -> None:
    """The same for whole texts, whose paragraphs must stay apart."""
    once = tidy(text)
    assert tidy(once) == once


@given(ANY)
def test_no_invisible_character_comes_through(text: str) -> None:
    """Hidden characters can smuggle text past a reader; no control, zero-width or direction mark survives."""
    assert not _NEVER.search(tidy(text))
    assert "\n" not in tidy_line(text)


@given(ANY)
def test_no_emoji_comes_through(text: str) -> None:
    """Pictographs are removed with their selectors."""
    assert not [letter for letter in tidy(text) if "\U0001f300" <= letter <= "\U0001faff" or letter in "\ufe0f\u2764"]


@given(ANY)
def test_a_tidy_text_can_be_written(text: str) -> None:
    """Halves of characters are replaced: a text that cannot be encoded would stop the night at the store."""
    assert encodable(tidy(text)) == tidy(text)


@pytest.mark.parametrize("blank", ["", " ", "\n\n\t", "\u200b", "😀", "\x00"])
def test_nothing_stays_nothing(blank: str) -> None:
    """What shows nothing is an empty text."""
    assert tidy(blank) == tidy_line(blank) == ""


@given(st.lists(REAL_WORDS, min_size=1, max_size=12), st.sampled_from([" ", "  ", "\t", "\u00a0", " \u200b", "\u2003"]))
def test_words_stay(words: list[str], space: str) -> None:
    """Tidying changes white space and nothing else in a clean text."""
    assert tidy_line(space.join(words)).split() == words


@given(st.lists(PLAIN_WORDS.map(" ".join), max_size=6))
def test_paragraphs_stay_apart(paragraphs: list[str]) -> None:
    """One paragraph per line, in order, no blank lines between."""
    assert tidy("\n\n \n".join(paragraphs)).count("\n") == max(0, len(paragraphs) - 1)


@pytest.mark.parametrize(
    ("damaged", "clean"),
    [
        ("The councilâ€™s vote", "The council’s vote"),
        ("SÃ£o Paulo", "São Paulo"),
        ("Prices rose 🚀 by 4 %", "Prices rose by 4 %"),
        ("Flags 🇫🇷 gone", "Flags gone"),
        ("co\u00adopera\u200btion", "cooperation"),
        ("He left .", "He left."),
        ("Il dit : « Oui »", "Il dit : « Oui »"),
        ("本当ですか！", "本当ですか！"),
        ("eﬃcient", "efficient"),
        ("e\u200b\u0301", "é"),
        ("safe \u202etxt.exe", "safe txt.exe"),
        ("“Quoted” — as it is", "“Quoted” — as it is"),
        ("AT&amp;T", "AT&amp;T"),
    ],
)
def test_known_damage_is_mended(damaged: str, clean: str) -> None:
    """Cases from real pages, and the typography that must stay."""
    assert tidy_line(damaged) == clean


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("LINDMAR, March 9 (HNA) — Police said", "Police said"),
        ("Paris (VNA) - France", "France"),
        ("LONDON — The", "The"),
        ("PORT ANSEL, Vel. — Police", "Police"),
        ("LINDMAR, North Halvern, Jan. 3 — Police", "Police"),
        ("HNA News — the agency itself — said", "HNA News — the agency itself — said"),
        ("(Harbour Wire) -- Police said", "Police said"),
        ("(The ferry) was late", "(The ferry) was late"),
        ("The council met (again) — and voted.", "The council met (again) — and voted."),
        ("He left - twice.", "He left - twice."),
        ("", ""),
    ],
)
def test_datelines_go_and_sentences_stay(line: str, rest: str) -> None:
    """Place and agency open a wire report; what only looks like it is text."""
    assert without_dateline(line) == rest


def test_a_dateline_opens_any_paragraph() -> None:
    """Reports that were put together have more than one."""
    assert without_dateline("One.\nPARIS — Two.") == "One.\nTwo."


@given(st.text())
def test_comparable_forms_do_not_depend_on_case_or_width(text: str) -> None:
    """Fullwidth letters and capitals compare as what they stand for."""
    assert comparable(unicodedata.normalize("NFKC", text)) == comparable(text)
    assert comparable("ＡＢＣ Straße") == "abc strasse"


def test_half_a_character_is_replaced() -> None:
    """The one thing in a Python string that no file takes."""
    assert encodable("a\ud83db 😀") == "a?b 😀"


def test_a_line_of_capitals_takes_no_time() -> None:
    """Hostile text: a long run of capitals is no dateline, and finding that out is quick."""
    assert without_dateline("A" * 100_000) == "A" * 100_000
    assert without_dateline("A b" * 50_000) == "A b" * 50_000
