"""One address for one article."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.urls import canonical, host

_PIECES = st.sampled_from(
    [
        *"http:// https:// www. example.org / : 80 99999 ? & utm_source=x a=b # [ ] % %20 %zz .. @ ; //".split(),
        "é",
        "fbclid=1",
        "=",
        "\\",
        " ",
        "\ud83d",
        "\u200c",
        "javascript:",
        "\n",
    ]
)
ADDRESSES = st.lists(_PIECES | st.text(max_size=3), max_size=10).map("".join)
TRACKING = st.sampled_from(["utm_source=rss", "utm_medium=feed", "utm_campaign=a%20b", "fbclid=IwAR0", "gclid=1"])
PATHS = st.from_regex(r"/[a-z0-9-]{1,12}(/[a-z0-9-]{1,12}){0,2}/?", fullmatch=True)


@settings(deadline=None, max_examples=200)
@given(ADDRESSES | ADDRESSES.map("https://e.org/".__add__) | st.text(alphabet=st.characters(exclude_categories=())))
def test_any_address_has_one_form(address: str) -> None:
    """The canonical form is its own, is http(s) or nothing, and can be written."""
    once = canonical(address)
    assert canonical(once) == once
    assert once == "" or once.startswith(("http://", "https://"))
    assert once.encode() is not None
    assert bool(host(once)) == bool(once)


@settings(deadline=None)
@given(PATHS, st.lists(TRACKING, max_size=3), st.sampled_from(["", "#comments", "#"]))
def test_tracking_does_not_matter(path: str, tracking: list[str], fragment: str) -> None:
    """However a reader came to an article, it is the same article."""
    plain = f"https://www.news.example{path}"
    assert canonical(f"{plain}{'?' * bool(tracking)}{'&'.join(tracking)}{fragment}") == canonical(plain)


def test_what_names_the_article_stays() -> None:
    """Weblogs have the article's number in the query."""
    assert canonical("http://ferrowvalleynow.example/?p=3174&utm_source=x") == "http://ferrowvalleynow.example/?p=3174"
    assert canonical("http://e.example/?p=1") != canonical("http://e.example/?p=2")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "javascript:alert(1)",
        "ftp://e.org/x",
        "mailto:a@e.org",
        "/relative",
        "http://",
        "http://[::1",
        "http://a b/",
    ],
)
def test_only_web_addresses_are_addresses(address: str) -> None:
    """Anything else would become a link in the mail."""
    assert canonical(address) == ""
    assert host(address) == ""


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://www.News.Example/a", "news.example"),
        ("http://user@news.example:8080/", "news.example"),
        (" https://m.news.example ", "m.news.example"),
    ],
)
def test_hosts_are_compared_without_www(address: str, name: str) -> None:
    """A publisher is known by its host."""
    assert host(address) == name
