"""Summaries written in lower case, or with spaces around their marks, are read as their sources are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.casing import recased, untokenised

SOURCE = (
    "The bridge in Lindmar was closed on Monday. Mayor Anna Kell told the BBC that the Old Mill was safe. It was old."
)


@pytest.mark.parametrize(
    ("tokenised", "plain"),
    [
        ("the mayor 's office said , on monday , no .", "the mayor's office said, on monday, no."),
        ("she did n't go ( again ) .", "she didn't go (again)."),
        ("`` no , '' he said .", '" no, " he said.'),
        ("it cost $ 4 -lrb- a bargain -rrb- .", "it cost $4 (a bargain)."),
    ],
)
def test_spaces_around_marks_go(tokenised: str, plain: str) -> None:
    """What a tokeniser put in is taken out, so that sentences end where they end."""
    assert untokenised(tokenised) == plain


@pytest.mark.parametrize("text", ["The mayor's office said, on Monday, no.", "", "A 3 - 2 win", "One two"])
def test_plain_text_stays(text: str) -> None:
    """Text that no tokeniser has touched is left alone."""
    assert untokenised(text) == text


def test_names_get_their_capitals() -> None:
    """Names are spelled as the source spells them; a word that only begins sentences there is no name."""
    assert recased("the mayor anna kell told the bbc it was old. the old mill is safe.", SOURCE) == (
        "The mayor Anna Kell told the BBC it was old. The old Mill is safe."
    )


def test_the_dot_of_an_abbreviation_ends_no_sentence() -> None:
    """ "u.s. officials" does not begin a sentence with its second word."""
    assert recased("the u.s. officials left.", SOURCE) == "The u.s. officials left."


@given(st.text(max_size=80), st.text(max_size=80))
def test_only_case_changes(text: str, source: str) -> None:
    """Whatever the texts: letters may be made capital, nothing else happens, and text with capitals stays."""
    found = recased(text, source)
    assert found.casefold() == text.casefold() or any(letter.casefold() != letter.lower() for letter in text + source)


@pytest.mark.parametrize("text", ["Anna Kell told the bbc.", "The bridge in Lindmar, the bbc said."])
def test_text_with_capitals_stays(text: str) -> None:
    """A text that has capitals of its own within its sentences is not touched."""
    assert recased(text, SOURCE) == text
