"""What the state holds, in numbers, for whoever watches from outside: read without waiting and without checking."""

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.records import DeliveryState

SECONDS = 1.0
"""How long another program that writes is waited for."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the latest edition its counts, its mail by state and the sources that failed; the feeds by how they fare."""

    counts: Mapping[str, int] = field(default_factory=dict)
    mail: Mapping[str, int] = field(default_factory=dict)
    failed_sources: int = 0
    feeds: Mapping[str, int] = field(default_factory=dict)


def read_figures(path: Path, feeds: Collection[str]) -> Figures | None:
    """The figures of a state file; `feeds` are the addresses that count. None when the file cannot be read."""
    try:
        address = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=SECONDS)) as connection:
            connection.row_factory = sqlite3.Row
            return _figures(connection, frozenset(feeds))
    except (sqlite3.Error, ValueError):
        return None


def _figures(connection: sqlite3.Connection, feeds: frozenset[str]) -> Figures:
    """The figures by a connection."""
    fares = Counter(
        "retired" if row["retired"] else "failing" if row["problem"] else "well"
        for row in connection.execute("SELECT url, problem, retired FROM feeds")
        if row["url"] in feeds
    )
    states = {name: fares[name] for name in ("well", "failing", "retired")}
    latest = connection.execute("SELECT id, counts FROM editions ORDER BY id DESC LIMIT 1").fetchone()
    if latest is None:
        return Figures(feeds=states)
    mail = Counter(row["state"] for row in connection.execute(
        "SELECT state FROM deliveries WHERE edition = ?", (latest["id"],)
    ))  # fmt: skip
    (failed,) = connection.execute(
        "SELECT COUNT(*) FROM rejects WHERE edition = ? AND kind = 'source'", (latest["id"],)
    ).fetchone()
    by_state = {state.value: mail[state.value] for state in DeliveryState}
    return Figures(json.loads(latest["counts"]), by_state, failed, states)
