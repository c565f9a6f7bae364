"""Which files have been read, and what they were like."""

from collections.abc import Iterable

from pipeline.records import FileState
from pipeline.store.database import Database


def save(database: Database, states: Iterable[FileState]) -> None:
    """Save the files read tonight, inside the caller's transaction."""
    database.change_many(
        "INSERT OR REPLACE INTO files (path, size, modified) VALUES (?, ?, ?)",
        ((state.path, state.size, state.modified) for state in states),
    )


def forget(database: Database, paths: Iterable[str]) -> None:
    """Forget that some files were read."""
    with database.transaction():
        database.change_many("DELETE FROM files WHERE path = ?", ((path,) for path in paths))


def load(database: Database) -> dict[str, FileState]:
    """Every file that was ever read, by path."""
    rows = database.rows("SELECT path, size, modified FROM files")
    return {row["path"]: FileState(row["path"], row["size"], row["modified"]) for row in rows}
