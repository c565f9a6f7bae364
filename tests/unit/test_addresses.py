"""Nobody on the internet makes the night ask machines of its own network."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import FetchError
from pipeline.web.addresses import Guard, guard, host_of, web_address


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.1.2.3", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "198.18.0.1", "192.0.2.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0",
        "fc00::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
        "2002:7f00:1::", "2002:a00:1::", "::127.0.0.1",
    ],
)  # fmt: skip
def test_what_is_not_public_is_refused(address: str) -> None:
    """Private, local, shared, reserved and multicast, also inside IPv6."""
    assert not Guard().permits("example.org", address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::"]
)
def test_public_addresses_are_asked(address: str) -> None:
    """Also through the gateways that lead from IPv6 to IPv4."""
    assert Guard().permits("example.org", address)


@given(st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=4, network="127.0.0.0/8"))
def test_no_spelling_of_a_private_address_is_public(address: ipaddress.IPv4Address) -> None:
    """Mapped, translated and tunnelled."""
    number = int(address)
    for spelled in (
        f"::ffff:{address}",
        f"64:ff9b::{address}",
        str(ipaddress.IPv6Address(0x2002 << 112 | number << 80)),
    ):
        assert not Guard().permits("example.org", spelled)


def test_the_configuration_allows_hosts_and_networks() -> None:
    """An intranet's feeds are wanted by those who name them."""
    allowed = guard(["intranet.example", "10.1.0.0/16", "192.168.1.7", "fd00::/8"])
    assert allowed.permits("Intranet.example.", "10.9.9.9")
    assert allowed.permits("a.example", "10.1.2.3")
    assert allowed.permits("a.example", "::ffff:10.1.2.3")
    assert allowed.permits("a.example", "192.168.1.7")
    assert allowed.permits("a.example", "fd00::1")
    assert not allowed.permits("sub.intranet.example", "10.9.9.9")
    assert not allowed.permits("a.example", "10.2.0.1")


@pytest.mark.parametrize("entry", ["", "10.0.0.0/33", "http://a.example", "a.example:80", "10.0.0", "a b"])
def test_what_is_neither_host_nor_network_is_said(entry: str) -> None:
    """A mistyped entry must not allow, or silently not allow, anything."""
    with pytest.raises(ValueError, match="no host name, address or network"):
        guard([entry])


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://e.org/", "gopher://e.org/", "http://", "https:///x", "e.org/feed", "", "http://[::1",
        "http://e.org:http/", "http://e.org:99999/", "http://user:secret@e.org/", "http://e.org@127.0.0.1/",
        "http://e.org/a b", "http://e.org/a\r\nHost: x", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(url: str) -> None:
    """Other schemes, passwords and what would change the request."""
    with pytest.raises(FetchError) as caught:
        web_address(url)
    assert "secret" not in str(caught.value)


@given(st.text() | st.text().map("http://".__add__))
def test_any_text_is_an_address_or_an_error(text: str) -> None:
    """Links in feeds are anything."""
    try:
        assert web_address(text).hostname
    except FetchError:
        assert host_of(text) == ""
