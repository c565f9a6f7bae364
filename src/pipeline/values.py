"""The kinds of values that the configuration takes.

The context under `FOLDER`, if there is one, is the folder that relative paths start at.
"""

import ipaddress
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo

FOLDER = "folder"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
PositiveInt = Annotated[int, Field(gt=0)]
HeaderText = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]*$")]


def _is_ping_address(value: SecretStr) -> SecretStr:
    """The address, which what is raised does not repeat."""
    if not re.fullmatch(r"https?://[^\s/@?#]+[!-~]*", value.get_secret_value()) or "@" in value.get_secret_value():
        raise ValueError("must start with http:// or https://, and hold no blanks, user or password")
    return value


def _from_folder(path: Path, info: ValidationInfo) -> Path:
    """The path, starting at the context's folder where there is one."""
    return info.context[FOLDER] / path if info.context else path


def _is_textfile(path: Path) -> Path:
    """The collector passes over files of other names, without a word."""
    if path.suffix != ".prom":
        raise ValueError(f"{str(path)!r} must end in .prom, or the textfile collector passes it over")
    return path


Location = Annotated[Path, AfterValidator(_from_folder)]
Textfile = Annotated[Location, AfterValidator(_is_textfile)]

FeedAddress = Annotated[str, Field(pattern=r"^https?://[^\s@]+$", max_length=2000)]
WebAddress = Annotated[str, Field(max_length=500, pattern=r"^https?://[^\s<>\"]+$")]
SecureAddress = Annotated[str, Field(pattern=r"^https://[^\s<>]+$")]

PingAddress = Annotated[SecretStr, AfterValidator(_is_ping_address)]
"""Whoever knows it can report in this job's name."""

ListId = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$", max_length=255)]
"""What RFC 2919 takes for an identifier, and what may stand behind the @ of a Message-ID."""

HostName = Annotated[
    str,
    Field(
        max_length=200, pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$"
    ),
]


def host_or_network(entry: str) -> str | Network:
    """The network that a text names, an address being the smallest one, or the host in lower case.

    Raises ValueError when it is none of these.
    """
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        if not entry or set(entry) & set("/:@ ") or entry.replace(".", "").isdigit():
            raise ValueError(f"{entry!r} is no host name, address or network such as 10.0.0.0/8") from None
    return entry.casefold().rstrip(".")


def _are_hosts_or_networks(entries: tuple[str, ...]) -> tuple[str, ...]:
    for entry in entries:
        host_or_network(entry)
    return entries


HostsAndNetworks = Annotated[tuple[str, ...], AfterValidator(_are_hosts_or_networks)]
