"""The page behind the link to unsubscribe, for any WSGI server.

    gunicorn 'pipeline.wsgi:application("newsfold.toml")'

`mail.unsubscribe_url` is an https address, so a web server that ends TLS stands before it.
"""

import socket
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from pipeline.config import Config, load
from pipeline.errors import ConfigError
from pipeline.mail.oneclick import OneClick
from pipeline.stages.unsubscribe import by_link
from pipeline.store.core import Store, open_store

PATIENCE_SECONDS = 10
"""How long the small server waits for a client that says nothing: it serves one at a time."""


def application(config_file: str) -> OneClick:
    """The application for a configuration file.

    Raises ConfigError when the file is wrong, StoreError when its state cannot be opened.
    """
    return make_application(load(Path(config_file)))


def make_application(config: Config) -> OneClick:
    """The application for a configuration; each thread that serves it opens the state for itself, once."""
    opened = _PerThread(config.state_file)

    def leave(token: str) -> None:
        by_link(token, opened.store(), datetime.now(UTC))

    opened.store()
    return OneClick(config.title, leave)


def small_server(config: Config, place: str) -> WSGIServer:
    """A server of the standard library at `host:port`, enough for a list's readers behind a web server.

    Raises ConfigError when the place is not one, or is taken.
    """
    host, _, port = place.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigError(f"--serve {place}: must be a host and a port, such as 127.0.0.1:8025")
    host = host.strip("[]")
    kind = _Server6 if ":" in host else _Server
    try:
        return make_server(host, int(port), make_application(config), kind, _Handler)
    except (OSError, OverflowError) as error:
        raise ConfigError(f"--serve {place}: cannot listen there ({error})") from error


class _PerThread(threading.local):
    """The store of a path, opened by each thread that asks for it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store: Store | None = None

    def store(self) -> Store:
        """This thread's store."""
        if self._store is None:
            self._store = open_store(self._path)
        return self._store


class _Server(WSGIServer):
    """The standard library's server; a client that goes away is no event."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Report anything but a lost connection."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # passed on as it came


class _Server6(_Server):
    """The same for IPv6."""

    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    """Handles one request in limited time, and writes no log: links name their reader."""

    timeout = PATIENCE_SECONDS

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the standard library's name
        """Nothing."""
