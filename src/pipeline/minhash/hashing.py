"""The hash behind the signatures: the constants of the compiled loops, and the same for one shingle in Python."""

from functools import cache

import numpy as np
from datasketch import MinHash

from pipeline.minhash.alphabet import folding
from pipeline.minhash.tokens import FIRST, SECOND, Hashes, Tables

PERMUTATIONS = 128
SEED = 1
SCHEME = "affine32"
HASH = "multilinear-64"
"""Names the hash function; another one gives other signatures."""
_ALL = (1 << 64) - 1
_WEIGHTS_SEED = 2


def shingle_hash(shingle: bytes) -> int:
    """The 32-bit hash of one shingle: words (or characters) of comparable text, UTF-8, between single spaces.

    Give it to `datasketch.MinHash` as `hashfunc` and its signatures are those of `signatures.sketch`, bit for bit.
    """
    return shingle_hash64(shingle) & 0xFFFFFFFF


def shingle_hash64(shingle: bytes) -> int:
    """All 64 bits of a shingle's hash: what exact overlaps are counted with.

    Raises ValueError for more units than a shingle has.
    """
    units = shingle.split(b" ")
    weights = [int(weight) for weight in tables().weights]
    return sum(word_hash(unit) * weight for unit, weight in zip(units, weights[: len(units)], strict=True)) & _ALL


def word_hash(word: bytes) -> int:
    """The mixed hash of one word, from eight bytes of it at a time, the last ones filled up with zeros."""
    value = 0
    for place, start in enumerate(range(0, len(word), 8)):
        part = int.from_bytes(word[start : start + 8], "little")
        if place < 2:
            value = (value + part * (FIRST, SECOND)[place]) & _ALL
        else:
            value = ((value ^ value >> 32) * FIRST + part * SECOND) & _ALL
    value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & _ALL
    value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53 & _ALL
    return value ^ value >> 33


@cache
def tables() -> Tables:
    """The constants of the compiled loops. The permutations are datasketch's own."""
    slopes, shifts = MinHash(num_perm=PERMUTATIONS, seed=SEED, scheme=SCHEME).permutations
    return Tables(
        folding=folding(),
        ascii=folding()[:128].astype(np.uint8),
        weights=_random(8, _WEIGHTS_SEED) | np.uint64(1),
        slopes=slopes.astype(np.uint32),
        shifts=shifts.astype(np.uint32),
    )


def _random(count: int, seed: int) -> Hashes:
    """Fixed numbers that look random (SplitMix64, Steele, Lea and Flood 2014), shape (count,)."""
    numbers = []
    for place in range(1, count + 1):
        value = (seed + place * 0x9E3779B97F4A7C15) & _ALL
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _ALL
        value = (value ^ value >> 27) * 0x94D049BB133111EB & _ALL
        numbers.append(value ^ value >> 31)
    return np.array(numbers, dtype=np.uint64)
