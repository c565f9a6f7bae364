"""Lists with topics through a night: each reader gets the mail of their choice, once, and leaves one list alone."""

import re
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from commands import newsfold
from made_nights import LINES, write_config, write_lines
from mailserver import Fault, MailServer
from pipeline.config import load
from pipeline.store.core import open_store

FIRE, SCHOOLS, CHESS = ("fire", "teacher", "chess")
TOPICS = "".join(f"[[topics]]\nname = '{name.title()}'\nwords = ['{name}']\n" for name in (FIRE, SCHOOLS, CHESS))
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a configuration: ann reads everything, bob schools; a list on fires; a list on chess."""
    source = write_lines(tmp_path / "in" / "day.jsonl", LINES).parent
    monkeypatch.chdir(tmp_path)

    def written(server: MailServer, quiet: str = "mail", bob: str = "Teacher", more: str = "") -> Path:
        lists = f"""{TOPICS}[edition]
quiet = "{quiet}"
[mail]
list_id = "daily.example.org"
recipients = ["ann@example.org", {{ address = "bob@example.org", topics = ["{bob}"] }}]
unsubscribe_mailto = "leave@example.org"
unsubscribe_url = "https://example.org/leave?t="
[[mail.lists]]
id = "fires.example.org"
title = "Fires"
topics = ["Fire"]
recipients = ["ann@example.org", "carol@example.org"]
[[mail.lists]]
id = "chess.example.org"
topics = ["Chess"]
recipients = ["dan@example.org"]
[mail.smtp]
host = "127.0.0.1"
port = {server.port}
security = "none"
{more}"""
        return write_config(tmp_path / "newsfold.toml", Path("none"), source, more=lists)

    return written


def by_list(server: MailServer) -> dict[tuple[str, str], str]:
    """The text of each message that arrived, without its reader's own link, by list and reader."""
    found = {}
    for recipient, content in server.received:
        message = message_from_bytes(content, policy=default)
        plain = message.get_body(("plain",))
        assert plain is not None
        found[message["List-Id"].strip("<>").partition(".")[0], recipient.partition("@")[0]] = (
            plain.get_content().partition("Unsubscribe from this list:")[0]
        )
    assert len(found) == len(server.received)
    return found


def test_each_reader_gets_the_mail_of_their_choice(write: Write) -> None:
    """One night, four kinds of mail; a second run sends none again; a reader of two lists gets one of each."""
    with MailServer() as server:
        write(server)
        assert newsfold("run").exit_code == 0
        assert newsfold("send", "--resume").exit_code == 0
        found = by_list(server)
    assert set(found) == {("daily", "ann"), ("daily", "bob"), ("fires", "ann"), ("fires", "carol"), ("chess", "dan")}
    assert found["fires", "ann"] == found["fires", "carol"]
    fire, strike = "Furniture warehouse burns", "Teachers in Lindmar"
    assert [fire in text for text in (found["daily", "ann"], found["daily", "bob"], found["fires", "ann"])] == [
        True,
        False,
        True,
    ]
    assert [strike in text for text in (found["daily", "ann"], found["daily", "bob"], found["fires", "ann"])] == [
        True,
        True,
        False,
    ]
    assert found["fires", "ann"].startswith("FIRES")
    assert "This edition holds nothing on Chess." in found["chess", "dan"]


def test_a_reader_for_whom_there_is_nothing_gets_none_if_asked(write: Write) -> None:
    """`quiet = "skip"` holds for a reader's topics as it does for a whole night; `send` does not undo it."""
    with MailServer() as server:
        write(server, quiet="skip")
        assert newsfold("run").exit_code == 0
        assert newsfold("send").exit_code == 0
        assert "dan" not in server.recipients()
        assert len(server.recipients()) == 4


