"""How story clustering grows with the night: candidate recall, seconds and peak memory.

    python benchmarks/story_scale.py [--counts 1000,10000,100000] [--shared ../shared] [--plot FILE.svg]

A night holds the articles of the labelled development sets (ECB+, BASIL, NeuS, Multi-News without its junk), at most
half the night, whole stories at random; then articles of Reuters-21578 and NeuS train at random; and where these do not
suffice, made-up ones. A made-up article has the headline of one random Reuters article, as many sentences as another,
and each sentence from a random third. So words are as common as in news, but such articles belong to no story, and
share sentences verbatim: nights of 30,000 and more are harder to pair and easier to join than real ones. Seeds are
fixed. All articles but the made-up ones go through dedupe, which is not measured.

Recall is over pairs of labelled articles of one story that stand in two texts: how many are proposed directly, and how
many are connected by proposed pairs. Every night has a process of its own, so that the peak memory is its own; it
includes the articles, and what Python and the libraries take. Compiled loops are warmed up by a night of 300 texts.
`--plot` draws seconds and memory. Prints Markdown tables. The test halves are never read.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from cluster import SETS, Labelled, changed, labelled_lines
from corpus import SOURCES
from harness import DEFAULT_SHARED, head
from pipeline.clustering.vectors import Rows
from pipeline.records import Article, CopyGroup
from pipeline.stages import cluster as stage
from pipeline.stages.dedupe import dedupe
from pipeline.text.sentences import sentences

GOLD_SETS = ("ECB+", "BASIL", "NeuS", "Multi-News")
GOLD_SHARE = 0.5
"""How much of a night may be labelled articles."""
SEED = 1
WARM_UP = 300
STEPS = {"read_texts": "reading", "proposed": "pairing", "Context": "context", "average_link": "joining"}
"""What `stage.cluster` calls, and what the columns call it. Joining includes the scoring of pairs drawn."""
TARGET_SECONDS, TARGET_GIGABYTES = 300, 4
WIDTH, HEIGHT, TOP, SIDE = 700, 360, 40, 270
STYLE = """
text { fill: #57606a } .title { fill: #24292f; font-weight: bold } .value { fill: #24292f }
.grid { stroke: #8b949e; stroke-opacity: .35 } .line { fill: none; stroke: #2f81f7; stroke-width: 2 }
.dot { fill: #2f81f7 } .target { stroke: #d1570d; stroke-dasharray: 5 4 }
@media (prefers-color-scheme: dark) { text { fill: #9da7b1 } .title, .value { fill: #e6edf3 } }
"""

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Night:
    """The texts of a night, and the story of every labelled article by its id: the name of its set and its label."""

    groups: list[CopyGroup]
    stories: dict[str, tuple[str, str]]


@dataclass
class Measured:
    """What a night took. `recall` has, by set and for all together, gold pairs: all, proposed, connected."""

    articles: int
    texts: int = 0
    pairs: int = 0
    stories: int = 0
    seconds: float = 0.0
    gigabytes: float = 0.0
    before: float = 0.0
    steps: dict[str, float] = field(default_factory=dict)
    recall: dict[str, tuple[int, int, int]] = field(default_factory=dict)


def main() -> None:
    """Print the tables, and draw the plot that was asked for; with `--one`, measure one night for another process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=_numbers, default=[1_000, 10_000, 100_000], help="articles, with commas")
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    parser.add_argument("--plot", type=Path, metavar="FILE.svg")
    parser.add_argument("--one", type=int, metavar="N", help="measure this night only and print it as JSON")
    options = parser.parse_args()
    if not (options.shared / "data").is_dir():
        print(f"skipped: {options.shared} does not hold the labelled sets")
        return
    if options.one:
        print(json.dumps(asdict(measured(options.shared, options.one))))
        return
    print(head("numba", "numpy", "scipy"))
    results = []
    print(_head("articles | texts | pairs | stories | seconds | " + " | ".join(_columns()) + " | peak memory | before"))
    for count in options.counts:
        results.append(_in_own_process(options.shared, count))
        print(time_row(results[-1]), flush=True)
    print("\n" + _head("articles | gold pairs | proposed | connected | proposed: " + " | ".join(GOLD_SETS)))
    for result in results:
        print(recall_row(result))
    if options.plot:
        options.plot.write_text(plot(results), encoding="utf-8")


def _numbers(text: str) -> list[int]:
    """Numbers between commas."""
    return [int(number) for number in text.split(",")]


def _head(names: str) -> str:
    """The head of a Markdown table."""
    return f"| {names} |\n|{'---|' * len(names.split(' | '))}"


def _columns() -> list[str]:
    """The names of the steps in order; scoring is timed as a part of what comes after the context."""
    return [*list(STEPS.values())[:3], "scoring", *list(STEPS.values())[3:], "ordering"]


def time_row(result: Measured) -> str:
    """What a night took, as a table row."""
    steps = " | ".join(f"{result.steps.get(name, 0.0):.1f}" for name in _columns())
    return (
        f"| {result.articles:,} | {result.texts:,} | {result.pairs:,} | {result.stories:,} | {result.seconds:.1f} "
        f"| {steps} | {result.gigabytes:.2f} GB | {result.before:.2f} GB |"
    )


def recall_row(result: Measured) -> str:
    """The candidate recall of a night, as a table row."""
    every, proposed, connected = result.recall["all"]
    sets = (result.recall.get(name, (0, 0, 0)) for name in GOLD_SETS)
    shares = " | ".join(f"{near / of:.3f}" if of else "" for of, near, _ in sets)
    return f"| {result.articles:,} | {every:,} | {proposed / every:.3f} | {connected / every:.3f} | {shares} |"


def _in_own_process(shared: Path, count: int) -> Measured:
    """Measure a night in a fresh process."""
    command = [sys.executable, __file__, "--one", str(count), "--shared", str(shared)]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - this very program
    return Measured(**json.loads(found.stdout))


def measured(shared: Path, count: int) -> Measured:
    """Cluster a night of so many articles and take the time of each step, on the same run as the memory."""
    result, night = Measured(count), make_night(shared / "data", count)
    stage.cluster(night.groups[:WARM_UP])
    result.before = _resident()
    given: dict[str, Any] = {}
    with ExitStack() as stack:
        for name, step in STEPS.items():
            watched = _watched(getattr(stage, name), step, result.steps, given)
            stack.enter_context(changed(stage, name, watched))
        start = time.perf_counter()
        stories = stage.cluster(night.groups)
        result.seconds = time.perf_counter() - start
    result.gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    result.steps["scoring"] = given["joining began"] - given["context ended"]
    result.steps["ordering"] = start + result.seconds - given["joining ended"]
    result.texts, result.pairs, result.stories = len(night.groups), len(given["pairing"]), len(stories)
    result.recall = recall(night, given["pairing"])
    return result


def _resident() -> float:
    """The gigabytes this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e9


def _watched(
    step: Callable[Parameters, Result], name: str, seconds: dict[str, float], given: dict[str, Any]
) -> Callable[Parameters, Result]:
    """The same step, its time taken, and the pairs that it proposed kept."""

    def watched(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        given[f"{name} began"] = time.perf_counter()
        result = step(*arguments, **options)
        given[f"{name} ended"] = time.perf_counter()
        seconds[name] = given[f"{name} ended"] - given[f"{name} began"]
        if name == "pairing":
            given[name] = result
        return result

    return watched


def make_night(data: Path, count: int) -> Night:
    """A night of so many articles, as the top of this file says."""
    chance = random.Random(SEED)  # noqa: S311 - always the same night is the point
    gold, stories = labelled_part({name: labelled_lines(data / SETS[name]) for name in GOLD_SETS}, count, chance)
    others = [labelled_lines(data / path).articles for path in SOURCES]
    unlabelled = [article for part in others for article in part if article.title or article.text]
    chance.shuffle(unlabelled)
    real = [*gold, *unlabelled[: count - len(gold)]]
    groups = list(dedupe(real).groups)
    groups += [CopyGroup(article) for article in made_up([a for a in others[0] if a.text], count - len(real), chance)]
    chance.shuffle(groups)
    return Night(groups, stories)


def labelled_part(
    sets: Mapping[str, Labelled], count: int, chance: random.Random
) -> tuple[list[Article], dict[str, tuple[str, str]]]:
    """Articles of whole labelled stories at random that fill no more than their share, and the story of each."""
    by_story: dict[tuple[str, str], list[Article]] = defaultdict(list)
    for name, labelled in sets.items():
        for article in labelled.articles:
            by_story[name, labelled.stories[article.id]].append(article)
    taken: list[Article] = []
    stories: dict[str, tuple[str, str]] = {}
    order = list(by_story)
    chance.shuffle(order)
    for story in order:
        if len(taken) + len(by_story[story]) <= GOLD_SHARE * count:
            taken += by_story[story]
            stories.update((article.id, story) for article in by_story[story])
    return taken, stories


def made_up(articles: Sequence[Article], count: int, chance: random.Random) -> list[Article]:
    """So many articles, every sentence from a random one of those given."""
    if count <= 0:
        return []
    told = [parts for article in articles if (parts := sentences(article.text))]
    made = []
    for number in range(count):
        length = len(chance.choice(told))
        text = "\n".join(chance.choice(chance.choice(told)) for _ in range(length))
        made.append(Article(f"made-up/{number}", chance.choice(articles).title, text))
    return made


def recall(night: Night, pairs: Rows) -> dict[str, tuple[int, int, int]]:
    """Pairs of labelled articles of one story that stand in two texts, by set: all, proposed, connected."""
    ordered = sorted(night.groups, key=lambda group: group.lead.id)
    members: dict[tuple[str, str], set[int]] = defaultdict(set)
    for row, group in enumerate(ordered):
        for article in group.articles:
            if article.id in night.stories:
                members[night.stories[article.id]].add(row)
    keys = np.append(np.sort(pairs[:, 0] * len(ordered) + pairs[:, 1]), np.iinfo(np.int64).max)
    links = sparse.coo_matrix((np.ones(len(pairs)), pairs.T), shape=(len(ordered), len(ordered)))
    _, parts = connected_components(links, directed=False)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for (name, _), rows in members.items():
        for one, other in combinations(sorted(rows), 2):
            key = one * len(ordered) + other
            near = bool(keys[np.searchsorted(keys, key)] == key)
            for label in (name, "all"):
                counts[label][0] += 1
                counts[label][1] += near
                counts[label][2] += bool(parts[one] == parts[other])
    return {name: (of, near, connected) for name, (of, near, connected) in counts.items()}


def plot(results: Sequence[Measured]) -> str:
    """Seconds and peak memory against articles, both axes logarithmic, as SVG for light and dark pages."""
    panels = (
        _panel(60, "seconds", [(result.articles, result.seconds) for result in results], TARGET_SECONDS),
        _panel(400, "gigabytes at most", [(result.articles, result.gigabytes) for result in results], TARGET_GIGABYTES),
    )
    return "\n".join((
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"',
        '  font-family="sans-serif" font-size="12" role="img">',
        "<title>Story clustering: seconds and peak memory by articles in a night</title>",
        f"<style>{STYLE}</style>",
        *panels,
        "</svg>\n",
    ))  # fmt: skip


def _panel(left: int, title: str, points: Sequence[tuple[int, float]], target: float) -> str:
    """One measure against articles; a dashed line at what was aimed at."""
    bottom, right, decades = TOP + SIDE, left + SIDE, int(np.floor(np.log10(min(value for _, value in points))))
    upper = max(int(np.ceil(np.log10(max(target, *(value for _, value in points))))), decades + 1)
    first, last = np.log10(min(count for count, _ in points)), np.log10(max(count for count, _ in points))

    def across(count: float) -> float:
        return float(left + SIDE * (0.08 + 0.84 * (np.log10(count) - first) / max(last - first, 1e-9)))

    def down(value: float) -> float:
        return float(bottom - SIDE * (np.log10(value) - decades) / (upper - decades))

    parts = [f'<text class="title" x="{left}" y="{TOP - 14}">{title}</text>']
    for power in range(decades, upper + 1):
        y = down(10.0**power)
        parts.append(f'<path class="grid" d="M{left} {y:.1f}H{right}"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:,g}</text>')
    for count, _ in points:
        parts.append(f'<path class="grid" d="M{across(count):.1f} {TOP}V{bottom}"/>')
        parts.append(f'<text x="{across(count):.1f}" y="{bottom + 18}" text-anchor="middle">{count:,}</text>')
    parts.append(f'<text x="{left + SIDE / 2}" y="{bottom + 36}" text-anchor="middle">articles</text>')
    parts.append(f'<path class="target" d="M{left} {down(target):.1f}H{right}"/>')
    parts.append(f'<text x="{left + 4}" y="{down(target) - 5:.1f}">target: {target:g}</text>')
    places = [(across(count), down(value)) for count, value in points]
    parts.append(f'<path class="line" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in places)}"/>')
    for (x, y), (_, value) in zip(places, points, strict=True):
        parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4"/>')
        shown = f"{value:.0f}" if value >= 10 else f"{value:.1f}"
        parts.append(f'<text class="value" x="{x - 8:.1f}" y="{y - 8:.1f}" text-anchor="middle">{shown}</text>')
    return "\n".join(parts)


if __name__ == "__main__":
    main()
