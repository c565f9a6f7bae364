"""Speed and memory of copy detection, beside other engines on the same documents.

    python benchmarks/dedupe.py [--count 20000] [--runs 3] [--peers rensa,gaoya] [--peer-count M] [--shared DIR]
    python benchmarks/dedupe.py --memory [--count 100000]
    python benchmarks/dedupe.py --scaling

Documents come from `corpus.py`, peers from `peers.py`. Everything from text to groups is timed: words, shingles,
signatures, candidates, and for ours the exact verification that peers do without. One thread each, except for
`--scaling`, which runs ours with one thread, two, and so on.

Ours and a peer take turns, so that a busy machine slows both: the table has the ratio of the median speeds, and the
smallest and largest ratio of two runs that followed each other. The slow peers get the first 5,000 documents only,
which does them no harm: a small index is quicker to ask.

`--memory` is what an engine needs on top of the loaded documents and of its own code: the peak of the resident set
while it runs, less the resident set before, in a fresh process each. Every engine gets all documents, unless
`--peer-count` says otherwise.
"""

import argparse
import ctypes
import gc
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus import make_corpus
from harness import DEFAULT_SHARED, ROOT, head
from peers import PEERS
from pipeline.records import Article
from pipeline.stages.dedupe import dedupe

THRESHOLD = 0.5
OURS = "newsfold"
SLOW = {"datasketch": 5_000, "datasketch-xxh32": 5_000}
WARM_UP = 200

Engine = Callable[[Sequence[Article]], int]
"""Finds the copies and gives the number of documents that are in a group of two or more."""


@dataclass(frozen=True)
class Run:
    """One timed run of an engine."""

    speed: float
    grouped: int


def main() -> None:
    """Print the table that was asked for."""
    options = _options()
    if not (options.shared / "data").is_dir():
        print(f"skipped: no labelled data at {options.shared}")
        return
    if options.child:
        articles = make_corpus(options.shared, options.count)
        print(peak_memory(options.child, articles[: options.peer_count]))
        return
    print(head("datasketch", "rensa", "gaoya", "numba", "numpy"))
    if options.memory:
        print(memory_table(options))
        return
    articles = make_corpus(options.shared, options.count)
    if options.scaling:
        print(scaling_table(articles, options.runs))
    else:
        print(speed_table(articles, options.peers, options.runs, options.peer_count))


def _options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    parser.add_argument("--count", type=int, default=20_000, help="documents (default: 20000)")
    parser.add_argument("--runs", type=int, default=3, help="rounds (default: 3)")
    parser.add_argument("--peers", type=_peer_names, default=list(PEERS), help=f"of {','.join(PEERS)} (default: all)")
    parser.add_argument("--peer-count", type=int, help="documents for every peer (default: 5000 for datasketch)")
    parser.add_argument("--memory", action="store_true", help="megabytes instead of speed")
    parser.add_argument("--scaling", action="store_true", help="ours with more and more threads")
    parser.add_argument("--child", choices=[OURS, *PEERS], help=argparse.SUPPRESS)
    return parser.parse_args()


def _peer_names(text: str) -> list[str]:
    """The names in a comma-separated list."""
    names = [name for name in text.split(",") if name]
    if unknown := set(names) - set(PEERS):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
    return names


def ours(threads: int) -> Engine:
    """This package with so many threads."""

    def engine(articles: Sequence[Article]) -> int:
        groups = dedupe(articles, THRESHOLD, threads=threads).groups
        return sum(len(group.articles) for group in groups if group.copies)

    return engine


def peer(name: str) -> Engine:
    """Another engine."""

    def engine(articles: Sequence[Article]) -> int:
        return sum(map(len, PEERS[name]([article.text for article in articles], THRESHOLD)))

    return engine


def run(engine: Engine, articles: Sequence[Article]) -> Run:
    """One run, timed after what was left has been cleared away; nothing is collected meanwhile, as in `timeit`."""
    gc.collect()
    gc.disable()
    start = time.perf_counter()
    grouped = engine(articles)
    seconds = time.perf_counter() - start
    gc.enable()
    return Run(len(articles) / seconds, grouped)


