"""Shortening by leaving out: what may go, what must stay, and laws that hold for every sentence."""

from functools import cache
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import SourceConfig
from pipeline.digest.condense import change_of_meaning, core, harmless_cuts
from pipeline.records import Article, RawItem
from pipeline.stages.clean import clean
from pipeline.stages.ingest import ingest
from pipeline.text.sentences import sentences

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
BRIDGE = "The old bridge in Lindmar, which was opened in 1932, will be closed to all traffic from April."
FREE = ("the", "a", "an", "that")
SUBJECTS = ["The mayor of Aldvik", "Anna Berg", "A court in Lindmar", "The ferry company", "Two brothers from Oru"]
VERBS = ["sold", "praised", "inspected", "bought", "described"]
OBJECTS = ["the red tower", "a new school in Brannoch", "the old harbour", "several wooden boats"]
PLACES = ["near Port Ansel", "behind the station", "with great care", "under heavy rain"]
OPENINGS = ["On Sunday, ", "In Aldvik, ", "After the storm, ", "While the fire burned, ", "In theory, ", ""]
REMARKS = [", who lives in Oru,", ", which was built in 1911,", ", 61,", ", cars and boats,", " (HNA)", ""]
ENDINGS = [" on Monday", " during the strike", ", leaving 300 people stranded", ", officials said", ""]
PARTS = [OPENINGS, SUBJECTS, REMARKS, VERBS, OBJECTS, PLACES, ENDINGS]

clauses = st.tuples(*map(st.sampled_from, (SUBJECTS, VERBS, OBJECTS, PLACES))).map(" ".join)
composed = st.tuples(*map(st.sampled_from, PARTS)).map(
    lambda parts: f"{parts[0]}{parts[1]}{parts[2]} {parts[3]} {parts[4]} {parts[5]}{parts[6]}."
)
relaxed = settings(deadline=None)


def without(text: str, cut: tuple[int, int]) -> str:
    """The text without a stretch."""
    return text[: cut[0]] + text[cut[1] :]


def shortened(text: str) -> set[str]:
    """Every text that one harmless cut makes of it, with a capital at its start."""
    cut = (without(text, found) for found in harmless_cuts(text))
    return {found[:1].upper() + found[1:] for found in cut}


@cache
def sample_sentences() -> tuple[str, ...]:
    """The English sentences of the sample night."""
    items = (item for item in ingest([SourceConfig(path=SAMPLE)]) if isinstance(item, RawItem))
    articles = (article for article in map(clean, items) if isinstance(article, Article) and article.lang == "en")
    return tuple(chain.from_iterable(sentences(article.text) for article in articles))


@pytest.mark.parametrize(
    ("shorter", "source"),
    [
        ("The old bridge in Lindmar will be closed to all traffic from April.", BRIDGE),
        ("Police arrested Anna Berg in Lindmar.", "Police arrested Anna Berg in Lindmar on Sunday evening."),
        ("The mayor resigned.", "On Monday, the mayor resigned."),
        ("The residents slept in a gym.", "While the fire burned, the residents slept in a gym."),
        ("Storms closed the port.", "Storms closed the port, leaving 300 people stranded."),
        ("Ferreby was jailed.", "Ferreby, 61, was jailed."),
        ("Goods worth 4 million crowns burned.", "Goods worth 4 million crowns ($560,000) burned."),
        ("It asked Haddon.", "It asked Haddon, who had led the rescue."),
        ("Mayor said bridge was safe.", "The mayor said that the bridge was safe."),
        ("Anna Berg resigned.", "Anna Berg, the mayor of Lindmar, resigned."),
        ("The driver fled.", "The driver, a 19-year-old from Oru, fled."),
        ("Police said Anna Berg was unhurt.", "Police said Anna Berg, a teacher in Lindmar, was unhurt."),
        ("Anna Berg was booed.", "Anna Berg, in her first debate of the year, was booed."),
        ("Anna Berg was booed.", "Anna Berg, speaking in Lindmar on Sunday, was booed."),
        ("The hall was sold.", "The hall, built by monks from Oru, was sold."),
        ("The port was closed.", "The port was closed, battered by three storms."),
        (
            "The mayor closed the port.",
            "Following weeks of protests by the town's fishermen, the mayor closed the port.",
        ),
        ("The mayor praised the crew.", "Speaking to reporters in Oru, the mayor praised the crew."),
        ("The gift was announced.", "The gift - the largest the town ever had - was announced."),
    ],
    ids=[
        "relative-clause",
        "dated",
        "opening",
        "clause-opening",
        "participle",
        "age",
        "bracket",
        "last",
        "articles",
        "apposition",
        "apposition-of-a-noun",
        "apposition-in-a-clause",
        "scene",
        "participle-inside",
        "passive-inside",
        "passive-last",
        "adding-opening",
        "participle-opening",
        "dashes",
    ],
)
def test_harmless_parts_may_go(shorter: str, source: str) -> None:
    """What only describes, dates or repeats can be left out."""
    assert change_of_meaning(shorter, source) == ""


