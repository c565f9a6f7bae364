"""The outbox: one folder for each edition, one .eml file for each message."""

import hashlib
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from pipeline.files import PRIVATE, write_atomically
from pipeline.mail.transport import Outcome, Scope
from pipeline.records import DeliveryState
from pipeline.store.rows import Message

_NAME_LIMIT = 60


class Outbox:
    """A transport that writes files below `folder`, in one of the edition's own: a message again, its file again."""

    repeatable = True

    def __init__(self, folder: Path, edition: str) -> None:
        self._folder = folder / _slug(edition)

    def send(self, message: Message, sending: Callable[[], None]) -> Outcome:
        """Write the message; the outcome's detail is the file's path."""
        sending()
        try:
            return Outcome(DeliveryState.SENT, str(self.write(message)))
        except OSError as error:
            return unwritable(error)

    def write(self, message: Message) -> Path:
        """Write the message's file, whole or not at all, over an earlier one of the same message; its path.

        Raises OSError when the folder cannot be written.
        """
        path = self._folder / file_name(message.recipient, message.message_id)
        write_atomically(path, message.content, PRIVATE)
        return path


def discard(folder: Path, edition: str, messages: Iterable[tuple[str, str]]) -> int:
    """Remove some of an edition's messages, each by its recipient and Message-ID, and its folder when nothing else is
    in it; how many there were.

    Raises OSError when they cannot be removed.
    """
    removed = 0
    for path in (folder / _slug(edition) / file_name(*message) for message in messages):
        if path.exists():
            path.unlink()
            removed += 1
    with suppress(OSError):
        (folder / _slug(edition)).rmdir()
    return removed


def file_name(recipient: str, message_id: str) -> str:
    """A file name for a message: readable, safe on any file system, and distinct by list and recipient."""
    if not recipient:
        return "edition.eml"
    digest = hashlib.sha256(message_id.encode("utf-8", "replace")).hexdigest()[:10]
    return f"{_slug(recipient)}-{digest}.eml"


def unwritable(error: OSError) -> Outcome:
    """The outcome when the outbox cannot be written."""
    return Outcome(DeliveryState.PENDING, f"outbox cannot be written: {error}", Scope.CONFIGURATION)


def _slug(text: str) -> str:
    """A text reduced to lower-case ASCII letters, digits and hyphens, never empty."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_NAME_LIMIT] or "unnamed"
