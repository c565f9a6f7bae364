"""Quality on the project's own sample night, for `gate.py`: what manifest and `labelled/` say against what is found.

Every part yields a name and its figures, each from 0 to 1. Needs the embedded model for digests and checking.
"""

import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

from sklearn.metrics import adjusted_rand_score

from harness import ROOT
from pipeline.config import DEFAULT_MODEL, DigestConfig, SourceConfig
from pipeline.digest.check import Checker, Setting
from pipeline.digest.condense import change_of_meaning
from pipeline.digest.loading import load_consistency_model, load_writer
from pipeline.records import Article, CopyGroup, DigestSentence, Reject, Story, Summary
from pipeline.stages.clean import clean
from pipeline.stages.cluster import cluster
from pipeline.stages.dedupe import dedupe
from pipeline.stages.ingest import ingest
from pipeline.stages.polish import polish
from pipeline.stages.summarise import summarise
from pipeline.times import Clock

SAMPLE = ROOT / "data" / "sample"
LABELLED = ROOT / "benchmarks" / "labelled"
CLOCK = Clock(ZoneInfo("CET"), datetime(2026, 3, 10, 4, 0, tzinfo=UTC))

Figures = Mapping[str, float]
Truth = Mapping[str, Any]


@dataclass(frozen=True)
class SampleNight:
    """Tonight's files of the sample night, with the truth about them, read once as a night would read them."""

    @cached_property
    def truth(self) -> dict[str, Truth]:
        """What the manifest says of each article of tonight, by its path."""
        articles = json.loads((SAMPLE / "manifest.json").read_text(encoding="utf-8"))["articles"]
        return {article["path"]: article for article in articles if article["night"] == "tonight"}

    @cached_property
    def articles(self) -> dict[str, Article]:
        """The articles that were found, by the path that the manifest gives them, every fetch of each."""
        items = ingest([SourceConfig(path=SAMPLE / "tonight")])
        found = (item if isinstance(item, Reject) else clean(item, CLOCK) for item in items)
        return {path_of(item): item for item in found if not isinstance(item, Reject)}

    @cached_property
    def groups(self) -> tuple[CopyGroup, ...]:
        """The copy groups, each article once."""
        return dedupe(polish(self.articles.values()).articles).groups

    @cached_property
    def stories(self) -> tuple[Story, ...]:
        """The stories; those of several events, or a part of one, as well."""
        return cluster(self.groups)

    def true_story(self, event: str) -> Story:
        """An event's articles as one story, whatever was found: digests and checking are scored by themselves."""
        groups = [
            replace(group, copies=tuple(copy for copy in group.copies if self.event_of(copy.article) == event))
            for group in self.groups
            if self.event_of(group.lead) == event
        ]
        return Story(event, tuple(groups))

    def event_of(self, article: Article) -> str:
        """The event that an article reports."""
        return str(self.truth[path_of(article)]["event"])


def path_of(article: Article) -> str:
    """The path by which the manifest names an article."""
    return article.location.removeprefix(f"{SAMPLE}/")


def copies(night: SampleNight) -> Iterable[tuple[str, Figures]]:
    """Pairs of one text, against the manifest's families."""
    wanted = _pairs((path_of(article), night.truth[path_of(article)]["copy_family"]) for article in _each(night))
    found = _pairs(
        (path_of(article), number) for number, group in enumerate(night.groups) for article in group.articles
    )
    hits = len(wanted & found)
    yield "pairs", {"recall": hits / len(wanted), "precision": hits / len(found)}


def _each(night: SampleNight) -> list[Article]:
    """The night's articles, each once."""
    return [article for group in night.groups for article in group.articles]


def _pairs(labels: Iterable[tuple[str, object]]) -> set[tuple[str, str]]:
    """The pairs of names with one label; None is no label."""
    named = sorted((name, label) for name, label in labels if label is not None)
    return {(one, other) for (one, label), (other, same) in combinations(named, 2) if label == same}