@pytest.mark.parametrize(
    ("changed", "source"),
    [
        ("Ferreby bribed Vantry.", "Vantry bribed Ferreby."),
        ("Brannoch beat Port Ansel.", "Port Ansel beat Brannoch."),
        ("The dam did break.", "The dam did not break."),
        ("The dam broke.", "The dam nearly broke."),
        ("The bank will cut rates.", "The bank will cut rates, according to two officials."),
        ("The bridge is safe.", "The bridge is safe, the company said."),
        ("The government will fall.", "If the vote fails, the government will fall."),
        ("The merger goes ahead in spring.", "The merger goes ahead in spring, pending approval by the council."),
        ("Staff were paid 300 crowns.", "Staff were paid 300 crowns, excluding tips."),
        ("Rovers won the final.", "Rovers won the final, which was later annulled."),
        ("The fire injured people.", "The fire injured 14 people."),
        ("The numbers were 4, 19 and 38.", "The numbers were 4, 11, 19 and 38."),
        ("He was the first in office to resign.", "He was the first in 22 years in office to resign."),
        ("Drivers must not use their phones at all.", "Drivers must not use their phones at all while driving."),
        ("Parliament did not meet in the capital.", "Parliament did not meet in the capital on Sunday."),
        ("Patients died in the hospital.", "In some cases, patients died in the hospital."),
        ("The dose was 5 milligrams.", "For children, the dose was 5 milligrams."),
        ("The mayor is guilty.", "The mayor is accused of being guilty."),
        ("Berg, a mother of two, was praised.", "Berg, a mother of two, was not praised."),
        ("Sales rose 5 percent.", "Sales, in the three months to June, rose 5 percent."),
        ("Prices rose.", "Prices rose, adjusted for inflation."),
        ("The king is poisoned.", "The king, in a film by Anna Berg, is poisoned."),
        ("Anna Berg poisons the king.", "Playing a queen in Oru, Anna Berg poisons the king."),
        ("The paper said the dam broke.", "Citing two officials in Oru, the paper said the dam broke."),
        ("He was booed.", "Following a truce with Jon Vik, he was booed."),
        ("Video showed Jon Vik (Oru).", "Video showed Jon Vik (Oru) coughing near the old bridge."),
        ("Records showed.", "High-ranking officer Anna Berg asked the king for mercy, records showed."),
        ("Figures show.", "Boeing built 40 aircraft in Oru in May, figures show."),
        ("Anna Berg resigned.", "Anna Berg, the former mayor of Lindmar, resigned."),
        ("", "The dam broke."),
    ],
)
def test_what_bears_on_the_truth_must_stay(changed: str, source: str) -> None:
    """Who did what to whom, negation, doubt, condition, attribution, number, scope: each change has its reason."""
    assert change_of_meaning(changed, source)


def test_a_quotation_is_never_cut() -> None:
    """What stands between quotation marks is quoted in full or not at all."""
    source = "“We will close the school on Monday, which was opened in 1932,” the mayor told the town council."
    assert change_of_meaning("“We will close the school,” the mayor told the town council.", source)
    assert all("We will close the school on Monday, which was opened in 1932," in text for text in shortened(source))


@pytest.mark.parametrize(
    "sentence",
    [
        "After Anna Berg, a teacher, died, the school closed.",
        "In Lindmar, Aldvik and Oru, schools closed.",
        "On Monday those two pages, torn and wet, earned him a sentence.",
        "On Monday parliament rose, officials said.",
        "The firm, which makes cars, vans and buses, was sold.",
        "Anna Berg, who lives in Oru, Jon Vik and Ida Lund were hurt.",
        "Sten Haraldine, 78, chairman of Orrin, was asked.",
        "The guests were the mayor, King Harald and Anna Berg.",
        "Parliament rose at noon, which surprised many, he said.",
        "The council closed the market in the old town on Monday, Tuesday and Friday.",
        "Schools stay shut on Tuesday.",
        "The port (Aldvik, in the north) was closed.",
        "Anna Berg, the mayor and a guard, were hurt.",
        "After Sunday, a crowd of people, led by Jon, marched on Oru.",
        "Closing the old school, the mayor told parliament, would harm children.",
        "Jon Vik, Oru, voted with the government.",
        "Anna Berg, Lindmar, stopped by the road.",
        "The council approved the tunnel at noon, a bold decision, made despite protests.",
        "The threats were “empty words” spread by rivals of Anna Berg.",
    ],
)
def test_no_cut_leaves_half_a_list_or_half_a_clause(sentence: str) -> None:
    """A comma may belong to a list or an apposition: what looks like a part is then none."""
    assert harmless_cuts(sentence) == ()


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        (BRIDGE, "The old bridge in Lindmar will be closed to all traffic from April."),
        (
            "Anna Berg, who lives in Oru, praised the red tower near Port Ansel, leaving 300 people stranded.",
            "Anna Berg praised the red tower near Port Ansel.",
        ),
        ("The dam broke.", "The dam broke."),
    ],
)
def test_the_core_is_what_nothing_can_be_left_out_of(sentence: str, kept: str) -> None:
    """All harmless parts go at once: by what stays two sentences are compared."""
    assert core(sentence) == kept


