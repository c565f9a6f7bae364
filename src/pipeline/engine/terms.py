"""Terms to numbers: how many of tonight's texts hold each, and its column; every part looks after a range of terms."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from pipeline.clustering.background import Background
from pipeline.clustering.similarity import usual_background
from pipeline.clustering.texts import COUNTED, Fields, Readings, Texts, texts_of
from pipeline.clustering.vectors import Frequencies, Rows, frequencies
from pipeline.engine.columns import Columns, joined
from pipeline.engine.numbering import IDS_LOOKED_AT, Ids

Terms: TypeAlias = list[tuple[Ids, Rows]]
"""For each of the COUNTED its terms, ascending, and in how many texts each stands."""


class Numbering(NamedTuple):
    """How terms are numbered: the first number of each range, shape (ranges, COUNTED), how many there are, and texts.

    Numbers are places in the order of all terms of tonight, as columns are on one machine.
    """

    firsts: Rows
    widths: Rows
    texts: int


def some_terms(read: Readings) -> list[str]:
    """A few terms, evenly spread over those of the texts."""
    terms = read.whole.terms
    return [terms[len(terms) * at // IDS_LOOKED_AT] for at in range(min(len(terms), IDS_LOOKED_AT))]


def terms_by_range(read: Readings, bounds: Sequence[str]) -> list[Terms]:
    """The terms of a block's texts for each part."""
    pieces: list[Terms] = [[] for _ in range(len(bounds) + 1)]
    for name in COUNTED:
        bag = getattr(read, name)
        counts = frequencies(bag).counts.astype(np.int64)
        cuts = [0, *(bisect_left(bag.terms, bound) for bound in bounds), len(bag.terms)]
        for piece, (start, end) in zip(pieces, pairwise(cuts), strict=True):
            piece.append((pa.array(bag.terms[start:end], pa.large_string()), counts[start:end].copy()))
    return pieces


def counted(pieces: Sequence[Terms]) -> list[object]:
    """For the terms of each block their places in a range and in how many texts each stands; last, how many there are.

    Both for each of the COUNTED.
    """
    answers: list[list[Columns]] = [[] for _ in pieces]
    sizes = []
    for column in range(len(COUNTED)):
        terms = pa.concat_arrays([piece[column][0] for piece in pieces]).dictionary_encode()
        order = pc.sort_indices(terms.dictionary).to_numpy().astype(np.int64)
        ranks = np.empty_like(order)
        ranks[order] = np.arange(len(order))
        places = ranks[terms.indices.to_numpy()]
        counts = np.zeros(len(order))
        np.add.at(counts, places, np.concatenate([piece[column][1] for piece in pieces]))
        bounds = np.cumsum([0, *(len(piece[column][0]) for piece in pieces)]).tolist()
        for answer, (start, end) in zip(answers, pairwise(bounds), strict=True):
            answer.append((places[start:end].copy(), counts[places[start:end]]))
        sizes.append(len(order))
    return [*answers, sizes]


def numbering_of(sizes: Sequence[Sequence[int]], texts: int) -> Numbering:
    """The numbering by how many terms each range has."""
    each = np.array(sizes, dtype=np.int64)
    return Numbering(np.cumsum(each, axis=0) - each, each.sum(axis=0), texts)


def vectors_of(
    read: Readings, answers: Sequence[Sequence[Columns]], numbering: Numbering, background: Background
) -> Texts:
    """A block's texts as vectors whose columns are the numbers of all tonight's terms.

    `answers` tell of the block's terms, range by range.
    """
    columns, tonight = {}, {}
    for at, name in enumerate(COUNTED):
        places, counts = joined([answer[at] for answer in answers])
        lengths = [len(answer[at][0]) for answer in answers]
        columns[name] = (places + np.repeat(numbering.firsts[:, at], lengths)).astype(np.int32)
        tonight[name] = Frequencies(numbering.texts, counts)
    texts = texts_of(read, tonight, usual_background(background))
    widths = dict(zip(COUNTED, numbering.widths.tolist(), strict=True))

    def numbered(matrix: sparse.csr_matrix, name: str) -> sparse.csr_matrix:
        shape = (matrix.shape[0], widths[name])
        return sparse.csr_matrix((matrix.data, columns[name][matrix.indices], matrix.indptr), shape)

    return Texts(
        tonight=Fields(*(numbered(getattr(texts.tonight, name), name) for name in Fields.__slots__)),
        usual=Fields(*(numbered(getattr(texts.usual, name), name) for name in Fields.__slots__)),
        **{name: numbered(getattr(texts, name), name) for name in ("headline", "lead_names", "dates")},
        **{name: numbered(getattr(texts, name), "whole") for name in ("headline_shares", "lead_terms")},
        words=texts.words,
        days=texts.days,
    )
