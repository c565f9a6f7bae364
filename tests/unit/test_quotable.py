"""Which sentences can be told without those around them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.digest.quotable import LONGEST, SHORTEST, is_finished, is_quotable, is_spoken

ALONE = "Police closed the harbour road of Port Ansel for nine hours on Monday."
"""A sentence that nothing speaks against."""


@pytest.mark.parametrize(
    "sentence",
    [
        ALONE,
        "The US government lifted the duty on steel from Halvern on Monday.",
        "There were no passengers on board when the ferry left Port Ansel.",
        "This week the council of Lindmar decides on the budget for the bridge.",
        "Earlier on Monday the ministry had closed the airport of Velsund for an hour.",
        "One of the drivers was taken to a hospital in Lindmar with burns.",
        "Lindmar's mayor called the plan “a gift to the people of this city” on Monday.",
    ],
)
def test_what_stands_alone_is_quotable(sentence: str) -> None:
    """Starts that only look as if they leaned on something, and a country that is written like "us"."""
    assert is_quotable(sentence)


@pytest.mark.parametrize(
    "start",
    [
        *"He She It They But And So However Therefore Additionally Except There This One Earlier".split(),
        *(
            "In response,",
            "In fact,",
            "Since then,",
            "For example,",
            "One of these",
            "Most of them",
            "The two",
            "Well,",
        ),
    ],
)
def test_what_leans_on_something_before_is_not_quotable(start: str) -> None:
    """A pronoun or a link at the start points at a sentence that the digest may not hold."""
    assert not is_quotable(f"{start} stayed in the harbour of Port Ansel for nine hours on Monday.")


@pytest.mark.parametrize(
    "sentence",
    [
        "“The harbour will stay closed until the water is clean,” Beatrix Olumide said.",
        "“We have lost everything, and we do not know where to go,” said Lucan Ferreby, a tenant.",
        '"I never saw so many ships in one harbour," Ferreby told the newspaper of the port.',
    ],
)
def test_speakers_with_a_name_are_quoted(sentence: str) -> None:
    """Whose words they are, and who "we" is, can be told from the sentence itself."""
    assert is_quotable(sentence)
    assert is_spoken(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "“The harbour will stay closed until the water is clean,” she said.",
        "“The harbour will stay closed until the water is clean,” he said Monday.",
        "“The harbour will stay closed until the water is clean,” she told Ferreby.",
        "“The harbour will stay closed until the water is clean,” said a guard.",
        "“The harbour of Port Ansel will stay closed until the water is clean.”",
    ],
)
def test_speakers_without_a_name_are_not_quoted(sentence: str) -> None:
    """Nobody knows whose words they are; a day and a listener are no speakers."""
    assert not is_quotable(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "In this Jan. 28, 2026, file photo, the ferry of Port Ansel lies in the harbour.",
        "The mayor of Lindmar, left, listens to the head of the harbour in Port Ansel.",
        "Lucan Ferreby/Getty Images The ferry of Port Ansel lies in the harbour on Monday.",
    ],
)
def test_captions_are_not_quotable(sentence: str) -> None:
    """Without the picture they tell nothing."""
    assert not is_quotable(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        f"— {ALONE}",
        f"| Lucan Ferreby/HNA {ALONE}",
        f"Updated | {ALONE}",
        f"CLOSE {ALONE}",
        f"Image caption {ALONE}",
        "For a full account of the fire in the harbour of Port Ansel, click here.",
    ],
)
def test_a_sites_own_words_are_not_quotable(sentence: str) -> None:
    """Captions, credits and buttons that a dump ran into a sentence, and the rest of a line that was cut."""
    assert is_quotable(ALONE)
    assert not is_quotable(sentence)


@pytest.mark.parametrize("end", ["...", "…", "....", ",...", " ...", "…”"])
def test_what_is_cut_off_is_not_quotable(end: str) -> None:
    """A teaser that ends in dots lacks its end."""
    assert not is_quotable(ALONE.rstrip(".") + end)


@given(st.integers(1, 100))
def test_the_length_is_bounded(words: int) -> None:
    """A sentence of a digest is neither a fragment nor endless."""
    sentence = " ".join(["Police", *["harbour"] * (words - 1)]) + "."
    assert is_quotable(sentence) == (SHORTEST <= words <= LONGEST)


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    """Nothing raises, and only what is finished can be quoted."""
    assert not is_quotable(text) or is_finished(text)
