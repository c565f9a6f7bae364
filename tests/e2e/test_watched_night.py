"""The real command with all who watch it: log, figures and pings of good nights, failed ones and killed ones."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from made_nights import LINES, write_lines
from pipeline.store.lock import run_lock
from webserver import Answer, Fault, WebServer, silent, web_server

NEWSFOLD = str(Path(sys.executable).with_name("newsfold"))
SECRET = "6f9c2d-do-not-tell"
NIGHT = ("--date", "2026-03-10")


class Pinged(dict[str, Answer | Fault]):
    """The pages of a service that takes every ping below its address."""

    def get(self, path: str, default: object = None) -> object:  # type: ignore[override]  # one kind of page is enough
        """Thanks for a ping, what was set for others."""
        return Answer(b"OK") if path.startswith(f"/{SECRET}") else super().get(path, default)


@pytest.fixture
def server() -> Iterator[WebServer]:
    """A server for pings and for a feed."""
    with web_server() as started:
        started.pages = Pinged()  # type: ignore[assignment]  # it is asked like one
        yield started


@pytest.fixture
def config(tmp_path: Path, server: WebServer) -> Path:
    """A night of a folder and of a feed, watched in every way."""
    write_lines(tmp_path / "in" / "day.jsonl", LINES)
    return write(tmp_path, server, "")


def write(folder: Path, server: WebServer, more: str) -> Path:
    """The configuration with more in it."""
    path = folder / "newsfold.toml"
    path.write_text(
        f"data_dir = 'state'\n[[sources]]\npath = 'in'\n[digest]\nmodel = 'none'\n"
        f"[watch]\nmetrics_file = 'prom/newsfold.prom'\nping_url = '{server.url(f'/{SECRET}')}'\n{more}",
        encoding="utf-8",
    )
    return path


def run(config: Path, *options: str) -> tuple[int, list[Mapping[str, object]]]:
    """The command's exit code and its log. Whatever happens, each line is one object, and no secret is in it."""
    command = [NEWSFOLD, "run", "-c", str(config), *NIGHT, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert SECRET not in done.stderr + done.stdout
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert len({line["run"] for line in lines}) == 1
    return done.returncode, lines


def figures(config: Path) -> dict[str, float]:
    """The figures by name and label values."""
    text = (config.parent / "prom" / "newsfold.prom").read_text(encoding="utf-8")
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {" ".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}


def pings(server: WebServer) -> list[tuple[str, str]]:
    """The pings that came: which, and for which run."""
    found = [request.path.partition("?rid=") for request in server.requests if SECRET in request.path]
    return [(path.removeprefix(f"/{SECRET}"), name) for path, _, name in found]


def test_a_good_night_and_a_second_one(config: Path, server: WebServer) -> None:
    """Start and success with the log's own id, every stage with its seconds, the counts of edition and mail."""
    code, log = run(config)
    assert code == 0
    name = log[0]["run"]
    assert pings(server) == [("/start", name), ("", name)]
    stages = [line["stage"] for line in log if line["event"] == "ended"]
    assert {"fetch", "clean", "dedupe", "cluster", "summarise", "render", "save", "publish", "deliver"} <= set(stages)
    assert stages[-1] == "night"
    found = figures(config)
    assert (found["newsfold_last_run_success"], found["newsfold_last_run_exit_code"]) == (1, 0)
    assert (found["newsfold_edition_articles"], found["newsfold_edition_copies"]) == (4, 1)
    assert found["newsfold_stage_items clean articles"] == 4
    assert found["newsfold_mails sent"] == 1
    assert found["newsfold_peak_memory_bytes main"] > 10_000_000
    assert all(f"newsfold_stage_duration_seconds {stage}" in found for stage in stages)
    again, _ = run(config)
    assert again == 4
    assert [path for path, _ in pings(server)[2:]] == ["/start", ""]
    assert figures(config)["newsfold_edition_articles"] == 4


def test_a_failed_night_says_so_and_how_the_log_ended(config: Path, server: WebServer, tmp_path: Path) -> None:
    """Exit 1: a ping with code and log, figures with the last success kept, one line of the log that says why."""
    run(config)
    before = figures(config)["newsfold_last_success_timestamp_seconds"]
    write(tmp_path, server, "[[sources]]\npath = 'gone'\nrequired = true\n")
    code, log = run(config, "--date", "2026-03-11")
    assert code == 1
    (line,) = [line for line in log if line["level"] == "error" and "stage" not in line]
    assert "gone: not found" in str(line["event"])
    assert pings(server)[-1][0] == "/fail"
    body = server.requests[-1].body.decode()
    assert body.startswith("exit code 1\n")
    assert "gone: not found" in body
    assert SECRET not in body
    found = figures(config)
    assert (found["newsfold_last_run_success"], found["newsfold_last_run_exit_code"]) == (0, 1)
    assert found["newsfold_last_success_timestamp_seconds"] == before < found["newsfold_last_run_timestamp_seconds"]


def test_a_run_that_finds_another_at_work_keeps_quiet(config: Path, server: WebServer, tmp_path: Path) -> None:
    """Exit 5 at once, with the holder named; neither pings nor figures, which belong to the other run."""
    with run_lock(tmp_path / "state"):
        code, log = run(config)
    assert code == 5
    assert f"process {os.getpid()} on " in "".join(str(line["event"]) for line in log)
    assert pings(server) == []
    assert not (tmp_path / "prom").exists()


def test_trials_are_not_told(config: Path, server: WebServer, tmp_path: Path) -> None:
    """Neither a dry run nor a part of a night is what the watchers wait for."""
    assert (run(config, "--dry-run")[0], run(config, "--until", "clean")[0]) == (0, 0)
    assert pings(server) == []
    assert not (tmp_path / "prom").exists()


def test_watchers_that_fail_do_not_fail_the_night(config: Path, server: WebServer, tmp_path: Path) -> None:
    """A service that is down and a folder that cannot be written are two warnings each night, and no more."""
    (tmp_path / "prom").write_text("a file where a folder should be", encoding="utf-8")
    server.close()
    code, log = run(config)
    assert code == 0
    warned = [str(line["event"]).partition(" ")[0] for line in log if line["level"] == "warning"]
    assert warned == ["watch.ping_url:", "watch.metrics_file", "watch.ping_url:"]


def test_a_night_that_is_told_to_end_is_a_failed_one(server: WebServer, tmp_path: Path) -> None:
    """SIGTERM while a feed does not answer: the ping, the figures and the log say so, and the lock is free."""
    server.pages["/feed"] = Fault(silent)
    feed = f"[[sources]]\nurl = '{server.url('/feed')}'\n[fetch]\nallow_private = ['127.0.0.1']\ntimeout_seconds = 5\n"
    config = write(tmp_path, server, feed)
    write_lines(tmp_path / "in" / "day.jsonl", LINES)
    with subprocess.Popen([NEWSFOLD, "run", "-c", str(config), *NIGHT], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            told = json.loads(line)
            if (told["event"], told.get("stage")) == ("started", "fetch"):
                break
        process.send_signal(signal.SIGTERM)
        rest = [json.loads(line) for line in process.stderr]
    assert process.returncode == 128 + signal.SIGTERM
    assert "told to end" in [line["event"] for line in rest]
    assert pings(server)[-1][0] == "/fail"
    assert figures(config)["newsfold_last_run_exit_code"] == 128 + signal.SIGTERM
    with run_lock(tmp_path / "state"):
        pass
