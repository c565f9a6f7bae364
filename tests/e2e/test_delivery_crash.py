"""A run that is killed at the worst moment costs nobody a second message."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from mailserver import Fault, MailServer, Point
from pipeline.config import SmtpConfig
from pipeline.stages.deliver import Pace, deliver, open_transport
from pipeline.store.core import open_store
from sample_nights import DAY, NOW, make_mail, make_night, make_rendered, states

RECIPIENTS = ("ann@example.org", "bob@example.org", "carol@example.org")
REACH_SECONDS = 60
MANY_LINES = 80_000
"""More text than the sockets' buffers hold: a child is still sending when the server stops reading."""


def run_delivery(folder: Path, port: int, lines: int) -> None:
    """One run's delivery; a test's child process calls it by way of this file's last lines."""
    mail = make_mail(RECIPIENTS, SmtpConfig(host="127.0.0.1", port=port, security="none"))
    with (
        open_store(folder / "newsfold.db") as store,
        open_transport(mail, folder / "outbox", DAY.isoformat()) as transport,
    ):
        deliver(make_rendered(text=("x" * 70 + "\n") * lines), mail, store, transport, Pace(now=lambda: NOW))


@pytest.mark.parametrize(
    ("point", "bob"),
    [("rcpt", "sent"), ("text", "unknown"), ("end", "unknown")],
    ids=["before-the-message", "in-the-message", "after-the-final-dot"],
)
def test_killed_run_sends_nothing_twice(tmp_path: Path, point: Point, bob: str) -> None:
    """kill -9, then a second run: what may have arrived is unknown, the others get their one message."""
    with open_store(tmp_path / "newsfold.db") as store:
        store.save_night(make_night())
    with MailServer({"bob": [Fault(point, hold=True)]}, data_size_limit=None) as server:
        lines = MANY_LINES if point == "text" else 1
        kill_when_reached(server, tmp_path, lines)
        server.faults.clear()
        server.release.set()
        run_delivery(tmp_path, server.port, lines)
        with open_store(tmp_path / "newsfold.db") as store:
            assert states(store.ledger) == dict(zip(RECIPIENTS, ("sent", bob, "sent"), strict=True))
    counts = Counter(server.recipients())
    assert max(counts.values()) == 1
    assert set(counts) == ({"ann", "carol"} if point == "text" else {"ann", "bob", "carol"})


def kill_when_reached(server: MailServer, folder: Path, lines: int) -> None:
    """Start a delivery in a child process and kill it when the server says that the moment has come."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, __file__, str(folder), str(server.port), str(lines)]
    with subprocess.Popen(command, env=environment) as child:
        try:
            assert server.reached.wait(REACH_SECONDS)
        finally:
            child.kill()
        assert child.wait() == -signal.SIGKILL


if __name__ == "__main__":
    run_delivery(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
