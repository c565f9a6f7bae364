"""JSON Lines: one bad line costs one line."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from articles import write
from pipeline.errors import InputError
from pipeline.jsonlines import (
    STANDARD,
    BadLineError,
    Line,
    article_from_line,
    article_line,
    read_lines,
    text_of,
    write_lines,
)
from pipeline.records import Article, Json, Reject

JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.lists(st.dictionaries(st.text(), JSON, max_size=4), max_size=5)
BYTES = st.lists(
    st.binary(max_size=10)
    | st.sampled_from([b'{"id": 1}', b"\n", b'"', b"[", b"\xff", b"\xef\xbb\xbf", b"{}", b'{"a":"\\ud83d"}', b"\r"]),
    max_size=12,
).map(b"".join)


def read(path: Path) -> tuple[list[Line], list[Reject]]:
    """Lines and rejects of a file."""
    found = list(read_lines(path))
    return [one for one in found if isinstance(one, Line)], [one for one in found if isinstance(one, Reject)]


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
@settings(max_examples=30)
@given(OBJECTS)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, ending: str, objects: list[dict[str, Json]]
) -> None:
    """Plain and compressed, any object comes back as it was."""
    path = tmp_path_factory.getbasetemp() / f"round.jsonl{ending}"
    assert write_lines(path, objects) == len(objects)
    lines, rejects = read(path)
    assert not rejects
    assert [line.value for line in lines] == objects
    assert [line.location for line in lines] == [f"{path}:{number}" for number, _ in enumerate(objects, 1)]


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
@given(BYTES)
@example(b"\x1f\x8b\x08")
@example(b"\x28\xb5\x2f\xfd")
def test_any_bytes_are_lines_or_rejects(tmp_path_factory: pytest.TempPathFactory, ending: str, content: bytes) -> None:
    """Whatever the file holds, nothing but an InputError leaves the reader."""
    path = write(tmp_path_factory.getbasetemp(), f"any.jsonl{ending}", content)
    try:
        for found in read_lines(path):
            assert isinstance(found, Line | Reject)
            assert f"{found}".encode()
    except InputError as error:
        assert ending, "only what is compressed can break off"
        assert str(path) in str(error)  # noqa: PT017 - either outcome is right


@settings(max_examples=30)
@given(st.data())
def test_damaged_compression_is_an_input_error(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """A download that broke off, and one with wrong bytes in the middle."""
    whole = bytearray(gzip.compress(b"".join(b'{"id": %d}\n' % number for number in range(500))))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at:] = data.draw(st.sampled_from([b"", b"x" * 20, whole[at + 1 :]]))
    path = write(tmp_path_factory.getbasetemp(), "damaged.jsonl.gz", bytes(whole))
    try:
        assert all(isinstance(one, Line | Reject) for one in read_lines(path))
    except InputError as error:
        assert "cannot be read to its end" in str(error)  # noqa: PT017 - some damage is in bytes nobody reads


def test_a_bad_line_stops_nothing(tmp_path: Path) -> None:
    """Bad JSON, no object and wrong bytes are named with file and line; the lines around them are read."""
    content = b'{"id": 1}\n{broken\n\n[1]\n{"id": "\xff"}\n' + b"[" * 100_000 + b'\n{"id": 2}'
    lines, rejects = read(path := write(tmp_path, "in.jsonl", content))
    assert [line.value["id"] for line in lines] == [1, 2]
    assert [reject.location for reject in rejects] == [f"{path}:{number}" for number in (2, 4, 5, 6)]
    assert [reject.reason.split(":")[0] for reject in rejects] == [
        "not valid JSON",
        "a JSON object is needed, this is list",
        "not UTF-8 text",
        "not valid JSON",
    ]


def test_a_byte_order_mark_is_no_bad_line(tmp_path: Path) -> None:
    """Spreadsheets write one."""
    lines, rejects = read(write(tmp_path, "in.jsonl", b'\xef\xbb\xbf{"id": 1}\n'))
    assert (len(lines), rejects) == (1, [])


def test_half_a_character_is_replaced(tmp_path: Path) -> None:
    """Text that was cut inside an emoji is read; a whole emoji in two escapes stays whole."""
    lines, _ = read(write(tmp_path, "in.jsonl", '{"a": "cut \\ud83d", "b\\uDE00": ["\\ud83d\\ude00"]}'))
    assert lines[0].value == {"a": "cut ?", "b?": ["😀"]}


@pytest.mark.parametrize("name", ["missing.jsonl", "missing.jsonl.gz", "missing.jsonl.zst", ".", "in.jsonl/x", "a\0b"])
def test_what_cannot_be_opened_is_an_input_error(tmp_path: Path, name: str) -> None:
    """Missing, a folder, a file where a folder should be, and a name no system takes."""
    write(tmp_path, "in.jsonl", "")
    with pytest.raises(InputError, match="cannot be opened"):
        list(read_lines(tmp_path / name))


@pytest.mark.parametrize("name", ["missing/x.jsonl", "missing/x.jsonl.gz", "missing/x.jsonl.zst", ".", "a\0b"])
def test_what_cannot_be_written_is_an_input_error(tmp_path: Path, name: str) -> None:
    """A folder that is not there, a folder instead of a file, an impossible name."""
    with pytest.raises(InputError, match="cannot be opened"):
        write_lines(tmp_path / name, [{}])


def test_an_error_of_the_caller_is_not_the_files(tmp_path: Path) -> None:
    """What fails while lines are made is not reported as a file that cannot be opened."""

    def values() -> list[dict[str, Json]]:
        raise FileNotFoundError("another file")

    with pytest.raises(FileNotFoundError, match="another file"):
        write_lines(tmp_path / "out.jsonl", (value for value in values()))


def test_a_name_that_is_not_utf8_can_be_shown(tmp_path: Path) -> None:
    """Locations go into the store and the mail."""
    path = write(tmp_path, os.fsdecode(b"caf\xe9.jsonl"), "{}\n[]")
    assert [f"{one.location}".encode().decode()[-11:] for one in read_lines(path)] == [
        "caf\ufffd.jsonl:1"[-11:],
        "caf\ufffd.jsonl:2"[-11:],
    ]


def test_standard_input_and_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is a pipe, read as files are: wrong bytes cost their line, a byte order mark costs nothing."""
    raw = b'\xef\xbb\xbf{"id": 1}\n{"id": "\xff"}\n{"id": 2}\n'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="ascii"))
    monkeypatch.setattr(sys, "stdout", out := io.StringIO())
    lines, rejects = read(STANDARD)
    assert [line.location for line in lines] == ["-:1", "-:3"]
    assert [reject.location for reject in rejects] == ["-:2"]
    assert write_lines(STANDARD, [{"id": "é"}]) == 1
    assert out.getvalue() == '{"id": "é"}\n'


