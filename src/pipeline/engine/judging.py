"""How likely pairs report one event, over many blocks: a pair is judged where its later text is.

What surrounds texts is numbers alone: those of all texts lie on every machine. Vectors, and which texts are near to
which, stay with their block; others get those that they ask for.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from pipeline.clustering.similarity import PAIRS_AT_ONCE, Alone, chances, compared
from pipeline.clustering.surroundings import (
    Around,
    Between,
    Likeness,
    Measures,
    above_background,
    measured,
    neighbours,
    surrounded,
    totals_of,
)
from pipeline.clustering.texts import Texts, together
from pipeline.clustering.vectors import Floats, Rows, products
from pipeline.engine.columns import Column, Columns, dealt, joined, places_in
from pipeline.engine.matching import earlier, later
from pipeline.engine.numbering import Homes
from pipeline.minhash.bands import Entries


class TextsAt(NamedTuple):
    """Texts by their rows."""

    rows: Rows
    texts: Texts


class NearAt(NamedTuple):
    """Texts by their rows, and which of all texts are near to each, by both rarities."""

    rows: Rows
    tonight: sparse.csr_matrix
    usual: sparse.csr_matrix


Alike = tuple[sparse.csr_matrix, sparse.csr_matrix]
"""How alike a block's texts are to all, by tonight's rarity of terms and by the usual one."""


def texts_at(block: TextsAt, requests: Sequence[Rows]) -> list[TextsAt]:
    """The vectors of the rows that each block asked for."""
    return [TextsAt(rows, block.texts.at(np.searchsorted(block.rows, rows))) for rows in requests]


def likenesses(block: TextsAt, pieces: Sequence[Entries], answers: Sequence[TextsAt]) -> Columns:
    """What pairs have in common by themselves, of a block's those whose earlier rows are in some other blocks.

    `answers` are what was asked for, block by block; what comes out are packed pairs and the columns of `Alone`.
    """
    pairs = np.concatenate(list(pieces))
    left = places_in(np.concatenate([answer.rows for answer in answers]), earlier(pairs))
    right = np.searchsorted(block.rows, later(pairs))
    # Pairs with the same left row stand together.
    order = np.argsort(left, kind="stable")
    alone = compared(together([answer.texts for answer in answers]), block.texts, left[order], right[order])
    return pairs[order], *_columns(alone)


def alike_by_block(pieces: Sequence[Columns], home: Homes, blocks: int) -> list[Columns]:
    """How alike the texts of a block's pairs are, for the blocks that have the earlier ones."""
    pairs, tonight, usual = _alike(pieces)
    return dealt(home[earlier(pairs)].astype(np.int64), blocks, pairs, tonight, usual)


def alike_in(
    block: TextsAt, own: Sequence[Columns], received: Sequence[Columns], texts: int
) -> tuple[Alike, tuple[Rows, Floats, Floats]]:
    """How alike a block's texts are to all, from its own pairs and those that others have; and the rows' totals."""
    mine, theirs = _alike(own), joined(received)
    left = np.searchsorted(block.rows, np.concatenate([later(mine[0]), earlier(theirs[0])]))
    right = np.concatenate([earlier(mine[0]), later(theirs[0])])
    tonight, usual = (
        neighbours(left, right, np.concatenate([mine[column], theirs[column]]), (len(block.rows), texts))
        for column in (1, 2)
    )
    return (tonight, usual), (block.rows, totals_of(tonight), totals_of(usual))


def surroundings_of(block: TextsAt, alike: Alike, totals: Columns) -> tuple[NearAt, Columns]:
    """Which texts are near to those of a block; and the rows with what surrounds each, as the columns of two `Around`.

    `totals` are those of all rows.
    """
    found = [surrounded(matrix, total, block.rows) for matrix, total in zip(alike, totals, strict=True)]
    (_, near_tonight, tonight), (_, near_usual, usual) = found
    return NearAt(block.rows, near_tonight, near_usual), (block.rows, *tonight, *usual)


