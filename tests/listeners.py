"""Somebody who writes down what is told of the work."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pipeline.progress import Advance, Progress, Tally, Total


@dataclass
class Notes(Progress):
    """Each line that was said, each stage when it ended with what it counted, and how far each count came."""

    lines: list[str] = field(default_factory=list)
    stages: list[tuple[str, Tally]] = field(default_factory=list)
    counts: list[tuple[str, int, int | None]] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Note a line."""
        self.lines.append(text)

    def warn(self, text: str) -> None:
        """Note a line."""
        self.lines.append(text)

    @contextmanager
    def stage(self, name: str) -> Iterator[Tally]:
        """Note a stage that ended well."""
        tally: Tally = {}
        yield tally
        self.stages.append((name, tally))

    @contextmanager
    def counting(self, what: str, total: Total = None) -> Iterator[Advance]:
        """Note how many there were in the end, and how many there should have been."""
        done = 0

        def advance(more: int) -> None:
            nonlocal done
            done += more

        yield advance
        self.counts.append((what, done, total() if callable(total) else total))
