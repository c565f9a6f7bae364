"""Sentences are cut where they end, and nothing falls out between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.sentences import sentences

_PIECES = st.sampled_from(
    [
        "Mr. ",
        "Lt. Gen. Kovel ",
        "at 5:38 p.m. ",
        "ET ",
        "The bank said. ",
        "“No.” ",
        "He left! ",
        "... ",
        "U.S. ",
        "\n",
        "vs. ",
        "No. 7 ",
        "Why? ",
        "3.5 ",
        "end.Next ",
        "(See below.) ",
        "日本語。",
        "?!",
        "\u2028",
        "\x85",
        "e.g. ",
    ]
)
PROSE = st.lists(_PIECES | st.text(max_size=6), max_size=12).map("".join)


def squeezed(text: str) -> str:
    """The text without its white space."""
    return "".join(text.split())


@given(PROSE, st.sampled_from(["en", "fr", "de", "ja", "", "zz"]))
def test_no_character_is_lost(text: str, lang: str) -> None:
    """A digest sentence is traced to a source sentence: all text must be in one."""
    assert squeezed("".join(sentences(text, lang))) == squeezed(text)


@given(PROSE)
def test_no_sentence_crosses_a_paragraph(text: str) -> None:
    """A heading does not run into the paragraph below it: cutting paragraph by paragraph gives the same."""
    assert sentences(text) == [one for paragraph in text.splitlines() for one in sentences(paragraph)]


@given(PROSE)
def test_sentences_are_stripped_and_never_empty(text: str) -> None:
    """Whoever counts sentences counts sentences."""
    assert all(one and one == one.strip() for one in sentences(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lt. Gen. Kovel spoke. He left.", ["Lt. Gen. Kovel spoke.", "He left."]),
        ("Then Lieut. Kovel spoke. He left.", ["Then Lieut. Kovel spoke.", "He left."]),
        ("Mr. Brandt met Mrs. Odell.", ["Mr. Brandt met Mrs. Odell."]),
        ("It sailed at 5:38 p.m. on Monday. It sank.", ["It sailed at 5:38 p.m. on Monday.", "It sank."]),
        ("It closed at 4 p.m. ET on Friday.", ["It closed at 4 p.m. ET on Friday."]),
        ("It closed at 4 p.m. The owner left.", ["It closed at 4 p.m.", "The owner left."]),
        ("Rates rose 4.5 percent. Why?", ["Rates rose 4.5 percent.", "Why?"]),
        ("Room No. 7 burned.", ["Room No. 7 burned."]),
    ],
)
def test_titles_clock_times_and_numbers_do_not_end_a_sentence(text: str, expected: list[str]) -> None:
    """Half a sentence in a digest is worse than none."""
    assert sentences(text) == expected


def test_nothing_has_no_sentences() -> None:
    """Blank text is no sentence."""
    assert sentences(" \n\n\t") == []
