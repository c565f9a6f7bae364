"""One request against a real server: what it asks, and that no fault costs more than its time and bytes."""

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import FetchError
from pipeline.web.addresses import guard
from pipeline.web.client import MOST_WAIT, Ask, Client, Limits, wait_seconds
from webserver import (
    Answer,
    Fault,
    WebServer,
    dripping,
    dripping_headers,
    endless,
    garbage,
    gzipped,
    moved,
    reset,
    silent,
    web_server,
)

AGENT = "Newsfold/test (+https://example.org/about)"
LOCAL = guard(["127.0.0.0/8", "::1"])
PATIENT = Limits(seconds=20, largest_bytes=1_000_000)
SHORT = Limits(seconds=0.5, largest_bytes=1_000_000)


@pytest.fixture
def server() -> Iterator[WebServer]:
    """A server without pages."""
    with web_server() as opened:
        yield opened


def client(limits: Limits = PATIENT) -> Client:
    """A client that may ask this machine."""
    return Client(LOCAL, AGENT, limits)


def failure(url: str, limits: Limits = SHORT) -> FetchError:
    """Why an address cannot be fetched."""
    with pytest.raises(FetchError) as caught:
        client(limits).get(Ask(url))
    assert url[:40] in str(caught.value) or "refused" in str(caught.value)
    return caught.value


def test_an_answer_is_read(server: WebServer) -> None:
    """With status, headers and body; the request says who asks."""
    server.pages["/feed?a=1"] = Answer(b"words", headers={"ETag": '"x"', "Content-Type": "text/xml; charset='UTF-8'"})
    found = client().get(Ask(server.url("/feed?a=1#part"), {"If-None-Match": 'W/"old"'}))
    assert (found.status, found.content, found.headers["etag"]) == (200, b"words", '"x"')
    assert (found.media_type, found.charset, found.wait) == ("text/xml", "utf-8", None)
    (request,) = server.requests
    assert (request.headers["user-agent"], request.headers["if-none-match"]) == (AGENT, 'W/"old"')


@pytest.mark.parametrize("path", ["", "/", "//double", "/é?ü=ß", "/a%20b", "/100%"])
def test_any_path_can_be_asked(server: WebServer, path: str) -> None:
    """What may not stand in a request is encoded, what is encoded stays."""
    assert client().get(Ask(server.url(path))).status == 404
    assert server.requests[0].path.isascii()
    assert server.requests[0].path.count("%25") == 0


def test_redirects_are_told_not_followed(server: WebServer) -> None:
    """Whoever follows must look at every address on the way."""
    server.pages["/"] = moved("http://10.0.0.1/secret", 301)
    found = client().get(Ask(server.url()))
    assert (found.status, found.headers["location"]) == (301, "http://10.0.0.1/secret")
    assert len(server.requests) == 1


def test_a_compressed_body_is_opened(server: WebServer) -> None:
    """gzip and deflate were asked for."""
    server.pages["/"] = gzipped(b"words " * 1000)
    assert client().get(Ask(server.url())).content == b"words " * 1000


@pytest.mark.parametrize("layers", [1, 2])
def test_a_bomb_is_defused(server: WebServer, layers: int) -> None:
    """A megabyte that would be a gigabyte is left unopened past the limit."""
    body = b"\0" * 300_000_000
    for _ in range(layers):
        body = gzip.compress(body, 1)
    server.pages["/"] = Answer(body, headers={"Content-Encoding": ", ".join(["gzip"] * layers)})
    assert "larger than 1,000,000 bytes" in str(failure(server.url(), PATIENT))


def test_a_body_without_end_is_cut(server: WebServer) -> None:
    """Nothing announces its length."""
    server.pages["/"] = Fault(endless)
    assert "larger than" in str(failure(server.url(), PATIENT))


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, br"])
def test_an_encoding_nobody_asked_for_is_refused(server: WebServer, encoding: str) -> None:
    """Bytes that cannot be opened are no feed."""
    server.pages["/"] = Answer(b"?", headers={"Content-Encoding": encoding})
    assert "not asked for" in str(failure(server.url()))


def test_broken_compression_is_said(server: WebServer) -> None:
    """Not half a feed."""
    server.pages["/"] = Answer(b"no gzip at all", headers={"Content-Encoding": "gzip"})
    assert "compressed body is broken" in str(failure(server.url()))


@pytest.mark.parametrize("fault", [silent, dripping, dripping_headers])
def test_slow_servers_are_left(server: WebServer, fault: Any) -> None:  # noqa: ANN401 - a function
    """Also those that send a byte now and then: the bound holds for the whole answer."""
    server.pages["/"] = Fault(fault)
    error = failure(server.url())
    assert "no complete answer within 0.5 seconds" in str(error)
    assert error.passing


