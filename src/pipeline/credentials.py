"""Secrets that a service manager hands to a service: files in a folder that nobody else can read (systemd.exec(5))."""

import os
from pathlib import Path


def credential(name: str) -> Path | None:
    """The file that holds the credential of a name, None when this service was given none."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder, name) if folder else None
    return path if path is not None and path.is_file() else None
