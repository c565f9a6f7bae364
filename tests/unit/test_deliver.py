"""The deliver stage decides who gets what, when to try again and when to stop, whatever the transport answers."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import MailConfig, SmtpConfig
from pipeline.errors import ConfigError, StoreError
from pipeline.mail.outbox import Outbox, file_name
from pipeline.mail.smtp import SmtpTransport
from pipeline.mail.transport import Outcome, Scope, Transport
from pipeline.records import DeliveryState, Receipt, Rendered
from pipeline.stages import deliver as stage
from pipeline.stages.deliver import Pace, deliver, enqueue, open_transport, wait_before
from pipeline.store.core import Store
from pipeline.store.rows import Message
from sample_nights import DAY, LIST, NOW, make_mail, make_messages, make_night, make_rendered, states

ANN, BOB, CAROL = "ann@example.org", "bob@example.org", "carol@example.org"
ALL = make_mail((ANN, BOB, CAROL))
SENT = Outcome(DeliveryState.SENT, "250 ok")
REFUSED = Outcome(DeliveryState.FAILED, "554 no")
IN_DOUBT = Outcome(DeliveryState.UNKNOWN, "no answer")
LATER = Outcome(DeliveryState.PENDING, "451 later")
EDITION = DAY.isoformat()


class Scripted:
    """A transport that plays outcomes for each recipient, the last one for ever, and notes who was tried."""

    repeatable = False

    def __init__(self, **plan: list[Outcome]) -> None:
        self.plan = plan
        self.tried: list[str] = []

    def send(self, message: Message, sending: Callable[[], None]) -> Outcome:
        name = message.recipient.partition("@")[0]
        self.tried.append(name)
        outcomes = self.plan.get(name, [SENT])
        outcome = outcomes.pop(0) if len(outcomes) > 1 else outcomes[0]
        if outcome.state in (DeliveryState.SENT, DeliveryState.UNKNOWN):
            sending()
        return outcome


@pytest.fixture
def store(store: Store) -> Store:
    store.save_night(make_night())
    return store


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def pace(waits: list[float]) -> Pace:
    return Pace(now=lambda: NOW, sleep=waits.append, attempts=3, first_wait=10)


def send(store: Store, transport: Transport, pace: Pace, mail: MailConfig = ALL) -> dict[str, tuple[str, str]]:
    """Deliver the sample edition; each recipient's state and detail."""
    receipts = deliver(make_rendered(), mail, store, transport, pace)
    return {receipt.recipient.partition("@")[0]: (receipt.state.value, receipt.detail) for receipt in receipts}


def test_everyone_gets_one_message_and_a_receipt(store: Store, pace: Pace) -> None:
    """The plain case: one message each, in the configured order."""
    transport = Scripted()
    receipts = deliver(make_rendered(), ALL, store, transport, pace)
    assert transport.tried == ["ann", "bob", "carol"]
    assert receipts[0] == Receipt(EDITION, ANN, receipts[0].message_id, DeliveryState.SENT, "250 ok", LIST)


def test_second_delivery_sends_nothing(store: Store, pace: Pace) -> None:
    """Running the night again mails nobody twice, and gives the same receipts."""
    first = send(store, Scripted(), pace)
    again = Scripted()
    assert send(store, again, pace) == first
    assert again.tried == []


def test_recipient_named_twice_gets_one_message(store: Store, pace: Pace) -> None:
    """A list kept by hand may name someone twice, in another spelling."""
    transport = Scripted()
    send(store, transport, pace, make_mail((ANN, "Ann@Example.org", ANN)))
    assert transport.tried == ["ann"]


def test_put_off_messages_are_tried_again_together(store: Store, pace: Pace, waits: list[float]) -> None:
    """A greylisting server costs one wait a round, not one for each recipient; the others go out at once."""
    transport = Scripted(ann=[LATER, SENT], carol=[LATER, LATER, SENT])
    assert {state for state, _ in send(store, transport, pace).values()} == {"sent"}
    assert transport.tried == ["ann", "bob", "carol", "ann", "carol", "carol"]
    assert waits == [wait_before(EDITION, 1, 10), wait_before(EDITION, 2, 10)]


