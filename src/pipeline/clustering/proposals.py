"""Which texts are worth comparing as reports of one event: MinHash over each text's most telling terms proposes."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pipeline.clustering.texts import Texts
from pipeline.clustering.vectors import Rows
from pipeline.compiled import compiled
from pipeline.minhash.bands import Banding, candidates
from pipeline.minhash.kernels import Signatures
from pipeline.minhash.signatures import signatures

Numbers = npt.NDArray[np.int32]

TELLING_TERMS = 24
BANDING = Banding(bands=64, rows=1, largest=100)
NEIGHBOURS = 100
"""Texts that each is compared with, about: more have changed nothing on any development set."""
FEW_TEXTS = 200
"""Up to so many texts every pair is compared: MinHash would save nothing there."""


def proposed(texts: Texts) -> Rows:
    """Pairs of rows worth comparing, smaller row first, shape (pairs, 2)."""
    count = len(texts.words)
    if count <= FEW_TEXTS:
        return np.column_stack(pairs_of(range(count)))
    found = candidates(telling_signatures(texts.tonight.whole), np.arange(count), BANDING)
    pairs: Rows = found.pairs[_among_nearest(found.pairs, found.agreements, count)]
    return pairs


def telling_signatures(vectors: sparse.csr_matrix) -> Signatures:
    """A signature of every row's most telling terms, which are told by their columns, shape (rows, 128)."""
    return signatures(_telling_terms(vectors))


@compiled
def _among_nearest(pairs: Rows, agreements: Rows, count: int) -> npt.NDArray[np.bool_]:
    """Which pairs agree as well as the hundredth nearest of either of their rows does, shape (pairs,).

    So the pairs grow with the texts and not with their square, and ties never depend on the order of rows.
    """
    most = agreements.max() if len(agreements) else 0
    having = np.zeros((count, most + 2), dtype=np.int32)
    for at in range(len(pairs)):
        having[pairs[at, 0], agreements[at]] += 1
        having[pairs[at, 1], agreements[at]] += 1
    floors = floors_of(having)
    kept = np.empty(len(pairs), dtype=np.bool_)
    for at in range(len(pairs)):
        kept[at] = agreements[at] >= min(floors[pairs[at, 0]], floors[pairs[at, 1]])
    return kept


@compiled
def floors_of(having: Numbers) -> Rows:
    """The agreement of each row's hundredth nearest, 0 where it has fewer, shape (rows,).

    `having` counts each row's pairs by their agreement, shape (rows, agreements).
    """
    floors = np.zeros(len(having), dtype=np.int64)
    for row in range(len(having)):
        level = having.shape[1] - 1
        found = having[row, level]
        while level > 0 and found < NEIGHBOURS:
            level -= 1
            found += having[row, level]
        floors[row] = level
    return floors


def pairs_of(members: Sequence[int]) -> tuple[Rows, Rows]:
    """All pairs of members as left and right rows, in the order of scipy's condensed matrices."""
    rows = np.array(members, dtype=np.int64)
    left, right = np.triu_indices(len(rows), 1)
    return rows[left], rows[right]


def _telling_terms(vectors: sparse.csr_matrix) -> list[list[str]]:
    """The heaviest terms of every row, as column names; ties go to the lower column."""
    rows = []
    for row in range(vectors.shape[0]):
        start, end = vectors.indptr[row], vectors.indptr[row + 1]
        columns, weights = vectors.indices[start:end], vectors.data[start:end]
        heaviest = np.lexsort((columns, -np.round(weights, 9)))[:TELLING_TERMS]
        rows.append([str(column) for column in columns[heaviest]])
    return rows
