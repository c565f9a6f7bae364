"""Reading one file of articles: pages, dumps, feeds, JSON Lines, Parquet and web archives, as raw items or rejects."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config import SourceConfig
from pipeline.errors import InputError
from pipeline.feed_parsing import parse_feed
from pipeline.files import shown
from pipeline.inbox import Listing, require_unchanged, settled
from pipeline.jsonlines import BadLineError, JsonObject, Line, count_lines, read_lines, text_of
from pipeline.records import Hints, Kind, RawItem, Reject
from pipeline.warc import read_warc

if TYPE_CHECKING:
    from pyarrow import Schema

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes after decompression: a page or feed is never larger, a compression bomb is."""
_HINT_KEYS = tuple(field.name for field in fields(Hints))
_TEXT_KEYS = ("html", "text")

Read = Iterator[RawItem | Reject]


def read_file(path: Path, source: str = "") -> Read:
    """Everything in one file, in order; `source` is the publisher to note when the item does not name one.

    A file, entry, line or row that cannot be used comes as a `Reject` with the reason.
    """
    kind = _kind(path)
    reader = _READERS.get(kind)
    if reader is None:
        yield Reject("ingest", shown(path), f"files ending in {kind or 'nothing'} are not read")
        return
    try:
        yield from reader(path, source)
    except (InputError, OSError, EOFError, zlib.error) as error:
        yield Reject("ingest", shown(path), f"cannot be read: {error}")


def _kind(path: Path) -> str:
    """What a file is, by the ending of its name, past that of its compression."""
    suffixes = [suffix.casefold() for suffix in path.suffixes]
    return next((suffix for suffix in reversed(suffixes) if suffix not in (".gz", ".zst")), "")


def expected_items(
    fetched: Mapping[SourceConfig, Sequence[RawItem | Reject]], listed: Mapping[SourceConfig, Listing]
) -> int | None:
    """How many items will come of what was fetched and of the files that are listed, None when that is not known."""
    counts = [count_items(path) for listing in listed.values() for path in listing.files]
    known = [count for count in counts if count is not None]
    return None if len(known) < len(counts) else sum(known) + sum(map(len, fetched.values()))


def count_items(path: Path) -> int | None:
    """How many items a file will give, as far as that is known without parsing it; None when it is not."""
    reader = _READERS.get(_kind(path))
    if reader is _read_json_lines:
        return count_lines(path)
    return 1 if reader in (None, _read_page, _read_dump) else None


def _content(path: Path) -> bytes:
    """The bytes of a small file, decompressed.

    Raises InputError when it is larger than is reasonable, or changed while it was read.
    """
    before = settled(path)
    with gzip.open(path) if path.suffix == ".gz" else _plain(path) as stream:
        content = stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise InputError(f"larger than {LARGEST_FILE // 1024 // 1024} MiB")
    require_unchanged(path, before)
    return bytes(content)


def _plain(path: Path) -> Any:  # noqa: ANN401 - a file or a pyarrow stream: they share no named type
    """The file's stream, through zstandard when its name says so."""
    if path.suffix == ".zst":
        import pyarrow as pa

        return pa.input_stream(str(path))
    return path.open("rb")


def _read_page(path: Path, source: str) -> Read:
    yield RawItem(shown(path), Kind.PAGE, _content(path), Hints(source=source))


def _read_dump(path: Path, source: str) -> Read:
    yield RawItem(shown(path), Kind.DUMP, _content(path), Hints(source=source))


def _read_json_lines(path: Path, source: str) -> Read:
    for line in read_lines(path):
        yield line if isinstance(line, Reject) else _from_line(line, source)


def _read_parquet(path: Path, source: str) -> Read:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(path)
        row = 0
        columns = _in_microseconds(table.schema_arrow)
        for batch in table.iter_batches(batch_size=1024):
            for value in batch.cast(columns, safe=False).to_pylist():
                row += 1
                yield _from_line(Line(f"{shown(path)}:{row}", _as_json(value)), source)
    except pa.ArrowInvalid as error:
        yield Reject("ingest", shown(path), f"not a Parquet file: {error}")
    except (pa.ArrowException, ValueError, OverflowError) as error:
        yield Reject("ingest", shown(path), f"cannot be read to its end: {error}")


def _in_microseconds(schema: "Schema") -> "Schema":
    """The schema with its nanoseconds, which pandas writes and no datetime holds, as microseconds."""
    import pyarrow as pa

    for place, column in enumerate(schema):
        if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
            schema = schema.set(place, column.with_type(pa.timestamp("us", column.type.tz)))
        elif pa.types.is_duration(column.type) and column.type.unit == "ns":
            schema = schema.set(place, column.with_type(pa.duration("us")))
        elif pa.types.is_time64(column.type) and column.type.unit == "ns":
            schema = schema.set(place, column.with_type(pa.time64("us")))
    return schema


def _read_archive(path: Path, source: str) -> Read:
    yield from read_warc(path, shown(path), source)


def _as_json(value: Any) -> JsonObject:  # noqa: ANN401 - whatever a Parquet column can hold
    """A row with nothing in it but what JSON knows: times, decimals and bytes as text."""
    return json.loads(json.dumps(value, default=str))  # type: ignore[no-any-return]  # a row is an object


def _from_line(line: Line, source: str) -> RawItem | Reject:
    """An article line as a raw item: `html` is a page, `text` is taken for clean text."""
    try:
        hints = {key: text_of(line.value, key) for key in _HINT_KEYS if key != "published"}
        page, text = (text_of(line.value, key) for key in _TEXT_KEYS)
    except BadLineError as error:
        return Reject("ingest", line.location, str(error))
    published = str(line.value.get("published") or "")
    extra = {key: value for key, value in line.value.items() if key not in _HINT_KEYS + _TEXT_KEYS}
    kind, content = (Kind.PAGE, page) if page else (Kind.PLAIN, text)
    known = Hints(**{**hints, "published": published, "source": hints["source"] or source})
    return RawItem(line.location, kind, content.encode("utf-8", "replace"), known, extra)


def _read_feed(path: Path, source: str) -> Read:
    found = parse_feed(_content(path), shown(path), source)
    yield from [found] if isinstance(found, Reject) else found


_READERS: dict[str, Callable[[Path, str], Read]] = {
    ".html": _read_page,
    ".htm": _read_page,
    ".xhtml": _read_page,
    ".txt": _read_dump,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".parquet": _read_parquet,
    ".warc": _read_archive,
    ".xml": _read_feed,
    ".rss": _read_feed,
    ".atom": _read_feed,
    ".rdf": _read_feed,
    ".json": _read_feed,
}
