"""One event, one story, over several nights of the whole line: what keeps its id, what joins, what can be asked."""

import shutil
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from listeners import Notes
from made_nights import LINES, TONIGHT, WEDNESDAY, Line, asked, configured, line, moment, write_lines
from made_stories import FIRE, FIRE_TOO, STRIKE
from pipeline.cli.main import app
from pipeline.clustering import following
from pipeline.config import Config
from pipeline.nightly.desk import Outcome
from pipeline.nightly.run import run_night
from pipeline.progress import QUIET, Progress

THURSDAY = (
    line(
        "fire-trial",
        "The guard of Harrow & Lisle who was arrested over the fire in its furniture warehouse on Dock Road in Port"
        " Ansel has confessed, police said on Wednesday. Ivo Danner owed money to three banks and confessed that he"
        " carried petrol cans into the warehouse. A judge sent Danner to prison until his trial in June.",
        "Guard confesses to Port Ansel warehouse fire",
        "Evening Bell",
    ),
    line(
        "strike-off",
        "Teachers in Lindmar called off their strike of Thursday after the ministry raised its offer in the talks about"
        " their pay. The union of 41,000 members will vote on the offer; schools open as usual.",
        "Lindmar teachers call off Thursday's strike",
        "Lindmar Courier",
    ),
    line(
        "cup",
        "Goalkeeper Matteo Brisco saved two penalties as Port Ansel Rovers beat Lindmar Athletic in the semi-final of"
        " the National Cup. Rovers reached their first final since 1988.",
        "Rovers reach first final since 1988",
        "Harbour Post",
    ),
)


def run(config: Config, days: int, lines: Sequence[Line], progress: Progress = QUIET, **edition: object) -> Outcome:
    """The night so many days after the first, of its own lines."""
    source = config.sources[0].path
    assert source
    shutil.rmtree(source, ignore_errors=True)
    write_lines(source / "day.jsonl", lines)
    changed = config.model_copy(update={"edition": config.edition.model_copy(update=edition)})
    return run_night(changed, moment(TONIGHT + timedelta(days=days)), progress)


def story_with(config: Config, article: str) -> str:
    """The id of the story that an article was told in."""
    ((story,),) = asked(config, f"SELECT story FROM memberships WHERE article = '{article}'")  # noqa: S608 - our own ids
    return str(story)


def night_ids(config: Config, days: int) -> dict[str, str]:
    """The story of each article of a night."""
    night = (TONIGHT + timedelta(days=days)).isoformat()
    sql = f"SELECT article, story FROM memberships WHERE edition = '{night}'"  # noqa: S608 - a date
    return {str(article): str(story) for article, story in asked(config, sql)}