@pytest.mark.parametrize(
    ("sentence", "shorter"),
    [
        (BRIDGE, "The old bridge in Lindmar will be closed to all traffic from April."),
        ("The goods were worth 4 million crowns ($560,000).", "The goods were worth 4 million crowns."),
        ("The shop, which had closed at 5 p.m., was looted.", "The shop was looted."),
        ("On Sunday, police arrested Anna Berg.", "Police arrested Anna Berg."),
        ("Storms closed the port, leaving 300 stranded.", "Storms closed the port."),
    ],
)
def test_marks_and_spaces_go_with_the_part(sentence: str, shorter: str) -> None:
    """Nothing dangles where a part was: no bracket, comma or double space."""
    assert shorter in shortened(sentence)


def test_cuts_of_the_sample_night_are_harmless_and_tidy() -> None:
    """On a whole night's sentences every cut passes the check it was made for, and leaves a tidy sentence."""
    ended = (text for text in sample_sentences() if text.endswith((".", "”", '"')))
    found = [(text, shorter) for text in ended for shorter in shortened(text)]
    assert len(found) > 50
    for text, shorter in found:
        assert change_of_meaning(shorter, text) == "", (text, shorter)
        assert shorter[-1] in f"{text[-1]}.", shorter
        assert not any(mark in shorter for mark in ("  ", " ,", ",,", "()", " .", ",.")), shorter
        assert shorter.count("(") == shorter.count(")"), shorter


@relaxed
@given(composed)
def test_every_cut_is_harmless(sentence: str) -> None:
    """What `harmless_cuts` offers, `change_of_meaning` allows."""
    for cut in harmless_cuts(sentence):
        assert change_of_meaning(without(sentence, cut), sentence) == ""


@relaxed
@given(composed)
def test_cuts_lie_inside_and_leave_something(sentence: str) -> None:
    """A cut is a stretch of the sentence, never all of it and never nothing."""
    for start, end in harmless_cuts(sentence):
        assert 0 <= start < end <= len(sentence)
        assert without(sentence, (start, end)).strip(" .")


@relaxed
@given(clauses, st.data())
def test_no_content_word_of_a_clause_may_go(clause: str, data: st.DataObject) -> None:
    """Inside a simple clause every word but an article counts."""
    words = clause.split()
    places = [at for at, word in enumerate(words) if word.casefold() not in FREE]
    at = data.draw(st.sampled_from(places))
    assert change_of_meaning(" ".join(words[:at] + words[at + 1 :]), clause)


@relaxed
@given(clauses, st.data())
def test_no_two_words_may_change_places(clause: str, data: st.DataObject) -> None:
    """The order of words says who did what."""
    words = clause.split()
    one, other = data.draw(st.lists(st.integers(0, len(words) - 1), min_size=2, max_size=2, unique=True))
    swapped = list(words)
    swapped[one], swapped[other] = words[other], words[one]
    if words[one].casefold() != words[other].casefold() and not {words[one].casefold(), words[other].casefold()} & {
        *FREE
    }:
        assert change_of_meaning(" ".join(swapped), clause)


@relaxed
@given(composed, st.sampled_from(["not", "Halvern", "17", "former", "killed"]), st.data())
def test_no_word_may_be_added(sentence: str, word: str, data: st.DataObject) -> None:
    """A word the source does not say there is an addition wherever it is put."""
    words = sentence.split()
    at = data.draw(st.integers(0, len(words)))
    assert change_of_meaning(" ".join([*words[:at], word, *words[at:]]), sentence)


@relaxed
@given(st.text(min_size=1))
def test_a_text_is_its_own_shortening(text: str) -> None:
    """Whatever holds a word may stand as it is."""
    assert change_of_meaning(text, text) in ("", "says nothing of its source")


@relaxed
@given(st.text(), st.text())
def test_any_text_can_be_asked_about(one: str, other: str) -> None:
    """No text of any script or none makes it fail."""
    assert isinstance(change_of_meaning(one, other), str)
    assert all(0 <= start < end <= len(one) for start, end in harmless_cuts(one))


@relaxed
@given(st.text(alphabet="ab 1,.:;()—“”\"'-\n", max_size=40))
def test_any_marks_can_be_asked_about(text: str) -> None:
    """Marks in any order and number are read."""
    for cut in harmless_cuts(text):
        assert isinstance(change_of_meaning(without(text, cut), text), str)
