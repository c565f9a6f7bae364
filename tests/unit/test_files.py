"""Files appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.files import shown, write_atomically


def test_a_file_is_written_with_its_folders(tmp_path: Path) -> None:
    """The first night on a new machine has no folders yet."""
    write_atomically(tmp_path / "a" / "b" / "page.html", b"one")
    assert (tmp_path / "a" / "b" / "page.html").read_bytes() == b"one"


def test_a_file_is_replaced(tmp_path: Path) -> None:
    """A rerun writes the same names, and leaves nothing else behind."""
    for content in (b"one", b"two"):
        write_atomically(tmp_path / "page.html", content)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"two"]


def test_a_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk must not cost yesterday's page, nor leave half-written files in its folder."""
    write_atomically(tmp_path / "page.html", b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(tmp_path / "page.html", b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_a_file_where_a_folder_is_needed_is_an_error(tmp_path: Path) -> None:
    """What cannot be written is said."""
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(OSError, match="a"):
        write_atomically(tmp_path / "a" / "page.html", b"")


@pytest.mark.parametrize(("name", "text"), [(b"caf\xc3\xa9.txt", "café.txt"), (b"caf\xe9.txt", "caf\ufffd.txt")])
def test_any_name_can_be_shown(name: bytes, text: str) -> None:
    """A name that is not UTF-8 goes into the store and the mail like any other."""
    assert shown(Path(os.fsdecode(name))) == text
