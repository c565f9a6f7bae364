"""A message is valid mail whatever its headline, text and recipient hold."""

import email
import email.policy
import re
from dataclasses import replace
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.config import MailConfig
from pipeline.errors import ConfigError
from pipeline.mail.message import (
    LEAVE,
    SUBJECT_LIMIT,
    build_message,
    is_address,
    needs_smtputf8,
    one_line,
    wire_address,
)
from sample_nights import LIST, make_mail, make_rendered

ANN = "ann@example.org"
HOSTILE = st.text(max_size=300) | st.text("ab .\r\n\0\t=?_é語\u2028\x85", max_size=300)
LONG = st.builds(lambda part, times: part * times, st.text(min_size=1, max_size=5), st.integers(1, 400))


def parse(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def built(subject: str = "News", recipient: str = ANN, mail: MailConfig | None = None) -> EmailMessage:
    return parse(build_message(make_rendered(subject=subject), recipient, mail or make_mail(), "t0ken").content)


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    text = part.get_content()
    assert isinstance(text, str)
    return text.replace("\r\n", "\n")


def assert_well_formed(content: bytes) -> None:
    """Lines within RFC 5322's limit, CRLF only, no NUL, and one line each for the headers once unfolded."""
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert all(b"\r" not in line and b"\n" not in line and b"\0" not in line for line in lines)
    head = content.partition(b"\r\n\r\n")[0].decode()
    names = [line.partition(":")[0] for line in re.sub(r"\r\n[ \t]", " ", head).split("\r\n")]
    assert names == [
        "From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post",
        "Auto-Submitted", "Precedence", "MIME-Version", "Content-Type",
    ]  # fmt: skip


@given(subject=HOSTILE | LONG, recipient=HOSTILE | LONG | st.emails(), text=HOSTILE | LONG)
@example(subject="a\r\nBcc: all@example.org", recipient="x@y\r\nRCPT TO:<z@y>", text=".\r\n..\r\n.")
@example(subject="=?utf-8?q?fake?=", recipient="a, b@example.org", text="x" * 5000)
@example(subject="\ud800 half", recipient="half\udc00@example.org", text="\ud800")
def test_any_text_gives_a_message_that_reads_back(subject: str, recipient: str, text: str) -> None:
    """No headline, article text or address can break the message, add a header or change what is read."""
    rendered = make_rendered(subject=subject, html=f"<p>{text}</p>", text=f"{text} ")
    content = build_message(rendered, recipient, make_mail(), "t0ken").content
    assert_well_formed(content)
    message = parse(content)
    plain = re.sub("[\ud800-\udfff]", "\ufffd", re.sub(r"\r\n|\r", "\n", text))
    assert body(message, "plain") == f"{plain} \nUnsubscribe from this list:\nhttps://example.org/leave?t=t0ken\n"
    assert body(message, "html") == f"<p>{plain}</p>"
    assert message["Subject"] == one_line(subject)[:SUBJECT_LIMIT].strip()


@given(recipient=st.emails())
def test_address_goes_into_the_to_header_as_it_is(recipient: str) -> None:
    """A recipient sees their own address, and only that."""
    if is_address(recipient):
        (address,) = built(recipient=recipient)["To"].addresses
        assert address.addr_spec == recipient


@given(name=st.text(min_size=1, max_size=200).filter(lambda name: "\r" not in name and "\n" not in name))
def test_sender_name_reads_back(name: str) -> None:
    """A sender's name with quotes, commas or any script shows as it was configured, before the right address."""
    mail = make_mail().model_copy(update={"sender_name": name})
    content = build_message(make_rendered(), ANN, mail, "t0ken").content
    assert_well_formed(content)
    # Read by email's old parser: the new one leaves spaces between a phrase's encoded words (RFC 2047 section 6.2).
    phrase, address = parseaddr(email.message_from_bytes(content)["From"])
    assert (str(make_header(decode_header(phrase))), address) == (one_line(name), "digest@example.org")


def test_headers_of_a_list_message() -> None:
    """Mail programs can date, sort and unsubscribe: RFC 5322, 2919, 2369, 8058 and 3834."""
    message = built()
    assert message["From"] == "Newsfold <digest@example.org>"
    assert message["To"] == ANN
    assert message["Date"] == "Mon, 02 Mar 2026 03:00:00 +0000"
    assert message["List-Id"] == f"<{LIST}>"
    assert message["List-Unsubscribe"] == (
        "<https://example.org/leave?t=t0ken>, <mailto:leave@example.org?subject=unsubscribe%20t0ken>"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] == "bulk"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        (("unsubscribe_url",), ["<mailto:leave@example.org?subject=unsubscribe%20t0ken>", None]),
        (("unsubscribe_mailto",), ["<https://example.org/leave?t=t0ken>", "List-Unsubscribe=One-Click"]),
        (("unsubscribe_url", "unsubscribe_mailto"), [None, None]),
    ],
)
def test_unsubscribe_headers_follow_the_configuration(missing: tuple[str, ...], expected: list[str | None]) -> None:
    """One-click is promised only where an https address can take it."""
    message = built(mail=make_mail().model_copy(update=dict.fromkeys(missing)))
    assert [message["List-Unsubscribe"], message["List-Unsubscribe-Post"]] == expected


