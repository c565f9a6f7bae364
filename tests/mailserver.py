"""A mail server in this process, on a port the system chooses, that fails where a test tells it to."""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from pipeline.config import SmtpConfig

Point = Literal["mail", "rcpt", "text", "leave", "end"]
"""Where a fault strikes: at MAIL (of the recipient "*"), at RCPT, after the text's first line, or when the final dot
has arrived; at "leave" the server hangs up after the text's first line but goes on reading."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at a point: a reply instead of the usual one, or a connection cut without a word.

    With `hold` the server first signals `reached` and waits until the test sets `release`.
    """

    point: Point
    reply: str = ""
    hold: bool = False


class MailServer(Controller):
    """Use as a context manager. `faults` maps the part of an address before the @ to what befalls its messages."""

    def __init__(self, faults: dict[str, list[Fault]] | None = None, **parameters: Any) -> None:  # noqa: ANN401 - passed on to aiosmtpd
        self.faults = faults or {}
        self.received: list[tuple[str, bytes]] = []
        self.connections = 0
        self.reached, self.release = threading.Event(), threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        # A small fixed buffer, so that a sender soon notices a server that has stopped reading.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        port: int = self._listener.getsockname()[1]
        super().__init__(self, hostname="127.0.0.1", port=port, **parameters)

    def __enter__(self) -> "MailServer":
        self.start()
        self.connections = 0  # aiosmtpd has tried its own door
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self.stop()

    def config(self, **changes: Any) -> SmtpConfig:  # noqa: ANN401 - whatever SmtpConfig takes
        """The settings to reach this server, without encryption unless asked for."""
        return SmtpConfig(
            **{"host": "127.0.0.1", "port": self.port, "security": "none", "timeout_seconds": 20, **changes}
        )

    def recipients(self) -> list[str]:
        """Who got a message, in order, by the part before the @."""
        return [_name(recipient) for recipient, _ in self.received]

    def factory(self) -> SMTP:
        """aiosmtpd: one protocol object for each connection."""
        self.connections += 1
        return _Protocol(self, self.handler, **self.SMTP_kwargs)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """aiosmtpd: the envelope's sender."""
        reply = await self.strike("mail", "*", server)
        if not reply:
            envelope.mail_from = address
        return reply or "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """aiosmtpd: the envelope's recipient."""
        reply = await self.strike("rcpt", address, server)
        if reply:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """aiosmtpd: the whole message, after its final dot; a message that is then refused was not received."""
        (recipient,) = envelope.rcpt_tos
        assert isinstance(envelope.content, bytes | bytearray)
        self.received.append((recipient, bytes(envelope.content)))
        reply = await self.strike("end", recipient, server)
        if reply:
            self.received.pop()
        return reply or "250 2.0.0 taken"

    async def strike(self, point: Point, recipient: str, server: SMTP) -> str:
        """Play the next fault if it belongs here; the reply to give, empty for the usual one."""
        faults = self.faults.get(_name(recipient), [])
        if not faults or faults[0].point != point:
            return ""
        fault = faults.pop(0)
        if fault.hold:
            self.reached.set()
            while not self.release.is_set():
                await asyncio.sleep(0.01)
        elif not fault.reply:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            raise asyncio.CancelledError
        return fault.reply

    def _create_server(self) -> Coroutine[Any, Any, asyncio.AbstractServer]:
        """aiosmtpd: listen on the socket that is bound already."""
        return self.loop.create_server(self._factory_invoker, sock=self._listener, ssl=self.ssl_context)


class _Protocol(SMTP):
    """aiosmtpd's protocol, with a fault while the text is coming in."""

    def __init__(self, owner: MailServer, handler: object, **parameters: Any) -> None:  # noqa: ANN401 - passed on to aiosmtpd
        self._owner = owner
        super().__init__(handler, **parameters)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Take the text, or its first line only."""
        assert self.envelope is not None
        (recipient,) = self.envelope.rcpt_tos
        faults = self._owner.faults.get(_name(recipient), [])
        if not faults or faults[0].point not in ("text", "leave"):
            await super().smtp_DATA(arg)
            return
        await self.push("354 go on")
        await self._reader.readuntil(b"\r\n")
        await self._owner.strike("text", recipient, self)
        del faults[:1]
        self._writer.write_eof()
        while await self._reader.read(65536):
            pass


def _name(address: str) -> str:
    """The part of an address before the @."""
    return address.partition("@")[0]
