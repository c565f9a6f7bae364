"""Printing, and the way from an exception to an exit code."""

import errno
import functools
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from enum import IntEnum
from pathlib import Path
from typing import Annotated, NoReturn, ParamSpec

import typer

from pipeline.config import Engine
from pipeline.errors import ConfigError, LockedError, NewsfoldError
from pipeline.files import shown
from pipeline.jsonlines import JsonObject, write_lines
from pipeline.printable import printable
from pipeline.records import Reject

Parameters = ParamSpec("Parameters")
ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="the configuration file")]
DEFAULT_FILE = Path("newsfold.toml")
EngineName = Annotated[Engine, typer.Option("--engine", help="local, or ray for more than one machine holds")]
Address = Annotated[str, typer.Option(help="the Ray cluster; none: one is started on this machine")]

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_OF_THE_PLACE = (errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)
DISK_ADVICE = "nothing half-written is left: see to the disk and run again"


class Exit(IntEnum):
    """The exit codes of every command."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    SOURCES_FAILED = 3
    NOTHING_NEW = 4
    LOCKED = 5


def say(message: str) -> None:
    """A line for people, on standard error: standard output is for data. That nobody reads it stops no work."""
    with suppress(OSError):
        typer.echo("\n".join(map(printable, message.splitlines())), err=True)


def show(message: str) -> None:
    """A line of what was asked for, on standard output."""
    typer.echo(message)


def leave(answer: Iterable[str], code: int) -> NoReturn:
    """Show what came of the work and leave with its exit code, which holds also when nobody reads the answer."""
    try:
        for line in answer:
            show(line)
    except BrokenPipeError:
        _discard_output()
    raise typer.Exit(code)


def _discard_output() -> None:
    """Let what is still to be written to standard output go nowhere, or Python would complain of it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def exits(command: Callable[Parameters, Exit | None]) -> Callable[Parameters, None]:
    """Run a command and leave with its exit code; a NewsfoldError becomes one line and the code that belongs to it."""

    @functools.wraps(command)
    def wrapped(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            code = command(*args, **kwargs) or Exit.DONE
        except NewsfoldError as error:
            say(f"newsfold: {error}")
            code = code_of(error)
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                # Whoever read our output has heard enough: nothing is wrong, and there is nobody left to tell.
                _discard_output()
                code = Exit.DONE
            elif is_of_the_disk(error):
                say(f"newsfold: {error}; see to the disk and run again: what was being written is not whole")
                code = Exit.FAILED
            elif place := unusable_place(error):
                say(f"newsfold: {place}")
                code = Exit.FAILED
            else:
                raise
        raise typer.Exit(int(code))

    return wrapped


def is_of_the_disk(error: BaseException) -> bool:
    """Whether a disk is full or may not be written: no failure of the program's."""
    return isinstance(error, OSError) and error.errno in _DISK


def unusable_place(error: BaseException) -> str:
    """What is wrong with a file or folder that somebody named, in words; empty when an error is of another kind."""
    if isinstance(error, OSError) and error.errno in _OF_THE_PLACE and error.filename is not None:
        return f"{shown(Path(error.filename))}: cannot be used ({error.strerror})"
    return ""


def code_of(error: NewsfoldError) -> Exit:
    """The exit code that belongs to an error."""
    if isinstance(error, ConfigError):
        return Exit.USAGE
    return Exit.LOCKED if isinstance(error, LockedError) else Exit.FAILED


def say_capped(capped: int) -> None:
    """What was cut short while copies were looked for, if anything was."""
    if capped:
        say(f"{capped} sets of look-alikes were too large to compare each with each; their first members stand in")


def group_line(name: str, lead: str, similarity: float, *, exact: bool) -> JsonObject:
    """The line of `dedupe` for one article."""
    return {"id": name, "group": lead, "lead": name == lead, "similarity": round(similarity, 6), "exact": exact}


def pair_line(a: str, b: str, jaccard: float) -> JsonObject:
    """The line of `dedupe --pairs` for one pair."""
    return {"a": a, "b": b, "jaccard": round(jaccard, 6)}


def report_rejects(rejects: Sequence[Reject], file: Path | None) -> None:
    """Name what was rejected on standard error, and keep it as JSON Lines when a file is given."""
    for reject in rejects:
        say(f"rejected {reject.location}: {reject.reason} [{reject.stage}]")
    if file is not None:
        write_lines(file, (_reject_line(reject) for reject in rejects))
    if rejects:
        say(f"{len(rejects)} rejected")


def _reject_line(reject: Reject) -> JsonObject:
    return {
        "stage": reject.stage,
        "location": reject.location,
        "reason": reject.reason,
        "article": reject.article,
    }
