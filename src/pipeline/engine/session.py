"""A Ray session: joined or started, quiet, of bounded memory, and gone at the end."""

import contextlib
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO, cast

from pipeline.engine.workers import Argument, Reference
from pipeline.errors import ConfigError, NewsfoldError

STORE_SHARE, LARGEST_STORE = 0.25, 8 * 2**30
"""Of this machine's memory the share, and the most bytes, that objects may take; what is more goes to disk."""
LARGEST_INLINE = 4096
"""Bytes of a result that may lie in the memory of the plan's process; larger ones stay where they were made.

Ray's own bound of 100 KiB would take most pieces of a shuffle through that one process. A cluster that runs already
has its own: start it with RAY_max_direct_call_object_size=4096.
"""
ANSWER_SECONDS = 10
TRIES = 3
"""How often a function is run again whose worker died."""


class RayWorkers:
    """Functions as Ray tasks. A worker that dies is replaced, and what it had made is made again (Ray's lineage)."""

    def __init__(self) -> None:
        import ray

        self._ray = ray
        self.resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]  # partly typed
        self.cores = max(1, int(self.resources.get("CPU", 1)))
        self._task = ray.remote(max_retries=TRIES)(run_task)

    def call(self, function: Callable[..., Any], *arguments: Argument) -> Reference:
        """As in `workers.Workers`."""
        return self._submit(1, function, arguments)

    def split(self, pieces: int, function: Callable[..., Any], *arguments: Argument) -> list[Reference]:
        """As in `workers.Workers`."""
        made = self._submit(pieces, first_of if pieces == 1 else function, (function, *arguments)[pieces > 1 :])
        return [made] if pieces == 1 else list(made)

    def keep(self, value: object) -> Reference:
        """As in `workers.Workers`."""
        return self._ray.put(value)

    def take(self, references: Sequence[Reference]) -> list[Any]:
        """As in `workers.Workers`. Raises NewsfoldError when workers died too often, or what the function raised."""
        errors = self._ray.exceptions
        try:
            return list(self._ray.get(list(references)))
        except errors.RayTaskError as error:
            raise error.cause or error from error
        except errors.RayError as error:
            reason = str(error).partition("\n")[0]
            raise NewsfoldError(f"the cluster could not finish its work: {reason}") from error

    def inside(self, plan: Callable[..., Any], *arguments: Argument) -> Reference:
        """As in `workers.Workers`. Whoever waits for others lends them its core."""
        return self._submit(1, in_worker, (plan, *arguments))

    def _submit(self, returns: int, function: Callable[..., Any], arguments: Sequence[Argument]) -> Reference:
        """A task. Ray brings references to a task only where they are arguments themselves: lists are laid flat."""
        shape: list[int] = []
        flat: list[Argument] = []
        for argument in arguments:
            several = isinstance(argument, list)
            shape.append(len(argument) if several else -1)
            flat += argument if several else [argument]
        named = self._task.options(num_returns=returns, name=function.__name__)
        return named.remote(function, tuple(shape), *flat)


def run_task(function: Callable[..., Any], shape: Sequence[int], *flat: Any) -> Any:  # noqa: ANN401 - whatever it takes
    """Call a function with arguments that were laid flat: `shape` has the length of each list, -1 for what is none."""
    rest = iter(flat)
    arguments = [next(rest) if size < 0 else [next(rest) for _ in range(size)] for size in shape]
    return function(*arguments)


def in_worker(plan: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - whatever it takes and gives
    """Carry out a plan on the workers of the cluster that this process belongs to."""
    return plan(RayWorkers(), *arguments)


def first_of(function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - whatever it gives
    """The only piece of what a function gives."""
    (piece,) = function(*arguments)
    return piece


@contextlib.contextmanager
def ray_session(address: str = "", processes: int = 0) -> Iterator[RayWorkers]:
    """Workers of the cluster at an address, or of one that is started on this machine and stopped at the end.

    `processes` (0: one a core) are those of a cluster on this machine. Nothing is printed, and Ray reports nothing
    home. Raises ConfigError when Ray is not installed or there is no cluster at the address.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray
    except ImportError as error:
        raise ConfigError("--engine ray: Ray is not installed; pip install 'newsfold[ray]'") from error
    _require_answer(address)
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(cast(TextIO, OwnOutput(sys.stdout))))
        # Logs and what does not fit into memory lie there.
        folder = "" if address else stack.enter_context(TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True))
        try:
            ray.init(**(_joined(address) if address else _started(processes, folder)))
        except (ConnectionError, ValueError, RuntimeError) as error:
            where = f"cluster at {address}" if address else "cluster on this machine"
            raise ConfigError(f"--engine ray: the {where} does not answer: {error}") from error
        stack.callback(ray.shutdown)
        yield RayWorkers()


class OwnOutput:
    """Standard output for data: what other threads print, as Ray's do of workers that died, goes to standard error."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._owner = stream, threading.get_ident()

    def write(self, text: str) -> int:
        """Write where it belongs."""
        return (self._stream if threading.get_ident() == self._owner else sys.stderr).write(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def _joined(address: str) -> dict[str, Any]:
    """Ray's settings for a cluster that runs already."""
    return {"address": address, "log_to_driver": False, "logging_level": logging.ERROR}


def _started(processes: int, folder: str) -> dict[str, Any]:
    """Ray's settings for a cluster on this machine."""
    return {
        "num_cpus": processes or None,
        "object_store_memory": _store_bytes(),
        "include_dashboard": False,
        "log_to_driver": False,
        "logging_level": logging.ERROR,
        "_temp_dir": folder,
        "_system_config": {"max_direct_call_object_size": LARGEST_INLINE},
    }


def _require_answer(address: str) -> None:
    """Raises ConfigError when nothing listens at an address: Ray itself would ask again for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), ANSWER_SECONDS).close()
    except OSError as error:
        raise ConfigError(f"--engine ray: no cluster answers at {address} ({error})") from error


def _store_bytes() -> int:
    """How much memory objects may take on this machine."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    shared = Path("/dev/shm")  # noqa: S108 - looked at, not written to
    if shared.is_dir():
        found = os.statvfs(shared)
        memory = min(memory, found.f_bavail * found.f_frsize)
    return min(int(memory * STORE_SHARE), LARGEST_STORE)
