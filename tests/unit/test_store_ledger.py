"""The ledger lets no message go out twice and loses none."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import StoreError
from pipeline.records import DeliveryState
from pipeline.store.core import open_store
from pipeline.store.ledger import Ledger
from sample_nights import DAY, LIST, NOW, make_messages, make_night, states

EDITION = DAY.isoformat()
PENDING, SENDING, SENT, FAILED, WITHDRAWN, UNKNOWN = DeliveryState


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_store(tmp_path / "newsfold.db") as store:
        store.save_night(make_night())
        store.ledger.enqueue(EDITION, LIST, make_messages("ann@example.org", "bob@example.org"), NOW)
        yield store.ledger


def test_enqueue_twice_changes_nothing(ledger: Ledger) -> None:
    """A message's bytes and state are frozen when first queued, however the recipient is spelt later."""
    first = ledger.deliveries(EDITION)
    ledger.mark(first[0], SENDING, "", NOW)
    before = ledger.deliveries(EDITION)
    changed = [replace(message, content=b"changed") for message in make_messages("ann@example.org", "BOB@example.org")]
    ledger.enqueue(EDITION, LIST, changed, NOW)
    assert ledger.deliveries(EDITION) == before
    assert [ledger.message(row).content for row in before] == [
        message.content for message in make_messages("ann@example.org", "bob@example.org")
    ]


def test_enqueue_is_all_or_nothing(ledger: Ledger) -> None:
    """A failure while messages are built leaves no half-filled queue."""

    def broken() -> Iterator[object]:
        yield make_messages("carol@example.org")[0]
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        ledger.enqueue(EDITION, LIST, broken(), NOW)  # type: ignore[arg-type]  # breaks off on purpose
    assert "carol@example.org" not in states(ledger)


def test_edition_must_be_saved_first(ledger: Ledger) -> None:
    """No mail can be queued for an edition that a crash could lose."""
    with pytest.raises(StoreError):
        ledger.enqueue("2026-12-31", LIST, make_messages("ann@example.org"), NOW)


def test_recover_marks_what_was_going_out_as_unknown(ledger: Ledger) -> None:
    """After a crash, a message that may have arrived is never resent by itself; the others stay as they were."""
    ann, bob = ledger.pending(EDITION)
    ledger.mark(ann, SENDING, "", NOW)
    assert ledger.recover(EDITION, NOW) == 1
    assert states(ledger) == {ann.recipient: "unknown", bob.recipient: "pending"}
    assert ledger.recover(EDITION, NOW) == 0


def test_person_can_force_an_unknown_message_but_not_a_sent_one(ledger: Ledger) -> None:
    """Forcing goes by what the ledger says now, not by what the caller read earlier."""
    ann, bob = ledger.pending(EDITION)
    for row, end in ((ann, UNKNOWN), (bob, SENT)):
        ledger.mark(row, SENDING, "", NOW)
        ledger.mark(row, end, "because", NOW)
    ledger.force(replace(ann, state=UNKNOWN), NOW)
    with pytest.raises(StoreError, match="is sent"):
        ledger.force(replace(bob, state=UNKNOWN), NOW)
    assert states(ledger) == {ann.recipient: "pending", bob.recipient: "sent"}


def test_suppression_ignores_case_and_keeps_its_first_reason(ledger: Ledger) -> None:
    """An address that said no once gets nothing in any spelling, and the reason stays traceable."""
    ledger.suppress("Ann@example.org", "unsubscribed", NOW)
    ledger.suppress("ann@EXAMPLE.org", "bounced", NOW)
    (only,) = ledger.suppressed_recipients()
    assert (only.recipient, only.reason, only.since) == ("Ann@example.org", "unsubscribed", NOW)
    assert ledger.suppression("ANN@example.org") == only
    assert ledger.suppression("bob@example.org") is None


def test_attempts_are_counted(ledger: Ledger) -> None:
    """`status` can say how often a message was tried."""
    ann, _ = ledger.pending(EDITION)
    ledger.attempt(ann, NOW)
    ledger.attempt(ann, NOW)
    assert [row.attempts for row in ledger.deliveries(EDITION)] == [2, 0]


STEPS = {
    PENDING: {PENDING, SENDING, FAILED, WITHDRAWN},
    SENDING: {PENDING, SENT, FAILED, UNKNOWN},
    SENT: set(),
    FAILED: set(),
    WITHDRAWN: set(),
    UNKNOWN: set(),
}


@pytest.mark.parametrize("before", DeliveryState)
@pytest.mark.parametrize("after", DeliveryState)
def test_only_the_drawn_steps_are_possible(ledger: Ledger, before: DeliveryState, after: DeliveryState) -> None:
    """The picture in the ledger's docstring is the whole truth."""
    ann, _ = ledger.pending(EDITION)
    for state in {PENDING: [], SENDING: [SENDING], WITHDRAWN: [WITHDRAWN]}.get(before, [SENDING, before]):
        ledger.mark(ann, state, "", NOW)
    try:
        ledger.mark(ann, after, "", NOW)
        allowed = True
    except StoreError:
        allowed = False
    assert allowed == (after in STEPS[before])
    assert states(ledger)[ann.recipient] == (after if allowed else before)


@settings(max_examples=50)
@given(st.lists(st.sampled_from([*DeliveryState, "force", "recover", "enqueue"]), max_size=12))
def test_sent_is_final(steps: list[DeliveryState | str]) -> None:
    """Whatever is called in whatever order, a message that was sent stays sent, and only gets there by `sending`."""
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "newsfold.db") as store:
        store.save_night(make_night())
        store.ledger.enqueue(EDITION, LIST, make_messages("ann@example.org"), NOW)
        trail = [PENDING]
        for step in steps:
            _try(store.ledger, step)
            (row,) = store.ledger.deliveries(EDITION)
            trail.append(row.state)
        for before, after in pairwise(trail):
            assert before is not SENT or after is SENT
            assert after is not SENT or before in (SENT, SENDING)
            assert after is not UNKNOWN or before in (UNKNOWN, SENDING)
            assert after is not SENDING or before in (PENDING, SENDING)


def _try(ledger: Ledger, step: DeliveryState | str) -> None:
    """Take one step, allowed or not."""
    (row,) = ledger.deliveries(EDITION)
    try:
        if isinstance(step, DeliveryState):
            ledger.mark(row, step, "", NOW)
        elif step == "force":
            ledger.force(row, NOW)
        elif step == "recover":
            ledger.recover(EDITION, NOW)
        else:
            ledger.enqueue(EDITION, LIST, make_messages("ann@example.org"), NOW)
    except StoreError:
        assert ledger.deliveries(EDITION) == (row,)
