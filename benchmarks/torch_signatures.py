r"""Signatures by torch beside those of the compiled loops, on the same shingles.

    python benchmarks/torch_signatures.py [--shared DIR] [--device cpu|cuda] [--count 20000] [--rounds 5]

Prints medians in microseconds a text: hashing words to shingles, which both need; permuting by the compiled loops on
one core; and by torch on the device, with the way there and back. The results are compared bit for bit.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch

import corpus
from harness import DEFAULT_SHARED
from pipeline.minhash.copies import ArticleTexts
from pipeline.minhash.documents import ignoring
from pipeline.minhash.hashing import tables
from pipeline.minhash.kernels import Signatures, sketch_sets
from pipeline.minhash.signatures import ShingleSets, shingle_sets
from pipeline.minhash.torch_signatures import torch_signatures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    texts = ArticleTexts(corpus.make_corpus(options.shared, options.count))
    everything, folded = np.arange(len(texts)), np.zeros(len(texts), dtype=np.bool_)
    nothing = ignoring(np.full(len(texts), -1))
    sets = shingle_sets(texts, everything, folded, nothing)
    expected = compiled(sets)
    if not np.array_equal(torch_signatures(sets, options.device), expected):
        raise SystemExit("the signatures differ")
    torch.set_num_threads(1)
    steps: dict[str, Callable[[], object]] = {
        "hashing": lambda: shingle_sets(texts, everything, folded, nothing),
        "permuting, compiled": lambda: compiled(sets),
        f"permuting, torch on {options.device}": lambda: torch_signatures(sets, options.device),
    }
    for name, step in steps.items():
        print(f"{name:28} {1e6 * median(seconds(step) for _ in range(options.rounds)) / len(texts):8.2f} µs a text")


def compiled(sets: ShingleSets) -> Signatures:
    """The signatures of the compiled loops."""
    result = np.empty((len(sets.sizes), len(tables().slopes)), dtype=np.uint32)
    sketch_sets(sets.hashes, np.append(sets.starts, len(sets.hashes)), tables(), result)
    return result


def seconds(step: Callable[[], object]) -> float:
    """How long a step takes."""
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
