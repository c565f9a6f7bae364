"""Copies of the state, and the way back from one.

What was mailed after a backup was made, its copy cannot know: a restored state would mail it again. So a copy carries a
mark, and the first run on it puts every message in doubt that may have gone out since: those that waited, and those of
editions up to that day which the copy has never heard of. A person says which of them shall go out.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote

from pipeline.errors import ConfigError, StoreError
from pipeline.files import shown, sync_folder
from pipeline.store.database import BUSY_SECONDS, Database, check_version, explained, utc_text, utc_time

_SIDE_FILES = ("-wal", "-shm")
_MARK, _RESTORED = "backup", "restored"
"""Settings: when the copy was made, which the first run takes off; and the day until which editions are in doubt."""
_CARRIED = ("unsubscribed", "suppressed", "tokens")
"""What a state that is replaced knows better than the backup: who has left, and whose the links are."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: when the backup was made, where the state that it replaced lies, and whether it gave its list
    of those who get no mail."""

    made: datetime
    replaced: Path | None
    departures_kept: bool


def write_backup(state: Path, target: Path, now: datetime, replace: bool = False) -> int:
    """Copy a state as it is at one moment, also while a run is at work; the copy's size in bytes.

    The copy is one file that nobody else may read; it appears when it is whole and has been checked. Raises ConfigError
    when the target is there and is not to be replaced, StoreError when the state or the copy is not sound or the disk
    is full.
    """
    if not state.is_file():
        raise ConfigError(f"state {state}: there is none; has a night been run?")
    if target.exists() and (not replace or target.samefile(state)):
        raise ConfigError(f"backup {target}: is there already; choose another name, or --force to replace it")
    with _scratch(target) as made:
        _copy(state, made)
        try:
            _mark(made, now)
            check_state(made, thoroughly=True)
        except StoreError as error:
            # The copy has the faults of what it is a copy of, which is the file that a person can do something about.
            raise StoreError(str(error).replace(str(made), str(state))) from error
        size = made.stat().st_size
        _put(made, target)
    return size


def restore(backup: Path, state: Path, now: datetime) -> Restored:
    """Put a backup in the place of a state, which is kept beside it; call it under the run lock.

    Who has unsubscribed since the backup was made stays so, as long as the replaced state can be read.
    Raises StoreError when the backup is not there or not sound, or the disk is full; the state is then as it was.
    """
    if not backup.is_file():
        raise StoreError(f"backup {backup}: there is none; name a file that `newsfold backup` wrote")
    check_state(backup, thoroughly=True)
    state.parent.mkdir(parents=True, exist_ok=True)
    with _scratch(state) as made:
        _copy(backup, made)
        written = _mark(made, datetime.fromtimestamp(backup.stat().st_mtime, UTC))
        if not state.exists():
            _put(made, state)
            return Restored(written, None, departures_kept=False)
        replaced = state.with_name(f"{state.name}.replaced-{now:%Y%m%dT%H%M%SZ}")
        if _is_sound(state):
            write_backup(state, replaced, now)
            carried = _carry(state, made)
            _copy(made, state)
        else:
            carried = False
            for suffix in ("", *_SIDE_FILES):
                with suppress(FileNotFoundError):
                    Path(f"{state}{suffix}").replace(f"{replaced}{suffix}")
            _put(made, state)
    return Restored(written, replaced, carried)


def check_state(path: Path, thoroughly: bool = False) -> None:
    """Look whether a file is a state that this program can work with; it is only read.

    Raises StoreError when it is damaged, none, or of a newer program.
    """
    with explained(path), closing(_reader(path)) as connection:
        verdicts = connection.execute(f"PRAGMA {'integrity_check' if thoroughly else 'quick_check'}(1)").fetchall()
        strays = connection.execute("PRAGMA foreign_key_check").fetchall() if thoroughly else []
        tables = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'settings'").fetchall()
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if verdicts != [("ok",)] or strays:
        raise StoreError(f"store {path}: damaged ({verdicts[0][0] if not strays else 'rows that lead nowhere'})")
    if not tables:
        raise StoreError(f"store {path}: this is no state of Newsfold's")
    check_version(version, path)


def settle(database: Database, today: date, now: datetime) -> bool:
    """Before anything is mailed: when the state is a copy that has not been worked with, put in doubt what the copy
    cannot know; whether it was one. `today` is the day where the configuration's clock hangs."""
    mark = database.row("SELECT value FROM settings WHERE name = ?", (_MARK,))
    if mark is None:
        return False
    detail = _doubt(mark["value"])
    with database.transaction():
        database.change(
            "UPDATE deliveries SET state = 'unknown', detail = ?, updated_at = ? WHERE state IN ('pending', 'sending')",
            (detail, utc_text(now)),
        )
        database.change(
            "INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)",
            (_RESTORED, f"{today.isoformat()} {mark['value']}"),
        )
        database.change("DELETE FROM settings WHERE name = ?", (_MARK,))
    return True