def test_attempts_are_limited_and_the_reason_is_kept(store: Store, pace: Pace, waits: list[float]) -> None:
    """A server that says "later" all night does not keep the run going; the message stays for the next run."""
    transport = Scripted(bob=[LATER])
    assert send(store, transport, pace)["bob"] == ("pending", "451 later")
    assert transport.tried.count("bob") == 3
    assert len(waits) == 2
    assert [row.attempts for row in store.ledger.deliveries(EDITION)] == [1, 3, 1]
    assert send(store, Scripted(), pace)["bob"] == ("sent", "250 ok")


def test_refused_message_is_not_tried_again(store: Store, pace: Pace, waits: list[float]) -> None:
    """A 5xx is final for this message and says nothing about the address."""
    transport = Scripted(bob=[Outcome(DeliveryState.FAILED, "550 no")])
    assert send(store, transport, pace)["bob"] == ("failed", "550 no")
    assert (transport.tried, waits) == (["ann", "bob", "carol"], [])
    assert store.ledger.suppressed_recipients() == ()


def test_missing_mailbox_is_suppressed(store: Store, pace: Pace) -> None:
    """An address that does not exist gets no further editions, and no further night's run fails for it."""
    gone = Outcome(DeliveryState.FAILED, "550 5.1.1 no such user", suppress=True)
    send(store, Scripted(bob=[gone]), pace)
    store.save_night(make_night(DAY - timedelta(days=1), "x-"))
    transport = Scripted()
    receipts = deliver(
        make_rendered(DAY - timedelta(days=1)), ALL, store, transport, Pace(now=lambda: NOW - timedelta(days=1))
    )
    assert transport.tried == ["ann", "carol"]
    assert [receipt.state for receipt in receipts] == [DeliveryState.SENT] * 2
    assert [one.recipient for one in store.ledger.suppressed_recipients()] == [BOB]


def test_unsubscribing_after_queueing_still_counts(store: Store, pace: Pace) -> None:
    """Suppression is looked up at send time, not when the message was queued."""
    enqueue(make_rendered(), ALL, store, NOW)
    store.ledger.suppress(ANN.upper(), "unsubscribed", NOW)
    transport = Scripted()
    assert send(store, transport, pace)["ann"] == ("withdrawn", "suppressed: unsubscribed")
    assert transport.tried == ["bob", "carol"]


def test_removed_recipient_gets_no_queued_message(store: Store, pace: Pace) -> None:
    """Who was taken off the list between two runs is not mailed by the second."""
    enqueue(make_rendered(), ALL, store, NOW)
    assert send(store, Scripted(), pace, make_mail((ANN, BOB)))["carol"] == ("withdrawn", "no longer a recipient")


def test_old_edition_is_held(store: Store, waits: list[float]) -> None:
    """Yesterday's news does not arrive as this morning's; nothing is lost, and a longer limit releases it."""
    late = Pace(now=lambda: NOW + timedelta(hours=20), sleep=waits.append)
    transport = Scripted()
    states_seen = send(store, transport, late)
    assert set(states_seen.values()) == {("pending", "held: the edition is 22 hours old, mail.hold_hours is 18")}
    assert transport.tried == []
    released = send(store, transport, late, ALL.model_copy(update={"hold_hours": 48}))
    assert {state for state, _ in released.values()} == {"sent"}


def test_unreachable_server_is_tried_once_a_round(store: Store, pace: Pace, waits: list[float]) -> None:
    """A server that is down is not asked for every recipient; everyone's receipt says why it waits."""
    down = Outcome(DeliveryState.PENDING, "connection refused", Scope.SERVER)
    transport = Scripted(ann=[down])
    assert set(send(store, transport, pace).values()) == {("pending", "connection refused")}
    assert (transport.tried, len(waits)) == (["ann"] * 3, 2)


