"""Articles, word soup and small files for tests of the lower stages."""

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline.config import SourceConfig
from pipeline.readers import read_file
from pipeline.records import Article, Kind, RawItem, Reject
from pipeline.stages.clean import clean
from pipeline.stages.ingest import ingest
from pipeline.times import UNIVERSAL, Clock

PARAGRAPHS = (
    "The harbour council of Aldvik voted on Monday to close the old ferry quay before the winter storms arrive.",
    "Engineers told the council that the timber piles under the quay had lost a third of their strength since 2019.",
    "The ferry company said its boats would use the northern quay, and that the harbour crossing would take longer.",
    "Residents of the island asked for a later evening boat, which the company promised to consider in the spring.",
)
"""An article of four paragraphs that is long enough for a page."""


def article(name: str, text: str = "", **changes: str) -> Article:
    """An article whose id is its name, lying in a file of that name."""
    plain = Article(id=name, title="", text=text, location=f"inbox/{name}.txt")
    return replace(plain, published=datetime(2026, 3, 9, 12, tzinfo=UTC), **changes)  # type: ignore[arg-type]  # any field


def soup(prefix: str, count: int, start: int = 0) -> list[str]:
    """Distinct words that no other prefix shares."""
    return [f"{prefix}{number}" for number in range(start, start + count)]


def page(body: str, head: str = "") -> bytes:
    """An HTML page in UTF-8."""
    return f"<!DOCTYPE html><html lang='en'><head>{head}</head><body>{body}</body></html>".encode()


def story(headline: str = "Aldvik closes its old ferry quay", before: str = "") -> str:
    """The markup of an article of four paragraphs, something standing between headline and text."""
    paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    return f"<article><h1>{headline}</h1>{before}{paragraphs}</article>"


def write(folder: Path, name: str, content: bytes | str) -> Path:
    """A file in a folder, folders on the way to it made; it was last written a minute ago."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return aged(path)


def aged(path: Path) -> Path:
    """The file, last written a minute before it really was: nobody needs to wait for it to settle."""
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns - 60_000_000_000))
    return path


def items(path: Path, source: str = "") -> list[RawItem]:
    """What `read_file` finds, when it must find nothing but items."""
    found = list(read_file(path, source))
    assert not [reject for reject in found if isinstance(reject, Reject)], found
    return [item for item in found if isinstance(item, RawItem)]


def rejects(path: Path) -> list[Reject]:
    """The rejects among what `read_file` finds."""
    return [found for found in read_file(path) if isinstance(found, Reject)]


def cleaned(content: bytes | str, kind: Kind = Kind.PAGE, clock: Clock = UNIVERSAL) -> Article:
    """The article in some content, which must be one."""
    found = clean(RawItem("here", kind, content.encode() if isinstance(content, str) else content), clock)
    assert isinstance(found, Article), found
    return found


def night_of(folder: Path, clock: Clock) -> tuple[list[Article], list[Reject]]:
    """Everything in a folder, ingested and cleaned: articles and rejects."""
    return _parted(
        found if isinstance(found, Reject) else clean(found, clock) for found in ingest([SourceConfig(path=folder)])
    )


def _parted(found: Iterable[Article | Reject]) -> tuple[list[Article], list[Reject]]:
    articles, refused = [], []
    for one in found:
        if isinstance(one, Article):
            articles.append(one)
        else:
            refused.append(one)
    return articles, refused
