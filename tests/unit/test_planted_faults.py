"""Planted faults: each kind plants what it says and marks what it changed; the corpus is repeatable."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fault_corpus
import planted_faults as faults
from planted_faults import Claim, Contexts, Kind, Surroundings, sound

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
REAL = Path(__file__).parents[3] / "shared" / "data"
SOURCE = (
    "The mayor of Lindmar told Anna Berg on Monday that the old bridge will stay open for 40 days.",
    "Jonas Vik sold the red tower in Aldvik to two brothers after the storm.",
    "Police in Oru did not say whether the ferry had been inspected during the strike.",
)
ELSEWHERE = (
    "A crowd of 900 watched Karin Moe repair the old harbour with great care and little money.",
    "The new bridge in Brannoch was closed for repairs after a fire in the engine room.",
    "They praised the old tunnel will stay open until a judge from Port Ansel decides.",
)
NOTHING = Contexts({}, {}, ())
LONG = (
    "Anna Berg said on Monday that the ferry company in Aldvik will sell four old boats to the town for 300 crowns.",
    "The company did not say whether the harbour would stay open during the strike that began in March.",
    "Jonas Vik, who lives in Oru, told reporters that two boats were damaged in the storm and cannot be repaired.",
    "Some members of the council, including the mayor, opposed the sale before the vote on Tuesday.",
)


def chance(seed: int = 0) -> Random:
    """A repeatable source of chance."""
    return Random(seed)  # noqa: S311 - a fixed order is the point


def around(*source: str, contexts: Contexts = NOTHING) -> Surroundings:
    """Surroundings of a source given as sentences."""
    return Surroundings(tuple(tuple(sentence.split()) for sentence in source), contexts)


def everywhere() -> Contexts:
    """What all the invented sentences hold."""
    return faults.contexts_of(sentence.split() for sentence in (*SOURCE, *ELSEWHERE, *LONG))


def outcomes(kind: Kind, sentence: str, surroundings: Surroundings | None = None) -> set[str]:
    """All that a kind of fault makes of a sentence, with the marked words in brackets."""
    given_around = surroundings or around(sentence)
    made = (kind(sound(sentence), given_around, chance(seed)) for seed in range(60))
    return {fault_corpus.marked(claim) for claim in made if claim}


def unmarked(claim: Claim) -> list[str]:
    """The words that stay borne out."""
    return [word for word, is_fault in zip(claim.words, claim.faults, strict=True) if not is_fault]


@pytest.mark.parametrize(
    ("kind", "sentence", "made"),
    [
        (faults.swapped_roles, "Ships of Norway's fleet met Sweden.", {"Ships of [Sweden's] fleet met [Norway.]"}),
        (faults.swapped_roles, "Boats left Norway, Sweden and Finland.", set()),
        (faults.swapped_roles, "Then Vik sued Jonas Vik in May.", set()),
        (faults.negated, "Not all boats sank.", {"[All] boats sank."}),
        (
            faults.opposite,
            "He rose, she said.",
            {"[She] rose, she said.", "He [fell,] she said.", "He rose, [he] said."},
        ),
        (faults.opposite, "It was the Senate's plan.", {"It was the [House's] plan."}),
        (faults.opposite, "Nothing here turns round.", set()),
        (faults.other_modality, "Vik may sail.", {"Vik [will] sail."}),
        (faults.other_modality, "In May the plan would be read.", set()),
        (faults.other_modality, "They paid almost 300 crowns.", {"They paid [more] [than] 300 crowns."}),
        (faults.other_modality, "They spoke about the boats.", set()),
        (faults.other_modality, "They paid about four crowns.", {"They paid [over] four crowns."}),
    ],
)
def test_kinds_that_leave_little_to_chance(kind: Kind, sentence: str, made: set[str]) -> None:
    """A kind makes all it can make of a sentence and nothing else, and keeps capitals, marks and possessive endings."""
    assert outcomes(kind, sentence) == made


def test_a_negation_is_put_in_after_an_auxiliary() -> None:
    """Each way to deny is used, all its words are marked, and the month of May is no auxiliary."""
    assert outcomes(faults.negated, "In May boats were sold.") == {
        "In May boats were [not] sold.",
        "In May boats were [never] sold.",
        "In May boats were [no] [longer] sold.",
    }


def test_a_removed_negation_marks_the_word_after_it() -> None:
    """What is left out can be marked only where it is missed."""
    assert "Police did [say] why." in outcomes(faults.negated, "Police did not say why.")


def test_another_name_is_one_of_the_source_or_from_elsewhere() -> None:
    """The marks after a name stay, and a name is not replaced by another form of itself."""
    surroundings = around("Then Bergs met Jonas Vik.", contexts=faults.contexts_of([["In", "Oru,", "it", "rained."]]))
    assert outcomes(faults.other_name, "It was Anna Berg's boat.", surroundings) == {
        "It was [Jonas] [Vik's] boat.",
        "It was [Oru's] boat.",
    }


def test_initials_are_no_other_name() -> None:
    """ "U.N." in the place of "United Nations" is no fault."""
    assert not outcomes(faults.other_name, "Boats of the United Nations left.", around("The U.N. came."))


def test_a_full_stop_of_initials_is_not_doubled_nor_lost() -> None:
    """The stop of "U.S." is part of the name; the stop of the sentence stays whatever stands before it."""
    assert outcomes(faults.other_name, "It left the U.S.", around("Boats of Oru sank.")) == {"It left the [Oru.]"}
    assert outcomes(faults.other_name, "It left Oru.", around("Boats of the U.S. sank.")) == {"It left [U.S.]"}


def test_another_number_keeps_its_form() -> None:
    """Digits stay digits with their signs, words stay words with their capital, and the number is another."""
    digits = outcomes(faults.other_number, "It cost $4,000.", around("It took 17 days."))
    assert "It cost [$17.]" in digits
    assert "It cost [$4,000.]" not in digits
    assert all(made.startswith("It cost [$") and made.endswith(".]") for made in digits)
    spelled = {made.split()[0] for made in outcomes(faults.other_number, "Two boats sank.")}
    assert spelled == {f"[{word.capitalize()}]" for word in faults.NUMBER_WORDS[1:]}


def test_another_day_is_of_the_same_sort() -> None:
    """A day of the week becomes another day of the week, a month another month."""
    assert outcomes(faults.other_day, "It sank on Monday.") == {f"It sank on [{day}.]" for day in faults.DAYS[1:]}
    assert outcomes(faults.other_day, "It sank in May's storm.") == {
        f"It sank in [{month}'s] storm." for month in faults.MONTHS if month != "May"
    }


def test_another_word_has_the_same_neighbours() -> None:
    """Only words seen between the same two words come in, and none that may mean the same."""
    seen = ("They painted the bridge gladly.", "He painted the bridges gladly.", "We painted the tower gladly.")
    surroundings = around(contexts=faults.contexts_of(sentence.split() for sentence in seen))
    sentence = "Children painted the bridge gladly."
    assert outcomes(faults.other_word, sentence, surroundings) == {"Children painted the [tower] gladly."}


def test_a_splice_ends_as_another_sentence_does() -> None:
    """The new end is marked but for the words that it shares with the old one."""
    surroundings = around("Vik lived alone in Aldvik in winter.")
    assert outcomes(faults.spliced, "Berg sold her boat in Oru in winter.", surroundings) == {
        "Berg sold her boat in [Aldvik] in winter.",
    }


def test_a_splice_says_something_more() -> None:
    """A sentence cut short by its own end says nothing its source does not say."""
    sentence = "Berg sold her boat in Oru in winter."
    assert not outcomes(faults.spliced, sentence, around(sentence))


def test_an_insertion_comes_before_a_function_word() -> None:
    """The whole phrase is marked, it ends with a word of meaning, and the old words all stay."""
    surroundings = around(contexts=faults.contexts_of(["It lay there for the sake of peace, they said.".split()]))
    assert outcomes(faults.inserted, "Berg sold her boat to Vik.", surroundings) == {
        "Berg sold her boat [for] [the] [sake] to Vik.",
        "Berg sold her boat [for] [the] [sake] [of] [peace] to Vik.",
    }


def test_what_the_source_says_too_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change that gives another sentence of the source, up to case and marks, is not planted."""
    monkeypatch.setattr(faults, "WEIGHTS", {faults.opposite: 1.0})
    assert faults.planted(sound("Prices rose today."), around(), chance()) is not None
    assert faults.planted(sound("Prices rose today."), around("“Prices fell, today”"), chance()) is None


