"""Small nights on disk for tests of the whole line: sources, configurations, moments, and what the state holds."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from made_stories import FIRE, FIRE_TOO, STRIKE
from pipeline.config import Config, DigestConfig, EditionConfig, SourceConfig
from pipeline.nightly.desk import Moment
from pipeline.stages.deliver import Pace

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
TONIGHT = date(2026, 3, 10)
Line = Mapping[str, str]


def line(name: str, text: str, title: str, source: str) -> Line:
    """One article line."""
    return {
        "id": name,
        "title": title,
        "text": text,
        "published": "2026-03-09T20:00:00+00:00",
        "lang": "en",
        "source": source,
    }


LINES = (
    line("fire-post", FIRE, "Furniture warehouse burns in Port Ansel", "Harbour Post"),
    line("fire-bell", FIRE_TOO, "Warehouse fire in Port Ansel", "Evening Bell"),
    line("fire-copy", FIRE, "Furniture warehouse burns in Port Ansel", "RTT"),
    line("strike", STRIKE, "Teachers in Lindmar to strike on Thursday", "Lindmar Courier"),
)
WEDNESDAY = (
    line(
        "fire-arrest",
        "Police arrested a guard of Harrow & Lisle on Tuesday over the fire that destroyed its furniture warehouse on"
        " Dock Road in Port Ansel on Monday evening. Investigators found petrol cans in a van that belongs to the"
        " guard, a prosecutor told the court on Tuesday.",
        "Guard arrested over Port Ansel warehouse fire",
        "Harbour Post",
    ),
)


def write_lines(path: Path, lines: Iterable[Line]) -> Path:
    """Article lines as a JSON Lines file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(value) + "\n" for value in lines), encoding="utf-8")
    return path


def moment(night: date = TONIGHT) -> Moment:
    """Four in the morning of a night; the clock stands still and nobody waits."""
    now = datetime(night.year, night.month, night.day, 4, tzinfo=UTC)
    return Moment(night, now, Pace(now=lambda: now, sleep=lambda _: None))


def configured(folder: Path, model: Path, *sources: Path, **edition: object) -> Config:
    """A configuration that reads the sources, writes with a local model and keeps its state in the folder."""
    return Config(
        data_dir=folder,
        sources=tuple(SourceConfig(path=path) for path in sources),
        digest=DigestConfig(model=str(model), device="cpu"),
        edition=EditionConfig.model_validate(edition),
    )


def write_config(path: Path, model: Path, *sources: Path, more: str = "") -> Path:
    """The same as a TOML file, with its state in `state` beside it."""
    tables = "".join(f"[[sources]]\npath = '{source}'\n" for source in sources)
    path.write_text(
        f"data_dir = 'state'\n{tables}[digest]\nmodel = '{model}'\ndevice = 'cpu'\n{more}", encoding="utf-8"
    )
    return path


def asked(config: Config, sql: str) -> list[tuple[object, ...]]:
    """Rows of the state, read as a stranger would read them."""
    with sqlite3.connect(config.state_file) as database:
        return database.execute(sql).fetchall()
