r"""How `dedupe` and `cluster --engine ray` grow: time, memory and bytes that go from part to part.

    python benchmarks/ray_scale.py [--shared DIR] [--counts 10000,100000] [--stories] [--here] [--store 2]
    python benchmarks/ray_scale.py --copies --counts 1000000

The articles are those of `corpus.py` (470 words on average, 30 % of them variants of others), as JSON Lines files of
25,000. With --copies they are so many copies of one text: word for word, every second with a word of its own. Each run
is a process of its own: with Ray on so many processes and GiB of object store, with the local engine, and, with --here,
the same plan in one process, where what each step hands on can be counted.

`groups` is a digest of every id with its group and similarity, in order, and `stories`, with --stories, of every id
with its story: the same where results are the same, id for id. `longest` is the longest task
of each of some steps, `busy` what all tasks took, in seconds of a processor.
"""

import argparse
import hashlib
import itertools
import json
import multiprocessing
import os
import shutil
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import sparse

import corpus
from harness import DEFAULT_SHARED
from pipeline.engine import session
from pipeline.engine.folding import fold_blocks
from pipeline.engine.reading import read_blocks
from pipeline.engine.session import RayWorkers
from pipeline.engine.stories import group_blocks
from pipeline.engine.workers import Argument, Here, Reference, Workers
from pipeline.jsonlines import article_from_line, article_line, read_lines, write_lines
from pipeline.records import Article, CopyGroup, Reject
from pipeline.stages.cluster import cluster
from pipeline.stages.dedupe import dedupe

IN_A_FILE = 25_000
MIB, GIB = 2**20, 2**30
LONGEST = 4
NAMES = ("id", "group", "similarity", "exact")
"""What groups are told apart by."""


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
    if isinstance(value, sparse.csr_matrix):
        return int(value.data.nbytes + value.indices.nbytes + value.indptr.nbytes)
    if isinstance(value, tuple | list):
        return sum(map(size_of, value))
    names = getattr(value, "__slots__", ())
    return sum(size_of(getattr(value, name)) for name in names)


def files(shared: Path, count: int, *, copies: bool) -> Path:
    """A folder with so many articles, or copies of one."""
    folder = corpus.CACHE / f"{'copies' if copies else 'scale'}-{count}"
    if not (folder / "complete").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        documents = corpus._documents(shared / "data", 1)
        documents = itertools.islice(copies_of(next(documents)) if copies else documents, count)
        for part, articles in enumerate(iter(lambda: list(itertools.islice(documents, IN_A_FILE)), [])):
            write_lines(folder / f"part-{part:04}.jsonl", map(article_line, articles))
        (folder / "complete").touch()
    return folder


def copies_of(article: Article) -> Iterator[Article]:
    """Copies of an article without end: every second has a word of its own."""
    middle = len(article.text) // 2
    for number in itertools.count():
        own = f" {number} " if number % 2 else ""
        yield replace(article, id=f"copy-{number:08}", text=f"{article.text[:middle]}{own}{article.text[middle:]}")


class Timed(RayWorkers):
    """Workers that write into a folder how long each task took."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder

    def call(self, function: Callable[..., Any], *arguments: Argument) -> Reference:
        """One result."""
        return super().call(timed, self._folder, function, *arguments)

    def inside(self, plan: Callable[..., Any], *arguments: Argument) -> Reference:
        """A plan on a worker."""
        return super().inside(partial(timed, self._folder, plan), *arguments)

    def split(self, pieces: int, function: Callable[..., Any], *arguments: Argument) -> list[Reference]:
        """Pieces, each for another part."""
        return super().split(pieces, timed, self._folder, function, *arguments)


def timed(folder: str, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - whatever it takes
    """Call a function and write down the processor time that it took."""
    start = time.process_time()
    result = function(*arguments)
    with (Path(folder) / str(os.getpid())).open("a") as stream:
        stream.write(f"{time.process_time() - start} {function.__name__}\n")
    return result


def tasks_in(folder: str) -> dict[str, Any]:
    """The steps with the longest tasks, and what all took."""
    taken: defaultdict[str, list[float]] = defaultdict(list)
    for file in Path(folder).iterdir():
        for seconds, name in map(str.split, file.read_text().splitlines()):
            taken[name].append(float(seconds))
    longest = sorted(((max(each), name) for name, each in taken.items()), reverse=True)[:LONGEST]
    shown = {name: round(seconds, 1) for seconds, name in longest}
    return {"longest": shown, "busy": sum(map(sum, taken.values()))}


def digest_of(rows: Iterable[tuple[Any, ...]]) -> str:
    """What tells whether two runs gave the same rows."""
    found = hashlib.sha256()
    for row in rows:
        found.update(repr(row).encode())
    return found.hexdigest()[:16]


def rows_in(workers: Workers, table: Reference, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The rows of a table."""
    yield from zip(*workers.take([table])[0].select(names).to_pydict().values(), strict=True)


