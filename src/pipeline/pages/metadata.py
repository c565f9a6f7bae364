"""What a page says about its article, from where publishers put it: schema.org first, then Open Graph, then markup."""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from urllib.parse import urljoin

from lxml import html

from pipeline.pages.linked_data import linked_data, names
from pipeline.records import Json
from pipeline.text.dump import DATE
from pipeline.text.normalise import comparable, tidy_line

# Where pages keep the time of publication, the most exact first (schema.org, Open Graph, HTML 5).
_TIMES = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@itemprop='datePublished']/@content",
    "//*[@itemprop='datePublished']/@datetime",
    "//meta[@name='pubdate' or @name='publishdate' or @name='date' or @name='DC.date.issued']/@content",
    "//article//time/@datetime",
    "//main//time/@datetime",
    "//time/@datetime",
)
_STAMPS = " | ".join(f"//body//*[contains(@class, '{word}')]" for word in ("date", "time", "posted", "publish", "meta"))
_SITE = "//meta[@property='og:site_name']/@content"
_OPEN_GRAPH_TITLE = "//meta[@property='og:title' or @name='og:title']/@content"
_ADDRESSES = ("//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content")
_NAMED_AUTHORS = "//meta[@name='author' or @property='author' or @name='byl' or @name='parsely-author']/@content"
_MARKED_AUTHORS = ("//*[@itemprop='author']//*[@itemprop='name']", "//*[@itemprop='author']", "//a[@rel='author']")
_BYLINES = "//*[contains(@class, 'byline') or contains(@class, 'author')]"
LONGEST_NAME, LONGEST_STAMP, LONGEST_BYLINE, FEWEST_LETTERS = 40, 160, 60, 8
_BY = re.compile(r"\A(?:by|von|par|por|da|di|door|av|af)[: ]\s*", re.IGNORECASE)
_BETWEEN_NAMES = re.compile(r"\s*(?:;|,|&|\band\b|\bund\b|\bet\b)\s*")
_CUT_OFF = re.compile(r"\s*(?:…|\.\.\.)$")
# What stands between a headline and the site's name, and so cannot begin a word of the headline.
_MARKS = " |｜ㅣ–—-·:：«»*•/"
_SITE_BEHIND = re.compile(r"\s+[|–—·«»•-]\s+|[|｜ㅣ]")


def title_of(tree: html.HtmlElement) -> str:
    """The headline: that of the page's linked data, else Open Graph's, else the first-level heading, else the window's.

    The site's name behind it is cut off, and of a headline that was cut short the whole is taken.
    """
    stated = [_plain(item.get("headline")) for item in linked_data(tree)]
    headings = [tidy_line(element.text_content()) for element in tree.xpath("//h1")]
    window = _plain(_first(tree.xpath("//head/title/text()")))
    graph = _plain(_first(tree.xpath(_OPEN_GRAPH_TITLE)))
    shown = [heading for heading in headings if len(heading) >= FEWEST_LETTERS and heading in f"{window} {graph}"]
    known = [*filter(None, stated), *shown]
    site = _plain(_first(tree.xpath(_SITE)))
    candidates = [
        *stated[:1],
        _without_site(graph, known, site),
        *shown,
        *headings[:1],
        _without_site(window, known, site),
    ]
    title = next(filter(None, candidates), "")
    return next((whole for whole in candidates if _is_whole_of(whole, title)), title)


def _is_whole_of(whole: str, title: str) -> bool:
    """Whether the title ends in dots that stand for the rest of the other."""
    start = _CUT_OFF.sub("", title)
    return start != title and len(whole) > len(start) and whole.startswith(start) and not _CUT_OFF.search(whole)


def _without_site(heading: str, headlines: Iterable[str], site: str) -> str:
    """A window's heading without what follows the headline: the section and the site's name."""
    for headline in headlines:
        rest = heading.removeprefix(headline)
        if len(headline) >= FEWEST_LETTERS and rest != heading and rest[:2].strip(_MARKS) != rest[:2].strip():
            return headline
    parts = _SITE_BEHIND.split(heading)
    if len(parts) > 1 and site and comparable(parts[-1].strip()) == comparable(site):
        return heading[: heading.rindex(parts[-1])].rstrip(_MARKS)
    return heading


def published_of(tree: html.HtmlElement) -> str:
    """The time of publication as the page writes it, "" when it does not."""
    stated = _first(item.get("datePublished") for item in linked_data(tree))
    return stated or _first(_all(tree, _TIMES)) or _stamp(tree)


def _stamp(tree: html.HtmlElement) -> str:
    """The visible date near the headline, as the page writes it: "Posted on March 9, 2026 at 9:48 p.m."."""
    for element in tree.xpath(_STAMPS):
        text = " ".join(element.text_content().split())
        found = DATE.search(text) if len(text) <= LONGEST_STAMP else None
        if found:
            return found[0]
    return ""


def site_of(tree: html.HtmlElement, title: str) -> str:
    """The publisher's name: stated for machines, else what the window's heading says beside the title."""
    stated = _first(name for item in linked_data(tree) for name in names(item.get("publisher")))
    named = unescape(stated) or _first(tree.xpath(_SITE))
    return named or _rest_of_heading(" ".join(tree.xpath("//head/title/text()")[:1]), title)


def _rest_of_heading(heading: str, title: str) -> str:
    """The site's name out of "Title | Site" or "Site - Title", "" when the heading is not of that form."""
    rest = tidy_line(heading).removeprefix(title).removesuffix(title) if title else ""
    name = rest.strip(" |–—-·:«»")
    return name if rest != name and 0 < len(name) <= LONGEST_NAME else ""


def address_of(tree: html.HtmlElement, url: str) -> str:
    """The address that the page states as its own, whole; else the one it was fetched from."""
    stated = _first(_all(tree, _ADDRESSES))
    try:
        return urljoin(url, stated) if stated else url
    except ValueError:
        return url


def authors_of(tree: html.HtmlElement) -> tuple[str, ...]:
    """The names of the authors, each once: from linked data, else named in the head, else marked, else in a byline."""
    for found in (
        [name for item in list(linked_data(tree))[:1] for name in names(item.get("author"))],
        [name for text in tree.xpath(_NAMED_AUTHORS) for name in _BETWEEN_NAMES.split(str(text))],
        *([element.text_content() for element in tree.xpath(path)] for path in _MARKED_AUTHORS),
        [name for text in _bylines(tree) for name in _BETWEEN_NAMES.split(text)],
    ):
        plain = (_BY.sub("", tidy_line(unescape(name)), count=1) for name in found)
        authors = dict.fromkeys(name for name in plain if name and len(name) <= LONGEST_NAME and "/" not in name[:9])
        if authors:
            return tuple(authors)
    return ()


def _bylines(tree: html.HtmlElement) -> list[str]:
    """The text of the first element that is a byline by its class and by its words."""
    for element in tree.xpath(_BYLINES):
        text = " ".join(element.text_content().split())
        by = _BY.match(text)
        if by and len(text) <= LONGEST_BYLINE and not any(character.isdigit() for character in text):
            return [text[by.end() :]]
    return []


def _plain(value: Json) -> str:
    """Text as people see it: no markup entities, one line; "" when it is not text."""
    return tidy_line(unescape(value)) if isinstance(value, str) else ""


def _all(tree: html.HtmlElement, paths: tuple[str, ...]) -> Iterator[Json]:
    """What the paths find, path by path."""
    for path in paths:
        yield from tree.xpath(path)


def _first(values: Iterable[Json]) -> str:
    """The first value that is text and not blank."""
    return next((str(value).strip() for value in values if isinstance(value, str) and value.strip()), "")
