"""Feeds of every make, and files that only call themselves feeds."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles import items, rejects, write
from pipeline.readers import read_file
from pipeline.records import Article, Kind, RawItem, Reject
from pipeline.stages.clean import clean

_TAGS = ["<channel>", "<item>", "<title>", "</title>", "<link>", "<pubDate>", "</pubDate>", "<guid>", "</item>"]
_PIECES = st.sampled_from(
    [
        *_TAGS,
        "<entry>",
        "<updated>",
        '<content type="base64">',
        '<content type="xhtml"><div>',
        "<![CDATA[",
        "]]>",
        '<?xml version="1.0" encoding="nonsense"?>',
        '<rss version="2.0">',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        "&#xD83D;",
        "&#55357;",
        "&#x110000;",
        f"&#{'9' * 30};",
        "&#0;",
        "&bogus;",
        "&",
        "<georss:point>1 x",
    ]
)
FEED_SOUP = st.lists(_PIECES | st.text(max_size=5), max_size=14).map("".join)


def rss(*entries: str, title: str = "Example Post", head: str = "") -> str:
    """An RSS 2.0 feed."""
    channel = f"<title>{title}</title>{''.join(f'<item>{entry}</item>' for entry in entries)}"
    namespace = "xmlns:content='http://purl.org/rss/1.0/modules/content/'"
    return (
        f"<?xml version='1.0' encoding='utf-8'?>{head}<rss version='2.0' {namespace}><channel>{channel}</channel></rss>"
    )


def entry(folder: Path, markup: str, **kinds: str) -> RawItem:
    """The one entry of an RSS feed."""
    (item,) = items(write(folder, "feed.xml", rss(markup, **kinds)))
    return item


def test_an_entry_is_read_with_its_hints(tmp_path: Path) -> None:
    """Title, link, time, and the feed's title as publisher."""
    item = entry(
        tmp_path,
        "<title>Ferry &amp; reef</title><link>https://e.org/1</link><guid>g-1</guid>"
        "<pubDate>Mon, 09 Mar 2026 20:32:00 +0100</pubDate><description>Words.</description>",
    )
    assert (item.kind, item.content, item.location) == (Kind.FRAGMENT, b"Words.", f"{tmp_path / 'feed.xml'}#g-1")
    hints = item.hints
    assert (hints.title, hints.url, hints.source) == ("Ferry & reef", "https://e.org/1", "Example Post")
    assert hints.published == "Mon, 09 Mar 2026 20:32:00 +0100"


def test_the_whole_text_wins_over_the_teaser(tmp_path: Path) -> None:
    """`content:encoded` in CDATA holds the article, `description` its first lines."""
    item = entry(
        tmp_path,
        "<description>Teaser &lt;b&gt;only&lt;/b&gt;</description>"
        "<content:encoded><![CDATA[<p>The whole & long <b>text</b> of it.</p>]]></content:encoded>",
    )
    assert item.content == b"<p>The whole & long <b>text</b> of it.</p>"


def test_a_description_in_cdata_is_markup(tmp_path: Path) -> None:
    """It is cleaned like any piece of a page."""
    found = clean(entry(tmp_path, "<title>T</title><description><![CDATA[<p>One</p><p>Two</p>]]></description>"))
    assert isinstance(found, Article)
    assert found.text == "One\nTwo"


def test_atom_is_read(tmp_path: Path) -> None:
    """With its content, its link and, without a time of publication, its last change."""
    atom = (
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='fr'><title>Le Phare</title><entry><id>tag:1</id>"
        "<title>Titre</title><link href='https://e.org/1'/><updated>2026-03-09T19:32:00Z</updated>"
        "<summary>Court</summary><content type='html'>&lt;p&gt;Tout le texte&lt;/p&gt;</content></entry></feed>"
    )
    (item,) = items(write(tmp_path, "feed.atom", atom))
    assert (item.content, item.hints.url, item.hints.source) == (b"<p>Tout le texte</p>", "https://e.org/1", "Le Phare")
    assert item.hints.published == "2026-03-09T19:32:00Z"


@pytest.mark.parametrize(
    ("title", "publisher"),
    [
        ("Lindmar Courier – All stories", "Lindmar Courier"),
        ("BBC News | World", "BBC News"),
        ("Journal du Sud-Ouest", "Journal du Sud-Ouest"),
        ("", ""),
    ],
)
def test_the_section_is_no_part_of_the_name(tmp_path: Path, title: str, publisher: str) -> None:
    """One publisher has one name, whichever of its feeds is read."""
    assert entry(tmp_path, "<title>T</title>", title=title).hints.source == publisher