def test_wrong_login_stops_the_run_at_once(store: Store, pace: Pace, waits: list[float]) -> None:
    """Repeating a refused login only locks the account; what went out before stays sent, the rest waits."""
    refused = Outcome(DeliveryState.PENDING, "535 bad login", Scope.CONFIGURATION)
    transport = Scripted(bob=[refused])
    assert send(store, transport, pace) == {
        "ann": ("sent", "250 ok"), "bob": ("pending", "535 bad login"), "carol": ("pending", "535 bad login"),
    }  # fmt: skip
    assert (transport.tried, waits) == (["ann", "bob"], [])


def test_unknown_message_is_left_until_a_person_forces_it(store: Store, pace: Pace) -> None:
    """A message that may have arrived is reported, not repeated; a person may decide otherwise."""
    transport = Scripted(bob=[Outcome(DeliveryState.UNKNOWN, "no answer")])
    assert send(store, transport, pace)["bob"] == ("unknown", "no answer")
    again = Scripted()
    send(store, again, pace)
    assert again.tried == []
    store.ledger.force(store.ledger.deliveries(EDITION)[1], NOW)
    assert send(store, again, pace)["bob"] == ("sent", "250 ok")
    assert again.tried == ["bob"]


def test_message_left_sending_by_a_dead_run_becomes_unknown(store: Store, pace: Pace) -> None:
    """The next run does not take a half-sent message for an unsent one."""
    enqueue(make_rendered(), ALL, store, NOW)
    store.ledger.mark(store.ledger.deliveries(EDITION)[0], DeliveryState.SENDING, "", NOW)
    transport = Scripted()
    assert send(store, transport, pace)["ann"][0] == "unknown"
    assert transport.tried == ["bob", "carol"]


def test_file_left_half_written_by_a_dead_run_is_written_again(store: Store, pace: Pace, tmp_path: Path) -> None:
    """In the outbox nothing is in doubt: the same message gives the same file, and nobody a second one."""
    enqueue(make_rendered(), make_mail((ANN,)), store, NOW)
    store.ledger.mark(store.ledger.deliveries(EDITION)[0], DeliveryState.SENDING, "", NOW)
    (receipt,) = deliver(make_rendered(), make_mail((ANN,)), store, Outbox(tmp_path, EDITION), pace)
    assert receipt.state is DeliveryState.SENT
    assert len(list((tmp_path / EDITION).iterdir())) == 1


def test_frozen_bytes_are_what_goes_out(store: Store, pace: Pace, tmp_path: Path) -> None:
    """A restart with another title or sender sends the message the ledger holds, not a new one."""
    enqueue(make_rendered(), make_mail((ANN,)), store, NOW)
    frozen = store.ledger.message(store.ledger.deliveries(EDITION)[0]).content
    changed = make_mail((ANN,)).model_copy(update={"sender_name": "Other"})
    deliver(make_rendered(subject="Other"), changed, store, Outbox(tmp_path, EDITION), pace)
    (row,) = store.ledger.deliveries(EDITION)
    assert (tmp_path / EDITION / file_name(row.recipient, row.message_id)).read_bytes() == frozen


def test_edition_must_be_saved(store: Store, pace: Pace) -> None:
    """No mail goes out for an edition the store does not have."""
    with pytest.raises(StoreError):
        deliver(make_rendered(DAY + timedelta(days=9)), ALL, store, Scripted(), pace)


@given(attempt=st.integers(1, 8), edition=st.text())
def test_waits_grow_and_repeat_exactly(attempt: int, edition: str) -> None:
    """Back-off doubles within its jitter, and the same run waits the same."""
    wait = wait_before(edition, attempt, 10)
    assert 5 * 2 ** (attempt - 1) <= wait <= 15 * 2 ** (attempt - 1)
    assert wait == wait_before(edition, attempt, 10)


def test_outbox_writes_one_file_for_each_message(store: Store, pace: Pace, tmp_path: Path) -> None:
    """Without a server the mail is still there to read, and the receipt says where; no temporary file stays."""
    with open_transport(ALL, tmp_path / "outbox", EDITION) as transport:
        details = [detail for _, detail in send(store, transport, pace).values()]
    files = sorted((tmp_path / "outbox" / EDITION).iterdir())
    assert sorted(map(Path, details)) == files
    assert {file.suffix for file in files} == {".eml"}
    assert states(store.ledger) == {ANN: "sent", BOB: "sent", CAROL: "sent"}


