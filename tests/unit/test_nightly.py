"""The night: everything accounted for, nothing sent twice, and a crash that leaves no trace."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from filelock import FileLock

from listeners import Notes
from made_nights import LINES, TONIGHT, WEDNESDAY, asked, configured, moment, write_lines
from made_nights import line as article_line
from made_stories import FIRE
from pipeline.clustering.background import NOTHING, Background
from pipeline.config import Config, SourceConfig
from pipeline.digest import loading
from pipeline.engine import choice
from pipeline.errors import InputError, LockedError, ModelError, NewsfoldError
from pipeline.minhash.memory import open_memory
from pipeline.nightly import line as nightly_line
from pipeline.nightly import run as nightly_run
from pipeline.nightly.desk import Outcome
from pipeline.nightly.run import run_night, send_pending
from pipeline.nightly.steps import Ending
from pipeline.records import CopyGroup, PastStory, Story
from pipeline.stages.cluster import cluster
from pipeline.store.core import open_store

TOMORROW = TONIGHT + timedelta(days=1)
PATIENCE_SECONDS = 120


def run(config: Config, night: date = TONIGHT) -> Outcome:
    """One night without a word."""
    return run_night(config, moment(night))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of four articles: two reports of a fire, a copy of one, and a strike."""
    return write_lines(tmp_path / "in" / "day.jsonl", LINES).parent


@pytest.fixture
def config(tmp_path: Path, tiny_causal: Path, source: Path) -> Config:
    """A configuration that reads that folder."""
    return configured(tmp_path / "state", tiny_causal, source)


def mails(config: Config) -> list[Path]:
    """The mail files in the outbox."""
    return sorted(config.data_dir.glob("outbox/*/*.eml"))


def test_everything_is_accounted_for(config: Config, source: Path) -> None:
    """Every item is an article, a repeat, seen or rejected with a reason; every article is in exactly one story."""
    write_lines(source / "repeat.jsonl", LINES[:1])
    (source / "bad.jsonl").write_text('{"id": "x", "text": \n[1]\n', encoding="utf-8")
    (source / "wall.html").write_text("<html><body><p>Please accept cookies.</p></body></html>", encoding="utf-8")
    (source / "photo.jpg").write_bytes(b"\xff\xd8")
    outcome = run(config)
    assert outcome.edition is not None
    counts = outcome.edition.counts
    assert (counts.items, counts.articles, counts.repeats, counts.seen, counts.rejected) == (9, 4, 1, 0, 4)
    assert counts.copies == 1
    assert sorted(asked(config, "SELECT article FROM memberships")) == sorted((line["id"],) for line in LINES)
    reasons = asked(config, "SELECT stage, location, reason FROM rejects")
    assert len(reasons) == counts.rejected + counts.repeats
    assert all(stage and location and reason for stage, location, reason in reasons)
    told = {entry.summary.story.id for entry in outcome.edition.entries}
    left = {story.story for story in outcome.edition.left_out}
    assert told | left == {story for (story,) in asked(config, "SELECT id FROM stories")}
    assert len(told) + len(left) == counts.stories


def test_the_edition_is_saved_archived_and_mailed(config: Config) -> None:
    """One run gives a page in the archive, a mail in the outbox and a run in the list."""
    outcome = run(config)
    assert outcome.ending is Ending.DONE
    assert outcome.page.read_text(encoding="utf-8") == outcome.rendered.page
    assert [receipt.state.value for receipt in outcome.receipts] == ["sent"]
    assert len(mails(config)) == 1
    assert asked(config, "SELECT night, outcome FROM runs") == [("2026-03-10", "done")]


def test_a_second_run_sends_nothing_twice(config: Config) -> None:
    """The night's edition is made once: a further run finds it, and writes and sends nothing."""
    first = run(config)
    (mail,) = mails(config)
    written = mail.stat().st_mtime_ns
    second = run(config)
    assert second.ending is Ending.MADE_BEFORE
    assert second.edition is None
    assert second.rendered == first.rendered
    assert mails(config) == [mail]
    assert mail.stat().st_mtime_ns == written
    assert asked(config, "SELECT state, attempts FROM deliveries") == [("sent", 1)]


