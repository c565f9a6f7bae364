"""A state of any schema there has been goes on: its nights are there, its mail stays sent, and a night runs on it."""

import json
import sqlite3
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest

from made_nights import LINES, TONIGHT, WEDNESDAY, asked, configured, moment, write_lines
from pipeline.config import Config
from pipeline.nightly.run import run_night
from pipeline.records import Choice, DeliveryState, Telling
from pipeline.store.backup import check_state, write_backup
from pipeline.store.core import open_store

NIGHT = TONIGHT - timedelta(days=1)
FOLDER = resources.files("pipeline.store") / "migrations"
SCHEMAS = sorted(file.name for file in FOLDER.iterdir() if file.name.endswith(".sql"))
COUNTS = json.dumps({"items": 3, "rejected": 1, "articles": 2, "outlets": 2, "copies": 1, "stories": 1})
EVIDENCE = [{"article": "old-one", "sentence": "A fire burned."}]
SENTENCES = json.dumps([{"text": "A fire burned.", "evidence": EVIDENCE, "method": "written", "refused": ""}])
LATE = "2026-03-09T04:00:00+00:00"
TEXT = LINES[0]["text"]
Row = tuple[str | int | float | bytes | None, ...]
LIST, OTHER = "daily.newsfold.localhost", "other"
FEED = "https://n.example/feed"
# What the program wrote when a migration was the latest: rows of the tables that it had made, by its number.
ROWS: dict[str, list[tuple[str, Row]]] = {
    "0001": [
        ("settings", ("secret", "ab" * 32)),
        ("runs", (1, "2026-03-09", LATE, LATE, "done")),
        ("editions", ("2026-03-09", "Old", LATE, "Old subject", "<p>old</p>", "old", "<html>old</html>", 0, COUNTS)),
        ("articles", ("old-one", "2026-03-09", "Fire", TEXT, "https://n.example/1", LATE, "en", "P", "in/1", "{}")),
        ("articles", ("old-two", "2026-03-09", "Fire", TEXT, "", None, "en", "Bell", "in/2", '{"x": 1}')),
        ("stories", ("2026-03-09", "s-old", "Fire", "", "")),
        ("memberships", ("2026-03-09", "old-one", "s-old", 0, "old-one", 1.0, 1.0, 1)),
        ("memberships", ("2026-03-09", "old-two", "s-old", 1, "old-one", 1.0, 1.0, 1)),
        ("entries", ("2026-03-09", "s-old", 1, 2.5, LATE, LATE, "Old fire", "written", "m", SENTENCES, "[]")),
        ("left_out", ("2026-03-09", 0, "s-out", "Chess", "beyond")),
        ("rejects", ("2026-03-09", "item", 0, "clean", "in/3.html", "no text", "")),
        ("deliveries", ("2026-03-09", LIST, "", "<m>", b"m", "sent", 1, "out", LATE)),
        ("deliveries", ("2026-03-09", OTHER, "ann@example.org", "<n>", b"n", "unknown", 1, "?", LATE)),
        ("suppressed", ("gone@example.org", "550 5.1.1", LATE)),
    ],
    "0002": [("echoes", ("2026-03-09", "old-two", "old-one", 0.9, 0.9))],
    "0003": [("aliases", ("s-older", "s-old", "2026-03-09"))],
    "0004": [("terms", ("fire", 2.0)), ("terms_as_of", (1, "2026-03-09", 2.0))],
    "0005": [("feeds", (FEED, FEED, LATE, "e", "", 4, "no answer", None, None, None))],
    "0006": [("files", ("/gone/1.html", 10, 1))],
    "0007": [
        ("unsubscribed", (LIST, "left@example.org", "by link", LATE)),
        ("tokens", ("t", LIST, "left@example.org")),
    ],
    "0008": [("story_pages", ("2026-03-09", 1, "s-old", zlib.compress(b"<html>fire</html>")))],
    "0010": [("known", (5,))],
    "0012": [("letters", ("2026-03-09", "", '["Fires"]', "Letter", zlib.compress(b"<p>"), zlib.compress(b"t"), 0))],
    "0013": [
        ("deliveries", ("2026-03-09", LIST, "bob@example.org", "<o>", b"o", "withdrawn", 0, "left", LATE, None)),
    ],
}