def rows_of_groups(groups: Iterable[CopyGroup]) -> Iterator[tuple[Any, ...]]:
    """The rows of groups that are here, as a table of them has."""
    for group in groups:
        yield group.lead.id, group.lead.id, 1.0, False
        for copy in group.copies:
            yield copy.article.id, group.lead.id, copy.similarity, copy.exact


def fold(workers: Workers, folder: Path, *, stories: bool) -> dict[str, Any]:
    """Fold a folder's articles, and make stories of them; what was found and how long it took."""
    start = time.monotonic()
    blocks = read_blocks(workers, str(folder))
    read = time.monotonic() - start
    found = fold_blocks(workers, blocks.tables, 0.5)
    sizes = [count_leads(workers, table) for table in found.groups]
    leads = sum(workers.take(sizes))
    seconds = time.monotonic() - start
    digest = digest_of(row for table in found.groups for row in rows_in(workers, table, NAMES))
    result = {"blocks": len(blocks.tables), "leads": leads, "groups": digest, "read": read, "seconds": seconds}
    if stories:
        start = time.monotonic()
        told = group_blocks(workers, blocks.tables, found)
        workers.take([workers.call(len, table) for table in told])
        result |= {"story seconds": time.monotonic() - start}
        result |= {"stories": digest_of(row for table in told for row in rows_in(workers, table, ["id", "story"]))}
    return result


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


def with_ray(folder: Path, processes: int, store: float, *, stories: bool) -> dict[str, Any]:
    """A run on a Ray cluster of this machine."""
    session.LARGEST_STORE = int(store * GIB)
    watch = Watch()
    with TemporaryDirectory() as tasks, session.ray_session(processes=processes):
        workers = Timed(tasks)
        workers.take([workers.call(leads_in, pa.table({"lead": [True]})) for _ in range(processes)])
        watch.start()
        result = fold(workers, folder, stories=stories)
        watch.stop()
        result |= tasks_in(tasks)
    return result | {"worker MiB": watch.largest / MIB, "workers MiB": watch.together / MIB, "driver MiB": resident()}


def with_one_process(folder: Path, *_: float, stories: bool) -> dict[str, Any]:
    """The same plan here, with what each step handed on."""
    workers = Counted()
    result = fold(workers, folder, stories=stories)
    return result | {"driver MiB": resident(), "handed": dict(workers.handed), "steps": dict(workers.seconds)}


def locally(folder: Path, processes: int, *_: float, stories: bool) -> dict[str, Any]:
    """The local engine."""
    start = time.monotonic()
    lines = (line for file in sorted(folder.glob("*.jsonl")) for line in read_lines(file))
    articles = [article_from_line(line) for line in lines if not isinstance(line, Reject)]
    read = time.monotonic() - start
    found = dedupe(articles, 0.5, processes)
    seconds = time.monotonic() - start
    digest = digest_of(rows_of_groups(found.groups))
    result = {"leads": len(found.groups), "groups": digest, "read": read, "seconds": seconds}
    if stories:
        start = time.monotonic()
        told = cluster(found.groups)
        result |= {"story seconds": time.monotonic() - start}
        result |= {"stories": digest_of((one.id, story.id) for story in told for one in story.articles)}
    return result | {"driver MiB": resident()}


def resident() -> float:
    """The most memory this process had, in MiB. What `getrusage` tells includes the process that started this one."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Measure and print, a line of JSON for each run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    parser.add_argument("--counts", default="10000,100000")
    parser.add_argument("--copies", action="store_true", help="copies of one text, as many as --counts says")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--store", type=float, default=2)
    parser.add_argument("--here", action="store_true")
    parser.add_argument("--stories", action="store_true", help="make stories too")
    parser.add_argument("--no-local", action="store_true")
    options = parser.parse_args()
    runs: list[Callable[..., dict[str, Any]]] = [with_ray]
    runs += [] if options.no_local else [locally]
    runs += [with_one_process] if options.here else []
    for count in map(int, options.counts.split(",")):
        folder = files(options.shared, count, copies=options.copies)
        for run in runs:
            report(count, run, (folder, options.processes, options.store), stories=options.stories)


def report(count: int, run: Callable[..., dict[str, Any]], arguments: Sequence[object], *, stories: bool) -> None:
    """Do one run in a new process and print what it gave; bytes and microseconds for each article."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        result = pool.apply(run, arguments, {"stories": stories})
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
