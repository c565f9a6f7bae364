"""The commands for people: what they show, where they show it, and how they end."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from commands import newsfold
from made_nights import write_config
from mailserver import Fault, MailServer
from pipeline.store.lock import run_lock
from sites import dead_links

NIGHT = ("--date", "2026-03-10")


@pytest.fixture
def made(home: Path) -> Path:
    """The same after a night."""
    assert newsfold("run", *NIGHT).exit_code == 0
    return home


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server that refuses bob for good."""
    with MailServer({"bob": [Fault("rcpt", reply="550 5.1.1 no such user")]}) as started:
        yield started


def with_mail(home: Path, model: Path, port: int, *recipients: str) -> None:
    """Add recipients and the server to the configuration."""
    smtp = f"[mail.smtp]\nhost = '127.0.0.1'\nport = {port}\nsecurity = 'none'\n"
    write_config(home / "newsfold.toml", model, Path("in"), more=f"[mail]\nrecipients = {list(recipients)}\n{smtp}")


def test_run_makes_the_edition_once(home: Path) -> None:
    """Exit 0 with the edition on standard output; 4 when it had been made before."""
    first = newsfold("run", *NIGHT)
    assert first.exit_code == 0, first.output
    assert "4 articles, 1 copy folded, 2 stories" in first.stdout
    assert "edition 2026-03-10: " in first.stdout
    told = [json.loads(line) for line in first.stderr.splitlines()]
    assert told[-1]["event"] == "run ended with exit code 0"
    assert len({line["run"] for line in told}) == 1
    assert (home / "state" / "archive" / "2026-03-10.html").is_file()
    second = newsfold("run", *NIGHT)
    assert second.exit_code == 4
    assert "articles" not in second.stdout


def test_run_tells_of_missing_sources(home: Path, tiny_causal: Path) -> None:
    """Exit 3: the edition is made of what there is."""
    write_config(home / "newsfold.toml", tiny_causal, Path("in"), Path("gone"))
    assert newsfold("run", *NIGHT).exit_code == 3
    assert newsfold("run", "--dry-run", "--date", "2026-03-11").exit_code == 3


def test_run_waits_for_nobody(home: Path) -> None:
    """Exit 5 while another run is at work, with one line on standard error."""
    (home / "state").mkdir()
    with FileLock(home / "state" / "newsfold.lock"):
        done = newsfold("run", *NIGHT)
    assert done.exit_code == 5
    assert done.stdout == ""
    assert "another run is at work" in done.stderr


@pytest.mark.usefixtures("made")
def test_a_night_of_nothing_is_code_4() -> None:
    """Exit 4 when nothing new came in."""
    assert newsfold("run", "--dry-run", "--date", "2026-03-11").exit_code == 4
    assert newsfold("run", "--date", "2026-03-11").exit_code == 4


def test_mail_that_cannot_be_sent_is_code_1(home: Path, tiny_causal: Path, server: MailServer) -> None:
    """The others get theirs, and the refused one is named."""
    with_mail(home, tiny_causal, server.port, "ann@example.org", "bob@example.org")
    done = newsfold("run")
    assert done.exit_code == 1
    assert server.recipients() == ["ann"]
    assert "mail failed to bob@example.org: " in done.stdout
    assert "mail sent to ann@example.org" in done.stdout


def test_send_tells_what_it_did(home: Path, tiny_causal: Path) -> None:
    """What went out now is told from what had gone out before; what was refused for good goes out when asked for."""
    with MailServer({"bob": [Fault("rcpt", reply="554 5.7.1 relay access denied")]}) as server:
        with_mail(home, tiny_causal, server.port, "ann@example.org", "bob@example.org")
        assert "mail sent to ann@example.org" in newsfold("run").stdout
        done = newsfold("send")
        assert (done.exit_code, server.recipients()) == (1, ["ann"])
        failed = "1 failed (newsfold send --retry-failed)"
        assert done.stdout.splitlines()[-1] == f"mail: 0 sent now, 1 sent before, {failed}"
        again = newsfold("send", "--retry-failed")
        assert (again.exit_code, server.recipients()) == (0, ["ann", "bob"])
        assert again.stdout.splitlines()[-1] == "mail: 1 sent now, 1 sent before"
        assert newsfold("run").stdout.splitlines()[-1] == "mail: 0 sent now, 2 sent before"


