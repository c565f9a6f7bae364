"""The quality gate: what is lowered or not measured fails, and its own labels are true to their articles."""

import json
import sys
import tomllib
from pathlib import Path

import pytest

import gate
import quality
import sample_night
from harness import some

ROOT = Path(__file__).parents[2]
FLOORS = gate.read_floors(gate.FLOORS)
AT_THE_FLOOR = {key: measured - margin for key, (measured, margin) in FLOORS.items()}
KEY = next(key for key in FLOORS if key[:3] == (gate.OWN, "copies", "pairs"))


def run(scores: dict[gate.Key, float], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> int:
    """The gate's exit code for these scores, with development halves that are not there when it has none of theirs."""
    has_halves = any(key[0] == gate.HALVES for key in scores)
    (tmp_path / "data").mkdir()
    (tmp_path / "evals").mkdir()
    if has_halves:
        (tmp_path / "evals" / "score.py").touch()
    monkeypatch.setattr(sys, "argv", ["gate.py", "--shared", str(tmp_path)])
    monkeypatch.setattr(gate, "measured", lambda *_: scores)
    return gate.main()


def test_the_floors_pass(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A score at its floor is enough."""
    assert run(AT_THE_FLOOR, monkeypatch, tmp_path) == 0


@pytest.mark.parametrize("key", FLOORS, ids=" ".join)
def test_a_lower_score_fails(
    key: gate.Key, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each single figure is held, and the table shows which, its score and what to do."""
    assert run({**AT_THE_FLOOR, key: AT_THE_FLOOR[key] - 0.001}, monkeypatch, tmp_path) == 1
    told = capsys.readouterr().out
    (line,) = [line for line in told.splitlines() if "TOO LOW" in line]
    assert " | ".join(key) in line
    assert f"{AT_THE_FLOOR[key] - 0.001:.4f} | {AT_THE_FLOOR[key]:.4f}" in line
    assert "benchmarks/floors.toml" in told


def test_a_score_that_is_not_measured_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A part that is left out cannot pass for a good one."""
    assert run({key: score for key, score in AT_THE_FLOOR.items() if key != KEY}, monkeypatch, tmp_path) == 1


def test_a_set_without_a_floor_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A new set is given its floor with the change that adds it."""
    assert run({**AT_THE_FLOOR, (gate.OWN, "copies", "new", "recall"): 1.0}, monkeypatch, tmp_path) == 1
    assert "sample night, copies, new" in capsys.readouterr().out


def test_without_the_halves_the_sample_night_is_held(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who has only the project still has a gate, and is told what was not measured."""
    own = {key: score for key, score in AT_THE_FLOOR.items() if key[0] == gate.OWN}
    assert run(own, monkeypatch, tmp_path) == 0
    assert "skipped: no labelled development halves" in capsys.readouterr().out


def test_every_part_is_held() -> None:
    """Each part that is measured has a floor, in both places."""
    assert {key[:2] for key in FLOORS} == {task[:2] for task in gate.TASKS}
    for where, parts in ((gate.OWN, sample_night.PARTS), (gate.HALVES, quality.PARTS)):
        assert {part for place, part, _ in gate.TASKS if place == where} == parts.keys()


def test_a_better_score_is_told() -> None:
    """Someone who gains can keep the gain."""
    (held,) = gate.hold({KEY: (0.8, 0.01)}, {KEY: 0.9}, [gate.OWN])
    assert held.verdict == "may be raised"
    assert gate.hold({KEY: (0.8, 0.01)}, {KEY: 0.805}, [gate.OWN])[0].verdict == ""


def test_the_same_rows_are_taken_whatever_their_order() -> None:
    """The rows that the checker reads hang on their ids alone."""
    rows = [{"id": str(number)} for number in range(100)]
    taken = some(rows, 10)
    assert len(taken) == 10
    assert some(rows[::-1], 10) == taken[::-1]
    assert some(rows, 1000) == rows


def test_the_labels_are_true_to_their_articles() -> None:
    """Every fact's phrases are literally in an article of the event, and every event is one of tonight's."""
    night = sample_night.SampleNight()
    facts, claims = (
        tomllib.loads((sample_night.LABELLED / f"{name}.toml").read_text(encoding="utf-8"))
        for name in ("facts", "claims")
    )
    assert facts.keys() == claims.keys() <= {truth["event"] for truth in night.truth.values()}
    for event, wanted in facts.items():
        text = "\n".join(f"{article.title}\n{article.text}" for article in night.true_story(event).articles).casefold()
        assert [phrase for fact in wanted["facts"] for phrase in fact if phrase.casefold() not in text] == [], event
    for event, told in claims.items():
        assert len(told["true"]) == len(told["false"]), event
        assert not set(told["true"]) & set(told["false"]), event
    assert json.dumps(claims).isascii()