def statements(script: str) -> Iterator[str]:
    """The statements of a migration."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def old_state(path: Path, schemas: int) -> None:
    """A state as the program left it when so many migrations were all there were."""
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA foreign_keys = ON")
        for name in SCHEMAS[:schemas]:
            for statement in statements((FOLDER / name).read_text(encoding="utf-8")):
                database.execute(statement)
            for table, values in ROWS.get(name[:4], []):
                database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608 - our own names
        database.execute(f"PRAGMA user_version = {schemas}")
    database.close()


def has(schemas: int, name: str) -> bool:
    """Whether a migration was among the first."""
    return any(one.startswith(name) for one in SCHEMAS[:schemas])


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A folder of an article that continues the old state's story, read without a model."""
    source = write_lines(tmp_path / "in" / "day.jsonl", WEDNESDAY).parent
    return configured(tmp_path / "state", Path("none"), source)


def test_every_migration_has_rows() -> None:
    """A new migration that makes a table puts a row into it here."""
    made = [name for name in SCHEMAS if "CREATE TABLE" in (FOLDER / name).read_text(encoding="utf-8")]
    assert [name for name in made if name[:4] not in ROWS] == []


@pytest.mark.parametrize("schemas", range(1, len(SCHEMAS) + 1))
def test_a_night_runs_on_every_schema(config: Config, schemas: int) -> None:
    """What an earlier program saved is read as it was, told on, and neither lost nor sent again."""
    old_state(config.state_file, schemas)
    assert run_night(config, moment()).rendered.edition == TONIGHT.isoformat()
    check_state(config.state_file, thoroughly=True)
    with open_store(config.state_file) as store:
        old = store.edition("2026-03-09")
        assert old is not None
        assert (old.subject, old.html, old.text, old.page) == ("Old subject", "<p>old</p>", "old", "<html>old</html>")
        assert old.cutoff == datetime(2026, 3, 9, 4, tzinfo=UTC)
        assert [page.html for page in old.stories] == (["<html>fire</html>"] if has(schemas, "0008") else [])
        assert store.seen(["old-one", "old-two", "new"]) == {"old-one", "old-two"}
        one, two = store.articles(["old-one", "old-two"])
        assert (one.text, dict(two.extra)) == (TEXT, {"x": 1})
        rows = {row.recipient: row.state for row in store.ledger.deliveries("2026-03-09")}
        bob = {"bob@example.org": DeliveryState.WITHDRAWN} if has(schemas, "0013") else {}
        assert rows == {"": DeliveryState.SENT, "ann@example.org": DeliveryState.UNKNOWN} | bob
        letter = store.letter("2026-03-09", Choice("", ("Fires",)))
        assert (letter.html if letter else None) == ("<p>" if has(schemas, "0012") else None)
        assert [one.recipient for one in store.ledger.suppressed_recipients()] == ["gone@example.org"]
        assert store.last_runs(9)[-1].outcome == "done"
        assert store.told_before(["s-old"], TONIGHT) == (Telling(NIGHT, "s-old", "Old fire", has(schemas, "0008")),)
        explained = "\n".join(store.explain("old-two"))
        assert "exact copy of old-one" in explained
        assert "rank 1 of edition 2026-03-09: Old fire" in explained
        assert ("repeats old-one" in explained) == has(schemas, "0002")
        assert store.present_id("s-older") == ("s-old" if has(schemas, "0003") else "s-older")
        assert ("https://n.example/feed" in store.feeds()) == has(schemas, "0005")
        left = {one.recipient for one in store.subscriptions.departures("daily.newsfold.localhost")}
        assert left == ({"left@example.org"} if has(schemas, "0007") else set())
        assert "rejected by clean: in/3.html: no text" in store.rejects("2026-03-09")
    (continued,) = asked(config, "SELECT continues_night FROM stories WHERE edition = '2026-03-10'")
    assert continued == ("2026-03-09",)


@pytest.mark.parametrize("schemas", [1, 5])
def test_a_backup_of_an_old_state_is_one(config: Config, tmp_path: Path, schemas: int) -> None:
    """Before an upgrade people make a backup, with the new program: it does not change the state that it copies."""
    old_state(config.state_file, schemas)
    write_backup(config.state_file, tmp_path / "copy", datetime(2026, 3, 9, tzinfo=UTC))
    assert asked(config, "PRAGMA user_version") == [(schemas,)]
    with sqlite3.connect(tmp_path / "copy") as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (schemas,)