def test_a_long_list_is_told_in_short(home: Path, tiny_causal: Path, server: MailServer) -> None:
    """Of thirty readers the one without mail is named, the others are counted."""
    with_mail(home, tiny_causal, server.port, "bob@example.org", *(f"reader{n}@example.org" for n in range(30)))
    told = [line for line in newsfold("run").stdout.splitlines() if line.startswith("mail")]
    assert [line.partition(":")[0] for line in told] == ["mail failed to bob@example.org", "mail"]
    assert told[-1] == "mail: 30 sent now, 1 failed (newsfold send --retry-failed)"
    assert [line.split()[0] for line in newsfold("send").stdout.splitlines()] == ["failed", "mail:"]


def test_a_server_that_takes_nothing_fills_no_log(home: Path, tiny_causal: Path) -> None:
    """Of a list that nobody got, the log names twenty, which is enough to see why, and counts the others."""
    with MailServer({"*": [Fault("mail", reply="550 5.7.1 not your sender")]}) as server:
        with_mail(home, tiny_causal, server.port, *(f"reader{n}@example.org" for n in range(30)))
        done = newsfold("run")
    assert done.exit_code == 1
    assert done.stderr.count("not your sender") == 20
    assert "10 more messages are not settled" in done.stderr
    assert done.stdout.splitlines()[-1] == "mail: 0 sent now, 30 pending (newsfold send)"


def test_a_held_edition_is_told(home: Path, tiny_causal: Path) -> None:
    """Mail that waits because it is late is no riddle: the log says why, and what lets it go."""
    with MailServer() as server, pytest.MonkeyPatch.context() as patch:
        with_mail(home, tiny_causal, server.port, "ann@example.org")
        for module in ("stages.deliver", "nightly.run"):
            patch.setattr(f"pipeline.{module}.hold_reason", lambda *_: "held for a test")
        assert newsfold("run", *NIGHT).exit_code == 1
        done = newsfold("send", "--retry-unknown")
    assert (done.exit_code, server.recipients()) == (1, [])
    assert "edition 2026-03-10 is held for a test; a larger limit lets it go" in done.stderr
    assert done.stdout.splitlines()[-1] == "mail: 0 sent now, 1 pending (newsfold send)"


def test_dry_run_saves_and_sends_nothing(home: Path) -> None:
    """The edition is shown as text; the night can still be made."""
    done = newsfold("run", "--dry-run", *NIGHT)
    assert done.exit_code == 0
    assert "Port Ansel" in done.stdout
    assert not (home / "state" / "archive").exists()
    assert not (home / "state" / "outbox").exists()
    assert newsfold("run", *NIGHT).exit_code == 0


@pytest.mark.usefixtures("home")
def test_preview_writes_files_and_nothing_else() -> None:
    """Mail and page lie in a folder, the stories' pages beside them; nothing is saved or sent."""
    done = newsfold("preview", *NIGHT, "--out", "look")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == ["look/mail.html", "look/mail.txt", "look/page.html"]
    assert all("Port Ansel" in Path(name).read_text(encoding="utf-8") for name in done.stdout.splitlines())
    linked = re.findall(r'href="(2026-03-10/\w+\.html)"', Path("look/page.html").read_text(encoding="utf-8"))
    assert len(set(linked)) == 2
    assert dead_links(Path("look")) == []
    assert newsfold("run", *NIGHT).exit_code == 0


