"""What reaches the unsubscribe address counts only when a person asks to leave, whatever else is sent there."""

import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles import write
from pipeline.errors import InputError
from pipeline.mail.leaving import HEAD_LIMIT, Request, request_of, requests_in

OURS = "leave@example.org"
TOKEN = "0123456789abcdef" * 4


def asked(subject: str = "unsubscribe", to: str = OURS, sender: str = "Ann <ann@example.org>", **more: str) -> Request:
    """What a message with these headers asks for; underscores in names of further headers stand for hyphens."""
    headers = {"From": sender, "To": to, "Subject": subject, **{k.replace("_", "-"): v for k, v in more.items()}}
    head = "".join(f"{name}: {value}\n" for name, value in headers.items())
    return request_of(f"{head}\nbody\n".encode(), OURS)


@pytest.mark.parametrize(
    "request_made",
    [
        asked(f"unsubscribe {TOKEN}"),
        asked(f"Re: unsubscribe {TOKEN}"),
        asked(f"=?utf-8?q?unsubscribe_{TOKEN[:30]}?=\n =?utf-8?q?{TOKEN[30:]}?="),
        asked("", to=f"leave+{TOKEN}@example.org"),
        asked(f"unsubscribe {TOKEN}", sender="somebody else"),
        asked(f"unsubscribe {TOKEN}", Auto_Submitted="no"),
    ],
)
def test_a_token_says_who_leaves(request_made: Request) -> None:
    """In the subject, where the header's mailto puts it, or in the address; then the sender does not matter."""
    assert request_made == Request(token=TOKEN)


@pytest.mark.parametrize(
    "request_made",
    [
        asked(),
        asked("Unsubscribe, please"),
        asked(to="Other <x@example.org>, LEAVE@Example.org"),
        asked(to="forwarder@example.net", Delivered_To=OURS),
        asked("unsubscribe deadbeef"),
    ],
)
def test_without_a_token_the_sender_leaves(request_made: Request) -> None:
    """Who writes "unsubscribe" from the address that gets the mail is understood."""
    assert request_made == Request(sender="ann@example.org")


@pytest.mark.parametrize(
    "request_made",
    [
        asked(Auto_Submitted="auto-replied; owner-email=x"),
        asked(f"unsubscribe {TOKEN}", Auto_Submitted="auto-generated"),
        asked(Precedence="bulk"),
        asked(Precedence="Auto_Reply"),
        asked(X_Autoreply="yes"),
        asked(List_Id="<other.example.net>"),
        asked(Return_Path="<>"),
        asked(sender="MAILER-DAEMON@example.org"),
        asked(Content_Type="multipart/report; report-type=delivery-status"),
        asked(f"Undelivered: unsubscribe {TOKEN}", sender="postmaster@example.org"),
        asked("Re: Dam reopened"),
        asked(""),
        asked("unsubscribed"),
        asked(to="desk@example.org"),
        asked(to="leave@example.org.evil.example"),
        asked(sender="a@example.org, b@example.org"),
        asked(sender="no address"),
        asked(f"unsubscribe {TOKEN} {TOKEN[::-1]}"),
    ],
)
def test_machines_replies_and_riddles_ask_for_nothing(request_made: Request) -> None:
    """Absence notes, bounces, lists, answers to an edition and mail to others, each with the reason."""
    assert request_made.ignored
    assert (request_made.token, request_made.sender) == ("", "")


@given(st.binary(max_size=400) | st.text('From:ToSubject @,<>=?\n\r\t"()é\0', max_size=400).map(str.encode))
def test_any_bytes_are_read(content: bytes) -> None:
    """Nothing that is sent there breaks the reading."""
    for start in (b"", b"To: leave@example.org\nSubject: ", b"To: leave@example.org\nSubject: unsubscribe\nFrom: "):
        found = request_of(start + content, OURS)
        assert bool(found.ignored) + bool(found.token) + bool(found.sender) == 1


def test_a_mailbox_is_read_in_order_and_left_as_it_is(tmp_path: Path) -> None:
    """Every message counts once, a huge one by its head; the file is not changed."""
    path = tmp_path / "box"
    box = mailbox.mbox(path)
    for subject in ("unsubscribe", f"unsubscribe {TOKEN}", "hello"):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "ann@example.org", OURS, subject
        message.set_content("text\nFrom the start\n" + "x" * 50 * HEAD_LIMIT)
        box.add(message)
    box.close()
    before = path.read_bytes()
    first, second, third = requests_in(path, OURS)
    assert (first.sender, second.token, bool(third.ignored)) == ("ann@example.org", TOKEN, True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", ["not a mailbox\n", "\nFrom x\n"])
def test_what_is_no_mailbox_is_said(tmp_path: Path, content: str) -> None:
    """An operator who names the wrong file must not read "nobody asked"."""
    with pytest.raises(InputError, match="not an mbox file"):
        list(requests_in(write(tmp_path, "box", content), OURS))
    with pytest.raises(InputError, match="cannot be opened"):
        list(requests_in(tmp_path, OURS))
    assert list(requests_in(write(tmp_path, "empty", ""), OURS)) == []