@pytest.mark.parametrize("smtp", [None, SmtpConfig(host="127.0.0.1", port=9)])
def test_without_recipients_the_edition_is_one_file(
    store: Store, pace: Pace, tmp_path: Path, smtp: SmtpConfig | None
) -> None:
    """The first run, before anything is configured, leaves a mail to look at, and asks no server."""
    mail = make_mail(smtp=smtp)
    with open_transport(mail, tmp_path, EDITION) as transport:
        (receipt,) = deliver(make_rendered(), mail, store, transport, pace)
    assert receipt.detail == str(tmp_path / EDITION / "edition.eml")
    assert b"To: digest@example.org\r\n" in (tmp_path / EDITION / "edition.eml").read_bytes()


def test_outbox_that_cannot_be_written_loses_nothing(store: Store, pace: Pace, tmp_path: Path) -> None:
    """A full or missing disk leaves the messages waiting, with the reason."""
    (tmp_path / "file").touch()
    with open_transport(ALL, tmp_path / "file", EDITION) as transport:
        seen = send(store, transport, pace)
    assert {state for state, _ in seen.values()} == {"pending"}
    assert "outbox cannot be written" in seen["carol"][1]


@given(st.text() | st.sampled_from(["../../etc/passwd", "/abs@x", "a\0b", "..", "x" * 500, "CON"]))
def test_recipient_never_becomes_a_path(recipient: str) -> None:
    """No address can write outside the edition's folder or give a name the file system refuses."""
    name = file_name(recipient, recipient)
    assert Path(name).name == name
    assert name.isascii()
    assert len(name) <= 80
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert name.count(".") == 1


def test_different_recipients_have_different_files() -> None:
    """Two addresses that look alike without their punctuation do not overwrite each other's mail."""
    made = make_messages("a.b@x.org", "a-b@x.org", "a@b.x.org", "A.B@x.org")
    assert len({file_name(one.recipient, one.message_id) for one in made}) == 3


def test_login_without_tls_is_refused(tmp_path: Path) -> None:
    """A password never goes over an open line."""
    smtp = SmtpConfig(host="127.0.0.1", security="none", user="me")
    with pytest.raises(ConfigError, match="encrypted"), open_transport(make_mail((ANN,), smtp), tmp_path, EDITION):
        pass


def test_missing_password_is_a_configuration_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forgotten password is told before any connection, not as a server's refusal."""
    monkeypatch.delenv("NEWSFOLD_SMTP_PASSWORD", raising=False)
    with pytest.raises(ConfigError, match="NEWSFOLD_SMTP_PASSWORD"):
        SmtpTransport(SmtpConfig(host="127.0.0.1", user="me"), "me@example.org", Outbox(tmp_path, EDITION))


def test_what_a_person_asks_for_goes_out_again(store: Store, pace: Pace) -> None:
    """Refused for good or in doubt, each only on a person's word; a receipt tells what this run did."""
    send(store, Scripted(ann=[REFUSED], bob=[IN_DOUBT]), pace)
    again = Scripted()
    receipts = deliver(make_rendered(), ALL, store, again, pace, retry=(DeliveryState.FAILED,))
    assert again.tried == ["ann"]
    assert [(one.state.value, one.earlier) for one in receipts] == [("sent", False), ("unknown", True), ("sent", True)]
    deliver(make_rendered(), ALL, store, again, pace, retry=(DeliveryState.UNKNOWN,))
    assert again.tried == ["ann", "bob"]


def test_what_a_dead_run_left_in_doubt_is_retried_at_once(store: Store, pace: Pace) -> None:
    """`--retry-unknown` right after a crash is enough; it need not be given twice."""
    enqueue(make_rendered(), ALL, store, NOW)
    store.ledger.mark(store.ledger.pending(EDITION)[0], DeliveryState.SENDING, "", NOW)
    transport = Scripted()
    receipts = deliver(make_rendered(), ALL, store, transport, pace, retry=(DeliveryState.UNKNOWN,))
    assert transport.tried == ["ann", "bob", "carol"]
    assert {receipt.state for receipt in receipts} == {DeliveryState.SENT}