@pytest.mark.usefixtures("made")
def test_send_has_nothing_to_do_after_a_run() -> None:
    """What is sent stays sent; an edition that is not there is an error."""
    done = newsfold("send")
    assert done.exit_code == 0
    assert done.stdout.startswith("sent      outbox")
    assert newsfold("send", "--date", "2026-03-11").exit_code == 1


@pytest.mark.usefixtures("home")
def test_run_send_and_preview_log_alike() -> None:
    """Without a terminal every line is an object with the run's id, by which `status --json` finds a run's lines."""
    logs = {}
    for command in (("run", *NIGHT), ("send",), ("preview", *NIGHT)):
        logs[command[0]] = lines = [json.loads(line) for line in newsfold(*command).stderr.splitlines()]
        assert len({line["run"] for line in lines}) == 1
        assert lines[-1]["event"] == "run ended with exit code 0"
    (run,) = json.loads(newsfold("status", "--json").stdout)["runs"]
    assert run["run"] == logs["run"][0]["run"]
    (sent,) = (line["counts"] for line in logs["send"] if line["event"] == "ended")
    assert sent == {"sent": 1}
    assert [line["stage"] for line in logs["preview"] if line["event"] == "ended"][-1] == "render"


def test_send_delivers_what_waits(home: Path, tiny_causal: Path) -> None:
    """A run without a server leaves its mail pending; `send` brings it later."""
    with MailServer() as server:
        with_mail(home, tiny_causal, server.port, "ann@example.org")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pipeline.stages.deliver.hold_reason", lambda *_: "held for a test")
            assert "mail pending to ann@example.org: held for a test" in newsfold("run").stdout
        assert server.recipients() == []
        assert newsfold("send").exit_code == 0
        assert server.recipients() == ["ann"]


@pytest.mark.usefixtures("home")
def test_status_tells_of_runs_and_mail() -> None:
    """Before the first night there is no edition; after it, its runs and its mail."""
    assert newsfold("status").stdout.splitlines()[0] == "no edition yet"
    newsfold("run", *NIGHT)
    newsfold("run", *NIGHT)
    shown = newsfold("status").stdout.splitlines()
    assert [line.split("UTC")[1].split(" in ")[0].strip() for line in shown[:2]] == ["made before", "done"]
    assert shown[1].endswith(" s  4 articles, 2 stories, 0 rejected")
    assert shown[2].startswith("latest edition 2026-03-10: ")
    assert shown[3].startswith("sent      outbox")
    assert re.fullmatch(r"disk: state \d+\.\d MB, archive .*, outbox .*, signatures .*", shown[4])


def test_status_tells_of_mail_of_any_edition(home: Path, tiny_causal: Path) -> None:
    """Mail that waits is not forgotten because there is a later edition; programs read the same as JSON."""
    with MailServer() as server:
        with_mail(home, tiny_causal, server.port, "ann@example.org")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pipeline.stages.deliver.hold_reason", lambda *_: "held for a test")
            newsfold("run", *NIGHT)
        newsfold("run", "--date", "2026-03-12")
    shown = newsfold("status").stdout.splitlines()
    assert "mail of edition 2026-03-10: 1 pending; newsfold send --date 2026-03-10" in shown
    facts = json.loads(newsfold("status", "--json", "--rejects").stdout)
    (row,) = (row for row in facts["unsettled_mail"] if row["edition"] == "2026-03-10")
    assert (row["recipient"], row["state"], row["detail"]) == ("ann@example.org", "pending", "held for a test")
    assert [run["night"] for run in facts["runs"]] == ["2026-03-12", "2026-03-10"]
    assert facts["runs"][0]["outcome"] == "nothing new"
    assert (facts["latest_edition"]["night"], facts["latest_edition"]["rejects"]) == ("2026-03-12", [])
    assert facts["bytes"]["state"] > 100_000
    assert facts["lists"] == [{"id": "daily.newsfold.localhost", "recipients": 1, "unsubscribed": 0}]
    assert (facts["suppressed"], facts["unfinished_nights"]) == ([], [])


