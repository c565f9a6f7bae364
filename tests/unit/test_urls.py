"""One address for one article."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.urls import canonical, host, same_article

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


@settings(max_examples=200)
@given(ADDRESSES | ADDRESSES.map("https://e.org/".__add__) | st.text(alphabet=st.characters(exclude_categories=())))
def test_any_address_has_one_form(address: str) -> None:
    """The canonical form is its own, is http(s) or nothing, and can be written."""
    once = canonical(address)
    assert canonical(once) == once
    assert once == "" or once.startswith(("http://", "https://"))
    assert once.encode() is not None
    assert bool(host(once)) == bool(once)


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


@pytest.mark.parametrize(
    "address",
    [
        "https://www.google.com/amp/s/post.example/quay?utm_source=x",
        "https://post-example.cdn.ampproject.org/c/s/post.example/quay",
        "https://post.example/quay?amp=1",
        "https://post.example/quay?amp",
        "https://post.example/quay?outputType=amp",
    ],
)
def test_requests_for_amp_do_not_matter(address: str) -> None:
    """A search engine's copy, and the parameters that ask for this form, lead to the publisher's own page."""
    assert canonical(address) == "https://post.example/quay"


@pytest.mark.parametrize(
    "address", ["https://post.example/?q=amp", "https://post.example/a?amplitude=3", "https://post.example/amp/a"]
)
def test_what_only_looks_like_amp_stays(address: str) -> None:
    """Without the page nobody knows whether the address would lead anywhere without it."""
    assert canonical(address) == address


@pytest.mark.parametrize(
    ("url", "stated", "same"),
    [
        ("https://m.post.example/a/quay", "https://www.post.example/a/quay", True),
        ("https://amp.post.example/a/quay/", "https://post.example/a/quay", True),
        ("https://post.example/a/quay/amp/", "https://post.example/a/quay", True),
        ("https://post.example/amp/a/quay", "https://post.example/a/quay.html", True),
        ("https://post.example/a/quay.amp.html", "https://post.example/a/quay.html", True),
        ("https://post.example/a/quay", "https://post.example/", False),
        ("https://post.example/", "https://www.post.example/", False),
        ("https://post.example/a/quay", "https://bell.example/a/quay", False),
        ("https://post.example/a/quay-2", "https://post.example/a/quay", False),
        ("https://post.example/a/quay", "", False),
    ],
)
def test_variants_are_of_one_site_and_path(url: str, stated: str, same: bool) -> None:
    """A page that states its home page, another site or another article as its address is not believed."""
    assert same_article(url, stated) is same


@given(ADDRESSES, ADDRESSES)
def test_any_two_addresses_can_be_compared(url: str, stated: str) -> None:
    """Pages state anything."""
    assert same_article(canonical(url), canonical(stated)) in (True, False)
