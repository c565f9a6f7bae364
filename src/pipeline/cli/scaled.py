"""The commands that run one stage on JSON Lines, on a Ray cluster: results are written part by part."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.cli.bars import listening
from pipeline.cli.terminal import group_line, pair_line, report_rejects, say_capped
from pipeline.engine.folding import FoldedBlocks, fold_blocks
from pipeline.engine.reading import Blocks, read_blocks, repeated, write_table
from pipeline.engine.session import ray_session
from pipeline.engine.stories import group_blocks
from pipeline.engine.workers import Reference, Workers
from pipeline.jsonlines import JsonObject, write_lines
from pipeline.minhash.copies import THRESHOLD
from pipeline.records import Reject

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
        """The places that were named; a path has lost one of an address's two slashes."""
        return Places(*(_ONE_SLASH.sub(r"\1://", str(path)) for path in (source, output)), rejects, address)


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


def _refused(workers: Workers, blocks: Blocks, found: FoldedBlocks) -> list[Reject]:
    """What could not be used."""
    return [*blocks.rejects, *repeated(workers, blocks.tables, found.numbered.repeats)]


def _write(
    workers: Workers, tables: Sequence[Reference], output: str, line: Callable[[dict[str, Any]], JsonObject]
) -> None:
    """Write tables: each worker its part of a folder of Parquet files, or this process lines, part by part."""
    if output.endswith(".parquet"):
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
