"""The command for those who want no more mail: by hand, from a mailbox, or by link."""

import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.terminal import DEFAULT_FILE, ConfigFile, exits, say, show
from pipeline.config import Config, load
from pipeline.errors import ConfigError
from pipeline.printable import printable

if TYPE_CHECKING:
    from pipeline.config import ListConfig
    from pipeline.store.core import Store


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(unsubscribe)


@exits
def unsubscribe(
    address: Annotated[str | None, typer.Argument(metavar="ADDRESS", help="who gets no more mail")] = None,
    config_file: ConfigFile = DEFAULT_FILE,
    list_id: Annotated[
        str | None, typer.Option("--list", metavar="ID", help="leave this list alone; default: every list")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="it asks for the mail again, or can be reached again")] = False,
    mbox: Annotated[Path | None, typer.Option("--mbox", help="what mail.unsubscribe_mailto has received")] = None,
    serve: Annotated[str | None, typer.Option("--serve", metavar="HOST:PORT", help="answer the mails' links")] = None,
) -> None:
    """Take someone off a list: an address, the writers of an mbox file, or (--serve) those who follow the link.

    --undo also takes back that an address was suppressed, because a server said that its mailbox does not exist.
    """
    from pipeline.store.core import open_store

    config = load(config_file)
    if sum(chosen is not None for chosen in (address, mbox, serve)) != 1:
        raise ConfigError("unsubscribe: give one of ADDRESS, --mbox FILE and --serve HOST:PORT")
    if address is None and (undo or list_id is not None):
        raise ConfigError("unsubscribe: --undo and --list need ADDRESS")
    if serve is not None:
        _serve(config, serve)
        return
    with open_store(config.state_file) as store:
        if address is not None:
            for line in _by_hand(address, undo, _lists(config, list_id), store):
                show(line)
        elif mbox is not None:
            _by_mail(mbox, config, store)


def _lists(config: Config, list_id: str | None) -> tuple["ListConfig", ...]:
    """The lists an operator means: the one of an id, or all.

    Raises ConfigError for an id that is no list's.
    """
    lists = config.mail.every_list
    chosen = tuple(one for one in lists if list_id in (None, one.id))
    if not chosen:
        raise ConfigError(f"--list {list_id}: there is no such list, only {', '.join(one.id for one in lists)}")
    return chosen


def _by_hand(address: str, undo: bool, lists: tuple["ListConfig", ...], store: "Store") -> Iterator[str]:
    """Do what an operator says; a line on each list."""
    from pipeline.stages.unsubscribe import by_hand

    ids = tuple(one.id for one in lists)
    new = () if undo else by_hand(address, ids, store, datetime.now(UTC))
    for one in lists:
        name = f"{address}: " if len(lists) == 1 else f"{address} ({one.id}): "
        listed = address.casefold() in {reader.address.casefold() for reader in one.recipients}
        if undo:
            yield f"{name}{'gets mail again' if store.subscriptions.undo(one.id, address) else 'had not unsubscribed'}"
        else:
            known = "" if listed else " (not among its recipients)"
            yield f"{name}{'' if one.id in new else 'was already '}unsubscribed{known}"
    if undo and (lifted := store.ledger.lift(address)) is not None:
        reason = printable(lifted.reason)
        yield f"{address}: is tried again; it was suppressed on {lifted.since:%Y-%m-%d}: {reason}"


def _by_mail(mbox: Path, config: Config, store: "Store") -> None:
    """Read a mailbox, and say what became of its messages."""
    from pipeline.stages.unsubscribe import by_mail

    found = by_mail(mbox, config.mail, store, datetime.now(UTC))
    for place in found.left:
        show(f"{place.recipient}: unsubscribed from {place.list_id}")
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
