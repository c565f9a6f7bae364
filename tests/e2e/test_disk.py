"""A disk that is full or read-only: the cause is said in one line, nothing is lost, and a later run goes on.

The disks are real ones, a few kilobytes large, so the tests need the right to mount.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import Result

from commands import newsfold
from made_nights import WEDNESDAY, write_lines
from pipeline.store.backup import check_state

NIGHT = ("--date", "2026-03-10")
PLACES = (".", "archive", "outbox", "unfinished")


class Disk:
    """A small disk at a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mount(self, kilobytes: int) -> None:
        """Put it there, empty."""
        self.folder.mkdir(parents=True, exist_ok=True)
        done = self._mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs")
        if done.returncode:
            pytest.skip(f"needs the right to mount a small disk: {done.stderr.strip()}")

    def change(self, *options: str) -> None:
        """Make it larger, read-only or writable again."""
        assert self._mount("-o", f"remount,{','.join(options)}").returncode == 0

    def mend(self, *options: str) -> None:
        """Let it be written to again; a folder that a night removes in the end cannot be a disk then."""
        if self.folder.name == "unfinished":
            self.unmount()
        else:
            self.change(*options)

    def unmount(self) -> None:
        """Take it away, if it is there."""
        subprocess.run(["umount", str(self.folder)], capture_output=True, check=False)

    def _mount(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(["mount", *arguments, str(self.folder)], capture_output=True, text=True, check=False)


@pytest.fixture
def disk(home: Path, request: pytest.FixtureRequest) -> Iterator[Disk]:
    """The disk at one of the places below the data folder."""
    made = Disk((home / "state" / request.param).resolve())
    yield made
    made.unmount()


def assert_said(done: Result, *words: str) -> None:
    """One line of the log at most besides the stages that failed, with the cause; exit 1 and no traceback."""
    assert isinstance(done.exception, SystemExit | None), done.exception
    assert done.exit_code == 1, (done.stdout, done.stderr)
    told = done.stderr + done.stdout
    assert any(word in told for word in words), told
    lines = done.stderr.splitlines()
    log = [json.loads(line) for line in lines if line.startswith("{")]
    errors = [line for line in log if line["level"] == "error" and line["event"] != "failed"]
    assert len(errors) + len(lines) - len(log) <= 1
    assert not [line for line in log if line["level"] == "critical"]


def assert_goes_on(home: Path) -> None:
    """The next run ends well: the edition is whole, in archive and outbox, and mailed once."""
    again = newsfold("run", *NIGHT)
    assert again.exit_code in (0, 4), (again.stdout, again.stderr)
    check_state(home / "state" / "state.sqlite", thoroughly=True)
    assert "Port Ansel" in (home / "state" / "archive" / "2026-03-10.html").read_text(encoding="utf-8")
    assert (home / "state" / "archive" / "index.html").is_file()
    (message,) = (home / "state" / "outbox" / "2026-03-10").iterdir()
    assert message.read_bytes()
    assert newsfold("status").stdout.count("sent      outbox") == 1
    assert newsfold("run", *NIGHT).exit_code == 4


@pytest.mark.parametrize("disk", PLACES, indirect=True)
def test_a_full_disk(disk: Disk, home: Path) -> None:
    """Wherever the room ends, it is said, and when there is room again the night is made as if nothing had been."""
    disk.mount(420 if disk.folder.name == "state" else 4)
    assert_said(newsfold("run", *NIGHT), "No space left", "disk is full")
    disk.mend("size=50m")
    assert_goes_on(home)


@pytest.mark.parametrize("disk", PLACES, indirect=True)
def test_a_read_only_disk(disk: Disk, home: Path) -> None:
    """A disk that the kernel has made read-only after an error, or that was mounted so."""
    disk.mount(50_000)
    disk.change("ro")
    assert_said(newsfold("run", *NIGHT), "Read-only file system", "readonly")
    disk.mend("rw")
    assert_goes_on(home)


@pytest.mark.parametrize("disk", ["."], indirect=True)
@pytest.mark.parametrize("kilobytes", [100, 250])
def test_a_state_that_fills_its_disk_at_any_point(disk: Disk, home: Path, kilobytes: int) -> None:
    """Opening, migrating, checkpoints, saving, publishing and mailing each meet the end of the disk somewhere."""
    disk.mount(kilobytes)
    assert_said(newsfold("run", *NIGHT), "No space left", "disk is full", "disk I/O error")
    disk.change("size=50m")
    assert_goes_on(home)


@pytest.mark.parametrize("disk", ["signatures"], indirect=True)
def test_signatures_that_do_not_fit(disk: Disk, home: Path) -> None:
    """The memory of last night cannot be written before tonight: the night waits, and is made when there is room."""
    assert newsfold("run", *NIGHT).exit_code == 0
    write_lines(home / "in" / "wednesday.jsonl", WEDNESDAY)
    disk.mount(4)
    assert_said(newsfold("run", "--date", "2026-03-11"), "No space left")
    disk.change("size=50m")
    assert newsfold("run", "--date", "2026-03-11").exit_code == 0
    assert "continues" in newsfold("explain", "fire-arrest").stdout


def test_a_backup_onto_a_full_disk(home: Path) -> None:
    """The copy that does not fit is not there, and the one of yesterday is."""
    assert newsfold("run", *NIGHT).exit_code == 0
    small = Disk(home / "small")
    small.mount(100)
    try:
        (small.folder / "copy").write_bytes(b"yesterday's")
        assert_said(newsfold("backup", small.folder / "copy", "--force"), "full", "No space left")
        assert [path.name for path in small.folder.iterdir()] == ["copy"]
        assert (small.folder / "copy").read_bytes() == b"yesterday's"
    finally:
        small.unmount()
    check_state(home / "state" / "state.sqlite", thoroughly=True)
