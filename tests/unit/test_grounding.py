"""The checker: facts in every spelling, and laws about what is copied and what is made up."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from made_stories import FIRE, FIRE_TOO, STRIKE
from pipeline.digest.grounding import judge, read_sources
from pipeline.text.sentences import sentences

SOURCE = (
    "Kestrel Water paid €1.14bn for Orrin on 7 October 2024, Anna Berg said. About 1,250 of 48,000 households and"
    " seventy firefighters were affected; profits fell by 2.50 percent, or 4.8 million crowns, over twenty-one days. "
    "“We will not close the harbour,” the mayor’s office told O’Brien on Tuesday."
)
copied = st.sampled_from([text for article in (FIRE, FIRE_TOO, STRIKE) for text in sentences(article)])


def fault(sentence: str, source: str = SOURCE) -> str:
    """Why a sentence is refused."""
    return judge(sentence, read_sources([source])).reason


@pytest.mark.parametrize(
    "sentence",
    [
        "Kestrel Water paid €1.14 billion for Orrin.",
        "Kestrel Water paid 1,140 million for Orrin.",
        "Households affected: 1250 of 48,000.",
        "70 firefighters were affected.",
        "Profits fell by 2.5 percent over 21 days.",
        "Profits fell 4,800,000 crowns.",
        "Anna Berg told O'Brien on Tuesday.",
        "Orrin was paid on October 7.",
        "“We will not close the harbour,” the office told O’Brien.",
        '"We will not close the harbour," the office told O’Brien.',
    ],
)
def test_facts_are_found_in_any_spelling(sentence: str) -> None:
    """A number, date, name or quotation is the same however it is written."""
    assert fault(sentence) == ""


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Kestrel Water paid €1.15bn for Orrin.", "number not in the sources: 1150000000"),
        ("Kestrel Water paid €1.14m for Orrin.", "number not in the sources: 1140000"),
        ("Seventy-one firefighters were affected.", "number not in the sources: 71"),
        ("Orrin was paid on 7 November.", "date not in the sources: month 11"),
        ("Anna Berg said on Sunday.", "date not in the sources: sunday"),
        ("Kestrel Water paid Orrin yesterday.", "date not in the sources: yesterday"),
        ("Jon Berg said Orrin paid.", "name not in the sources: jon"),
        ("Kestrel Water paid Vantry.", "name not in the sources: vantry"),
        ("“We will close the harbour,” the office told O’Brien.", "quotation not in the sources"),
        ("Kestrel Water poisoned lobsters, ruining trawlers.", "words not in the sources: "),
    ],
)
def test_what_no_source_says_is_refused(sentence: str, reason: str) -> None:
    """The first fault is named so that people can look it up."""
    assert fault(sentence).startswith(reason)


def test_the_score_is_the_share_of_words_found() -> None:
    """Two of four content words found is a half, and none is needed when there is none to find."""
    sources = read_sources(["The harbour was closed."])
    assert judge("the harbour closed lobsters trawlers", sources).score == 0.5
    assert judge("and so it was", sources).score == 1.0


def test_sources_support_together() -> None:
    """A sentence may take its facts from several sources."""
    apart = ["Anna Berg spoke in Lindmar.", "The harbour cost 17 crowns."]
    assert judge("Anna Berg: harbour cost 17 crowns.", read_sources(apart)).supported
    assert not judge("Anna Berg: harbour cost 17 crowns.", read_sources(apart[:1])).supported


@given(copied)
def test_a_copied_sentence_is_supported(sentence: str) -> None:
    """What stands in the source word for word is true to it."""
    verdict = judge(sentence, read_sources([FIRE, FIRE_TOO, STRIKE]))
    assert verdict.supported
    assert verdict.score == 1.0


@given(st.text(min_size=1))
@example("\U0001f210A0")
def test_any_text_supports_itself(text: str) -> None:
    """Whatever the characters, a text is found in itself: a sign that folds into a letter joins the name after it."""
    assert judge(text, read_sources([text])).supported


@given(copied, st.integers(1000, 10**9), st.sampled_from(["{}", "{:,}", "{} percent", "€{}", "{}bn", "{}th"]))
def test_a_new_number_is_refused(sentence: str, number: int, form: str) -> None:
    """A number that no source gives is never supported, wherever its sentence comes from."""
    said = f"{sentence.rstrip('.')} {form.format(number)}."
    if str(number) not in ("1962", "41000"):
        assert fault(said, " ".join((FIRE, FIRE_TOO, STRIKE))).startswith("number not in the sources")


@given(copied, st.sampled_from(["Vantry", "Halvern", "NATO", "Ferreby"]), st.data())
def test_a_new_name_is_refused(sentence: str, name: str, data: st.DataObject) -> None:
    """A name that no source gives is never supported."""
    words = sentence.rstrip(".").split()
    at = data.draw(st.integers(0, len(words)))
    assert fault(" ".join([*words[:at], name, *words[at:]]), " ".join((FIRE, FIRE_TOO, STRIKE)))
