"""Words and shingles: the units in which articles are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.words import SHINGLE_CHARACTERS, SHINGLE_WORDS, STOP_WORDS, content_stems, shingles, stem, words

LATIN = st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), max_size=20)
HAN = st.text(alphabet="港口议会投票关闭旧码头冬季风暴来临之前工程师说木桩", min_size=1, max_size=30)


def test_words_are_comparable() -> None:
    """Case, width and punctuation do not make another word."""
    assert words("“STRASSE”, Straße — ４０％ it's") == ["strasse", "strasse", "40", "it", "s"]


@given(LATIN)
def test_shingles_are_the_runs_of_five_words(text: list[str]) -> None:
    """Exactly the distinct 5-grams, in order of first appearance."""
    grams = [" ".join(text[at : at + SHINGLE_WORDS]) for at in range(max(0, len(text) - SHINGLE_WORDS + 1))]
    expected = list(dict.fromkeys(grams)) or [" ".join(text)] * bool(text)
    assert shingles(" ".join(text)) == expected


@pytest.mark.parametrize("text", ["", " ", "—", "🙂", "...!?"])
def test_a_text_without_words_has_no_shingles(text: str) -> None:
    """Two texts without words are not copies of each other."""
    assert shingles(text) == []


@pytest.mark.parametrize("text", ["One", "Two words", "just four words here"])
def test_a_short_text_is_its_own_shingle(text: str) -> None:
    """A title of four words can still be recognised."""
    assert shingles(text) == [text.lower()]


@given(HAN)
def test_han_is_cut_by_characters(text: str) -> None:
    """Where no spaces stand between words, a whole paragraph would be one word."""
    found = shingles(text)
    starts = range(max(1, len(text) - SHINGLE_CHARACTERS + 1))
    expected = [" ".join(text[at : at + SHINGLE_CHARACTERS]) for at in starts]
    assert found == list(dict.fromkeys(expected))


@pytest.mark.parametrize(
    "text",
    ["港口议会星期一投票决定关闭旧码头", "สภาท่าเรือลงมติปิดท่าเรือเก่าในวันจันทร์", "港の議会は月曜日に古い埠頭を閉鎖する"],
)
def test_unspaced_scripts_have_more_than_one_shingle(text: str) -> None:
    """Chinese, Thai and Japanese are recognised as written without spaces."""
    assert len(shingles(text)) > 1


def test_a_foreign_name_does_not_change_the_unit() -> None:
    """An English text with one Chinese name is cut by words."""
    text = "The company 华为 said on Monday that it would build a plant in Aldvik"
    assert shingles(text)[0] == "the company 华为 said on"


@given(st.text())
def test_shingles_are_distinct_and_of_words(text: str) -> None:
    """Never a repeated shingle, never an empty one, and one whenever there is a word."""
    found = shingles(text)
    assert len(set(found)) == len(found)
    assert all(found)
    assert bool(found) == bool(words(text))


def test_content_stems_leave_out_what_any_report_says() -> None:
    """Function words, reporting words and single letters tell nothing of the subject."""
    assert content_stems("The officials said on Monday that a ferry was refloated") == ["ferri", "refloat"]


def test_stop_words_are_comparable() -> None:
    """A stop word that is not in comparable form would never be found."""
    assert all(words(word) == [word] for word in STOP_WORDS)


def test_forms_of_a_word_share_a_stem() -> None:
    """Votes, voted and voting are one thing."""
    assert {stem(word) for word in ("votes", "voted", "voting")} == {"vote"}
