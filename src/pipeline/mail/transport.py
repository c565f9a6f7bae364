"""What a transport promises: one message handed over, and an honest account of how that ended."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pipeline.records import DeliveryState
from pipeline.store.rows import Message


class Scope(StrEnum):
    """What a failure says about the other messages of the run."""

    MESSAGE = "message"
    """Nothing: the next message may well go through."""
    SERVER = "server"
    """The server is out of reach for now; it may help to wait."""
    CONFIGURATION = "configuration"
    """Nothing will go through until a person has changed something: login, certificate, sender, disk."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt ended. `PENDING`: it was certainly not taken, and may be tried again.

    `suppress` says that the address does not exist, so that it should get no mail from now on.
    """

    state: DeliveryState
    detail: str
    scope: Scope = Scope.MESSAGE
    suppress: bool = False


class Transport(Protocol):
    """Hands messages over. `repeatable` says that handing the same message over twice gives readers no second one."""

    repeatable: bool

    def send(self, message: Message, sending: Callable[[], None]) -> Outcome:
        """Hand one message over, calling `sending` just before its first byte goes out.

        Failures are outcomes; only what `sending` raises is passed on.
        """
        ...
