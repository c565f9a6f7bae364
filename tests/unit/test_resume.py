"""Nights in pieces: stopped and gone on with, begun anew when they are too old, made again from what is stored."""

import sqlite3
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest

from listeners import Notes
from made_nights import LINES, TONIGHT, WEDNESDAY, asked, configured, line, moment, write_lines
from mailserver import Fault, MailServer
from pipeline.config import Config, DigestConfig, MailConfig, ReaderConfig
from pipeline.engine import choice
from pipeline.errors import NewsfoldError, StoreError
from pipeline.nightly import line as nightly_line
from pipeline.nightly.desk import Outcome
from pipeline.nightly.run import last_unfinished, prepare_night, run_night, send_pending
from pipeline.nightly.steps import Ending, Step
from pipeline.progress import QUIET
from pipeline.records import DeliveryState
from pipeline.stages.summarise import summarise

TOMORROW, LATER = TONIGHT + timedelta(days=1), TONIGHT + timedelta(days=2)
PREPARING = [step for step in Step if not step.saves]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A night of three stories, quoted."""
    write_lines(tmp_path / "in" / "day.jsonl", [*LINES, *WEDNESDAY])
    return quoting(configured(tmp_path / "state", Path(), tmp_path / "in"))


def quoting(config: Config) -> Config:
    """The configuration without a model."""
    return config.model_copy(update={"digest": DigestConfig(model="none")})


def run(config: Config, night: date = TONIGHT, heard: list[str] | None = None) -> Outcome:
    """One night."""
    return run_night(config, moment(night), Notes([] if heard is None else heard))


def prepare(config: Config, until: Step) -> None:
    """A night up to one of its steps."""
    prepare_night(config, moment(), QUIET, until)


def mails(config: Config) -> list[str]:
    """The editions that went to the outbox."""
    return sorted(path.parent.name for path in config.data_dir.glob("outbox/*/*.eml"))


@pytest.mark.parametrize("step", PREPARING)
def test_a_night_stopped_at_a_step_goes_on_to_the_same_edition(config: Config, tmp_path: Path, step: Step) -> None:
    """Nothing is saved or sent before, and nothing is left behind after."""
    whole = run(config.model_copy(update={"data_dir": tmp_path / "whole"}))
    prepare(config, step)
    assert asked(config, "SELECT count(*) FROM editions") == [(0,)]
    assert asked(config, "SELECT outcome FROM runs") == [(f"stopped after {step.value}",)]
    assert not mails(config)
    assert last_unfinished(config) == TONIGHT
    assert run(config).rendered == whole.rendered
    assert last_unfinished(config) is None
    assert not config.unfinished_folder.exists()


def test_what_a_step_gave_is_not_done_again(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even when its source is gone by then."""
    prepare(config, Step.SUMMARISE)
    for source in config.sources:
        assert source.path is not None
        (source.path / "day.jsonl").unlink()
    for module, name in ((choice, "dedupe"), (nightly_line, "recall"), (choice, "cluster"), (choice, "summarise")):
        monkeypatch.setattr(module, name, lambda *_, **__: pytest.fail("done again"))
    outcome = run(config)
    assert outcome.edition is not None
    assert outcome.edition.counts.articles == len(LINES) + len(WEDNESDAY)


