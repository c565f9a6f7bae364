"""Numbers for articles: each gets its place in the order of all ids, as `dedupe` numbers them on one machine.

A part of the index has a range of ids, and so a range of row numbers. Texts stay in the block that they were read in;
`home` has the block of every row.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.engine.columns import Column, Columns, dealt, joined
from pipeline.engine.tables import Table, publishers_of
from pipeline.minhash.boilerplate import FEWEST, spread
from pipeline.minhash.documents import Rows
from pipeline.minhash.tokens import Hashes

IDS_LOOKED_AT = 64
"""Ids of each block that tell where ranges of ids begin."""
MOST_ROWS = 2**32
"""Row numbers have 32 bits, on one machine as on many."""

Homes: TypeAlias = Column
Ids: TypeAlias = pa.LargeStringArray
Keys: TypeAlias = tuple[Ids, Rows, Hashes]
"""Ids, the rows of the block that they stand in, and their publishers' numbers."""


@dataclass(frozen=True, slots=True)
class IndexPart:
    """A range of ids, ascending, each once: the block and the row of it that has each, and its publisher's number."""

    ids: Ids
    blocks: Rows
    offsets: Rows
    publishers: Hashes


def some_ids(table: Table) -> list[str]:
    """A few ids, evenly spread over the block."""
    at = np.unique(np.linspace(0, len(table) - 1, min(len(table), IDS_LOOKED_AT)).astype(np.int64))
    ids: list[str] = table.column("id").take(pa.array(at)).to_pylist()
    return ids


def bounds_of(samples: Sequence[Sequence[str]], parts: int) -> list[str]:
    """Ids at which the second and each further of so many parts begins, by samples of each block."""
    ids = sorted({one for sample in samples for one in sample})
    return [ids[len(ids) * part // parts] for part in range(1, parts)] if ids else [""] * (parts - 1)


def keys_by_range(table: Table, bounds: Sequence[str]) -> list[Keys]:
    """The keys of a block for each part of the index."""
    ids = table.column("id").combine_chunks()
    targets = np.array([bisect_right(bounds, one) for one in ids.to_pylist()], dtype=np.int64)
    pieces = dealt(targets, len(bounds) + 1, np.arange(len(ids)), publishers_of(table))
    return [(ids.take(pa.array(offsets)), offsets, publishers) for offsets, publishers in pieces]


def index_of(pieces: Sequence[Keys]) -> tuple[IndexPart, int, Columns]:
    """A part of the index from every block's piece, its size, and the ids that came again.

    Of those the block and row, and the block and row that had the id first.
    """
    ids = pa.concat_arrays([piece[0] for piece in pieces])
    offsets, publishers = joined([piece[1:] for piece in pieces])
    blocks = np.repeat(np.arange(len(pieces)), [len(piece[1]) for piece in pieces])
    order = pc.sort_indices(ids).to_numpy().astype(np.int64)  # stable: the first to be read stays first
    ids = ids.take(pa.array(order))
    again = np.zeros(len(ids), dtype=np.bool_)
    if len(ids) > 1:
        again[1:] = pc.equal(ids[1:], ids[:-1]).to_numpy(zero_copy_only=False)
    kept = np.flatnonzero(~again)
    chosen = order[kept]
    part = IndexPart(ids.take(pa.array(kept)), blocks[chosen], offsets[chosen], publishers[chosen])
    first = chosen[np.cumsum(~again)[again] - 1]
    repeats = order[again]
    return part, len(kept), (blocks[repeats], offsets[repeats], blocks[first], offsets[first])


def home_of(parts: Sequence[IndexPart]) -> Homes:
    """The block of every row, shape (rows,)."""
    return np.concatenate([part.blocks.astype(np.int32) for part in parts])


def rows_by_block(part: IndexPart, start: int, blocks: int) -> list[Columns]:
    """For each block the rows of it that have a number, and these numbers."""
    return dealt(part.blocks, blocks, part.offsets, start + np.arange(len(part.blocks)))


def publishers_by_part(part: IndexPart, parts: int) -> list[Columns]:
    """How many articles of each publisher there are, the publishers dealt out to so many parts."""
    numbers, counts = np.unique(part.publishers[part.publishers > 0], return_counts=True)
    return dealt(_part_of(numbers, parts), parts, numbers, counts)


def samples_by_index(pieces: Sequence[Columns]) -> list[Columns]:
    """Which articles of some publishers are looked at for boilerplate, for each part of the index.

    Publishers and places among a publisher's articles in that part.
    """
    numbers, counts = joined(pieces)
    parts = np.repeat(np.arange(len(pieces)), [len(piece[0]) for piece in pieces])
    order = np.lexsort((parts, numbers))
    numbers, counts, parts = numbers[order], counts[order], parts[order]
    different = np.append(numbers[1:] != numbers[:-1], True) if len(numbers) else np.zeros(0, dtype=np.bool_)
    chosen: list[Columns] = [(numbers[:0], order[:0], order[:0])]
    start = 0
    for end in (np.flatnonzero(different) + 1).tolist():
        before = np.cumsum(counts[start:end]) - counts[start:end]
        total = before[-1] + counts[end - 1]
        if total >= FEWEST:
            wanted = spread(int(total))
            at = np.searchsorted(before, wanted, side="right") - 1
            chosen.append((np.full(len(wanted), numbers[start]), wanted - before[at], parts[start:end][at]))
        start = end
    publishers, places, targets = joined(chosen)
    return dealt(targets, len(pieces), publishers, places)


def samples_by_block(part: IndexPart, pieces: Sequence[Columns], blocks: int) -> list[Columns]:
    """The sampled articles of a part of the index, for each block: rows of it and their publishers."""
    publishers, places = joined(pieces)
    order = np.argsort(part.publishers, kind="stable")
    chosen = order[np.searchsorted(part.publishers[order], publishers) + places]
    return dealt(part.blocks[chosen], blocks, part.offsets[chosen], publishers)


def ids_of(part: IndexPart, start: int, requests: Sequence[Rows]) -> list[Ids]:
    """The ids of the rows that each part asks for."""
    return [part.ids.take(pa.array(rows - start)) for rows in requests]


def _part_of(publishers: Hashes, parts: int) -> Rows:
    """Which part looks after each publisher."""
    return (publishers % np.uint64(parts)).astype(np.int64)
