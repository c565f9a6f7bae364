"""One run at a time for one state, whoever starts it; who is at work stands in the lock's file.

The lock belongs to the process and is gone when that ends, however it ends: what a dead run wrote blocks nobody.
"""

import contextlib
import fcntl
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.errors import LockedError, StoreError

LOCK = "newsfold.lock"
LONGEST = 200


@contextlib.contextmanager
def run_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of the state in a folder, which is made when missing.

    Raises LockedError at once, naming the holder, when another run has it; StoreError when it cannot be had at all.
    """
    path = folder / LOCK
    # Where a file system knows no locks there is none: a file that stands for one would outlive a killed process.
    lock = FileLock(path, timeout=0, fallback_to_soft=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise LockedError(f"{path}: another run is at work ({holder(path)}); wait for it to end") from error
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror or error}); check data_dir") from error
    try:
        _write(path, f"process {os.getpid()} on {platform.node() or 'this machine'}\n")
        yield
    finally:
        _write(path, "")
        lock.release()


def at_work(folder: Path) -> str:
    """Who holds the lock of the state in a folder, in words; empty when nobody does.

    A run that begins in the moment of looking is not kept from it: what no run has signed is not looked at.
    """
    path = folder / LOCK
    try:
        with path.open("rb") as file:
            if not file.read(1):
                return ""
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return holder(path)
    except OSError:
        return ""
    return ""


def holder(path: Path) -> str:
    """Who holds a lock, in words: the process and its machine, as far as the file tells."""
    with contextlib.suppress(OSError):
        text = path.read_bytes()[:LONGEST].decode("utf-8", "replace")
        if name := "".join(character for character in text if character.isprintable()):
            return name
    return "it does not say who"


def _write(path: Path, text: str) -> None:
    """Say who holds the lock; a full disk must not keep a run from trying, nor from letting go."""
    with contextlib.suppress(OSError):
        path.write_text(text, encoding="utf-8")
