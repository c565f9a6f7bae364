"""The list of runs, for `newsfold status`."""

from datetime import date, datetime

from pipeline.store.database import Database, utc_text, utc_time
from pipeline.store.rows import Run


def start(database: Database, night: date, now: datetime, name: str) -> int:
    """Note that a run began, with the id that its log has; the run's number."""
    values = (night.isoformat(), utc_text(now), name)
    return database.insert("INSERT INTO runs (night, started, name) VALUES (?, ?, ?)", values)


def finish(database: Database, run: int, outcome: str, now: datetime) -> None:
    """Note how a run ended."""
    database.change("UPDATE runs SET finished = ?, outcome = ? WHERE id = ?", (utc_text(now), outcome, run))


def last(database: Database, limit: int) -> tuple[Run, ...]:
    """The latest runs, latest first."""
    rows = database.rows("SELECT * FROM runs ORDER BY id DESC LIMIT ?", (limit,))
    return tuple(
        Run(
            id=row["id"],
            night=date.fromisoformat(row["night"]),
            started=utc_time(row["started"]),
            finished=utc_time(row["finished"]) if row["finished"] else None,
            outcome=row["outcome"],
            name=row["name"],
        )
        for row in rows
    )
