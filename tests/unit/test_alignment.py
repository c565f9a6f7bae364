"""The source sentences that a sentence is held against."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.digest.alignment import LONGEST_SENTENCE, aligned, passages

FIRE = "A fire destroyed a warehouse on Dock Road in Halvern on Sunday. Seventy firefighters fought the flames. "
STRIKE = "Bus drivers in Aldvik went on strike. They ask for higher wages. The mayor called for talks."


def test_the_sentences_that_share_rare_words_come_first() -> None:
    """What a claim rests on is among the sources read, and nothing else when there is room for no more."""
    sources = passages([FIRE, STRIKE])
    assert aligned(["Flames were fought by seventy firefighters."], sources, 6) == (
        "Seventy firefighters fought the flames.",
    )


def test_order_is_that_of_the_texts() -> None:
    """Several claims get their sentences in the order in which the texts tell them."""
    sources = passages([FIRE, STRIKE])
    found = aligned(["The mayor called for talks.", "Seventy firefighters fought."], sources, 11)
    assert found == ("Seventy firefighters fought the flames.", "The mayor called for talks.")


def test_an_endless_sentence_is_cut() -> None:
    """A table or a text without full stops cannot fill the reader's page."""
    (only,) = passages(["word " * 5000]).texts
    assert len(only.split()) == LONGEST_SENTENCE


def test_without_sources_nothing_is_read() -> None:
    """Empty documents give no sentences and no error."""
    assert aligned(["A claim."], passages(["", "  "]), 100) == ()


@given(st.lists(st.sampled_from([FIRE, STRIKE, "", "One two three."]), max_size=4), st.integers(1, 60))
def test_the_room_is_kept(documents: list[str], room: int) -> None:
    """No more words than asked for, but for one sentence that is longer than that by itself; each sentence once."""
    found = aligned(["The mayor fought the flames."], passages(documents), room)
    assert len(found) <= 1 or sum(len(text.split()) for text in found) <= room
    assert set(found) <= set(passages(documents).texts)
