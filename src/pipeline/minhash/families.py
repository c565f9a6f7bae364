"""Families of copies: who is a copy of whose text, so that no chain puts unlike texts together."""

from typing import NamedTuple

import numpy as np
from scipy import sparse

from pipeline.compiled import compiled
from pipeline.minhash.bands import Pairs
from pipeline.minhash.documents import Rows


class Links(NamedTuple):
    """The verified pairs both ways round, as rows of a sparse matrix: the copies of row `i` ascend in
    `others[starts[i] : starts[i + 1]]`, and `places` has the number of each pair.
    """

    starts: Rows
    others: Rows
    places: Rows


def links(pairs: Pairs, count: int) -> Links:
    """The pairs of `count` rows as links."""
    rows, columns = np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([pairs[:, 1], pairs[:, 0]])
    places = np.tile(np.arange(1, len(pairs) + 1), 2)
    matrix = sparse.csr_matrix((places, (rows, columns)), shape=(count, count))
    matrix.sort_indices()
    return Links(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data.astype(np.int64) - 1)


def families(copies: Links, voices: Rows, ranks: Rows) -> Rows:
    """For every row the row that leads its family, which is linked to it or is the row itself.

    The row with the most copies takes all that are linked to it, then of those left the next (the star cover of
    Aslam, Pelekhov and Rus 2004); `voices` are the texts each row stands for, and of equals the lower rank is first.
    Then the lowest in rank of those linked to all others of a family leads it.
    """
    heads = np.repeat(np.arange(len(ranks)), np.diff(copies.starts))
    following = np.bincount(heads, voices[copies.others], minlength=len(ranks))
    order = np.lexsort((ranks, -(following + voices - 1)))
    centres = _stars(copies, order)
    return _leads(copies, centres, np.bincount(centres, minlength=len(ranks)), ranks)


@compiled
def _stars(copies: Links, order: Rows) -> Rows:
    """The centre of every row's star."""
    centres = np.full(len(order), -1)
    for row in order:
        if centres[row] >= 0:
            continue
        centres[row] = row
        for at in range(copies.starts[row], copies.starts[row + 1]):
            if centres[copies.others[at]] < 0:
                centres[copies.others[at]] = row
    return centres


@compiled
def _leads(copies: Links, centres: Rows, sizes: Rows, ranks: Rows) -> Rows:
    """For every row the lowest in rank of its star's rows that are linked to all others of it."""
    best = np.arange(len(centres))
    for row in range(len(centres)):
        centre, inside = centres[row], 1
        for at in range(copies.starts[row], copies.starts[row + 1]):
            inside += centres[copies.others[at]] == centre
        if inside == sizes[centre] and ranks[row] < ranks[best[centre]]:
            best[centre] = row
    return best[centres]


@compiled
def places_of(copies: Links, rows: Rows, others: Rows) -> Rows:
    """The number of the pair of each row with the other at the same place, -1 where they are not linked."""
    result = np.full(len(rows), -1)
    for at in range(len(rows)):
        start, end = copies.starts[rows[at]], copies.starts[rows[at] + 1]
        found = start + np.searchsorted(copies.others[start:end], others[at])
        if found < end and copies.others[found] == others[at]:
            result[at] = copies.places[found]
    return result
