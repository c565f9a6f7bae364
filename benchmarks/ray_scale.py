r"""How `dedupe --engine ray` grows: time, memory and bytes that go from part to part, on 10,000 articles and more.

    python benchmarks/ray_scale.py [--shared DIR] [--counts 10000,100000] [--processes 2] [--store 2] [--here]

The articles are those of `corpus.py` (470 words on average, 30 % of them variants of others), as JSON Lines files of
25,000. Each run is a process of its own: with Ray on so many processes and GiB of object store, with the local engine,
and, with --here, the same plan in one process, where what each step hands on can be counted.
"""

import argparse
import itertools
import json
import multiprocessing
import shutil
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import corpus
from harness import DEFAULT_SHARED
from pipeline.engine import session
from pipeline.engine.folding import fold_blocks
from pipeline.engine.reading import read_blocks
from pipeline.engine.workers import Argument, Here, Reference, Workers
from pipeline.jsonlines import article_from_line, article_line, read_lines, write_lines
from pipeline.records import Reject
from pipeline.stages.dedupe import dedupe

IN_A_FILE = 25_000
MIB, GIB = 2**20, 2**30


@dataclass
class Counted(Here):
    """Workers in this process that note what each function hands on, in bytes, and how long it takes."""

    cores: int = 8
    handed: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def call(self, function: Callable[..., Any], *arguments: Argument) -> Reference:
        """One result, that stays where it is."""
        start = time.process_time()
        result = super().call(function, *arguments)
        self.seconds[function.__name__] += time.process_time() - start
        return result

    def split(self, pieces: int, function: Callable[..., Any], *arguments: Argument) -> list[Reference]:
        """Pieces, each for another part."""
        start = time.process_time()
        result = super().split(pieces, function, *arguments)
        self.seconds[function.__name__] += time.process_time() - start
        self.handed[function.__name__] += sum(map(size_of, result))
        return result


def size_of(value: object) -> int:
    """The bytes of arrays in a value; objects of a few bytes count as none."""
    if isinstance(value, np.ndarray | pa.Array | pa.Table):
        return int(value.nbytes)
    if isinstance(value, tuple | list):
        return sum(map(size_of, value))
    names = getattr(value, "__slots__", ())
    return sum(size_of(getattr(value, name)) for name in names)


def files(shared: Path, count: int) -> Path:
    """A folder with so many articles."""
    folder = corpus.CACHE / f"scale-{count}"
    if not (folder / "complete").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        documents = itertools.islice(corpus._documents(shared / "data", 1), count)
        for part, articles in enumerate(iter(lambda: list(itertools.islice(documents, IN_A_FILE)), [])):
            write_lines(folder / f"part-{part:04}.jsonl", map(article_line, articles))
        (folder / "complete").touch()
    return folder


def fold(workers: Workers, folder: Path) -> dict[str, float]:
    """Fold a folder's articles; what was found and how long it took."""
    start = time.monotonic()
    blocks = read_blocks(workers, str(folder))
    read = time.monotonic() - start
    found = fold_blocks(workers, blocks.tables, 0.5)
    sizes = [count_leads(workers, table) for table in found.groups]
    leads = sum(workers.take(sizes))
    return {"blocks": len(blocks.tables), "leads": leads, "read": read, "seconds": time.monotonic() - start}


def count_leads(workers: Workers, table: Reference) -> Reference:
    """How many groups a part has."""
    return workers.call(leads_in, table)


def leads_in(table: pa.Table) -> int:
    """How many groups a table has."""
    return int(pa.compute.sum(table["lead"]).as_py() or 0)


class Watch(threading.Thread):
    """Looks at the memory of Ray's workers five times a second: `largest` of one, `together` of all, in bytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.largest = self.together = self.spilled = 0
        self._over = threading.Event()

    def run(self) -> None:
        """Look until told to stop."""
        while not self._over.wait(0.2):
            own = [anonymous(process) for process in Path("/proc").glob("[0-9]*")]
            self.largest, self.together = max(self.largest, *own, 0), max(self.together, sum(own))

    def stop(self) -> None:
        """The end of looking."""
        self._over.set()
        self.join()


def anonymous(process: Path) -> int:
    """The bytes of a Ray worker that it shares with nobody; 0 of another process."""
    try:
        if not (process / "cmdline").read_bytes().startswith(b"ray::"):
            return 0
        lines = (process / "status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


def with_ray(folder: Path, processes: int, store: float) -> dict[str, float]:
    """A run on a Ray cluster of this machine."""
    session.LARGEST_STORE = int(store * GIB)
    watch = Watch()
    with session.ray_session(processes=processes) as workers:
        workers.take([workers.call(leads_in, pa.table({"lead": [True]})) for _ in range(processes)])
        watch.start()
        result = fold(workers, folder)
        watch.stop()
    return result | {"worker MiB": watch.largest / MIB, "workers MiB": watch.together / MIB, "driver MiB": resident()}


def with_one_process(folder: Path, *_: float) -> dict[str, Any]:
    """The same plan here, with what each step handed on."""
    workers = Counted()
    result: dict[str, Any] = fold(workers, folder)
    return result | {"driver MiB": resident(), "handed": dict(workers.handed), "steps": dict(workers.seconds)}


def locally(folder: Path, processes: int, *_: float) -> dict[str, float]:
    """The local engine."""
    start = time.monotonic()
    lines = (line for file in sorted(folder.glob("*.jsonl")) for line in read_lines(file))
    articles = [article_from_line(line) for line in lines if not isinstance(line, Reject)]
    read = time.monotonic() - start
    found = dedupe(articles, 0.5, processes)
    return {"leads": len(found.groups), "read": read, "seconds": time.monotonic() - start, "driver MiB": resident()}


def resident() -> float:
    """The most memory this process had, in MiB. What `getrusage` tells includes the process that started this one."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Measure and print, a line of JSON for each run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    parser.add_argument("--counts", default="10000,100000")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--store", type=float, default=2)
    parser.add_argument("--here", action="store_true")
    parser.add_argument("--no-local", action="store_true")
    options = parser.parse_args()
    runs: list[Callable[..., dict[str, Any]]] = [with_ray]
    runs += [] if options.no_local else [locally]
    runs += [with_one_process] if options.here else []
    for count in map(int, options.counts.split(",")):
        folder = files(options.shared, count)
        for run in runs:
            report(count, run, (folder, options.processes, options.store))


def report(count: int, run: Callable[..., dict[str, Any]], arguments: Sequence[object]) -> None:
    """Do one run in a new process and print what it gave; bytes and microseconds for each article."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        result = pool.apply(run, arguments)
    for name, unit in (("handed", 1), ("steps", 1e6)):
        if name in result:
            each = {step: round(value * unit / count, 1) for step, value in result[name].items()}
            result[name] = each | {"all": round(sum(each.values()), 1)}
    shown = {name: round(value, 1) if isinstance(value, float) else value for name, value in result.items()}
    print(json.dumps({"articles": count, "run": run.__name__, **shown}), flush=True)


if __name__ == "__main__":
    # Under its own name, so that workers find its functions.
    import ray_scale

    ray_scale.main()
