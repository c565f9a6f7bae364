"""One run at a time: the second knows who the first is, and a dead one blocks nobody."""

import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import LockedError, StoreError
from pipeline.store.lock import LOCK, holder, run_lock

HOLD = """
import sys
from pathlib import Path
from pipeline.store.lock import run_lock
with run_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_holder_is_named(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    """Whoever comes second learns at once which process of which machine is at work; the third does so too."""
    with other:
        for _ in range(2):
            with pytest.raises(LockedError, match=f"process {other.pid} on {platform.node()}"), run_lock(tmp_path):
                pytest.fail("two hold the lock")
        other.communicate()
    with run_lock(tmp_path):
        assert holder(tmp_path / LOCK) == f"process {os.getpid()} on {platform.node()}"
    assert (tmp_path / LOCK).read_text(encoding="utf-8") == ""


def test_a_killed_run_blocks_nobody(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    """After kill -9 the file still names the dead process, and the next run takes the lock all the same."""
    with other:
        other.send_signal(signal.SIGKILL)
        other.communicate()
    assert holder(tmp_path / LOCK) == f"process {other.pid} on {platform.node()}"
    with run_lock(tmp_path):
        assert holder(tmp_path / LOCK).startswith(f"process {os.getpid()} ")


def test_the_lock_is_let_go_when_a_run_fails(tmp_path: Path) -> None:
    """What a run raises comes through, and the lock is free."""
    with pytest.raises(KeyError), run_lock(tmp_path / "new"):
        raise KeyError
    with run_lock(tmp_path / "new"):
        pass


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The error says where and what to look at."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with (
        pytest.raises(StoreError, match=r"newsfold\.lock: cannot be written .*check data_dir"),
        run_lock(tmp_path / "file" / "data"),
    ):
        pytest.fail("the lock of no folder is held")


@pytest.mark.parametrize(("content", "told"), [(b"", "it does not say who"), (b"a\x1b[2J\xffb\n", "a[2J\ufffdb")])
def test_what_stands_in_the_file_is_shown_safely(tmp_path: Path, content: bytes, told: str) -> None:
    """The file may hold anything: it moves no cursor and starts no line."""
    (tmp_path / LOCK).write_bytes(content)
    assert holder(tmp_path / LOCK) == told
