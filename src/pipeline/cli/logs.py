"""The log of a run, on standard error: lines for people on a terminal, else one JSON object a line.

Each line has the run's id. Text from outside starts no line and commands no terminal: JSON escapes it, and a line for
people is made printable.
"""

import json
import logging
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from uuid import UUID

from pipeline.printable import printable

LOGGER = logging.getLogger("newsfold")
TAIL = 60
"""Lines that are kept for whoever is told of a failure."""
_FACTS = ("stage", "seconds", "counts")


class JsonLine(logging.Formatter):
    """A record as one JSON object, in ASCII."""

    def __init__(self, run: UUID) -> None:
        super().__init__()
        self._run = str(run)

    def format(self, record: logging.LogRecord) -> str:
        """Time (ISO 8601, UTC), level, run, event and what else the record tells."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "run": self._run,
            "event": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in _FACTS if hasattr(record, name)}
        if record.name != LOGGER.name:
            line["logger"] = record.name
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class ReadableLine(logging.Formatter):
    """A record as a line for people: time of day, the beginning of the run's id, level, and what happened."""

    def __init__(self, run: UUID) -> None:
        super().__init__()
        self._run = str(run)[:8]

    def format(self, record: logging.LogRecord) -> str:
        """One line; a traceback is named by its last."""
        at = datetime.fromtimestamp(record.created, UTC).astimezone()
        told = f"{record.stage}: {record.getMessage()}" if hasattr(record, "stage") else record.getMessage()
        if hasattr(record, "seconds"):
            told += f", {record.seconds:.1f} s"
        told += "".join(f", {number:,} {kind}" for kind, number in getattr(record, "counts", {}).items())
        if record.exc_info:
            told += f" ({self.formatException(record.exc_info).splitlines()[-1]})"
        return printable(f"{at:%H:%M:%S} {self._run} {record.levelname.lower():7} {told}")


class Writer(logging.Handler):
    """Hands each formatted line to a function."""

    def __init__(self, formatter: logging.Formatter, write: Callable[[str], object]) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line. A log that nobody takes any more, a closed pipe or a full disk, must not cost the night."""
        with suppress(OSError, ValueError):
            self._write(self.format(record))


def to_standard_error(line: str) -> None:
    """Write a line at once, so that a run that dies has said what it did."""
    if sys.stderr is not None:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


@contextmanager
def log_of(run: UUID, shown: Callable[[str], object] | None) -> Iterator[deque[str]]:
    """The log of a run while it lasts: readable lines to `shown`, or JSON on standard error without it.

    Warnings of libraries are lines of it too. Gives the last lines, as people read them.
    """
    tail: deque[str] = deque(maxlen=TAIL)
    readable = ReadableLine(run)
    outlet = Writer(readable, shown) if shown else Writer(JsonLine(run), to_standard_error)
    handlers = (outlet, Writer(readable, tail.append))
    root, level = logging.getLogger(), LOGGER.level
    for handler in handlers:
        root.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    logging.captureWarnings(True)
    try:
        yield tail
    finally:
        logging.captureWarnings(False)
        LOGGER.setLevel(level)
        for handler in handlers:
            root.removeHandler(handler)
