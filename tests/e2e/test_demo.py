"""The demo with the embedded model, held against the truth about its sample night."""

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import feedparser
import pytest

from edition_checks import assert_supported, entries, mail_of, members, part, rows
from pipeline.digest.condense import change_of_meaning
from pipeline.digest.loading import load_writer
from sites import dead_links, page, reachable

pytestmark = pytest.mark.slow
NIGHT = "2026-03-10"
SAMPLE = Path(__file__).parents[2] / "data" / "sample"
HIDDEN = ("reader comment", "hidden div")


@cache
def manifest() -> dict[str, Any]:
    """The truth about the sample night."""
    found: dict[str, Any] = json.loads((SAMPLE / "manifest.json").read_text(encoding="utf-8"))
    return found


def path_of(location: str) -> str:
    """A location as the manifest names it."""
    return location.rpartition("/sample/")[2]


@pytest.fixture(scope="module")
def stories(demo: Path) -> dict[str, set[str]]:
    """The events in each story of the night."""
    events = {article["path"]: article["event"] for article in manifest()["articles"]}
    return {
        story: {events[path_of(location)] for location in locations}
        for story, locations in members(demo, NIGHT).items()
    }


def test_the_mail_can_be_read_both_ways(demo: Path) -> None:
    """One mail, a subject, a text and an HTML part, and every headline in both."""
    message = mail_of(demo, NIGHT)
    assert message["Subject"].startswith("Newsfold Sample")
    assert message.get_content_type() == "multipart/alternative"
    told = entries(demo, NIGHT)
    assert len(told) > 10
    for kind in ("plain", "html"):
        text = part(message, kind).casefold()
        assert [entry.headline for entry in told if " ".join(entry.headline.casefold().split()) not in text] == []


def test_every_sentence_is_supported(demo: Path) -> None:
    """Both evenings: each sentence is an article's own or a harmless shortening of one."""
    for night in ("2026-03-09", NIGHT):
        for told in entries(demo, night):
            assert_supported(demo, told)


def test_the_model_has_written(demo: Path) -> None:
    """The checks are not passed by quoting everything."""
    methods = [sentence["method"] for told in entries(demo, NIGHT) for sentence in told.sentences]
    assert methods.count("written") >= 5


def test_every_event_is_one_story(demo: Path, stories: dict[str, set[str]]) -> None:
    """The manifest's events and the night's stories are the same sets of articles."""
    wanted = {article["event"] for article in manifest()["articles"] if article["night"] == "tonight"}
    by_event = defaultdict(set)
    for story, events in stories.items():
        assert len(events) == 1, (story, events)
        by_event[next(iter(events))].add(story)
    assert set(by_event) == wanted
    assert all(len(found) == 1 for found in by_event.values()), by_event
    assert {told.story for told in entries(demo, NIGHT)} <= set(stories)


def test_look_alikes_stay_apart(stories: dict[str, set[str]]) -> None:
    """Two fires and two interest rates on one evening are four stories."""
    for pair in manifest()["look_alikes"]:
        assert not any(set(pair) <= events for events in stories.values())


def test_every_article_is_accounted_for(demo: Path) -> None:
    """Each article of the manifest is in a story, or the second fetch of one that is; the rejects have reasons."""
    placed = {path_of(location) for locations in members(demo, NIGHT).values() for location in locations}
    tonight = {article["path"] for article in manifest()["articles"] if article["night"] == "tonight"}
    rejected = {path_of(location): stage for location, stage in rows(demo, "SELECT location, stage FROM rejects")}
    assert placed <= tonight
    repeats = [path for path, stage in rejected.items() if stage == "repeat"]
    assert tonight - placed == set(repeats)
    assert all(any(path in pair for pair in manifest()["same_url"]) for path in repeats)
    assert {item["path"] for item in manifest()["rejects"]} == set(rejected) - set(repeats)


def test_hidden_instructions_reach_nobody(demo: Path) -> None:
    """What a comment and an invisible box tell the machine is in no form of the edition."""
    message = mail_of(demo, NIGHT)
    pages = [path.read_text(encoding="utf-8") for path in (demo / "archive").rglob("*.*") if path.is_file()]
    forms = [part(message, "plain"), part(message, "html"), *pages]
    hostile = [item for item in manifest()["hostile"] if item["where"] in HIDDEN]
    assert len(hostile) == 2
    for item in hostile:
        words = item["text"].split()
        pieces = [" ".join(words[at : at + 6]) for at in range(0, len(words) - 5, 3)]
        assert not [piece for piece in pieces for form in forms if piece in form]


def test_the_archive_is_whole(demo: Path) -> None:
    """Every link leads somewhere, every page is reached, each evidence is marked in its source, and the feed is one."""
    archive = demo / "archive"
    assert dead_links(archive) == []
    assert reachable(archive / "index.html") == {path.resolve() for path in archive.rglob("*.html")}
    for told in entries(demo, NIGHT):
        root = page(archive / NIGHT / f"{told.story}.html")
        marks = [" ".join(str(mark.text_content()).split()) for mark in root.iter("mark")]
        for number, sentence in enumerate(told.sentences, start=1):
            for item in sentence["evidence"]:
                evidence = " ".join(item["sentence"].split())
                assert [mark for mark in marks if evidence in mark and str(number) in mark[: -len(evidence)]]
    feed = feedparser.parse((archive / "feed.xml").read_bytes())
    assert not feed.bozo
    assert [entry.link for entry in feed.entries] == [f"{NIGHT}.html", "2026-03-09.html"]


def test_the_disagreement_is_told(demo: Path) -> None:
    """14 or 17 injured: both numbers are shown, with who says which."""
    found = [told for told in entries(demo, NIGHT) if told.disagreements]
    wanted = manifest()["disagreements"][0]
    claims = {claim["value"] for told in found for item in told.disagreements for claim in item["claims"]}
    assert claims == set(wanted["values"].values())
    text = part(mail_of(demo, NIGHT), "plain")
    assert "Sources disagree" in text or "disagree" in text.casefold()
    assert "Ferrow Valley Now" in text


def test_the_ferry_goes_on_and_the_theft_is_not_told_again(demo: Path) -> None:
    """Of the evening before, the ferry returns with its news and the museum theft stays away."""
    continued = rows(demo, "SELECT id FROM stories WHERE edition = ? AND continues != ''", NIGHT)
    assert len(continued) == 1
    (told,) = [told for told in entries(demo, NIGHT) if (told.story,) in continued]
    text = " ".join(sentence["text"] for sentence in told.sentences)
    assert any(fact in text for fact in manifest()["updates"][0]["new_facts"])
    assert "torcs" not in part(mail_of(demo, NIGHT), "plain")


def test_the_model_loads_twice(embedded_model: str) -> None:
    """A second writer in the same process is as good as the first."""
    source = (
        "The old bridge in Lindmar, which was opened by the king in 1932, will be closed to all traffic from April."
    )
    written = [load_writer(embedded_model, "cpu").write([source]) for _ in range(2)]
    assert written[0] == written[1]
    assert change_of_meaning(written[0][0], source) == ""
