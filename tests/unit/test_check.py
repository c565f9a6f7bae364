"""The checker: what rules refuse and what a model doubts, and how the two make one verdict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_stories import FIRE, STRIKE, StubConsistency
from pipeline.digest.check import EVEN, FAULTY, LONGEST, Checker, Setting, doubt
from pipeline.digest.consistency import Reading

odds = st.floats(-20, 20)


def test_the_model_decides_where_facts_are_right() -> None:
    """A sentence without a wrong fact is supported by a trusting model, and refused by one that doubts it."""
    for thinks, supported in ((-4.0, True), (2.0, False)):
        (found,) = Checker(StubConsistency(thinks)).check("Seventy firefighters fought the flames.", [FIRE])
        assert found.verdict.supported is supported
        assert (found.verdict.score >= 0.5) is supported


def test_a_wrong_fact_is_refused_whatever_the_model_says() -> None:
    """A number that no source holds is refused with its reason even if the model trusts the sentence."""
    (found,) = Checker(StubConsistency(-9.0)).check("The fire killed 17 people.", [FIRE])
    assert found.verdict.reason == "number not in the sources: 17"
    assert found.verdict.score <= FAULTY


def test_the_strict_setting_wants_more() -> None:
    """Between the two settings' scores a sentence is supported in one and refused in the other."""
    between = (EVEN - 0.9) / 1.5
    verdicts = {
        setting: Checker(StubConsistency(between), setting)
        .check("Seventy firefighters fought the flames.", [FIRE])[0]
        .verdict
        for setting in Setting
    }
    assert verdicts[Setting.BALANCED].supported
    assert not verdicts[Setting.STRICT].supported
    assert len({verdict.score for verdict in verdicts.values()}) == 1


@pytest.mark.parametrize(
    ("summary", "documents", "reason"),
    [
        ("Word " * (LONGEST + 1), [FIRE], "too long to be checked"),
        ("Seventy firefighters came.", [""], "no source sentence"),
        ("Seventy firefighters came.", [], "no source sentence"),
    ],
)
def test_what_cannot_be_read_is_refused(summary: str, documents: list[str], reason: str) -> None:
    """Endless sentences and missing documents give a refusal that says so, not a guess."""
    (found,) = Checker(StubConsistency(-9.0)).check(summary, documents)
    assert not found.verdict.supported
    assert reason in found.verdict.reason


def test_only_what_matters_is_read() -> None:
    """The model gets the source sentences that the summary rests on, whatever else the documents hold."""
    stub = StubConsistency(-9.0)
    Checker(stub).check("Seventy firefighters fought the flames on Dock Road.", [STRIKE * 40, FIRE])
    assert any("eventy firefighters" in sentence for sentence in stub.sources[0])
    assert sum(len(sentence.split()) for sentence in stub.sources[0]) < 300


@given(st.lists(odds, min_size=1, max_size=9), odds, st.integers(0, 8), st.floats(0, 5))
def test_more_doubt_anywhere_is_no_less_doubt(tokens: list[float], whole: float, place: int, more: float) -> None:
    """Raising what is thought of one word, or of the whole, never makes a sentence more credible."""
    spans = tuple((row, row + 1) for row in range(len(tokens)))
    raised = [value + more * (row == place) for row, value in enumerate(tokens)]
    before = doubt(Reading(tuple(tokens), spans, whole))
    assert doubt(Reading(tuple(raised), spans, whole)) >= before - 1e-9
    assert doubt(Reading(tuple(tokens), spans, whole + more)) >= before - 1e-9
