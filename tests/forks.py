"""A process that has imported everything and forks itself for each task, so that killing one in its midst is cheap."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self


class Runner:
    """Runs a script's task in a folder, over and over; the script calls `fork_for_each_line` when it is run."""

    def __init__(self, script: str, *arguments: str) -> None:
        # One thread each: threads that were at work before a fork are missing after it.
        threads = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
        paths = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        environment = {**os.environ, **threads, **paths}
        self._process = subprocess.Popen(
            [sys.executable, script, *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, folder: Path, kill_after: float | None = None) -> tuple[float, bool]:
        """Do the task, killed -9 after so many seconds if it lasts that long; seconds it lived, and whether it was."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{'' if kill_after is None else kill_after}\t{folder}\n")
        self._process.stdin.flush()
        seconds, status = self._process.stdout.readline().split()
        assert status in ("0", str(signal.SIGKILL))
        return float(seconds), status != "0"


def fork_for_each_line(task: Callable[[Path], None]) -> None:
    """What the runner's process does until its input ends."""
    for line in sys.stdin:
        kill_after, _, folder = line.rstrip("\n").partition("\t")
        start = time.perf_counter()
        child = os.fork()
        if not child:
            task(Path(folder))
            os._exit(0)
        if kill_after:
            time.sleep(float(kill_after))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{time.perf_counter() - start} {status}\n")
        sys.stdout.flush()
