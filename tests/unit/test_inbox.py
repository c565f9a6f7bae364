"""Which files are read: new and changed ones, whole ones, those of the pattern."""

import os
import time
from pathlib import Path

import pytest

from articles import aged, rejects, write
from pipeline import inbox
from pipeline.config import SourceConfig
from pipeline.errors import InputError
from pipeline.inbox import Listing, list_files, settled
from pipeline.readers import read_file
from pipeline.records import SOURCE_FAILED, RawItem, Reject
from pipeline.stages.ingest import ingest


def listed(folder: Path, before: Listing | None = None, pattern: str = "*") -> Listing:
    """What is to be read of a folder after an earlier listing."""
    known = {state.path: state for state in before.states} if before else {}
    return list_files(SourceConfig(path=folder, pattern=pattern), known)


def names(listing: Listing) -> list[str]:
    """The names of the files to be read."""
    return [path.name for path in listing.files]


def test_files_are_read_once(tmp_path: Path) -> None:
    """What was read and is the same is left; what is new or has changed, in size or in time, is read."""
    for name in ("a.txt", "b.txt", "c.txt"):
        write(tmp_path, name, "text")
    first = listed(tmp_path)
    assert names(first) == ["a.txt", "b.txt", "c.txt"]
    assert names(listed(tmp_path, first)) == []
    assert listed(tmp_path, first).unchanged == 3
    write(tmp_path, "b.txt", "longer text")
    os.utime(tmp_path / "c.txt")
    write(tmp_path, "d/e.txt", "text")
    second = listed(tmp_path, first)
    assert names(second) == ["b.txt", "c.txt", "e.txt"]
    assert second.unchanged == 1


def test_a_lone_file_is_a_source_too(tmp_path: Path) -> None:
    """It is read, then left; one that is gone is nothing to read."""
    path = write(tmp_path, "a.jsonl", "{}")
    first = listed(path)
    assert names(first) == ["a.jsonl"]
    assert names(listed(path, first)) == []
    path.unlink()
    assert listed(path) == Listing()


@pytest.mark.parametrize(("pattern", "found"), [("*.txt", ["a.txt", "b.txt"]), ("in/*", ["b.txt", "c.html"]), ("*", 3)])
def test_a_pattern_chooses_files(tmp_path: Path, pattern: str, found: list[str] | int) -> None:
    """In every folder below, or in one; without it all files are read."""
    for name in ("a.txt", "in/b.txt", "in/c.html"):
        write(tmp_path, name, "text")
    assert names(listed(tmp_path, pattern=pattern)) == found or len(names(listed(tmp_path, pattern=pattern))) == found


@pytest.mark.parametrize("name", ["a.html.part", "b.jsonl.tmp", "c.warc.gz.crdownload", "d.txt~", "E.TXT.PART"])
def test_a_file_named_as_unfinished_waits(tmp_path: Path, name: str) -> None:
    """Downloads under way are told, not read; under its final name the file is read."""
    path = write(tmp_path, name, "text")
    first = listed(tmp_path)
    assert names(first) == []
    (reject,) = first.unfinished
    assert "not whole yet" in reject.reason
    path.rename(tmp_path / "whole.txt")
    assert names(listed(tmp_path, first)) == ["whole.txt"]


def test_a_file_that_grows_while_it_is_read_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a page must not pass for the article."""
    path = write(tmp_path, "a.html", "<p>Half")

    def slow(file: Path) -> object:
        state = settled(file)
        file.write_text("<p>Half and more")
        return state

    monkeypatch.setattr("pipeline.readers.settled", slow)
    (reject,) = rejects(path)
    assert "still being written" in reject.reason
    monkeypatch.undo()
    assert all(isinstance(item, RawItem) for item in read_file(aged(path)))


def test_a_fresh_file_is_given_time_to_settle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what was changed just now is waited for, and no longer than until it has settled."""
    waited: list[float] = []
    monkeypatch.setattr("pipeline.inbox.time.sleep", waited.append)
    settled(write(tmp_path, "old.txt", "text"))
    assert waited == []
    fresh = tmp_path / "fresh.txt"
    fresh.write_text("text")
    settled(fresh)
    assert len(waited) == 1
    assert 0 < waited[0] <= inbox.SETTLING_SECONDS
    os.utime(fresh, (time.time() + 3600,) * 2)
    settled(fresh)
    assert len(waited) == 1


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders called `closed` may not be listed, by root neither."""
    scandir = os.scandir

    def refuse(path: os.PathLike[str]) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)


@pytest.mark.usefixtures("closed")
def test_a_folder_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    """Below a source it is a reject, and the rest is read; hidden ones are nobody's articles as ever."""
    for name in ("a.txt", "closed/b.txt", ".git/closed/c.txt"):
        write(tmp_path, name, "text")
    found = listed(tmp_path)
    assert "a.txt" in names(found)
    assert [(one.location, one.reason) for one in found.unfinished] == [
        (str(tmp_path / "closed"), "cannot be read (Permission denied); check its permissions")
    ]


@pytest.mark.usefixtures("closed")
def test_a_source_that_may_not_be_read_has_failed(tmp_path: Path) -> None:
    """It is no quiet night: the service may run as somebody who cannot see the folder."""
    write(tmp_path, "closed/b.txt", "text")
    (told,) = ingest([SourceConfig(path=tmp_path / "closed")])
    assert told == Reject(SOURCE_FAILED, str(tmp_path / "closed"), "cannot be read (Permission denied)")
    with pytest.raises(InputError, match=r"closed: cannot be read \(Permission denied\); check"):
        list(ingest([SourceConfig(path=tmp_path / "closed", required=True)]))