def test_status_of_a_long_list_names_those_who_got_nothing(home: Path, tiny_causal: Path, server: MailServer) -> None:
    """Of a hundred readers the operator looks for the two without mail."""
    with_mail(home, tiny_causal, server.port, "bob@example.org", *(f"reader{n}@example.org" for n in range(30)))
    newsfold("run")
    shown = newsfold("status").stdout.splitlines()
    assert "mail: 1 failed, 30 sent" in shown
    assert [line.split()[1] for line in shown if line.startswith(("sent", "failed"))] == ["bob@example.org"]


def test_status_tells_what_was_rejected(home: Path) -> None:
    """Every item that is in no story is listed with the stage that stopped it and the reason, if asked for."""
    (home / "in" / "photo.jpg").write_bytes(b"\xff\xd8")
    newsfold("run", *NIGHT)
    assert "photo.jpg" not in newsfold("status").stdout
    (line,) = (one for one in newsfold("status", "--rejects").stdout.splitlines() if "photo.jpg" in one)
    assert line.startswith("rejected by ingest: ")
    assert line.endswith("files ending in .jpg are not read")


def test_status_changes_nothing(home: Path) -> None:
    """Looking at a state that does not exist makes nothing that a run would trip over, as whoever else's it may be."""
    assert newsfold("status").exit_code == 0
    assert newsfold("run", "--dry-run", *NIGHT).exit_code == 0
    assert newsfold("preview", *NIGHT).exit_code == 0
    assert not (home / "state").exists()
    assert newsfold("run", *NIGHT).exit_code == 0


def test_status_tells_a_run_at_work_from_one_that_died(made: Path) -> None:
    """The lock knows: whoever holds it is named, and what a dead run wrote into it counts for nothing."""
    state = made / "state"
    with sqlite3.connect(state / "state.sqlite") as database:
        database.execute("UPDATE runs SET finished = NULL, outcome = ''")
    with run_lock(state):
        first, second = newsfold("status").stdout.splitlines()[:2]
        facts = json.loads(newsfold("status", "--json").stdout)
    assert first.startswith(f"at work now: process {os.getpid()} on ")
    assert second.endswith("  at work")
    assert facts["at_work"] == first.removeprefix("at work now: ")
    (state / "newsfold.lock").write_text("process 1 on a machine that lost power", encoding="utf-8")
    assert newsfold("status").stdout.splitlines()[0].endswith("  did not finish")
    assert json.loads(newsfold("status", "--json").stdout)["at_work"] is None


def test_status_tells_when_a_run_failed(home: Path, tiny_causal: Path) -> None:
    """After how long, and why."""
    write_config(home / "newsfold.toml", tiny_causal, Path("in"), more="[[sources]]\npath = 'gone'\nrequired = true\n")
    assert newsfold("run", *NIGHT).exit_code == 1
    assert re.search(r"after \d+ s failed: .*gone: not found", newsfold("status").stdout)


@pytest.mark.usefixtures("made")
def test_resume_sends_what_a_dead_run_left(home: Path) -> None:
    """Exit 0 when only now the mail went out, 4 when nothing is left to go on with; the date of a night wins."""
    with sqlite3.connect(home / "state" / "state.sqlite") as database:
        database.execute("UPDATE runs SET finished = NULL, outcome = ''")
        database.execute("UPDATE deliveries SET state = 'pending'")
    assert newsfold("run", "--until", "render", *NIGHT).exit_code == 4
    with sqlite3.connect(home / "state" / "state.sqlite") as database:
        database.execute("UPDATE runs SET finished = NULL")
    resumed = newsfold("run", "--resume")
    assert resumed.exit_code == 0
    assert "edition 2026-03-10: " in resumed.stdout
    assert "no night is unfinished" in newsfold("run", "--resume").stdout


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", "2>&1 >/dev/null | head -1"])
def test_a_night_does_not_need_its_log(home: Path, redirection: str) -> None:
    """Closed, on a full disk, or read by somebody who leaves: the edition is made and mailed."""
    command = f"'{Path(sys.executable).with_name('newsfold')}' run {' '.join(NIGHT)} {redirection}"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list((home / "state" / "outbox").glob("*/*.eml"))


