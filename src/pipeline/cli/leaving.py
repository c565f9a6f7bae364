"""The command for those who want no more mail: by hand, from a mailbox, or by link."""

import signal
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.terminal import exits, say, show
from pipeline.config import Config, load
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pipeline.store.core import Store


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(unsubscribe)


@exits
def unsubscribe(
    address: Annotated[str | None, typer.Argument(metavar="ADDRESS", help="who gets no more mail")] = None,
    config_file: Annotated[Path, typer.Option("--config", "-c", help="the configuration file")] = Path("newsfold.toml"),
    undo: Annotated[bool, typer.Option("--undo", help="the address asks for the mail again")] = False,
    mbox: Annotated[Path | None, typer.Option("--mbox", help="what mail.unsubscribe_mailto has received")] = None,
    serve: Annotated[str | None, typer.Option("--serve", metavar="HOST:PORT", help="answer the mails' links")] = None,
) -> None:
    """Take someone off the list: an address, the writers of an mbox file, or (--serve) those who follow the link."""
    from pipeline.store.core import open_store

    config = load(config_file)
    if sum(chosen is not None for chosen in (address, mbox, serve)) != 1 or (undo and address is None):
        raise ConfigError("unsubscribe: give one of ADDRESS, --mbox FILE and --serve HOST:PORT; --undo needs ADDRESS")
    if serve is not None:
        _serve(config, serve)
        return
    with open_store(config.state_file) as store:
        if address is not None:
            show(_by_hand(address, undo, config, store))
        elif mbox is not None:
            _by_mail(mbox, config, store)


def _by_hand(address: str, undo: bool, config: Config, store: "Store") -> str:
    """Do what an operator says; what that changed."""
    from pipeline.stages.unsubscribe import by_hand

    if undo:
        had_left = store.subscriptions.undo(config.mail.list_id, address)
        return f"{address}: {'gets mail again' if had_left else 'had not unsubscribed'}"
    is_new = by_hand(address, config.mail, store, datetime.now(UTC))
    listed = address.casefold() in {recipient.casefold() for recipient in config.mail.recipients}
    return (
        f"{address}: {'' if is_new else 'was already '}unsubscribed{'' if listed else ' (not among mail.recipients)'}"
    )


def _by_mail(mbox: Path, config: Config, store: "Store") -> None:
    """Read a mailbox, and say what became of its messages."""
    from pipeline.stages.unsubscribe import by_mail

    found = by_mail(mbox, config.mail, store, datetime.now(UTC))
    for address in found.left:
        show(f"{address}: unsubscribed")
    for reason, count in sorted(found.ignored.items()):
        say(f"{count} ignored: {reason}")
    show(f"unsubscribed: {len(found.left)}, already before: {found.gone_before}, ignored: {found.ignored.total()}")


def _serve(config: Config, place: str) -> None:
    """Answer links until the process is told to end, by Ctrl-C or by a service manager."""
    from pipeline.wsgi import small_server

    with small_server(config, place) as server:
        # Not as an exception: raised in the midst of an answer it would be taken for that answer's failure.
        def end(*_: object) -> None:
            threading.Thread(target=server.shutdown).start()

        for told in (signal.SIGINT, signal.SIGTERM):
            signal.signal(told, end)
        say(f"answering at {server.server_name}, port {server.server_port}; end with Ctrl-C")
        server.serve_forever()
        say("ended")