def test_the_link_to_leave_stands_where_people_look() -> None:
    """At the end of both parts, each reader's own; nowhere when no address is configured."""
    letter = replace(make_rendered(), html=f"<p>News</p><p>Leave.{LEAVE}</p>")
    message = parse(build_message(letter, ANN, make_mail(), "t0ken").content)
    assert body(message, "plain").endswith("\nUnsubscribe from this list:\nhttps://example.org/leave?t=t0ken\n")
    anchor = '<a href="https://example.org/leave?t=t0ken" style="color:inherit">Unsubscribe from this list</a>'
    assert body(message, "html") == f"<p>News</p><p>Leave. {anchor}.</p>"
    without = make_mail().model_copy(update={"unsubscribe_url": None})
    message = parse(build_message(letter, ANN, without, "t0ken").content)
    assert body(message, "plain") == letter.text
    assert "href" not in body(message, "html")


def test_same_input_gives_the_same_bytes() -> None:
    """The ledger and the golden mails rely on it."""
    assert build_message(make_rendered(), ANN, make_mail(), "t") == build_message(
        make_rendered(), ANN, make_mail(), "t"
    )


def test_message_id_is_stable_and_hides_the_recipient() -> None:
    """A mail program can drop a repeat of the same edition; other recipients and lists have other ids."""
    ids = {
        build_message(make_rendered(), ANN, make_mail(), "t").message_id,
        build_message(make_rendered(subject="Other"), "Ann@example.org", make_mail(), "u").message_id,
        build_message(make_rendered(), "bob@example.org", make_mail(), "t").message_id,
        build_message(make_rendered(), ANN, make_mail().model_copy(update={"list_id": "b.example"}), "t").message_id,
    }
    assert len(ids) == 3
    assert all("ann" not in one for one in ids)


def test_latin_text_stays_readable_and_other_scripts_stay_small() -> None:
    """The raw message can be read where that is possible, and does not grow threefold where not."""
    latin = build_message(make_rendered(text="Café news\n", html="<p>x</p>"), ANN, make_mail(), "t").content
    russian = build_message(make_rendered(text="Новости дня\n" * 20, html="<p>x</p>"), ANN, make_mail(), "t").content
    assert b"Caf=C3=A9 news" in latin
    assert b"base64" in russian


def test_international_domain_goes_in_ascii() -> None:
    """SMTPUTF8 is asked of the server only for a local part beyond ASCII (RFC 6531)."""
    content = build_message(make_rendered(), "ann@straße.example", make_mail(), "t").content
    assert wire_address("ann@straße.example") == "ann@xn--strae-oqa.example"
    assert not needs_smtputf8(content)
    assert needs_smtputf8(build_message(make_rendered(), "jörg@example.org", make_mail(), "t").content)


def test_setting_too_long_for_a_header_is_refused() -> None:
    """A line over 998 octets is a configuration error with the header's name, not a bounce from some server."""
    mail = make_mail().model_copy(update={"unsubscribe_url": "https://example.org/" + "x" * 1000})
    with pytest.raises(ConfigError, match="List-Unsubscribe"):
        build_message(make_rendered(), ANN, mail, "t")


@pytest.mark.parametrize(
    "text", ["", "ann", "@x", "a@", "a b@x", "a@x\r\n", "a@x\0", "a,b@x", "<a@x>", "a@b@c", "é" * 130 + "@x"]
)
def test_what_is_no_address_is_known_as_such(text: str) -> None:
    """Nothing with a meaning of its own in SMTP reaches an envelope."""
    assert not is_address(text)
