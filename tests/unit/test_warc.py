"""Web archives: every page is read, nothing else, and damage is told."""

import contextlib
import gzip
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import warc
from pipeline.errors import InputError
from pipeline.records import Kind, RawItem, Reject
from pipeline.warc import read_warc

PAGE = b"<html><body><p>The bridge in Lindmar is closed.</p></body></html>"


def record(kind: str, url: str, block: bytes, content_type: str = "application/http;msgtype=response") -> bytes:
    """One record of an archive."""
    head = (
        f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-03-10T04:00:00Z\r\n"
        f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000000>\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def answer(
    url: str, body: bytes, content_type: str = "text/html; charset=utf-8", status: int = 200, more: str = ""
) -> bytes:
    """A server's answer as a record."""
    head = f"HTTP/1.1 {status} Told\r\nContent-Type: {content_type}\r\n{more}\r\n"
    return record("response", url, head.encode() + body)


ARCHIVE = (
    record("warcinfo", "", b"software: a crawler\r\n", "application/warc-fields"),
    record("request", "https://example.org/a", b"GET /a HTTP/1.1\r\n\r\n", "application/http;msgtype=request"),
    answer("https://example.org/a", PAGE),
    answer("https://example.org/a.png", b"\x89PNG", "image/png"),
    answer("https://example.org/old", b"Moved", status=301),
    answer("https://example.org/b", PAGE + b"<!-- b -->", "application/xhtml+xml"),
    record("resource", "https://example.org/c", PAGE + b"<!-- c -->", "text/html"),
    record("conversion", "https://example.org/d", b"The bridge is closed.", "text/plain"),
)
URLS = [f"https://example.org/{name}" for name in "abcd"]


def read(path: Path, content: bytes) -> list[RawItem | Reject]:
    """What an archive with this content holds."""
    path.write_bytes(content)
    return list(read_warc(path, "in/a.warc", "Example Post"))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_every_page_is_read_and_nothing_else(tmp_path: Path, pack: type[bytes]) -> None:
    """Pages with their addresses, in order; pictures, redirections and what a crawler notes for itself are no items."""
    found = read(tmp_path / "a.warc", b"".join(map(pack, ARCHIVE)))
    items = [item for item in found if isinstance(item, RawItem)]
    assert [item.hints.url for item in items] == URLS
    assert [item.kind for item in items] == [Kind.PAGE, Kind.PAGE, Kind.PAGE, Kind.DUMP]
    assert [item.location for item in items] == [f"in/a.warc#{number}" for number in (3, 6, 7, 8)]
    assert items[0].content == PAGE
    assert {item.hints.source for item in items} == {"Example Post"}
    assert len(items) == len(found)


def test_a_page_comes_as_it_was_before_its_server_packed_it(tmp_path: Path) -> None:
    """Compressed and chunked answers are undone."""
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(PAGE), PAGE)
    packed = answer("https://example.org/a", gzip.compress(PAGE), more="Content-Encoding: gzip\r\n")
    chunked = answer("https://example.org/b", chunks, more="Transfer-Encoding: chunked\r\n")
    found = read(tmp_path / "a.warc", packed + chunked)
    assert [item.content for item in found if isinstance(item, RawItem)] == [PAGE, PAGE]


@pytest.mark.parametrize(
    ("body", "coding", "reason"),
    [
        (gzip.compress(b"x" * 5000, mtime=0), "gzip", "larger than"),
        (b"no gzip at all", "gzip", "cannot be decompressed"),
        (b"whatever", "secret", "the coding 'secret' is not read"),
    ],
)
def test_a_page_that_cannot_be_unpacked_is_rejected_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: bytes, coding: str, reason: str
) -> None:
    """A bomb, a lie and an unknown coding cost their own page; the one after it is read."""
    monkeypatch.setattr(warc, "LARGEST_PAGE", 4000)
    bad = answer("https://example.org/a", body, more=f"Content-Encoding: {coding}\r\n")
    reject, item = read(tmp_path / "a.warc", bad + answer("https://example.org/b", PAGE))
    assert isinstance(reject, Reject)
    assert reason in reject.reason
    assert isinstance(item, RawItem)


def test_a_page_beyond_all_measure_is_rejected_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not read at all, and the one after it is."""
    monkeypatch.setattr(warc, "LARGEST_PAGE", 4000)
    reject, item = read(tmp_path / "a.warc", answer("https://example.org/a", b"x" * 5000) + ARCHIVE[2])
    assert isinstance(reject, Reject)
    assert isinstance(item, RawItem)


def test_an_archive_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    """The pages before the break are read, and the break is told: no half page passes for a whole one."""
    path = tmp_path / "a.warc"
    found: list[RawItem | Reject] = []
    path.write_bytes(b"".join(ARCHIVE[:6])[: -len(PAGE)])
    with pytest.raises(InputError, match=r"breaks off inside in/a\.warc#6"):
        found.extend(read_warc(path, "in/a.warc", ""))
    assert [one.location for one in found] == ["in/a.warc#3"]
    path.write_bytes(ARCHIVE[2] + b"nonsense")
    pages = read_warc(path, "in/a.warc", "")
    assert isinstance(next(pages), RawItem)
    with pytest.raises(InputError, match="not a whole web archive, after 1 records"):
        next(pages)


@pytest.mark.parametrize("content", [b"", ARCHIVE[0], b"<html></html>", b"PK\x03\x04", gzip.compress(b"text", mtime=0)])
def test_a_file_without_pages_is_told(tmp_path: Path, content: bytes) -> None:
    """An empty file, one of notes alone and one of another kind are refused with the reason."""
    with pytest.raises(InputError, match="web archive"):
        read(tmp_path / "a.warc", content)


@settings(max_examples=150)
@given(st.integers(0, 10**6), st.sampled_from(["plain", "gzip"]))
def test_damage_raises_nothing_else(tmp_path_factory: pytest.TempPathFactory, seed: int, pack: str) -> None:
    """Whatever bytes are changed, pages come out or the project's own error."""
    random = Random(seed)  # noqa: S311 - a repeatable order is the point
    whole = b"".join(gzip.compress(one) if pack == "gzip" else one for one in ARCHIVE)
    damaged = bytearray(whole[: random.randrange(len(whole))] if random.random() < 0.3 else whole)
    for _ in range(random.randrange(6)):
        if damaged:
            damaged[random.randrange(len(damaged))] = random.randrange(256)
    path = tmp_path_factory.getbasetemp() / "damaged.warc"
    path.write_bytes(damaged)
    found: list[RawItem | Reject] = []
    with contextlib.suppress(InputError):
        found.extend(read_warc(path, "damaged", ""))
    assert len(found) <= len(ARCHIVE)
