"""Which texts are worth comparing as reports of one event: MinHash over each text's most telling terms proposes."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from pipeline.minhash.bands import Banding, candidates
from pipeline.minhash.signatures import signatures
from pipeline.similarity import Texts
from pipeline.vectors import Rows

TELLING_TERMS = 24
BANDING = Banding(bands=64, rows=1)
FEW_TEXTS = 200
"""Up to so many texts every pair is compared: MinHash would save nothing there."""


def proposed(texts: Texts) -> Rows:
    """Pairs of rows worth comparing, smaller row first, shape (pairs, 2)."""
    count = len(texts.words)
    if count <= FEW_TEXTS:
        return np.column_stack(pairs_of(range(count)))
    return candidates(signatures(_telling_terms(texts.whole)), np.arange(count), BANDING).pairs


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
