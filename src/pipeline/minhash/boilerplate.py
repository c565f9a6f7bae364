"""Boilerplate of a publisher: what recurs on its unrelated articles, and says nothing about what they are copies of.

Learnt from a sample of each publisher's articles. A shingle is boilerplate when it recurs on articles that are mostly
their own words: the same words on articles that share most of what they say are copies, not boilerplate.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from numba import uint64

from pipeline.compiled import compiled
from pipeline.minhash.documents import Rows, ignoring, in_threads
from pipeline.minhash.kernels import Ignored
from pipeline.minhash.sets import built, place, slot_of, slots_for
from pipeline.minhash.signatures import ShingleSets, shingle_sets
from pipeline.minhash.tokens import Hashes

SAMPLE = 64
"""Articles of a publisher looked at."""
FEWEST, SMALLEST_SHARE = 3, 0.05
"""A shingle recurs when so many sampled articles, and such a share of them, have it."""
MOST_RECURRING = 0.4
"""Share of an article's shingles that may recur for the article to be mostly its own words."""
ROUGH = 0xFFFF
MANY, OWN_SHINGLES = 12, 10
"""On so many articles a shingle is boilerplate if each has so many shingles of its own, small as their share may be."""


def boilerplate(texts: Sequence[str], publishers: Sequence[str], threads: int = 0) -> Ignored:
    """What each text is to ignore: the boilerplate of its publisher. Texts of an unnamed publisher ignore nothing.

    `publishers` are as many as `texts`. The same texts in the same order give the same boilerplate.
    """
    rows: dict[str, list[int]] = defaultdict(list)
    for row, publisher in enumerate(publishers):
        if publisher:
            rows[publisher].append(row)
    owner = np.full(len(texts), -1)
    sets: list[Hashes] = []
    for found, articles in _of_publishers(texts, [np.array(of) for of in rows.values() if len(of) >= FEWEST], threads):
        owner[articles] = len(sets)
        sets.append(to_be_ignored(found))
    return ignoring(owner, sets)


def _of_publishers(texts: Sequence[str], publishers: Sequence[Rows], threads: int) -> Iterator[tuple[Hashes, Rows]]:
    """The boilerplate of each publisher that has some, with the rows of all its articles."""
    nothing = ignoring(np.full(len(texts), -1))
    folded = np.zeros(len(texts), dtype=np.bool_)

    def learn(rows: Rows) -> Hashes:
        return learnt(shingle_sets(texts, rows[spread(len(rows))], folded, nothing))

    for rows, found in zip(publishers, in_threads(learn, publishers, threads), strict=True):
        if len(found):
            yield found, rows


def spread(count: int) -> Rows:
    """Which of so many articles are looked at: at most `SAMPLE`, evenly spread, ascending."""
    return np.unique(np.linspace(0, count - 1, min(count, SAMPLE)).astype(np.int64))


def learnt(sample: ShingleSets) -> Hashes:
    """The boilerplate that a publisher's sampled articles show, in whatever order these come. Ascending."""
    _, different = np.unique(sample.prints, return_index=True)
    return recurring(sample.hashes, sample.starts[different], sample.sizes[different])


def to_be_ignored(found: Hashes) -> Hashes:
    """Boilerplate as the hash set that `Ignored` holds: nearly every shingle is looked up, and seldom there."""
    return built(found, 16)


@compiled
def recurring(hashes: Hashes, starts: Rows, sizes: Rows) -> Hashes:
    """The boilerplate among the distinct shingles of one publisher's articles, no two of which are the same text.

    Article `i` has `hashes[starts[i] : starts[i] + sizes[i]]`. Ascending.
    """
    fewest = max(FEWEST, int(np.ceil(SMALLEST_SHARE * len(sizes))))
    rough = _rough_counts(hashes, starts, sizes)
    likely = 0
    for value in hashes:
        likely += rough[value & uint64(ROUGH)] >= fewest
    slots = np.zeros(slots_for(likely), dtype=np.uint64)
    articles = np.zeros(len(slots), dtype=np.int32)
    unrelated, everywhere = np.zeros_like(articles), np.zeros_like(articles)
    for start, size in zip(starts, sizes):  # noqa: B905 - numba has no strict zip
        for value in hashes[start : start + size]:
            if rough[value & uint64(ROUGH)] >= fewest:
                place(slots, value)
                articles[slot_of(slots, value)] += 1
    for start, size in zip(starts, sizes):  # noqa: B905 - numba has no strict zip
        own = size
        for value in hashes[start : start + size]:
            own -= rough[value & uint64(ROUGH)] >= fewest and articles[slot_of(slots, value)] >= fewest
        for value in hashes[start : start + size]:
            if rough[value & uint64(ROUGH)] >= fewest:
                unrelated[slot_of(slots, value)] += own >= (1 - MOST_RECURRING) * size
                everywhere[slot_of(slots, value)] += own >= OWN_SHINGLES
    recurs = (articles >= fewest) & ((unrelated >= fewest) | (everywhere >= MANY))
    return np.sort(slots[recurs])


@compiled
def _rough_counts(hashes: Hashes, starts: Rows, sizes: Rows) -> npt.NDArray[np.int32]:
    """How many shingles have each rest of a hash, shape (`ROUGH` + 1,): few recur, all others are passed by."""
    counts = np.zeros(ROUGH + 1, dtype=np.int32)
    for start, size in zip(starts, sizes):  # noqa: B905 - numba has no strict zip
        for value in hashes[start : start + size]:
            counts[value & uint64(ROUGH)] += 1
    return counts