def test_article_lines_come_back() -> None:
    """An article written as a line and read again is the same, keys of other programs included."""
    known = Article(
        "a1",
        "Title",
        "One.\nTwo.",
        "https://e.org/1",
        datetime(2026, 3, 9, tzinfo=UTC),
        "en",
        "Post",
        "x:1",
        {"n": [1]},
    )
    line = Line("x:1", json.loads(json.dumps(article_line(known))))
    assert article_from_line(line) == known
    assert article_from_line(line).extra == known.extra


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"title": "t"}, "no 'id'"),
        ({"id": "", "title": "t"}, "no 'id'"),
        ({"id": "1"}, "neither 'title' nor 'text'"),
        ({"id": "1", "title": " ", "text": None}, "neither"),
        ({"id": "1", "text": ["a"]}, "'text' must be a string, not list"),
        ({"id": True, "text": "a"}, "'id' must be a string, not bool"),
        ({"id": "1", "text": "a", "published": 1.5}, "'published' must be a string, not float"),
    ],
)
def test_what_is_no_article_line_is_said(value: dict[str, Json], reason: str) -> None:
    """With the key that is wrong."""
    with pytest.raises(BadLineError, match=reason):
        article_from_line(Line("x:1", value))


def test_little_is_required_of_an_article_line() -> None:
    """An id, which may be a number, and a title or a text; an unreadable time is an unknown one."""
    found = article_from_line(Line("x:1", {"id": 7, "title": "t", "published": "soon", "url": None}))
    assert (found.id, found.title, found.text, found.published, found.url) == ("7", "t", "", None, "")


def test_text_of_null_is_unknown() -> None:
    """Null and absent are the same."""
    assert text_of({"a": None}, "a") == text_of({}, "a") == ""
