"""The Atom feed: valid, stable, and the same as the editions."""

from dataclasses import replace
from datetime import date, timedelta

import feedparser
import lxml.etree
import pytest

from made_editions import CUTOFF, HOSTILE, NIGHT
from pipeline.forms.feed import MOST_EDITIONS, Home, atom
from pipeline.records import Counts, Issue, Telling

ATOM = {"a": "http://www.w3.org/2005/Atom"}
RELATIVE = Home("daily.example.org")
ABSOLUTE = Home("daily.example.org", "https://news.example/archive/")


def issue(night: date = NIGHT, headline: str = "Quay wall falls", failed: int = 0) -> Issue:
    """An edition of twelve stories, of which one is named."""
    leads = (Telling(night, "squay", headline, has_page=True),)
    counts = Counts(items=60, articles=52, outlets=9, copies=8)
    cutoff = CUTOFF + (night - NIGHT)
    return Issue(night, "Newsfold", f"Newsfold, {headline}", cutoff, counts, 12, failed, leads)


@pytest.mark.parametrize("home", [RELATIVE, ABSOLUTE], ids=["relative", "absolute"])
def test_the_feed_is_valid(home: Home) -> None:
    """A feed reader reads it without complaint: what RFC 4287 asks of a feed and of each entry is there, once."""
    feed = atom([issue(NIGHT - timedelta(days=back)) for back in range(3)], home)
    read = feedparser.parse(feed)
    assert not read.bozo
    assert read.version == "atom10"
    assert read.feed.title == "Newsfold"
    assert read.feed.updated == "2026-03-10T04:30:00Z"
    assert [entry.id for entry in read.entries] == [
        f"tag:daily.example.org,2026:editions/2026-03-{day:02}" for day in (10, 9, 8)
    ]
    root = lxml.etree.fromstring(feed)
    for parent in (root, *root.findall("a:entry", ATOM)):
        for tag in ("id", "title", "updated"):
            assert len(parent.findall(f"a:{tag}", ATOM)) == 1
    assert root.findtext("a:author/a:name", namespaces=ATOM) == "Newsfold"
    assert {link.get("rel") for link in root.findall("a:link", ATOM)} == {"self", "alternate"}


def test_links_are_relative_or_absolute() -> None:
    """With an address for the archive the feed can be read anywhere; without one it works beside its pages."""
    for home, start in ((RELATIVE, ""), (ABSOLUTE, "https://news.example/archive/")):
        root = lxml.etree.fromstring(atom([issue()], home))
        links = [link.get("href") for link in root.iterfind(".//a:link", ATOM)]
        assert links == [f"{start}feed.xml", f"{start}index.html", f"{start}2026-03-10.html"]
        content = root.findtext("a:entry/a:content", namespaces=ATOM)
        assert f'href="{start}2026-03-10/squay.html"' in str(content)


def test_ids_outlive_a_move() -> None:
    """An archive that moves to another address does not show its readers every edition again."""
    ids = [[entry.id for entry in feedparser.parse(atom([issue()], home)).entries] for home in (RELATIVE, ABSOLUTE)]
    assert ids[0] == ids[1]


def test_only_the_last_editions_are_in_it() -> None:
    """The feed does not grow with the years."""
    nights = [issue(NIGHT - timedelta(days=back)) for back in range(MOST_EDITIONS + 5)]
    assert len(feedparser.parse(atom(nights, RELATIVE)).entries) == MOST_EDITIONS
    assert atom(nights, RELATIVE) == atom(nights[:MOST_EDITIONS], RELATIVE)


def test_an_entry_tells_what_the_edition_holds() -> None:
    """Headlines, counts, what is not named, and failures."""
    content = feedparser.parse(atom([issue(failed=2)], RELATIVE)).entries[0].content[0].value
    for told in (
        "Quay wall falls",
        "12 stories",
        "8 copies folded",
        "and 11 more stories",
        "2 sources could not be read",
    ):
        assert told in content


def test_hostile_text_stays_text() -> None:
    """Nothing of a headline becomes markup, in the feed or in what a reader makes of its content."""
    hostile = replace(issue(headline=HOSTILE), title=HOSTILE, subject=HOSTILE)
    feed = atom([hostile], RELATIVE)
    assert b"<script" not in feed
    assert not feedparser.parse(feed).bozo
    content = str(lxml.etree.fromstring(feed).findtext("a:entry/a:content", namespaces=ATOM))
    assert "<script" not in content
    assert "&lt;script&gt;" in content


def test_no_edition_is_a_feed_too() -> None:
    """Before the first edition there is an empty feed, not a broken one."""
    read = feedparser.parse(atom([], RELATIVE))
    assert not read.bozo
    assert read.entries == []
