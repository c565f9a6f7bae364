"""The commands that run one stage on JSON Lines, on a Ray cluster: results are written part by part."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.cli.bars import listening
from pipeline.cli.story_lines import story_of, summary_line
from pipeline.cli.terminal import group_line, pair_line, report_rejects, say_capped
from pipeline.config import Device
from pipeline.engine.digests import STORIES_AT_ONCE, Models, digests
from pipeline.engine.folding import FoldedBlocks, fold_blocks
from pipeline.engine.reading import (
    Blocks,
    Piece,
    lines_in,
    numbered_pieces,
    read_blocks,
    repeated,
    takes_parts,
    write_table,
)
from pipeline.engine.session import ray_session
from pipeline.engine.stories import group_blocks
from pipeline.engine.workers import Reference, Workers
from pipeline.jsonlines import STANDARD, BadLineError, JsonObject, Line, read_lines, write_lines
from pipeline.minhash.copies import THRESHOLD
from pipeline.records import Reject, Story, Summary

BATCH = 16
"""Sentences that a writer shortens together."""
_ONE_SLASH = re.compile(r"^([A-Za-z][\w+.-]*):/(?!/)")


@dataclass(frozen=True, slots=True)
class Places:
    """Where a command reads and writes, and where its cluster is."""

    source: str
    output: str
    rejects: Path | None
    address: str

    @staticmethod
    def of(source: Path, output: Path, rejects: Path | None, address: str) -> "Places":
        """The places that were named; a path has lost one of an address's two slashes.

        Raises InputError for an output that nothing can be written to.
        """
        read, written = (_ONE_SLASH.sub(r"\1://", str(path)) for path in (source, output))
        takes_parts(written)
        return Places(read, written, rejects, address)


def dedupe_on_ray(places: Places, threshold: float, processes: int, pairs: Path | None) -> None:
    """Fold copies of more articles than one machine holds."""
    with ray_session(places.address, processes) as workers:
        blocks = read_blocks(workers, places.source)
        found = fold_blocks(workers, blocks.tables, threshold)
        say_capped(found.capped)
        _write(workers, found.groups, places.output, _group_line)
        if pairs is not None:
            rows = (row for table in _tables(workers, found.pairs) for row in table)
            write_lines(pairs, (pair_line(**row) for row in rows))
        report_rejects(_refused(workers, blocks, found), places.rejects)


def cluster_on_ray(places: Places) -> None:
    """Group more articles into stories than one machine reads in a night."""
    with ray_session(places.address) as workers:
        blocks = read_blocks(workers, places.source)
        found = fold_blocks(workers, blocks.tables, THRESHOLD)
        _write(workers, group_blocks(workers, blocks.tables, found), places.output, dict)
        report_rejects(_refused(workers, blocks, found), places.rejects)


def summarise_on_ray(places: Places, models: tuple[str, Device, int]) -> None:
    """Write the digests of more stories than one machine writes in a night. `models`: name, device, words."""
    model, device, words = models
    with ray_session(places.address) as workers:
        standard = places.source == str(STANDARD)
        sources = list(_stories_here()) if standard else numbered_pieces(workers, places.source)
        refused: list[Reject] = []
        made = digests(workers, sources, list if standard else _stories_in, Models(model, device, BATCH, words))
        write_lines(Path(places.output), map(summary_line, _summaries(made, refused)))
        report_rejects(refused, places.rejects)


def _summaries(made: Iterable[Summary | Reject], refused: list[Reject]) -> Iterator[Summary]:
    """The summaries; rejects go to `refused`."""
    for one in made:
        if isinstance(one, Reject):
            refused.append(one)
        else:
            yield one


def _stories_here() -> Iterator[list[Story | Reject]]:
    """The stories of standard input, which only this process can read, in parts."""
    lines = read_lines(STANDARD)
    while some := list(islice(lines, STORIES_AT_ONCE)):
        yield list(map(_story_or_reject, some))


def _stories_in(piece: tuple[Piece, int]) -> Iterator[Story | Reject]:
    """The stories of a piece of a file."""
    return map(_story_or_reject, lines_in(*piece))


def _story_or_reject(line: Line | Reject) -> Story | Reject:
    """The story that a line holds, or why it holds none."""
    if isinstance(line, Reject):
        return line
    try:
        return story_of(line)
    except BadLineError as error:
        return Reject("read", line.location, str(error))


def _refused(workers: Workers, blocks: Blocks, found: FoldedBlocks) -> list[Reject]:
    """What could not be used."""
    return [*blocks.rejects, *repeated(workers, blocks.tables, found.numbered.repeats)]


def _write(
    workers: Workers, tables: Sequence[Reference], output: str, line: Callable[[dict[str, Any]], JsonObject]
) -> None:
    """Write tables: each worker its part of a folder of Parquet files, or this process lines, part by part."""
    if takes_parts(output):
        workers.take([workers.call(write_table, table, output, part) for part, table in enumerate(tables)])
        return
    write_lines(Path(output), (line(row) for table in _tables(workers, tables) for row in table))


def _group_line(row: dict[str, Any]) -> JsonObject:
    """The line of `dedupe` for a row of GROUPS."""
    return group_line(row["id"], row["group"], row["similarity"], exact=row["exact"])


def _tables(workers: Workers, references: Sequence[Reference]) -> Iterator[list[dict[str, Any]]]:
    """The rows of tables, one table at a time."""
    with listening() as progress:
        for reference in progress.track(references, "parts"):
            (table,) = workers.take([reference])
            yield table.to_pylist()
