"""Exact overlap of candidate pairs: their shingles are counted, nothing is estimated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from pipeline.minhash.bands import Pairs
from pipeline.minhash.documents import Flags, in_threads
from pipeline.minhash.kernels import Ignored, overlaps
from pipeline.minhash.signatures import ShingleSets, shingle_sets

PAIRS_AT_ONCE = 256
"""Pairs verified at a time: bounds how many texts' shingles are held."""

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Overlaps:
    """For every pair, shape (pairs,): how many distinct shingles the texts share, and how many each of them has."""

    shared: Counts
    left: Counts
    right: Counts

    @property
    def jaccard(self) -> Floats:
        """|A∩B| / |A∪B|, 0 where both are empty."""
        return np.asarray(self.shared / np.maximum(self.left + self.right - self.shared, 1))

    @property
    def containment(self) -> Floats:
        """|A∩B| / min(|A|, |B|), 0 where one is empty."""
        return np.asarray(self.shared / np.maximum(self.smaller, 1))

    @property
    def smaller(self) -> Counts:
        """Distinct shingles of the shorter text."""
        return np.minimum(self.left, self.right)


def verify(texts: Sequence[str], folded: Flags, ignored: Ignored, pairs: Pairs, threads: int = 0) -> Overlaps:
    """Count the shingles of every pair of texts, on that many threads (0: one a core). `folded` as `Sketches.folded`.

    Pairs are taken by families that hang together, so that a text's shingles are made once or twice, not for each pair.
    """
    graph = sparse.coo_matrix((np.ones(len(pairs), dtype=np.bool_), (pairs[:, 0], pairs[:, 1])), (len(texts),) * 2)
    _, family = connected_components(graph, directed=False)
    order = np.lexsort((pairs[:, 1], pairs[:, 0], family[pairs[:, 0]]))
    result = np.zeros((3, len(pairs)), dtype=np.int64)

    def work(start: int) -> None:
        chosen = order[start : start + PAIRS_AT_ONCE]
        result[:, chosen] = _overlaps_of(texts, folded, ignored, pairs[chosen])

    for _ in in_threads(work, range(0, len(pairs), PAIRS_AT_ONCE), threads):
        pass
    return Overlaps(*result)


def _overlaps_of(texts: Sequence[str], folded: Flags, ignored: Ignored, pairs: Pairs) -> Counts:
    """Shared shingles and sizes of some pairs, shape (3, pairs)."""
    rows, places = np.unique(pairs, return_inverse=True)
    return shared_shingles(shingle_sets(texts, rows, folded, ignored), places.reshape(pairs.shape))


def shared_shingles(sets: ShingleSets, pairs: Pairs) -> Counts:
    """Shared shingles and sizes of pairs of sets, shape (3, pairs); pairs with equal left sets stand together."""
    shared = np.zeros(len(pairs), dtype=np.int64)
    overlaps(pairs, sets.hashes, sets.starts, sets.sizes, shared)
    return np.stack([shared, sets.sizes[pairs[:, 0]], sets.sizes[pairs[:, 1]]])
