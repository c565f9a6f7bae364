"""Build one recipient's message: a pure function, so that the same edition always gives the same bytes.

RFC 5322 (message), RFC 2045 to 2047 (MIME), RFC 2919 (List-Id), RFC 2369 and RFC 8058 (unsubscribe), RFC 3834
(Auto-Submitted), RFC 6531 and 6532 (addresses beyond ASCII). The headers are written here and not by `email`'s
policies, because those fold a long List-Unsubscribe address into encoded words, which no mail program follows.
"""

import base64
import hashlib
import quopri
import re
import textwrap
from collections.abc import Iterator
from datetime import UTC
from email.header import Header
from email.utils import format_datetime
from html import escape
from urllib.parse import quote

from email_validator import EmailNotValidError, validate_email

from pipeline.config import MailConfig
from pipeline.errors import ConfigError
from pipeline.records import Rendered
from pipeline.store.rows import Message

LINE_LIMIT = 998
"""RFC 5322 section 2.1.1: octets in a line, without its CRLF."""
SUBJECT_LIMIT = 300
"""Characters; headlines are outside text, and servers refuse messages with huge headers."""
LEAVE = "<!--leave-->"
"""Where a letter's HTML has room for its reader's own link to unsubscribe; what comes from outside is escaped."""
_ADDRESS_LIMIT = 254
_FOLD = 76
_URL_MARKS = "/:?#[]@!$&'()*+,;=%~"
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_IN_ADDRESS = re.compile(r'[\s\x00-\x20\x7f-\x9f<>()\[\]\\",:;\ud800-\udfff]')


def build_message(rendered: Rendered, recipient: str, mail: MailConfig, token: str) -> Message:
    """The message that brings an edition to one recipient; `token` stands for the recipient in unsubscribe links.

    Raises ConfigError when a configured address or URL does not fit into a mail header.
    """
    identifier = _message_id(rendered, recipient, mail)
    text, html = (_normal_text(form) for form in _with_link(rendered, _link(mail, token)))
    boundary = "=_" + hashlib.sha256("\0".join((identifier, text, html)).encode()).hexdigest()[:40]
    headers = (
        ("From", f"{_phrase('From', mail.sender_name)} <{wire_address(mail.sender)}>"),
        ("To", wire_address(recipient) if is_address(recipient) else "undisclosed-recipients:;"),
        ("Subject", _encoded("Subject", one_line(rendered.subject)[:SUBJECT_LIMIT].rstrip())),
        ("Date", format_datetime(rendered.cutoff.astimezone(UTC))),
        ("Message-ID", identifier),
        ("List-Id", f"<{mail.list_id}>"),
        *_unsubscribe(mail, token),
        ("Auto-Submitted", "auto-generated"),
        ("Precedence", "bulk"),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'),
    )
    parts = (_part("plain", text), _part("html", html))
    body = b"".join(b"--%b\r\n%b\r\n" % (boundary.encode(), part) for part in parts)
    return Message(recipient, identifier, _head(headers) + body + b"--%b--\r\n" % boundary.encode())


def is_address(text: str) -> bool:
    """Whether a text can stand in an envelope: one @, nothing that SMTP or a header reads as its own, not too long."""
    local, _, domain = text.rpartition("@")
    fits = len(text.encode("utf-8", "replace")) <= _ADDRESS_LIMIT
    return bool(local and domain) and "@" not in local and fits and _NOT_IN_ADDRESS.search(text) is None


