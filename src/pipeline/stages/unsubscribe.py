"""unsubscribe: those who ask to leave a list -> the store, where delivery looks before each message."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline.config import MailConfig
from pipeline.errors import ConfigError
from pipeline.mail.audience import audience
from pipeline.mail.leaving import Request, requests_in
from pipeline.mail.message import is_address
from pipeline.store.core import Store

_BY_MAIL = "unsubscribed by mail"


@dataclass(frozen=True, slots=True)
class Place:
    """A recipient's place on a list."""

    list_id: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Departures:
    """What became of a mailbox's messages: who is newly gone, how many were before, and why others were ignored."""

    left: tuple[Place, ...] = ()
    gone_before: int = 0
    ignored: Counter[str] = field(default_factory=Counter)


def by_hand(address: str, lists: tuple[str, ...], store: Store, now: datetime) -> tuple[str, ...]:
    """An operator's word: those of the lists that the address had not left before.

    Raises ConfigError for what is no address.
    """
    if not is_address(address):
        raise ConfigError(f"{address!r}: not a mail address")
    return tuple(one for one in lists if store.subscriptions.leave(one, address, "unsubscribed by hand", now))


def by_link(token: str, store: Store, now: datetime) -> None:
    """A click on the link of a mail, which stands for one list; a token that is nobody's does nothing."""
    owner = store.subscriptions.owner(token)
    if owner is not None:
        store.subscriptions.leave(*owner, "unsubscribed by link", now)


def by_mail(path: Path, mail: MailConfig, store: Store, now: datetime) -> Departures:
    """The messages of an mbox file to the unsubscribe address; reading it twice changes nothing more.

    Raises ConfigError when there is no such address, InputError when the file cannot be read.
    """
    if mail.unsubscribe_mailto is None:
        raise ConfigError("mail.unsubscribe_mailto: not set, so no message can be to it")
    left, before, ignored = list[Place](), 0, Counter[str]()
    for request in requests_in(path, mail.unsubscribe_mailto):
        places = _places(request, mail, store)
        new = [one for one in places if store.subscriptions.leave(one.list_id, one.recipient, _BY_MAIL, now)]
        left += new
        if not places:
            ignored[request.ignored or "from nobody who gets a list"] += 1
        elif not new:
            before += 1
    return Departures(tuple(left), before, ignored)


def _places(request: Request, mail: MailConfig, store: Store) -> tuple[Place, ...]:
    """What a message speaks for: one list by its token, else every list that its sender is on or has had mail of."""
    if request.token:
        owner = store.subscriptions.owner(request.token)
        return () if owner is None else (Place(*owner),)
    if not request.sender:
        return ()
    sender = request.sender.casefold()
    on = {reader.list_id for reader in audience(mail) if reader.address.casefold() == sender}
    ids = (one.id for one in mail.every_list)
    return tuple(
        Place(one, request.sender) for one in ids if one in on or store.subscriptions.knows(one, request.sender)
    )
