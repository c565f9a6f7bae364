"""Which texts are worth comparing, as `clustering.proposals` proposes them, over many blocks."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.clustering.proposals import BANDING, floors_of, telling_signatures
from pipeline.clustering.vectors import Floats, Rows
from pipeline.engine.columns import Columns, dealt, joined, places_in
from pipeline.engine.judging import TextsAt
from pipeline.engine.matching import earlier, later
from pipeline.engine.numbering import Homes
from pipeline.engine.sketching import entries_of
from pipeline.minhash.bands import Entries, agreements
from pipeline.minhash.kernels import Signatures


class Signed(NamedTuple):
    """Texts by their rows, and a signature of each one's most telling terms, shape (rows, permutations)."""

    rows: Rows
    signatures: Signatures


def signed(block: TextsAt) -> Signed:
    """The signatures of a block's texts."""
    return Signed(block.rows, telling_signatures(block.texts.tonight.whole))


def every_pair(block: TextsAt) -> Entries:
    """Each row with all before it, packed: of few texts all are compared."""
    rows = block.rows
    lefts = np.concatenate([np.zeros(0, dtype=np.int64), *(np.arange(row) for row in rows)]).astype(np.uint64)
    return (lefts << np.uint64(32)) | np.repeat(rows, rows).astype(np.uint64)


def telling_entries(block: Signed, parts: int) -> list[tuple[Entries, Rows]]:
    """A block's entries in all bands for each part."""
    return entries_of(block.signatures, block.rows, BANDING, parts)


def signatures_at(block: Signed, requests: Sequence[Rows]) -> list[Signed]:
    """The signatures of the rows that each block asked for."""
    return [Signed(rows, block.signatures[np.searchsorted(block.rows, rows)]) for rows in requests]


def agreeing(block: Signed, pieces: Sequence[Entries], answers: Sequence[Signed]) -> Columns:
    """On how many permutations pairs agree, of a block's those whose earlier rows are in some other blocks.

    `answers` are what was asked for, block by block; what comes out are packed pairs and the agreement of each.
    """
    pairs = np.concatenate(list(pieces))
    rows, signatures = joined(answers)
    places = np.column_stack([places_in(rows, earlier(pairs)), np.searchsorted(block.rows, later(pairs))])
    return pairs, agreements(signatures, block.signatures, places).astype(np.uint8)


def levels_by_block(pieces: Sequence[Columns], home: Homes, blocks: int) -> list[Columns]:
    """How well a block's pairs agree, for the blocks that have the earlier rows."""
    pairs, levels = joined(pieces)
    rows = earlier(pairs)
    return dealt(home[rows].astype(np.int64), blocks, rows, levels)


def floors_in(block: Signed, own: Sequence[Columns], received: Sequence[Columns]) -> Columns:
    """How well a pair has to agree to be among the nearest of each row of a block: rows and floors."""
    having = np.zeros((len(block.rows), block.signatures.shape[1] + 1), dtype=np.int32)
    pairs, levels = joined(own)
    for rows, agreed in ((later(pairs), levels), joined(received)):
        np.add.at(having, (np.searchsorted(block.rows, rows), agreed), 1)
    return block.rows, floors_of(having).astype(np.uint8)


def among_nearest(pieces: Sequence[Columns], floors: Columns) -> Entries:
    """A block's pairs that agree as well as either of their rows asks for; `floors` are those of all rows."""
    pairs, levels = joined(pieces)
    (least,) = floors
    kept: Entries = pairs[levels >= np.minimum(least[earlier(pairs)], least[later(pairs)])]
    return kept


def scores_of(pieces: Sequence[Columns]) -> tuple[Rows, Floats]:
    """Packed pairs and their values as pairs of rows, shape (pairs, 2), and values."""
    pairs, values = joined(pieces)
    return np.column_stack([earlier(pairs), later(pairs)]), values
