"""The kinds of values that the configuration takes."""

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

PositiveInt = Annotated[int, Field(gt=0)]
HeaderText = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]*$")]


def _is_ping_address(value: SecretStr) -> SecretStr:
    """The address, which what is raised does not repeat."""
    if not re.fullmatch(r"https?://[^\s/@?#]+[!-~]*", value.get_secret_value()) or "@" in value.get_secret_value():
        raise ValueError("must start with http:// or https://, and hold no blanks, user or password")
    return value


FeedAddress = Annotated[str, Field(pattern=r"^https?://[^\s@]+$", max_length=2000)]
WebAddress = Annotated[str, Field(max_length=500, pattern=r"^https?://[^\s<>\"]+$")]
SecureAddress = Annotated[str, Field(pattern=r"^https://[^\s<>]+$")]

PingAddress = Annotated[SecretStr, AfterValidator(_is_ping_address)]
"""Whoever knows it can report in this job's name."""

ListId = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$")]

HostName = Annotated[
    str,
    Field(
        max_length=200, pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$"
    ),
]


def check_host_or_network(entry: str) -> None:
    """Raise ValueError when the text is no host name, address or network."""
    try:
        ipaddress.ip_network(entry, strict=False)
    except ValueError:
        if not entry or set(entry) & set("/:@ ") or entry.replace(".", "").isdigit():
            raise ValueError(f"{entry!r} is no host name, address or network such as 10.0.0.0/8") from None
