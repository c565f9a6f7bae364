"""Two hundred deliveries killed at moments chosen by chance: nobody gets a message twice, none is lost unnoticed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Self

import pytest

from mailserver import MailServer
from pipeline.config import SmtpConfig
from pipeline.stages.deliver import Pace, deliver, open_transport
from pipeline.store.core import open_store
from sample_nights import DAY, NOW, make_mail, make_night, make_rendered, states

KILLS = 200
NAMES = ("ann", "bob", "carol")


def run_delivery(folder: Path, port: int) -> None:
    """One run's delivery to three readers whose addresses hold the folder's name."""
    people = tuple(f"{name}-{folder.name}@example.org" for name in NAMES)
    mail = make_mail(people, SmtpConfig(host="127.0.0.1", port=port, security="none"))
    with (
        open_store(folder / "newsfold.db") as store,
        open_transport(mail, folder / "outbox", DAY.isoformat()) as transport,
    ):
        deliver(make_rendered(), mail, store, transport, Pace(now=lambda: NOW, sleep=lambda _: None))


class Runner:
    """A process that has imported everything and forks itself for each delivery, so that killing one is cheap."""

    def __init__(self, port: int) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(port)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, folder: Path, kill_after: float | None = None) -> tuple[float, bool]:
        """Deliver, killed -9 after so many seconds if it lasts that long; seconds it lived, and whether it was."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{'' if kill_after is None else kill_after}\t{folder}\n")
        self._process.stdin.flush()
        seconds, status = self._process.stdout.readline().split()
        assert status in ("0", str(signal.SIGKILL))
        return float(seconds), status != "0"


def fork_for_each_line(port: int) -> None:
    """What the runner's process does until its input ends."""
    for line in sys.stdin:
        kill_after, _, folder = line.rstrip("\n").partition("\t")
        start = time.perf_counter()
        child = os.fork()
        if not child:
            run_delivery(Path(folder), port)
            os._exit(0)
        if kill_after:
            time.sleep(float(kill_after))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{time.perf_counter() - start} {status}\n")
        sys.stdout.flush()


@pytest.mark.slow
def test_random_kills(tmp_path: Path) -> None:
    """After a killed run and a whole one every reader got one message, or none and the ledger says it is in doubt."""
    template = tmp_path / "template"
    template.mkdir()
    with open_store(template / "newsfold.db") as store:
        store.save_night(make_night())
    random = Random(20261124)  # noqa: S311 - a fixed order is the point
    found: dict[str, str] = {}
    left_by_kills: Counter[str] = Counter()
    killed = 0
    with MailServer() as server, Runner(server.port) as runner:
        whole, _ = runner.run(shutil.copytree(template, tmp_path / "whole"))
        for number in range(KILLS):
            folder = shutil.copytree(template, tmp_path / str(number))
            _, was_killed = runner.run(folder, random.uniform(0, whole))
            killed += was_killed
            with open_store(folder / "newsfold.db") as store:
                left_by_kills.update(states(store.ledger).values())
            runner.run(folder)
            with open_store(folder / "newsfold.db") as store:
                found |= states(store.ledger)
    arrived = Counter(server.recipients())
    del arrived["ann-whole"], arrived["bob-whole"], arrived["carol-whole"]
    assert killed > KILLS / 2
    assert {"pending", "sent"} <= set(left_by_kills)
    assert len(found) == KILLS * len(NAMES)
    assert set(found.values()) <= {"sent", "unknown"}
    assert {name for name, count in arrived.items() if count != 1} == set()
    missing = {address for address in found if address.partition("@")[0] not in arrived}
    assert {found[address] for address in missing} <= {"unknown"}


if __name__ == "__main__":
    fork_for_each_line(int(sys.argv[1]))
