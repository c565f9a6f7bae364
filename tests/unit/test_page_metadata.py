"""What a page says about its article is found where publishers put it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles import page, story
from pipeline.page import read_page

HEADLINE = "Aldvik closes its old ferry quay"


def linked(**values: object) -> str:
    """A JSON-LD block that describes a news article."""
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", **values})}</script>'


@pytest.mark.parametrize(
    "head",
    [
        linked(headline=HEADLINE),
        linked(headline="Aldvik closes its old&#32;ferry quay"),
        f'<meta property="og:title" content="{HEADLINE} - Region | Example Post">',
        f"<title>{HEADLINE} – Example Post</title>",
        f'<title>Example Post</title><meta property="og:title" content="{HEADLINE}">',
        linked(headline="Aldvik closes its old…"),
    ],
)
def test_the_headline_is_found_without_the_sites_name(head: str) -> None:
    """Linked data, Open Graph, the window's heading; sections and names behind it go, what was cut short is whole."""
    assert read_page(page(story(HEADLINE), head)).title == HEADLINE


def test_the_sites_name_goes_where_no_heading_shows_the_headline() -> None:
    """The site says its own name; a dash within a headline is part of it."""
    head = (
        '<meta property="og:site_name" content="Example Post">'
        f'<meta property="og:title" content="Ferry - {HEADLINE} - Example Post">'
    )
    assert read_page(page(story("Region"), head)).title == f"Ferry - {HEADLINE}"


@pytest.mark.parametrize(
    ("head", "body", "authors"),
    [
        (linked(author=[{"name": "Kofi Brandt"}, {"name": "Ida M. Voss"}]), "", ("Kofi Brandt", "Ida M. Voss")),
        (linked(author="By Kofi Brandt"), "", ("Kofi Brandt",)),
        ('<meta name="author" content="Kofi Brandt and Ida Voss">', "", ("Kofi Brandt", "Ida Voss")),
        ('<meta name="author" content="https://post.example/kofi">', "", ()),
        ("", "<a rel='author' href='/kofi'>Kofi Brandt</a>", ("Kofi Brandt",)),
        ("", "<p class='byline'>By Kofi Brandt</p>", ("Kofi Brandt",)),
        ("", "<p class='byline'>By 12 of our readers</p>", ()),
        (linked(author=[[], {"name": 7}, None]), "", ()),
    ],
)
def test_authors_are_named_as_the_page_names_them(head: str, body: str, authors: tuple[str, ...]) -> None:
    """From where they are stated for machines to a line of print; addresses and numbers are no names."""
    assert read_page(page(story(before=body), head)).authors == authors


@pytest.mark.parametrize(
    ("head", "address"),
    [
        ('<link rel="canonical" href="https://post.example/quay">', "https://post.example/quay"),
        ('<link rel="canonical" href="/quay">', "https://amp.post.example/quay"),
        ('<meta property="og:url" content="https://post.example/quay">', "https://post.example/quay"),
        ('<link rel="canonical" href="http://[broken">', "https://amp.post.example/a"),
        ("", "https://amp.post.example/a"),
    ],
)
def test_the_page_knows_its_address(head: str, address: str) -> None:
    """Stated whole or in part; what is no address leaves the one the page was fetched from."""
    assert read_page(page(story(), head), "https://amp.post.example/a").url == address


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "@type", "@graph", "headline", "mainEntity"]), inner, max_size=3)
    ),
    max_leaves=8,
)
_KEYS = st.sampled_from(["headline", "author", "publisher", "datePublished", "@type", "@graph", "mainEntity"])


@settings(max_examples=100)
@given(st.dictionaries(_KEYS, _VALUES, max_size=6), st.text(max_size=20), st.text(max_size=12))
def test_any_linked_data_can_be_read(values: dict[str, object], address: str, title: str) -> None:
    """A publisher's template may fill in anything."""
    head = (
        linked(**{"@type": "NewsArticle", **values}) + f'<link rel="canonical" href="{address}"><title>{title}</title>'
    )
    found = read_page(page(story(HEADLINE), head), "https://post.example/")
    assert isinstance(found.title, str)
    assert all(isinstance(name, str) and name for name in found.authors)
