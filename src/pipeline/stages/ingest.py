"""Reads what came in: folders, files and what was fetched, in an order that does not depend on the machine."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from pipeline.config import SourceConfig
from pipeline.errors import InputError
from pipeline.inbox import Listing, list_files, problem_of
from pipeline.readers import read_file
from pipeline.records import SOURCE_FAILED, RawItem, Reject

Read = Iterator[RawItem | Reject]


def ingest(
    sources: Sequence[SourceConfig],
    fetched: Mapping[SourceConfig, Sequence[RawItem | Reject]] = MappingProxyType({}),
    listed: Mapping[SourceConfig, Listing] = MappingProxyType({}),
) -> Read:
    """Every item of every source, sources in the given order and files by path.

    `fetched` holds what came of feeds; `listed` the files to read of a source, where that is not all of them. A source
    that is missing or may not be read comes as a `Reject` whose location is the source; one marked `required` raises
    InputError.
    """
    for source in sources:
        if source.path is None:
            yield from fetched[source]
        elif not (problem := problem_of(source.path)):
            listing = listed.get(source) or list_files(source, {})
            yield from listing.unfinished
            for path in listing.files:
                yield from read_file(path, source.name)
        elif source.required:
            raise InputError(
                f"source {source.path}: {problem}; check its path in the configuration and its permissions"
            )
        else:
            yield Reject(SOURCE_FAILED, str(source.path), problem)
