"""How common terms were in the articles of earlier nights; the longer ago, the less a night counts.

What is kept weighs as many texts as it says: nights of equally many articles add up to ten and a half times one of
them. Similarity lets it weigh at most as much as the background that comes with the program, 2,207 texts.
"""

from datetime import date

from pipeline.clustering.background import NOTHING, Background
from pipeline.store.database import Database

HALF_LIFE_NIGHTS = 7
"""After so many nights, whether or not each had an edition, a text counts half."""
LEAST_TEXTS = 0.1
"""A term that stands in fewer texts is forgotten: what one text alone ever told is gone after 24 nights."""


def background(database: Database, night: date) -> Background:
    """How common terms were in the nights before a night, as much as these still count by then.

    Nothing when that night or a later one was added already: what was known before it cannot be told any more.
    """
    as_of = _as_of(database)
    if as_of is None or night <= as_of[0]:
        return NOTHING
    then, texts = as_of
    counts = {row["term"]: row["texts"] for row in database.rows("SELECT term, texts FROM terms")}
    return Background(texts, counts).scaled(_share_left(then, night))


def add(database: Database, night: date, found: Background) -> None:
    """Add what a night's articles hold, inside the caller's transaction; all other nights decay until that night.

    A night earlier than the latest counts as much as if it had been added in its turn.
    """
    then, texts = _as_of(database) or (night, 0.0)
    latest = max(then, night)
    decayed, weighed = _share_left(then, latest), found.scaled(_share_left(night, latest))
    database.change("UPDATE terms SET texts = texts * ?", (decayed,))
    database.change_many(
        "INSERT INTO terms (term, texts) VALUES (?, ?) ON CONFLICT DO UPDATE SET texts = texts + excluded.texts",
        sorted(weighed.counts.items()),
    )
    database.change("DELETE FROM terms WHERE texts < ?", (LEAST_TEXTS,))
    database.change(
        "INSERT INTO terms_as_of (id, night, texts) VALUES (1, ?, ?)"
        " ON CONFLICT DO UPDATE SET night = excluded.night, texts = excluded.texts",
        (latest.isoformat(), texts * decayed + weighed.texts),
    )


def _as_of(database: Database) -> tuple[date, float] | None:
    """The latest night that was added, and the number of texts as of it; None before the first."""
    row = database.row("SELECT night, texts FROM terms_as_of")
    return None if row is None else (date.fromisoformat(row["night"]), row["texts"])


def _share_left(earlier: date, later: date) -> float:
    """How much of a text of one night still counts on a later one."""
    return float(0.5 ** ((later - earlier).days / HALF_LIFE_NIGHTS))
