"""Delivery over a real SMTP connection to a server that fails in every way servers fail."""

import threading
from pathlib import Path

import pytest

from mailserver import Fault, MailServer
from pipeline.config import SmtpConfig
from pipeline.mail.outbox import file_name
from pipeline.records import Rendered
from pipeline.stages.deliver import Pace, deliver, open_transport
from pipeline.store.core import Store
from sample_nights import DAY, NOW, make_mail, make_rendered

RECIPIENTS = ("ann@example.org", "bob@example.org", "carol@example.org")
EDITION = DAY.isoformat()
LARGE = make_rendered(text=("x" * 70 + "\n") * 80_000)
"""More than the sockets' buffers hold, so that the sender notices a server that stops reading."""


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


class Sender:
    """Delivers the sample edition and says what became of it; waits between attempts are only noted."""

    def __init__(self, store: Store, outbox: Path) -> None:
        self.store, self.outbox = store, outbox
        self.waits: list[float] = []

    def send(self, smtp: SmtpConfig, rendered: Rendered | None = None) -> dict[str, str]:
        """One run; each recipient's state."""
        mail = make_mail(RECIPIENTS, smtp)
        pace = Pace(now=lambda: NOW, sleep=self.waits.append)
        with open_transport(mail, self.outbox, EDITION) as transport:
            receipts = deliver(rendered or make_rendered(), mail, self.store, transport, pace)
        return {receipt.recipient.partition("@")[0]: receipt.state.value for receipt in receipts}

    def detail(self, name: str) -> str:
        """Why a recipient's message is where it is."""
        (row,) = (row for row in self.store.ledger.deliveries(EDITION) if row.recipient.startswith(name))
        return row.detail


@pytest.fixture
def sender(store: Store, outbox: Path) -> Sender:
    return Sender(store, outbox)


ALL_SENT = {"ann": "sent", "bob": "sent", "carol": "sent"}


def test_edition_reaches_everyone_over_one_connection(sender: Sender) -> None:
    """Each recipient gets the ledger's bytes, once; the outbox shows the same; a second run sends nothing."""
    with MailServer() as server:
        assert sender.send(server.config()) == ALL_SENT
        assert sender.send(server.config()) == ALL_SENT
        assert (server.recipients(), server.connections) == (["ann", "bob", "carol"], 1)
    for row, (_, content) in zip(sender.store.ledger.deliveries(EDITION), server.received, strict=True):
        assert content == sender.store.ledger.message(row).content
        assert content == (sender.outbox / EDITION / file_name(row.recipient, row.message_id)).read_bytes()
    assert sender.detail("ann") == "250 2.0.0 taken"


def test_lines_of_dots_arrive_as_they_are(sender: Sender) -> None:
    """A text that holds SMTP's own end mark is neither cut nor changed (RFC 5321 section 4.5.2)."""
    rendered = make_rendered(text=".\n..\n.hidden\n\n.\nQUIT\n")
    with MailServer() as server:
        assert sender.send(server.config(), rendered) == ALL_SENT
    (row, *_) = sender.store.ledger.deliveries(EDITION)
    assert server.received[0][1] == sender.store.ledger.message(row).content


@pytest.mark.parametrize(
    "fault",
    [
        Fault("rcpt", "451 4.7.1 greylisted"),
        Fault("end", "451 4.3.0 disk busy"),
        Fault("rcpt", "421 4.3.2 shutting down"),
        Fault("end", "421 4.3.2 shutting down"),
        Fault("rcpt"),
    ],
    ids=["451-rcpt", "451-end", "421-rcpt", "421-end", "drop-rcpt"],
)
def test_passing_trouble_is_retried_within_the_run(sender: Sender, fault: Fault) -> None:
    """A server that says "later" or hangs up before the message gets it a little later, once."""
    with MailServer({"bob": [fault]}) as server:
        assert sender.send(server.config()) == ALL_SENT
    assert server.recipients() == ["ann", "carol", "bob"]
    assert len(sender.waits) == 1


def test_connection_lost_before_the_final_dot_is_retried(sender: Sender) -> None:
    """A message of which the server cannot have seen the end is sent again, over a new connection."""
    with MailServer({"bob": [Fault("text")]}, data_size_limit=None) as server:
        assert sender.send(server.config(), LARGE) == ALL_SENT
    assert (server.recipients(), server.connections) == (["ann", "carol", "bob"], 2)


def test_server_that_leaves_before_the_final_dot_is_noticed(sender: Sender) -> None:
    """A connection found closed before the end was sent means "not taken", not "unknown"."""
    with MailServer({"bob": [Fault("leave")]}, data_size_limit=None) as server:
        assert sender.send(server.config(), LARGE) == ALL_SENT
    assert server.recipients() == ["ann", "carol", "bob"]


