"""Who unsubscribes, by whatever way, gets no further mail; who only has their links looked at keeps getting it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from typer.testing import CliRunner, Result

from mailserver import MailServer
from pipeline.cli.main import app
from pipeline.config import Config
from pipeline.errors import ConfigError, StoreError
from pipeline.mail.oneclick import OneClick
from pipeline.stages.deliver import Pace, deliver, enqueue, open_transport
from pipeline.store.core import Store, open_store
from pipeline.wsgi import application, small_server
from sample_nights import LIST, NOW, day, make_mail, make_night, make_rendered

RECIPIENTS = ("ann@example.org", "bob@example.org", "carol@example.org")
if TYPE_CHECKING:
    from wsgiref.types import StartResponse

SETTINGS = f"""data_dir = "state"
title = "News & more"
[mail]
recipients = {list(RECIPIENTS)}
list_id = "{LIST}"
unsubscribe_mailto = "leave@example.org"
unsubscribe_url = "https://example.org/leave?t="
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a configuration."""
    (tmp_path / "newsfold.toml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    """The state that the configuration names."""
    with open_store(home / "state" / "state.sqlite") as opened:
        yield opened


@pytest.fixture
def address(home: Path) -> Iterator[str]:
    """Where the small server answers."""
    config = Config(title="News & more", data_dir=home / "state", mail=make_mail(RECIPIENTS))
    with small_server(config, "127.0.0.1:0") as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/leave"
        server.shutdown()
        thread.join()


def unsubscribe(*arguments: object) -> Result:
    """The command, in this process."""
    return CliRunner().invoke(app, ["unsubscribe", *map(str, arguments)])


def next_night(store: Store) -> date:
    """The first night without an edition."""
    return day(len(store.nights_since(day(0))))


def mailed(store: Store, folder: Path) -> dict[str, bytes]:
    """Make and mail one more night; who got which message."""
    night = next_night(store)
    store.save_night(make_night(night, f"{night}-"))
    with MailServer() as server:
        mail = make_mail(RECIPIENTS, server.config())
        pace = Pace(now=lambda: make_rendered(night).cutoff + timedelta(hours=1))
        with open_transport(mail, folder / "outbox", night.isoformat()) as transport:
            deliver(make_rendered(night), mail, store, transport, pace)
    return dict(server.received)


def link(content: bytes, kind: str = "https") -> str:
    """The link to unsubscribe in a message's header."""
    header = str(message_from_bytes(content, policy=default)["List-Unsubscribe"])
    found = re.search(rf"<({kind}:[^>]+)>", header)
    assert found is not None
    return found[1]


def fetch(url: str, method: str = "GET", data: bytes | None = None) -> tuple[int, str, dict[str, str]]:
    """Status, page and headers of an answer."""
    request = urllib.request.Request(url, data, method=method)  # noqa: S310 - an address of this machine
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - the same
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), dict(error.headers)


def noted(statuses: list[str]) -> "StartResponse":
    """A server's part of PEP 3333 that notes the status."""

    def start_response(status: str, _headers: object, _error: object = None) -> Callable[[bytes], object]:
        statuses.append(status)
        return lambda _: None

    return start_response


def test_one_click_ends_the_mail(store: Store, home: Path, address: str) -> None:
    """The POST of RFC 8058 to the link of a mail that arrived: from then on there is none, for others there is."""
    first = mailed(store, home)
    assert set(first) == set(RECIPIENTS)
    _, _, question = link(first["bob@example.org"]).partition("?")
    status, page, _ = fetch(f"{address}?{question}", "POST", b"List-Unsubscribe=One-Click")
    assert (status, "unsubscribed" in page) == (200, True)
    assert set(mailed(store, home)) == {"ann@example.org", "carol@example.org"}
    assert store.subscriptions.departure(LIST, "bob@example.org") is not None
    fetch(f"{address}?{question}", "POST")
    assert len(store.subscriptions.departures(LIST)) == 1


def test_following_a_link_does_nothing_but_ask(store: Store, home: Path, address: str) -> None:
    """Scanners GET every link: they see a form, whose button posts to the same place."""
    _, _, question = link(mailed(store, home)["bob@example.org"]).partition("?")
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        fetch(f"{address}?{question}", method)
    assert store.subscriptions.departures(LIST) == ()
    status, page, headers = fetch(f"{address}?{question}")
    assert status == 200
    assert '<form method="post">' in page
    assert "<title>News &amp; more</title>" in page
    assert headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert fetch(address, "PUT")[0] == 405


