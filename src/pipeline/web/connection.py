"""A connection that goes to the very address that was checked, and is over when its time is."""

import math
import socket
import ssl
import threading
import time
from concurrent.futures import Future
from typing import Any

import urllib3.connection

from pipeline.errors import FetchError
from pipeline.web.addresses import Guard

CONNECT_SECONDS = 10.0
"""For one of a host's addresses; the next one is tried then."""
LOOKUP_SECONDS = 10.0
"""For finding out a host's addresses."""


class _Deadline:
    """A socket that stops reading when its time is up, however steadily a server drips."""

    deadline = math.inf

    def recv_into(self, *args: Any, **kwargs: Any) -> int:  # noqa: ANN401 - a socket's, as they are
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self.settimeout(None if left == math.inf else left)  # type: ignore[attr-defined]  # a socket's
        return super().recv_into(*args, **kwargs)  # type: ignore[misc,no-any-return]  # a socket's


class _Socket(_Deadline, socket.socket):
    """A plain socket with a deadline."""


class _TlsSocket(_Deadline, ssl.SSLSocket):
    """An encrypted one."""


def tls_context() -> ssl.SSLContext:
    """How certificates are checked: by the system's authorities, as strictly as Python does."""
    context = ssl.create_default_context()
    context.sslsocket_class = _TlsSocket
    return context


class _Guarded:
    """Part of a connection: resolves the host, connects to an address the guard permits, keeps the deadline."""

    host: str
    port: int
    guard: Guard
    deadline: float
    sock: Any

    def _new_conn(self) -> socket.socket:
        """A connected socket; called by `connect`.

        Raises FetchError when none of them may be asked, OSError when none is found in time or none answers.
        """
        found = _looked_up(self.host, self.port, max(0.0, min(LOOKUP_SECONDS, self.deadline - time.monotonic())))
        permitted = [entry for entry in found if self.guard.permits(self.host, str(entry[4][0]))]
        if not permitted:
            addresses = ", ".join(sorted({str(entry[4][0]) for entry in found}))
            raise FetchError(
                f"{self.host}: refused, {addresses} is no public address; if it is yours, add it to fetch.allow_private"
            )
        for number, entry in enumerate(permitted, 1):
            try:
                return self._connected(entry)
            except OSError:
                if number == len(permitted):
                    raise
        raise AssertionError("one of the addresses was the last")

    def _connected(self, entry: tuple[Any, ...]) -> socket.socket:
        """A socket connected to one resolved address."""
        family, kind, protocol, _, address = entry
        opened = _Socket(family, kind, protocol)
        opened.deadline = self.deadline
        try:
            opened.settimeout(max(0.001, min(CONNECT_SECONDS, self.deadline - time.monotonic())))
            opened.connect(address)
        except OSError:
            opened.close()
            raise
        return opened


def _looked_up(host: str, port: int, seconds: float) -> list[tuple[Any, ...]]:
    """What the resolver says of a host. It knows no limit: the thread that waits for it is left behind at its time.

    Raises what the resolver raises, and as it does when its time is up.
    """
    answer = Future[list[tuple[Any, ...]]]()

    def ask() -> None:
        try:
            answer.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as error:
            answer.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError as error:
        raise socket.gaierror(socket.EAI_AGAIN, "the name server does not answer") from error


class PlainConnection(_Guarded, urllib3.connection.HTTPConnection):
    """HTTP."""


class TlsConnection(_Guarded, urllib3.connection.HTTPSConnection):
    """HTTPS; the certificate is checked against the host's name, not the address."""

    def connect(self) -> None:
        """Connect and encrypt; the encrypted socket keeps the deadline as well."""
        super().connect()
        self.sock.deadline = self.deadline