def explained(config: Config, identifier: str) -> list[str]:
    """What `newsfold explain` says."""
    done = CliRunner().invoke(app, ["explain", identifier, "--state", str(config.state_file)])
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A configuration without a model: every sentence is quoted."""
    return configured(tmp_path / "state", Path("none"), tmp_path / "in")


@pytest.fixture
def two_nights(config: Config) -> Config:
    """The same after the fire and, a day later, the arrest."""
    run(config, 0, LINES)
    run(config, 1, WEDNESDAY)
    return config


def test_a_story_keeps_its_id_for_as_long_as_it_is_told(two_nights: Config) -> None:
    """Three nights of a fire are one story, told once each night as what is new; a new event begins a story."""
    outcome = run(two_nights, 2, THURSDAY)
    fire, strike = story_with(two_nights, "fire-post"), story_with(two_nights, "strike")
    ids = night_ids(two_nights, 2)
    assert story_with(two_nights, "fire-arrest") == ids["fire-trial"] == fire
    assert ids["strike-off"] == strike
    assert ids["cup"] not in {fire, strike}
    assert outcome.edition is not None
    told = {entry.summary.story.id: entry.summary for entry in outcome.edition.entries}
    assert set(told) == set(ids.values())
    before = told[fire].story.continues
    assert before is not None
    assert (before.began, before.night) == (TONIGHT, TONIGHT + timedelta(days=1))
    assert {"fire-bell", "fire-arrest"} <= {article.id for article in before.articles}
    assert "confessed" in told[fire].text
    text = outcome.rendered.text
    assert "Continues from 11 March: Guard arrested over Port Ansel warehouse fire" in " ".join(text.split())
    assert text.count("Continues from") == 2


def test_explain_tells_a_story_of_several_nights(two_nights: Config) -> None:
    """When it began, the nights that told it, what each held, and why its articles are together."""
    run(two_nights, 2, THURSDAY)
    fire = story_with(two_nights, "fire-post")
    lines = explained(two_nights, fire)
    assert lines[0] == f"story {fire} began on 2026-03-10, told on 2026-03-10, 2026-03-11, 2026-03-12"
    assert [one for one in lines if one.startswith(f"story {fire} of ")] == [
        f"story {fire} of 2026-03-10: Warehouse fire in Port Ansel",
        f"story {fire} of 2026-03-11: Guard arrested over Port Ansel warehouse fire",
        f"story {fire} of 2026-03-12: Guard confesses to Port Ansel warehouse fire",
    ]
    assert [one for one in lines if "continues" in one] == [
        "  continues from 2026-03-10",
        "  continues from 2026-03-11",
    ]
    assert any(one.startswith("  together on 2026-03-10: similarity 0.") for one in lines)
    assert sum(one.startswith("  with what nights before 2026-03-1") for one in lines) == 2
    assert f"  in story {fire} of 2026-03-12" in explained(two_nights, "fire-trial")


def test_a_story_that_paused_goes_on_within_the_days_remembered(config: Config) -> None:
    """Seven nights later it is the same story, eight nights later it begins anew."""
    run(config, 0, LINES)
    run(config, 7, WEDNESDAY)
    assert story_with(config, "fire-arrest") == story_with(config, "fire-post")
    run(config, 15, THURSDAY[:1])
    assert story_with(config, "fire-trial") != story_with(config, "fire-post")


@pytest.mark.parametrize("seed", range(3))
def test_a_replayed_night_gives_the_same_ids(two_nights: Config, tmp_path: Path, seed: int) -> None:
    """The third night again, from the state before it and with its articles in another order."""
    shutil.copytree(two_nights.data_dir, tmp_path / "before")
    first = run(two_nights, 2, THURSDAY)
    again = two_nights.model_copy(update={"data_dir": tmp_path / "before"})
    second = run(again, 2, Random(seed).sample(THURSDAY, len(THURSDAY)))  # noqa: S311 - a repeatable order, no secret
    assert night_ids(again, 2) == night_ids(two_nights, 2)
    assert second.rendered == first.rendered


def test_two_stories_that_prove_to_be_one_are_merged(config: Config) -> None:
    """Two reports of one fire became two stories; the next finds both, keeps the older id, and nothing is lost."""
    first, second, third, strike = (
        line("fire-post", FIRE, "Furniture warehouse burns in Port Ansel", "Harbour Post"),
        line("fire-bell", FIRE_TOO, "Warehouse fire in Port Ansel", "Evening Bell"),
        line("fire-both", f"{FIRE_TOO} {FIRE}", "Fire destroys Harrow & Lisle warehouse", "RTT"),
        line("strike", STRIKE, "Teachers in Lindmar to strike on Thursday", "Lindmar Courier"),
    )
    run(config, 0, [first, strike])
    # A night that remembers one day back has forgotten the first report.
    run(config, 2, [second], remember_days=1)
    old, new = story_with(config, "fire-post"), story_with(config, "fire-bell")
    assert old != new
    run(config, 3, [third])
    assert story_with(config, "fire-both") == old
    assert asked(config, "SELECT * FROM aliases") == [(new, old, "2026-03-13")]
    lines = explained(config, new)
    assert lines[:3] == [
        f"story {new} is story {old}: the night of 2026-03-13 found that they are one",
        f"story {old} began on 2026-03-10, told on 2026-03-10, 2026-03-12, 2026-03-13",
        f"  also story {new}, until the night of 2026-03-13 found that they are one",
    ]
    assert explained(config, old) == lines[1:]
    assert f"  in story {new} of 2026-03-12, now story {old}" in explained(config, "fire-bell")


def test_a_reprint_of_a_merged_story_finds_it_under_its_id(config: Config) -> None:
    """An article that repeats one told under an old id belongs to the story of today."""
    run(config, 0, LINES[:1])
    run(config, 2, [line("fire-bell", FIRE_TOO, "Warehouse fire in Port Ansel", "Evening Bell")], remember_days=1)
    run(config, 3, [line("fire-both", f"{FIRE_TOO} {FIRE}", "Fire destroys Harrow & Lisle warehouse", "RTT")])
    old, new = story_with(config, "fire-post"), story_with(config, "fire-bell")
    assert asked(config, "SELECT alias, story FROM aliases") == [(new, old)]
    run(config, 4, [line("late", f"{FIRE_TOO} It rained.", "Fire in Port Ansel", "Island Weekly"), LINES[3]])
    assert asked(config, "SELECT article, earlier FROM echoes WHERE article = 'late'") == [("late", "fire-bell")]
    assert story_with(config, "late") == old


def test_more_than_can_be_gone_on_with_is_told(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Earlier stories beyond what a night is held against are left, and the log says so; copies still find theirs."""
    notes = Notes()
    run(config, 0, LINES)
    monkeypatch.setattr(following, "MOST_TEXTS", 0)
    run(config, 1, [*WEDNESDAY, {**LINES[0], "id": "late"}], notes)
    told = len(set(night_ids(config, 0).values()))
    assert f"{told - 1} earlier stories are too many to be gone on with tonight" in notes.lines
    assert night_ids(config, 1)["late"] == story_with(config, "fire-post")


def test_a_night_that_was_made_up_for_knows_no_later_one(config: Config) -> None:
    """An edition of an earlier date continues what was told before it, under the id of today."""
    run(config, 0, LINES)
    arrest = {**WEDNESDAY[0], "published": f"{TONIGHT.isoformat()}T20:00:00+00:00"}
    run(config, 3, [*THURSDAY, arrest])
    run(config, 1, [])
    fire = story_with(config, "fire-post")
    assert night_ids(config, 1) == {"fire-arrest": fire}
    assert night_ids(config, 3)["fire-trial"] == fire
    sql = "SELECT continues, continues_night FROM stories WHERE edition = '2026-03-11'"
    assert asked(config, sql) == [(fire, date(2026, 3, 10).isoformat())]
