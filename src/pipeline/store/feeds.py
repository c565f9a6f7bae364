"""What is known of each feed."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from pipeline.store.database import Database, utc_text, utc_time
from pipeline.web.feeds import FeedState

_COLUMNS = "url, address, since, etag, modified, failures, problem, succeeded, next_try, retired"


def save(database: Database, states: Iterable[FeedState]) -> None:
    """Save feeds as of tonight, inside the caller's transaction."""
    database.change_many(
        f"INSERT OR REPLACE INTO feeds ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constants
        (
            (
                *(state.url, state.address, utc_text(state.since), state.etag, state.modified),
                *(state.failures, state.problem, *map(_text, (state.succeeded, state.next_try, state.retired))),
            )
            for state in states
        ),
    )


def load(database: Database) -> dict[str, FeedState]:
    """Every feed that was ever asked, by the configuration's address."""
    return {row["url"]: _state(row) for row in database.rows("SELECT * FROM feeds ORDER BY url")}


def _state(row: sqlite3.Row) -> FeedState:
    return FeedState(
        url=row["url"],
        address=row["address"],
        since=utc_time(row["since"]),
        etag=row["etag"],
        modified=row["modified"],
        failures=row["failures"],
        problem=row["problem"],
        succeeded=_time(row["succeeded"]),
        next_try=_time(row["next_try"]),
        retired=_time(row["retired"]),
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)


def _time(text: str | None) -> datetime | None:
    return None if text is None else utc_time(text)
