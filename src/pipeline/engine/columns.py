"""Columns of numbers on their way from part to part: dealt out to many parts, put together from many, put in order."""

from collections.abc import Sequence
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.minhash.documents import Rows

Column: TypeAlias = npt.NDArray[Any]
Columns: TypeAlias = tuple[Column, ...]
"""Arrays of the same length, an element of each making a record."""
Value = TypeVar("Value", bound=np.generic)


def dealt(targets: Rows, count: int, *columns: Column) -> list[Columns]:
    """The records for each of `count` parts, in the order they came in; `targets` has the part of each."""
    order = np.argsort(targets, kind="stable")
    bounds = np.searchsorted(targets[order], np.arange(count + 1))
    # Copies: a slice would take the whole array along.
    return [
        tuple(column[order[start:end]] for column in columns)
        for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    ]


def joined(pieces: Sequence[Columns]) -> Columns:
    """The records of all pieces, one after the other; there is one piece at least."""
    return tuple(np.concatenate(column) for column in zip(*pieces, strict=True))


def restored(targets: Rows, answers: Sequence[npt.NDArray[Value]]) -> npt.NDArray[Value]:
    """The answers of each part to what was dealt to it, in the order of the questions."""
    together = np.concatenate(list(answers))
    result = np.empty_like(together)
    result[np.argsort(targets, kind="stable")] = together
    return result


def in_row_order(parts: Sequence[Columns]) -> Columns:
    """What all parts tell of their rows, in the order of these, which are the first column and are left out."""
    rows, *columns = joined(parts)
    order = np.argsort(rows)
    return tuple(column[order] for column in columns)


def places_in(known: Rows, wanted: Rows) -> Rows:
    """Where each of the wanted rows stands among the known ones, which are distinct and in any order."""
    order = np.argsort(known)
    return order[np.searchsorted(known, wanted, sorter=order)]
