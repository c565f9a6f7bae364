"""Pings reach who waits for them, never fail a night, and never show the address that is their secret."""

import socket
import threading
from collections.abc import Iterator
from uuid import UUID

import pytest
from pydantic import SecretStr, ValidationError

from pipeline.config import Config, WatchConfig
from pipeline.watch.ping import LARGEST_BODY, Pings
from webserver import Answer, Fault, WebServer, dripping, moved, reset, silent, web_server

RUN = UUID("12345678-1234-5678-1234-567812345678")
SECRET = "/ping/6f9c2d"


@pytest.fixture
def server() -> Iterator[WebServer]:
    """A server that thanks for every ping."""
    with web_server() as started:
        started.pages = {f"{SECRET}{end}?rid={RUN}": Answer(b"OK") for end in ("", "/start", "/fail")}
        yield started


def pings(url: str, seconds: float = 10) -> Pings:
    """Pings to an address."""
    return Pings(SecretStr(url), RUN, "Newsfold/test", seconds)


def test_start_success_and_failure(server: WebServer) -> None:
    """Each goes to its own address with the run's id; a failure says its exit code and how the log ended."""
    sent = pings(server.url(SECRET))
    assert (sent.start(), sent.success(), sent.fail(1, "x" * 50_000 + "the end ü")) == ("", "", "")
    assert [request.path.partition("?")[0] for request in server.requests] == [
        f"{SECRET}/start",
        SECRET,
        f"{SECRET}/fail",
    ]
    assert [request.method for request in server.requests] == ["GET", "GET", "POST"]
    body = server.requests[-1].body
    assert body.startswith(b"exit code 1\n")
    assert body.decode().endswith("the end ü")
    assert len(body) < LARGEST_BODY + 20


def test_a_query_and_a_slash_are_kept() -> None:
    """Services differ in what their addresses look like."""
    assert pings("https://example.org/a/?create=1").address("/fail") == f"https://example.org/a/fail?create=1&rid={RUN}"
    assert pings("https://example.org").address("/start") == f"https://example.org/start?rid={RUN}"


def test_a_host_that_cannot_be_read_is_no_address() -> None:
    """It is refused with the configuration, and not in the middle of a night; what it holds is not said."""
    with pytest.raises(ValidationError, match="its host cannot be read"):
        WatchConfig(ping_url=SecretStr("https://[6f9c2d/"))


FAULTS: dict[str, tuple[Answer | Fault, str]] = {
    "an error": (Answer(status=500), "the server answered 500"),
    "not there": (Answer(status=404), "the server answered 404"),
    "a redirect": (moved("http://127.0.0.1:9/elsewhere"), "the server answered 302"),
    "a reset": (Fault(reset), "the connection failed"),
    "silence": (Fault(silent), "no complete answer within 0.3 seconds"),
    "dripping": (Fault(dripping), "no complete answer within 0.3 seconds"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_goes_wrong_is_said_without_the_address(server: WebServer, fault: str) -> None:
    """Whatever the server does, it is a few words, in time, and the secret is not among them."""
    page, said = FAULTS[fault]
    server.pages[f"{SECRET}?rid={RUN}"] = page
    problem = pings(server.url(SECRET), 0.3).success()
    assert said in problem
    assert "6f9c2d" not in problem
    assert str(RUN) not in problem


@pytest.mark.parametrize("path", [SECRET, f"{SECRET}{'x' * 500}"])
def test_a_server_that_is_not_there(path: str) -> None:
    """Refused connections and unknown hosts too, however long the address is."""
    for url in (f"http://127.0.0.1:9{path}", f"http://no-such-host.invalid{path}"):
        problem = pings(url).start()
        assert problem
        assert "6f9c2d" not in problem


def test_a_name_server_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The night has better things to do, and what is said does not hold the secret."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait())
    problem = pings(f"https://example.org{SECRET}", 0.05).start()
    over.set()
    assert problem == "the host is not known (the name server does not answer)"
    assert "6f9c2d" not in problem


def test_the_address_is_not_shown() -> None:
    """Neither is the configuration that holds it, nor what is said of one that is wrong."""
    watch = WatchConfig.model_validate({"ping_url": "https://hc-ping.com/6f9c2d"})
    assert "6f9c2d" not in f"{watch!r}{watch}{Config(watch=watch)!r}{pings('https://hc-ping.com/6f9c2d')!r}"
    assert pings("https://hc-ping.com/6f9c2d").host == "hc-ping.com"