def test_the_night_freezes_what_was_chosen(write: Write) -> None:
    """What waits goes out as it was queued, whatever is configured since; a new choice gets the whole edition."""
    with MailServer({"bob": [Fault("rcpt", "550 5.7.1 not now")]}) as server:
        config = write(server)
        assert newsfold("run").exit_code == 1
        with open_store(load(config).state_file) as store:
            (bob,) = [row for row in store.ledger.deliveries(_night(server)) if row.recipient.startswith("bob")]
            frozen = store.ledger.message(bob).content
            store.ledger.force(bob, bob.updated_at)
        write(server, bob="Fire", more="[[mail.lists]]\nid = 'new'\ntitle = 'New'\nrecipients = ['eve@example.org']\n")
        assert newsfold("send").exit_code == 0
        assert dict(server.received)["bob@example.org"] == frozen
        assert by_list(server)["new", "eve"] == by_list(server)["daily", "ann"]


def test_leaving_one_list_leaves_the_others(write: Write) -> None:
    """The link in a list's mail is that list's; a plain request to the shared address is for all its writer is on."""
    with MailServer() as server:
        config = write(server)
        newsfold("run")
        mails = {_list(content): content for recipient, content in server.received if recipient.startswith("ann")}
    token = re.search(r"unsubscribe%20([0-9a-f]{64})", re.sub(r"\r\n ", "", mails["fires"].decode("latin-1")))
    assert token is not None
    _mbox(config.parent / "box", "ann@elsewhere.example", f"unsubscribe {token[1]}")
    assert newsfold("unsubscribe", "--mbox", "box").stdout.startswith(
        "ann@example.org: unsubscribed from fires.example.org\nunsubscribed: 1,"
    )
    assert left(config) == {"fires.example.org": ["ann@example.org"]}
    _mbox(config.parent / "box", "ann@example.org", "unsubscribe")
    assert "unsubscribed from daily.example.org" in newsfold("unsubscribe", "--mbox", "box").stdout
    assert newsfold("unsubscribe", "carol@example.org", "--list", "fires.example.org").exit_code == 0
    assert newsfold("unsubscribe", "carol@example.org", "--list", "none").exit_code == 2
    assert left(config) == {
        "daily.example.org": ["ann@example.org"],
        "fires.example.org": ["ann@example.org", "carol@example.org"],
    }
    assert "list fires.example.org: recipients: 2, unsubscribed: 2, suppressed: 0" in newsfold("status").stdout


def test_who_leaves_in_between_is_no_failure(write: Write) -> None:
    """A message put off, then not wanted any more, is withdrawn: the run that finds that ends well."""
    with MailServer({"bob": [Fault("rcpt", "550 5.7.1 not now")]}) as server:
        config = write(server)
        newsfold("run")
        with open_store(load(config).state_file) as store:
            (bob,) = [row for row in store.ledger.deliveries(_night(server)) if row.recipient.startswith("bob")]
            store.ledger.force(bob, bob.updated_at)
        newsfold("unsubscribe", "bob@example.org")
        assert newsfold("send").exit_code == 0
        assert newsfold("run").exit_code in (0, 4)
        assert "bob" not in server.recipients()
    assert re.search(r"(?m)^withdrawn bob@example\.org \(daily\.example\.org\)  unsubscribed by hand$", _status())


def left(config: Path) -> dict[str, list[str]]:
    """Who has left each list."""
    lists = ("daily.example.org", "fires.example.org", "chess.example.org")
    with open_store(load(config).state_file) as store:
        gone = {one: [who.recipient for who in store.subscriptions.departures(one)] for one in lists}
    return {one: who for one, who in gone.items() if who}


def _status() -> str:
    return newsfold("status").stdout


def _night(server: MailServer) -> str:
    """The edition that the server's mails are of."""
    identifier = message_from_bytes(server.received[0][1], policy=default)["Message-ID"]
    return str(identifier)[1:11]


def _list(content: bytes) -> str:
    return str(message_from_bytes(content, policy=default)["List-Id"]).strip("<>").partition(".")[0]


def _mbox(path: Path, sender: str, subject: str) -> None:
    """A mailbox of one message to the address for leaving."""
    head = f"From: {sender}\nTo: leave@example.org\nSubject: {subject}\n"
    path.write_text(f"From x Sun Mar  1 00:00:00 2026\n{head}\nbody\n\n", encoding="utf-8")
