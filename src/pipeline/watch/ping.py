"""Pings to a service that raises the alarm when they do not come, such as healthchecks.io, and the like of it.

https://healthchecks.io/docs/http_api/: `URL/start`, `URL` and `URL/fail`, with `rid` telling runs apart.
"""

from dataclasses import dataclass
from ipaddress import ip_network
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from pydantic import SecretStr

from pipeline.errors import FetchError
from pipeline.web.addresses import Guard, shortened, web_address
from pipeline.web.client import Ask, Client, Limits

SECONDS = 10.0
"""For one ping, looking the host up included."""
LARGEST_ANSWER = 64 * 1024
LARGEST_BODY = 10_000
"""Bytes of a log's end that are sent; healthchecks.io keeps 100 kB."""
# The address is the operator's own, and may well lie in their network.
_ANYWHERE = Guard(networks=(ip_network("0.0.0.0/0"), ip_network("::/0")))


_ENDINGS = ("/start", "/fail", "/log")
"""What a service adds to the address for one kind of ping."""


def wrong_address(url: SecretStr) -> str:
    """What is wrong with the address of pings, in words without it; empty for nothing."""
    address = url.get_secret_value()
    try:
        path = web_address(address).path.rstrip("/")
    except FetchError:
        return "not an address that can be asked; check its host and port"
    ending = next((one for one in _ENDINGS if path.endswith(one)), "")
    return f"ends in {ending}, which is added where it belongs; give the address without it" if ending else ""


@dataclass(frozen=True, slots=True)
class Pings:
    """The pings of one run. Each gives what went wrong with it, in words without the address, and raises nothing."""

    url: SecretStr
    run: UUID
    user_agent: str
    seconds: float = SECONDS

    def start(self) -> str:
        """The run begins."""
        return self._ping("/start", None)

    def success(self) -> str:
        """It went well."""
        return self._ping("", None)

    def fail(self, code: int, log: str) -> str:
        """It failed: with an exit code, and the end of its log."""
        body = f"exit code {code}\n\n".encode() + log.encode("utf-8", "replace")[-LARGEST_BODY:]
        return self._ping("/fail", body)

    @property
    def host(self) -> str:
        """Where the pings go, without what is secret."""
        return urlsplit(self.url.get_secret_value()).hostname or "?"

    def address(self, ending: str) -> str:
        """The address of a ping."""
        parts = urlsplit(self.url.get_secret_value())
        query = f"{parts.query}&" if parts.query else ""
        return urlunsplit(
            parts._replace(path=parts.path.rstrip("/") + ending, query=f"{query}rid={self.run}", fragment="")
        )

    def _ping(self, ending: str, body: bytes | None) -> str:
        """What goes wrong with a request, "" when nothing does. Redirects are not followed: they may lead anywhere."""
        client = Client(_ANYWHERE, self.user_agent, Limits(self.seconds, LARGEST_ANSWER))
        address = self.address(ending)
        try:
            status = client.get(Ask(address, body=body)).status
        except FetchError as error:
            # The message begins with the address, and is without it when it does not come from the request itself.
            return str(error).removeprefix(shortened(address)).removeprefix(": ").partition(" (fetch.")[0]
        return "" if 200 <= status < 300 else f"the server answered {status}"