def extraction(night: SampleNight) -> Iterable[tuple[str, Figures]]:
    """Texts begin and end as the manifest says and hold nothing foreign; titles, times and languages are exact."""
    begun = kept_out = told = foreign = exact = 0
    for path, truth in night.truth.items():
        article = night.articles.get(path, Article("", "", ""))
        text = " ".join(article.text.split())
        begun += sum(truth[key] in text for key in ("starts_with", "ends_with"))
        told += 2
        kept_out += sum(phrase not in text for phrase in truth["must_not_contain"])
        foreign += len(truth["must_not_contain"])
        exact += sum(
            (
                article.title == truth["title"],
                article.published == datetime.fromisoformat(truth["published"]),
                article.lang == truth["lang"],
            )
        )
    yield "text", {"begins and ends": begun / told, "kept out": kept_out / foreign}
    yield "title, time, language", {"exact": exact / (3 * len(night.truth))}


def stories(night: SampleNight) -> Iterable[tuple[str, Figures]]:
    """Stories against the manifest's events."""
    found = {path_of(article): story.id for story in night.stories for article in story.articles}
    events = [str(night.truth[path]["event"]) for path in found]
    yield "events", {"ari": float(adjusted_rand_score(events, list(found.values())))}


def digests(night: SampleNight) -> Iterable[tuple[str, Figures]]:
    """What digests tell of the facts in `labelled/facts.toml`, and on what evidence; `written` guards the writer."""
    facts = _labelled("facts")
    true = [night.true_story(event) for event in facts]
    writer = load_writer(DEFAULT_MODEL, "cpu")
    summaries = summarise(true, writer, DigestConfig().words, Checker(load_consistency_model("cpu"), Setting.STRICT))
    wanted = [(summary, fact) for summary in summaries for fact in facts[summary.story.id]["facts"]]
    sentences = [(summary, sentence) for summary in summaries for sentence in summary.sentences]
    told = sum(_tells(summary, phrases) for summary, phrases in wanted)
    yield "facts", {"told": told / len(wanted)}
    yield (
        "sentences",
        {
            "borne out": sum(_is_borne_out(*pair) for pair in sentences) / len(sentences),
            "written": sum(sentence.method.value == "written" for _, sentence in sentences) / len(sentences),
        },
    )


def _tells(summary: Summary, phrases: Iterable[str]) -> bool:
    """Whether the digest, headline included, holds any of these phrases."""
    text = f"{summary.headline}\n{summary.text}".casefold()
    return any(phrase.casefold() in text for phrase in phrases)


def _is_borne_out(summary: Summary, sentence: DigestSentence) -> bool:
    """Whether the evidence stands in its articles and the sentence is it, or a harmless shortening of it."""
    texts = {article.id: f"{article.title}\n{article.text}" for article in summary.story.articles}
    if not sentence.evidence or any(item.sentence not in texts[item.article] for item in sentence.evidence):
        return False
    verbatim = any(sentence.text in texts[item.article] for item in sentence.evidence)
    return verbatim or change_of_meaning(sentence.text, sentence.evidence[0].sentence) == ""


def checking(night: SampleNight) -> Iterable[tuple[str, Figures]]:
    """Claims of `labelled/claims.toml` against the articles of their event, in both settings."""
    checker = Checker(load_consistency_model("cpu"))
    scores: dict[str, list[float]] = {"true": [], "false": []}
    for event, claims in _labelled("claims").items():
        documents = [f"{article.title}\n{article.text}" for article in night.true_story(event).leads]
        for kind, found in scores.items():
            found += [checker.check(claim, documents)[0].verdict.score for claim in claims[kind]]
    for setting in Setting:
        kept, caught = (
            sum((score >= setting.value) is wanted for score in scores[kind]) / len(scores[kind])
            for kind, wanted in (("true", True), ("false", False))
        )
        figures = {"supported kept": kept, "unsupported caught": caught, "balanced accuracy": (kept + caught) / 2}
        yield setting.name.lower(), figures


def _labelled(name: str) -> dict[str, dict[str, list[Any]]]:
    """A file of labels by event."""
    return tomllib.loads((LABELLED / f"{name}.toml").read_text(encoding="utf-8"))


PARTS: dict[str, Callable[[SampleNight], Iterable[tuple[str, Figures]]]] = {
    "copies": copies,
    "extraction": extraction,
    "stories": stories,
    "digests": digests,
    "checking": checking,
}
