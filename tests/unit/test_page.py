"""Pages and pieces of HTML: the article and what the page says about it."""

from __future__ import annotations

import json
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles import PARAGRAPHS, page, story
from pipeline.page import read_fragment, read_page

TEXT = "\n".join(PARAGRAPHS)
_PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        '<div class="date">',
        '<time datetime="',
        '">',
        '<script type="application/ld+json">',
        "</script>",
        '{"@type":"NewsArticle","url":"http://e.org/\\ud83d","publisher":{"name":"\\ud83d"}}',
        "<!--",
        "<![CDATA[",
        '<?xml version="1.0" encoding="utf-16"?>',
        '<html lang="xx">',
        '<meta charset="nonsense">',
        "<title>A</title>",
        "<h1>A</h1>",
        "[1]",
        "null",
        "<article>",
        "word " * 40,
        "<figure>",
        "<template>",
        "&#0;",
        "\x00",
        "\x0b",
    ]
)
TAG_SOUP = st.lists(_PIECES | st.text(max_size=6), max_size=12).map("".join)


def linked(value: object) -> str:
    """A JSON-LD block."""
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


def test_the_article_is_found_and_nothing_else() -> None:
    """Menus, asides and footers are not the article."""
    body = (
        f"<nav><a href='/'>Home</a><a href='/s'>Sport</a></nav>{story()}<aside>Most read</aside><footer>© Post</footer>"
    )
    found = read_page(page(body, "<title>Aldvik closes its old ferry quay | Example Post</title>"))
    assert (found.title, found.text, found.lang) == ("Aldvik closes its old ferry quay", TEXT, "en")
    assert found.site == "Example Post"


def test_linked_data_wins() -> None:
    """What the publisher states for machines is more exact than what stands in the text."""
    article = {
        "@type": "NewsArticle",
        "datePublished": "2026-03-09T20:32:00+01:00",
        "publisher": {"@type": "Organization", "name": "Example Post"},
    }
    body = story(before="<time datetime='2026-03-08'>yesterday</time>")
    for value in (article, [article], {"@graph": [{"@type": "WebPage"}, article]}):
        found = read_page(page(body, linked(value)))
        assert (found.published, found.site) == ("2026-03-09T20:32:00+01:00", "Example Post")


@pytest.mark.parametrize(
    "script",
    [
        "{broken",
        "[" * 5000,
        '{"@type": "Person", "datePublished": "1990-01-01"}',
        "null",
        '{"@type": ["NewsArticle"]}',
        '{"@type": "NewsArticle", "datePublished": 7, "publisher": [[]]}',
        "",
    ],
)
def test_useless_linked_data_is_passed_over(script: str) -> None:
    """Broken blocks, blocks about something else, and values of the wrong type: the next place is looked at."""
    head = f'<script type="application/ld+json">{script}</script>'
    meta = '<meta property="article:published_time" content="2026-03-09T19:00:00Z">'
    found = read_page(page(story(), head + meta))
    assert (found.published, found.text) == ("2026-03-09T19:00:00Z", TEXT)


@pytest.mark.parametrize(
    ("head", "before"),
    [
        ('<meta property="article:published_time" content="2026-03-09T19:00Z">', "<time datetime='2020-01-01'></time>"),
        ('<meta itemprop="datePublished" content="2026-03-09T19:00Z">', ""),
        ('<meta name="pubdate" content="2026-03-09T19:00Z">', ""),
        ("", "<span itemprop='datePublished' datetime='2026-03-09T19:00Z'>March 9</span>"),
        ("", "<time datetime='2026-03-09T19:00Z'>now</time>"),
    ],
)
def test_times_in_markup_are_found(head: str, before: str) -> None:
    """Open Graph, schema.org properties and HTML 5."""
    assert read_page(page(story(before=before), head)).published == "2026-03-09T19:00Z"


