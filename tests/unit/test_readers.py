"""One file of each kind, good and bad: what cannot be used comes with its reason."""

from __future__ import annotations

import datetime as dt
import decimal
import gzip
import json
import os
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from articles import items, page, rejects, story, write
from pipeline import readers
from pipeline.readers import read_file
from pipeline.records import Kind, RawItem, Reject

KINDS = [".html", ".htm", ".xhtml", ".txt", ".jsonl", ".ndjson", ".parquet", ".xml", ".rss", ".atom", ".rdf", ".warc"]


def zstd(content: bytes) -> bytes:
    """The content compressed with zstandard."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return bytes(sink.getvalue())


@pytest.mark.parametrize("ending", [".html", ".htm", ".xhtml", ".HTML"])
def test_pages_come_as_their_bytes(tmp_path: Path, ending: str) -> None:
    """Decoding is the cleaner's business; the source's name goes along."""
    (item,) = items(write(tmp_path, f"a.b{ending}", page(story())), "Example Post")
    assert (item.kind, item.content, item.hints.source) == (Kind.PAGE, page(story()), "Example Post")
    assert item.location == str(tmp_path / f"a.b{ending}")


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_compressed_files_are_read(tmp_path: Path, pack: object) -> None:
    """Crawlers keep their pages compressed."""
    assert callable(pack)
    ending = ".gz" if pack is gzip.compress else ".zst"
    assert items(write(tmp_path, f"a.txt{ending}", pack(b"text")))[0].content == b"text"
    assert items(write(tmp_path, f"a.jsonl{ending}", pack(b'{"text": "text"}')))[0].content == b"text"


@pytest.mark.parametrize("name", ["a.pdf", "a", "a.html.bak", "a.gz", ".html.docx"])
def test_other_endings_are_rejected(tmp_path: Path, name: str) -> None:
    """A file that is passed over silently is a lost article."""
    (reject,) = rejects(write(tmp_path, name, "x"))
    assert (reject.stage, reject.location) == ("ingest", str(tmp_path / name))
    assert "are not read" in reject.reason


@pytest.mark.parametrize("name", [f"a{kind}{packed}" for kind in KINDS for packed in ("", ".gz", ".zst")])
@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe nonsense \x1f\x8b", b"[[[[", b"PAR1xxxxPAR1", b"<a><b>"])
def test_nonsense_of_every_kind_is_an_item_or_a_reject(tmp_path: Path, name: str, content: bytes) -> None:
    """One broken file must never stop the night."""
    path = write(tmp_path, name, content)
    for found in read_file(path):
        assert isinstance(found, RawItem | Reject)
        assert found.location.startswith(str(path))


@pytest.mark.parametrize("name", [f"a{kind}" for kind in KINDS])
def test_a_file_that_went_away_is_a_reject(tmp_path: Path, name: str) -> None:
    """Between listing a folder and reading it, files are deleted."""
    (reject,) = rejects(tmp_path / name)
    assert "cannot be" in reject.reason


@pytest.mark.parametrize("keep", [5, 15, 40, -9])
def test_a_truncated_download_is_a_reject(tmp_path: Path, keep: int) -> None:
    """Half a page may have lost the half that matters."""
    whole = gzip.compress(os.urandom(200).hex().encode())
    (reject,) = rejects(write(tmp_path, "a.html.gz", whole[:keep]))
    assert reject.reason.startswith("cannot be read")


def test_truncated_lines_are_kept_up_to_the_break(tmp_path: Path) -> None:
    """Each line stands for itself; the break is reported once."""
    lines = b"".join(b'{"text": "%s"}\n' % os.urandom(50).hex().encode() for _ in range(500))
    found = list(read_file(write(tmp_path, "a.jsonl.gz", gzip.compress(lines)[:-500])))
    assert len(found) > 100
    assert [type(one) for one in found] == [RawItem] * (len(found) - 1) + [Reject]


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
@pytest.mark.parametrize("name", ["a.html", "a.txt", "a.xml"])
def test_a_decompression_bomb_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: object, name: str
) -> None:
    """A small file may unpack to more than the machine's memory."""
    assert callable(pack)
    monkeypatch.setattr(readers, "LARGEST_FILE", 1024)
    ending = ".gz" if pack is gzip.compress else ".zst"
    (reject,) = rejects(write(tmp_path, name + ending, pack(b" " * 1_000_000)))
    assert "larger than" in reject.reason


def test_a_file_of_the_largest_size_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit itself is allowed."""
    monkeypatch.setattr(readers, "LARGEST_FILE", 1024)
    assert len(items(write(tmp_path, "a.txt", b"x" * 1024))[0].content) == 1024
    assert rejects(write(tmp_path, "b.txt", b"x" * 1025))


def test_lines_carry_their_hints(tmp_path: Path) -> None:
    """What the line says wins over the source's name; foreign keys pass through."""
    line = {"id": 7, "title": "T", "text": "words", "source": "Other", "published": 20260309, "score": [1, None]}
    (item,) = items(write(tmp_path, "a.jsonl", json.dumps(line)), "Example Post")
    assert (item.kind, item.content) == (Kind.PLAIN, b"words")
    assert (item.hints.id, item.hints.title, item.hints.source) == ("7", "T", "Other")
    assert item.hints.published == "20260309"
    assert item.extra == {"score": [1, None]}
    assert item.location == f"{tmp_path / 'a.jsonl'}:1"


