r"""Other engines for near-duplicates, each called as its own documentation calls it, for comparison with ours.

    pip install rensa==0.5.0 gaoya==0.2.2

Every peer takes texts and a Jaccard threshold and gives the groups of two or more, as sets of positions. All have the
same task: word 5-grams of the lower-cased text (`\w+`), 128 permutations, locality-sensitive hashing for the threshold
0.5, candidates kept when the library's own estimate (the share of equal hash values) reaches the threshold, and groups
as connected components. None has to verify anything exactly, as ours does. All run on one thread.
"""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

import xxhash

# Read when the thread pool of rensa or gaoya starts; hence no import of either at the top.
os.environ["RAYON_NUM_THREADS"] = "1"

PERMUTATIONS = 128
BANDS, ROWS = 32, 4
TUNED_FOR = 0.5
SEED = 1

Groups = list[set[int]]
Peer = Callable[[list[str], float], Groups]

_WORD = re.compile(r"\w+")


def datasketch(texts: list[str], threshold: float) -> Groups:
    """`MinHash.bulk` and `MinHashLSH`, both at their defaults: SHA-1, and 25 bands of 5 rows for the threshold 0.5."""
    return _datasketch(texts, threshold)


def datasketch_xxh32(texts: list[str], threshold: float) -> Groups:
    """The same with `hashfunc=xxhash.xxh32_intdigest`, the fast hash that its documentation allows."""
    return _datasketch(texts, threshold, hashfunc=xxhash.xxh32_intdigest)


def _datasketch(texts: list[str], threshold: float, hashfunc: Callable[[bytes], int] | None = None) -> Groups:
    """Bulk signatures, then every text asks the index for earlier ones (`query`, `jaccard`) and joins it (`insert`)."""
    from datasketch import MinHash, MinHashLSH

    encoded = ([shingle.encode() for shingle in shingles] for shingles in _shingled(texts))
    sketches = MinHash.bulk(encoded, num_perm=PERMUTATIONS, hashfunc=hashfunc)
    index = MinHashLSH(threshold=TUNED_FOR, num_perm=PERMUTATIONS)
    pairs = []
    for row, sketch in enumerate(sketches):
        pairs += [(other, row) for other in index.query(sketch) if sketch.jaccard(sketches[other]) >= threshold]
        index.insert(row, sketch)
    return _components(pairs)


def rensa(texts: list[str], threshold: float) -> Groups:
    """`RMinHash.from_token_sets` and `RMinHashLSH` of 32 bands; shingles from Python, one text at a time.

    Of what rensa offers, the fastest that is MinHash with LSH and tells which texts belong together: its digest matrix
    is as fast but gives flags only, `RMinHashDeduplicator` and hashes made beforehand are slower, "rho" samples tokens.
    """
    from rensa import RMinHash, RMinHashLSH

    sketches = RMinHash.from_token_sets(_shingled(texts), num_perm=PERMUTATIONS, seed=SEED)
    index = RMinHashLSH(threshold=TUNED_FOR, num_perm=PERMUTATIONS, num_bands=BANDS)
    pairs = []
    for row, sketch in enumerate(sketches):
        pairs += [(other, row) for other in index.query(sketch) if sketch.jaccard(sketches[other]) >= threshold]
        index.insert(row, sketch)
    return _components(pairs)


def gaoya(texts: list[str], threshold: float) -> Groups:
    """`MinHashStringIndex` of 32 bands and 4 rows with its own word 5-grams: `par_bulk_insert_docs`, `par_bulk_query`.

    Its tokeniser, in Rust, splits at ASCII punctuation and white space, and is three times as fast as taking our
    shingles. The index takes texts only, never signatures, so that a text is hashed twice: to insert and to ask.
    """
    from gaoya.minhash import MinHashStringIndex

    index = MinHashStringIndex(
        hash_size=32,
        jaccard_threshold=threshold,
        num_bands=BANDS,
        band_size=ROWS,
        analyzer="word",
        lowercase=True,
        ngram_range=(5, 5),
        id_container="smallvec",
    )
    index.par_bulk_insert_docs(list(range(len(texts))), texts)
    found: list[list[int]] = index.par_bulk_query(texts)
    return _components((row, other) for row, others in enumerate(found) for other in others if other < row)


PEERS: dict[str, Peer] = {
    "datasketch": datasketch,
    "datasketch-xxh32": datasketch_xxh32,
    "rensa": rensa,
    "gaoya": gaoya,
}


def _shingled(texts: Iterable[str]) -> Iterator[list[str]]:
    """The word 5-grams of each text; one of fewer words is its own single shingle."""
    for text in texts:
        words = _WORD.findall(text.lower())
        yield list(map(" ".join, zip(words, words[1:], words[2:], words[3:], words[4:], strict=False))) or [
            " ".join(words)
        ]


def _components(pairs: Iterable[tuple[int, int]]) -> Groups:
    """Connected components by union-find."""
    parents: dict[int, int] = {}

    def root(row: int) -> int:
        while (parent := parents.setdefault(row, row)) != row:
            parents[row] = row = parents[parent]
        return row

    for one, other in pairs:
        parents[root(one)] = root(other)
    groups: defaultdict[int, set[int]] = defaultdict(set)
    for row in list(parents):
        groups[root(row)].add(row)
    return list(groups.values())
