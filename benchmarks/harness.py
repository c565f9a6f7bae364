"""What the programs here share: where labelled data lies, its rows and its scorer, and the head of every table."""

import gzip
import hashlib
import importlib.util
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

Row = dict[str, Any]

ROOT = Path(__file__).parents[1]
DEFAULT_SHARED = ROOT.parent / "shared"
"""Where the labelled development halves (`data/`) and their scorer (`evals/score.py`) lie beside a checkout."""


def head(*libraries: str) -> str:
    """The line that stands above a table: day, commit, machine, how busy it is, and the versions of what is timed."""
    versions = [f"Python {platform.python_version()}", *(f"{name} {_version(name)}" for name in libraries)]
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    day = datetime.now(UTC).date().isoformat()
    return f"{day}, commit {commit()}; {processor()}, {os.cpu_count()} cores, {load}; {', '.join(versions)}\n"


def commit() -> str:
    """The short name of the checked-out commit, with a plus when files differ from it; "unknown" outside git."""
    try:
        name = _git("rev-parse", "--short", "HEAD")
        return f"{name}+" if _git("status", "--porcelain", "--untracked-files=no") else name
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    """What git answers about this checkout."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603, S607 - fixed words
    return done.stdout.strip()


def processor() -> str:
    """The processor's name as Linux tells it, else the kind of machine."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _version(library: str) -> str:
    """The installed version of a distribution, "absent" when it is not installed."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "absent"


def rows(path: Path) -> list[Row]:
    """The objects of a gzipped JSON Lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def some(found: Sequence[Row], most: int) -> list[Row]:
    """At most so many rows, always the same ones: those whose ids have the smallest hashes, in their order."""
    if len(found) <= most:
        return list(found)
    kept = sorted(found, key=lambda row: hashlib.sha256(str(row["id"]).encode()).digest())[:most]
    wanted = {row["id"] for row in kept}
    return [row for row in found if row["id"] in wanted]


def load_scorer(shared: Path) -> ModuleType:
    """The shared scorer as a module; ends the program when there is none."""
    spec = importlib.util.spec_from_file_location("score", shared / "evals" / "score.py")
    if spec is None or spec.loader is None:
        sys.exit(f"{shared}: no scorer there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
