"""The table folds what it answers for exactly as Python does, and leaves the rest to Python."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from pipeline.minhash.alphabet import CHARACTERS, SEPARATOR, UNSURE, folding
from pipeline.text.words import _UNSPACED, words

TABLE = folding()
SURE = [chr(point) for point in range(CHARACTERS) if TABLE[point] != UNSURE and not 0xD800 <= point < 0xE000]


def by_table(text: str) -> list[str]:
    """The words of a text as the table folds its characters."""
    forms = (int(TABLE[ord(character)]) for character in text)
    folded = (b" " if form == SEPARATOR else form.to_bytes(4, "little").rstrip(b"\0") for form in forms)
    return b"".join(folded).decode().split(" ")


@given(st.lists(st.sampled_from(SURE), max_size=30).map("".join))
def test_any_text_of_sure_characters_has_its_words(text: str) -> None:
    """What stands around a sure character does not change its form."""
    assert [word for word in by_table(text) if word] == words(text)


def test_every_sure_character_has_its_own_form() -> None:
    """All of them, one by one and between letters."""
    for character in SURE:
        assert [word for word in by_table(f"a{character}b") if word] == words(f"a{character}b"), hex(ord(character))


def test_marks_and_mixed_forms_are_left_to_python() -> None:
    """Characters that join the one before them, and forms that are half letter and half sign."""
    for character in "\u0301\u1161\u11a8½ﷺ":
        assert TABLE[ord(character)] == UNSURE, character


def test_living_scripts_are_sure() -> None:
    """The table would be of little use if common text had to be folded by Python."""
    common = "abcXYZ0189 ,.;:!?-–—“”‘’…«»€£ÀÉÎÕÜßœŒçñøÅşĞİłžАБВяїΑΒγςאבג中文投票かなカナ한국어กขค。、「」"
    unsure = [character for character in common if TABLE[ord(character)] == UNSURE]
    assert [unicodedata.name(character) for character in unsure] == ["LATIN CAPITAL LETTER I WITH DOT ABOVE"]


def test_no_character_makes_more_letters_than_there_is_room_for() -> None:
    """The compiled loops reserve two units for three bytes: four letters of three bytes are the most there may be."""
    for character in SURE:
        form = int(TABLE[ord(character)]).to_bytes(4, "little").rstrip(b"\0").decode()
        assert 3 * len(form) <= 4 * len(character.encode()), hex(ord(character))
        if _UNSPACED.fullmatch(form):
            assert len(character.encode()) >= 3, hex(ord(character))
