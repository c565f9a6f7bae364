"""What is older than is kept goes, bit by bit; what later nights and readers need stays."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from listeners import Notes
from made_nights import LINES, TONIGHT, WEDNESDAY, asked, configured, moment, write_lines
from pipeline.config import Config, EditionConfig, KeepConfig, MailConfig
from pipeline.errors import NewsfoldError, StoreError
from pipeline.nightly.desk import Outcome
from pipeline.nightly.run import last_unfinished, run_night, send_pending
from pipeline.nightly.tidying import cuts_of
from pipeline.progress import QUIET, Progress
from pipeline.records import DeliveryState, Echo
from pipeline.store import retention
from pipeline.store.core import Store, open_store
from pipeline.store.retention import Cuts, Dropped
from sample_nights import DAY, LIST, NOW, day, make_messages, make_night

TODAY = DAY + timedelta(days=100)
ALL = Cuts(*[day(1)] * 5)


def lines(store: Store, identifier: str) -> str:
    return "\n".join(store.explain(identifier))


@pytest.fixture
def nights(store: Store) -> Store:
    """A store of three nights with mail, the second of which repeats an article of the first."""
    for number in range(3):
        night = make_night(day(number), f"{number}-")
        echoes = (Echo("1-alone", "0-alone", 0.9, 0.9),) if number == 1 else ()
        store.save_night(replace(night, echoes=echoes))
        store.ledger.enqueue(day(number).isoformat(), LIST, make_messages("ann@example.org", "bob@example.org"), NOW)
    return store


def test_texts_go_and_explain_says_when(nights: Store) -> None:
    """Title, source and story are still known; the texts of later nights are untouched."""
    assert nights.drop(Cuts(texts=day(1)), TODAY) == Dropped(texts=5)
    assert "its text was dropped on 2026-06-09" in lines(nights, "0-one")
    assert "Title of 0-one" in lines(nights, "0-one")
    assert [article.text for article in nights.articles(["0-one"])] == [""]
    assert all(article.text for article in nights.articles_of(day(1)))
    assert nights.drop(Cuts(texts=day(1)), TODAY) == Dropped()


def test_articles_go_and_are_no_news(nights: Store) -> None:
    """A quiet blog's feed holds entries of years ago: what was news once is not news again.

    The told story stays with its edition, and what a later night refers to stays with that.
    """
    assert nights.drop(Cuts(articles=day(1)), TODAY) == Dropped(articles=4)
    assert nights.seen(["0-one", "0-twin", "0-alone", "never"]) == {"0-one", "0-twin", "0-alone"}
    assert nights.articles(["0-one", "0-alone"])[0].id == "0-alone"
    assert "rank 1 of edition 2026-03-01" in lines(nights, "0-dam")
    assert "its articles were dropped on 2026-06-09" in lines(nights, "0-dam")
    assert lines(nights, "0-chess") == ""
    assert "its articles were dropped on 2026-06-09" in lines(nights, "2026-03-01")
    assert len(nights.articles_of(day(1))) == 5
    assert nights.drop(Cuts(articles=day(2)), TODAY) == Dropped(articles=6)
    assert nights.drop(Cuts(articles=day(2)), TODAY) == Dropped()


def test_editions_go_and_their_ledger_stays(nights: Store) -> None:
    """There was an edition, and who was sent it is known; it can be neither shown, nor made again, nor sent."""
    assert nights.drop(Cuts(editions=day(1)), TODAY) == Dropped(editions=1)
    assert [issue.night for issue in nights.issues()] == [day(2), day(1)]
    with pytest.raises(StoreError, match=r"2026-03-01: dropped on 2026-06-09, as keep\.editions_days says"):
        nights.edition(DAY.isoformat())
    with pytest.raises(StoreError, match="frozen"):
        nights.save_night(make_night(DAY, "again-"))
    assert len(nights.ledger.deliveries(DAY.isoformat())) == 2
    assert "dropped on 2026-06-09" in lines(nights, "2026-03-01")
    assert nights.drop(Cuts(editions=date.max), TODAY) == Dropped(editions=1)
    latest = nights.latest_edition()
    assert latest is not None, "the latest edition always stays"
    assert latest.html


def test_messages_go_and_the_ledger_still_proves_them(nights: Store) -> None:
    """What was sent stays sent, what waited has failed, and what is in doubt cannot be sent again."""
    ann, bob = nights.ledger.deliveries(DAY.isoformat())
    nights.ledger.mark(ann, DeliveryState.SENDING, "", NOW)
    nights.ledger.mark(ann, DeliveryState.SENT, "250 ok", NOW)
    assert nights.expiring_messages(Cuts(messages=day(1))) == (
        (DAY.isoformat(), "ann@example.org", ann.message_id),
        (DAY.isoformat(), "bob@example.org", bob.message_id),
    )
    assert nights.drop(Cuts(messages=day(1)), TODAY) == Dropped(messages=2)
    rows = {row.recipient: (row.state, row.detail) for row in nights.ledger.deliveries(DAY.isoformat())}
    assert rows == {
        "ann@example.org": (DeliveryState.SENT, "250 ok"),
        "bob@example.org": (DeliveryState.FAILED, "never sent, and too old by now: "),
    }
    with pytest.raises(StoreError, match=r"dropped on 2026-06-09, as keep\.messages_days says"):
        nights.ledger.force(bob, NOW)
    assert nights.ledger.message(nights.ledger.pending(day(1).isoformat())[0]).content


def test_receipts_go_last(nights: Store) -> None:
    """Rows of the ledger go only once their bytes have gone; runs go with them."""
    run = nights.start_run(DAY, NOW)
    nights.finish_run(run, "done", NOW)
    assert nights.drop(Cuts(receipts=day(1)), TODAY) == Dropped()
    assert nights.drop(ALL, TODAY).receipts == 2
    assert nights.ledger.deliveries(DAY.isoformat()) == ()
    assert nights.last_runs(5) == ()


def test_everything_at_once_leaves_a_sound_file(nights: Store, path: Path) -> None:
    """No row leads nowhere, and a further night fits in."""
    nights.drop(Cuts(*[date.max] * 5), TODAY)
    nights.save_night(make_night(day(3), "3-"))
    nights.close()
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("step", range(1, 12))
def test_a_run_that_dies_while_dropping_is_gone_on_with(
    nights: Store, path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Whatever change is the last before the power fails, the next night drops the rest and no more."""
    monkeypatch.setattr(retention, "BATCH", 2)
    left = iter(range(step))

    def failing(real: Callable[..., object]) -> Callable[..., object]:
        def change(*arguments: object) -> object:
            if next(left, None) is None:
                raise StoreError("power cut")
            return real(*arguments)

        return change

    database = nights._database
    with monkeypatch.context() as patch:
        patch.setattr(database, "change", failing(database.change))
        with pytest.raises(StoreError, match="power cut"):
            nights.drop(ALL, TODAY)
    nights.close()
    with open_store(path) as store:
        store.drop(ALL, TODAY)
        assert store.drop(ALL, TODAY) == Dropped()
        assert store.seen(["0-one", "1-one"]) == {"0-one", "1-one"}
        assert [issue.night for issue in store.issues()] == [day(2), day(1)]
        assert all(article.text for article in store.articles_of(day(1)))


