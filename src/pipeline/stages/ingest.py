"""Reads what came in: folders, files and what was fetched, in an order that does not depend on the machine."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from pipeline.config import SourceConfig
from pipeline.errors import InputError
from pipeline.readers import read_file
from pipeline.records import RawItem, Reject

Read = Iterator[RawItem | Reject]


def ingest(
    sources: Sequence[SourceConfig], fetched: Mapping[SourceConfig, Sequence[RawItem | Reject]] = MappingProxyType({})
) -> Read:
    """Every item of every source, sources in the given order and files by path; `fetched` holds what came of feeds.

    A source that is missing comes as a `Reject` whose location is the source; one marked `required` raises InputError.
    """
    for source in sources:
        if source.path is None:
            yield from fetched[source]
        elif source.path.exists():
            yield from _files(source.path, source.name)
        elif source.required:
            raise InputError(f"source {source.path}: not found; check its path in the configuration")
        else:
            yield Reject("source", str(source.path), "not found")


def _files(place: Path, name: str) -> Read:
    """The items of all files of one source; `name` is its publisher."""
    if place.is_file():
        yield from read_file(place, name)
        return
    for path in sorted(place.rglob("*")):
        if path.is_file() and not _is_hidden(path, place):
            yield from read_file(path, name)


def _is_hidden(path: Path, folder: Path) -> bool:
    """Whether the file, or a folder on the way to it, starts with a dot: editors and half-written files."""
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