def test_the_next_night_knows_yesterdays_articles(config: Config, source: Path) -> None:
    """What was told last night is seen tonight, in another file too, and a night of only that has nothing new."""
    run(config)
    write_lines(source / "again.jsonl", LINES)
    outcome = run(config, TOMORROW)
    assert outcome.edition is not None
    assert (outcome.edition.counts.seen, outcome.edition.counts.articles) == (4, 0)
    assert outcome.ending is Ending.NOTHING_NEW
    assert outcome.rendered.quiet


def test_files_that_have_not_changed_are_not_read_again(config: Config, source: Path) -> None:
    """They are told and are no items; what could not be read at all is tried again."""
    (source / "photo.jpg").write_bytes(b"\xff\xd8")
    told: list[str] = []
    run(config)
    outcome = run_night(config, moment(TOMORROW), Notes(told))
    assert outcome.edition is not None
    assert (outcome.edition.counts.items, outcome.edition.counts.rejected) == (1, 1)
    assert "left 1 files that were read on earlier nights and have not changed" in told


def test_a_file_that_is_changed_is_read_again(config: Config, source: Path) -> None:
    """A file that grows from night to night gives what has been added."""
    run(config)
    write_lines(
        source / "day.jsonl",
        [*LINES, article_line("new", "The ferry quay in Aldvik is shut. " * 9, "Quay shut", "Aldvik Post")],
    )
    outcome = run(config, TOMORROW)
    assert outcome.edition is not None
    assert (outcome.edition.counts.seen, outcome.edition.counts.articles) == (4, 1)


@pytest.mark.parametrize(("quiet", "number"), [("mail", 2), ("skip", 1)])
def test_a_quiet_night_mails_as_configured(
    tmp_path: Path, tiny_causal: Path, source: Path, quiet: str, number: int
) -> None:
    """A night with nothing new sends a short mail, or none, and is in the archive either way."""
    config = configured(tmp_path / "state", tiny_causal, source, quiet=quiet)
    run(config)
    outcome = run(config, TOMORROW)
    assert len(outcome.receipts) == number - 1
    assert len(mails(config)) == number
    assert outcome.page.is_file()


