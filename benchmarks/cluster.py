"""Quality of story clustering on the labelled development sets, the sample night and the five seed articles.

    python benchmarks/cluster.py [--shared ../shared] [--ablate | --thresholds | --failures | --single]

Prints a Markdown table; `--ablate` switches off one part of the similarity at a time and takes the best of a few
thresholds for each, since the scale changes with the parts (features of the trained judge: `train_pairs.py --ablate`).
`--failures` lists the hard negatives of ECB+ that end in one story, `--single` how much of a story comes together on a
night that has no other. The test halves are never read.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import DEFAULT_SHARED, ROOT, head, load_scorer, rows
from pipeline.clustering import proposals, similarity, texts
from pipeline.config import SourceConfig
from pipeline.records import Article, Reject
from pipeline.stages import cluster as stage
from pipeline.stages.clean import clean
from pipeline.stages.dedupe import dedupe
from pipeline.stages.ingest import ingest

SETS = {
    "ECB+": "ecbplus/dev.jsonl.gz",
    "BASIL": "basil/dev.jsonl.gz",
    "NeuS": "neus/dev.clusters.jsonl.gz",
    "Multi-News": "multinews/dev.clusters.jsonl.gz",
    "UCI headlines": "uci_headlines/dev.jsonl.gz",
}
SEED_STORIES = {"001": "partnership", "004": "partnership"}
THRESHOLDS = (0.44, 0.48, 0.52, 0.56)
PARTS: dict[str, tuple[object, str, object]] = {
    "surroundings alone": (similarity, "SURROUNDINGS_SHARE", 1.0),
    "trained judge alone": (similarity, "SURROUNDINGS_SHARE", 0.0),
    "no rise for bare headlines": (similarity, "SHORT_RISE", 0.0),
    "days far apart tell nothing": (similarity, "FAR_FALL", 0.0),
    "teasers kept": (texts, "TITLE_WORDS", 1000),
    "MinHash proposes on small nights too": (proposals, "FEW_TEXTS", 0),
}

Score = Callable[[Sequence[Mapping[str, str]], Sequence[Mapping[str, str]]], Mapping[str, float]]


@dataclass(frozen=True)
class Labelled:
    """Articles with the story each belongs to, by article id."""

    articles: list[Article]
    stories: dict[str, str]


def main() -> None:
    """Print the table, or the ablation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    parser.add_argument("--ablate", action="store_true")
    parser.add_argument("--thresholds", action="store_true", help="every set at every threshold")
    parser.add_argument("--failures", action="store_true", help="look-alikes of ECB+ that end in one story")
    parser.add_argument("--single", action="store_true", help="nights of one story only")
    options = parser.parse_args()
    if not (options.shared / "evals" / "score.py").is_file():
        print(f"skipped: {options.shared} does not hold the labelled sets and score.py")
        return
    score, sets = load_score(options.shared), load_sets(options.shared)
    if options.failures:
        print("\n".join(failures(sets["ECB+"])))
        return
    if options.single:
        print("\n".join(f"| {name} | {together(sets[name]):.3f} |" for name in SETS))
        return
    print(head("datasketch", "numba", "numpy", "scipy"))
    print("| | threshold | " + " | ".join(sets) + " | seconds |\n|---|---|" + "---|" * (len(sets) + 1))
    if not options.ablate:
        for threshold in THRESHOLDS if options.thresholds else (stage.THRESHOLD,):
            print(row("as shipped", sets, score, (threshold,)), flush=True)
        return
    print(row("all parts", sets, score, THRESHOLDS), flush=True)
    for label, part in PARTS.items():
        with changed(*part):
            print(row(label, sets, score, THRESHOLDS), flush=True)


def load_score(shared: Path) -> Score:
    """The adjusted Rand index and its company, as the shared evaluation computes them."""
    cluster: Score = load_scorer(shared).cluster
    return cluster