def speed_table(articles: Sequence[Article], names: Sequence[str], runs: int, peer_count: int | None) -> str:
    """Ours beside each peer: documents a second, how many times as fast ours is, and documents in groups."""
    ours_alone = ours(threads=1)
    engines = {name: peer(name) for name in names}
    parts = {name: articles[: peer_count or SLOW.get(name)] for name in names}
    for engine in (ours_alone, *engines.values()):
        engine(articles[:WARM_UP])
    rounds: dict[str, list[tuple[Run, Run]]] = {name: [] for name in names}
    for _ in range(runs):
        for name, engine in engines.items():
            rounds[name].append((run(ours_alone, articles), run(engine, parts[name])))
    own = [mine for pairs in rounds.values() for mine, _ in pairs] or [run(ours_alone, articles) for _ in range(runs)]
    lines = ["| engine | documents | docs/s | ours is faster by | (runs) | in groups |", "|---|---|---|---|---|---|"]
    lines.append(f"| {OURS} | {len(articles):,} | {_median(own):,.0f} | | | {own[0].grouped:,} |")
    for name, pairs in rounds.items():
        beside, theirs = [mine for mine, _ in pairs], [other for _, other in pairs]
        ratios = [mine.speed / other.speed for mine, other in pairs]
        lines.append(
            f"| {name} | {len(parts[name]):,} | {_median(theirs):,.0f} | {_median(beside) / _median(theirs):.1f} "
            f"| {min(ratios):.1f}-{max(ratios):.1f} | {theirs[0].grouped:,} |"
        )
    return "\n".join(lines)


def _median(runs: Sequence[Run]) -> float:
    """The median speed."""
    return statistics.median(run.speed for run in runs)


def scaling_table(articles: Sequence[Article], runs: int) -> str:
    """Ours with one thread up to one for each core."""
    engines = {threads: ours(threads) for threads in range(1, (os.cpu_count() or 1) + 1)}
    for engine in engines.values():
        engine(articles[:WARM_UP])
    done: dict[int, list[Run]] = {threads: [] for threads in engines}
    for _ in range(runs):
        for threads, engine in engines.items():
            done[threads].append(run(engine, articles))
    lines = ["| threads | docs/s | speed-up |", "|---|---|---|"]
    for threads, timed in done.items():
        lines.append(f"| {threads} | {_median(timed):,.0f} | {_median(timed) / _median(done[1]):.2f} |")
    return "\n".join(lines)


def memory_table(options: argparse.Namespace) -> str:
    """What each engine needs beyond the documents, each in a process of its own."""
    make_corpus(options.shared, options.count)  # so that every child finds it made
    lines = ["| engine | documents | MB over the loaded documents |", "|---|---|---|"]
    for name in (OURS, *options.peers):
        documents = options.count if name == OURS else options.peer_count or options.count
        command = [sys.executable, __file__, "--child", name, "--count", str(options.count)]
        command += ["--peer-count", str(documents), "--shared", str(options.shared.resolve())]
        child = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - this program
        lines.append(f"| {name} | {documents:,} | {float(child.stdout):,.0f} |")
    return "\n".join(lines)


def peak_memory(name: str, articles: Sequence[Article]) -> float:
    """Megabytes by which the resident set grew while the engine ran; Linux only."""
    engine = ours(threads=1) if name == OURS else peer(name)
    engine(articles[:WARM_UP])
    gc.collect()
    # Memory freed while loading would otherwise be there for the engine to use, and not be counted.
    ctypes.CDLL(None).malloc_trim(0)
    loaded = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    engine(articles)
    return (_resident("VmHWM") - loaded) / 1e6


def _resident(key: str) -> int:
    """A size in bytes that the kernel keeps about this process."""
    found = re.search(rf"^{key}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"/proc/self/status has no {key}")
    return int(found[1]) * 1024


if __name__ == "__main__":
    main()
