"""One function over many items on several cores; the results and their order do not depend on how many."""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import TypeVar

from pipeline.errors import NewsfoldError

BATCH, AHEAD = 16, 4
"""Items that go to a process together, and batches that wait for each process."""
FEWEST = 4 * BATCH
"""Items from which starting processes pays; fewer are done in this one."""
Item = TypeVar("Item")
Value = TypeVar("Value")


def in_order(function: Callable[[Item], Value], items: Iterable[Item], processes: int = 0) -> Iterator[Value]:
    """What the function makes of every item, in their order; `processes` 0 is one for each core.

    Items are read only a little ahead of what is taken, so that they may be more than memory holds. Function, items
    and values must be such as can be sent between processes. Raises what the function raises, and NewsfoldError when
    a process died.
    """
    rest = iter(items)
    first = list(islice(rest, FEWEST))
    workers = processes or cores()
    if workers == 1 or len(first) < FEWEST:
        yield from map(function, chain(first, rest))
        return
    # New processes rather than forks: a fork of a process with threads may hang.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        try:
            yield from _spread(pool, function, chain(first, rest), workers * AHEAD)
        except BrokenProcessPool as error:
            raise NewsfoldError("a process died at its work, perhaps for want of memory; try with fewer") from error


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _spread(
    pool: ProcessPoolExecutor, function: Callable[[Item], Value], items: Iterator[Item], waiting: int
) -> Iterator[Value]:
    """The values, batch by batch, with no more than so many batches under way."""
    under_way: deque[Future[list[Value]]] = deque()
    while batch := list(islice(items, BATCH)):
        under_way.append(pool.submit(_each, function, batch))
        if len(under_way) >= waiting:
            yield from under_way.popleft().result()
    while under_way:
        yield from under_way.popleft().result()


def _each(function: Callable[[Item], Value], batch: list[Item]) -> list[Value]:
    """One batch's values."""
    return [function(item) for item in batch]
