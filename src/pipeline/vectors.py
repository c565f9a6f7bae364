"""Term vectors: sparse TF-IDF rows of unit length, for cosine similarities."""

from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pipeline.compiled import compiled

PRIOR_TEXTS = 2.0
"""How many imagined texts the document frequencies start from: keeps a handful of articles from looking unique."""
PRIOR_SHARE = 0.01
"""The share of the imagined texts that holds any given term."""

Rows = npt.NDArray[np.int64]
Vectors: TypeAlias = tuple[npt.NDArray[np.float64], npt.NDArray[np.int32], npt.NDArray[np.int32]]
"""The arrays of a sparse matrix: values, the column of each, and where each row starts."""


def term_vectors(texts: Sequence[Sequence[str]], titles: Sequence[Sequence[str]]) -> sparse.csr_matrix:
    """Unit TF-IDF rows, shape (texts, vocabulary); a text without terms is a zero row.

    Term frequency is 1 + ln(count), a term of the title counting once more; inverse document frequency is -ln of the
    smoothed share of texts that hold the term (Salton and Buckley 1988). `titles` are as many as `texts`.
    """
    bags = [_bag(text, title) for text, title in zip(texts, titles, strict=True)]
    vocabulary = {term: column for column, term in enumerate(sorted({term for bag in bags for term in bag}))}
    rows = np.repeat(np.arange(len(bags)), [len(bag) for bag in bags])
    columns = np.fromiter((vocabulary[term] for bag in bags for term in bag), dtype=np.int64, count=len(rows))
    values = np.fromiter((weight for bag in bags for weight in bag.values()), dtype=np.float64, count=len(rows))
    counts = np.bincount(columns, minlength=len(vocabulary))
    weighted = values * _rarity(counts, len(bags))[columns]
    return _unit_rows(sparse.csr_matrix((weighted, (rows, columns)), shape=(len(bags), len(vocabulary))))


def cosines(vectors: sparse.csr_matrix, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
    """Dot products of left rows with the right rows at the same place, shape (pairs,): cosines when rows are unit.

    Quickest where pairs with the same left row stand together.
    """
    return _dots((vectors.data, vectors.indices, vectors.indptr), vectors.shape[1], left, right)


@compiled
def _dots(vectors: Vectors, columns: int, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
    """The dot products: each left row is spread out once, and the right rows that meet it are summed up over it."""
    values, places, starts = vectors
    spread, result, spread_row = np.zeros(columns), np.empty(len(left)), -1
    for pair in range(len(left)):
        if left[pair] != spread_row:
            if spread_row >= 0:
                spread[places[starts[spread_row] : starts[spread_row + 1]]] = 0.0
            spread_row = left[pair]
            for at in range(starts[spread_row], starts[spread_row + 1]):
                spread[places[at]] = values[at]
        total = 0.0
        for at in range(starts[right[pair]], starts[right[pair] + 1]):
            total += values[at] * spread[places[at]]
        result[pair] = total
    return result


def _bag(text: Sequence[str], title: Sequence[str]) -> dict[str, float]:
    """Term weights of one text before rarity, in alphabetical order so that sums do not depend on word order."""
    weights = {term: 1.0 + float(np.log(count)) for term, count in Counter(text).items()}
    for term in set(title):
        weights[term] = weights.get(term, 0.0) + 1.0
    return dict(sorted(weights.items()))


def _rarity(counts: npt.NDArray[np.int64], texts: int) -> npt.NDArray[np.float64]:
    """Inverse document frequency per term."""
    share = (counts + PRIOR_TEXTS * PRIOR_SHARE) / (texts + PRIOR_TEXTS)
    return np.asarray(-np.log(np.minimum(share, 0.999)), dtype=np.float64)


def _unit_rows(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """The same rows at length 1; zero rows stay zero."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1.0
    unit = sparse.csr_matrix(sparse.diags(1.0 / lengths) @ matrix)
    unit.sort_indices()
    return unit
