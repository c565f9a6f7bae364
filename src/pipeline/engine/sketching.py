"""Blocks of texts to sketches: what publishers repeat, signatures, and texts with the same words in all blocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pipeline.engine.columns import Columns, dealt, joined, restored
from pipeline.engine.tables import Table, TableTexts, publishers_of
from pipeline.minhash.bands import Banding, Entries, sorted_entries
from pipeline.minhash.boilerplate import learnt, to_be_ignored
from pipeline.minhash.documents import Rows, ignoring, ranges
from pipeline.minhash.kernels import Ignored, Signatures
from pipeline.minhash.signatures import ShingleSets, Sketches, shingle_sets, sketch
from pipeline.minhash.tokens import Hashes

LOW, HIGH = np.uint64(0xFFFFFFFF), np.uint64(0xFFFFFFFF00000000)
ONE_THREAD = 1
"""A worker has one core; others have theirs."""


@dataclass(frozen=True, slots=True)
class Sketched:
    """The articles of a block that have a number, by that: `rows` ascend, `offsets` are their rows in the table."""

    rows: Rows
    offsets: Rows
    sketches: Sketches
    ignored: Ignored

    def places(self, rows: Rows) -> Rows:
        """Where some rows, all of this block, stand in it."""
        return np.searchsorted(self.rows, rows)


def sampled_shingles(table: Table, pieces: Sequence[Columns], parts: int) -> list[Columns]:
    """The distinct shingles of the articles sampled for boilerplate, by the part that looks after their publisher.

    Publishers, fingerprints and sizes of the articles; the shingles of all come as a fourth column of its own length.
    """
    offsets, publishers = joined(pieces)
    everything = np.arange(len(offsets))
    nothing, unfolded = ignoring(np.full(len(offsets), -1)), np.zeros(len(offsets), dtype=np.bool_)
    sets = shingle_sets(TableTexts(table, offsets), everything, unfolded, nothing)
    targets = (publishers % np.uint64(parts)).astype(np.int64)
    return [
        (publishers[chosen], sets.prints[chosen], sets.sizes[chosen], chosen_shingles(sets, chosen))
        for (chosen,) in dealt(targets, parts, everything)
    ]


def chosen_shingles(sets: ShingleSets, places: Rows) -> Hashes:
    """The shingles of some of the sets, one after the other."""
    return sets.hashes[ranges(sets.starts[places], sets.sizes[places])]


def boilerplate_of(pieces: Sequence[Columns]) -> Columns:
    """The boilerplate of some publishers, from all blocks' samples: a publisher and a shingle in each record."""
    publishers, prints, sizes, hashes = joined(pieces)
    starts = np.cumsum(sizes) - sizes
    found: list[Columns] = [(np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.uint64))]
    for publisher in np.unique(publishers):
        chosen = np.flatnonzero(publishers == publisher)
        shingles = learnt(ShingleSets(hashes, starts[chosen], sizes[chosen], prints[chosen]))
        found.append((np.full(len(shingles), publisher), shingles))
    return joined(found)


def sketched(table: Table, rows: Sequence[Columns], boilerplate: Sequence[Columns]) -> Sketched:
    """A block's sketches, less what its publishers repeat."""
    offsets, numbers = joined(rows)
    order = np.argsort(numbers)
    offsets, numbers = offsets[order], numbers[order]
    ignored = _ignored(publishers_of(table)[offsets], boilerplate)
    return Sketched(numbers, offsets, sketch(TableTexts(table, offsets), ignored, ONE_THREAD), ignored)


def _ignored(publishers: Hashes, boilerplate: Sequence[Columns]) -> Ignored:
    """What articles of these publishers are to ignore."""
    learnt_of, shingles = joined(boilerplate)
    order = np.argsort(learnt_of, kind="stable")
    learnt_of, shingles = learnt_of[order], shingles[order]
    here = np.intersect1d(publishers, learnt_of)
    bounds = [(np.searchsorted(learnt_of, one), np.searchsorted(learnt_of, one, side="right")) for one in here]
    places = np.minimum(np.searchsorted(here, publishers), max(len(here) - 1, 0))
    known = here[places] == publishers if len(here) else np.zeros(len(publishers), dtype=np.bool_)
    return ignoring(np.where(known, places, -1), [to_be_ignored(shingles[start:end]) for start, end in bounds])


def prints_by_part(block: Sketched, parts: int) -> list[Columns]:
    """Each text of a block that has words by its fingerprint, with the first row that has it, dealt out to parts."""
    prints, first = _own_prints(block)
    return dealt(_part_of(prints, parts), parts, prints, block.rows[first])


def first_rows(pieces: Sequence[Columns]) -> list[Rows]:
    """For what each block told of its fingerprints, the first row of all blocks that has each."""
    prints, rows = joined(pieces)
    order = np.lexsort((rows, prints))
    _, at, places = np.unique(prints[order], return_index=True, return_inverse=True)
    first = np.empty_like(rows)
    first[order] = rows[order][at][places]
    bounds = np.cumsum([0, *(len(piece[0]) for piece in pieces)]).tolist()
    return [first[start:end].copy() for start, end in pairwise(bounds)]


def twins_of(block: Sketched, answers: Sequence[Rows]) -> Rows:
    """For every text of a block the first row of all with the same words, shape (texts,)."""
    prints, _ = _own_prints(block)
    first = restored(_part_of(prints, len(answers)), answers)
    twins = block.rows.copy()
    worded = block.sketches.units > 0
    twins[worded] = first[np.searchsorted(prints, block.sketches.prints[worded])]
    return twins


def _own_prints(block: Sketched) -> tuple[Hashes, Rows]:
    """A block's distinct fingerprints of texts that have words, ascending, and where each first stands."""
    worded = np.flatnonzero(block.sketches.units > 0)
    prints, first = np.unique(block.sketches.prints[worded], return_index=True)
    return prints, worded[first]


def _part_of(prints: Hashes, parts: int) -> Rows:
    """Which part looks after each fingerprint."""
    return (prints % np.uint64(parts)).astype(np.int64)


def entries_by_part(block: Sketched, twins: Rows, banding: Banding, parts: int) -> list[tuple[Entries, Rows]]:
    """A block's entries in all bands for each part, which has a range of keys; and how many are of each band.

    An entry is a key and a row: nothing else of an article leaves its block here.
    """
    different = np.flatnonzero((twins == block.rows) & (block.sketches.units > 0))
    return entries_of(block.sketches.signatures[different], block.rows[different], banding, parts)


def entries_of(signatures: Signatures, rows: Rows, banding: Banding, parts: int) -> list[tuple[Entries, Rows]]:
    """The entries of signatures, whose rows ascend, in all bands for each part; and how many are of each band."""
    bands = sorted_entries(signatures, np.arange(len(rows)), banding, range(banding.bands))
    if len(rows):
        bands = (bands & HIGH) | rows[(bands & LOW).astype(np.int64)].astype(np.uint64)
    bounds = np.array([(part << 32) // parts << 32 for part in range(1, parts)], dtype=np.uint64)
    cuts = np.array([[0, *np.searchsorted(band, bounds), len(band)] for band in bands])
    return [
        (
            np.concatenate(
                [band[start:end] for band, (start, end) in zip(bands, cuts[:, part : part + 2], strict=True)]
            ),
            cuts[:, part + 1] - cuts[:, part],
        )
        for part in range(parts)
    ]