def near_at(block: NearAt, requests: Sequence[Rows]) -> list[NearAt]:
    """Which texts are near to the rows that each block asked for."""
    places = [np.searchsorted(block.rows, rows) for rows in requests]
    return [NearAt(rows, block.tonight[at], block.usual[at]) for rows, at in zip(requests, places, strict=True)]


def scored(block: NearAt, found: Columns, answers: Sequence[NearAt], around: Columns) -> Columns:
    """Packed pairs and how likely each reports one event; `found` as `likenesses` gives them for the same blocks.

    `around` is what surrounds all rows.
    """
    near = _near_together(answers)
    scores = [np.zeros(0)]
    for start in range(0, len(found[0]), PAIRS_AT_ONCE):
        pairs, *columns = (column[start : start + PAIRS_AT_ONCE] for column in found)
        rows = earlier(pairs), later(pairs)
        places = places_in(near.rows, rows[0]), np.searchsorted(block.rows, rows[1])
        scores.append(_scores(_alone(columns), (near, block), places, rows, around, met=True))
    return found[0], np.concatenate(scores)


def chosen_texts(texts: TextsAt, near: NearAt, rows: Rows) -> tuple[TextsAt, NearAt]:
    """All that is known of those of some rows that a block has."""
    own = np.intersect1d(texts.rows, rows)
    return texts_at(texts, [own])[0], near_at(near, [own])[0]


def judged(found: Sequence[tuple[TextsAt, NearAt]], around: Columns, pairs: tuple[Rows, Rows]) -> Floats:
    """How likely pairs report one event that were not worth comparing; `found` has their texts."""
    rows = np.concatenate([texts.rows for texts, _ in found])
    texts, near = together([texts.texts for texts, _ in found]), _near_together([near for _, near in found])
    places = places_in(rows, pairs[0]), places_in(rows, pairs[1])
    return _scores(compared(texts, texts, *places), (near, near), places, pairs, around, met=False)


def _scores(
    alone: Alone,
    near: tuple[NearAt, NearAt],
    places: tuple[Rows, Rows],
    rows: tuple[Rows, Rows],
    around: Columns,
    *,
    met: bool,
) -> Floats:
    """How likely pairs report one event; `places` are those of their `rows` in what is `near` to the two.

    `met` tells whether the pairs are among those worth comparing.
    """
    half = len(Around._fields)
    texts = len(around[0])
    one, other = near
    measures: list[Measures] = []
    for likeness, left, right, columns in (
        (alone.tonight, one.tonight, other.tonight, around[:half]),
        (alone.usual, one.usual, other.usual, around[half:]),
    ):
        all_around = Around(*columns)
        ends = all_around.at(rows[0]), all_around.at(rows[1])
        shared = products(left, right, *places)
        measures.append(measured(likeness, _between(likeness.resemblance, shared, ends, texts, met=met)))
    return chances(alone, measures[0], measures[1], texts)


def _between(alike: Floats, shared: Floats, ends: tuple[Around, Around], texts: int, *, met: bool) -> Between:
    """What is known of the surroundings of pairs: of those that were not worth comparing nobody knew how alike."""
    known = alike if met else np.zeros(len(alike))
    above = above_background(alike, known, ends[0].totals, ends[1].totals, texts)
    return Between(known, above if met else known, shared, *ends, texts)


def _columns(alone: Alone) -> Columns:
    """The columns of both likenesses and then of the rest."""
    return (*alone.tonight, *alone.usual, *alone[2:])


def _alone(columns: Sequence[Column]) -> Alone:
    """What `_columns` was given."""
    size = len(Likeness._fields)
    return Alone(Likeness(*columns[:size]), Likeness(*columns[size : 2 * size]), *columns[2 * size :])


def _alike(pieces: Sequence[Columns]) -> Columns:
    """Packed pairs and how alike the two are by both rarities."""
    pairs, *columns = joined(pieces)
    alone = _alone(columns)
    return pairs, alone.tonight.resemblance, alone.usual.resemblance


def _near_together(parts: Sequence[NearAt]) -> NearAt:
    """What all parts know."""
    rows, tonight, usual = zip(*parts, strict=True)
    return NearAt(np.concatenate(rows), sparse.vstack(tonight, format="csr"), sparse.vstack(usual, format="csr"))