def test_the_answer_does_not_tell_whether_a_token_is_known(store: Store, home: Path, address: str) -> None:
    """A right token, a wrong one, a repeated one, none at all: byte for byte the same."""
    _, _, question = link(mailed(store, home)["bob@example.org"]).partition("?")
    places = [f"?{question}", f"?{question}", f"?t={'0' * 64}", "?t=x", "", f"/{'f' * 64}", "?t=%ff%00"]
    for method in ("POST", "GET"):
        answers = [fetch(address + place, method) for place in places]
        assert len({(status, page) for status, page, _ in answers}) == 1
        assert len({frozenset((k, v) for k, v in headers.items() if k != "Date") for *_, headers in answers}) == 1


@pytest.mark.parametrize("place", ["/leave/{token}", "/{token}/", "/leave?list=a&t={token}&x=y"])
def test_the_token_may_stand_anywhere_in_the_link(home: Path, store: Store, place: str) -> None:
    """As `mail.unsubscribe_url` has it; the standard library judges whether the application keeps to PEP 3333."""
    path, _, question = place.format(token=store.subscriptions.token(LIST, "ann@example.org")).partition("?")
    environ = {
        "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": question, "SERVER_NAME": "x",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
    }  # fmt: skip
    answered: list[str] = []
    judged = validator(application(str(home / "newsfold.toml")))
    setup_testing_defaults(environ)
    answer = judged(environ, noted(answered))
    assert b"".join(answer).startswith(b"<!doctype html>")
    answer.close()  # type: ignore[attr-defined]  # the judge's own answer has it
    assert answered == ["200 OK"]
    assert [one.recipient for one in store.subscriptions.departures(LIST)] == ["ann@example.org"]


def test_a_state_that_cannot_be_written_is_no_promise() -> None:
    """Nobody is told that they are unsubscribed when they are not."""

    def broken(_token: str) -> None:
        raise StoreError("disk full")

    environ: dict[str, object] = {"REQUEST_METHOD": "POST", "PATH_INFO": "/" + "0" * 64}
    setup_testing_defaults(environ)
    environ["REQUEST_METHOD"] = "POST"
    statuses: list[str] = []
    page = b"".join(OneClick("News", broken)(environ, noted(statuses)))
    assert statuses == ["503 Service Unavailable"]
    assert b"did not work" in page


def test_by_hand_and_back(store: Store, home: Path) -> None:
    """The command takes an address off the list, says so when asked again, and `--undo` lets it back in."""
    assert unsubscribe("Bob@example.org").stdout == "Bob@example.org: unsubscribed\n"
    assert unsubscribe("bob@example.org").stdout == "bob@example.org: was already unsubscribed\n"
    assert "recipients: 3, unsubscribed: 1, suppressed: 0" in CliRunner().invoke(app, ["status"]).stdout
    assert set(mailed(store, home)) == {"ann@example.org", "carol@example.org"}
    assert unsubscribe("bob@example.org", "--undo").stdout == "bob@example.org: gets mail again\n"
    assert unsubscribe("bob@example.org", "--undo").stdout == "bob@example.org: had not unsubscribed\n"
    assert set(mailed(store, home)) == set(RECIPIENTS)
    assert "(not among its recipients)" in unsubscribe("eve@example.org").stdout


def test_a_suppressed_address_is_named_and_taken_back(store: Store, home: Path) -> None:
    """An operator sees who gets nothing and why, and can have a mailbox that exists again tried again."""
    store.ledger.suppress("bob@example.org", "550 5.1.1 no \x1b[31msuch user", datetime(2026, 3, 9, tzinfo=UTC))
    assert set(mailed(store, home)) == {"ann@example.org", "carol@example.org"}
    shown = CliRunner().invoke(app, ["status"]).stdout
    assert "recipients: 3, unsubscribed: 0, suppressed: 1" in shown
    (line,) = (line for line in shown.splitlines() if line.startswith("suppressed "))
    assert line.startswith("suppressed 2026-03-09  bob@example.org  550 5.1.1 no ")
    assert "\x1b" not in shown
    facts = json.loads(CliRunner().invoke(app, ["status", "--json"]).stdout)
    assert [(one["recipient"], one["since"][:10]) for one in facts["suppressed"]] == [("bob@example.org", "2026-03-09")]
    back = unsubscribe("Bob@example.org", "--undo").stdout
    assert "Bob@example.org: is tried again; it was suppressed on 2026-03-09: 550 5.1.1" in back
    assert "\x1b" not in back
    assert "is tried again" not in unsubscribe("bob@example.org", "--undo").stdout
    assert set(mailed(store, home)) == set(RECIPIENTS)


