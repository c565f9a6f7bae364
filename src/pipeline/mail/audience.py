"""Who gets which letter: the readers of all lists, each with a list and a choice."""

from dataclasses import dataclass

from pipeline.config import MailConfig
from pipeline.records import Choice

NOBODY = ""
"""The reader when none is configured: the edition goes to the outbox, addressed to its sender."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A recipient of a list, and what the mail is made for."""

    list_id: str
    address: str
    choice: Choice

    @property
    def key(self) -> tuple[str, str]:
        """List and address, however this is spelled: what the ledger tells messages of an edition apart by."""
        return self.list_id, self.address.casefold()


def audience(mail: MailConfig) -> tuple[Reader, ...]:
    """Everybody an edition is for, list by list, as they are configured; nobody stands in where there is no one.

    Who is on a list in several spellings is on it once: of the ledger's columns only ASCII letters know no case.
    """
    readers = (
        Reader(one.id, reader.address, Choice(one.title or "", one.topics_of(reader)))
        for one in mail.every_list
        for reader in one.recipients
    )
    once = dict[tuple[str, str], Reader]()
    for reader in readers:
        once.setdefault(reader.key, reader)
    return tuple(once.values()) or (Reader(mail.list_id, NOBODY, Choice()),)


def choices(mail: MailConfig) -> tuple[Choice, ...]:
    """What readers choose, each choice once; that of the whole edition, which is always made, is left out."""
    return tuple(dict.fromkeys(reader.choice for reader in audience(mail) if reader.choice != Choice()))
