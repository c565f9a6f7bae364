"""The quality gate: measures copies, extraction, stories, digests and checking, and fails when a figure is too low.

    python benchmarks/gate.py [--shared DIR] [--floors FILE]

Always measured: the sample night, the claims and the facts in `labelled/`. Measured where the labelled development
halves are (`DIR/data`, `DIR/evals/score.py`): all of their sets, of those the checker reads `MOST_CHECKED` rows,
whose ids have the smallest hashes, so that the whole takes some four minutes on two cores. Figures do not depend on the
number of processes. `floors.toml` says what is asked for. Exit code 1 when a figure is below its floor or missing.
"""

import argparse
import multiprocessing
import os
import sys
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import quality
import sample_night
from harness import DEFAULT_SHARED, ROOT, head

FLOORS = ROOT / "benchmarks" / "floors.toml"
OWN, HALVES = "sample night", "development halves"
MOST_CHECKED = 80
"""Rows of each development set that the checker reads; it takes half a second for each."""

Task = tuple[str, str, str]
"""Where, which part, and which set of it; all when that is empty."""
TASKS: tuple[Task, ...] = (
    *((HALVES, "checking", name) for name in quality.CHECKED),
    (OWN, "checking", ""),
    (HALVES, "extraction", ""),
    (OWN, "digests", ""),
    (HALVES, "copies", ""),
    (HALVES, "selection", ""),
    (HALVES, "stories", ""),
    (OWN, "copies", ""),
    (OWN, "extraction", ""),
    (OWN, "stories", ""),
)
"""The slowest first, so that no core is left waiting for one at the end."""

Key = tuple[str, str, str, str]
"""Where, which part, which set, which figure of it."""


@dataclass(frozen=True, slots=True)
class Held:
    """A figure beside what is asked of it; `score` is None when it was not measured."""

    key: Key
    score: float | None
    measured: float
    margin: float

    @property
    def floor(self) -> float:
        """The least that passes: what was measured when the figure was set, less the margin."""
        return self.measured - self.margin

    @property
    def passes(self) -> bool:
        """Whether it was measured and is not too low; what the table shows with four places is what counts."""
        return self.score is not None and round(self.score, 4) >= round(self.floor, 4)

    @property
    def verdict(self) -> str:
        """What the table says of it."""
        if self.score is None:
            return "NOT MEASURED"
        if not self.passes:
            return "TOO LOW"
        return "may be raised" if self.score > self.measured + self.margin + 1e-4 else ""


def read_floors(path: Path) -> dict[Key, tuple[float, float]]:
    """What was measured and the margin, by key. A figure with a margin of its own is named in `[margins]` too."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    margins = content.pop("margins")
    return {
        (where, part, name, figure): (float(value), float(margins.get(figure, margins[part])))
        for where, parts in content.items()
        for part, sets in parts.items()
        for name, figures in sets.items()
        for figure, value in figures.items()
    }


def hold(floors: Mapping[Key, tuple[float, float]], scores: Mapping[Key, float], measured: Iterable[str]) -> list[Held]:
    """Every floor of the places that were measured, beside its score."""
    places = set(measured)
    return [Held(key, scores.get(key), *floor) for key, floor in floors.items() if key[0] in places]


def unheld(floors: Mapping[Key, tuple[float, float]], scores: Mapping[Key, float]) -> list[str]:
    """Sets that were measured and have no floor at all: a new set is given one with the change that adds it."""
    held = {key[:3] for key in floors}
    return sorted({", ".join(key[:3]) for key in scores if key[:3] not in held})


def table(held: Iterable[Held]) -> Iterator[str]:
    """The Markdown table."""
    yield "| where | part | set | figure | score | floor | |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for item in held:
        score = "" if item.score is None else f"{item.score:.4f}"
        yield f"| {' | '.join(item.key)} | {score} | {item.floor:.4f} | {item.verdict} |"


def measure(task: Task, shared: Path) -> tuple[dict[Key, float], float]:
    """The figures of one part, and the seconds it took; runs in a process of its own."""
    start = time.perf_counter()
    where, part, name = task
    if where == OWN:
        found = sample_night.PARTS[part](sample_night.SampleNight())
    else:
        found = quality.PARTS[part](quality.Halves(shared, (name,), MOST_CHECKED))
    scores = {(where, part, title, figure): float(value) for title, row in found for figure, value in row.items()}
    return scores, time.perf_counter() - start


def measured(tasks: Iterable[Task], shared: Path) -> dict[Key, float]:
    """All figures, on all cores, one thread each; tells on standard error how long each part took."""
    os.environ["OMP_NUM_THREADS"] = "1"
    scores: dict[Key, float] = {}
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        running = {task: pool.submit(measure, task, shared) for task in tasks}
        for task, future in running.items():
            found, seconds = future.result()
            scores |= found
            print(f"{' '.join(task).strip()}: {seconds:.0f} s", file=sys.stderr, flush=True)
    return scores


def main() -> int:
    """Measure, print the table, and say what to do about what fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    parser.add_argument("--floors", type=Path, default=FLOORS)
    chosen = parser.parse_args()
    has_halves = (chosen.shared / "data").is_dir() and (chosen.shared / "evals" / "score.py").is_file()
    tasks = [task for task in TASKS if has_halves or task[0] == OWN]
    if not has_halves:
        print(f"skipped: no labelled development halves at {chosen.shared}; only the sample night is measured")
    floors = read_floors(chosen.floors)
    scores = measured(tasks, chosen.shared)
    held = hold(floors, scores, {where for where, *_ in tasks})
    print(head("torch", "transformers", "trafilatura", "scikit-learn"))
    print("\n".join(table(held)))
    failed, new = [item for item in held if not item.passes], unheld(floors, scores)
    if failed:
        print(
            f"\n{len(failed)} of {len(held)} figures are below their floor. What to do: see what they count in"
            " benchmarks/quality.py and benchmarks/sample_night.py, and mend what lowered them. If the loss is wanted,"
            " lower the figure in benchmarks/floors.toml in the same change and say why."
        )
    if new:
        print(f"\nMeasured without a floor: {'; '.join(new)}. Give each one in benchmarks/floors.toml.")
    return 1 if failed or new else 0


if __name__ == "__main__":
    sys.exit(main())
