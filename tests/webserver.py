"""A real web server on this machine, with every fault a real one can have."""

import gzip
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What a path answers. `length` is announced instead of the body's own; None announces nothing."""

    body: bytes = b""
    status: int = 200
    headers: Headers = field(default_factory=dict)
    length: int | None = -1


@dataclass(frozen=True)
class Request:
    """What the server was asked: path with query, headers by their lower-case names, method and body."""

    path: str
    headers: Headers
    method: str = "GET"
    body: bytes = b""


@dataclass(frozen=True)
class Fault:
    """A page that does what no `Answer` can."""

    play: Callable[[BaseHTTPRequestHandler], None]


Page = Answer | Fault | Callable[[Request], Answer]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what these tests are about."""


class WebServer:
    """Answers by path from `pages`, 404 for others; `requests` are all it was asked, in order."""

    def __init__(self, context: ssl.SSLContext | None = None, address: str = "127.0.0.1") -> None:
        self.pages: dict[str, Page] = {}
        self.requests: list[Request] = []
        self.busiest: Counter[str] = Counter()
        self._busy: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._server = _Server((address, 0), self._handler())
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https" if context else "http"
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """The address of a path."""
        return f"{self._scheme}://{host}:{self.port}{path}"

    def asked(self, path: str) -> list[Request]:
        """The requests for one path."""
        return [request for request in self.requests if request.path == path]

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        """The handler class whose requests come here."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._answer(self)

            do_POST = do_GET  # noqa: N815 - the base class's name

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Nothing: the tests look at `requests`."""

        return Handler

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Note a request and answer it."""
        headers = {name.casefold(): value for name, value in handler.headers.items()}
        body = handler.rfile.read(int(headers.get("content-length", 0)))
        request = Request(handler.path, headers, handler.command, body)
        host = request.headers.get("host", "")
        with self._lock:
            self.requests.append(request)
            self._busy[host] += 1
            self.busiest[host] = max(self.busiest[host], self._busy[host])
        try:
            page = self.pages.get(handler.path, Answer(b"not here", 404))
            if isinstance(page, Fault):
                page.play(handler)
            else:
                send(handler, page if isinstance(page, Answer) else page(request))
        finally:
            with self._lock:
                self._busy[host] -= 1


def send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """Write an answer."""
    handler.send_response(answer.status)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    if answer.length is not None:
        handler.send_header("Content-Length", str(len(answer.body) if answer.length < 0 else answer.length))
    handler.end_headers()
    handler.wfile.write(answer.body)


@contextmanager
def web_server(context: ssl.SSLContext | None = None, address: str = "127.0.0.1") -> Iterator[WebServer]:
    """A server for the time of a test."""
    server = WebServer(context, address)
    try:
        yield server
    finally:
        server.close()


def moved(target: str, status: int = 302) -> Answer:
    """A redirect."""
    return Answer(status=status, headers={"Location": target})


def gzipped(body: bytes, **headers: str) -> Answer:
    """A compressed answer."""
    return Answer(gzip.compress(body), headers={"Content-Encoding": "gzip", **headers})


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Hang up with a reset, in the middle of the headers."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-")
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def silent(handler: BaseHTTPRequestHandler) -> None:
    """Say nothing until the client hangs up."""
    handler.connection.recv(1)


def dripping(handler: BaseHTTPRequestHandler, before: bytes = b"HTTP/1.0 200 OK\r\n\r\n") -> None:
    """Send a byte every twentieth of a second until the client hangs up."""
    handler.wfile.write(before)
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.05)


def dripping_headers(handler: BaseHTTPRequestHandler) -> None:
    """The same, within a header that never ends."""
    dripping(handler, b"HTTP/1.0 200 OK\r\nX-Long: ")


def garbage(handler: BaseHTTPRequestHandler) -> None:
    """Speak another protocol."""
    handler.wfile.write(b"220 mail.example.org ESMTP\r\n\x00\xff\r\n")


def endless(handler: BaseHTTPRequestHandler) -> None:
    """A body without an end."""
    handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
    while True:
        handler.wfile.write(b"x" * 65536)