def wire_address(address: str) -> str:
    """The address as it goes over the wire: an international domain in its ASCII form, so SMTPUTF8 is seldom needed."""
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        known = validate_email(f"local@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return address
    return f"{local}@{known.ascii_domain}"


def needs_smtputf8(content: bytes) -> bool:
    """Whether a message's headers hold more than ASCII (RFC 6532), so that the server must know SMTPUTF8."""
    head, _, _ = content.partition(b"\r\n\r\n")
    return not head.isascii()


def one_line(text: str) -> str:
    """A text without control characters, line breaks or lone surrogates, its white space reduced to single spaces."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def _message_id(rendered: Rendered, recipient: str, mail: MailConfig) -> str:
    """RFC 5322 section 3.6.4: the same for the same list, edition and recipient, without showing the recipient."""
    key = "|".join((mail.list_id, rendered.edition, recipient.casefold()))
    digest = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]
    edition = re.sub(r"[^0-9A-Za-z-]+", "-", rendered.edition)
    return f"<{edition}.{digest}@{mail.list_id}>"


def _link(mail: MailConfig, token: str) -> str:
    """The address where one reader leaves one list; empty when none is configured."""
    return f"{quote(mail.unsubscribe_url, safe=_URL_MARKS)}{quote(token, safe='')}" if mail.unsubscribe_url else ""


def _with_link(rendered: Rendered, link: str) -> tuple[str, str]:
    """A letter's text and HTML, with the link to unsubscribe where people look for it: at the end."""
    if not link:
        return rendered.text, rendered.html
    anchor = f' <a href="{escape(link)}" style="color:inherit">Unsubscribe from this list</a>.'
    return f"{rendered.text}\nUnsubscribe from this list:\n{link}\n", rendered.html.replace(LEAVE, anchor)


def _unsubscribe(mail: MailConfig, token: str) -> Iterator[tuple[str, str]]:
    """RFC 2369 List-Unsubscribe with what is configured, https first; RFC 8058 one-click only with https."""
    link = _link(mail, token)
    links = [f"<{link}>"] if link else []
    if mail.unsubscribe_mailto is not None:
        to = quote(wire_address(mail.unsubscribe_mailto), safe="@")
        links.append(f"<mailto:{to}?subject=unsubscribe%20{quote(token, safe='')}>")
    if links:
        yield "List-Unsubscribe", ",\r\n ".join(links)
    if mail.unsubscribe_url is not None:
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"


def _head(headers: tuple[tuple[str, str], ...]) -> bytes:
    """The header block with the empty line that ends it.

    Raises ConfigError for a line that is too long; only configured values can cause that.
    """
    lines = [(name, line.encode()) for name, value in headers for line in f"{name}: {value}".split("\r\n")]
    for name, line in lines:
        if len(line) > LINE_LIMIT:
            raise ConfigError(f"mail: the header {name} would be {len(line)} octets long, the limit is {LINE_LIMIT}")
    return b"".join(line + b"\r\n" for _, line in lines) + b"\r\n"


def _phrase(header: str, name: str) -> str:
    """A display name: a quoted string, or RFC 2047 encoded words when it needs them."""
    name = one_line(name)
    if _is_plain(name):
        escaped = re.sub(r'(["\\])', r"\\\1", name)
        return f'"{escaped}"'
    return _encoded(header, name)


def _encoded(header: str, text: str) -> str:
    """A header's text, folded, in RFC 2047 encoded words when it needs them."""
    if not _is_plain(text):
        return Header(text, "utf-8", maxlinelen=_FOLD, header_name=header).encode(linesep="\r\n")
    width = _FOLD - len(f"{header}: ")
    return "\r\n ".join(textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False))


def _is_plain(text: str) -> bool:
    """Whether a text can stand in a header as it is; one that looks like an encoded word would be decoded."""
    return text.isascii() and "=?" not in text


def _part(subtype: str, text: str) -> bytes:
    """One body part; quoted-printable, which stays readable, unless base64 is shorter."""
    data = text.encode()
    # Quoted-printable is computed with bare line feeds, so that a carriage return is never content.
    quoted = quopri.encodestring(data).replace(b"\n", b"\r\n")
    encoded = base64.encodebytes(data.replace(b"\n", b"\r\n")).replace(b"\n", b"\r\n")
    name, content = min(("quoted-printable", quoted), ("base64", encoded), key=lambda choice: len(choice[1]))
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {name}\r\n\r\n'
    return head.encode() + content


def _normal_text(text: str) -> str:
    """A text with every line break as one line feed and lone surrogates, which no encoding holds, replaced."""
    unified = re.sub(r"\r\n|\r", "\n", text)
    return re.sub("[\ud800-\udfff]", "\ufffd", unified)