def test_refused_sender_fails_nobody(sender: Sender) -> None:
    """A server that does not accept our sender address is a setting to correct; every message waits for that."""
    with MailServer({"*": [Fault("mail", "550 5.1.8 bad sender")]}) as server:
        assert set(sender.send(server.config()).values()) == {"pending"}
        assert "550 5.1.8 bad sender" in sender.detail("carol")
        assert sender.send(server.config()) == ALL_SENT


def test_connection_lost_after_the_final_dot_is_unknown(sender: Sender) -> None:
    """A message that may have arrived is not sent again, in this run or the next; the others are not held up."""
    with MailServer({"bob": [Fault("end")]}) as server:
        assert sender.send(server.config()) == {**ALL_SENT, "bob": "unknown"}
        assert sender.send(server.config()) == {**ALL_SENT, "bob": "unknown"}
    assert server.recipients() == ["ann", "bob", "carol"]
    assert "may have arrived" in sender.detail("bob")


def test_silence_after_the_final_dot_is_unknown(sender: Sender) -> None:
    """A server that takes the message and then answers nothing in time is not sent it again."""
    with MailServer({"bob": [Fault("end", hold=True)]}) as server:
        assert sender.send(server.config(timeout_seconds=1)) == {**ALL_SENT, "bob": "unknown"}
    assert server.recipients().count("bob") == 1


def test_a_server_may_take_its_time_over_a_message(sender: Sender) -> None:
    """It may look for viruses first (RFC 5321 section 4.5.3.2.6): given up too soon, what it took would be in doubt."""
    with MailServer({"bob": [Fault("end", hold=True)]}) as server:
        late = threading.Timer(2.5, server.release.set)
        late.start()
        assert sender.send(server.config(timeout_seconds=1)) == ALL_SENT
        late.join()
    assert server.recipients() == ["ann", "bob", "carol"]


@pytest.mark.parametrize("point", ["rcpt", "end"])
def test_missing_mailbox_fails_and_is_suppressed(sender: Sender, point: str) -> None:
    """550 5.1.1 ends the matter for this edition and all others (RFC 3463)."""
    with MailServer({"bob": [Fault(point, "550 5.1.1 no such user")]}) as server:  # type: ignore[arg-type]  # a literal
        assert sender.send(server.config()) == {**ALL_SENT, "bob": "failed"}
    assert [one.recipient for one in sender.store.ledger.suppressed_recipients()] == ["bob@example.org"]
    assert sender.waits == []


def test_other_refusals_fail_without_suppression(sender: Sender) -> None:
    """A message refused for its content says nothing against the address."""
    with MailServer({"bob": [Fault("end", "554 5.7.1 looks like spam")]}) as server:
        assert sender.send(server.config()) == {**ALL_SENT, "bob": "failed"}
    assert sender.store.ledger.suppressed_recipients() == ()
    assert "554 5.7.1 looks like spam" in sender.detail("bob")


def test_server_that_is_down_loses_nothing(sender: Sender) -> None:
    """All messages wait with the reason, and go out when the server is back."""
    server = MailServer()
    server._listener.close()
    waiting = sender.send(server.config())
    assert set(waiting.values()) == {"pending"}
    assert "127.0.0.1" in sender.detail("carol")
    with MailServer() as back:
        assert sender.send(back.config()) == ALL_SENT


def test_international_address_needs_smtputf8(store: Store, outbox: Path) -> None:
    """An address beyond ASCII goes out where the server knows RFC 6531 and fails with the reason where not."""
    for name, known in (("jörg", True), ("zoë", False)):
        with MailServer(enable_SMTPUTF8=known) as server:
            mail = make_mail((f"{name}@example.org",), server.config())
            with open_transport(mail, outbox, EDITION) as transport:
                receipts = deliver(make_rendered(), mail, store, transport, Pace(now=lambda: NOW))
        assert server.recipients() == ([name] if known else [])
    assert [receipt.state.value for receipt in receipts] == ["sent", "failed"]


def test_an_international_address_that_is_refused_holds_nobody_up(store: Store, outbox: Path) -> None:
    """A server that knows RFC 6531 and will not use it refuses one message, not the sender of all."""
    with MailServer({"*": [Fault("mail", "550 5.6.7 no SMTPUTF8 here")]}, enable_SMTPUTF8=True) as server:
        mail = make_mail(("jörg@example.org", "ann@example.org"), server.config())
        with open_transport(mail, outbox, EDITION) as transport:
            receipts = deliver(make_rendered(), mail, store, transport, Pace(now=lambda: NOW))
    assert [receipt.state.value for receipt in receipts] == ["failed", "sent"]
    assert "5.6.7" in receipts[0].detail
