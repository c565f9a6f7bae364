"""Hand messages to an SMTP server (RFC 5321), knowing at every step whether the server can have taken the message.

`smtplib.sendmail` hides where it broke, so MAIL, RCPT, DATA and the final dot are driven here one by one:

    refused or lost before the final dot   not taken: pending again, or failed for good
    lost between the final dot and 250     may have been taken: unknown (RFC 1047)
"""

import contextlib
import re
import selectors
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack

from pipeline.config import SmtpConfig
from pipeline.errors import ConfigError
from pipeline.mail.message import is_address, needs_smtputf8, one_line, wire_address
from pipeline.mail.outbox import Outbox, unwritable
from pipeline.mail.transport import Outcome, Scope
from pipeline.records import DeliveryState
from pipeline.store.rows import Message

END_PATIENCE = 10
"""How many times as long as any other answer that to a message's end may take: given up too soon, it is in doubt."""
_OK = (250, 251)
_START_INPUT = 354
_CLOSING = 421
_PERMANENT = 500
_LINE_START_DOT = re.compile(rb"^\.", re.MULTILINE)
_NO_MAILBOX = re.compile(r"5\.1\.1\b")


class SmtpTransport:
    """A transport over one SMTP connection, opened at the first message and again whenever it was lost."""

    repeatable = False

    def __init__(self, config: SmtpConfig, sender: str, outbox: Outbox) -> None:
        """Raises ConfigError when a login is asked for without TLS, or its password is missing."""
        if config.user and config.security == "none":
            raise ConfigError('mail.smtp: a login needs an encrypted connection; set security to "starttls" or "tls"')
        self._config = config
        self._password = config.password() if config.user else None
        self._sender = wire_address(sender)
        self._outbox = outbox
        self._server: smtplib.SMTP | None = None

    def send(self, message: Message, sending: Callable[[], None]) -> Outcome:
        """Hand one message over; it is written to the outbox first, so that people can see what went out."""
        if not is_address(message.recipient):
            return Outcome(DeliveryState.FAILED, "not a mail address")
        try:
            self._outbox.write(message)
        except OSError as error:
            return unwritable(error)
        try:
            server = self._connected()
        except (OSError, UnicodeError) as error:  # every SMTPException is an OSError
            return self._unreachable(error)
        with ExitStack() as undo:
            undo.callback(self._drop)  # the server may be waiting for the rest of a message
            outcome = self._hand_over(server, message, sending)
            undo.pop_all()
        return outcome

    def close(self) -> None:
        """Say goodbye to the server, if there is a connection."""
        if self._server is not None:
            with contextlib.suppress(OSError):
                self._server.quit()
            self._drop()

    def _connected(self) -> smtplib.SMTP:
        """The connection, ready for a new message.

        Raises OSError when there can be none.
        """
        if self._server is not None:
            # RSET also tells whether the server has closed the connection since the last message.
            with contextlib.suppress(OSError):
                if self._server.rset()[0] in _OK:
                    return self._server
            self._drop()
        self._server = self._connect()
        return self._server

    def _connect(self) -> smtplib.SMTP:
        """A new connection: TLS as configured (RFC 3207, RFC 8314) with certificate checks, then the login.

        Raises OSError, or UnicodeError for a login that is not ASCII.
        """
        config, server = self._config, self._open()
        with ExitStack() as undo:
            undo.callback(server.close)
            if config.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            server.ehlo_or_helo_if_needed()  # once more after STARTTLS, which voids what the server said before
            if self._password is not None:
                server.login(config.user, self._password.get_secret_value())
            undo.pop_all()
        return server

    def _open(self) -> smtplib.SMTP:
        """The bare connection, or the one in TLS from its first byte."""
        config = self._config
        if config.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(config.host, config.port, timeout=config.timeout_seconds, context=context)
        return smtplib.SMTP(config.host, config.port, timeout=config.timeout_seconds)

    def _drop(self) -> None:
        """Forget the connection without a word."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _hand_over(self, server: smtplib.SMTP, message: Message, sending: Callable[[], None]) -> Outcome:
        """Envelope, `sending`, text, final dot."""
        try:
            refusal = self._envelope(server, message)
        except OSError as error:
            return self._lost(DeliveryState.PENDING, f"connection lost before the message: {error}")
        if refusal is not None:
            return refusal
        sending()
        try:
            _send_text(server, message.content)
        except OSError as error:
            return self._lost(DeliveryState.PENDING, f"connection lost before the message's end: {error}")
        try:
            server.send(b".\r\n")
            code, answer = self._answer_to_the_end(server)
        except OSError as error:
            return self._lost(DeliveryState.UNKNOWN, f"no answer after the message's end, it may have arrived: {error}")
        return self._verdict(code, answer)

    def _answer_to_the_end(self, server: smtplib.SMTP) -> tuple[int, bytes]:
        """The answer to the final dot; a server may be looking through the message first (RFC 5321 section 4.5.3.2.6).

        Raises OSError when there is none.
        """
        if server.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        server.sock.settimeout(END_PATIENCE * self._config.timeout_seconds)
        answer = server.getreply()
        server.sock.settimeout(self._config.timeout_seconds)
        return answer

    def _envelope(self, server: smtplib.SMTP, message: Message) -> Outcome | None:
        """MAIL, RCPT and DATA; None when the server now waits for the text.

        Raises OSError when the connection is lost.
        """
        options: tuple[str, ...] = ()
        if needs_smtputf8(message.content):
            if not server.has_extn("smtputf8"):
                return Outcome(DeliveryState.FAILED, "the server takes no international addresses (RFC 6531)")
            options = ("SMTPUTF8", "BODY=8BITMIME")
        code, answer = server.mail(self._sender, options)
        if code not in _OK:
            return self._refused("MAIL with SMTPUTF8" if options else "MAIL", code, answer)
        code, answer = server.rcpt(wire_address(message.recipient))
        if code not in _OK:
            return self._refused("RCPT", code, answer)
        code, answer = server.docmd("DATA")
        return None if code == _START_INPUT else self._refused("DATA", code, answer)

    def _verdict(self, code: int, answer: bytes) -> Outcome:
        """The outcome by the server's answer to the final dot; an answer that is none leaves it open."""
        if code in _OK:
            return Outcome(DeliveryState.SENT, _said(code, answer))
        if code // 100 in (4, 5):
            return self._refused("message", code, answer)
        return self._lost(DeliveryState.UNKNOWN, f"unclear answer after the message's end: {_said(code, answer)}")

    def _refused(self, step: str, code: int, answer: bytes) -> Outcome:
        """The outcome of a refusal: 4xx may pass later, 5xx is for good (RFC 5321 section 4.2.1, RFC 3463)."""
        detail = f"{step} refused: {_said(code, answer)}"
        if code == _CLOSING or code // 100 not in (4, 5):
            return self._lost(DeliveryState.PENDING, detail)
        if code < _PERMANENT:
            return Outcome(DeliveryState.PENDING, detail)
        if step == "MAIL":  # about our sender, so every recipient would fail: nobody's message is given up for that
            return Outcome(DeliveryState.PENDING, detail, Scope.CONFIGURATION)
        return Outcome(DeliveryState.FAILED, detail, suppress=bool(_NO_MAILBOX.match(answer.decode("latin-1"))))

    def _lost(self, state: DeliveryState, detail: str) -> Outcome:
        """The outcome when the connection can be used no more."""
        self._drop()
        return Outcome(state, one_line(detail))

    def _unreachable(self, error: OSError | UnicodeError) -> Outcome:
        """The outcome when there is no connection: nothing was lost, and a person may have to act."""
        if isinstance(error, smtplib.SMTPResponseException):
            answer = error.smtp_error
            reason = _said(error.smtp_code, answer if isinstance(answer, bytes) else answer.encode())
        else:
            reason = one_line(str(error)) or type(error).__name__
        scope = Scope.CONFIGURATION if _needs_a_person(error) else Scope.SERVER
        return Outcome(DeliveryState.PENDING, f"server {self._config.host}:{self._config.port}: {reason}", scope)


def _send_text(server: smtplib.SMTP, content: bytes) -> None:
    """Send the message's text, dots doubled (RFC 5321 section 4.5.2), all but the final dot.

    Raises OSError when the connection is lost.
    """
    server.send(_LINE_START_DOT.sub(b"..", content))
    # A server that closes or complains now has surely not seen the end; after the dot nobody could tell.
    if server.sock is not None and _has_input(server.sock):
        raise smtplib.SMTPServerDisconnected("the server broke in")


def _has_input(connection: socket.socket) -> bool:
    """Whether the other side has sent something, or has closed."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        return bool(selector.select(0))


def _needs_a_person(error: OSError | UnicodeError) -> bool:
    """Whether waiting cannot help: login refused or impossible, no STARTTLS, certificate not trusted."""
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code >= _PERMANENT
    no_way_to_log_in = type(error) is smtplib.SMTPException
    return no_way_to_log_in or isinstance(error, smtplib.SMTPNotSupportedError | ssl.SSLError | UnicodeError)


def _said(code: int, answer: bytes) -> str:
    """A server's answer as one line."""
    return one_line(f"{code} {answer.decode('utf-8', 'replace')}")
