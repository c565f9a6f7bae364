"""The figures of a run as Prometheus reads them: a file for node_exporter's textfile collector.

https://prometheus.io/docs/instrumenting/exposition_formats/ and https://prometheus.io/docs/practices/naming/
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.progress import Tally
from pipeline.store.figures import Figures

_LAST_SUCCESS = "newsfold_last_success_timestamp_seconds"
_COUNTS = {
    "items": "Items that came in for the latest edition.",
    "articles": "Articles that the latest edition was made of.",
    "copies": "Articles of the latest edition that are copies of others.",
    "stories": "Stories that were found for the latest edition.",
    "rejected": "Items of the latest edition that were rejected.",
    "seen": "Articles that an earlier night had told.",
    "repeats": "Items that were an article once more.",
    "outlets": "Publishers whose articles the latest edition was made of.",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that ended: how long it took, and what it counted."""

    name: str
    seconds: float
    tally: Tally


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that ended: when (aware), its exit code and whether that is a success, and what it took.

    `peak_memory` is the most resident memory in bytes, of this process and of the largest that it started.
    """

    at: datetime
    seconds: float
    code: int
    success: bool
    stages: Sequence[Stage]
    peak_memory: Mapping[str, int]
    version: str


def textfile(run: Ended, figures: Figures | None, last_success: float | None) -> str:
    """The whole file. `last_success` is the time of the last run before this one that went well, if that is known."""
    return "".join(
        f"# HELP {name} {about}\n# TYPE {name} gauge\n{''.join(samples)}"
        for name, about, samples in _metrics(run, figures, last_success)
    )


def last_success(path: Path) -> float | None:
    """When the last run that went well ended, by the file of the run before; None when it does not say."""
    try:
        found = re.search(rf"^{_LAST_SUCCESS} ([0-9.e+]+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    except (OSError, UnicodeDecodeError):
        return None
    return float(found[1]) if found else None


def _metrics(
    run: Ended, figures: Figures | None, last_success: float | None
) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Name, meaning and samples of each metric."""
    at = run.at.timestamp()
    success = at if run.success else last_success
    yield _one("newsfold_build_info", "The version that ran.", 1, version=run.version)
    yield _one("newsfold_last_run_timestamp_seconds", "When the last run ended.", at)
    if success is not None:
        yield _one(_LAST_SUCCESS, "When the last run that went well ended.", success)
    yield _one("newsfold_last_run_success", "Whether the last run went well: 1 or 0.", int(run.success))
    yield _one("newsfold_last_run_exit_code", "The exit code of the last run.", run.code)
    yield _one("newsfold_last_run_duration_seconds", "How long the last run took.", run.seconds)
    name = "newsfold_stage_duration_seconds"
    seconds: Counter[str] = Counter()
    counted: Counter[tuple[str, str]] = Counter()
    for stage in run.stages:
        seconds.update({stage.name: stage.seconds})
        counted.update({(stage.name, kind): number for kind, number in stage.tally.items()})
    taken = [_sample(name, value, stage=stage) for stage, value in seconds.items()]
    yield name, "How long a stage of the last run took.", taken
    name = "newsfold_stage_items"
    numbers = [_sample(name, number, stage=stage, kind=kind) for (stage, kind), number in counted.items()]
    yield name, "What a stage of the last run counted.", numbers
    name = "newsfold_peak_memory_bytes"
    about = "Most resident memory of the last run: of the main process, and of its largest worker."
    yield name, about, [_sample(name, number, process=process) for process, number in run.peak_memory.items()]
    if figures is not None:
        yield from _state_metrics(figures)


def _state_metrics(figures: Figures) -> Iterator[tuple[str, str, Sequence[str]]]:
    """The metrics of what the state holds."""
    for key, about in _COUNTS.items():
        if key in figures.counts:
            yield _one(f"newsfold_edition_{key}", about, figures.counts[key])
    yield _one(
        "newsfold_edition_failed_sources", "Sources that the latest edition reports as failed.", figures.failed_sources
    )
    name = "newsfold_mails"
    yield (
        name,
        "Mails of the latest edition by state.",
        [_sample(name, n, state=one) for one, n in figures.mail.items()],
    )
    name = "newsfold_feeds"
    yield name, "Configured feeds by how they fare.", [_sample(name, n, state=one) for one, n in figures.feeds.items()]


def _one(name: str, about: str, value: float, **labels: str) -> tuple[str, str, Sequence[str]]:
    """A metric with one sample."""
    return name, about, [_sample(name, value, **labels)]


def _sample(name: str, value: float, **labels: str) -> str:
    """One line: a number with its labels."""
    shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{shown}}} {value!r}\n" if shown else f"{name} {value!r}\n"


def _escaped(text: str) -> str:
    """A label's value as it is written between quotation marks."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
