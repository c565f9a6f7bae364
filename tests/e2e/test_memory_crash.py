"""Whenever a run is killed or the disk fails, the memory holds the state before a change or the one after it."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import StoreError
from pipeline.minhash.hashing import PERMUTATIONS
from pipeline.minhash.kernels import Signatures
from pipeline.minhash.memory import Memory, open_memory

KILLS = 25
LONGEST_SECONDS = 0.08
"""A child is killed within this time: long enough for several changes. On a busy machine later ones get more."""
FIRST = date(2026, 7, 20)
TEXTS = 30
PROBES = np.random.default_rng(5).integers(0, 2**32, (TEXTS, PERMUTATIONS), dtype=np.uint32)

Observed = tuple[frozenset[date], int, tuple[tuple[int, str, int], ...]]


def texts(seed: int) -> tuple[list[str], Signatures]:
    """Ids and signatures that each have something of a probe."""
    chance = np.random.default_rng(seed)
    kept = chance.random(PROBES.shape) < chance.uniform(0.5, 1, (TEXTS, 1))
    others = chance.integers(0, 2**32, PROBES.shape, dtype=np.uint32)
    return [f"{seed}-{row}" for row in range(TEXTS)], np.asarray(np.where(kept, PROBES, others))


def change(memory: Memory, number: int) -> None:
    """One of an endless row of changes: a night, the same night again, some texts deleted, then merged or expired.

    Made a second time it changes nothing.
    """
    night = FIRST + timedelta(days=number // 4)
    match number % 4:
        case 0 | 1:
            memory.add(night, *texts(number))
        case 2:
            memory.delete([f"{seed}-{number % TEXTS}" for seed in range(max(0, number - 20), number)])
        case _ if number % 8 == 3:
            memory.merge(night)
        case _:
            memory.expire(night - timedelta(days=14))


def observed(memory: Memory) -> Observed:
    """All that can be seen of a memory."""
    found = memory.query(PROBES)
    matches = zip(found.rows.tolist(), found.ids, found.agreements.tolist(), strict=True)
    return memory.nights, memory.size, tuple(matches)


def run_changes(folder: Path, first: int) -> None:
    """Make changes from that number on until killed; each is noted before it is made."""
    memory = open_memory(folder / "memory")
    with (folder / "started").open("w", encoding="utf-8") as log:
        for number in count(first):
            print(number, file=log, flush=True)
            change(memory, number)


def serve(folder: Path) -> None:
    """Fork a child for every number that comes in, and say when it ended.

    What is slow to load is loaded once; a test's child process calls this by way of this file's last lines.
    """
    observed(open_memory(folder / "memory"))
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            say(os.getpid())
            run_changes(folder, int(line))
        say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def say(number: int) -> None:
    """Tell the test a number."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def test_a_killed_run_leaves_a_whole_state(tmp_path: Path) -> None:
    """kill -9 at any moment, 25 times or more: what is found is what is there before a change or after it."""
    chance = random.Random(11)  # noqa: S311 - a fixed sequence is the point
    undisturbed = open_memory(tmp_path / "undisturbed")
    done = 0
    command = [sys.executable, __file__, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        for kill in count():
            if kill >= KILLS and done > KILLS:
                break
            longest = LONGEST_SECONDS * max(1.0, kill / KILLS)
            started = kill_one(server, tmp_path, done, chance.uniform(0, longest))
            while done < started:
                change(undisturbed, done)
                done += 1
            found = observed(open_memory(tmp_path / "memory"))
            if found != observed(undisturbed):
                change(undisturbed, done)
                done += 1
            assert found == observed(undisturbed)
        server.communicate()
    memory = open_memory(tmp_path / "memory")
    change(memory, (done + 4) // 4 * 4)
    left = {path.name for path in (tmp_path / "memory").iterdir()}
    assert len(left) == 1 + len({path.parent for path in (tmp_path / "memory").glob("*/ends.npy")})
    assert not {name for name in left if name.startswith(".")}


def kill_one(server: "subprocess.Popen[str]", folder: Path, first: int, seconds: float) -> int:
    """Let a child make changes from that number on, and kill it after a while; the last change it began."""
    (folder / "started").write_text("", encoding="utf-8")
    assert server.stdin is not None
    assert server.stdout is not None
    print(first, file=server.stdin, flush=True)
    child = int(server.stdout.readline())
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    assert int(server.stdout.readline()) == -signal.SIGKILL
    numbers = (folder / "started").read_text(encoding="utf-8").split()
    return int(numbers[-1]) if numbers else first


@contextmanager
def failing(owner: object, name: str, at: int, lasting: bool) -> Iterator[list[int]]:
    """The disk fails at the call of that number, and `lasting` at all later ones; the numbers of the failed calls."""
    works = getattr(owner, name)
    calls, failed = count(1), list[int]()

    def fails(*arguments: object, **options: object) -> object:
        number = next(calls)
        if number == at or (lasting and number > at):
            failed.append(number)
            raise OSError(28, "No space left on device")
        return works(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, fails)
        yield failed


CHANGES: dict[str, Callable[[Memory], None]] = {
    "add": lambda memory: memory.add(FIRST + timedelta(days=8), *texts(80)),
    "replace": lambda memory: memory.add(FIRST + timedelta(days=7), *texts(81)),
    "delete": lambda memory: memory.delete(["1-1", "5-5"]),
    "merge": lambda memory: memory.merge(FIRST + timedelta(days=14)),
    "expire": lambda memory: memory.expire(FIRST + timedelta(days=2)),
}
STEPS = [(os, "fsync"), (os, "fdopen"), (Path, "replace"), (Path, "mkdir"), (np, "save")]


@pytest.fixture(scope="module")
def eight_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A memory of a week and a day."""
    folder = tmp_path_factory.mktemp("nights") / "memory"
    memory = open_memory(folder)
    for day in range(8):
        memory.add(FIRST + timedelta(days=day), *texts(day))
    memory.delete(["7-7"])
    return folder


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from-then-on"])
@pytest.mark.parametrize(("owner", "step"), STEPS, ids=[step for _, step in STEPS])
@pytest.mark.parametrize("kind", CHANGES)
def test_a_failed_write_changes_nothing(
    eight_nights: Path, tmp_path: Path, kind: str, owner: object, step: str, lasting: bool
) -> None:
    """Each write fails in turn: the error says so, the old state and no other file is there, and a new try succeeds."""
    before = observed(open_memory(eight_nights))
    for at in count(1):
        folder = Path(shutil.copytree(eight_nights, tmp_path / str(at)))
        memory = open_memory(folder)
        with failing(owner, step, at, lasting) as failed:
            error = error_of(CHANGES[kind], memory)
        if not failed:
            break
        assert error == (
            f"memory {folder}: cannot be written ([Errno 28] No space left on device); nothing was changed, "
            "check the folder's permissions and the free space, and run again"
        )
        assert observed(memory) == observed(open_memory(folder)) == before
        assert names(folder) == names(eight_nights)
        CHANGES[kind](memory)
        after = observed(memory)
        assert after == observed(open_memory(folder))
        assert (after == before) == (kind == "merge")
    assert error is None
    assert at > 1 or step == "save"


@pytest.mark.parametrize(("owner", "step"), STEPS, ids=[step for _, step in STEPS])
def test_a_failed_first_write_leaves_an_empty_memory(tmp_path: Path, owner: object, step: str) -> None:
    """The first night can be tried again."""
    for at in count(1):
        memory = open_memory(tmp_path / str(at))
        with failing(owner, step, at, lasting=True) as failed:
            error = error_of(CHANGES["add"], memory)
        if not failed:
            break
        assert error is not None
        assert not (tmp_path / str(at)).exists() or names(tmp_path / str(at)) == []
        assert memory.nights == open_memory(tmp_path / str(at)).nights == frozenset()
        CHANGES["add"](memory)
        assert open_memory(tmp_path / str(at)).size == TEXTS
    assert at > 1


def error_of(work: Callable[[Memory], None], memory: Memory) -> str | None:
    """What the memory says when the change fails, None when it does not."""
    try:
        work(memory)
    except StoreError as error:
        return str(error)
    return None


def names(folder: Path) -> list[str]:
    """All files in a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