def test_an_answer_that_nobody_reads_keeps_the_exit_code(home: Path, tiny_causal: Path) -> None:
    """A night that failed has failed also where its output is piped to something that ends at once."""
    write_config(home / "newsfold.toml", tiny_causal, Path("in"), Path("gone"))
    command = f"'{Path(sys.executable).with_name('newsfold')}' run {' '.join(NIGHT)} 2>log | true"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (3, "")


@pytest.mark.usefixtures("home")
def test_a_folder_that_cannot_be_written_is_no_fault_of_the_program(home: Path) -> None:
    """A preview has one line of its log for it."""
    (home / "file").write_text("", encoding="utf-8")
    done = newsfold("preview", *NIGHT, "--out", "file/look")
    assert done.exit_code == 1
    (line,) = [told for told in map(json.loads, done.stderr.splitlines()) if told["level"] == "error"]
    assert line["event"] == "file/look: cannot be used (Not a directory)"


@pytest.mark.usefixtures("home")
def test_a_date_before_all_calendars_is_code_2() -> None:
    """It is named, and is no fault in the program."""
    done = newsfold("run", "--date", "0001-01-01")
    assert done.exit_code == 2
    assert "no night before 1970-01-01" in done.stderr


@pytest.mark.usefixtures("made")
def test_explain_answers_why() -> None:
    """Articles, stories, editions and rejected items are explained; anything else is an error."""
    article = newsfold("explain", "fire-post")
    assert article.exit_code == 0
    assert "copy of fire-copy" in article.stdout
    story = article.stdout.split("in story ")[1].split()[0]
    why = newsfold("explain", story).stdout
    assert "Port Ansel" in why
    assert "outlets 3: 2 carry the text of fire-copy" in why
    assert "together on 2026-03-10: similarity 0." in why
    assert "fire-bell and fire-copy: ansel, " in why
    assert "nearest other story on " in why
    assert "1. " in newsfold("explain", "2026-03-10").stdout
    assert newsfold("explain", "fire-post", "--state", "state/state.sqlite").stdout == article.stdout
    assert newsfold("explain", story[:6]).stdout == why
    assert newsfold("explain", "PORT ansel", "burns").stdout == why
    assert newsfold("explain", "in/day.jsonl:1").stdout == article.stdout
    unknown = newsfold("explain", "nobody")
    assert unknown.exit_code == 1
    assert "nobody" in unknown.stderr


@pytest.mark.usefixtures("made")
def test_explain_asks_which_is_meant() -> None:
    """The beginning of several ids, or a word of several titles, is answered with all of them, and exit 1."""
    several = newsfold("explain", "fire-")
    assert several.exit_code == 1
    assert several.stdout == ""
    lines = several.stderr.splitlines()
    assert lines[0] == "newsfold: fire-: may be one of these, say which:"
    assert [line.split()[0] for line in lines[1:]] == ["fire-bell", "fire-copy", "fire-post"]
    assert "article of 2026-03-10: Warehouse fire in Port Ansel" in lines[1]
    assert newsfold("explain", "%").exit_code == 1


@pytest.mark.usefixtures("made")
def test_explain_tells_each_stage() -> None:
    """Where an article came in, what cleaning found, whose copy it is, its story, score, digest and mail."""
    shown = newsfold("explain", "fire-post").stdout
    for part in (
        "in/day.jsonl:1",
        "cleaned: published 2026-03-09 20:00 UTC, language en, publisher Harbour Post, no address, words ",
        "exact copy of fire-copy (similarity 1.000",
        "rank 1 of edition 2026-03-10",
        " (outlets in their own words: 2) + 0.173 (reprints: 1) + ",
        "sentence 1, as ",
        "mail of edition 2026-03-10: 1 sent",
        "supports no sentence of the digest",
    ):
        assert part in shown, part


