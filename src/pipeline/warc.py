"""Reading web archives (WARC, ISO 28500), in which crawls of news are published: every page in them as a raw item."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.records import Hints, Kind, RawItem, Reject

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord

LARGEST_PAGE = 16 * 1024 * 1024
"""Bytes of one page after decompression."""
_PAGES = ("text/html", "application/xhtml+xml")
_OK = 200
_TOO_LARGE = f"a page larger than {LARGEST_PAGE // 1024 // 1024} MiB"
_GZIP_OR_ZLIB = 47
"""What zlib takes for "tell which by the first bytes"."""


def read_warc(path: Path, location: str, source: str) -> Iterator[RawItem | Reject]:
    """The pages of an archive, plain or compressed (gzip, zstandard, lz4), in order, as `location#number`.

    Answers that are no page, such as pictures and redirections, are passed over; text that a crawler has taken out of
    a page ("conversion") is a dump. Raises InputError when nothing in the file is a page, and when it cannot be read
    to its end, after the pages before that.
    """
    from fastwarc.warc import ArchiveIterator

    pages = number = 0
    try:
        with path.open("rb") as stream:
            for number, record in enumerate(ArchiveIterator(stream, auto_decode="transfer"), 1):
                kind = _kind(record)
                if kind is not None:
                    pages += 1
                    yield _item(record, kind, f"{location}#{number}", source)
    except (OSError, ValueError) as error:
        raise InputError(f"not a whole web archive, after {number} records: {error}") from error
    if not pages:
        raise InputError(f"a web archive without pages ({number} records)")


def _kind(record: "WarcRecord") -> Kind | None:
    """What a record holds for us, None when nothing."""
    from fastwarc.warc import WarcRecordType

    if record.record_type == WarcRecordType.conversion:
        return Kind.DUMP if _media_type(record.headers.get("Content-Type")) == "text/plain" else None
    if record.record_type == WarcRecordType.response and record.http_headers is not None:
        is_page = record.http_headers.status_code == _OK and _media_type(record.http_content_type) in _PAGES
        return Kind.PAGE if is_page else None
    if record.record_type == WarcRecordType.resource:
        return Kind.PAGE if _media_type(record.headers.get("Content-Type")) in _PAGES else None
    return None


def _media_type(content_type: str | None) -> str:
    """The media type without its parameters, in lower case."""
    return (content_type or "").split(";")[0].strip().lower()


def _item(record: "WarcRecord", kind: Kind, location: str, source: str) -> RawItem | Reject:
    """A record's page. Raises InputError when the file breaks off inside it."""
    if record.content_length > LARGEST_PAGE:
        return Reject("ingest", location, _TOO_LARGE)
    headers, content = record.http_headers, record.reader.read()
    in_chunks = headers is not None and headers.get("Transfer-Encoding")
    if len(content) < record.content_length and not in_chunks:
        raise InputError(f"breaks off inside {location}")
    if headers is not None and (coding := headers.get("Content-Encoding")):
        try:
            content = _decompressed(content, coding.strip().lower())
        except (InputError, zlib.error) as error:
            return Reject("ingest", location, f"cannot be decompressed: {error}")
    url = (record.headers.get("WARC-Target-URI") or "").strip("<>")
    return RawItem(location, kind, content, Hints(url=url, source=source))


def _decompressed(content: bytes, coding: str) -> bytes:
    """A page as it was before its server compressed it. Raises InputError when it is too large or of another coding.

    By hand, since the library does not bound what it decompresses; most crawlers store pages decompressed.
    """
    if coding == "identity":
        return content
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise InputError(f"the coding {coding!r} is not read")
    page = zlib.decompressobj(_GZIP_OR_ZLIB).decompress(content, LARGEST_PAGE + 1)
    if len(page) > LARGEST_PAGE:
        raise InputError(_TOO_LARGE)
    return page
