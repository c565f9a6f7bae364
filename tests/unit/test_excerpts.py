"""Excerpts: every sentence of evidence is shown where it stands, and not much else."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.forms.excerpts import CONTEXT, Excerpt, Piece, Quote, excerpt

TEXT = "One.\nTwo, before. Two, told. Two, after.\nThree.\nFour.\nFive.\nSix, told.\nSeven."


def marked(found: Excerpt) -> list[Piece]:
    """The marked parts, in order."""
    return [piece for row in (found.title, *found.paragraphs) for piece in row if piece.numbers]


def shown(found: Excerpt) -> list[str]:
    """The paragraphs as text."""
    return ["".join(piece.text for piece in row) for row in found.paragraphs]


def test_evidence_stands_between_its_neighbours() -> None:
    """A paragraph before and one after are shown, what is further away is left out and said to be."""
    found = excerpt("Title", TEXT, [Quote("Two, told.", 1), Quote("Six, told.", 2)])
    assert shown(found) == [
        "One.",
        "Two, before. Two, told. Two, after.",
        "Three.",
        "",
        "Five.",
        "Six, told.",
        "Seven.",
    ]
    assert marked(found) == [Piece("Two, told.", (1,)), Piece("Six, told.", (2,))]


def test_left_out_ends_are_said() -> None:
    """A reader sees that an article begins before and goes on after what is shown."""
    assert shown(excerpt("", TEXT, [Quote("Four.", 1)])) == ["", "Three.", "Four.", "Five.", ""]


def test_one_sentence_for_two() -> None:
    """A source sentence that supports two sentences of the digest bears both numbers, also where quotes overlap."""
    found = excerpt("", TEXT, [Quote("Two, told.", 1), Quote("Two, told. Two, after.", 3)])
    assert marked(found) == [Piece("Two, told. Two, after.", (1, 3))]


def test_evidence_in_the_title() -> None:
    """A title may be what a sentence rests on."""
    found = excerpt("Wall falls", TEXT, [Quote("Wall falls", 1)])
    assert found == Excerpt((Piece("Wall falls", (1,)),), ())


def test_evidence_that_is_nowhere_is_shown_by_itself() -> None:
    """Nothing that a digest rests on is hidden because its text was changed."""
    assert shown(excerpt("", TEXT, [Quote("Eight.", 1)])) == ["Eight."]


def test_long_paragraphs_are_cut_towards_the_evidence() -> None:
    """A page that came as one line is not reprinted whole; the cuts are marked and fall between words."""
    far = "word " * 500
    found = excerpt("", f"{far}It fell. {far}\n{far}", [Quote("It fell.", 1)])
    before, told, after = found.paragraphs[0]
    assert told.text == "It fell."
    assert before.text.startswith("…word")
    assert before.text.endswith("word ")
    assert after.text.endswith("word…")
    assert all(len(piece.text) <= CONTEXT + 2 for piece in (before, after, found.paragraphs[1][0]))


def test_scripts_without_spaces_get_none() -> None:
    """Chinese sentences follow each other without a gap, marked or not."""
    assert shown(excerpt("", "墙倒了。没有人受伤。", [Quote("没有人受伤。", 1)])) == ["墙倒了。没有人受伤。"]


@given(
    st.lists(st.text("ab .", min_size=1, max_size=40), max_size=12),
    st.lists(st.tuples(st.text("ab .", min_size=1, max_size=6), st.integers(1, 4)), max_size=4),
)
def test_every_quote_is_marked_and_length_is_bounded(rows: list[str], quotes: list[tuple[str, int]]) -> None:
    """Whatever the text, the number of each quote stands at a mark, and no more than the neighbours is shown."""
    asked = [Quote(*quote) for quote in quotes]
    found = excerpt("", "\n".join(rows), asked)
    assert {number for piece in marked(found) for number in piece.numbers} == {quote.number for quote in asked}
    assert len([row for row in found.paragraphs if row]) <= 3 * len(asked)