def test_the_sources_own_name_wins(tmp_path: Path) -> None:
    """What the configuration says is what the reader wants to see."""
    (item,) = items(write(tmp_path, "feed.rss", rss("<title>T</title>")), "My Post")
    assert item.hints.source == "My Post"


def test_an_empty_feed_is_a_quiet_one(tmp_path: Path) -> None:
    """No entry is no error."""
    assert list(read_file(write(tmp_path, "feed.xml", rss()))) == []


@pytest.mark.parametrize(
    "content", ["", "<sitemap><url>x</url></sitemap>", "Not Found", "<html><p>404</p></html>", "{}"]
)
def test_what_is_no_feed_is_said(tmp_path: Path, content: str) -> None:
    """An error page saved as a feed must not look like a quiet day."""
    (reject,) = rejects(write(tmp_path, "feed.xml", content))
    assert reject.reason.startswith("not a feed")


def test_a_feed_cut_short_gives_what_it_has(tmp_path: Path) -> None:
    """The entries before the break are whole."""
    whole = rss("<title>One</title>", "<title>Two</title>")
    found = items(write(tmp_path, "feed.xml", whole[: whole.index("Two")]))
    assert found[0].hints.title == "One"


def test_an_entity_bomb_is_harmless(tmp_path: Path) -> None:
    """Ten entities of ten each, nine deep, would be a gigabyte."""
    entities = "".join(f"<!ENTITY a{level} '{f'&a{level - 1};' * 10}'>" for level in range(1, 10))
    bomb = rss("<title>T &a9;</title>", head=f"<!DOCTYPE rss [<!ENTITY a0 '{'x' * 10}'>{entities}]>")
    found = list(read_file(write(tmp_path, "feed.xml", bomb)))
    assert all(len(one.hints.title) < 1000 for one in found if isinstance(one, RawItem))


def test_an_entity_cannot_read_files(tmp_path: Path) -> None:
    """A feed comes from strangers."""
    secret = write(tmp_path, "secret", "the secret words")
    head = f"<!DOCTYPE rss [<!ENTITY s SYSTEM '{secret.as_uri()}'>]>"
    feed = write(tmp_path, "feed.xml", rss("<title>T &s;</title><description>&s;</description>", head=head))
    assert "secret words" not in "".join(map(str, read_file(feed)))


def test_a_feeds_text_is_never_taken_for_a_file_name(tmp_path: Path) -> None:
    """A file that holds the path of another must not show what is in it."""
    other = write(tmp_path, "other", rss("<title>From elsewhere</title>"))
    (reject,) = rejects(write(tmp_path, "feed.xml", str(other)))
    assert reject.reason.startswith("not a feed")


@pytest.mark.parametrize("half", ["&#xD83D;&#xDE00;", "&#55357;", f"&#{'9' * 30};", "&#x110000;"])
def test_characters_that_cannot_be_do_not_cost_the_feed(tmp_path: Path, half: str) -> None:
    """Publishing software writes emoji as two halves."""
    item = entry(tmp_path, f"<title>A {half} b</title><guid>g{half}</guid><link>https://e.org/{half}</link>")
    found = clean(item)
    assert isinstance(found, Article)
    assert (found.title, found.url) == ("A b", "https://e.org/")


@pytest.mark.parametrize("letter", ["&#8212;", "&#x2014;", "&#128512;", "&#x4e2d;"])
def test_other_characters_stay(tmp_path: Path, letter: str) -> None:
    """References to real characters are read as such."""
    assert "&" not in entry(tmp_path, f"<title>A {letter}</title>").hints.title
    assert len(entry(tmp_path, f"<title>A {letter}</title>").hints.title) == 3


@settings(max_examples=150)
@given(FEED_SOUP | FEED_SOUP.map('<rss version="2.0"><channel><item>'.__add__))
def test_any_feed_is_entries_or_a_reject(tmp_path_factory: pytest.TempPathFactory, content: str) -> None:
    """Two hundred feeds: one of them is broken every night."""
    logging.disable(logging.CRITICAL)
    for found in read_file(write(tmp_path_factory.getbasetemp(), "any.xml", content)):
        assert found.location.encode()
        assert isinstance(found if isinstance(found, Reject) else clean(found), Article | Reject)
    logging.disable(logging.NOTSET)