def load_sets(shared: Path) -> dict[str, Labelled]:
    """Every labelled set there is, by name; Multi-News without its junk."""
    sets = {name: labelled_lines(shared / "data" / path) for name, path in SETS.items()}
    truth = json.loads((ROOT / "data" / "sample" / "manifest.json").read_text())["articles"]
    events = {str(ROOT / "data" / "sample" / entry["path"]): entry["event"] for entry in truth}
    sets["sample night"] = labelled_folder(ROOT / "data" / "sample" / "tonight", lambda place: events[place])
    sets["seeds"] = labelled_folder(shared / "seeds", lambda place: seed_story(Path(place).name[:3]))
    return sets


def seed_story(number: str) -> str:
    """The story of a seed article: 001 and 004 report one event."""
    return SEED_STORIES.get(number, number)


def labelled_lines(path: Path) -> Labelled:
    """A labelled set in JSON Lines."""
    kept = [row for row in rows(path) if not row.get("junk")]
    articles = [Article(row["id"], row.get("title") or "", row.get("text") or "") for row in kept]
    return Labelled(articles, {row["id"]: row["cluster"] for row in kept})


def labelled_folder(folder: Path, story_at: Callable[[str], str]) -> Labelled:
    """A folder of raw articles, read as a night would read it; `story_at` names the story of a location."""
    items = (item if isinstance(item, Reject) else clean(item) for item in ingest([SourceConfig(path=folder)]))
    articles = {item.id: item for item in items if not isinstance(item, Reject)}
    return Labelled(list(articles.values()), {key: story_at(item.location) for key, item in articles.items()})


def failures(labelled: Labelled) -> Iterator[str]:
    """The found stories that hold several labelled ones: of each of these how many articles, and a headline."""
    for story in stage.cluster(dedupe(labelled.articles).groups):
        held = Counter(labelled.stories[article.id] for article in story.articles)
        if len(held) > 1:
            titles = {labelled.stories[article.id]: article.title for article in reversed(story.articles)}
            yield " / ".join(f"{count} × {titles[name][:90]!r} ({name})" for name, count in held.most_common())


def together(labelled: Labelled) -> float:
    """The share of pairs of one story that come together when the night holds nothing else."""
    pairs = found = 0
    for name, size in Counter(labelled.stories.values()).items():
        articles = [article for article in labelled.articles if labelled.stories[article.id] == name]
        stories = stage.cluster(dedupe(articles).groups)
        found += sum(len(story.articles) * (len(story.articles) - 1) // 2 for story in stories)
        pairs += size * (size - 1) // 2
    return found / pairs


def row(label: str, sets: Mapping[str, Labelled], score: Score, thresholds: Sequence[float]) -> str:
    """A table row: the adjusted Rand index of every set, at the threshold that is best on average."""
    start = time.perf_counter()
    results = {threshold: indices(sets, score, threshold) for threshold in thresholds}
    seconds = (time.perf_counter() - start) / len(thresholds)
    best = max(thresholds, key=lambda threshold: sum(results[threshold]))
    numbers = " | ".join(f"{value:.3f}" for value in results[best])
    return f"| {label} | {best:.2f} | {numbers} | {seconds:.0f} |"


def indices(sets: Mapping[str, Labelled], score: Score, threshold: float) -> list[float]:
    """The adjusted Rand index of every set at one threshold."""
    with changed(stage, "THRESHOLD", threshold):
        return [adjusted_rand(labelled, score) for labelled in sets.values()]


def adjusted_rand(labelled: Labelled, score: Score) -> float:
    """How well copies and stories together recover the labelled stories."""
    stories = stage.cluster(dedupe(labelled.articles).groups)
    found = [{"id": article.id, "story": story.id} for story in stories for article in story.articles]
    return score([{"id": key, "cluster": story} for key, story in labelled.stories.items()], found)["ari"]


@contextmanager
def changed(module: object, name: str, value: object) -> Iterator[None]:
    """A module constant at another value."""
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


if __name__ == "__main__":
    main()
