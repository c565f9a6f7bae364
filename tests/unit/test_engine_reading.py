"""Files of articles in pieces: every line once and under its own number, whatever the size of the pieces."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pytest
from pyarrow import fs, parquet

from pipeline.engine import reading
from pipeline.engine.reading import Piece, blocks_of, numbered_pieces, pieces_of, read_blocks, takes_parts, write_table
from pipeline.engine.workers import Here
from pipeline.errors import InputError


def lines(count: int) -> list[str]:
    """Article lines of very different lengths, some of them of more bytes than characters."""
    chance = Random(5)  # noqa: S311 - a fixed sequence
    return [
        json.dumps({"id": f"a{at}", "text": "ж" * chance.randrange(1, 90)}, ensure_ascii=chance.random() < 0.5)
        for at in range(count)
    ]


def read(source: Path | str) -> tuple[list[str], list[str], list[str]]:
    """Ids and locations of the articles of a place, and the locations of what was refused."""
    blocks = read_blocks(Here(), str(source))
    rows = [row for table in blocks.tables for row in table.to_pylist()]
    return [row["id"] for row in rows], [row["location"] for row in rows], [one.location for one in blocks.rejects]


@pytest.mark.parametrize("size", [1, 7, 64, 1000, 10**6])
def test_each_line_is_read_once_under_its_number(tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces end inside of lines and of characters; a line belongs to the piece that it begins in."""
    monkeypatch.setattr(reading, "SMALLEST_PIECE", size)
    monkeypatch.setattr(reading, "LARGEST_PIECE", size)
    monkeypatch.setattr(reading, "MOST_BLOCKS", 10**6)
    content = [*lines(20), "{bad", "", *lines(40)[20:]]
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(content), encoding="utf-8")
    ids, places, refused = read(path)
    assert ids == [f"a{at}" for at in range(40)]
    assert places == [f"{path}:{at + (1 if at < 20 else 3)}" for at in range(40)]
    assert refused == [f"{path}:21"]


def test_a_folder_of_several_kinds_is_read_in_order_of_names(tmp_path: Path) -> None:
    """Plain, packed and Parquet files, in folders too; other files are left alone."""
    (tmp_path / "b").mkdir()
    made = lines(9)
    (tmp_path / "a.jsonl").write_text("\n".join(made[:3]) + "\n", encoding="utf-8")
    with gzip.open(tmp_path / "b" / "packed.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.write("\n".join(made[3:6]))
    rows = [json.loads(line) for line in made[6:]]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "c.parquet", row_group_size=2)
    (tmp_path / "notes.txt").write_text("nothing", encoding="utf-8")
    ids, places, refused = read(tmp_path)
    assert ids == [f"a{at}" for at in range(9)]
    assert places[-1] == f"{tmp_path / 'c.parquet'}:3"
    assert refused == []