def test_the_articles_time_is_not_its_teasers() -> None:
    """A list of other articles may stand above, with their times."""
    teaser = "<div><time datetime='2026-01-01'>old</time></div>"
    found = read_page(page(teaser + story(before="<time datetime='2026-03-09T19:00Z'>now</time>")))
    assert found.published == "2026-03-09T19:00Z"


def test_a_visible_stamp_is_enough() -> None:
    """Small papers write the date for people only, clock time included."""
    stamp = "<div class='post-meta'>Posted on March 9, 2026 at 9:48 p.m. by admin</div>"
    found = read_page(page(story(before=stamp)))
    assert "March 9, 2026" in found.published
    assert "9:48 p.m" in found.published
    assert found.text == TEXT


def test_the_sites_name_is_where_the_page_has_it() -> None:
    """Open Graph before the heading of the window."""
    head = '<title>Aldvik closes its old ferry quay - Heading</title><meta property="og:site_name" content="Graph">'
    assert read_page(page(story(), head)).site == "Graph"


def test_captions_and_reader_invitations_are_dropped() -> None:
    """What a newsroom's template puts between the paragraphs."""
    body = story().replace(
        "</article>", "<p>Read more: Ferry runs aground</p><p>Sign up for our newsletter</p></article>"
    )
    assert read_page(page(body)).text == TEXT


@pytest.mark.parametrize(
    "content", [b"", b" ", b"\x00\x01\x02", b"<html>", b"<!DOCTYPE html><html><body></body></html>"]
)
def test_a_page_without_an_article_is_empty(content: bytes) -> None:
    """Nothing is made up."""
    assert read_page(content).text == ""


@settings(max_examples=60)
@given(TAG_SOUP)
def test_any_page_can_be_read(markup: str) -> None:
    """Broken markup is what the web is made of."""
    logging.disable(logging.CRITICAL)
    found = read_page(markup.encode())
    logging.disable(logging.NOTSET)
    assert isinstance(found.text, str)


@given(TAG_SOUP)
def test_any_fragment_can_be_read(markup: str) -> None:
    """Feed entries hold whatever an editor pasted."""
    assert isinstance(read_fragment(markup), str)


def test_paragraphs_of_a_fragment_stay_apart() -> None:
    """Blocks and line breaks end a paragraph; words inside one do not."""
    lines = [line for line in read_fragment("<p>One <b>t</b>wo</p><p>Three<br>four</p>five").splitlines() if line]
    assert lines == ["One two", "Three", "four", "five"]


def test_scripts_and_every_caption_of_a_fragment_are_dropped() -> None:
    """The second picture's caption is no more text than the first's, and text around pictures is not glued."""
    figure = "<figure><img src='a'><figcaption>A caption</figcaption></figure>"
    found = read_fragment(f"<p>One</p>{figure}<p>Two</p><script>var x</script>three{figure}four<style>b</style>")
    assert found.split() == ["One", "Two", "three", "four"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain text & more < 3", "plain text & more < 3"),
        ("", ""),
        ("<!-- nothing -->", ""),
        ("a\x00b\x0bc", "a b c"),
        ('<?xml version="1.0" encoding="utf-8"?><p>one</p>', "one"),
        ("<html lang='en'><head><title>T</title></head><body><p>one</p></body></html>", "one"),
        ("AT&amp;T &#8212; &eacute;", "AT&T — é"),
        ("<p>One</p><p>Continue reading</p>", "One"),
        ("<p>One</p><p>The post <a href='x'>One</a> appeared first on Example Post.</p>", "One"),
    ],
)
def test_fragments_as_feeds_have_them(markup: str, text: str) -> None:
    """Plain text, whole documents, characters no XML may hold, and the feed's own last line."""
    assert read_fragment(markup).strip() == text


def test_a_page_without_an_article_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """It is rejected by name; a library's line about it would stand among a night's as a riddle."""
    for content in (b"<html><body><p>short</p></body></html>", b"<html>", b"\x00" * 20):
        read_page(content, "https://news.example.org/a")
    assert not caplog.records
