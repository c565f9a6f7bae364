"""Feeds as the world writes them: every one is entries or a reject, never an exception. JSON Feed by hand."""

import json
import logging
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.feed_parsing import parse_feed
from pipeline.opml import read_opml
from pipeline.records import Article, Kind, RawItem, Reject
from pipeline.stages.clean import clean

FEEDS = Path(__file__).parents[3] / "shared" / "data" / "feeds"
needs_feeds = pytest.mark.skipif(not FEEDS.is_dir(), reason="the collected feeds are not at ../shared/data/feeds")


@pytest.fixture(autouse=True)
def quiet() -> None:
    """feedparser logs what it makes of broken feeds."""
    logging.getLogger("feedparser").setLevel(logging.CRITICAL)


def used(content: bytes) -> tuple[RawItem, ...] | Reject:
    """What a feed gives, every entry of it cleaned."""
    found = parse_feed(content, "feed")
    for item in () if isinstance(found, Reject) else found:
        assert isinstance(clean(item), Article | Reject)
    return found


@needs_feeds
def test_real_feeds_have_entries() -> None:
    """Several encodings, RDF, Urdu, podcasts: each gives entries with titles."""
    paths = sorted((FEEDS / "real").iterdir())
    assert paths
    for path in paths:
        found = used(path.read_bytes())
        assert not isinstance(found, Reject), (path.name, found)
        assert found, path.name


@needs_feeds
def test_odd_feeds_are_entries_or_a_reject() -> None:
    """Empty, relative and unknown ones, JSON among them."""
    found = {path.name: used(path.read_bytes()) for path in (FEEDS / "edge").iterdir()}
    assert [name for name, entries in found.items() if isinstance(entries, Reject)] == []
    assert {name for name, entries in found.items() if not entries} == {"reader_10.json", "reader_unknown.json"}


@needs_feeds
def test_the_conformance_files_are_read() -> None:
    """feedparser's own two thousand, the ill-formed included."""
    count = 0
    with tarfile.open(FEEDS / "feedparser_tests.tar.gz") as files:
        for member in files:
            stream = files.extractfile(member) if member.isfile() else None
            if stream is not None:
                used(stream.read())
                count += 1
    assert count > 1000


def test_a_json_feed_is_read() -> None:
    """Markup, plain text, numbers for ids."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Example Post – World",
        "language": "en",
        "items": [
            {"id": 7, "url": "https://e.org/7", "title": "T", "content_html": "<p>H</p>", "content_text": "no"},
            {"id": "b", "external_url": "https://e.org/b", "content_text": "plain", "date_published": "2026-03-09"},
            "no entry",
        ],
    }
    found = parse_feed(json.dumps(feed).encode(), "feed")
    assert not isinstance(found, Reject)
    first, second = found
    assert (first.location, first.kind, first.content) == ("feed#7", Kind.FRAGMENT, b"<p>H</p>")
    assert (first.hints.url, first.hints.source, first.hints.lang) == ("https://e.org/7", "Example Post", "en")
    assert (second.kind, second.content, second.hints.published) == (Kind.PLAIN, b"plain", "2026-03-09")


@pytest.mark.parametrize("link", ["/post/1", "../post/1", "https://e.org/post/1", "//e.org/post/1"])
def test_relative_addresses_start_at_the_feeds(link: str) -> None:
    """An entry of a fetched feed leads to its page, however its address is written; in a file it stays as it is."""
    rss = f"<rss version='2.0'><channel><item><title>T</title><link>{link}</link></item></channel></rss>"
    listed = {"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "url": link}]}
    for content in (rss.encode(), json.dumps(listed).encode()):
        for location, address in (("https://e.org/feeds/all", "https://e.org/post/1"), ("in/feed.xml", link)):
            found = parse_feed(content, location)
            assert not isinstance(found, Reject)
            assert [item.hints.url for item in found] == [address]


def test_a_feed_made_to_keep_a_parser_busy_is_rejected() -> None:
    """Millions of tags that never close are not read at all."""
    found = parse_feed(b"<rss version='2.0'><channel><item><description>" + b"<b>" * 300_000, "feed")
    assert isinstance(found, Reject)
    assert found.reason == "not a feed: more than 300,000 tags"


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "url", "title", "items"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(
    st.binary()
    | st.text().map(lambda text: text.encode("utf-8", "replace"))
    | st.lists(_JSON).map(
        lambda items: json.dumps({"version": "https://jsonfeed.org/version/1", "items": items}).encode()
    )
    | st.integers(1, 200_000).map(lambda depth: b'{"a":' + b"[" * depth)
)
def test_any_bytes_are_entries_or_a_reject(content: bytes) -> None:
    """Whatever a server sends, nothing is raised."""
    found = parse_feed(content, "feed")
    assert isinstance(found, tuple | Reject)


@needs_feeds
def test_collected_lists_can_be_exchanged() -> None:
    """No list is among the feeds: an error says so, and nothing else leaves the reader."""
    from pipeline.errors import InputError

    for path in (FEEDS / "real").iterdir():
        with pytest.raises(InputError, match="not an OPML file"):
            read_opml(path.read_bytes(), path.name)
