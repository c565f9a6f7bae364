"""unsubscribe: those who ask to leave the list -> the store, where delivery looks before each message."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline.config import MailConfig
from pipeline.errors import ConfigError
from pipeline.mail.leaving import Request, requests_in
from pipeline.mail.message import is_address
from pipeline.store.core import Store


@dataclass(frozen=True, slots=True)
class Departures:
    """What became of a mailbox's messages: who is newly gone, how many were before, and why others were ignored."""

    left: tuple[str, ...] = ()
    gone_before: int = 0
    ignored: Counter[str] = field(default_factory=Counter)


def by_hand(address: str, mail: MailConfig, store: Store, now: datetime) -> bool:
    """An operator's word: whether the address had not left before.

    Raises ConfigError for what is no address.
    """
    if not is_address(address):
        raise ConfigError(f"{address!r}: not a mail address")
    return store.subscriptions.leave(mail.list_id, address, "unsubscribed by hand", now)


def by_link(token: str, mail: MailConfig, store: Store, now: datetime) -> None:
    """A click on the link of a mail; a token that is nobody's does nothing."""
    owner = store.subscriptions.owner(mail.list_id, token)
    if owner is not None:
        store.subscriptions.leave(mail.list_id, owner, "unsubscribed by link", now)


def by_mail(path: Path, mail: MailConfig, store: Store, now: datetime) -> Departures:
    """The messages of an mbox file to the unsubscribe address; reading it twice changes nothing more.

    Raises ConfigError when there is no such address, InputError when the file cannot be read.
    """
    if mail.unsubscribe_mailto is None:
        raise ConfigError("mail.unsubscribe_mailto: not set, so no message can be to it")
    left, before, ignored = list[str](), 0, Counter[str]()
    for request in requests_in(path, mail.unsubscribe_mailto):
        owner = _owner(request, mail, store)
        if owner is None:
            ignored[request.ignored or "from nobody who gets this list"] += 1
        elif store.subscriptions.leave(mail.list_id, owner, "unsubscribed by mail", now):
            left.append(owner)
        else:
            before += 1
    return Departures(tuple(left), before, ignored)


def _owner(request: Request, mail: MailConfig, store: Store) -> str | None:
    """The recipient a message speaks for, or None."""
    if request.token:
        return store.subscriptions.owner(mail.list_id, request.token)
    configured = request.sender.casefold() in {recipient.casefold() for recipient in mail.recipients}
    known = configured or store.subscriptions.knows(mail.list_id, request.sender)
    return request.sender if request.sender and known else None