def test_a_second_fault_does_not_undo_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """With two faults asked for and room for one, one is planted."""
    monkeypatch.setattr(faults, "WEIGHTS", {faults.opposite: 1.0})
    monkeypatch.setattr(faults, "TWO_FAULTS", 1.0)
    made = {faults.planted(sound("Prices rose today."), around(), chance(seed)) for seed in range(20)}
    assert made == {Claim(("Prices", "fell", "today."), (False, True, False))}


@given(st.sampled_from((*SOURCE, *ELSEWHERE)), st.integers(0, 10_000))
def test_every_planted_fault_is_one(sentence: str, seed: int) -> None:
    """A faulty claim differs from its original, has a mark for each word, and at least one; the same seed gives it."""
    surroundings, claim = around(*SOURCE, contexts=everywhere()), sound(sentence)
    faulty = faults.planted(claim, surroundings, chance(seed))
    assert faulty == faults.planted(claim, surroundings, chance(seed))
    if faulty:
        assert faulty.words != claim.words
        assert len(faulty.words) == len(faulty.faults)
        assert faulty.is_faulty


@given(st.sampled_from(list(faults.WEIGHTS)), st.sampled_from((*SOURCE, *LONG)), st.integers(0, 10_000))
def test_words_without_a_mark_are_the_claims_own(kind: Kind, sentence: str, seed: int) -> None:
    """Every word that is not marked stood in the claim, in the same order; the mark that ended it may be gone."""
    made = kind(sound(sentence), around(*SOURCE, contexts=everywhere()), chance(seed))
    if made:
        remaining = iter([word.rstrip(".,;:") for word in sentence.lower().split()])
        assert all(word.lower().rstrip(".,;:") in remaining for word in unmarked(made))


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write gzipped JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder in the shape of the real one, with invented news."""
    article = {"title": "Ferry company in Aldvik to sell boats", "text": " ".join(LONG)}
    summary = "The ferry company in Aldvik will sell boats to the town. Karin Moe of Brannoch wants to buy them all."
    write(tmp_path / fault_corpus.NEUS, [{"articles": [article, {"title": None, "text": None}], "summary": summary}])
    wire = {"title": "OLD BRIDGE IN LINDMAR STAYS OPEN", "text": " ".join((*SOURCE, *ELSEWHERE))}
    write(tmp_path / fault_corpus.REUTERS, [wire, {"title": "SHORT", "text": "It rained."}])
    return tmp_path


def test_sound_claims_are_of_the_source_or_covered_by_it(data: Path) -> None:
    """A summary sentence with a name that the source lacks is never taken; one that is covered is."""
    made = list(islice(fault_corpus.examples(data, 1), 60))
    said = {" ".join(claim.words) for example in made for claim in example.claims if not claim.is_faulty}
    assert "The ferry company in Aldvik will sell boats to the town." in said
    assert "Ferry company in Aldvik to sell boats" in said
    assert not any("Karin Moe of Brannoch" in text for text in said)


def test_examples_keep_their_limits(data: Path) -> None:
    """Claims of one source are distinct and few, every word has its mark, most have faults, some are tokenised."""
    made = list(islice(fault_corpus.examples(data, 1), 200))
    claims = [claim for example in made for claim in example.claims]
    for example in made:
        assert len({claim.words for claim in example.claims}) == len(example.claims) <= fault_corpus.MOST_CLAIMS
        assert len(" ".join(example.source).split()) <= 2 * fault_corpus.MOST_SOURCE_WORDS
    assert all(len(claim.words) == len(claim.faults) for claim in claims)
    assert 0.5 < sum(claim.is_faulty for claim in claims) / len(claims) < 0.8
    lower = sum(" ".join(example.source).islower() for example in made) / len(made)
    assert 0.08 < lower < 0.25


def test_tokenised_text_reads_like_the_releases() -> None:
    """Marks stand alone and quotation marks are straight; "u.s." and numbers stay whole."""
    written = "He said “the U.S. isn’t (yet) ready,” and Vik's boat cost $4,000."
    told = "he said '' the u.s. is n't ( yet ) ready , '' and vik 's boat cost $4,000 ."
    assert fault_corpus.tokenised(written) == told


def test_the_stream_depends_on_the_seed_alone(data: Path) -> None:
    """No order of a set comes through: processes with other hash seeds make the same examples."""
    code = (
        "import sys; from itertools import islice; from pathlib import Path; from fault_corpus import examples\n"
        "print(list(islice(examples(Path(sys.argv[1]), 3), 20)))"
    )

    def printed(hash_seed: str) -> str:
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(BENCHMARKS)}
        done = subprocess.run(
            [sys.executable, "-c", code, str(data)], capture_output=True, text=True, env=environment, check=True
        )
        return done.stdout

    assert printed("1") == printed("2") == f"{list(islice(fault_corpus.examples(data, 3), 20))}\n"
    assert list(islice(fault_corpus.examples(data, 3), 5)) != list(islice(fault_corpus.examples(data, 4), 5))


def test_absent_data_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the data the program says which files it misses and ends well."""
    monkeypatch.setattr(sys, "argv", ["fault_corpus.py", "--shared", str(tmp_path)])
    fault_corpus.main()
    told = f"skipped: {tmp_path / 'data'} does not hold {fault_corpus.NEUS} and {fault_corpus.REUTERS}\n"
    assert capsys.readouterr().out == told


@pytest.mark.slow
def test_real_news_gives_faults_of_every_claim() -> None:
    """On real news most claims can be given a fault, and every example has claims."""
    if not (REAL / fault_corpus.NEUS).is_file():
        pytest.skip(f"no labelled data at {REAL}")
    made = list(islice(fault_corpus.examples(REAL, 1), 100))
    claims = [claim for example in made for claim in example.claims]
    assert all(example.claims for example in made)
    assert 0.5 < sum(claim.is_faulty for claim in claims) / len(claims) < 0.75
