"""Who has left a list, and the tokens by which they can: one for each recipient, opaque to everybody else."""

import hashlib
import hmac
import re
import sqlite3
from datetime import datetime

from pipeline.errors import StoreError
from pipeline.store.database import Database, utc_text, utc_time
from pipeline.store.rows import Suppression

TOKEN = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
"""How a token stands in a text."""


class Subscriptions:
    """The rows of `unsubscribed` and `tokens`; every method raises StoreError when the file fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def token(self, list_id: str, recipient: str) -> str:
        """A token that stands for one recipient of one list, noted so that it can be told whose it is.

        Nobody can make it up without this store's secret. Raises StoreError when that is missing.
        """
        row = self._database.row("SELECT value FROM settings WHERE name = 'secret'")
        if row is None:
            raise StoreError("store: its secret is missing, old unsubscribe links are lost; restore a backup")
        text = f"{list_id}|{recipient.casefold()}"
        made = hmac.new(bytes.fromhex(row["value"]), text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        self._database.change("INSERT INTO tokens VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (made, list_id, recipient))
        return made

    def owner(self, token: str) -> tuple[str, str] | None:
        """The list and the recipient for whom a token stands, or None; the edition in the outbox alone is nobody's."""
        row = self._database.row("SELECT list, recipient FROM tokens WHERE token = ? AND recipient != ''", (token,))
        return None if row is None else (row["list"], row["recipient"])

    def knows(self, list_id: str, recipient: str) -> bool:
        """Whether a list has ever had mail for an address."""
        known = "SELECT 1 FROM tokens WHERE list = ? AND recipient = ?"
        return self._database.row(known, (list_id, recipient)) is not None

    def leave(self, list_id: str, recipient: str, reason: str, now: datetime) -> bool:
        """Send this address nothing of the list from now on; whether that is new. The first reason is kept."""
        values = (list_id, recipient, reason, utc_text(now))
        return self._database.change("INSERT INTO unsubscribed VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", values) == 1

    def undo(self, list_id: str, recipient: str) -> bool:
        """Let an address have the list's mail again; whether it had left."""
        gone = "DELETE FROM unsubscribed WHERE list = ? AND recipient = ?"
        return self._database.change(gone, (list_id, recipient)) == 1

    def departure(self, list_id: str, recipient: str) -> Suppression | None:
        """How and when an address left a list, or None when it has not."""
        asked = "SELECT recipient, reason, since FROM unsubscribed WHERE list = ? AND recipient = ?"
        row = self._database.row(asked, (list_id, recipient))
        return None if row is None else _departure(row)

    def departures(self, list_id: str) -> tuple[Suppression, ...]:
        """Everyone who has left a list, by address."""
        asked = "SELECT recipient, reason, since FROM unsubscribed WHERE list = ? ORDER BY recipient"
        return tuple(_departure(row) for row in self._database.rows(asked, (list_id,)))


def _departure(row: sqlite3.Row) -> Suppression:
    """A row as a record."""
    return Suppression(row["recipient"], row["reason"], utc_time(row["since"]))
