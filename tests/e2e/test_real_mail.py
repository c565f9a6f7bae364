"""Mail through the servers that sites run: Postfix takes it over TLS, Dovecot stores it, IMAP reads it back."""

from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

import mailhost
from keys import Kind, dkim_config, is_valid
from mailhost import MailHost
from pipeline.mail.dkim import Signer
from pipeline.stages.deliver import Pace, deliver, open_transport
from pipeline.store.core import Store
from sample_nights import DAY, NOW, make_mail, make_rendered

pytestmark = pytest.mark.skipif(bool(mailhost.missing()), reason=mailhost.missing())

TEXT = ".\n..\n.hidden\n\nFrom the start: a line that mailboxes used to change.\nCafé — Новости  \n" + "x" * 3000
PEOPLE = ("ann", "bob")


@pytest.fixture(scope="module")
def host() -> Iterator[MailHost]:
    """A running mail host with two mailboxes."""
    with MailHost(*PEOPLE) as started:
        yield started


@pytest.mark.parametrize(("kind", "before"), [("rsa", 0), ("ed25519", 1)])
def test_mail_arrives_as_it_was_signed(
    host: MailHost, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Kind, before: int
) -> None:
    """Each mailbox holds the ledger's bytes below the servers' own headers, read whole, with a signature that holds.

    An address that the host does not have is refused as such, and suppressed.
    """
    monkeypatch.setenv("SSL_CERT_FILE", str(host.certificate))
    signing = dkim_config(tmp_path, kind)
    recipients = tuple(f"{name}@{mailhost.DOMAIN}" for name in (*PEOPLE, "gone"))
    mail = make_mail(recipients, host.config()).model_copy(update={"dkim": (signing,)})
    rendered = make_rendered(subject="Überschrift — " * 9, text=TEXT, html=f"<pre>{TEXT}</pre>")
    with open_transport(mail, tmp_path / "outbox", DAY.isoformat()) as transport:
        receipts = deliver(rendered, mail, store, transport, Pace(now=lambda: NOW, sleep=lambda _: None))
    assert [receipt.state.value for receipt in receipts] == ["sent", "sent", "failed"], host.log()
    assert [one.recipient for one in store.ledger.suppressed_recipients()] == [f"gone@{mailhost.DOMAIN}"]
    for name, row in zip(PEOPLE, store.ledger.deliveries(DAY.isoformat()), strict=False):
        messages = host.mailbox(name, before + 1)
        assert len(messages) == before + 1, host.log()
        content = messages[-1]
        assert content.endswith(b"\r\n" + store.ledger.message(row).content)
        assert is_valid(content, Signer.load(signing))
        message = message_from_bytes(content, policy=default)
        assert (message["To"], message["Message-ID"]) == (row.recipient, row.message_id)
        plain = message.get_body(("plain",))
        assert plain is not None
        text = plain.get_content().replace("\r\n", "\n")
        assert text.startswith(TEXT)
        assert text.removeprefix(TEXT).split()[:4] == ["Unsubscribe", "from", "this", "list:"]