def test_explain_needs_a_state(home: Path) -> None:
    """Before the first night there is nothing to explain, and nothing is created."""
    done = newsfold("explain", "fire-post")
    assert done.exit_code == 2
    assert "has a night been run?" in done.stderr
    assert not (home / "state").exists()


@pytest.mark.usefixtures("home")
def test_config_check_says_what_it_found() -> None:
    """A complete configuration is summed up in one line."""
    done = newsfold("config", "check")
    assert done.exit_code == 0
    assert done.stdout.startswith("newsfold.toml: ")
    assert "outbox folder" in done.stdout
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("titel = 'x'", "titel: unknown key; did you mean 'title'?"),
        ("[mail]\nrecipient = []", "mail.recipient: unknown key; did you mean 'recipients'?"),
        ("[[sources]]\npath = 'in'\nrequred = true", "sources.0.requred: unknown key; did you mean 'required'?"),
        ("[edition]\nstories = 0", "edition.stories: "),
        ("timezone = 'Mars/Base'", "is not an IANA time zone"),
        ("title = ", "not valid TOML"),
        ("title = 'x'", "no [[sources]]"),
        ("[[sources]]\npath = 'gone'", "/gone: not found"),
        ("[mail]\nrecipients = ['not an address']", "mail.recipients.0.address: "),
    ],
)
def test_config_check_names_what_is_wrong(home: Path, toml: str, message: str) -> None:
    """Exit 2, and the wrong key with the nearest right one."""
    (home / "newsfold.toml").write_text(toml, encoding="utf-8")
    done = newsfold("config", "check")
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", [["run"], ["status"], ["send"], ["preview"], ["config", "check"]])
def test_a_missing_configuration_is_code_2(home: Path, command: list[str]) -> None:
    """The file is named, and nothing is created."""
    (home / "newsfold.toml").unlink()
    done = newsfold(*command)
    assert done.exit_code == 2
    assert "newsfold.toml: cannot be read" in done.stderr
    assert not (home / "state").exists()


def test_models_list_says_what_is_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stand_in_models: Path) -> None:
    """A model that is not here is listed with the command that fetches it, one that is with its folder."""
    monkeypatch.setenv("NEWSFOLD_MODELS", str(tmp_path))
    assert "not fetched: newsfold models fetch smollm2-135m-instruct" in newsfold("models", "list").stdout
    monkeypatch.setenv("NEWSFOLD_MODELS", str(stand_in_models))
    assert str(stand_in_models / "smollm2-135m-instruct") in newsfold("models", "list").stdout


def test_models_fetch_shows_the_folder(monkeypatch: pytest.MonkeyPatch, stand_in_models: Path) -> None:
    """A model that is here is not fetched again; an unknown one is an error."""
    monkeypatch.setenv("NEWSFOLD_MODELS", str(stand_in_models))
    assert newsfold("models", "fetch").stdout.strip() == str(stand_in_models / "smollm2-135m-instruct")
    assert newsfold("models", "fetch", "no-such").exit_code == 1


@pytest.mark.slow
def test_demo_needs_no_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stand_in_models: Path) -> None:
    """The sample night in an empty folder, twice: the same page each time, and the model that is asked for."""
    monkeypatch.setenv("NEWSFOLD_MODELS", str(stand_in_models))
    monkeypatch.chdir(tmp_path)
    pages = []
    for _ in range(2):
        done = newsfold("demo", "--device", "cpu")
        assert done.exit_code == 0, done.output
        pages.append((tmp_path / "data/demo/archive/2026-03-10.html").read_bytes())
    assert pages[0] == pages[1]


@pytest.mark.parametrize("command", [["--help"], ["run", "--help"], ["models", "--help"]])
def test_the_installed_command_helps(command: list[str]) -> None:
    """Help goes to standard output and is no error."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("newsfold")), *command], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: newsfold" in done.stdout