def test_an_address_is_read_like_a_path(tmp_path: Path) -> None:
    """What pyarrow or fsspec know by an address: here files, and memory, which only fsspec knows."""
    import fsspec

    (tmp_path / "in.jsonl").write_text("\n".join(lines(3)), encoding="utf-8")
    assert read(f"file://{tmp_path}/in.jsonl")[0] == ["a0", "a1", "a2"]
    with fsspec.open("memory://night/in.jsonl", "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines(2)))
    assert read("memory://night/in.jsonl")[0] == ["a0", "a1"]


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bucket, told apart from its address as pyarrow does it: the key before it and the options behind it are none
    of its name.
    """

    def opened(place: str) -> tuple[fs.FileSystem, str]:
        address = urlsplit(place)
        assert parse_qs(address.query)["region"] == ["north"], place
        return fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem()), f"bucket{address.path}".rstrip("/")

    monkeypatch.setattr(reading, "_opened", opened)
    (tmp_path / "bucket" / "in").mkdir(parents=True)
    return tmp_path / "bucket"


@pytest.mark.parametrize("at", ["in", "in/", "in/a 1%.jsonl"])
def test_an_address_with_options_is_read_with_them(bucket: Path, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    """Every piece is opened with the options of the address; neither these nor its key are told with an article."""
    monkeypatch.setattr(reading, "SMALLEST_PIECE", 100)
    (bucket / "in" / "a 1%.jsonl").write_text("\n".join(lines(20)), encoding="utf-8")
    ids, places, _ = read(f"s3://name:secret@bucket/{at}?region=north&scheme=http")
    assert ids == [f"a{number}" for number in range(20)]
    assert places == [f"s3://bucket/in/a 1%.jsonl:{number}" for number in range(1, 21)]


def test_what_cannot_be_read_at_an_address_is_told_without_its_key(bucket: Path) -> None:
    """Files that are not there, and those that are damaged."""
    with pytest.raises(InputError, match=r"^s3://bucket/out: cannot be opened"):
        read("s3://name:secret@bucket/out?region=north")
    (bucket / "in" / "a.parquet").write_bytes(b"no table")
    with pytest.raises(InputError, match=r"^s3://bucket/in/a\.parquet: cannot be read"):
        read("s3://name:secret@bucket/in?region=north")


def test_an_address_of_no_known_kind_is_told_without_its_key() -> None:
    """Libraries repeat the address in what they say of it."""
    with pytest.raises(InputError, match=r"^gopher://old/news: nothing here reads such addresses") as refused:
        pieces_of("gopher://name:secret@old/news", 2)
    assert "secret" not in str(refused.value)


def test_a_result_at_an_address_is_a_folder_of_parquet_files(bucket: Path) -> None:
    """Its options do not hide what it ends in, and no other kind is begun that could not be written in the end."""
    place = "s3://name:secret@bucket/out.parquet?region=north"
    assert takes_parts(place)
    assert takes_parts("out.parquet")
    assert not takes_parts("out.jsonl")
    write_table(pa.table({"id": ["a"]}), place, 0)
    assert parquet.read_table(bucket / "out.parquet")["id"].to_pylist() == ["a"]
    with pytest.raises(InputError, match=r"^s3://bucket/out\.jsonl: only a folder of Parquet files"):
        takes_parts("s3://name:secret@bucket/out.jsonl?region=north")


def test_many_small_files_make_few_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks hand something to each other in every step: there may not be one for each of a million files."""
    monkeypatch.setattr(reading, "MOST_BLOCKS", 4)
    for at, line in enumerate(lines(40)):
        (tmp_path / f"{at:02}.jsonl").write_text(line, encoding="utf-8")
    monkeypatch.setattr(reading, "SMALLEST_PIECE", 1)
    blocks = blocks_of(numbered_pieces(Here(), str(tmp_path)))
    assert 4 <= len(blocks) <= 6
    assert read(tmp_path)[0] == [f"a{at}" for at in range(40)]
    assert blocks_of([(Piece("x", "x", "lines", 0, 0, 0), 0)]) == [[(Piece("x", "x", "lines", 0, 0, 0), 0)]]


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    """One line that says which place cannot be read."""
    with pytest.raises(InputError, match=r"nowhere\.jsonl: cannot be opened"):
        pieces_of(str(tmp_path / "nowhere.jsonl"), 2)
    with pytest.raises(InputError, match="holds no JSON Lines or Parquet files"):
        pieces_of(str(tmp_path), 2)
    with pytest.raises(InputError, match="nothing here reads such addresses"):
        pieces_of("gopher://old/news", 2)


def test_results_are_written_part_by_part(tmp_path: Path) -> None:
    """A folder of Parquet files, each written by whoever has its part."""
    for part in range(2):
        write_table(pa.table({"id": [f"a{part}"]}), str(tmp_path / "out.parquet"), part)
    assert parquet.read_table(tmp_path / "out.parquet")["id"].to_pylist() == ["a0", "a1"]
