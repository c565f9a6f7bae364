"""Speed of the copy finder's memory: 80,000 known texts in one segment and in seven, 20,000 texts looked up.

    python benchmarks/memory.py [--known 80000] [--queried 20000] [--segments 1,7]

Prints a Markdown table. Signatures are random; 30 % of those looked up are near-copies of a known one, with 60 to 100 %
of its permutations. One thread. Open is the median of 20 times, the query (signatures in, ids of the matches out) of 5,
the other figures are of one time. Add is the slowest segment's, merge makes one of all those of a week, and bytes are
on disk before it. What is timed has been read before, as it has been on the night it was written.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np

from harness import head
from pipeline.minhash.hashing import PERMUTATIONS
from pipeline.minhash.kernels import Signatures
from pipeline.minhash.memory import Memory, open_memory

MONDAY = date(2026, 7, 20)
COPIES, SMALLEST_SHARE = 0.3, 0.6
OPENED, QUERIED = 20, 5
COLUMNS = "segments | open | query | matches | add | on disk | delete 1 % | merge | expire"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--known", type=int, default=80_000, help="texts in the memory (default: 80000)")
    parser.add_argument("--queried", type=int, default=20_000, help="texts looked up (default: 20000)")
    parser.add_argument("--segments", type=_numbers, default=[1, 7], help="up to 7, with commas (default: 1,7)")
    options = parser.parse_args()
    print(head("numpy"))
    known, queried = make_signatures(options.known, options.queried)
    with tempfile.TemporaryDirectory() as folder:
        row(Path(folder) / "warm-up", known[:1000], queried[:1000], 2)
        print(f"| {COLUMNS} |\n|{'---|' * len(COLUMNS.split('|'))}")
        for segments in options.segments:
            print(row(Path(folder) / str(segments), known, queried, segments), flush=True)


def _numbers(text: str) -> list[int]:
    """Numbers between commas."""
    return [int(number) for number in text.split(",")]


def make_signatures(known: int, queried: int) -> tuple[Signatures, Signatures]:
    """Random signatures to know and to look up, in random order; always the same."""
    chance = np.random.default_rng(1)
    held, asked = (chance.integers(0, 2**32, (count, PERMUTATIONS), dtype=np.uint32) for count in (known, queried))
    copies = int(COPIES * queried)
    shares = chance.uniform(SMALLEST_SHARE, 1, (copies, 1))
    originals = held[chance.integers(0, known, copies)]
    asked[:copies] = np.where(chance.random((copies, PERMUTATIONS)) < shares, originals, asked[:copies])
    return held, asked[chance.permutation(queried)]


def row(folder: Path, known: Signatures, queried: Signatures, segments: int) -> str:
    """The figures of a memory of so many segments, made in the folder."""
    memory = open_memory(folder)
    adding = fill(memory, known, segments)
    size = sum(path.stat().st_size for path in folder.rglob("*.*"))
    opening = statistics.median(seconds(lambda: open_memory(folder)) for _ in range(OPENED))
    memory = open_memory(folder)
    querying = statistics.median(seconds(lambda: memory.query(queried)) for _ in range(QUERIED))
    matches = len(memory.query(queried).rows)
    deleting = seconds(lambda: memory.delete(name(number) for number in range(0, len(known), 100)))
    merging = seconds(lambda: memory.merge(MONDAY + timedelta(days=7)))
    expiring = seconds(lambda: memory.expire(MONDAY + timedelta(days=7)))
    return (
        f"| {segments} | {opening * 1e3:.1f} ms | {len(queried) / querying:,.0f}/s | {matches:,} | {adding:.2f} s "
        f"| {size / 1e6:.1f} MB | {deleting:.2f} s | {merging:.2f} s | {expiring * 1e3:.1f} ms |"
    )


def fill(memory: Memory, known: Signatures, segments: int) -> float:
    """Add the known texts in equal parts, a night each; the seconds that the slowest took."""
    parts: Sequence[Signatures] = np.array_split(known, segments)
    taken, first = [], 0
    for day, part in enumerate(parts):
        ids = [name(number) for number in range(first, first + len(part))]
        taken.append(seconds(partial(memory.add, MONDAY + timedelta(days=day), ids, part)))
        first += len(part)
    return max(taken)


def name(number: int) -> str:
    """An id as long as those of articles."""
    return f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}"


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
