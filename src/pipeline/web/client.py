"""One request: to a permitted address, bounded in time and size, without following redirects."""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from urllib.parse import SplitResult, quote

import urllib3
from urllib3.exceptions import DecodeError, HTTPError, IncompleteRead, ProtocolError, SSLError

from pipeline.errors import FetchError
from pipeline.web.addresses import Guard, shortened, web_address
from pipeline.web.connection import PlainConnection, TlsConnection, tls_context

CHUNK = 64 * 1024
OK = 200
MOST_WAIT = 7 * 24 * 3600.0
"""Seconds a server may ask to be left alone; it may not ask for ever."""
_ASKED_ENCODINGS = "gzip, deflate"
_UNASKED_ENCODINGS = frozenset(("br", "zstd", "compress", "x-compress"))
# What an address may hold as it stands: everything else is percent-encoded, and what is encoded stays so.
_ADDRESS_MARKS = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one request: seconds from the first packet to the last, and bytes after decompression."""

    seconds: float = 30
    largest_bytes: int = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Ask:
    """What to request: an address, and headers besides those of every request; with a body it is a POST, else a GET."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered. Header names are lower-case; `content` is decompressed, and empty unless status is 200.

    `wait` is for how many seconds the server wants to be left alone (Retry-After), None when it does not say.
    """

    url: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    wait: float | None = None

    @property
    def media_type(self) -> str:
        """Such as "text/html"; "" when the server does not say."""
        return self.headers.get("content-type", "").partition(";")[0].strip().casefold()

    @property
    def charset(self) -> str:
        """The encoding the server names, "" when it names none."""
        for part in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = part.partition("=")
            if name.strip().casefold() == "charset":
                return value.strip().strip("\"'").casefold()
        return ""


class Client:
    """Makes requests. It may be used by many threads: it holds nothing that changes."""

    def __init__(self, guard: Guard, user_agent: str, limits: Limits = Limits()) -> None:
        self._guard = guard
        self._limits = limits
        self._headers = {
            "User-Agent": user_agent,
            "Accept-Encoding": _ASKED_ENCODINGS,
            "Accept": "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9,"
            " text/html;q=0.9, */*;q=0.8",
            "Connection": "close",
        }
        self._tls = tls_context()

    def get(self, ask: Ask) -> Response:
        """The answer to one request.

        Raises FetchError when the address may not be asked, cannot be reached, is too slow, too large or broken.
        """
        parts = web_address(ask.url)
        with _explained(ask.url, self._limits), contextlib.closing(self._connection(parts)) as connection:
            headers = {**self._headers, **ask.headers}
            method = "GET" if ask.body is None else "POST"
            connection.request(method, _target(parts), ask.body, headers, preload_content=False, decode_content=True)
            with contextlib.closing(connection.getresponse()) as answer:
                return self._read(ask.url, answer)

    def _connection(self, parts: SplitResult) -> PlainConnection | TlsConnection:
        """A connection, not yet made, to the host of an address."""
        host, seconds = parts.hostname or "", self._limits.seconds
        made: PlainConnection | TlsConnection
        if parts.scheme == "https":
            made = TlsConnection(host, parts.port, timeout=seconds, ssl_context=self._tls)
        else:
            made = PlainConnection(host, parts.port, timeout=seconds)
        made.guard = self._guard
        made.deadline = time.monotonic() + seconds
        return made

    def _read(self, url: str, answer: urllib3.response.BaseHTTPResponse) -> Response:
        """The answer as a record; its body only when there is one worth reading."""
        headers = {name.casefold(): value for name, value in answer.headers.items()}
        content = self._body(url, answer, headers) if answer.status == OK else b""
        return Response(url, answer.status, headers, content, wait_seconds(headers, datetime.now(UTC)))

    def _body(self, url: str, answer: urllib3.response.BaseHTTPResponse, headers: Mapping[str, str]) -> bytes:
        """The decompressed body.

        Raises FetchError when it is too large, or compressed in a way that was not asked for.
        """
        encodings = {name.strip() for name in headers.get("content-encoding", "").casefold().split(",")}
        if encodings & _UNASKED_ENCODINGS:
            raise FetchError(f"{shortened(url)}: compressed as {', '.join(sorted(encodings))}, which was not asked for")
        largest = self._limits.largest_bytes
        content = bytearray()
        while piece := answer.read1(CHUNK):
            content += piece
            if len(content) > largest:
                raise FetchError(f"{shortened(url)}: larger than {largest:,} bytes (fetch.largest_bytes)")
        return bytes(content)


def wait_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds a Retry-After asks for, at most `MOST_WAIT`; None when there is none that can be read.

    A date is measured against the server's own clock where it tells the time.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), MOST_WAIT)
    until = _date(text)
    if until is None:
        return None
    seconds = (until - (_date(headers.get("date", "")) or now)).total_seconds()
    return min(max(seconds, 0.0), MOST_WAIT)


def _target(parts: SplitResult) -> str:
    """What a request asks the host for: path and query, percent-encoded."""
    query = f"?{parts.query}" if parts.query else ""
    return quote(f"{parts.path or '/'}{query}", safe=_ADDRESS_MARKS)


def _date(text: str) -> datetime | None:
    """An HTTP date as an aware time, None when it is none."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@contextlib.contextmanager
def _explained(url: str, limits: Limits) -> Iterator[None]:
    """Raise what goes wrong on the way as FetchError that names the address, the cause and what may be done."""
    name = shortened(url)
    try:
        yield
    except (ssl.SSLError, SSLError) as error:
        raise FetchError(f"{name}: its certificate or encryption is not accepted ({_cause(error)})") from error
    except DecodeError as error:
        raise FetchError(f"{name}: the compressed body is broken", passing=True) from error
    except socket.gaierror as error:
        passing = error.errno == socket.EAI_AGAIN
        raise FetchError(f"{name}: the host is not known ({error.strerror})", passing=passing) from error
    except (TimeoutError, urllib3.exceptions.TimeoutError) as error:
        message = f"{name}: no complete answer within {limits.seconds:g} seconds (fetch.timeout_seconds)"
        raise FetchError(message, passing=True) from error
    except (IncompleteRead, ProtocolError, HTTPError, HTTPException, OSError) as error:
        raise FetchError(f"{name}: the connection failed ({_cause(error)})", passing=True) from error
    except (UnicodeError, ValueError) as error:
        # A host that no name server could be asked for, or a header that cannot be sent.
        raise FetchError(f"{name}: not a web address that can be asked ({error})") from error


def _cause(error: BaseException) -> str:
    """The innermost reason, in short: libraries wrap errors in errors."""
    inner = error.args[-1] if error.args and isinstance(error.args[-1], BaseException) else None
    text = _cause(inner) if inner is not None else str(error) or type(error).__name__
    return shortened(text)
