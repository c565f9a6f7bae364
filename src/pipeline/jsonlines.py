"""JSON Lines, plain or compressed, and article lines in particular: the form in which stages can be run alone."""

import contextlib
import gzip
import io
import json
import re
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pipeline.errors import InputError
from pipeline.files import shown
from pipeline.records import Article, Json, Reject
from pipeline.text.normalise import encodable
from pipeline.times import UNIVERSAL

STANDARD = Path("-")
# How bytes that are no UTF-8 come through `surrogateescape`.
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
# Half of a character beyond the first 65,536, as JSON escapes it; its other half may be missing.
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_ARTICLE_KEYS = ("id", "url", "title", "text", "published", "lang", "source")
JsonObject = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Line:
    """A line that holds a JSON object, and where it stood (`file:number`)."""

    location: str
    value: JsonObject


class BadLineError(InputError):
    """One line cannot be used; whoever reads the file turns it into a reject and goes on."""


@contextlib.contextmanager
def open_text(path: Path, mode: str) -> Iterator[IO[str]]:
    """Open a text file for reading ("r") or writing ("w"); `.gz` and `.zst` are (de)compressed, `-` is standard.

    Raises InputError when the file cannot be opened.
    """
    if path == STANDARD:
        yield _standard(mode)
        return
    try:
        stream = _opened(path, mode)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{shown(path)}: cannot be opened ({reason})") from error
    with stream:
        yield stream


def _standard(mode: str) -> IO[str]:
    """Standard input, decoded as files are, or standard output. Raises InputError when it was closed from the start."""
    if (sys.stdout if mode == "w" else sys.stdin) is None:
        raise InputError(f"-: standard {'output' if mode == 'w' else 'input'} is closed; name a file")
    if mode == "w":
        return sys.stdout
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="surrogateescape")
    return sys.stdin


def _opened(path: Path, mode: str) -> IO[str]:
    """The stream for one path, by its ending. Bytes that are no UTF-8 come as lone surrogates; writing refuses them."""
    encoding, errors = ("utf-8-sig", "surrogateescape") if mode == "r" else ("utf-8", "strict")
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path, f"{mode}b"), encoding, errors)  # type: ignore[type-var]  # it is a stream
    if path.suffix == ".zst":
        import pyarrow as pa

        raw = pa.input_stream(str(path)) if mode == "r" else pa.output_stream(str(path), compression="zstd")
        return io.TextIOWrapper(raw, encoding, errors)
    return path.open(mode, encoding=encoding, errors=errors)


def read_lines(path: Path) -> Iterator[Line | Reject]:
    """The objects of a JSON Lines file in order; a line that holds none comes as a `Reject`. Blank lines are skipped.

    Raises InputError when the file cannot be opened, or breaks off inside its compression.
    """
    with open_text(path, "r") as stream:
        yield from lines_of(stream, shown(path))


def lines_of(stream: Iterable[str], name: str, before: int = 0) -> Iterator[Line | Reject]:
    """What `read_lines` gives, of an open stream that is decoded as `open_text` does it.

    `name` stands for it in locations; so many lines of the file came `before`. Raises InputError when it breaks off.
    """
    numbered = enumerate(stream, before + 1)
    while True:
        try:
            number, text = next(numbered)
        except StopIteration:
            return
        except (EOFError, OSError, UnicodeDecodeError, zlib.error) as error:
            raise InputError(f"{name}: cannot be read to its end ({error})") from error
        if text.strip():
            yield _line(f"{name}:{number}", text)


def count_lines(path: Path) -> int | None:
    """How many lines a plain file has, without parsing them.

    None for what is compressed or cannot be read, and for standard input and pipes, which can be read but once.
    """
    if path.suffix in (".gz", ".zst") or not path.is_file():
        return None
    try:
        with path.open("rb") as stream:
            blocks = iter(lambda: stream.read(1 << 20), b"")
            return sum(block.count(b"\n") for block in blocks)
    except OSError:
        return None


def _line(location: str, text: str) -> Line | Reject:
    """One line parsed."""
    if _NOT_UTF8.search(text):
        return Reject("read", location, "not UTF-8 text")
    try:
        value = json.loads(text)
        if _ESCAPED_SURROGATE.search(text):
            value = json.loads(encodable(json.dumps(value, ensure_ascii=False)))
    except (ValueError, RecursionError) as error:
        return Reject("read", location, f"not valid JSON: {error}")
    if not isinstance(value, dict):
        return Reject("read", location, f"a JSON object is needed, this is {type(value).__name__}")
    return Line(location, value)


def write_lines(path: Path, values: Iterable[JsonObject]) -> int:
    """Write one object per line; gives how many. Raises InputError when the file cannot be opened."""
    count = 0
    with open_text(path, "w") as stream:
        for value in values:
            stream.write(json.dumps(value, ensure_ascii=False) + "\n")
            count += 1
    return count


def text_of(value: JsonObject, key: str) -> str:
    """The string at a key, "" when absent or null. Raises BadLineError when it is something else."""
    found = value.get(key)
    if found is None:
        return ""
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise BadLineError(f"{key!r} must be a string, not {type(found).__name__}")
    return str(found)


def article_from_line(line: Line) -> Article:
    """The article an article line holds; its text is taken as it is.

    Raises BadLineError when the line has no id, or neither title nor text, or a key of the wrong type.
    """
    values = {key: text_of(line.value, key) for key in _ARTICLE_KEYS}
    if not values["id"]:
        raise BadLineError("no 'id'")
    if not values["title"].strip() and not values["text"].strip():
        raise BadLineError("neither 'title' nor 'text'")
    extra = {key: value for key, value in line.value.items() if key not in _ARTICLE_KEYS}
    published = UNIVERSAL.read(values.pop("published"))
    return Article(**values, published=published, location=line.location, extra=extra)


def article_line(article: Article) -> JsonObject:
    """The article line of an article, keys that were passed through included."""
    published = article.published.isoformat() if article.published else ""
    return {key: getattr(article, key) for key in _ARTICLE_KEYS} | {"published": published, **article.extra}
