"""MinHash signatures (Broder 1997), equal to datasketch's bit for bit, and their way into its objects."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain

import numpy as np
import numpy.typing as npt
import xxhash
from datasketch import LeanMinHash, MinHash, MinHashLSH

from pipeline.minhash.documents import Flags, Rows, batches, ignoring, in_threads, rows_of
from pipeline.minhash.hashing import PERMUTATIONS, SCHEME, SEED, shingle_hash, tables
from pipeline.minhash.kernels import Ignored, Signatures, collect, sketch_sets, sketch_texts
from pipeline.minhash.tokens import UNFOLDED, Hashes

TEXTS_A_TASK = 2_048


@dataclass(frozen=True, slots=True)
class Sketches:
    """What is kept of texts, a row each; `signatures` has shape (texts, 128).

    Texts with equal `prints` have the same words (or characters) in the same order; `units` counts these. Where
    `folded`, the text holds characters that only Python can fold.
    """

    signatures: Signatures
    prints: Hashes
    units: npt.NDArray[np.int64]
    folded: Flags


@dataclass(frozen=True, slots=True)
class ShingleSets:
    """Distinct shingle hashes of texts: text `i` has `hashes[starts[i] : starts[i] + sizes[i]]`, `prints` as above."""

    hashes: Hashes
    starts: Rows
    sizes: Rows
    prints: Hashes


def sketch(texts: Sequence[str], ignored: Ignored | None = None, threads: int = 0) -> Sketches:
    """Sketch the shingles of texts, on that many threads (0: one a core); the number of threads changes nothing.

    A text without words has the largest possible signature, as an empty set has in datasketch.
    """
    count = len(texts)
    result = Sketches(
        np.empty((count, PERMUTATIONS), dtype=np.uint32),
        np.zeros(count, dtype=np.uint64),
        np.zeros(count, dtype=np.int64),
        np.zeros(count, dtype=np.bool_),
    )
    ignored = ignored or ignoring(np.full(count, -1))
    tasks = [np.arange(start, min(start + TEXTS_A_TASK, count)) for start in range(0, count, TEXTS_A_TASK)]
    for _ in in_threads(lambda rows: _sketch_rows(texts, rows, ignored, result), tasks, threads):
        pass
    return result


def _sketch_rows(texts: Sequence[str], rows: Rows, ignored: Ignored, result: Sketches) -> None:
    """Fill some rows of `result`; texts that turn out to need folding are read a second time."""
    for batch, documents in batches(texts, rows, result.folded):
        sketch_texts(documents, batch, ignored, tables(), result.signatures, result.prints, result.units)
    unfolded = rows[result.units[rows] == UNFOLDED]
    if len(unfolded):
        result.folded[unfolded] = True
        _sketch_rows(texts, unfolded, ignored, result)


def shingle_sets(texts: Sequence[str], rows: Rows, folded: Flags, ignored: Ignored) -> ShingleSets:
    """The distinct shingles of the texts at some rows. `folded` may leave out texts that need folding."""
    parts: list[Hashes] = [np.zeros(0, dtype=np.uint64)]
    sizes, prints = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.uint64)
    done = 0
    for batch, documents in batches(texts, rows, folded):
        part = slice(done, done + len(batch))
        parts.append(collect(documents, rows_of(ignored, batch), tables(), sizes[part], prints[part]))
        done += len(batch)
    if (unfolded := rows[sizes == UNFOLDED]).size:
        return shingle_sets(texts, rows, folded | np.isin(np.arange(len(folded)), unfolded), ignored)
    hashes = parts[-1] if len(parts) == 2 else np.concatenate(parts)
    return ShingleSets(hashes, np.cumsum(sizes) - sizes, sizes, prints)


def signatures(sets: Iterable[Sequence[str]]) -> Signatures:
    """One signature per set of strings, hashed with xxh32, shape (sets, 128)."""
    hashed = [[xxhash.xxh32_intdigest(element.encode()) for element in elements] for elements in sets]
    starts = np.fromiter(accumulate(map(len, hashed), initial=0), dtype=np.int64, count=len(hashed) + 1)
    hashes = np.fromiter(chain.from_iterable(hashed), dtype=np.uint64, count=starts[-1])
    result = np.empty((len(hashed), PERMUTATIONS), dtype=np.uint32)
    sketch_sets(hashes, starts, tables(), result)
    return result


def to_minhash(signature: Signatures) -> MinHash:
    """One signature of a text as a datasketch MinHash, which can be updated, merged and compared."""
    return MinHash(seed=SEED, scheme=SCHEME, hashfunc=shingle_hash, hashvalues=signature)


def to_lean(signature: Signatures) -> LeanMinHash:
    """One signature as a LeanMinHash: datasketch's compact form, for storage and comparison."""
    return LeanMinHash(seed=SEED, hashvalues=signature, scheme=SCHEME)


def to_index(found: Signatures, keys: Sequence[str], threshold: float) -> MinHashLSH:
    """A datasketch index of signatures, shape (keys, 128), under distinct keys.

    Raises ValueError when a key stands twice, or when there are not as many keys as signatures.
    """
    index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
    for key, signature in zip(keys, found, strict=True):
        index.insert(key, to_lean(signature))
    return index
