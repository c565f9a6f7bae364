"""What the unsubscribe address has received: who of its writers asks to leave, and who only seems to.

Anybody can write to that address, so only the heads of messages are read, and of each no more than `HEAD_LIMIT`.
Answers of machines (RFC 3834), bounces (RFC 3464) and other mail ask for nothing.
"""

import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses
from pathlib import Path

from pipeline.errors import InputError
from pipeline.mail.message import is_address, one_line, wire_address
from pipeline.store.subscriptions import TOKEN

HEAD_LIMIT = 65_536
_ASKS = re.compile(r"unsubscribe\b", re.IGNORECASE)
_MACHINES = re.compile(r"\b(mailer-daemon|postmaster|no-?reply)@|<>", re.IGNORECASE)
_TO = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
_SENDERS = ("Return-Path", "From", "Sender")
_OTHER_MAIL = ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond")


@dataclass(frozen=True, slots=True)
class Request:
    """One message: the token it gives, else the address it comes from; or why it asks for nothing."""

    token: str = ""
    sender: str = ""
    ignored: str = ""


def requests_in(path: Path, address: str) -> Iterator[Request]:
    """What each message of an mbox file asks for, in order; `address` takes requests to unsubscribe.

    Raises InputError when the file cannot be read or holds no mbox.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(5)
        box = mailbox.mbox(path, create=False)
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror})") from error
    if start not in (b"", b"From "):
        raise InputError(f"{path}: not an mbox file: it does not begin with a line 'From …'")
    try:
        for key in box.iterkeys():
            with box.get_file(key) as content:
                yield request_of(content.read(HEAD_LIMIT), address)
    finally:
        box.close()


def request_of(content: bytes, address: str) -> Request:
    """What one message, or its beginning, asks for."""
    message = BytesHeaderParser(policy=compat32).parsebytes(content)
    reached = [_parts(one) for one in _addresses(message, *_TO)]
    ours = _parts(address)
    tags = [tag for local, tag, domain in reached if (local, domain) == (ours[0], ours[2])]
    if not tags:
        return Request(ignored="not to the unsubscribe address")
    machine = _machine(message)
    if machine:
        return Request(ignored=machine)
    subject = _text(message, "Subject")
    tokens = {*TOKEN.findall(subject), *(tag for tag in tags if TOKEN.fullmatch(tag))}
    if len(tokens) == 1:
        return Request(token=tokens.pop())
    senders = [one for one in _addresses(message, "From") if is_address(one)]
    if tokens or len(senders) != 1 or not _ASKS.match(subject):
        return Request(ignored="its subject neither begins with 'unsubscribe' nor holds one token")
    return Request(sender=senders[0])


def _machine(message: Message) -> str:
    """Why a message was written by no person, or an empty text."""
    if _text(message, "Auto-Submitted").partition(";")[0].strip().casefold() not in ("", "no"):
        return "an automatic answer"
    if _text(message, "Precedence").casefold() in ("bulk", "junk", "list", "auto_reply"):
        return "bulk mail or an automatic answer"
    if any(message[name] is not None for name in _OTHER_MAIL):
        return "a list's mail or an automatic answer"
    kind = _text(message, "Content-Type").casefold()
    if kind.startswith("multipart/report") or any(_MACHINES.search(_text(message, name)) for name in _SENDERS):
        return "a bounce or a machine's report"
    return ""


def _addresses(message: Message, *names: str) -> list[str]:
    """The addresses in some headers."""
    return [address for _, address in getaddresses([_text(message, name) for name in names]) if address]


def _text(message: Message, name: str) -> str:
    """All of a header's occurrences as one line, decoded where they can be."""
    values = [str(value) for value in message.get_all(name, [])]
    try:
        return one_line(", ".join(str(make_header(decode_header(value))) for value in values))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return one_line(", ".join(values))


def _parts(address: str) -> tuple[str, str, str]:
    """What stands in an address before a plus sign, after it, and as its domain; compared without case."""
    local, _, domain = wire_address(address).casefold().rpartition("@")
    name, _, tag = local.partition("+")
    return name, tag, domain
