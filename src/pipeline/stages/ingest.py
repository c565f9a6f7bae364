"""Reads what came in: folders and files, in an order that does not depend on the machine."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.config import SourceConfig
from pipeline.errors import InputError
from pipeline.readers import read_file
from pipeline.records import RawItem, Reject

Read = Iterator[RawItem | Reject]


def ingest(sources: Sequence[SourceConfig]) -> Read:
    """Every item of every source, sources in the given order and files by path.

    A source that is missing comes as a `Reject` whose location is the source; one marked `required` raises InputError.
    """
    for source in sources:
        if source.path.exists():
            yield from _files(source)
        elif source.required:
            raise InputError(f"source {source.path}: not found; check its path in the configuration")
        else:
            yield Reject("source", str(source.path), "not found")


def _files(source: SourceConfig) -> Read:
    """The items of all files of one source."""
    if source.path.is_file():
        yield from read_file(source.path, source.name)
        return
    for path in sorted(source.path.rglob("*")):
        if path.is_file() and not _is_hidden(path, source.path):
            yield from read_file(path, source.name)


def _is_hidden(path: Path, folder: Path) -> bool:
    """Whether the file, or a folder on the way to it, starts with a dot: editors and half-written files."""
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
