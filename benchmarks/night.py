"""How long a whole night takes and how much memory: articles in, an edition of thirty stories out.

    python benchmarks/night.py [--counts 1000,10000,100000] [--shared ../shared] [--model smollm2-135m-instruct]

A night is that of `story_scale.py`: labelled news, Reuters, and made-up articles where these do not suffice. Every
fifth article is a reprint of another by another outlet, with a line of its own before and after. They come as one file
of article lines (what it costs to read feeds and pages, `fetch.py` and `extract.py` tell). `run_night` does all that
`newsfold run` does, with the embedded model, the strict check, checkpoints, SQLite on disk, the archive and a mail in
the outbox. Every night has a process of its own, and compiled loops are warmed up by a small night. Memory is the most
that the process has held by the end of a step, libraries and model included. Prints a Markdown table.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cluster import changed
from corpus import SILENT
from harness import DEFAULT_SHARED
from pipeline.config import DEFAULT_MODEL, Config, DigestConfig, SourceConfig
from pipeline.jsonlines import article_line
from pipeline.nightly import run
from pipeline.nightly.desk import Desk, Moment
from pipeline.nightly.line import line
from pipeline.nightly.steps import Step
from pipeline.records import Article
from pipeline.stages.deliver import Pace
from pipeline.store.rows import Night
from story_scale import make_night

REPRINTS = 5
"""Every so manyth article is a reprint."""
SEED = 1
WARM_UP = 200
CUTOFF = datetime(2026, 3, 10, 4, tzinfo=UTC)
STEPS = [*(step.value for step in Step if not step.saves), "save and mail"]


def main() -> None:
    """Print the table; with `--one`, measure the night of a file for another process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", default="1000,10000,100000", help="articles, with commas")
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--one", type=Path, metavar="FOLDER", help="measure the night in a folder and print it as JSON")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measured(options.one, options.model)))
        return
    if not (options.shared / "data").is_dir():
        print(f"skipped: {options.shared} does not hold the labelled sets")
        return
    names = ["articles", "seconds", *STEPS, "memory"]
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")
    for count in map(int, options.counts.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            for name, size in (("warm", WARM_UP), ("night", count)):
                write_night(Path(folder) / name, options.shared / "data", size)
            print(_row(count, _in_own_process(Path(folder), options.model)), flush=True)


def write_night(folder: Path, data: Path, count: int) -> None:
    """A night of so many articles, as the top of this file says, as a file of article lines in `folder`."""
    folder.mkdir()
    chance = random.Random(SEED)  # noqa: S311 - always the same night is the point
    originals = [group.lead for group in make_night(data, count - count // REPRINTS).groups]
    reprints = [_reprint(chance.choice(originals), number) for number in range(count - len(originals))]
    with (folder / "night.jsonl").open("w", encoding="utf-8") as lines:
        for article in (*originals, *reprints):
            published = CUTOFF - timedelta(minutes=chance.randrange(24 * 60))
            told = replace(article, source=article.source or chance.choice(SILENT), published=published)
            lines.write(json.dumps(article_line(told)) + "\n")


def _reprint(article: Article, number: int) -> Article:
    """An article as another outlet prints it."""
    text = f"From our correspondents, number {number}.\n{article.text}\nFirst published elsewhere; see page {number}."
    return replace(article, id=f"reprint/{number}", text=text, url="", source="")


def _in_own_process(folder: Path, model: str) -> dict[str, list[float]]:
    """Measure a night in a fresh process."""
    command = [sys.executable, __file__, "--one", str(folder), "--model", model]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - this very program
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(folder: Path, model: str) -> dict[str, list[float]]:
    """Seconds and gigabytes at most by step, of the night in a folder."""
    _run(folder / "warm", model)
    return _run(folder / "night", model)


def _run(folder: Path, model: str) -> dict[str, list[float]]:
    """Run the night in a folder."""
    taken: dict[str, list[float]] = {}
    last = time.perf_counter()

    def note(step: str) -> None:
        nonlocal last
        now = time.perf_counter()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        taken[step] = [now - last, memory]
        last = now

    def watched(desk: Desk) -> Generator[Step, None, Night]:
        steps = line(desk)
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                night: Night = end.value
                return night
            note(step.value)
            yield step

    with changed(run, "line", watched):
        source = SourceConfig(path=folder / "night.jsonl")
        config = Config(data_dir=folder / "state", sources=(source,), digest=DigestConfig(model=model, device="cpu"))
        moment = Moment(date(2026, 3, 10), CUTOFF, Pace(now=lambda: CUTOFF))
        run.run_night(config, moment)
    note(STEPS[-1])
    return taken


def _row(count: int, taken: dict[str, list[float]]) -> str:
    """A night as a table row."""
    seconds = sum(step[0] for step in taken.values())
    cells = [f"{taken[step][0]:.1f} s, {taken[step][1]:.2f} GB" for step in STEPS]
    return f"| {count:,} | {seconds:.0f} | {' | '.join(cells)} | {max(step[1] for step in taken.values()):.2f} GB |"


if __name__ == "__main__":
    main()
