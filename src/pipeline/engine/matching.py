"""Buckets to verified copies: pairs go to the block of their later row, which asks others for what it needs to know.

The later row, because a bucket too large to pair each with each pairs all its members with its first few: the blocks of
those few would have all the work.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from pipeline.engine.columns import Columns, dealt, joined
from pipeline.engine.numbering import Homes
from pipeline.engine.sketching import LOW, Sketched
from pipeline.engine.tables import Table, TableTexts
from pipeline.minhash.bands import Banding, Candidates, Entries, Pairs, agreements, bucket_pairs, distinct
from pipeline.minhash.copies import are_copies, may_be_copies
from pipeline.minhash.documents import Rows
from pipeline.minhash.overlap import Overlaps, shared_shingles
from pipeline.minhash.signatures import ShingleSets, shingle_sets

PAIRS_HELD = 4_000_000
"""Pairs of a part that may repeat each other before they are sorted out."""


@dataclass(frozen=True, slots=True)
class Verified:
    """Copies, as pairs of rows, shape (pairs, 2), whose later ones stand in one block, and their overlaps."""

    pairs: Pairs
    overlaps: Overlaps


def pairs_by_block(pieces: Sequence[tuple[Entries, Rows]], home: Homes, blocks: int, largest: int) -> list[object]:
    """The pairs of a part's buckets for each block, `left << 32 | right`, each once; last, how many were too large."""
    starts = [np.append(0, np.cumsum(sizes)) for _, sizes in pieces]
    found, held, capped = np.zeros(0, dtype=np.uint64), [np.zeros(0, dtype=np.uint64)], 0
    for band in range(len(pieces[0][1])):
        entries = np.concatenate(
            [piece[start[band] : start[band + 1]] for (piece, _), start in zip(pieces, starts, strict=True)]
        )
        entries.sort()
        pairs, large = bucket_pairs(entries, largest)
        held.append(pairs)
        capped += large
        if sum(map(len, held)) > PAIRS_HELD or band == len(pieces[0][1]) - 1:
            found, held = distinct(np.concatenate([found, *held]), len(home)), []
    targets = home[(found & LOW).astype(np.int64)].astype(np.int64)
    return [*(piece for (piece,) in dealt(targets, blocks, found)), capped]


def asked_rows(pieces: Sequence[Entries], home: Homes, blocks: int) -> list[object]:
    """A block's pairs, each once, by the block of their earlier rows; then, likewise, the rows it wants to know."""
    pairs = distinct(np.concatenate(list(pieces)), len(home))
    by_home = [piece for (piece,) in dealt(home[earlier(pairs)].astype(np.int64), blocks, pairs)]
    return [*by_home, *(np.unique(earlier(piece)) for piece in by_home)]


def signatures_for(block: Sketched, requests: Sequence[Rows]) -> list[Columns]:
    """Signatures and numbers of words of the rows that each block asked for."""
    places = [block.places(rows) for rows in requests]
    return [(block.sketches.signatures[at], block.sketches.units[at]) for at in places]


def agreed(
    block: Sketched, pieces: Sequence[Entries], answers: Sequence[Columns], banding: Banding, threshold: float
) -> Entries:
    """The pairs of a block that are worth verifying, of those whose earlier rows are in some other blocks.

    `answers` are the signatures and sizes of the rows that were asked for, block by block.
    """
    return np.concatenate(
        [_agreed(block, pairs, answer, banding, threshold) for pairs, answer in zip(pieces, answers, strict=True)]
    )


def _agreed(block: Sketched, pairs: Entries, answer: Columns, banding: Banding, threshold: float) -> Entries:
    """The same for one other block."""
    signatures, units = answer
    left_places = np.unique(earlier(pairs), return_inverse=True)[1]
    places: Pairs = np.column_stack([left_places, block.places(later(pairs))])
    agreeing = agreements(signatures, block.sketches.signatures, places)
    kept = np.flatnonzero(agreeing >= banding.least)
    # Left and right texts in one list of sizes, the right ones behind.
    sizes = np.concatenate([units, block.sketches.units])
    proposed = Candidates(places[kept] + np.array([0, len(units)]), agreeing[kept])
    chosen: Entries = pairs[kept[may_be_copies(proposed, sizes, threshold)]]
    return chosen


