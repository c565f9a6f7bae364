"""What comes in depends on the folders alone: not on the file system, and not on anything hidden or broken in them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles import write
from pipeline.config import SourceConfig
from pipeline.errors import InputError
from pipeline.records import RawItem, Reject
from pipeline.stages.ingest import ingest

NAMES = ["a.txt", "b/a.txt", "b/c/z.txt", "b.txt", "é.txt", "Z.txt", "b/10.txt", "b/9.txt"]


def found_in(*folders: Path) -> list[str]:
    """Locations of all items and rejects, relative to the first folder."""
    found = ingest([SourceConfig(path=folder) for folder in folders])
    return [Path(one.location).relative_to(folders[0]).as_posix() for one in found]


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_file_system(
    tmp_path_factory: pytest.TempPathFactory, chance: random.Random
) -> None:
    """Files are read by path, in whatever order they were made."""
    names = NAMES.copy()
    chance.shuffle(names)
    folder = tmp_path_factory.mktemp("any")
    for name in names:
        write(folder, name, "text")
    assert found_in(folder) == [path.as_posix() for path in sorted(map(Path, NAMES))]


def test_the_order_does_not_depend_on_the_listing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system may list a folder backwards."""
    for name in NAMES:
        write(tmp_path, name, "text")
    straight = found_in(tmp_path)
    monkeypatch.setattr(Path, "rglob", lambda folder, _: reversed([folder / name for name in NAMES]))
    assert found_in(tmp_path) == straight


def test_sources_come_in_the_given_order(tmp_path: Path) -> None:
    """The configuration's order is the user's."""
    write(tmp_path, "z/a.txt", "text")
    write(tmp_path, "a/a.txt", "text")
    found = ingest([SourceConfig(path=tmp_path / "z", name="Z"), SourceConfig(path=tmp_path / "a", name="A")])
    assert [one.hints.source for one in found if isinstance(one, RawItem)] == ["Z", "A"]


@pytest.mark.parametrize("name", [".hidden.txt", ".git/a.txt", "b/.cache/c/a.txt", ".a.txt.swp"])
def test_hidden_files_are_no_articles(tmp_path: Path, name: str) -> None:
    """Editors and half-finished downloads keep theirs there."""
    write(tmp_path, name, "text")
    assert found_in(tmp_path) == []


def test_a_hidden_folder_can_be_a_source(tmp_path: Path) -> None:
    """What the user names is not hidden."""
    write(tmp_path, ".inbox/a.txt", "text")
    assert found_in(tmp_path / ".inbox") == ["a.txt"]


def test_a_file_can_be_a_source(tmp_path: Path) -> None:
    """One feed, one export."""
    (item,) = ingest([SourceConfig(path=write(tmp_path, "a.txt", "text"), name="Post")])
    assert isinstance(item, RawItem)
    assert item.hints.source == "Post"


def test_loops_and_broken_links_are_harmless(tmp_path: Path) -> None:
    """A link to its own folder, to itself and to nothing."""
    write(tmp_path, "b/a.txt", "text")
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    assert found_in(tmp_path) == ["b/a.txt"]


def test_a_linked_file_is_read(tmp_path: Path) -> None:
    """An inbox may be made of links."""
    write(tmp_path, "elsewhere/a.txt", "text")
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "b.txt").symlink_to(tmp_path / "elsewhere" / "a.txt")
    assert found_in(tmp_path / "inbox") == ["b.txt"]


def test_an_empty_folder_is_a_quiet_source(tmp_path: Path) -> None:
    """Nothing in it is not an error."""
    assert found_in(tmp_path) == []


def test_a_missing_source_is_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    """The edition says which source failed."""
    write(tmp_path, "there/a.txt", "text")
    missing, item = ingest([SourceConfig(path=tmp_path / "gone"), SourceConfig(path=tmp_path / "there")])
    assert missing == Reject("source", str(tmp_path / "gone"), "not found")
    assert isinstance(item, RawItem)


def test_a_missing_required_source_stops_the_night(tmp_path: Path) -> None:
    """The user asked for that."""
    with pytest.raises(InputError, match=r"gone: not found; check its path"):
        list(ingest([SourceConfig(path=tmp_path / "gone", required=True)]))


def test_a_file_that_cannot_be_used_is_listed(tmp_path: Path) -> None:
    """Nothing in a source is passed over silently."""
    write(tmp_path, "a.pdf", "x")
    write(tmp_path, "b.txt", "text")
    reject, item = ingest([SourceConfig(path=tmp_path)])
    assert isinstance(reject, Reject)
    assert isinstance(item, RawItem)
