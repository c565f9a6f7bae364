"""How far the work is: what the stages tell of it. Nobody hears it unless the command line listens."""

from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import AbstractContextManager, nullcontext
from typing import TypeAlias, TypeVar

Item = TypeVar("Item")
Tally: TypeAlias = dict[str, int]
"""What a stage has to do with, by name: items, articles, copies. The stage fills it in."""
Advance: TypeAlias = Callable[[int], None]
"""Takes how many more are done."""
Total: TypeAlias = "int | Callable[[], int | None] | None"
"""How many there are; a function is only called when somebody wants to know; None is not known."""


class Progress:
    """Hears of the work, and here makes nothing of it: what listens overrides `say`, `warn`, `stage` and `counting`."""

    def say(self, text: str) -> None:
        """Hear of a step, in words for people."""

    def warn(self, text: str) -> None:
        """Hear of something that somebody should look into."""

    def stage(self, name: str) -> AbstractContextManager[Tally]:  # noqa: ARG002 - for those who listen
        """The time of a stage, which fills in the tally; stages may lie within one another."""
        return nullcontext({})

    def counting(self, what: str, total: Total = None) -> AbstractContextManager[Advance]:  # noqa: ARG002 - for those who listen
        """The time in which so many of something are worked through."""
        return nullcontext(_nothing)

    def track(self, items: Iterable[Item], what: str, total: Total = None) -> Iterator[Item]:
        """The items one by one, each counted when the next is asked for."""
        known = len(items) if total is None and isinstance(items, Sized) else total
        with self.counting(what, known) as advance:
            for item in items:
                yield item
                advance(1)


def _nothing(_: int) -> None:
    """Nobody counts."""


QUIET = Progress()
"""Hears nothing."""
