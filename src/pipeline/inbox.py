"""Which files of a folder to read tonight: those that are new or have changed, and whole."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import SourceConfig
from pipeline.errors import InputError
from pipeline.files import shown
from pipeline.records import FileState, Reject

SETTLING_SECONDS = 1.0
"""A file changed less long ago may still be written to."""
# How programs name a file until it is whole.
_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".download", ".crdownload", ".filepart", ".inprogress", "~")


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of one source that are to be read, by path, what they were like when they were listed, how many were
    left because they had been read before, and those that are not whole.
    """

    files: tuple[Path, ...] = ()
    states: tuple[FileState, ...] = ()
    unchanged: int = 0
    unfinished: tuple[Reject, ...] = ()


def list_files(source: SourceConfig, known: Mapping[str, FileState]) -> Listing:
    """The files of a source of files; `known` are those read on earlier nights, by path.

    Hidden files, and those in hidden folders, are nobody's articles. A file named as unfinished comes as a reject, as
    does a folder in the source's that cannot be listed. A file that changes after it was listed is listed again next
    time. There is nothing in a source with a problem.
    """
    if source.path is None or problem_of(source.path):
        return Listing()
    files: list[Path] = []
    states: list[FileState] = []
    unfinished = list(_closed(source.path))
    unchanged = 0
    for path in _matching(source.path, source.pattern):
        state = state_of(path)
        if state is None:
            continue
        if known.get(state.path) == state:
            unchanged += 1
            continue
        states.append(state)
        if path.name.casefold().endswith(_UNFINISHED):
            unfinished.append(Reject("ingest", shown(path), "not whole yet, by its name; left for another night"))
        else:
            files.append(path)
    return Listing(tuple(files), tuple(states), unchanged, tuple(unfinished))


def problem_of(place: Path) -> str:
    """Why a source of files cannot be read, in words; empty when it can."""
    try:
        if place.is_dir():
            os.scandir(place).close()
        elif not place.exists():
            return "not found"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return ""


def _closed(place: Path) -> Iterator[Reject]:
    """The folders in a folder that cannot be listed: what matches in them is passed over without a word."""
    if not place.is_dir():
        return
    errors: list[OSError] = []
    for _ in os.walk(place, onerror=errors.append):
        pass
    for error in errors:
        folder = Path(error.filename)
        if not _is_hidden(folder, place):
            yield Reject("ingest", shown(folder), f"cannot be read ({error.strerror}); check its permissions")


def _matching(place: Path, pattern: str) -> Sequence[Path]:
    """The file itself, or the files in and below a folder that match the pattern, by path."""
    if not place.is_dir():
        return [place]
    return sorted(path for path in place.rglob(pattern) if path.is_file() and not _is_hidden(path, place))


def _is_hidden(path: Path, folder: Path) -> bool:
    """Whether the file, or a folder on the way to it, starts with a dot: editors and half-written files."""
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def state_of(path: Path) -> FileState | None:
    """What a file is like now; None when it is gone."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return FileState(shown(path.absolute()), found.st_size, found.st_mtime_ns)


def settled(path: Path) -> FileState | None:
    """What a file is like once nobody has written to it for a moment, which is waited for."""
    before = state_of(path)
    age = time.time() - (before.modified / 1e9 if before else 0)
    if 0 <= age < SETTLING_SECONDS:
        time.sleep(SETTLING_SECONDS - age)
    return before


def require_unchanged(path: Path, before: FileState | None) -> None:
    """Raises InputError when a file is no longer as it was: what was read of it may be half of it."""
    if state_of(path) != before:
        raise InputError("it is still being written; left for another night")
