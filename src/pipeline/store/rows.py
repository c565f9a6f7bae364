"""The records that go into the store and come out of it, besides those of `pipeline.records`."""

from dataclasses import dataclass
from datetime import date, datetime

from pipeline.clustering.background import NOTHING, Background
from pipeline.records import Article, DeliveryState, Echo, Edition, FileState, Rendered, Story
from pipeline.web.feeds import FeedState


@dataclass(frozen=True, slots=True)
class Night:
    """Everything one night decided: what is saved, in one piece, before any mail goes out.

    `articles` are all that were accepted; `stories` are all that were formed, those left out of the edition included;
    `echoes` are the articles that repeat earlier ones; `terms` tells in how many of the articles each term stands;
    `feeds` are those asked tonight, `files` those read: both are kept with the articles they gave, or not at all.
    """

    edition: Edition
    rendered: Rendered
    articles: tuple[Article, ...]
    stories: tuple[Story, ...]
    echoes: tuple[Echo, ...] = ()
    terms: Background = NOTHING
    feeds: tuple[FeedState, ...] = ()
    files: tuple[FileState, ...] = ()


FAILED = "failed: "
"""How the outcome of a run begins that ended by an error."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the night. Without `finished` it is still going on or has died; the run lock tells which.

    `name` is the id that its log has, empty when it had none.
    """

    id: int
    night: date
    started: datetime
    finished: datetime | None
    outcome: str
    name: str = ""

    @property
    def has_failed(self) -> bool:
        """Whether it ended by an error, which its outcome tells."""
        return self.outcome.startswith(FAILED)


@dataclass(frozen=True, slots=True)
class Message:
    """A finished message to one recipient; `recipient` is the envelope's address, empty for the outbox alone."""

    recipient: str
    message_id: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of the ledger, without the message's bytes."""

    edition: str
    list_id: str
    recipient: str
    message_id: str
    state: DeliveryState
    attempts: int
    detail: str
    updated_at: datetime

    @property
    def key(self) -> tuple[str, str, str]:
        """Edition, list and recipient, by which the ledger knows the row."""
        return self.edition, self.list_id, self.recipient


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that gets no more mail, and why."""

    recipient: str
    reason: str
    since: datetime
