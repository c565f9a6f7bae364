"""Files: naming one for people, and writing one so that a reader never sees half of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def shown(path: Path) -> str:
    """The path as text that can be written anywhere: bytes of a file's name that are not UTF-8 are replaced."""
    return os.fsencode(path).decode("utf-8", "replace")


PUBLIC, PRIVATE = 0o644, 0o600
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW


def write_atomically(path: Path, content: bytes, mode: int = PUBLIC) -> None:
    """Write a file in one piece, as `written_atomically` does."""
    with written_atomically(path, mode) as stream:
        stream.write(content)


@contextmanager
def written_atomically(path: Path, mode: int = PUBLIC) -> Iterator[BinaryIO]:
    """A stream whose content becomes the file when the block ends, synced and renamed; folders are made as needed.

    When the block raises, the file stays as it was. One process at a time may write a file: what a killed one left is
    written over. `mode` is who may read it: pages are public, mail names its recipient. Raises OSError when the folder
    cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(beside, _NEW, PRIVATE), "wb") as stream:
            yield stream
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
