"""Which addresses may be asked: the public ones, and those the configuration allows."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from pipeline.errors import FetchError
from pipeline.values import Network, host_or_network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# An IPv6 address out of these is a way to the IPv4 address in its last four bytes (RFC 6052, RFC 4291).
_GATEWAYS = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")))


@dataclass(frozen=True, slots=True)
class Guard:
    """Tells which addresses may be connected to; `hosts` and `networks` are allowed though they are private."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    def permits(self, host: str, address: str) -> bool:
        """Whether a connection to an address, as the resolver gave it for a host name, may be made."""
        found = ipaddress.ip_address(address.partition("%")[0])
        inner = _embedded(found)
        if host.casefold().rstrip(".") in self.hosts or any(inner in network for network in self.networks):
            return True
        return is_public(inner)


def guard(allowed: Iterable[str]) -> Guard:
    """The guard for a list of host names, addresses and networks.

    Raises ValueError for an entry that is none of them.
    """
    entries = [host_or_network(entry) for entry in allowed]
    hosts = frozenset(entry for entry in entries if isinstance(entry, str))
    return Guard(hosts, tuple(entry for entry in entries if not isinstance(entry, str)))


def is_public(address: Address) -> bool:
    """Whether an address is one of the internet's, not of this machine, its networks or a special purpose."""
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def web_address(url: str) -> SplitResult:
    """The parts of an address that can be asked.

    Raises FetchError when it is not http(s), names no host, or carries a user or password.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError when it is no number
    except ValueError as error:
        raise FetchError(f"{shortened(url)}: not a web address ({error}); correct it") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FetchError(f"{shortened(url)}: not a web address; it must start with http:// or https://")
    if "@" in parts.netloc:
        raise FetchError(f"{parts.scheme}://…@{parts.hostname}: users and passwords are not sent; leave them out")
    if any(character <= " " or character == "\x7f" for character in url):
        raise FetchError(f"{shortened(url)}: not a web address; it holds blanks or control characters")
    return parts


def host_of(url: str) -> str:
    """The host an address is asked at, for limits per host; "" when it is no web address."""
    try:
        return (web_address(url).hostname or "").rstrip(".")
    except FetchError:
        return ""


def shortened(url: str) -> str:
    """An address for a message: not endless, and one clean line."""
    clean = "".join(character if character.isprintable() else "�" for character in url)
    return clean if len(clean) <= 200 else f"{clean[:200]}…"


def _embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 address leads to, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
    if inner is not None:
        return inner
    if any(address in gateway for gateway in _GATEWAYS) and int(address) > 1:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