def asked_shingles(pieces: Sequence[Entries], home: Homes, blocks: int) -> list[object]:
    """The rows that a block wants shingles of, by the block that has them; last, the pairs that are to be verified."""
    pairs = np.sort(np.concatenate(list(pieces)))
    return [*_asked(earlier(pairs), home, blocks), np.column_stack([earlier(pairs), later(pairs)])]


def shingles_for(table: Table, block: Sketched, requests: Sequence[Rows]) -> list[ShingleSets]:
    """The shingle sets of the rows that each block asked for."""
    return [_shingles(table, block, rows) for rows in requests]


def _shingles(table: Table, block: Sketched, rows: Rows) -> ShingleSets:
    """The shingle sets of some rows of a block."""
    places = block.places(rows)
    return shingle_sets(TableTexts(table, block.offsets), places, block.sketches.folded, block.ignored)


def verified(
    table: Table, block: Sketched, pairs: Pairs, answers: Sequence[ShingleSets], home: Homes, threshold: float
) -> Verified:
    """The pairs that are copies, counted shingle by shingle."""
    lefts, left_places = np.unique(pairs[:, 0], return_inverse=True)
    rights, right_places = np.unique(pairs[:, 1], return_inverse=True)
    sets = _together([*answers, _shingles(table, block, rights)])
    # Answers come block by block: this is where each of the asked rows stands in them.
    order = np.argsort(home[lefts], kind="stable")
    answered = np.empty_like(order)
    answered[order] = np.arange(len(order))
    by_left = np.argsort(left_places, kind="stable")
    counts = np.zeros((3, len(pairs)), dtype=np.int64)
    counts[:, by_left] = shared_shingles(
        sets, np.column_stack([answered[left_places], len(lefts) + right_places])[by_left]
    )
    overlaps = Overlaps(*counts)
    chosen = are_copies(overlaps, threshold)
    return Verified(pairs[chosen], Overlaps(*(column[chosen] for column in counts)))


def _together(parts: Sequence[ShingleSets]) -> ShingleSets:
    """The sets of all parts, one after the other."""
    hashes, sizes, prints = joined([(part.hashes, part.sizes, part.prints) for part in parts])
    return ShingleSets(hashes, np.cumsum(sizes) - sizes, sizes, prints)


def links_of(block: Sketched, twins: Rows, copies: Verified) -> Pairs:
    """What hangs together with a block's articles, as few pairs of rows as say so: its copies, and its twins."""
    away = np.flatnonzero(twins != block.rows)
    return forest([np.concatenate([copies.pairs, np.column_stack([twins[away], block.rows[away]])])])


def forest(parts: Sequence[Pairs]) -> Pairs:
    """Pairs that join the same rows as all the parts' do: each row with the first that it hangs together with."""
    pairs = np.concatenate(list(parts))
    rows, places = np.unique(pairs, return_inverse=True)
    places = places.reshape(pairs.shape)
    graph = sparse.coo_matrix((np.ones(len(pairs), dtype=np.bool_), (places[:, 0], places[:, 1])), (len(rows),) * 2)
    _, labels = connected_components(graph, directed=False)
    _, first = np.unique(labels, return_index=True)
    leaders = rows[first[labels]]
    away = leaders != rows
    return np.column_stack([leaders[away], rows[away]])


def labels_by_block(pairs: Pairs, home: Homes, blocks: int) -> list[Columns]:
    """The rows that hang together with others, by the block that has them, each with the first row of its family."""
    first = np.unique(pairs[:, 0])
    rows, labels = np.concatenate([first, pairs[:, 1]]), np.concatenate([first, pairs[:, 0]])
    order = np.argsort(rows)
    return dealt(home[rows[order]].astype(np.int64), blocks, rows[order], labels[order])


def _asked(rows: Rows, home: Homes, blocks: int) -> list[Rows]:
    """Each of the rows once, by the block that has it."""
    different = np.unique(rows)
    return [piece for (piece,) in dealt(home[different].astype(np.int64), blocks, different)]


def earlier(pairs: Entries) -> Rows:
    """The earlier rows of packed pairs."""
    return (pairs >> np.uint64(32)).astype(np.int64)


def later(pairs: Entries) -> Rows:
    """The later rows of packed pairs."""
    return (pairs & LOW).astype(np.int64)