def test_a_held_edition_keeps_what_is_in_doubt(store: Store, pace: Pace) -> None:
    """Nothing goes out, so what may have arrived must not become mail that waits and surely has not."""
    send(store, Scripted(bob=[IN_DOUBT]), pace)
    late = replace(pace, now=lambda: NOW + timedelta(days=2))
    transport = Scripted()
    receipts = deliver(make_rendered(), ALL, store, transport, late, retry=(DeliveryState.UNKNOWN,))
    assert [receipt.state.value for receipt in receipts] == ["sent", "unknown", "sent"]
    assert transport.tried == []


def test_a_server_that_never_answers_leaves_few_in_doubt(store: Store, pace: Pace, waits: list[float]) -> None:
    """A broken server must not turn a whole list into mail that nobody knows about: after three it is given time."""
    names = [f"reader{number}" for number in range(20)]
    transport = Scripted(**{name: [IN_DOUBT] for name in names})
    states = send(store, transport, pace, make_mail(tuple(f"{name}@example.org" for name in names)))
    assert [state for state, _ in states.values()] == ["unknown"] * 9 + ["pending"] * 11
    assert "did not answer to 3 messages in a row" in states["reader19"][1]
    assert len(waits) == 2


def test_one_message_in_doubt_holds_nobody_up(store: Store, pace: Pace, waits: list[float]) -> None:
    """Single losses on the way are no reason to wait."""
    names = [f"reader{number}" for number in range(20)]
    transport = Scripted(**{name: [IN_DOUBT] for name in names[::2]})
    states = send(store, transport, pace, make_mail(tuple(f"{name}@example.org" for name in names)))
    assert [state for state, _ in states.values()] == ["unknown", "sent"] * 10
    assert waits == []


def test_unreachable_server_needs_no_person(tmp_path: Path) -> None:
    """A refused connection is worth another try; nothing is marked as sent or being sent."""
    smtp = SmtpConfig(host="127.0.0.1", port=1, security="none")
    transport = SmtpTransport(smtp, "me@example.org", Outbox(tmp_path, EDITION))
    outcome = transport.send(Message(ANN, "<x@y>", b"To: a\r\n\r\n"), lambda: pytest.fail("nothing was sent"))
    assert (outcome.state, outcome.scope) == (DeliveryState.PENDING, Scope.SERVER)
    assert "127.0.0.1:1" in outcome.detail


@pytest.mark.parametrize("recipient", ["", "no address", "x@y\r\nRCPT TO:<z@y>", "<z@y>"])
def test_text_that_is_no_address_never_reaches_a_server(tmp_path: Path, recipient: str) -> None:
    """A damaged recipient list cannot inject SMTP commands; the message fails for good."""
    transport = SmtpTransport(SmtpConfig(host="127.0.0.1", port=1), "me@example.org", Outbox(tmp_path, EDITION))
    outcome = transport.send(Message(recipient, "<x@y>", b""), lambda: pytest.fail("nothing was sent"))
    assert (outcome.state, outcome.suppress) == (DeliveryState.FAILED, False)


def test_the_state_can_be_written_while_messages_are_made(
    store: Store, pace: Pace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who leaves by one click while thousands of messages are laid out and signed is not turned away."""
    (path,) = tmp_path.rglob("*.sqlite")
    made: list[str] = []

    def watched(rendered: Rendered, recipient: str, mail: MailConfig, *rest: object) -> Message:
        with closing(sqlite3.connect(path, timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
        made.append(recipient)
        return make_message(rendered, recipient, mail, *rest)  # type: ignore[arg-type]  # handed on as they came

    make_message = stage._message
    monkeypatch.setattr(stage, "_message", watched)
    monkeypatch.setattr(stage, "QUEUED_AT_ONCE", 2)
    send(store, Scripted(), pace)
    assert made == [ANN, BOB, CAROL]
    assert set(states(store.ledger).values()) == {"sent"}