@pytest.mark.parametrize("fault", [reset, garbage])
def test_broken_answers_are_said(server: WebServer, fault: Any) -> None:  # noqa: ANN401 - a function
    """The connection failed, and may not fail next time."""
    server.pages["/"] = Fault(fault)
    assert failure(server.url()).passing


def test_a_body_cut_short_is_no_answer(server: WebServer) -> None:
    """Half a feed with its validators would hide the other half for good."""
    server.pages["/"] = Answer(b"half", length=8)
    assert "the connection failed" in str(failure(server.url()))


def test_a_body_longer_than_announced_ends_there(server: WebServer) -> None:
    """HTTP says so; what follows belongs to nothing."""
    server.pages["/"] = Answer(b"half and more", length=4)
    assert client().get(Ask(server.url())).content == b"half"


def test_nobody_there_is_said() -> None:
    """A port that nobody listens on, and a host that nobody knows."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert failure(f"http://127.0.0.1:{unused.getsockname()[1]}/").passing
    assert "host" in str(failure("http://nowhere.invalid/"))
    assert "not a web address" in str(failure(f"http://{'a' * 70}.example/"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_this_machine_is_not_asked_unless_allowed(server: WebServer, host: str) -> None:
    """However its address is spelled."""
    with pytest.raises(FetchError, match=r"refused.*allow_private|not known|no address"):
        Client(guard([]), AGENT).get(Ask(server.url(host=host)))
    assert not server.requests


def test_an_allowed_host_is_asked(server: WebServer) -> None:
    """By its name."""
    assert Client(guard(["localhost"]), AGENT).get(Ask(server.url(host="localhost"))).status == 404


def test_the_address_checked_is_the_address_asked(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that answers differently each time gets nobody in: a name is resolved once."""
    answers = iter(["93.184.215.14", "127.0.0.1", "127.0.0.1"])
    connected: list[str] = []

    def resolve(_: str, port: int, **__: object) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def connect(_: socket.socket, address: tuple[str, int]) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr("pipeline.web.connection._Socket.connect", connect)
    with pytest.raises(FetchError, match="nobody there"):
        Client(guard([]), AGENT).get(Ask(server.url(host="rebind.example")))
    assert connected == ["93.184.215.14"]


def test_only_the_permitted_of_several_addresses_are_asked(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them does not answer, one is private: the third is asked."""
    entries = [("127.0.0.3", 1), ("10.0.0.1", server.port), ("127.0.0.1", server.port)]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", entry) for entry in entries]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert client().get(Ask(server.url(host="several.example"))).status == 404


def test_a_name_server_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver knows no limit of its own; the host may be asked once more."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait())
    monkeypatch.setattr("pipeline.web.connection.LOOKUP_SECONDS", 0.05)
    told = failure("http://slow-names.example/")
    over.set()
    assert "the host is not known (the name server does not answer)" in str(told)
    assert told.passing


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command for a certificate")
def test_certificates_are_checked_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting to a chosen address must not mean trusting whoever is there; the deadline holds as well."""
    certificate, key = tmp_path / "c.crt", tmp_path / "c.key"
    command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=test", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with web_server(context) as server:
        server.pages["/"], server.pages["/slow"] = Answer(b"words"), Fault(dripping)
        assert "certificate" in str(failure(server.url(host="localhost")))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert client().get(Ask(server.url(host="localhost"))).content == b"words"
        assert "certificate" in str(failure(server.url()))
        assert "no complete answer" in str(failure(server.url("/slow", host="localhost")))


NOW = datetime(2026, 3, 9, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "120"}, 120),
        ({"retry-after": "Mon, 09 Mar 2026 20:01:00 GMT"}, 60),
        ({"retry-after": "Mon, 09 Mar 2026 19:00:00 GMT"}, 0),
        ({"retry-after": "Mon, 09 Mar 2026 23:01:00 GMT", "date": "Mon, 09 Mar 2026 23:00:00 GMT"}, 60),
        ({"retry-after": "9" * 40}, MOST_WAIT),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "٣"}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds or a date, on the server's clock, and not for ever."""
    assert wait_seconds(headers, NOW) == seconds


@given(st.text(), st.text())
def test_any_header_is_a_time_to_wait_or_none(wait: str, date: str) -> None:
    """Servers write anything."""
    found = wait_seconds({"retry-after": wait, "date": date}, NOW)
    assert found is None or 0 <= found <= MOST_WAIT
