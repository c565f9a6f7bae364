"""The delivery ledger: what keeps a message from being sent twice, or lost (RFC 5321 section 6.1, RFC 1047).

    pending -> sending -> sent       taken
                       -> failed     refused for good
                       -> unknown    may have been taken
                       -> pending    certainly not taken
            -> failed                refused before its text was asked for
            -> withdrawn             nobody wants it any more: its reader left or is gone, which is no failure

A message is `unknown` from the start when a backup was restored that cannot know of it: `backup.doubt_about`.
`sent` and `withdrawn` are final. `unknown` and `failed` stay until a person forces them back to `pending`. A row holds
the message's bytes before any connection opens, and every change of state is committed by itself.
"""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from pipeline.errors import StoreError
from pipeline.records import DeliveryState
from pipeline.store.backup import doubt_about
from pipeline.store.database import Database, utc_text, utc_time
from pipeline.store.rows import Delivery, Message, Suppression

_FROM = {
    DeliveryState.PENDING: (DeliveryState.PENDING, DeliveryState.SENDING),
    DeliveryState.SENDING: (DeliveryState.PENDING,),
    DeliveryState.SENT: (DeliveryState.SENDING,),
    DeliveryState.FAILED: (DeliveryState.PENDING, DeliveryState.SENDING),
    DeliveryState.WITHDRAWN: (DeliveryState.PENDING,),
    DeliveryState.UNKNOWN: (DeliveryState.SENDING,),
}
_COLUMNS = "edition, list, recipient, message_id, state, attempts, detail, updated_at"
_KEY = "edition = ? AND list = ? AND recipient = ?"


