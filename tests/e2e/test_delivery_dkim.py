"""What a server receives carries a signature that another library accepts, and only as it was signed."""

import re
from pathlib import Path

import pytest

from keys import Kind, dkim_config, is_valid
from mailserver import Fault, MailServer
from pipeline.config import DkimConfig
from pipeline.mail.dkim import SIGNED, Signer
from pipeline.mail.outbox import file_name
from pipeline.stages.deliver import Pace, deliver, open_transport
from pipeline.store.core import Store
from sample_nights import DAY, NOW, make_mail, make_rendered

TEXT = "A line.  \n.\n\n\twith a tab \nCafé — Новости\n\n\n"


def received(
    store: Store,
    folder: Path,
    signing: DkimConfig | tuple[DkimConfig, ...],
    *recipients: str,
    faults: dict[str, list[Fault]] | None = None,
) -> list[bytes]:
    """The sample edition as a server takes it."""
    with MailServer(faults, enable_SMTPUTF8=True) as server:
        mail = make_mail(recipients, server.config()).model_copy(
            update={"dkim": signing if isinstance(signing, tuple) else (signing,)}
        )
        with open_transport(mail, folder / "outbox", DAY.isoformat()) as transport:
            rendered = make_rendered(subject="Überschrift " * 12, text=TEXT, html=f"<p>{TEXT}</p>")
            deliver(rendered, mail, store, transport, Pace(now=lambda: NOW, sleep=lambda _: None))
    return [content for _, content in server.received]


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_signature_holds_after_transport(store: Store, tmp_path: Path, kind: Kind) -> None:
    """Dots doubled and undone, folded headers, any script: the receiver's check passes for each recipient."""
    signing = dkim_config(tmp_path, kind)
    messages = received(store, tmp_path, signing, "ann@example.org", "jörg@example.org")
    assert len(messages) == 2
    assert all(is_valid(content, Signer.load(signing)) for content in messages)
    tags = messages[0].partition(b"\r\nFrom:")[0].lower()
    assert tags.count(b"list-unsubscribe :") + tags.count(b"list-unsubscribe-post :") >= 3
    assert tags.count(b"from :") == 2
    assert max(len(line) for line in messages[0].split(b"\r\n")) <= 998


def test_whatever_is_changed_on_the_way_breaks_the_signature(store: Store, tmp_path: Path) -> None:
    """Each signed header changed, removed or added once more, and the body: the check fails."""
    signing = dkim_config(tmp_path)
    signer = Signer.load(signing)
    (content,) = received(store, tmp_path, signing, "ann@example.org")
    start = content.index(b"\r\nFrom:") + 2
    for name in SIGNED:
        added = content[:start] + f"{name}: x@evil.example\r\n".encode() + content[start:]
        assert not is_valid(added, signer), f"{name} added"
        field = re.search(rb"(?m)^%b: (?:.*\r\n)(?:[ \t].*\r\n)*" % name.encode(), content)
        if field is not None:
            assert not is_valid(content[: field.start()] + content[field.end() :], signer), f"{name} removed"
            value = field.start() + len(name) + 2
            assert not is_valid(content[:value] + b"x" + content[value:], signer), f"{name} changed"
    assert not is_valid(content[:-60] + b"x" + content[-60:], signer), "body changed"
    assert is_valid(content, signer)


def test_the_ledger_and_the_outbox_hold_what_was_signed(store: Store, tmp_path: Path) -> None:
    """A message put off goes out with its first signature, even when the key has changed by then."""
    first = dkim_config(tmp_path)
    assert received(store, tmp_path, first, "ann@example.org", faults={"*": [Fault("mail", "550 5.1.8 no")]}) == []
    (content,) = received(store, tmp_path, dkim_config(tmp_path, "ed25519"), "ann@example.org")
    (row,) = store.ledger.deliveries(DAY.isoformat())
    assert content == store.ledger.message(row).content
    assert content == (tmp_path / "outbox" / DAY.isoformat() / file_name(row.recipient, row.message_id)).read_bytes()
    assert is_valid(content, Signer.load(first))


def test_two_keys_sign_side_by_side(store: Store, tmp_path: Path) -> None:
    """RFC 8463 section 3: a receiver that knows one algorithm alone finds its signature, whichever it is."""
    keys = (dkim_config(tmp_path, selector="rsa"), dkim_config(tmp_path, "ed25519", selector="ed"))
    (content,) = received(store, tmp_path, keys, "ann@example.org")
    assert content.count(b"DKIM-Signature: ") == 2
    for number, key in enumerate(reversed(keys)):
        assert is_valid(content, Signer.load(key), number)
        assert not is_valid(content, Signer.load(key), 1 - number)
        assert not is_valid(content[:-60] + b"x" + content[-60:], Signer.load(key), number)
