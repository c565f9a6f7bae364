"""Open, check and migrate the SQLite file; turn SQLite's errors into `StoreError`s that say what to do."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import TypeAlias

from pipeline.errors import StoreError

BUSY_SECONDS = 30
_SURROGATES = re.compile("[\ud800-\udfff]")

Value: TypeAlias = "str | int | float | bytes | None"


class Database:
    """A connection whose every change outside `transaction` commits by itself.

    Any method raises StoreError when SQLite reports an error.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with explained(self._path):
            return self._connection.execute(sql, _storable(values)).fetchall()

    def row(self, sql: str, values: Sequence[Value] = ()) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        return next(iter(self.rows(sql, values)), None)

    def change(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Run one statement; how many rows it changed."""
        with explained(self._path):
            return self._connection.execute(sql, _storable(values)).rowcount

    def insert(self, sql: str, values: Sequence[Value]) -> int:
        """Insert one row; its rowid."""
        with explained(self._path):
            return self._connection.execute(sql, _storable(values)).lastrowid or 0

    def change_many(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run one statement for each row of values."""
        with explained(self._path):
            self._connection.executemany(sql, map(_storable, rows))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes inside happen together or, when anything is raised, not at all."""
        self.change("BEGIN IMMEDIATE")
        with ExitStack() as undo:
            undo.callback(self._roll_back)
            yield
            self.change("COMMIT")
            undo.pop_all()

    def _roll_back(self) -> None:
        """Undo the transaction, unless SQLite did so by itself, as it does when the disk is full."""
        if self._connection.in_transaction:
            self.change("ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        with explained(self._path):
            self._connection.close()


def open_database(path: Path) -> Database:
    """Open the file, creating it and its folder when missing, check it and bring its schema up to date.

    Raises StoreError when it is damaged, cannot be written or was made by a newer program.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Recipients and the unsubscribe secret lie inside; SQLite gives its side files the same permissions.
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise StoreError(f"store {path}: cannot be created or written ({error}); check data_dir") from error
    with explained(path):
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    database = Database(connection, path)
    with ExitStack() as undo:
        undo.callback(connection.close)
        _prepare(database, path)
        undo.pop_all()
    return database


def utc_text(moment: datetime) -> str:
    """An aware time as it is stored: ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat()


def utc_time(text: str) -> datetime:
    """The stored form back to an aware time."""
    return datetime.fromisoformat(text)


def _prepare(database: Database, path: Path) -> None:
    """Set the connection up, check the file and migrate it.

    Rows that lead nowhere are looked for in backups, not here, though it takes no longer than the check of pages: every
    connection enforces foreign keys, and an unclean end undoes whole transactions, so only a stranger's hand makes
    some. A night does its work beside them, and one that is refused for them brings no mail.
    """
    database.change("PRAGMA journal_mode = WAL")
    database.change("PRAGMA synchronous = FULL")
    database.change("PRAGMA foreign_keys = ON")
    verdict = database.rows("PRAGMA quick_check(1)")[0][0]
    if verdict != "ok":
        raise StoreError(f"store {path}: damaged ({verdict}); restore a backup, or move the file away to start afresh")
    with database.transaction():  # also proves that the file can be written
        _migrate(database, path)


def _migrate(database: Database, path: Path) -> None:
    """Apply the numbered migrations the file has not had; inside the caller's transaction, so all or none."""
    migrations = _migrations()
    version: int = database.rows("PRAGMA user_version")[0][0]
    check_version(version, path)
    for number, script in enumerate(migrations[version:], start=version + 1):
        for statement in _statements(script):
            database.change(statement)
        database.change(f"PRAGMA user_version = {number}")


def check_version(version: int, path: Path) -> None:
    """Raises StoreError when a file's schema is newer than this program."""
    if version > len(_migrations()):
        raise StoreError(
            f"store {path}: its schema is {version}, this Newsfold knows up to {len(_migrations())}; upgrade Newsfold"
        )


def _migrations() -> list[str]:
    """The migration scripts in order."""
    folder = resources.files("pipeline.store") / "migrations"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [file.read_text(encoding="utf-8") for file in files]


def _statements(script: str) -> Iterator[str]:
    """The statements one by one: `executescript` would commit the transaction they belong to."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _storable(values: Sequence[Value]) -> tuple[Value, ...]:
    """The values with lone surrogates replaced: SQLite holds UTF-8, and one bad character must not cost a night."""
    return tuple(_SURROGATES.sub("\ufffd", value) if isinstance(value, str) else value for value in values)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise SQLite's errors as StoreError with what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"store {path}: {error}; {_advice(error)}") from error


def _advice(error: sqlite3.Error) -> str:
    """What a person can do about an SQLite error."""
    text = str(error)
    if "locked" in text or "busy" in text:
        return "another program has it open, try again when that has finished"
    if "full" in text or "disk I/O" in text:
        return "see to the disk and its free space, and run again"
    if "readonly" in text or "unable to open" in text:
        return "check the permissions of the file and its folder"
    if isinstance(error, sqlite3.IntegrityError):
        return "the records do not fit together, nothing was saved"
    return "restore a backup, or move the file away to start afresh"
