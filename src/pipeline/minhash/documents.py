"""Texts on their way to the compiled loops: encoded a batch at a time, each batch on one of several threads."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.minhash.kernels import Ignored
from pipeline.minhash.tokens import PADDING, Documents, Hashes
from pipeline.parallel import cores
from pipeline.text.words import words

TEXTS, CHARACTERS = 1024, 4_000_000
"""A batch: enough texts to keep a core busy, few enough to stay in its cache. A longer text is a batch by itself."""

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Item = TypeVar("Item")
Result = TypeVar("Result")


def batches(texts: Sequence[str], rows: Rows, folded: Flags) -> Iterator[tuple[Rows, Documents]]:
    """The texts at some rows, encoded, with the rows of each batch. Where `folded[row]`, Python folds the text.

    Lone surrogates, which UTF-8 cannot hold, become "?": they are no part of a word either way.
    """
    for start in range(0, len(rows), TEXTS):
        chosen = rows[start : start + TEXTS]
        batch = [texts[row] for row in chosen.tolist()]
        for place in np.flatnonzero(folded[chosen]).tolist():
            batch[place] = " ".join(words(batch[place]))
        for part in _parts(batch):
            yield chosen[part], _documents(batch[part], folded[chosen[part]])


def _parts(batch: Sequence[str]) -> Iterator[slice]:
    """The batch in parts of no more characters than fit, one text at least."""
    start = size = 0
    for place, length in enumerate(map(len, batch)):
        if size + length > CHARACTERS and place > start:
            yield slice(start, place)
            start, size = place, 0
        size += length
    yield slice(start, len(batch))


def _documents(texts: list[str], folded: Flags) -> Documents:
    """Texts one after the other as UTF-8."""
    try:
        encoded = list(map(str.encode, texts))  # twice as fast as with a handler of errors
    except UnicodeEncodeError:
        encoded = [text.encode("utf-8", "replace") for text in texts]
    starts = np.zeros(len(encoded) + 1, dtype=np.int64)
    starts[1:] = np.cumsum(np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded)))
    encoded.append(bytes(PADDING))
    return Documents(np.frombuffer(b"".join(encoded), dtype=np.uint8), starts, folded)


def in_threads(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """The results of `work` in the order of the items, on that many threads (0: one a core)."""
    threads = threads or cores()
    if threads == 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(work, items)


def ignoring(owner: Rows, sets: Sequence[Hashes] = ()) -> Ignored:
    """What texts ignore: the text at row `i` the hash set `sets[owner[i]]`, none where that is -1."""
    sizes = [len(slots) for slots in sets]
    slots = np.concatenate([*sets, np.zeros(0, dtype=np.uint64)])
    starts = np.fromiter(accumulate([*sizes, 0], initial=0), dtype=np.int64)
    return Ignored(slots, starts, np.where(owner < 0, len(sets), owner))


def rows_of(ignored: Ignored, rows: Rows) -> Ignored:
    """The same for some of the texts."""
    return ignored._replace(owner=ignored.owner[rows])


def ranges(starts: Rows, sizes: Rows) -> Rows:
    """The numbers from each start on, as many as its size, one range after the other."""
    ends = np.cumsum(sizes)
    return np.repeat(starts - (ends - sizes), sizes) + np.arange(ends[-1] if len(ends) else 0)
