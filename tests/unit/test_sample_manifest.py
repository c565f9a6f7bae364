"""The sample night comes out of ingest, clean, polish and dedupe exactly as its manifest says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from articles import night_of
from pipeline.locations import sample_night
from pipeline.records import Article, Reject
from pipeline.stages.dedupe import dedupe
from pipeline.stages.polish import Polished, polish
from pipeline.times import Clock

CLOCK = Clock(ZoneInfo("CET"), datetime(2026, 3, 10, 4, tzinfo=UTC))
MOST_LEAKS = 1


@dataclass(frozen=True)
class Sample:
    """The truth about tonight and what the stages made of it."""

    truth: dict[str, dict[str, Any]]
    manifest: dict[str, Any]
    polished: Polished
    rejects: list[Reject]

    @property
    def found(self) -> dict[str, Article]:
        """The articles by their path in the sample folder."""
        return {path_of(article.location): article for article in self.polished.articles}


def path_of(location: str) -> str:
    """A location as the manifest writes it."""
    file, mark, entry = location.partition("#")
    return Path(file).relative_to(sample_night()).as_posix() + mark + entry


@cache
def sample() -> Sample:
    """Tonight, read once for all tests."""
    manifest = json.loads((sample_night() / "manifest.json").read_text(encoding="utf-8"))
    truth = {entry["path"]: entry for entry in manifest["articles"] if entry["night"] == "tonight"}
    articles, rejects = night_of(sample_night() / "tonight", CLOCK)
    return Sample(truth, manifest, polish(articles), rejects)


def pairs() -> list[tuple[dict[str, Any], Article]]:
    """Each article found with the truth about it."""
    known = sample()
    return [(known.truth[path], article) for path, article in known.found.items()]


def one_line(text: str) -> str:
    """The text with its white space collapsed."""
    return " ".join(text.split())


def test_every_article_is_found_once_and_only_the_second_fetch_is_a_repeat() -> None:
    """Nothing is lost and nothing is told twice: two fetches of one article are one article and one repeat."""
    known = sample()
    repeats = {path_of(repeat.location) for repeat in known.polished.repeats}
    assert repeats | known.found.keys() == known.truth.keys()
    assert not repeats & known.found.keys()
    assert len(repeats) == len(known.manifest["same_url"])
    assert all(len(repeats & set(pair)) == 1 for pair in known.manifest["same_url"])


def test_exactly_the_files_without_an_article_are_rejected() -> None:
    """A page shell and a binary file are no articles, and everything else is one."""
    known = sample()
    assert {path_of(reject.location) for reject in known.rejects} == {
        reject["path"] for reject in known.manifest["rejects"]
    }
    assert all(reject.stage == "clean" and reject.reason for reject in known.rejects)


def test_every_title_is_exact() -> None:
    """Titles go into the mail as they are."""
    assert [article.title for _, article in pairs()] == [truth["title"] for truth, _ in pairs()]


def test_every_outlet_is_right() -> None:
    """Diversity of publishers ranks stories, so one publisher has one name."""
    wrong = {truth["path"]: article.source for truth, article in pairs() if article.source != truth["outlet"]}
    assert not wrong


def test_every_language_is_right() -> None:
    """A language filter must not drop articles by mistake."""
    assert not {truth["path"]: article.lang for truth, article in pairs() if article.lang != truth["lang"]}


def test_every_time_is_within_a_minute() -> None:
    """Times without a zone are read on the reader's clock, and open dates by what is possible."""
    wrong = {}
    for truth, article in pairs():
        expected = datetime.fromisoformat(truth["published"])
        if article.published is None or abs(article.published - expected) > timedelta(minutes=1):
            wrong[truth["path"]] = str(article.published)
    assert not wrong


def test_every_text_is_whole() -> None:
    """First and last words of every article are in its text."""
    wrong = []
    for truth, article in pairs():
        text = one_line(article.text)
        wrong += [(truth["path"], key) for key in ("starts_with", "ends_with") if one_line(truth[key]) not in text]
    assert not wrong


def test_hardly_anything_foreign_is_in_the_texts() -> None:
    """Teasers, captions, comments and hidden text are not news; the floor is what the cleaner reaches today."""
    leaks = [
        (truth["path"], phrase)
        for truth, article in pairs()
        for phrase in truth["must_not_contain"]
        if one_line(phrase) in one_line(article.text)
    ]
    assert len(leaks) <= MOST_LEAKS, leaks


def test_hidden_instructions_are_gone_and_quoted_ones_stay() -> None:
    """What a page hides from its readers is no text of it; what an article quotes is."""
    for hostile in sample().manifest["hostile"]:
        article = sample().found.get(hostile["path"])
        assert article is not None
        assert (one_line(hostile["text"]) in one_line(article.text)) == ("quoted as news" in hostile["where"])


def test_every_address_is_canonical() -> None:
    """The address identifies an article, whatever variant the file carried."""
    known = [(truth["url"], article.url) for truth, article in pairs() if truth.get("url") and article.url]
    assert known
    assert not [(right, found) for right, found in known if right != found]


def test_copy_groups_are_exactly_the_families() -> None:
    """Reprints fold into their family, and nothing else is folded."""
    known = sample()
    family = {article.id: known.truth[path]["copy_family"] or path for path, article in known.found.items()}
    groups = {frozenset(one.id for one in group.articles) for group in dedupe(known.polished.articles).groups}
    expected: dict[str, set[str]] = {}
    for name, slug in family.items():
        expected.setdefault(slug, set()).add(name)
    assert groups == {frozenset(members) for members in expected.values()}
