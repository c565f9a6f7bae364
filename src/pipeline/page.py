"""An HTML page: its article's text by trafilatura, its metadata from where publishers put it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import trafilatura
from lxml import html

from pipeline.records import Json
from pipeline.text.dump import DATE
from pipeline.text.dump_lines import read_lines, reason_by_sight
from pipeline.text.normalise import comparable, decoded, tidy_line

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
_LIST_MARK = "- "
_STAMPS = " | ".join(f"//body//*[contains(@class, '{word}')]" for word in ("date", "time", "posted", "publish", "meta"))
LONGEST_NAME, LONGEST_STAMP = 40, 160
# How feeds made by weblog software end an entry.
_FEED_FOOT = re.compile(r"the post .{1,300} appeared first on ", re.IGNORECASE)
# How a page says its encoding: a byte order mark, or a declaration near its top.
_DECLARED = re.compile(
    rb"\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)|\A.{0,2048}?(?:charset|encoding) ?=", re.DOTALL | re.IGNORECASE
)
_SITE = "//meta[@property='og:site_name']/@content"
_BLOCKS = ("p", "div", "br", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "tr", "figure")
_NO_TEXT = ("script", "style", "figure", "figcaption", "template", "title")
# Characters that no XML may hold: lxml gives up on the whole text for one of them.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ARTICLE_TYPES = (
    "Article",
    "NewsArticle",
    "ReportageNewsArticle",
    "OpinionNewsArticle",
    "BlogPosting",
    "LiveBlogPosting",
)


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says; empty strings mean unknown, `published` is as the page wrote it."""

    title: str
    text: str
    published: str = ""
    url: str = ""
    site: str = ""
    lang: str = ""
    authors: tuple[str, ...] = ()


def read_page(content: bytes, url: str = "") -> Page:
    """Main text and metadata of a whole page; all empty when there is no article in it."""
    page = _readable(content)
    tree = trafilatura.load_html(page)
    if tree is None:
        return Page("", "")
    linked = list(_linked_data(tree))
    published = _first(item.get("datePublished") for item in linked) or _first(_all(tree, _TIMES)) or _stamp(tree)
    publisher = _first(_name(item.get("publisher")) for item in linked) or _first(tree.xpath(_SITE))
    lang = str(tree.get("lang") or "")
    heading = " ".join(tree.xpath("//head/title/text()")[:1])
    text = trafilatura.extract(tree, url=url or None, include_comments=False, include_tables=False)
    # A tree of its own: the extraction above takes the first one apart.
    found = trafilatura.extract_metadata(trafilatura.load_html(page), default_url=url or None)
    known = found.as_dict() if found else {}
    title = str(known.get("title") or "")
    site = publisher or str(known.get("sitename") or "") or _rest_of_heading(heading, title)
    return Page(
        title=title,
        text=_without_headline(_without_furniture(text or "", site), title),
        published=published or str(known.get("date") or ""),
        url=str(known.get("url") or ""),
        site=site,
        lang=lang,
        authors=tuple(name.strip() for name in str(known.get("author") or "").split(";") if name.strip()),
    )


def _readable(content: bytes) -> bytes | str:
    """The page as it is when it says its encoding, else as text."""
    return content if _DECLARED.search(content) else decoded(content) or content


def _stamp(tree: html.HtmlElement) -> str:
    """The visible date near the headline, as the page writes it: "Posted on March 9, 2026 at 9:48 p.m."."""
    for element in tree.xpath(_STAMPS):
        text = " ".join(element.text_content().split())
        found = DATE.search(text) if len(text) <= LONGEST_STAMP else None
        if found:
            return found[0]
    return ""


def _rest_of_heading(heading: str, title: str) -> str:
    """The site's name out of "Title | Site" or "Site - Title", "" when the heading is not of that form."""
    rest = " ".join(heading.split()).removeprefix(title).removesuffix(title) if title else ""
    name = rest.strip(" |–—-·:«»")
    return name if rest != name and 0 < len(name) <= LONGEST_NAME else ""


def _without_headline(text: str, title: str) -> str:
    """The text without the headline as its first line: on many pages it stands in the article's own markup."""
    first, _, rest = text.partition("\n")
    return rest if comparable(tidy_line(first)) == comparable(tidy_line(title)) else text


def _without_furniture(text: str, site: str = "") -> str:
    """The lines of extracted text that are not a site's own by their looks: captions, "Read more", small print.

    A list that follows a heading such as "You might also like" goes with it. `site` is how captions are signed.
    """
    kept: list[str] = []
    in_teasers = False
    for row in text.splitlines():
        reason = next((reason_by_sight(line) for line in read_lines(row)), "blank")
        in_teasers = reason == "related" or (in_teasers and row.startswith(_LIST_MARK))
        signed = bool(site) and row.endswith(f"({site})")
        if not reason and not in_teasers and not signed and not _FEED_FOOT.match(row.strip()):
            kept.append(row.removeprefix(_LIST_MARK))
    return "\n".join(kept)


def read_fragment(text: str) -> str:
    """The text of a piece of HTML, one paragraph per line, without a feed's "Continue reading"."""
    tree = html.document_fromstring(f"<body>{_NOT_XML.sub(' ', text)}</body>")
    for element in tree.iter(*_BLOCKS):
        element.tail = "\n" + (element.tail or "")
        element.text = "\n" + (element.text or "")
    for element in list(tree.iter(*_NO_TEXT)):
        element.drop_tree()
    return _without_furniture(str(tree.text_content()))


def _linked_data(tree: html.HtmlElement) -> Iterator[dict[str, Json]]:
    """The schema.org descriptions of an article in the page's JSON-LD; what cannot be parsed is passed over."""
    for script in tree.xpath("//script[@type='application/ld+json']/text()"):
        try:
            found = json.loads(str(script), strict=False)
        except (ValueError, RecursionError):
            continue
        for item in _flat(found):
            types = item.get("@type")
            if any(name in _ARTICLE_TYPES for name in (types if isinstance(types, list) else [types])):
                yield item


def _flat(value: Json) -> Iterator[dict[str, Json]]:
    """The objects of a JSON-LD document: itself, its list items and its graph."""
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif isinstance(value, dict):
        yield value
        yield from _flat(value.get("@graph"))


def _name(value: Json) -> str:
    """The name of an organisation, given as text or as an object."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name")
    return value if isinstance(value, str) else ""


def _all(tree: html.HtmlElement, paths: tuple[str, ...]) -> Iterator[Json]:
    """What the paths find, path by path."""
    for path in paths:
        yield from tree.xpath(path)


def _first(values: Iterator[Json] | list[Json]) -> str:
    """The first value that is text and not blank."""
    return next((str(value).strip() for value in values if isinstance(value, str) and value.strip()), "")
