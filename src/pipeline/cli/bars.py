"""What moves on a terminal while the work goes on: the stage, how much is done, how fast, and the time that is left."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pipeline.printable import printable
from pipeline.progress import Advance, Progress, Tally, Total

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import Task

BETWEEN_UPDATES = 0.1
"""Seconds; counting must not cost more than what is counted."""


@contextmanager
def listening(output: Path | None = None) -> Iterator[Progress]:
    """Somebody who hears of the work: bars when standard error is a terminal, nobody otherwise.

    Nobody either when the `output` is standard output (-) and comes to the same terminal line by line.
    """
    if not is_terminal(sys.stderr) or (output == Path("-") and is_terminal(sys.stdout)):
        yield Progress()
        return
    with bars() as shown:
        yield shown


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a standard stream comes to a terminal; one that was closed before we began is None."""
    return stream is not None and stream.isatty()


@contextmanager
def bars() -> Iterator["Bars"]:
    """Bars on standard error, which are gone in the end."""
    from rich.console import Console
    from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as RichProgress
    from rich.text import Text

    class Figures(ProgressColumn):
        """How many are done, how fast it goes, and how long it will take or has taken."""

        def render(self, task: "Task") -> Text:
            return Text(figures(task), style="dim")

    console = Console(stderr=True, highlight=False, markup=False)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(30), Figures())
    # Standard output is for data and stays what it is.
    with RichProgress(*columns, console=console, transient=True, redirect_stdout=False) as live:
        yield Bars(live, console)


class Bars(Progress):
    """A bar for each stage and each count that is under way; what is said stands above them."""

    def __init__(self, live: "RichProgress", console: "Console") -> None:
        self._live = live
        self._console = console

    def say(self, text: str) -> None:
        """A line above the bars."""
        self.line(f"… {text}")

    def warn(self, text: str) -> None:
        """The same, marked."""
        self.line(f"! {text}")

    def line(self, text: str) -> None:
        """A line above the bars, as it is."""
        self._console.print(printable(text), markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def stage(self, name: str) -> Iterator[Tally]:
        """A line that says what is going on and since when."""
        task = self._live.add_task(name, total=None)
        try:
            yield {}
        finally:
            self._live.remove_task(task)

    @contextmanager
    def counting(self, what: str, total: Total = None) -> Iterator[Advance]:
        """A bar, which is told of what was done now and then."""
        task = self._live.add_task(f"  {what}", total=total() if callable(total) else total, counts=True)
        done, told = 0, time.monotonic()

        def advance(more: int) -> None:
            nonlocal done, told
            done += more
            now = time.monotonic()
            if now - told >= BETWEEN_UPDATES:
                told = now
                self._live.update(task, completed=done)

        try:
            yield advance
        finally:
            self._live.remove_task(task)


def figures(task: "Task") -> str:
    """What stands behind a bar: `1,234 of 5,000, 53/s, 0:01:11 left`; of a stage for how long it has been going on."""
    if not task.fields.get("counts"):
        return str(timedelta(seconds=int(task.elapsed or 0)))
    total = "" if task.total is None else f" of {int(task.total):,}"
    speed = task.speed or 0
    rate = "" if not speed else f", {speed:,.0f}/s" if speed >= 1 else f", {speed * 60:,.1f}/min"
    left = "" if task.time_remaining is None else f", {timedelta(seconds=int(task.time_remaining))} left"
    return f"{int(task.completed):,}{total}{rate}{left}"
