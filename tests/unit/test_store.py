"""The store keeps what a night decided and refuses files it cannot trust."""

import dataclasses
import sqlite3
import stat
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.records import CopyGroup, Echo, Edition, Story
from pipeline.store.core import Store, open_store
from pipeline.store.database import _migrations
from sample_nights import DAY, NOW, make_article, make_night


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "newsfold.db"


def test_edition_comes_back_as_it_was_rendered(store: Store) -> None:
    """A second delivery sends exactly what the night rendered."""
    store.save_night(make_night())
    assert store.edition(DAY.isoformat()) == make_night().rendered
    assert store.edition("2020-01-01") is None


def test_latest_edition_is_the_latest_night_not_the_last_saved(store: Store) -> None:
    """`preview` and `send` show the newest edition even after an old night was made up for."""
    assert store.latest_edition() is None
    store.save_night(make_night(DAY, "new-"))
    store.save_night(make_night(DAY - timedelta(days=3), "old-"))
    latest = store.latest_edition()
    assert latest is not None
    assert latest.edition == DAY.isoformat()


def test_saved_night_is_frozen(store: Store) -> None:
    """A second run cannot swap the edition that mail has gone out for."""
    store.save_night(make_night())
    with pytest.raises(StoreError, match="frozen"):
        store.save_night(make_night(prefix="changed-"))
    assert store.seen(["changed-one"]) == frozenset()


def test_failing_night_leaves_nothing_behind(store: Store) -> None:
    """A night is saved whole or not at all: an article in two stories breaks it after most of it was written."""
    night = make_night()
    twice = dataclasses.replace(night, stories=(*night.stories, Story("again", (CopyGroup(night.articles[0]),))))
    with pytest.raises(StoreError, match="nothing was saved"):
        store.save_night(twice)
    assert store.edition(DAY.isoformat()) is None
    assert store.seen(["one"]) == frozenset()
    store.save_night(night)


def test_seen_knows_every_stored_article_and_no_other(store: Store) -> None:
    """An article is news once: leads, copies and articles outside stories are all remembered."""
    store.save_night(make_night())
    assert store.seen(["one", "twin", "alone", "never", "on"]) == {"one", "twin", "alone"}


def test_article_of_two_nights_keeps_its_first_form(store: Store) -> None:
    """A night that takes up an article again does not fail on it."""
    store.save_night(make_night(DAY))
    store.save_night(make_night(DAY + timedelta(days=1)))
    assert "came in on 2026-03-01" in "\n".join(store.explain("one"))


def test_stories_of_entries_are_saved_even_when_not_listed(store: Store) -> None:
    """An edition never points to a story the store does not have."""
    store.save_night(dataclasses.replace(make_night(), stories=(), articles=()))
    assert store.explain("dam")


def test_past_stories_come_back_in_order_with_their_leads(store: Store) -> None:
    """What later nights compare against is complete, without copies, and the same on every run."""
    for offset in (2, 0, 1):
        store.save_night(make_night(DAY + timedelta(days=offset), f"{offset}-"))
    stories = store.past_stories(DAY, DAY + timedelta(days=2))
    assert [(story.night.day, story.id) for story in stories] == [
        (1, "0-chess"), (1, "0-dam"), (2, "1-chess"), (2, "1-dam"),
    ]  # fmt: skip
    dam = stories[1]
    assert dam.headline == "Dam reopens"
    assert dam.articles == (make_article("0-one"), make_article("0-other"))
    assert dict(dam.articles[0].extra) == dict(make_article("0-one").extra)


def test_text_that_is_not_unicode_costs_no_night(store: Store) -> None:
    """A lone surrogate, a NUL or a year 1 out of one bad article does not stop the night from being saved."""
    bad = dataclasses.replace(
        make_article("bad", title="half \ud83d a\0b"),
        published=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))),
    )
    night = dataclasses.replace(make_night(), stories=(Story("bad-story", (CopyGroup(bad),)),))
    store.save_night(night)
    (article,) = store.past_stories(DAY, date.max)[0].articles
    assert article.title == "half \ufffd a\0b"
    assert article.published is None


def test_runs_are_listed_latest_first_and_a_dead_one_shows(store: Store) -> None:
    """`status` tells a run that ended from one that never did."""
    died = store.start_run(DAY, NOW)
    done = store.start_run(DAY, NOW)
    store.finish_run(done, "done", NOW + timedelta(minutes=5))
    latest, dead = store.last_runs(5)
    assert (latest.id, latest.outcome, latest.finished) == (done, "done", NOW + timedelta(minutes=5))
    assert (dead.id, dead.night, dead.started, dead.finished) == (died, DAY, NOW, None)
    assert store.last_runs(1) == (latest,)


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("one", ["inbox/one.html", "leads its copies twin", "in story dam", "rank 1 of edition 2026-03-01"]),
        ("twin", ["copy of one (similarity 0.875, containment 0.960)", "number 40 unsupported"]),
        ("quiet", ["in story chess", "left out of edition 2026-03-01: budget: 1 story"]),
        ("alone", ["in no story"]),
        ("dam", ["continues story old-story of 2026-02-28", "score 4.500", "digest mixed by tiny", "article other"]),
        ("chess", ["left out of edition 2026-03-01: budget: 1 story"]),
        ("2026-03-01", ["rejected 1", "1. Dam reopens", "left out: Chess club", "source failed by ingest", "no text"]),
        ("inbox/day.jsonl:7", ["rejected by clean", "no text", "night of 2026-03-01"]),
        ("inbox/day.jsonl", ["rejected by clean"]),
        ("empty", ["rejected by clean", "no text"]),
        ("https://down.example/feed", ["source failed by ingest", "no answer"]),
    ],
)
def test_explain_says_what_happened(store: Store, identifier: str, expected: list[str]) -> None:
    """Every id and path a reader can meet is traced to the decision taken on it."""
    store.save_night(make_night())
    lines = "\n".join(store.explain(identifier))
    assert [part for part in expected if part not in lines] == []