def test_digests_are_written_a_few_at_a_time_and_kept(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that dies at the second portion leaves the first."""
    written: list[str] = []
    monkeypatch.setattr(choice.LocalEngine, "portion", 1)

    def counted(stories, *rest):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN202 - stands for the stage
        if len(written) == 1:
            written.append("power cut")
            raise RuntimeError("power cut")
        written.extend(story.id for story in stories)
        return summarise(stories, *rest)

    monkeypatch.setattr(choice, "summarise", counted)
    with pytest.raises(RuntimeError, match="power cut"):
        run(config)
    outcome = run(config)
    assert outcome.edition is not None
    told = [entry.summary.story.id for entry in outcome.edition.entries]
    assert sorted(one for one in written if one != "power cut") == sorted(told)


def test_only_what_the_edition_has_room_for_is_written(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """A night of ten thousand stories writes as many digests as one of thirty; the others are listed with a reason."""
    narrow = config.model_copy(update={"edition": config.edition.model_copy(update={"stories": 1})})
    written: list[str] = []

    def counted(stories, *rest):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN202 - stands for the stage
        written.extend(story.id for story in stories)
        return summarise(stories, *rest)

    monkeypatch.setattr(choice, "summarise", counted)
    edition = run(narrow).edition
    assert edition is not None
    assert [entry.summary.story.id for entry in edition.entries] == written
    assert len(edition.left_out) == edition.counts.stories - 1
    assert {left.reason for left in edition.left_out} == {"beyond the 1 story an edition holds"}
    assert all(left.headline for left in edition.left_out)


def test_a_run_that_goes_on_keeps_its_cutoff(config: Config) -> None:
    """The edition says when its sources were read, not when the power came back."""
    prepare(config, Step.CLEAN)
    later = moment().cutoff + timedelta(hours=3)
    outcome = run_night(config, replace(moment(), cutoff=later))
    assert outcome.rendered.cutoff == moment().cutoff


def test_what_is_too_old_is_begun_anew(config: Config) -> None:
    """An edition of what was read a day ago would be held, so the sources are read again."""
    prepare(config, Step.SUMMARISE)
    much_later = moment().cutoff + timedelta(hours=config.mail.hold_hours + 1)
    pace = replace(moment().pace, now=lambda: much_later)
    heard: list[str] = []
    outcome = run_night(config, replace(moment(), cutoff=much_later, pace=pace), Notes(heard))
    assert outcome.rendered.cutoff == much_later
    assert any("too old to go on with" in told for told in heard)
    assert outcome.ending is Ending.DONE


def test_another_configuration_begins_anew(config: Config) -> None:
    """What was computed under other settings is not mixed in; who gets the mail is no such setting."""
    prepare(config, Step.SUMMARISE)
    heard: list[str] = []
    run(config.model_copy(update={"languages": ("fr",)}), heard=heard)
    assert not any("going on" in told for told in heard)
    prepare_night(config, moment(TOMORROW), QUIET, Step.CLEAN)
    mail = config.mail.model_copy(update={"recipients": ("reader@example.org",)})
    run(config.model_copy(update={"mail": mail}), TOMORROW, heard)
    assert any("going on" in told for told in heard)


def test_a_night_with_an_edition_is_not_prepared(config: Config) -> None:
    """It is frozen."""
    run(config)
    with pytest.raises(NewsfoldError, match="has its edition already"):
        prepare(config, Step.CLEAN)
    assert last_unfinished(config) is None


def test_a_wait_for_the_server_is_told(config: Config) -> None:
    """A run that seems to stand still says that it will try mail again, and when."""
    with MailServer({"ann": [Fault("rcpt", reply="451 4.7.1 greylisted")]}) as server:
        mail = MailConfig(recipients=(ReaderConfig(address="ann@example.org"),), smtp=server.config())
        heard: list[str] = []
        (receipt,) = run(config.model_copy(update={"mail": mail}), heard=heard).receipts
    assert receipt.state is DeliveryState.SENT
    assert len([told for told in heard if "some mail was put off" in told]) == 1


def test_a_night_can_be_made_without_mail(config: Config) -> None:
    """Saved and archived; the next run sends it."""
    outcome = run_night(config, moment(), mail=False)
    assert outcome.page.is_file()
    assert not mails(config)
    assert run(config).ending is Ending.MADE_BEFORE
    assert mails(config) == [TONIGHT.isoformat()]


def test_a_run_that_died_after_the_save_is_gone_on_with(config: Config) -> None:
    """Nothing is unfinished but its mail: a run that goes on with the last night sends it, and then none is left."""
    assert run_night(config, moment(), mail=False).mailed is False
    with sqlite3.connect(config.state_file) as state:
        state.execute("UPDATE runs SET finished = NULL, outcome = ''")
    assert last_unfinished(config) == TONIGHT
    assert run(config).mailed is True
    assert last_unfinished(config) is None
    assert run(config).mailed is False


def test_a_run_that_failed_before_its_mail_is_gone_on_with(config: Config) -> None:
    """The archive could not be written; nothing had been mailed."""
    config.data_dir.mkdir()
    config.archive_folder.write_text("in the way", encoding="utf-8")
    with pytest.raises(StoreError, match="archive"):
        run(config)
    config.archive_folder.unlink()
    assert last_unfinished(config) == TONIGHT
    assert run(config).mailed is True


def test_a_fault_is_noted_as_what_ended_the_run(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to look for a run that seems to be going on, and the fault itself comes through."""

    monkeypatch.setattr(choice, "dedupe", Mock(side_effect=ZeroDivisionError("no copies")))
    with pytest.raises(ZeroDivisionError):
        run(config)
    told = "failed: a fault in the program (ZeroDivisionError('no copies'))"
    assert asked(config, "SELECT outcome FROM runs") == [(told,)]


def test_a_later_edition_does_not_keep_tonight_from_its_sources(config: Config, tmp_path: Path) -> None:
    """A date mistyped by a year, or a clock that was wrong: tonight's news comes all the same, with a warning."""
    run(config, LATER)
    write_lines(
        tmp_path / "in" / "more.jsonl", [dated("quay", TONIGHT, "A crane fell onto the ferry quay in Aldvik. ")]
    )
    heard: list[str] = []
    outcome = run_night(config, replace(moment(), is_tonight=True), Notes(heard))
    assert outcome.edition is not None
    assert [entry.summary.headline for entry in outcome.edition.entries] == ["quay"]
    assert mails(config) == [TONIGHT.isoformat(), LATER.isoformat()]
    assert any(f"the edition of {LATER} lies after tonight's" in line for line in heard)


def dated(name: str, day: date, text: str) -> dict[str, str]:
    """A line published in the evening of a day."""
    return {**line(name, text * 3, name, "Post"), "published": f"{day.isoformat()}T20:00:00+00:00"}


def test_a_missed_night_is_made_of_stored_articles(config: Config, tmp_path: Path) -> None:
    """With what was published in its day, told by a later night; for the archive alone, and frozen like any other."""
    run(config)
    write_lines(
        tmp_path / "in" / "late.jsonl",
        [
            dated("quay", TONIGHT, "A crane fell onto the ferry quay in Aldvik on Tuesday and shut it. "),
            dated("bank", TOMORROW, "The central bank of Sorland raised its rate on Wednesday evening. "),
        ],
    )
    latest = run(config, LATER)
    before = asked(config, "SELECT * FROM articles ORDER BY id")
    heard: list[str] = []
    (config.sources[0].path or tmp_path).joinpath("unread.jsonl").write_text("", encoding="utf-8")
    missed = run(config, TOMORROW, heard)
    assert missed.edition is not None
    assert [entry.summary.headline for entry in missed.edition.entries] == ["quay"]
    assert missed.edition.counts.items == missed.edition.counts.articles == 1
    assert missed.receipts == ()
    assert any("made of stored articles and not mailed" in told for told in heard)
    assert missed.page.is_file()
    assert mails(config) == [TONIGHT.isoformat(), LATER.isoformat()]
    assert asked(config, "SELECT * FROM articles ORDER BY id") == before
    again = run(config, TOMORROW)
    assert (again.ending, again.receipts) == (Ending.MADE_BEFORE, ())
    assert mails(config) == [TONIGHT.isoformat(), LATER.isoformat()]
    assert run(config, LATER).rendered == latest.rendered
    receipts = send_pending(config, replace(moment(TOMORROW), pace=moment(LATER).pace), of_that_night=True)
    assert ["held" in receipt.detail for receipt in receipts] == [True]
