"""Functions over parts of the data, run where there is room: the few verbs that a plan is written in.

A plan never touches data. It has `References`, which only a worker turns into what they stand for, and lays them out
for the next function. So the same plan runs in this process or on a cluster.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

Reference: TypeAlias = Any
"""What stands for a function's result in a plan: Ray's ObjectRef, or in this process the result itself."""
Argument: TypeAlias = Any
"""A reference, a list of references, or a plain value."""


@dataclass(frozen=True, slots=True)
class Held:
    """References that stay such where they are given to a function: it hands them on, or asks for some."""

    references: tuple[Reference, ...]


class Workers(Protocol):
    """Where functions run, on so many `cores`. They must be pure: one whose worker dies is run again."""

    cores: int

    def call(self, function: Callable[..., Any], *arguments: Argument) -> Reference:
        """The reference to a function's result."""
        ...

    def split(self, pieces: int, function: Callable[..., Any], *arguments: Argument) -> list[Reference]:
        """References to the pieces of a function's result, which is a sequence of so many."""
        ...

    def keep(self, value: object) -> Reference:
        """A reference to a value, sent to each machine once."""
        ...

    def take(self, references: Sequence[Reference]) -> list[Any]:
        """What some references stand for, once it is there."""
        ...

    def inside(self, plan: Callable[..., Any], *arguments: Argument) -> Reference:
        """The reference to the result of a plan that a worker carries out; its first argument is where functions run.

        What is `Held` it gets as references.
        """
        ...


class Here:
    """Everything in this process, one after the other."""

    cores = 1

    def call(self, function: Callable[..., Any], *arguments: Argument) -> Reference:
        """As in `Workers`."""
        return function(*arguments)

    def split(self, pieces: int, function: Callable[..., Any], *arguments: Argument) -> list[Reference]:
        """As in `Workers`."""
        found = list(function(*arguments))
        if len(found) != pieces:
            raise ValueError(f"{function.__name__} gave {len(found)} pieces, not {pieces}")
        return found

    def keep(self, value: object) -> Reference:
        """As in `Workers`."""
        return value

    def take(self, references: Sequence[Reference]) -> list[Any]:
        """As in `Workers`."""
        return list(references)

    def inside(self, plan: Callable[..., Any], *arguments: Argument) -> Reference:
        """As in `Workers`."""
        return plan(self, *arguments)


Grid: TypeAlias = list[list[Reference]]


def turned(grid: Grid) -> Grid:
    """Rows as columns: what every part made for each other part, as every part receives it."""
    return [list(column) for column in zip(*grid, strict=True)]