class Ledger:
    """The rows of `deliveries` and `suppressed`; every method raises StoreError when the file fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enqueue(self, edition: str, list_id: str, messages: Iterable[Message], now: datetime) -> None:
        """Add messages as `pending`; a recipient who has a row of this edition already keeps it, bytes and state.

        Raises StoreError when the edition has not been saved.
        """
        doubt = doubt_about(self._database, edition)
        state = DeliveryState.UNKNOWN if doubt else DeliveryState.PENDING
        rows = (
            (edition, list_id, one.recipient, one.message_id, one.content, state.value, doubt, utc_text(now))
            for one in messages
        )
        with self._database.transaction():
            self._database.change_many(
                "INSERT INTO deliveries (edition, list, recipient, message_id, content, state, detail, updated_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                rows,
            )

    def deliveries(self, edition: str) -> tuple[Delivery, ...]:
        """Every row of an edition, in the order they were added."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM deliveries WHERE edition = ? ORDER BY rowid", (edition,))  # noqa: S608 - constant columns
        return tuple(_delivery(row) for row in rows)

    def unsettled(self) -> tuple[Delivery, ...]:
        """The rows of all editions that wait, are going out or may have arrived."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM deliveries WHERE state IN ('pending', 'sending', 'unknown')"  # noqa: S608 - constant columns
            " ORDER BY edition, rowid"
        )
        return tuple(_delivery(row) for row in rows)

    def pending(self, edition: str) -> tuple[Delivery, ...]:
        """The rows of an edition that wait to be sent."""
        return tuple(row for row in self.deliveries(edition) if row.state is DeliveryState.PENDING)

    def message(self, delivery: Delivery) -> Message:
        """The frozen message of a row.

        Raises StoreError when there is no such row, or its bytes have been dropped.
        """
        row = self._database.row(f"SELECT content, expired FROM deliveries WHERE {_KEY}", delivery.key)  # noqa: S608 - constant key
        if row is None:
            raise StoreError(f"ledger: no message to {delivery.recipient} in edition {delivery.edition}")
        if row["expired"]:
            raise _expired(delivery, row["expired"])
        return Message(delivery.recipient, delivery.message_id, row["content"])

    def attempt(self, delivery: Delivery, now: datetime) -> None:
        """Count one attempt to hand a message over."""
        self._database.change(
            f"UPDATE deliveries SET attempts = attempts + 1, updated_at = ? WHERE {_KEY}",  # noqa: S608 - constant key
            (utc_text(now), *delivery.key),
        )

    def mark(self, delivery: Delivery, state: DeliveryState, detail: str, now: datetime) -> None:
        """Move a row to another state; `pending` to `pending` changes the detail alone.

        Raises StoreError when the row is in a state from which that step is not allowed.
        """
        self._step(delivery, state, detail, now, _FROM[state])

    def force(self, delivery: Delivery, now: datetime) -> None:
        """Put a `failed` or `unknown` row back to `pending`, on a person's word that the message may go out again.

        Raises StoreError for a row in any other state, or whose bytes have been dropped.
        """
        self.message(delivery)
        detail = f"forced, was {delivery.state}: {delivery.detail}"
        self._step(delivery, DeliveryState.PENDING, detail, now, (DeliveryState.FAILED, DeliveryState.UNKNOWN))

    def recover(self, edition: str, now: datetime, repeatable: bool = False) -> int:
        """Mark rows that a dead run left in `sending` as `unknown`; how many there were. Call it under the run lock.

        What is `repeatable`, because to send it twice gives nobody a second message, is `pending` again.
        """
        state = DeliveryState.PENDING if repeatable else DeliveryState.UNKNOWN
        about = "it is written again" if repeatable else "it may have arrived"
        return self._database.change(
            "UPDATE deliveries SET state = ?, updated_at = ?, detail = ? WHERE edition = ? AND state = 'sending'",
            (state.value, utc_text(now), f"the run ended while the message was going out; {about}", edition),
        )

    def suppress(self, recipient: str, reason: str, now: datetime) -> None:
        """Send this address nothing from now on; the first reason is kept."""
        self._database.change(
            "INSERT INTO suppressed VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (recipient, reason, utc_text(now))
        )

    def lift(self, recipient: str) -> Suppression | None:
        """Let an address have mail again; why it got none, or None when nothing stood in its way."""
        found = self.suppression(recipient)
        self._database.change("DELETE FROM suppressed WHERE recipient = ?", (recipient,))
        return found

    def suppression(self, recipient: str) -> Suppression | None:
        """Why an address gets nothing, or None when it may get mail."""
        row = self._database.row("SELECT * FROM suppressed WHERE recipient = ?", (recipient,))
        return None if row is None else _suppression(row)

    def suppressed_recipients(self) -> tuple[Suppression, ...]:
        """Every suppressed address, by address."""
        return tuple(_suppression(row) for row in self._database.rows("SELECT * FROM suppressed ORDER BY recipient"))

    def _step(
        self, delivery: Delivery, state: DeliveryState, detail: str, now: datetime, allowed: tuple[DeliveryState, ...]
    ) -> None:
        """Write a row's state if it is now in an allowed one; what the caller last read of it does not count."""
        with self._database.transaction():
            row = self._database.row(f"SELECT state FROM deliveries WHERE {_KEY}", delivery.key)  # noqa: S608 - constant key
            current = row["state"] if row else "missing"
            if current not in allowed:
                raise StoreError(
                    f"ledger: message to {delivery.recipient} of edition {delivery.edition} is {current},"
                    f" it cannot become {state}; is another run sending it?"
                )
            self._database.change(
                f"UPDATE deliveries SET state = ?, detail = ?, updated_at = ? WHERE {_KEY}",  # noqa: S608 - constant key
                (state.value, detail, utc_text(now), *delivery.key),
            )


def _expired(delivery: Delivery, when: str) -> StoreError:
    """What is said of a message that cannot be sent any more."""
    return StoreError(
        f"ledger: the message to {delivery.recipient} of edition {delivery.edition} was dropped on {when}, as"
        " keep.messages_days says; it cannot be sent"
    )


def _delivery(row: sqlite3.Row) -> Delivery:
    """A row as a record."""
    return Delivery(
        edition=row["edition"],
        list_id=row["list"],
        recipient=row["recipient"],
        message_id=row["message_id"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        detail=row["detail"],
        updated_at=utc_time(row["updated_at"]),
    )


def _suppression(row: sqlite3.Row) -> Suppression:
    """A row as a record."""
    return Suppression(row["recipient"], row["reason"], utc_time(row["since"]))
