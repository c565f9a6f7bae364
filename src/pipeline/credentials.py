"""Secrets: where a service manager, a file or the environment holds them. Nothing here is ever shown."""

import os
from pathlib import Path

from pydantic import SecretStr

from pipeline.errors import ConfigError


def credential(name: str) -> Path | None:
    """The file of a credential that the service manager gave this service (systemd.exec(5)), None when it gave none."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder, name) if folder else None
    return path if path is not None and path.is_file() else None


def first_line(path: Path, key: str) -> SecretStr:
    """The first line of a file. Raises ConfigError, naming the key of the configuration, when nothing is in it."""
    try:
        line = path.read_text(encoding="utf-8-sig").partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "no line of UTF-8 text"
        raise ConfigError(f"{key} {path}: cannot be read ({cause})") from None
    if not line.strip():
        raise ConfigError(f"{key} {path}: cannot be read (its first line is empty)")
    return SecretStr(line)


def in_environment(variable: str, missing: str) -> SecretStr:
    """The value of an environment variable. Raises ConfigError with the message given when it is not set, or empty."""
    if not (value := os.environ.get(variable)):
        raise ConfigError(missing)
    return SecretStr(value)