@pytest.mark.parametrize("identifier", ["", "nothing", "inbox", "%", "inbox/day.json"])
def test_explain_of_something_unknown_is_empty(store: Store, identifier: str) -> None:
    """An unknown id, or half of a path, is not answered with somebody else's story."""
    store.save_night(make_night())
    assert store.explain(identifier) == ()


def test_explain_lines_hold_no_terminal_commands(store: Store) -> None:
    """A title from outside cannot write over the reader's terminal or fake further lines."""
    bad = make_article("bad", title="x\x1b[2J\nfake line\u2028y")
    store.save_night(dataclasses.replace(make_night(), articles=(bad,)))
    assert all(line.isprintable() for line in store.explain("bad"))


def test_unsubscribe_token_is_stable_and_nobody_elses(store: Store, path: Path) -> None:
    """A link in last month's mail still works, and no token follows from another or from another store."""
    token = store.subscriptions.token("list", "Ann@example.org")
    with open_store(path) as again, open_store(path.with_name("other.db")) as other:
        assert again.subscriptions.token("list", "ann@example.org") == token
        assert other.subscriptions.token("list", "ann@example.org") != token
    assert store.subscriptions.token("list", "bob@example.org") != token


def test_file_is_private(store: Store, path: Path) -> None:
    """Recipients and the unsubscribe secret are not readable for other users."""
    store.save_night(make_night())
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_newer_file_is_refused(path: Path) -> None:
    """An old program does not write into a file whose meaning it does not know."""
    open_store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="upgrade Newsfold"):
        open_store(path)


def test_something_else_is_refused(path: Path) -> None:
    """A file that is no database is left as it is, with advice."""
    path.parent.mkdir()
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="restore a backup"):
        open_store(path)
    assert path.read_bytes().startswith(b"not a database")


def test_damaged_file_is_refused(path: Path) -> None:
    """A file with a broken page is noticed at once, not in the middle of a night."""
    with open_store(path) as store:
        store.save_night(make_night())
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 12] = b"\xff" * 4096 * 9
    path.write_bytes(content)
    with pytest.raises(StoreError, match="restore a backup"):
        open_store(path)


def test_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """A wrong data_dir is named with its path."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="check data_dir"):
        open_store(tmp_path / "file" / "newsfold.db")


def test_locked_file_says_so(store: Store, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in use by another program gives a StoreError that says to try again, after the busy time."""
    monkeypatch.setattr("pipeline.store.database.BUSY_SECONDS", 0)
    with open_store(path) as impatient:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="try again"):
            impatient.save_night(make_night())
        other.execute("ROLLBACK")
        other.close()
    store.save_night(make_night())


def test_failed_migration_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration that breaks half way is rolled back, and the old program still opens the file."""
    open_store(path).close()
    broken = [*_migrations(), "CREATE TABLE extra (x TEXT) STRICT;\nCREATE TABLE runs (x TEXT) STRICT;"]
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.store.database._migrations", lambda: broken)
        with pytest.raises(StoreError):
            open_store(path)
    with open_store(path) as store:
        assert store.last_runs(1) == ()
    tables = sqlite3.connect(path).execute("SELECT name FROM sqlite_master WHERE name = 'extra'").fetchall()
    assert tables == []


def test_a_file_of_an_earlier_schema_is_brought_up_to_date(
    path: Path, old_state: Callable[[int], sqlite3.Connection]
) -> None:
    """A night saved by the first version is there after the upgrade, and the new tables are too."""
    with old_state(1) as database:
        database.execute("INSERT INTO runs (night, started) VALUES ('2026-03-01', '2026-03-02T05:00:00+00:00')")
    database.close()
    with open_store(path) as store:
        assert len(store.last_runs(5)) == 1
        store.save_night(make_night())


def test_what_nights_held_can_be_asked(store: Store) -> None:
    """Which nights there are, what came in on each, and which story an article was last in."""
    first, second = make_night(), make_night(DAY + timedelta(days=1), "next-")
    echo = Echo("next-one", "one", 0.9, 0.95)
    store.save_night(first)
    store.save_night(dataclasses.replace(second, echoes=(echo,)))
    assert store.nights_since(DAY) == (DAY, DAY + timedelta(days=1))
    assert store.nights_since(DAY + timedelta(days=1)) == (DAY + timedelta(days=1),)
    assert {one.id for one in store.articles_of(DAY)} == {one.id for one in first.articles}
    assert [one.id for one in store.articles(["two", "one", "next-one"])] == ["one", "next-one"]
    told = store.stories_with(["one", "alone", "next-one"], DAY, DAY + timedelta(days=1))
    assert told == {"one": first.stories[0].id}
    likeness = "(similarity 0.900, containment 0.950)"
    assert f"  repeats one of 2026-03-01: Title of one [Example Post] {likeness}" in store.explain("next-one")
    assert f"  repeated by next-one of 2026-03-02 {likeness}" in store.explain("one")


def test_times_are_kept_in_utc(store: Store) -> None:
    """A cut-off given in another zone comes back as the same moment in UTC."""
    night = make_night()
    local = night.rendered.cutoff.astimezone(timezone(timedelta(hours=9)))
    edition: Edition = dataclasses.replace(night.edition, cutoff=local)
    store.save_night(
        dataclasses.replace(night, edition=edition, rendered=dataclasses.replace(night.rendered, cutoff=local))
    )
    saved = store.edition(edition.id)
    assert saved is not None
    assert saved.cutoff == local
    assert saved.cutoff.tzinfo == UTC
