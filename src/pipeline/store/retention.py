"""What the state drops when it is older than is kept, and how much room that gives.

Every transaction is small: a run that is killed here, or finds the disk full, has dropped less, and the next one goes
on. What has been dropped is marked, so that `explain` can say so. Two things stay for good: that there was an edition,
and which articles have been news.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date

from pipeline.store.database import Database, Value

BATCH = 2_000
"""Rows without large values that are changed at a time."""
MESSAGES = 200
"""Messages whose bytes are dropped at a time."""
_LEAST_FREE = 16 * 1024 * 1024
"""Bytes of empty pages that are worth rewriting the file for, if they are most of it."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """The first nights of which each kind is kept; None keeps all."""

    texts: date | None = None
    articles: date | None = None
    editions: date | None = None
    messages: date | None = None
    receipts: date | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """How much was dropped: texts and articles, editions, the bytes of messages, rows of the ledger."""

    texts: int = 0
    articles: int = 0
    editions: int = 0
    messages: int = 0
    receipts: int = 0

    def __str__(self) -> str:
        """What there was to drop, for people; empty for nothing."""
        counts = ((field.name, getattr(self, field.name)) for field in fields(self))
        return ", ".join(f"{count} {name}" for name, count in counts if count)


def drop(database: Database, cuts: Cuts, today: date) -> Dropped:
    """Drop what is older than the cuts, and note that it was today. The latest edition is never dropped."""
    return Dropped(
        texts=_texts(database, cuts.texts, today),
        articles=_articles(database, cuts.articles, today),
        editions=_editions(database, cuts.editions, today),
        messages=_messages(database, cuts.messages, today),
        receipts=_receipts(database, cuts.receipts),
    )


def expiring_messages(database: Database, before: date | None) -> tuple[tuple[str, str, str], ...]:
    """The edition, recipient and Message-ID of each message that `drop` would take the bytes of."""
    rows = database.rows(
        "SELECT edition, recipient, message_id FROM deliveries WHERE edition < ? AND expired IS NULL"
        " ORDER BY edition, recipient, message_id",
        (_text(before),),
    )
    return tuple((row["edition"], row["recipient"], row["message_id"]) for row in rows)


def is_known(database: Database, article: str) -> bool:
    """Whether an article was dropped that had this id."""
    return database.row("SELECT 1 FROM known WHERE id = ?", (_number(article),)) is not None


def compact(database: Database) -> bool:
    """Rewrite the file when most of it is empty; whether that was so. Otherwise empty pages are used again."""
    free, pages, size = (
        database.rows(f"PRAGMA {name}")[0][0] for name in ("freelist_count", "page_count", "page_size")
    )
    if free * size < _LEAST_FREE or 2 * free < pages:
        return False
    database.change("VACUUM")
    return True


def _texts(database: Database, before: date | None, today: date) -> int:
    return _emptied(database, "articles", "text = '', extra = '{}', expired = ?", before, today, BATCH)


def _articles(database: Database, before: date | None, today: date) -> int:
    """Night by night, all that tells how articles became stories; then the articles that no later night refers to."""
    for night in _nights(database, before, "articles_expired"):
        with database.transaction():
            for table in ("echoes", "memberships", "left_out"):
                database.change(f"DELETE FROM {table} WHERE edition = ?", (night,))  # noqa: S608 - our own names
            database.change("DELETE FROM rejects WHERE edition = ? AND kind = 'item'", (night,))
            database.change(
                "DELETE FROM stories WHERE edition = ?1"
                " AND NOT EXISTS (SELECT 1 FROM entries WHERE edition = ?1 AND story = stories.id)",
                (night,),
            )
            database.change("UPDATE editions SET articles_expired = ? WHERE id = ?", (today.isoformat(), night))
    dropped = 0
    while ids := _loose_articles(database, before):
        with database.transaction():
            database.change_many("INSERT OR IGNORE INTO known VALUES (?)", ((_number(one),) for one in ids))
            database.change_many("DELETE FROM articles WHERE id = ?", ((one,) for one in ids))
        dropped += len(ids)
    return dropped


def _loose_articles(database: Database, before: date | None) -> Sequence[str]:
    """Some of the articles that came in before a night and stand in nothing that is kept."""
    rows = database.rows(
        "SELECT id FROM articles WHERE edition < ?"
        " AND NOT EXISTS (SELECT 1 FROM memberships WHERE article = articles.id)"
        " AND NOT EXISTS (SELECT 1 FROM memberships WHERE lead = articles.id)"
        " AND NOT EXISTS (SELECT 1 FROM echoes WHERE article = articles.id)"
        " AND NOT EXISTS (SELECT 1 FROM echoes WHERE earlier = articles.id) LIMIT ?",
        (_text(before), BATCH),
    )
    return [row["id"] for row in rows]


def _editions(database: Database, before: date | None, today: date) -> int:
    """Night by night, the edition and its stories; that there was one stays, and so does its ledger."""
    latest = database.rows("SELECT max(id) FROM editions")[0][0]
    nights = [night for night in _nights(database, before, "pages_expired") if night != latest]
    for night in nights:
        with database.transaction():
            for table in ("story_pages", "letters", "entries", "left_out", "rejects"):
                database.change(f"DELETE FROM {table} WHERE edition = ?", (night,))  # noqa: S608 - our own names
            database.change(
                "DELETE FROM stories WHERE edition = ?1"
                " AND NOT EXISTS (SELECT 1 FROM memberships WHERE edition = ?1 AND story = stories.id)",
                (night,),
            )
            database.change(
                "UPDATE editions SET html = '', text = '', page = '', pages_expired = ? WHERE id = ?",
                (today.isoformat(), night),
            )
    return len(nights)


def _messages(database: Database, before: date | None, today: date) -> int:
    """The bytes of messages, and the letters they were made of; one that still waits will not be sent any more."""
    database.change("DELETE FROM letters WHERE edition < ?", (_text(before),))
    changes = (
        "content = x'', expired = ?,"
        " detail = CASE state WHEN 'pending' THEN 'never sent, and too old by now: ' || detail ELSE detail END,"
        " state = CASE state WHEN 'pending' THEN 'failed' WHEN 'sending' THEN 'unknown' ELSE state END"
    )
    return _emptied(database, "deliveries", changes, before, today, MESSAGES)


def _emptied(database: Database, table: str, changes: str, before: date | None, today: date, most: int) -> int:
    """Make what is large in old rows empty, and put the rows close together at the table's end; how many there were.

    Where they stand each has a page of its own, which SQLite would not give back for a row that has shrunk.
    """
    asked = f"SELECT rowid FROM {table} WHERE edition < ? AND expired IS NULL ORDER BY rowid LIMIT ?"  # noqa: S608 - our own names
    update = f"UPDATE {table} SET {changes}, rowid = ? WHERE rowid = ?"  # noqa: S608 - our own names
    total = 0
    while rows := database.rows(asked, (_text(before), most)):
        last: int = database.rows(f"SELECT max(rowid) FROM {table}")[0][0]  # noqa: S608 - our own names
        with database.transaction():
            database.change_many(
                update, ((today.isoformat(), last + place, row["rowid"]) for place, row in enumerate(rows, start=1))
            )
        total += len(rows)
    return total


def _receipts(database: Database, before: date | None) -> int:
    """Rows of the ledger whose bytes are gone, and runs."""
    _in_batches(
        database,
        "DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE night < ? LIMIT ?)",
        (_text(before), BATCH),
    )
    return _in_batches(
        database,
        "DELETE FROM deliveries WHERE rowid IN"
        " (SELECT rowid FROM deliveries WHERE edition < ? AND expired IS NOT NULL LIMIT ?)",
        (_text(before), BATCH),
    )


def _nights(database: Database, before: date | None, expired: str) -> Iterable[str]:
    """The nights before one of which something has not been dropped yet."""
    rows = database.rows(
        f"SELECT id FROM editions WHERE id < ? AND {expired} IS NULL ORDER BY id",  # noqa: S608 - our own names
        (_text(before),),
    )
    return [row["id"] for row in rows]


def _in_batches(database: Database, sql: str, values: Sequence[Value]) -> int:
    """Run a limited change, each time in a transaction of its own, until nothing is left to change."""
    total = 0
    while changed := database.change(sql, values):
        total += changed
    return total


def _text(before: date | None) -> str:
    """A night as it is compared; nothing is before the empty text."""
    return "" if before is None else before.isoformat()


def _number(article: str) -> int:
    """What is kept of an id."""
    return int.from_bytes(hashlib.sha256(article.encode("utf-8", "replace")).digest()[:8], "big", signed=True)
