"""deliver: rendered edition -> `Receipt`s. One message for each recipient, and none of them twice.

Every message is in the ledger before a connection opens; each of its steps is committed by itself.
"""

import hashlib
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from pathlib import Path

from pipeline.config import MailConfig
from pipeline.mail.audience import Reader, audience
from pipeline.mail.dkim import Signer
from pipeline.mail.message import build_message
from pipeline.mail.outbox import Outbox
from pipeline.mail.smtp import SmtpTransport
from pipeline.mail.transport import Outcome, Scope, Transport
from pipeline.records import Choice, DeliveryState, Letter, Receipt, Rendered
from pipeline.store.core import Store
from pipeline.store.ledger import Ledger
from pipeline.store.rows import Delivery, Message

QUEUED_AT_ONCE = 100
"""Messages that are put into the ledger in one transaction."""
MOST_IN_DOUBT = 3
"""After so many messages in a row that may have arrived a round ends: whole lists must not be left in doubt."""


def _now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Pace:
    """The clock, and how patient a run is with servers that say "try later": `first_wait` seconds, then twice that.

    The waits add up to some seven minutes: servers that put off whom they do not know (RFC 6647) mostly want five.
    """

    now: Callable[[], datetime] = _now
    sleep: Callable[[float], None] = time.sleep
    attempts: int = 5
    first_wait: float = 30.0


@contextmanager
def open_transport(mail: MailConfig, outbox: Path, edition: str) -> Iterator[Transport]:
    """The transport the configuration asks for, closed at the end: SMTP, or the outbox folder alone.

    Raises ConfigError when a login is asked for without TLS, or its password is missing.
    """
    files = Outbox(outbox, edition)
    if mail.smtp is None or not any(one.recipients for one in mail.every_list):
        yield files
        return
    server = SmtpTransport(mail.smtp, mail.sender, files)
    try:
        yield server
    finally:
        server.close()


def deliver(
    rendered: Rendered,
    mail: MailConfig,
    store: Store,
    transport: Transport,
    pace: Pace | None = None,
    *,
    skip_quiet: bool = False,
    retry: Collection[DeliveryState] = (),
) -> tuple[Receipt, ...]:
    """Bring a saved edition to the readers of all lists: a receipt for each, in the order they were first queued.

    A receipt that is still `PENDING` says why: held, out of reach, put off. With `skip_quiet` those for whom there is
    nothing tonight get no mail and no receipt. Call it under the run lock: messages that a dead run left half sent
    become `UNKNOWN`. What is in a state of `retry`, `FAILED` or `UNKNOWN`, is sent again, unless the edition is held.
    Raises StoreError when the ledger cannot be kept, and then sends nothing more.
    """
    pace = pace or Pace()
    readers = frozenset(reader.key for reader in audience(mail))
    job = _Job(rendered.edition, readers, frozenset(list_id for list_id, _ in readers), store, transport, pace)
    before = {row.key: row.state for row in store.ledger.deliveries(rendered.edition)}
    store.ledger.recover(rendered.edition, pace.now(), transport.repeatable)
    enqueue(rendered, mail, store, pace.now(), skip_quiet=skip_quiet)
    held = hold_reason(rendered, mail, pace.now())
    if held:
        job.note(job.waiting(), held)
    else:
        job.force(retry)
        job.run()
    return job.receipts(before)


def enqueue(rendered: Rendered, mail: MailConfig, store: Store, now: datetime, *, skip_quiet: bool = False) -> None:
    """Put a message for each reader of each list into the ledger; those there keep bytes and state.

    A letter is the one that was frozen with the night for what its reader has chosen. Who chose otherwise since gets
    the whole edition. Who has left a list gets none of it, nor does an address that a server has said does not exist: a
    night's run does not fail for it again and again, and `status` counts both.

    Raises StoreError when the edition has not been saved, ConfigError when a setting does not fit into a header or the
    key that signs cannot be used.
    """
    queued = {(row.list_id, row.recipient.casefold()) for row in store.ledger.deliveries(rendered.edition)}
    signers = tuple(map(Signer.load, mail.dkim))
    for list_id, readers in groupby(audience(mail), key=lambda reader: reader.list_id):
        without = (*store.subscriptions.departures(list_id), *store.ledger.suppressed_recipients())
        gone = {one.recipient.casefold() for one in without}
        missing = (one for one in readers if one.key not in queued and one.address.casefold() not in gone)
        settings = mail.model_copy(update={"list_id": list_id})
        messages = (
            _signed(_message(rendered.as_told_in(letter), address, settings, store), signers, now)
            for address, letter in _letters(missing, rendered, store)
            if not (letter.quiet and skip_quiet)
        )
        # Made before they are written, a few at a time: who leaves meanwhile must not wait for thousands of signatures.
        while some := list(islice(messages, QUEUED_AT_ONCE)):
            store.ledger.enqueue(rendered.edition, list_id, some, now)


