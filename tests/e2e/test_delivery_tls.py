"""Mail goes over TLS with a checked certificate, and a password only there."""

import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from mailserver import MailServer
from pipeline.config import SmtpConfig
from pipeline.records import Receipt
from pipeline.stages.deliver import Pace, deliver, open_transport
from pipeline.store.core import Store
from sample_nights import DAY, NOW, make_mail, make_rendered

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command for a certificate")


def make_context(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context with a new self-signed certificate for `name`, and the certificate's file."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=test", "-addext", f"subjectAltName={name}", "-keyout", str(key), "-out", str(certificate),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A context whose certificate fits the server and is trusted."""
    context, certificate = make_context(tmp_path, "IP:127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return context


def send(store: Store, folder: Path, smtp: SmtpConfig) -> tuple[Receipt, ...]:
    """Deliver the sample edition to two recipients, never waiting."""
    mail = make_mail(("ann@example.org", "bob@example.org"), smtp)
    with open_transport(mail, folder / "outbox", DAY.isoformat()) as transport:
        return deliver(make_rendered(), mail, store, transport, Pace(now=lambda: NOW, sleep=lambda _: None))


def authenticator(password: bytes) -> Any:  # noqa: ANN401 - aiosmtpd's callback
    """Accepts one password, only over TLS."""

    def check(_server: object, session: Any, _envelope: object, _mechanism: str, login: Any) -> AuthResult:  # noqa: ANN401 - aiosmtpd's types
        return AuthResult(success=session.ssl is not None and login.password == password, handled=False)

    return check


def test_starttls_with_login(
    store: Store, tmp_path: Path, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The common case: port 587, STARTTLS, then the login (RFC 3207, RFC 4954)."""
    monkeypatch.setenv("NEWSFOLD_SMTP_PASSWORD", "s3cret")
    parameters = {"auth_required": True, "require_starttls": True, "authenticator": authenticator(b"s3cret")}
    with MailServer(tls_context=tls, **parameters) as server:
        receipts = send(store, tmp_path, server.config(security="starttls", user="me"))
    assert [receipt.state.value for receipt in receipts] == ["sent", "sent"]
    assert server.recipients() == ["ann", "bob"]


def test_tls_from_the_first_byte(store: Store, tmp_path: Path, tls: ssl.SSLContext) -> None:
    """The other common case: port 465 (RFC 8314)."""
    with MailServer(ssl_context=tls) as server:
        receipts = send(store, tmp_path, server.config(security="tls"))
    assert [receipt.state.value for receipt in receipts] == ["sent", "sent"]


def test_wrong_password_leaves_all_waiting(
    store: Store, tmp_path: Path, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused login is tried once, named, and never shows the password."""
    monkeypatch.setenv("NEWSFOLD_SMTP_PASSWORD", "wr0ng")
    with MailServer(tls_context=tls, auth_required=True, authenticator=authenticator(b"s3cret")) as server:
        receipts = send(store, tmp_path, server.config(security="starttls", user="me"))
    assert [receipt.state.value for receipt in receipts] == ["pending", "pending"]
    assert all("535" in receipt.detail and "wr0ng" not in receipt.detail for receipt in receipts)
    assert server.connections == 1


@pytest.mark.parametrize("trusted", [True, False], ids=["other-name", "not-trusted"])
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_wrong_certificate_is_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool, security: str
) -> None:
    """A server that cannot prove its name gets neither the mail nor a login; everything waits with the reason."""
    context, certificate = make_context(tmp_path, "DNS:other.example" if trusted else "IP:127.0.0.1")
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    parameters = {"tls_context" if security == "starttls" else "ssl_context": context}
    with MailServer(None, **parameters) as server:
        receipts = send(store, tmp_path, server.config(security=security))
    assert [receipt.state.value for receipt in receipts] == ["pending", "pending"]
    assert all("certificate verify failed" in receipt.detail for receipt in receipts)
    assert server.received == []


def test_missing_starttls_is_refused(store: Store, tmp_path: Path) -> None:
    """A server, or someone in between, that offers no STARTTLS does not get the mail in the clear."""
    with MailServer() as server:
        receipts = send(store, tmp_path, server.config(security="starttls"))
    assert [receipt.state.value for receipt in receipts] == ["pending", "pending"]
    assert "STARTTLS" in receipts[0].detail
    assert server.received == []