def test_a_line_with_html_is_a_page(tmp_path: Path) -> None:
    """`html` wins over `text`, and does not pass through."""
    line = {"id": "1", "html": "<p>é</p>", "text": "old"}
    (item,) = items(write(tmp_path, "a.ndjson", json.dumps(line)))
    assert (item.kind, item.content, item.extra) == (Kind.PAGE, "<p>é</p>".encode(), {})


def test_bad_lines_are_named_by_number(tmp_path: Path) -> None:
    """And the good ones around them are read."""
    path = write(tmp_path, "a.jsonl", '{"text": "a"}\n{"text": ["b"]}\n{broken\n\n{"text": "c"}\n"d"\n')
    found = list(read_file(path))
    assert [one.location.rpartition(":")[2] for one in found] == ["1", "2", "3", "5", "6"]
    assert [type(one) for one in found] == [RawItem, Reject, Reject, RawItem, Reject]


def test_parquet_comes_back(tmp_path: Path) -> None:
    """Rows are lines, with row numbers."""
    rows = [{"id": str(number), "title": f"T{number}", "text": "é", "tags": ["a"]} for number in range(3)]
    parquet.write_table(pa.Table.from_pylist(rows), path := tmp_path / "a.parquet")
    found = items(path, "Example Post")
    assert [item.location for item in found] == [f"{path}:{number}" for number in (1, 2, 3)]
    assert [(item.hints.id, item.hints.title, item.hints.source) for item in found] == [
        (row["id"], row["title"], "Example Post") for row in rows
    ]
    assert found[0].content == "é".encode()
    assert found[0].extra == {"tags": ["a"]}


def test_what_parquet_has_and_json_has_not_passes_as_text(tmp_path: Path) -> None:
    """Times and decimals of other columns must not stop the night when they are stored."""
    noon = dt.datetime(2026, 3, 9, 12, tzinfo=dt.UTC)
    row = {"text": "a", "published": noon, "when": dt.date(2026, 3, 9), "price": decimal.Decimal("1.50")}
    parquet.write_table(pa.Table.from_pylist([row]), path := tmp_path / "a.parquet")
    (item,) = items(path)
    assert item.hints.published == "2026-03-09 12:00:00+00:00"
    assert json.loads(json.dumps(item.extra)) == {"when": "2026-03-09", "price": "1.50"}


def test_bad_rows_are_rejected_one_by_one(tmp_path: Path) -> None:
    """A column of the wrong type is named, row by row."""
    parquet.write_table(pa.table({"text": [1.5, None]}), path := tmp_path / "a.parquet")
    first, second = read_file(path)
    assert isinstance(first, Reject)
    assert first.reason == "'text' must be a string, not float"
    assert isinstance(second, RawItem)


def test_nanoseconds_are_read(tmp_path: Path) -> None:
    """What pandas writes: more than a datetime holds, cut to microseconds, whether pandas is here or not."""
    stamp, nanoseconds = pa.array([1773057600_123456789], pa.timestamp("ns", "UTC")), 90_000_000_001
    table = pa.table(
        {
            "text": ["a"],
            "published": stamp,
            "took": pa.array([nanoseconds], pa.duration("ns")),
            "at": pa.array([nanoseconds], pa.time64("ns")),
        }
    )
    parquet.write_table(table, path := tmp_path / "a.parquet")
    (item,) = items(path)
    assert item.hints.published == "2026-03-09 12:00:00.123456+00:00"
    assert item.extra == {"took": "0:01:30", "at": "00:01:30"}


def test_what_cannot_be_converted_rejects_the_file(tmp_path: Path) -> None:
    """A time after the year 9999 fits no datetime: a reject, not a crash."""
    column = pa.array([2**62], pa.timestamp("us"))
    parquet.write_table(pa.table({"text": ["a"], "published": column}), path := tmp_path / "a.parquet")
    assert [reject.location for reject in rejects(path)] == [str(path)]


def test_what_is_no_parquet_is_said(tmp_path: Path) -> None:
    """With the reason."""
    (reject,) = rejects(write(tmp_path, "a.parquet", "id,text\n1,a\n"))
    assert reject.reason.startswith("not a Parquet file")


@settings(max_examples=40)
@given(st.integers(4, 400), st.binary(min_size=1, max_size=40))
def test_damaged_parquet_never_stops_the_night(
    tmp_path_factory: pytest.TempPathFactory, at: int, damage: bytes
) -> None:
    """Wrong bytes anywhere in the file."""
    path = tmp_path_factory.getbasetemp() / "damaged.parquet"
    parquet.write_table(pa.table({"id": ["1", "2"], "text": ["a" * 50, "é" * 50]}), path)
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + damage + whole[at + len(damage) :])
    assert all(isinstance(found, RawItem | Reject) for found in read_file(path))


def test_a_name_that_is_not_utf8_can_be_shown(tmp_path: Path) -> None:
    """Old archives have names in old encodings; the location must fit into the store."""
    path = write(tmp_path, os.fsdecode(b"caf\xe9.txt"), "text")
    assert items(path)[0].location.encode().decode().endswith("caf\ufffd.txt")