def test_a_file_that_is_mostly_empty_is_made_smaller(store: Store, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who keeps less from now on gets the room back; a few empty pages are used again instead."""
    for number in range(5):
        night = make_night(day(number), f"{number}-")
        store.save_night(replace(night, rendered=replace(night.rendered, html="x" * 1_000_000)))
    assert not store.compact()
    store.drop(Cuts(editions=day(4)), TODAY)
    assert not store.compact(), "too little to be worth it"
    monkeypatch.setattr(retention, "_LEAST_FREE", 1_000_000)
    assert store.compact()
    store.close()
    assert path.stat().st_size < 1_500_000
    with open_store(path) as again:
        assert again.latest_edition() is not None


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A folder of four articles, read without a model; all but editions is kept as briefly as can be."""
    source = write_lines(tmp_path / "in" / "day.jsonl", LINES).parent
    made = configured(tmp_path / "state", Path("none"), source, remember_days=2)
    return made.model_copy(update={"keep": KeepConfig(texts_days=1, articles_days=1, editions_days=1, messages_days=1)})


def run(config: Config, night: date, heard: Progress = QUIET) -> Outcome:
    return run_night(config, moment(night), heard)


def test_a_night_drops_what_is_old_and_says_so(config: Config, tmp_path: Path) -> None:
    """State, archive and outbox: the old edition's pages and mail are gone, and no link leads to them."""
    run(config, TONIGHT)
    write_lines(tmp_path / "in" / "wednesday.jsonl", WEDNESDAY)
    later, heard = TONIGHT + timedelta(days=4), list[str]()
    (config.outbox_folder / TONIGHT.isoformat() / "mine.txt").write_text("mine", encoding="utf-8")
    run(config, later, Notes(heard))
    assert "dropped what is older than is kept: 4 texts, 4 articles, 1 editions, 1 messages" in heard
    assert not (config.archive_folder / f"{TONIGHT}.html").exists()
    assert not (config.archive_folder / f"{TONIGHT}").exists()
    assert f"{TONIGHT}" not in (config.archive_folder / "index.html").read_text(encoding="utf-8")
    assert [path.name for path in (config.outbox_folder / TONIGHT.isoformat()).iterdir()] == ["mine.txt"]
    assert asked(config, "SELECT state, length(content) FROM deliveries WHERE expired IS NOT NULL") == [("sent", 0)]
    with pytest.raises(NewsfoldError, match="dropped on"):
        send_pending(config, moment(TONIGHT), of_that_night=True)


def test_dropped_articles_that_come_in_again_are_no_news(config: Config, tmp_path: Path) -> None:
    """The same lines in another file, after everything about them was dropped, make no story."""
    run(config, TONIGHT)
    run(config, TONIGHT + timedelta(days=4))
    (tmp_path / "in" / "day.jsonl").unlink()
    write_lines(tmp_path / "in" / "again.jsonl", LINES)
    outcome = run(config, TONIGHT + timedelta(days=8))
    assert outcome.edition is not None
    assert (outcome.edition.counts.seen, outcome.edition.counts.articles) == (4, 0)
    assert asked(config, "SELECT path FROM files") == [(str(tmp_path / "in" / "again.jsonl"),)]


@pytest.mark.parametrize("articles_days", [0, 1])
def test_a_past_night_without_texts_says_so(config: Config, articles_days: int) -> None:
    """It would look like a quiet night; nothing is saved, and it is not left unfinished."""
    keep = KeepConfig(texts_days=1, articles_days=articles_days)
    config = config.model_copy(update={"keep": keep})
    run(config, TONIGHT + timedelta(days=1))
    run(config, TONIGHT + timedelta(days=5))
    with pytest.raises(NewsfoldError, match=r"dropped on 2026-03-15, as keep\.texts_days says"):
        run(config, TONIGHT)
    assert last_unfinished(config) is None
    assert asked(config, "SELECT count(*) FROM editions") == [(2,)]


def test_a_past_night_tells_what_it_lacks(config: Config, tmp_path: Path) -> None:
    """That some of its texts are gone, or that nothing was ever stored of it."""
    config = config.model_copy(update={"keep": KeepConfig(texts_days=1, articles_days=0)})
    run(config, TONIGHT + timedelta(days=1))
    late = {**WEDNESDAY[0], "published": "2026-03-09T21:00:00+00:00"}
    write_lines(tmp_path / "in" / "late.jsonl", [late])
    run(config, TONIGHT + timedelta(days=4))
    heard = list[str]()
    made = run(config, TONIGHT, Notes(heard)).edition
    assert made is not None
    assert made.counts.articles == 1
    assert any("some texts of its articles were dropped on 2026-03-14" in told for told in heard)
    run(config, TONIGHT - timedelta(days=5), Notes(heard))
    assert "no stored article was published in the day up to 2026-03-05 04:00 UTC" in heard


def test_a_slip_in_the_date_drops_nothing(config: Config) -> None:
    """`--date 2126-…` makes that night; it is not a hundred years later for what is kept."""
    run(config, TONIGHT)
    now = moment(TONIGHT)
    run_night(config, replace(now, night=TONIGHT + timedelta(days=36_500)))
    assert asked(config, "SELECT count(*) FROM articles WHERE text != ''") == [(4,)]


def test_a_source_that_may_not_be_read_any_more_fails_no_night(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is gone is forgotten; one in a folder that is closed tonight may be there tomorrow, unchanged."""
    for name in ("closed", "gone"):
        write_lines(tmp_path / "in" / f"{name}.jsonl", [{**LINES[0], "id": name}])
    run(config, TONIGHT)
    (tmp_path / "in" / "gone.jsonl").unlink()
    stat = Path.stat

    def closed(path: Path, **how: bool) -> object:
        if path.name == "closed.jsonl":
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **how)

    monkeypatch.setattr(Path, "is_file", lambda path: path.name != "closed.jsonl" and path.exists())
    monkeypatch.setattr(Path, "stat", closed)
    run(config, TONIGHT + timedelta(days=1))
    known = [Path(str(path)).name for (path,) in asked(config, "SELECT path FROM files ORDER BY path")]
    assert known == ["closed.jsonl", "day.jsonl"]


def test_times_that_need_each_other_hold() -> None:
    """Texts are kept as long as stories are continued, and bytes as long as a message may go out; 0 is for good."""
    config = Config(
        edition=EditionConfig(remember_days=40),
        keep=KeepConfig(texts_days=1, articles_days=1, messages_days=1, receipts_days=1),
        mail=MailConfig(hold_hours=100),
    )
    today = date(2026, 3, 10)
    kept = Cuts(*(today - timedelta(days=days) if days else None for days in (40, 40, 0, 5, 5)))
    assert cuts_of(config, today) == kept
    assert cuts_of(Config(keep=KeepConfig(texts_days=0)), today).articles is None
