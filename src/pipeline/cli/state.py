"""The commands for the state as a file: backup, restore."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.terminal import DEFAULT_FILE, ConfigFile, exits, show
from pipeline.config import load


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(backup)
    app.command()(restore)


@exits
def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="where the copy goes")],
    config_file: ConfigFile = DEFAULT_FILE,
    force: Annotated[bool, typer.Option("--force", help="replace the file if it is there")] = False,
) -> None:
    """Copy the state, also while a run is at work. The archive and the signatures are made of it and need no copy."""
    from pipeline.store.backup import write_backup

    size = write_backup(load(config_file).state_file, target, datetime.now(UTC), force)
    show(f"{target}: {size / 1_000_000:.1f} MB, checked")


@exits
def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="what `newsfold backup` wrote")],
    config_file: ConfigFile = DEFAULT_FILE,
) -> None:
    """Put a backup in the place of the state, which is kept beside it.

    What may have been mailed since the backup was made is not mailed again until you say so.
    """
    from pipeline.nightly.run import restore_state

    config = load(config_file)
    now = datetime.now(UTC)
    done = restore_state(config, source, now)
    show(f"{config.state_file}: restored from {source}, made {done.made:%Y-%m-%d %H:%M} UTC")
    if done.replaced is not None:
        show(f"the state that was there: {done.replaced}")
    if not done.departures_kept:
        show("who has unsubscribed since then is not known any more: see the mail to mail.unsubscribe_mailto")
    show(
        f"editions up to {now.astimezone(config.zone).date()} may have been mailed since then: they are not mailed"
        " again unless you say `newsfold send --date NIGHT --retry-unknown`"
    )