def doubt_about(database: Database, edition: str) -> str:
    """Why a message of an edition that is not in the ledger may have gone out all the same; empty when it has not."""
    row = database.row("SELECT value FROM settings WHERE name = ?", (_RESTORED,))
    if row is None:
        return ""
    until, _, made = str(row["value"]).partition(" ")
    return _doubt(made) if edition <= until else ""


def _doubt(made: str) -> str:
    return f"the state was restored from a backup of {utc_time(made):%Y-%m-%d %H:%M} UTC; it may have been sent since"


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """The name of a new private file beside the target, which is gone in the end unless it has been renamed."""
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        os.close(handle)
    except OSError as error:
        raise StoreError(f"{target}: cannot be written ({error}); check the folder and the space left") from error
    made = Path(name)
    try:
        yield made
    finally:
        for suffix in ("", *_SIDE_FILES, "-journal"):
            Path(f"{made}{suffix}").unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    """Make a database what another one is at this moment, in one transaction of each."""
    with (
        _explained(source, target),
        closing(_reader(source)) as origin,
        closing(sqlite3.connect(target, timeout=BUSY_SECONDS)) as copy,
    ):
        origin.backup(copy)


@contextmanager
def _explained(source: Path, target: Path) -> Iterator[None]:
    """Raise what SQLite reports while it copies as the error of one of the two files: only writing fills a disk."""
    try:
        yield
    except sqlite3.Error as error:
        with explained(target if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL else source):
            raise


def _mark(copy: Path, made: datetime) -> datetime:
    """Let a copy say when it was made, unless it does so already, and be one file; what it says."""
    with explained(copy), closing(_writer(copy)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("INSERT OR IGNORE INTO settings (name, value) VALUES (?, ?)", (_MARK, utc_text(made)))
        return utc_time(connection.execute("SELECT value FROM settings WHERE name = ?", (_MARK,)).fetchone()[0])


def _carry(state: Path, copy: Path) -> bool:
    """Take over who gets no mail from the state that is replaced; whether that was possible."""
    with explained(copy), closing(_writer(copy)) as connection:
        connection.execute("ATTACH ? AS old", (f"file:{quote(str(state))}?mode=ro",))
        connection.execute("BEGIN")
        try:
            for table in _CARRIED:
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
                connection.execute(f"INSERT INTO {table} SELECT * FROM old.{table}")  # noqa: S608 - our own names
        except sqlite3.OperationalError:  # one of the two is of an early schema, without these tables
            connection.execute("ROLLBACK")
            return False
        connection.execute("COMMIT")
    return True


def _is_sound(state: Path) -> bool:
    try:
        check_state(state)
    except StoreError:
        return False
    return True


def _put(made: Path, target: Path) -> None:
    """Give a finished file its name, so that it survives a power cut."""
    try:
        with made.open("rb") as stream:
            os.fsync(stream.fileno())
        made.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise StoreError(f"{shown(target)}: cannot be written ({error})") from error


def _writer(path: Path) -> sqlite3.Connection:
    """A connection that may also attach a database for reading."""
    return sqlite3.connect(f"file:{quote(str(path))}", uri=True, isolation_level=None)


def _reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads, from a read-only disk too, where SQLite cannot make the side files it wants."""
    is_fixed = not os.access(path.parent, os.W_OK) and not Path(f"{path}-wal").exists()
    options = "mode=ro&immutable=1" if is_fixed else "mode=ro"
    return sqlite3.connect(f"file:{quote(str(path))}?{options}", uri=True, timeout=BUSY_SECONDS)