def test_no_model_is_loaded_for_a_quiet_night(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing to write there is nothing to load."""
    run(config)
    monkeypatch.setattr(loading, "load_writer", lambda *_: pytest.fail("loaded"))
    assert run(config, TOMORROW).ending is Ending.NOTHING_NEW


def test_a_night_can_do_without_a_model(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the model `none` nothing is loaded and every sentence is quoted."""
    monkeypatch.setattr(loading, "load_writer", lambda *_: pytest.fail("loaded"))
    outcome = run(config.model_copy(update={"digest": config.digest.model_copy(update={"model": "none"})}))
    assert outcome.edition is not None
    assert {entry.summary.method.value for entry in outcome.edition.entries} == {"extracted"}


def test_a_story_goes_on(config: Config, source: Path) -> None:
    """Tomorrow's report of tonight's fire continues its story and tells only what is new."""
    run(config)
    write_lines(source / "wednesday.jsonl", WEDNESDAY)
    outcome = run(config, TOMORROW)
    assert outcome.edition is not None
    (entry,) = outcome.edition.entries
    past = entry.summary.story.continues
    assert past is not None
    assert past.night == TONIGHT
    assert entry.summary.story.id == past.id
    assert {article.id for article in past.articles} <= {line["id"] for line in LINES[:3]}
    assert "petrol cans" in entry.summary.text
    assert "Seventy firefighters" not in entry.summary.text


def test_a_night_is_counted_for_the_nights_after_it(config: Config, source: Path) -> None:
    """Each article adds each of its terms once, in the night it first came in and in no later one."""
    run(config)
    with open_store(config.state_file) as store:
        found = store.background(TONIGHT + timedelta(days=7))
    assert found.texts == len(LINES) / 2
    assert found.counts["warehous"] == 3 / 2
    assert found.counts["teacher"] == 1 / 2
    assert max(found.counts.values()) <= found.texts
    write_lines(source / "wednesday.jsonl", WEDNESDAY)
    run(config, TOMORROW)
    assert asked(config, "SELECT night, round(texts - 1, 6) FROM terms_as_of") == [
        (TOMORROW.isoformat(), round(len(LINES) * 0.5 ** (1 / 7), 6))
    ]


def test_a_night_does_not_count_itself(
    config: Config, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made again from the state before it, it goes by the same counts and gives the same stories under the same ids."""
    backgrounds = []

    def heard(
        groups: Sequence[CopyGroup], past: Sequence[PastStory], repeated: Mapping[str, str], background: Background
    ) -> tuple[Story, ...]:
        backgrounds.append(background)
        return cluster(groups, past, repeated, background)

    run(config)
    monkeypatch.setattr(choice, "cluster", heard)
    shutil.copytree(config.data_dir, tmp_path / "elsewhere")
    write_lines(source / "wednesday.jsonl", WEDNESDAY)
    assert run(config, TOMORROW).rendered == run(elsewhere(config, tmp_path), TOMORROW).rendered
    sql = "SELECT edition, story, article FROM memberships ORDER BY edition, article"
    assert asked(config, sql) == asked(elsewhere(config, tmp_path), sql)
    with open_store(config.state_file) as store:
        assert store.background(TOMORROW) == NOTHING
    first, second = backgrounds
    assert first == second != NOTHING


REPRINT = article_line("fire-late", FIRE + " Sofas burn well.", "Port Ansel: the night of the fire", "Island Weekly")


def test_a_late_reprint_continues_the_story_it_was_in(config: Config, source: Path) -> None:
    """Another outlet's copy of last night's text is recognised, told to whoever asks, and is no news."""
    run(config)
    write_lines(source / "late.jsonl", [REPRINT])
    outcome = run(config, TOMORROW)
    (echo,) = asked(config, "SELECT article, earlier, round(similarity, 2) FROM echoes")
    assert echo[0] == "fire-late"
    assert echo[1] in {"fire-post", "fire-copy"}
    assert asked(config, "SELECT continues_night FROM stories WHERE edition = '2026-03-11'") == [("2026-03-10",)]
    assert outcome.edition is not None
    assert "Seventy firefighters" not in outcome.rendered.text
    with open_store(config.state_file) as store:
        assert any(line.startswith("  repeats fire-") for line in store.explain("fire-late"))


def test_signatures_are_made_again_when_they_are_lost_or_outdated(config: Config, source: Path) -> None:
    """They are derived from stored articles: no crash and no upgrade costs a night or an echo."""
    run(config)
    run(config, TOMORROW)
    signatures = config.signature_folder
    manifest = signatures / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"seed": 1', '"seed": 2'), encoding="utf-8")
    heard: list[str] = []
    write_lines(source / "late.jsonl", [REPRINT])
    run_night(config, moment(TONIGHT + timedelta(days=2)), Notes(heard))
    assert [line for line in heard if "are made again" in line and "its seed is 2" in line]
    assert asked(config, "SELECT count(*) FROM echoes") == [(1,)]


def test_signatures_of_forgotten_nights_are_dropped(tmp_path: Path, tiny_causal: Path, source: Path) -> None:
    """The memory does not grow without bounds."""
    config = configured(tmp_path / "state", tiny_causal, source, remember_days=2)
    for day in range(5):
        run(config, TONIGHT + timedelta(days=day))
    nights = open_memory(config.signature_folder).nights
    assert max(nights) == TONIGHT + timedelta(days=3)
    assert min(nights) >= TONIGHT + timedelta(days=4 - 7)
    assert open_memory(config.signature_folder).size == 0


def test_old_stories_are_forgotten(tmp_path: Path, tiny_causal: Path, source: Path) -> None:
    """Beyond `remember_days` a story is not continued but begins anew."""
    config = configured(tmp_path / "state", tiny_causal, source, remember_days=2)
    run(config)
    write_lines(source / "wednesday.jsonl", WEDNESDAY)
    outcome = run(config, TONIGHT + timedelta(days=3))
    assert outcome.edition is not None
    assert [entry.summary.story.continues for entry in outcome.edition.entries] == [None]


def test_a_missing_source_is_told_and_the_rest_goes_on(tmp_path: Path, tiny_causal: Path, source: Path) -> None:
    """One source that is not there costs its own articles and nothing else."""
    config = configured(tmp_path / "state", tiny_causal, tmp_path / "gone", source)
    outcome = run(config)
    assert outcome.ending is Ending.SOME_SOURCES_FAILED
    assert outcome.edition is not None
    assert [failed.location for failed in outcome.edition.failed_sources] == [str(tmp_path / "gone")]
    assert outcome.edition.counts.articles == 4
    assert "/gone: not found" in outcome.rendered.text


def test_a_missing_required_source_stops_the_night(config: Config, tmp_path: Path) -> None:
    """Nothing is saved or sent, and the list of runs says why."""
    required = SourceConfig(path=tmp_path / "gone", required=True)
    with pytest.raises(InputError, match="gone: not found"):
        run(config.model_copy(update={"sources": (*config.sources, required)}))
    assert asked(config, "SELECT count(*) FROM editions") == [(0,)]
    ((outcome,),) = asked(config, "SELECT outcome FROM runs")
    assert str(outcome).startswith("failed: source")
    assert not mails(config)


def test_a_second_run_at_the_same_time_is_refused(config: Config) -> None:
    """Whoever holds the lock is at work; nothing is touched."""
    config.data_dir.mkdir()
    with FileLock(config.data_dir / "newsfold.lock"), pytest.raises(LockedError, match="another run is at work"):
        run(config)
    assert not config.state_file.exists()


def test_languages_not_asked_for_are_rejected(config: Config, source: Path) -> None:
    """An article in another language is listed with the reason, not lost."""
    write_lines(source / "fr.jsonl", [{"id": "fr", "title": "Le maire", "text": "Le maire est parti.", "lang": "fr"}])
    outcome = run(config.model_copy(update={"languages": ("en",)}))
    assert outcome.edition is not None
    assert [(reject.article, reject.reason) for reject in outcome.edition.rejects] == [
        ("fr", "its language (fr) is not among those configured")
    ]


@pytest.mark.parametrize("step", ["cluster", "summarise", "edit", "render"])
def test_a_crash_before_the_save_leaves_nothing(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """After a crash the night can be made again, and is what it would have been."""
    with monkeypatch.context() as patch:
        patch.setattr(choice if step in ("cluster", "summarise") else nightly_line, step, crash)
        with pytest.raises(RuntimeError, match="power cut"):
            run(config)
    assert asked(config, "SELECT count(*) FROM editions") == [(0,)]
    assert asked(config, "SELECT count(*) FROM articles") == [(0,)]
    assert not mails(config)
    assert run(config).rendered == run(elsewhere(config, tmp_path)).rendered


def test_a_crash_after_the_save_only_mails(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edition that was saved is not made again; the next run mails it."""
    with monkeypatch.context() as patch:
        patch.setattr(nightly_run, "deliver", crash)
        with pytest.raises(RuntimeError, match="power cut"):
            run(config)
    assert not mails(config)
    monkeypatch.setattr(nightly_run, "line", crash)
    outcome = run(config)
    assert outcome.ending is Ending.MADE_BEFORE
    assert len(mails(config)) == 1


def test_a_model_that_cannot_be_loaded_leaves_nothing(config: Config, tmp_path: Path) -> None:
    """The night fails before anything is saved, and the list of runs says so."""
    digest = config.digest.model_copy(update={"model": str(tmp_path)})
    with pytest.raises(ModelError):
        run(config.model_copy(update={"digest": digest}))
    assert asked(config, "SELECT count(*) FROM editions") == [(0,)]
    assert run(config).ending is Ending.DONE


@pytest.mark.slow
def test_a_killed_run_leaves_nothing(config: Config, tmp_path: Path, tiny_causal: Path) -> None:
    """kill -9 while digests are written: no edition, no mail, no lock; the rerun gives the very same edition."""
    kill_while_writing(tmp_path, tiny_causal)
    assert asked(config, "SELECT count(*) FROM editions") == [(0,)]
    assert not mails(config)
    assert run(config).rendered == run(elsewhere(config, tmp_path)).rendered
    assert [outcome for (outcome,) in asked(config, "SELECT outcome FROM runs ORDER BY id")] == ["", "done"]


@pytest.mark.parametrize("seed", range(3))
def test_file_names_and_order_do_not_matter(config: Config, tmp_path: Path, seed: int) -> None:
    """The same articles in other files and another order give the same edition, byte for byte."""
    lines = list(LINES)
    Random(seed).shuffle(lines)  # noqa: S311 - a repeatable order, no secret
    for number, line in enumerate(lines):
        write_lines(tmp_path / "other" / f"{number}-{seed}.jsonl", [line])
    shuffled = configured(tmp_path / "state2", Path(config.digest.model), tmp_path / "other")
    assert run(shuffled).rendered == run(config).rendered


def test_pending_mail_is_sent_later(config: Config) -> None:
    """`send` delivers what a run left, and nothing when nothing is pending."""
    (receipt,) = run(config).receipts
    assert send_pending(config, moment(), of_that_night=True) == (receipt,)
    assert asked(config, "SELECT attempts FROM deliveries") == [(1,)]
    with pytest.raises(NewsfoldError, match="2026-03-11: there is none to send"):
        send_pending(config, moment(TOMORROW), of_that_night=True)


def test_sending_before_any_edition_is_an_error(config: Config) -> None:
    """Without an edition there is nothing to send, and that is said in a whole sentence."""
    with pytest.raises(NewsfoldError, match=r"^edition: there is none to send"):
        send_pending(config, moment(), of_that_night=False)


def crash(*_: object, **__: object) -> None:
    """Stands for any step that dies."""
    raise RuntimeError("power cut")


def elsewhere(config: Config, tmp_path: Path) -> Config:
    """The same configuration with a state of its own."""
    return config.model_copy(update={"data_dir": tmp_path / "elsewhere"})


def kill_while_writing(folder: Path, model: Path) -> None:
    """Start a night in a child process and kill it when its writer is at work."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen([sys.executable, __file__, str(folder), str(model)], env=environment) as child:
        try:
            for _ in range(PATIENCE_SECONDS * 10):
                if (folder / "writing").exists() or child.poll() is not None:
                    break
                time.sleep(0.1)
        finally:
            child.kill()
        assert child.wait() == -signal.SIGKILL


class _SlowWriter:
    """Says that it has begun, and never ends."""

    name = "slow"

    def __init__(self, sign: Path) -> None:
        self._sign = sign

    def write(self, sentences: Sequence[str], sparingly: bool = False) -> list[str]:
        """Wait to be killed."""
        self._sign.touch()
        time.sleep(PATIENCE_SECONDS)
        return [] if sparingly else list(sentences)


if __name__ == "__main__":
    place, weights = map(Path, sys.argv[1:])
    with pytest.MonkeyPatch.context() as child_patch:
        child_patch.setattr(loading, "load_writer", lambda *_: _SlowWriter(place / "writing"))
        run(configured(place / "state", weights, place / "in"))
