"""Term vectors: sparse TF-IDF rows of unit length, for cosine similarities."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pipeline.clustering.background import NOTHING, Background
from pipeline.compiled import compiled

PRIOR_TEXTS = 2.0
"""How many imagined texts the document frequencies start from: keeps a handful of articles from looking unique."""
PRIOR_SHARE = 0.01
"""The share of the imagined texts that holds any given term."""

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Vectors: TypeAlias = tuple[Floats, npt.NDArray[np.int32], npt.NDArray[np.int32]]
"""The arrays of a sparse matrix: values, the column of each, and where each row starts."""


@dataclass(frozen=True, slots=True)
class Bags:
    """Term weights before rarity, shape (texts, terms), and the terms in order of their columns."""

    weights: sparse.csr_matrix
    terms: tuple[str, ...]


class Frequencies(NamedTuple):
    """In how many of so many texts each term of a bag stands; `counts` has shape (terms,)."""

    texts: int
    counts: Floats


def bags(texts: Iterable[Sequence[str]], titles: Iterable[Sequence[str]]) -> Bags:
    """Term frequencies as 1 + ln(count), a term of the title counting once more. `titles` are as many as `texts`."""
    found = [_bag(text, title) for text, title in zip(texts, titles, strict=True)]
    terms = tuple(sorted({term for bag in found for term in bag}))
    columns = {term: column for column, term in enumerate(terms)}
    starts = np.cumsum([0, *(len(bag) for bag in found)])
    places = np.fromiter((columns[term] for bag in found for term in bag), dtype=np.int32, count=starts[-1])
    values = np.fromiter((weight for bag in found for weight in bag.values()), dtype=np.float64, count=starts[-1])
    return Bags(sparse.csr_matrix((values, places, starts), shape=(len(found), len(terms))), terms)


def frequencies(bags: Bags) -> Frequencies:
    """In how many of the texts each term of the bags stands."""
    counts = np.bincount(bags.weights.indices, minlength=len(bags.terms)).astype(np.float64)
    return Frequencies(bags.weights.shape[0], counts)


def rarity(terms: Sequence[str], tonight: Frequencies, background: Background = NOTHING) -> Floats:
    """Inverse document frequency of each term: -ln of the smoothed share of texts that hold it, shape (terms,).

    The texts are those of tonight and those of the background together (Salton and Buckley 1988).
    """
    counts = tonight.counts.copy()
    if background.counts:
        counts += np.fromiter((background.counts.get(term, 0.0) for term in terms), np.float64, len(terms))
    share = (counts + PRIOR_TEXTS * PRIOR_SHARE) / (tonight.texts + background.texts + PRIOR_TEXTS)
    return np.asarray(-np.log(np.minimum(share, 0.999)), dtype=np.float64)


def unit_vectors(bags: Bags, rarities: Floats) -> sparse.csr_matrix:
    """TF-IDF rows at length 1, shape (texts, terms); a text without terms is a zero row."""
    matrix = bags.weights.copy()
    matrix.data = matrix.data * rarities[matrix.indices]
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return scaled_rows(matrix, lengths)


def scaled_rows(matrix: sparse.csr_matrix, lengths: Floats) -> sparse.csr_matrix:
    """The rows divided by the lengths given; those of length 0 stay as they are."""
    divisors = np.repeat(np.where(lengths > 0, lengths, 1.0), np.diff(matrix.indptr))
    return sparse.csr_matrix((matrix.data / divisors, matrix.indices, matrix.indptr), shape=matrix.shape)


def cosines(vectors: sparse.csr_matrix, left: Rows, right: Rows) -> Floats:
    """Dot products of left rows with the right rows at the same place, shape (pairs,): cosines when rows are unit.

    Quickest where pairs with the same left row stand together.
    """
    return products(vectors, vectors, left, right)


def products(one: sparse.csr_matrix, other: sparse.csr_matrix, left: Rows, right: Rows) -> Floats:
    """Dot products of left rows of one matrix with right rows of another of the same columns, shape (pairs,)."""
    return _dots(
        (one.data, one.indices, one.indptr), (other.data, other.indices, other.indptr), one.shape[1], left, right
    )


@compiled
def _dots(one: Vectors, other: Vectors, columns: int, left: Rows, right: Rows) -> Floats:
    """The dot products: each left row is spread out once, and the right rows that meet it are summed up over it."""
    values, places, starts = one
    met, met_places, met_starts = other
    spread, result, spread_row = np.zeros(columns), np.empty(len(left)), -1
    for pair in range(len(left)):
        if left[pair] != spread_row:
            if spread_row >= 0:
                spread[places[starts[spread_row] : starts[spread_row + 1]]] = 0.0
            spread_row = left[pair]
            for at in range(starts[spread_row], starts[spread_row + 1]):
                spread[places[at]] = values[at]
        total = 0.0
        for at in range(met_starts[right[pair]], met_starts[right[pair] + 1]):
            total += met[at] * spread[met_places[at]]
        result[pair] = total
    return result


def _bag(text: Sequence[str], title: Sequence[str]) -> dict[str, float]:
    """Term weights of one text before rarity, in alphabetical order so that sums do not depend on word order."""
    weights = {term: 1.0 + math.log(count) for term, count in Counter(text).items()}
    for term in set(title):
        weights[term] = weights.get(term, 0.0) + 1.0
    return dict(sorted(weights.items()))
