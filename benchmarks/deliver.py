"""Deliver one edition to many recipients over loopback: messages a second, and whether memory stays flat.

    python benchmarks/deliver.py [--recipients 10000] [--dkim rsa]

The server is aiosmtpd in a process of its own that takes every message and keeps none. Queueing builds, signs and
stores the messages; sending is the SMTP dialogue, the outbox file and four synced changes of the ledger a message.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.queues import Queue
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from harness import head
from pipeline.config import DkimConfig, MailConfig, ReaderConfig, SmtpConfig
from pipeline.records import Counts, Edition, Rendered
from pipeline.stages.deliver import Pace, deliver, enqueue, open_transport
from pipeline.store.core import open_store
from pipeline.store.rows import Night

HTML_BYTES, TEXT_BYTES = 60_000, 12_000
"""An edition of thirty stories."""


class Taker:
    """Takes every message."""

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """aiosmtpd: the whole message."""
        return "250 2.0.0 taken"


def serve(ports: "Queue[int]") -> None:
    """Run the server, and say on which port."""
    for port in range(20_025, 20_525):
        controller = Controller(Taker(), hostname="127.0.0.1", port=port)
        try:
            controller.start()
        except OSError:
            continue
        ports.put(port)
        break
    time.sleep(86_400)


@contextmanager
def server() -> Iterator[int]:
    """The port of a server that runs in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ports: Queue[int] = context.Queue()
    process = context.Process(target=serve, args=(ports,), daemon=True)
    process.start()
    try:
        yield ports.get(timeout=60)
    finally:
        process.terminate()


def signing(folder: Path, kind: str) -> tuple[DkimConfig, ...]:
    """A new key of a kind, as configured; none for `none`."""
    if kind == "none":
        return ()
    key = Ed25519PrivateKey.generate() if kind == "ed25519" else generate_private_key(65537, 2048)
    path = folder / "dkim.pem"
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return (DkimConfig(domain="example.org", selector="news", private_key_file=path),)


def peak_mib() -> float:
    """The most memory this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def sample(now: Pace) -> tuple[Night, Rendered]:
    """A saved night with an edition of the usual size."""
    cutoff = now.now()
    line = "The harbour board voted on Tuesday to reopen the northern quay after repairs.\n"
    text, html = line * (TEXT_BYTES // len(line)), f"<p>{line}</p>" * (HTML_BYTES // (len(line) + 7))
    rendered = Rendered(cutoff.date().isoformat(), "The quay reopens", cutoff, html, text, "<p>page</p>")
    counts = Counts(items=0, rejected=0, seen=0, articles=0, copies=0, stories=0)
    edition = Edition("Newsfold", cutoff.date(), cutoff, (), (), counts, (), ())
    return Night(edition, rendered, (), ()), rendered


def measure(recipients: int, kind: str) -> None:
    """Deliver, and print one line for queueing and one for sending."""
    pace = Pace()
    with tempfile.TemporaryDirectory() as name, server() as port, open_store(Path(name) / "state.sqlite") as store:
        night, rendered = sample(pace)
        store.save_night(night)
        mail = MailConfig(
            sender="desk@example.org",
            recipients=tuple(ReaderConfig(address=f"reader{number}@example.org") for number in range(recipients)),
            unsubscribe_mailto="leave@example.org",
            unsubscribe_url="https://example.org/leave?t=",
            smtp=SmtpConfig(host="127.0.0.1", port=port, security="none"),
            dkim=signing(Path(name), kind),
        )
        start, before = time.perf_counter(), peak_mib()
        enqueue(rendered, mail, store, pace.now() + timedelta(seconds=1))
        queued, between = time.perf_counter(), peak_mib()
        with open_transport(mail, Path(name) / "outbox", rendered.edition) as transport:
            receipts = deliver(rendered, mail, store, transport, pace)
        sent = time.perf_counter()
    unsent = [receipt for receipt in receipts if receipt.state.value != "sent"]
    if unsent:
        raise SystemExit(f"{len(unsent)} messages were not sent: {unsent[0].detail}")
    print(f"recipients {recipients}, DKIM {kind}, {len(rendered.html) + len(rendered.text)} characters an edition")
    print(f"queue  {recipients / (queued - start):8.0f} messages/s  peak memory {before:.0f} -> {between:.0f} MiB")
    print(f"send   {recipients / (sent - queued):8.0f} messages/s  peak memory {between:.0f} -> {peak_mib():.0f} MiB")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--dkim", choices=("none", "rsa", "ed25519"), default="rsa")
    chosen = parser.parse_args()
    print(head("cryptography"))
    measure(chosen.recipients, chosen.dkim)


if __name__ == "__main__":
    main()
