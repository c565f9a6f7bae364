"""The kinds of values that the configuration takes.

The context under `FOLDER`, if there is one, is the folder that relative paths start at. Nothing is taken for what it is
not, such as text or `true` for a number; a time is no longer than can be reckoned with.
"""

import ipaddress
import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo

FOLDER = "folder"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Switch = Annotated[bool, Field(strict=True)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
PositiveInt = Annotated[int, Field(gt=0, strict=True)]
PositiveDays = Annotated[int, Field(gt=0, le=36_500, strict=True)]
Days = Annotated[int, Field(ge=0, le=36_500, strict=True)]
Hours = Annotated[int, Field(gt=0, le=87_600, strict=True)]
Seconds = Annotated[int, Field(gt=0, le=86_400, strict=True)]
Port = Annotated[int, Field(gt=0, le=65_535, strict=True)]
HeaderText = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]*$")]


def _is_ping_address(value: SecretStr) -> SecretStr:
    """The address, which what is raised does not repeat."""
    address = value.get_secret_value()
    if not re.fullmatch(r"https?://[^\s/@?#]+[!-~]*", address) or "@" in address:
        raise ValueError("must start with http:// or https://, and hold no blanks, user or password")
    try:
        urlsplit(address)
    except ValueError:
        raise ValueError("its host cannot be read") from None
    return value


def _from_folder(path: Path, info: ValidationInfo) -> Path:
    """The path, starting at the context's folder where there is one. Whose home `~` means differs by who runs it."""
    if path.parts[:1] == ("~",):
        raise ValueError("write the whole path: nothing is put in the place of ~")
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