@pytest.mark.usefixtures("home")
def test_a_long_list_of_suppressed_addresses_is_cut(store: Store) -> None:
    """The latest edition's lines are not pushed off the screen; programs get all."""
    for number in range(30):
        store.ledger.suppress(f"gone{number}@example.org", "550", datetime(2026, 3, 9, tzinfo=UTC))
    shown = CliRunner().invoke(app, ["status"]).stdout.splitlines()
    assert sum(line.startswith("suppressed 2026") for line in shown) == 20
    assert "suppressed: 10 more; newsfold status --json names all" in shown
    assert len(json.loads(CliRunner().invoke(app, ["status", "--json"]).stdout)["suppressed"]) == 30


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("arguments", [[], ["a@example.org", "--mbox", "x"], ["nobody"], ["--undo"], ["--serve", "x"]])
def test_a_wrong_call_is_code_2(arguments: list[str]) -> None:
    """Nothing is guessed."""
    assert unsubscribe(*arguments).exit_code == 2


@pytest.mark.usefixtures("home")
def test_a_mailbox_needs_a_configured_address(home: Path) -> None:
    """Without `mail.unsubscribe_mailto` no message could be meant."""
    (home / "newsfold.toml").write_text("[mail]\n", encoding="utf-8")
    (home / "box").touch()
    assert "mail.unsubscribe_mailto: not set" in unsubscribe("--mbox", "box").stderr
    with pytest.raises(ConfigError, match="cannot listen there"):
        small_server(Config(data_dir=home / "state"), "127.0.0.1:99999")


def test_mail_to_the_unsubscribe_address_is_imported(store: Store, home: Path) -> None:
    """The mailto link's token, or the address one writes from; absence notes and strangers are only counted."""
    wanted = link(mailed(store, home)["bob@example.org"], "mailto").partition("subject=")[2].replace("%20", " ")
    messages = [
        ("ann@other.example", wanted, ""),
        ("Carol <CAROL@example.org>", "Unsubscribe", ""),
        ("ann@example.org", "unsubscribe", "Auto-Submitted: auto-replied\n"),
        ("stranger@example.net", "unsubscribe", ""),
        ("ann@example.org", f"unsubscribe {'0' * 64}", ""),
    ]
    text = "".join(
        f"From x Sun Mar  1 00:00:00 2026\nFrom: {sender}\nTo: leave@example.org\nSubject: {subject}\n{more}\nbody\n\n"
        for sender, subject, more in messages
    )
    (home / "box").write_text(text, encoding="utf-8")
    done = unsubscribe("--mbox", "box")
    assert done.exit_code == 0, done.output
    assert "unsubscribed: 2, already before: 0, ignored: 3" in done.stdout
    assert "1 ignored: an automatic answer" in done.stderr
    assert "unsubscribed: 0, already before: 2, ignored: 3" in unsubscribe("--mbox", "box").stdout
    assert set(mailed(store, home)) == {"ann@example.org"}


def test_who_leaves_after_queueing_gets_nothing(store: Store, home: Path) -> None:
    """Looked up once more before each message."""
    night = next_night(store)
    store.save_night(make_night(night, "q-"))
    enqueue(make_rendered(night), make_mail(RECIPIENTS), store, NOW)
    unsubscribe("ann@example.org")
    with MailServer() as server:
        mail = make_mail(RECIPIENTS, server.config())
        with open_transport(mail, home / "outbox", night.isoformat()) as transport:
            now = make_rendered(night).cutoff
            receipts = deliver(make_rendered(night), mail, store, transport, Pace(now=lambda: now))
    assert server.recipients() == ["bob", "carol"]
    assert (receipts[0].state.value, receipts[0].detail) == ("withdrawn", "unsubscribed by hand")


def test_the_edition_in_the_outbox_has_a_link_that_is_nobodys(store: Store) -> None:
    """Without recipients the mail goes to a folder: trying its link must not stop that."""
    assert store.subscriptions.owner(store.subscriptions.token(LIST, "")) is None
    assert store.subscriptions.leave(LIST, "ann@example.org", "x", datetime.now(UTC))


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_the_small_server_runs_until_it_is_told_to_end(home: Path, store: Store, told: signal.Signals) -> None:
    """The installed command answers, writes no log of the links it is asked for, and ends well with Ctrl-C or by a
    service manager, in the midst of an answer too.
    """
    token = store.subscriptions.token(LIST, "ann@example.org")
    code = "from pipeline.cli.main import main; main()"
    command = [sys.executable, "-c", code, "unsubscribe", "--serve", "127.0.0.1:0"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(command, cwd=home, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        port = re.findall(r"port (\d+)", said)[0]
        fetch(f"http://127.0.0.1:{port}/?t={token}", "POST")
        process.send_signal(told)
        rest = process.stderr.read()
    assert (process.returncode, rest) == (0, "ended\n")
    assert [one.recipient for one in store.subscriptions.departures(LIST)] == ["ann@example.org"]