def hold_reason(rendered: Rendered, mail: MailConfig, now: datetime) -> str:
    """Why an edition must not go out any more, or an empty text: old news in the morning's mail would mislead."""
    age = now - rendered.cutoff
    if age <= timedelta(hours=mail.hold_hours):
        return ""
    hours = int(age.total_seconds() // 3600)
    return f"held: the edition is {hours} hours old, mail.hold_hours is {mail.hold_hours}"


def wait_before(edition: str, attempt: int, first_wait: float) -> float:
    """Seconds to wait before a second (1), third (2) ... attempt: doubling, half to one and a half times as long.

    The share is seeded by the edition and the attempt, so a run can be repeated exactly.
    """
    seed = hashlib.sha256(f"{edition}|{attempt}".encode()).digest()
    share = int.from_bytes(seed[:8], "big") / 2**64
    return first_wait * 2.0 ** (attempt - 1) * (0.5 + share)


@dataclass(frozen=True, slots=True)
class _Job:
    """One edition on its way to the readers of all lists."""

    edition: str
    audience: frozenset[tuple[str, str]]
    """Whom the edition is for, by list and address."""
    lists: frozenset[str]
    """The ids of the lists; rows of another one are not this run's."""
    store: Store
    transport: Transport
    pace: Pace

    @property
    def ledger(self) -> Ledger:
        """The store's ledger."""
        return self.store.ledger

    def run(self) -> None:
        """Try all waiting messages, then again those that were put off, as long as it can help."""
        for attempt in range(self.pace.attempts):
            if attempt:
                self.pace.sleep(wait_before(self.edition, attempt, self.pace.first_wait))
            if not self._round():
                return

    def waiting(self) -> tuple[Delivery, ...]:
        """The lists' pending rows."""
        return tuple(row for row in self.ledger.pending(self.edition) if row.list_id in self.lists)

    def note(self, rows: tuple[Delivery, ...], detail: str) -> None:
        """Say on pending rows why they wait."""
        for row in rows:
            self.ledger.mark(row, DeliveryState.PENDING, detail, self.pace.now())

    def force(self, states: Collection[DeliveryState]) -> None:
        """Let what is in one of these states go out again: a person asks for it."""
        for row in self.ledger.deliveries(self.edition):
            if row.state in states and row.list_id in self.lists:
                self.ledger.force(row, self.pace.now())

    def receipts(self, before: Mapping[tuple[str, str, str], DeliveryState]) -> tuple[Receipt, ...]:
        """What the ledger says of each of the lists' messages; `before` is how they stood when the run began."""
        rows = (row for row in self.ledger.deliveries(self.edition) if row.list_id in self.lists)
        return tuple(
            Receipt(
                row.edition,
                row.recipient,
                row.message_id,
                row.state,
                row.detail,
                row.list_id,
                earlier=before.get(row.key) is row.state is not DeliveryState.PENDING,
            )
            for row in rows
        )

    def _round(self) -> bool:
        """Try each waiting message once; whether another round could help."""
        rows, again, in_doubt = self.waiting(), False, 0
        for position, row in enumerate(rows, start=1):
            outcome = self._attempt(row)
            if outcome.scope is not Scope.MESSAGE:
                self.note(rows[position:], outcome.detail)
                return outcome.scope is Scope.SERVER
            again = again or outcome.state is DeliveryState.PENDING
            in_doubt = in_doubt + 1 if outcome.state is DeliveryState.UNKNOWN else 0
            if in_doubt == MOST_IN_DOUBT:
                self.note(rows[position:], f"put off: the server did not answer to {in_doubt} messages in a row")
                return again or position < len(rows)
        return again

    def _attempt(self, row: Delivery) -> Outcome:
        """Try one message and write down how that ended."""
        outcome = self._refusal(row)
        if outcome is None:
            self.ledger.attempt(row, self.pace.now())
            outcome = self.transport.send(self.ledger.message(row), lambda: self._sending(row))
        if outcome.suppress:
            self.ledger.suppress(row.recipient, outcome.detail, self.pace.now())
        self.ledger.mark(row, outcome.state, outcome.detail, self.pace.now())
        return outcome

    def _sending(self, row: Delivery) -> None:
        """Write down that a message's bytes are about to go out."""
        self.ledger.mark(row, DeliveryState.SENDING, "", self.pace.now())

    def _refusal(self, row: Delivery) -> Outcome | None:
        """Why a queued message must not go out after all, looked up at the last moment; None when it may."""
        suppression = self.ledger.suppression(row.recipient)
        if suppression is not None:
            return Outcome(DeliveryState.WITHDRAWN, f"suppressed: {suppression.reason}")
        departure = self.store.subscriptions.departure(row.list_id, row.recipient)
        if departure is not None:
            return Outcome(DeliveryState.WITHDRAWN, departure.reason)
        if (row.list_id, row.recipient.casefold()) not in self.audience:
            return Outcome(DeliveryState.WITHDRAWN, "no longer a recipient")
        return None


def _letters(readers: Iterable[Reader], rendered: Rendered, store: Store) -> Iterator[tuple[str, Letter]]:
    """Each reader's address, with what is written to them. One letter is in memory at a time."""
    choice, letter = Choice(), rendered.letter
    for reader in readers:
        if reader.choice != choice:
            choice, letter = reader.choice, store.letter(rendered.edition, reader.choice) or rendered.letter
        yield reader.address, letter


def _message(rendered: Rendered, recipient: str, mail: MailConfig, store: Store) -> Message:
    """One recipient's message; that to nobody is addressed to the sender."""
    token = store.subscriptions.token(mail.list_id, recipient)
    return replace(build_message(rendered, recipient or mail.sender, mail, token), recipient=recipient)


def _signed(message: Message, signers: Iterable[Signer], now: datetime) -> Message:
    """The message with a signature of each who signs; none covers another's (RFC 6376 section 5.4.2)."""
    for signer in signers:
        message = replace(message, content=signer.sign(message.content, now))
    return message
