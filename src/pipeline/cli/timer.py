"""The command that has the night started: install-timer."""

import getpass
import os
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.terminal import DEFAULT_FILE, ConfigFile, exits, say, show
from pipeline.config import load
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pipeline.timer import Job


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("install-timer")(install_timer)


@exits
def install_timer(
    config_file: ConfigFile = DEFAULT_FILE,
    at: Annotated[datetime, typer.Option(formats=["%H:%M"], help="when, in the configuration's time zone")] = "05:00",  # type: ignore[assignment]  # typer reads the text
    write: Annotated[Path | None, typer.Option(metavar="FOLDER", help="write the units into this folder")] = None,
    user: Annotated[bool, typer.Option("--user", help="for your own service manager, not the machine's")] = False,
    run_as: Annotated[str, typer.Option(metavar="NAME", help="who the machine's service runs as; default: you")] = "",
    cron: Annotated[bool, typer.Option("--cron", help="a line for cron instead")] = False,
) -> None:
    """Print a systemd service and timer that make the edition every night, or write them with --write.

    For the machine's service manager: --write /etc/systemd/system; with --user: --write ~/.config/systemd/user.
    """
    from pipeline.files import write_atomically
    from pipeline.timer import TIMER, Job, cron_line, units

    if cron and (write or user or run_as):
        raise ConfigError("install-timer: --cron prints a line for `crontab -e` and takes no --write, --user, --run-as")
    if user and run_as:
        raise ConfigError("install-timer: with --user the service runs as you; leave out --run-as")
    models = os.environ.get("NEWSFOLD_MODELS")
    job = Job(
        command=_command(),
        config_file=config_file.resolve(),
        config=load(config_file),
        at=at.time(),
        user=None if user else run_as or os.environ.get("SUDO_USER") or getpass.getuser(),
        models=Path(models).resolve() if models else None,
    )
    if cron:
        # The line's shell opens the log there before the first night could make the folder.
        _make_folders(job)
        show(cron_line(job).rstrip("\n"))
        return
    for name, text in units(job).items():
        if write is None:
            show(f"# {name}\n{text}")
        else:
            write_atomically(write / name, text.encode())
            show(str(write / name))
    if write is not None:
        _next_steps(job, TIMER)


def _next_steps(job: "Job", timer: str) -> None:
    """Make what the service needs to find, and say what is left to do."""
    manager = "systemctl" if job.user else "systemctl --user"
    _make_folders(job)
    say(f"next: {manager} daemon-reload && {manager} enable --now {timer}")
    if not job.user:
        say("and, for nights when you are not logged in: loginctl enable-linger")


def _make_folders(job: "Job") -> None:
    """Make the folders that are missing, as those of whom the night runs as: root may install what another runs."""
    from pipeline.timer import folders

    for folder in folders(job):
        if not folder.exists():
            folder.mkdir(parents=True)
            if job.user and os.geteuid() == 0:
                _give(folder, job.user)


def _give(folder: Path, user: str) -> None:
    try:
        shutil.chown(folder, user)
    except LookupError as error:
        raise ConfigError(f"install-timer: {folder} cannot be given to {user!r}: there is no such user") from error


def _command() -> Path:
    """The program that runs now, as a service manager can call it."""
    beside = Path(sys.executable).with_name("newsfold")
    found = str(beside) if beside.is_file() else shutil.which("newsfold")
    if found is None:
        raise ConfigError("install-timer: the command newsfold is not installed; install it first")
    return Path(found).absolute()
