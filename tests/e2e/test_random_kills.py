"""Two hundred deliveries killed at moments chosen by chance: nobody gets a message twice, none is lost unnoticed."""

import shutil
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from forks import Runner, fork_for_each_line
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
    with MailServer() as server, Runner(__file__, str(server.port)) as runner:
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
    server_port = int(sys.argv[1])
    fork_for_each_line(lambda folder: run_delivery(folder, server_port))
