"""Quality on labelled real news: copies, extraction, stories, selection, checking.

    python benchmarks/quality.py [--shared DIR] [copies] [extraction] [stories] [selection] [checking]

Needs the labelled development halves and their scorer (`DIR/data`, `DIR/evals/score.py`); says so when they are absent.
Prints one line per set with what the scorer says. More about stories: `cluster.py`.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property
from pathlib import Path
from types import ModuleType

from cluster import SETS, labelled_lines
from harness import DEFAULT_SHARED, Row, head, load_scorer, rows, some
from pipeline.digest.check import Checker, Setting
from pipeline.digest.loading import load_consistency_model
from pipeline.digest.select import select
from pipeline.page import Page, read_page
from pipeline.records import Article, CopyGroup, Story
from pipeline.stages.cluster import cluster
from pipeline.stages.dedupe import dedupe
from pipeline.text.normalise import tidy_line
from pipeline.times import Clock

CHECKED = (
    "faith_frank/dev",
    "faith_aggrefact_parts/dev_cliff",
    "faith_qags/dev_cnndm",
    "faith_qags/dev_xsum",
    "faith_summedits_news/dev",
)
"""The sets that the checker reads, which takes long."""


@dataclass(frozen=True)
class Halves:
    """The labelled development halves; of those that the checker reads these sets, at most `most` rows of each."""

    shared: Path
    checked: tuple[str, ...] = CHECKED
    most: int = sys.maxsize

    @property
    def data(self) -> Path:
        """The folder of the sets."""
        return self.shared / "data"

    @cached_property
    def score(self) -> ModuleType:
        """The shared scorer."""
        return load_scorer(self.shared)


def copies(halves: Halves) -> Iterable[tuple[str, Row]]:
    """Verified pairs against the exhaustive list of Reuters-21578, which covers texts of at least 30 words."""
    folder = halves.data / "reuters21578"
    gold = rows(folder / "exact_jaccard5w_pairs.jsonl.gz")
    documents = next(path for path in sorted(folder.glob("*.jsonl.gz")) if "pairs" not in path.name)
    articles = [Article(row["id"], row.get("title") or "", row.get("text") or "") for row in rows(documents)]
    long_enough = [article for article in articles if len(article.text.split()) >= 30]
    for threshold in (0.5, 0.8):
        found = dedupe(long_enough, threshold).pairs
        pairs = [{"a": pair.a, "b": pair.b, "jaccard": pair.jaccard} for pair in found]
        yield f"Reuters-21578 at {threshold}", halves.score.dedupe(gold, pairs, threshold)


def extraction(halves: Halves) -> Iterable[tuple[str, Row]]:
    """Main text of pages: word 4-gram F1, and segment F1 for the trafilatura set."""
    for name in (
        "extract_scrapinghub",
        "extract_fundus",
        "extract_newspaper4k",
        "extract_readability",
        "extract_trafilatura",
    ):
        gold = rows(halves.data / name / "dev.jsonl.gz")
        pages = [read_page(row["html"].encode("utf-8", "replace")) for row in gold]
        found = [{"id": row["id"], "text": page.text} for row, page in zip(gold, pages, strict=True)]
        scorer: Callable[..., Row] = halves.score.segments if name == "extract_trafilatura" else halves.score.extract
        yield name, scorer(gold, found)
        if name == "extract_fundus":
            yield f"{name}, metadata", _metadata(gold, pages)


def _metadata(gold: list[Row], pages: list[Page]) -> Row:
    """The shares of titles and sets of authors that are exact, and of dates correct to the day on UTC."""
    clock = Clock()
    pairs = list(zip(gold, pages, strict=True))
    days = [
        [
            found and found.astimezone(UTC).date()
            for found in (clock.read(row["gold_published"]), clock.read(page.published))
        ]
        for row, page in pairs
        if row["gold_published"]
    ]
    return {
        "title": sum(tidy_line(row["gold_title"] or "") == page.title for row, page in pairs) / len(pairs),
        "date": sum(wanted == found for wanted, found in days) / len(days),
        "authors": sum(set(row["gold_authors"] or []) == set(page.authors) for row, page in pairs) / len(pairs),
    }


def stories(halves: Halves) -> Iterable[tuple[str, Row]]:
    """Stories found against those labelled: adjusted Rand index, BCubed and pairwise F1; copies are folded first."""
    for name, path in SETS.items():
        labelled = labelled_lines(halves.data / path)
        found = cluster(dedupe(labelled.articles).groups)
        told = [{"id": article.id, "story": story.id} for story in found for article in story.articles]
        gold = [{"id": key, "cluster": story} for key, story in labelled.stories.items()]
        yield name, halves.score.cluster(gold, told)


def selection(halves: Halves) -> Iterable[tuple[str, Row]]:
    """Selected sentences against human summaries: ROUGE F1."""
    for name, words in (("neus", 66), ("multinews", 220)):
        gold = rows(halves.data / name / "dev.mds.jsonl.gz")
        found = [{"story": row["cluster"], "text": _selected(row, words)} for row in gold]
        yield f"{name}, {words} words", halves.score.summarise(gold, found)


def _selected(row: Row, words: int) -> str:
    """The selection for one cluster of articles."""
    articles = [item if isinstance(item, dict) else {"text": item} for item in row["articles"]]
    groups = tuple(
        CopyGroup(Article(f"{row['cluster']}/{place}", item.get("title") or "", item.get("text") or "", lang="en"))
        for place, item in enumerate(articles)
        if item.get("text") or item.get("title")
    )
    return " ".join(candidate.text for candidate in select(Story(row["cluster"], groups), words))


def checking(halves: Halves) -> Iterable[tuple[str, Row]]:
    """Supported or not, against human judgement: balanced accuracy, in both settings."""
    checker = Checker(load_consistency_model("cpu"))
    for name in halves.checked:
        gold = some(rows(halves.data / f"{name}.jsonl.gz"), halves.most)
        scores = {row["id"]: _score(row, checker) for row in gold}
        for setting in Setting:
            found = [{"id": row, "supported": value >= setting.value} for row, value in scores.items()]
            yield f"{name}, {setting.name.lower()}", halves.score.check(gold, found)


def _score(row: Row, checker: Checker) -> float:
    """The least score of a summary's sentences."""
    document = row["document"]
    checked = checker.check(row["summary"], document if isinstance(document, list) else [document])
    return min((found.verdict.score for found in checked), default=0.0)


PARTS: dict[str, Callable[[Halves], Iterable[tuple[str, Row]]]] = {
    "copies": copies,
    "extraction": extraction,
    "stories": stories,
    "selection": selection,
    "checking": checking,
}


def main() -> None:
    """Run the chosen parts, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    chosen = parser.parse_args()
    if not (chosen.shared / "data").is_dir():
        print(f"skipped: no labelled data at {chosen.shared}")
        return
    print(head("torch", "transformers", "trafilatura", "datasketch"))
    for name in chosen.parts or PARTS:
        for title, figures in PARTS[name](Halves(chosen.shared)):
            told = {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}
            print(f"{name:10} {title:32} {json.dumps(told)}", flush=True)


if __name__ == "__main__":
    main()
