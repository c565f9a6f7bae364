"""An HTML page: its article's text by trafilatura, its metadata from where publishers put it; parsed once."""

import logging
import re
from dataclasses import dataclass

import trafilatura
from lxml import html

from pipeline.pages.metadata import address_of, authors_of, published_of, site_of, title_of
from pipeline.text.dump_lines import Line, read_lines, reason_by_sight
from pipeline.text.normalise import comparable, decoded, tidy_line

# A page without an article is rejected with its address and a reason; the library's lines name neither.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

FULL_LENGTH = 1500
"""Characters of text that are an article; a careful reading that gives less may have missed something."""
LONGEST_NOTE, LONGEST_CAPTION = 16, 30
"""Words: of what a site says to its reader, and of a picture's caption, where an article's text has been found."""
_LIST_MARK = "- "
# How feeds made by weblog software end an entry.
_FEED_FOOT = re.compile(r"the post .{1,300} appeared first on ", re.IGNORECASE)
# How a page says its encoding: a byte order mark, or a declaration near its top.
_DECLARED = re.compile(
    rb"\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)|\A.{0,2048}?(?:charset|encoding) ?=", re.DOTALL | re.IGNORECASE
)
_BLOCKS = ("p", "div", "br", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "tr", "figure")
_NO_TEXT = ("script", "style", "figure", "figcaption", "template", "title")
# Characters that no XML may hold: lxml gives up on the whole text for one of them.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


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
    tree = trafilatura.load_html(_readable(content))
    if tree is None:
        return Page("", "")
    text, title = _main_text(tree, url), title_of(tree)
    published, site = published_of(tree), site_of(tree, title)
    if not title or not published:
        known = trafilatura.extract_metadata(tree, default_url=url or None)
        title, published = title or str(known.title or ""), published or str(known.date or "")
    return Page(
        title=title,
        text=_without_headline(_without_furniture(text, site), title),
        published=published,
        url=address_of(tree, url),
        site=site,
        lang=str(tree.get("lang") or ""),
        authors=authors_of(tree),
    )


def _main_text(tree: html.HtmlElement, url: str) -> str:
    """The article's text: a careful reading where that gives a whole article, else one that looks everywhere.

    The careful one leaves out teasers and lists of links. The other compares with readability and jusText, which on a
    whole article's page may bring in the rest of the page, but which find what is in no usual place. Neither changes
    the tree.
    """
    careful = trafilatura.extract(tree, url or None, fast=True, favor_precision=True, include_comments=False) or ""
    if len(careful) >= FULL_LENGTH:
        return careful
    return trafilatura.extract(tree, url or None, include_comments=False) or ""


def _readable(content: bytes) -> bytes | str:
    """The page as it is when it says its encoding, else as text."""
    return content if _DECLARED.search(content) else decoded(content) or content


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
        reason = next((_reason(line) for line in read_lines(row)), "blank")
        in_teasers = reason == "related" or (in_teasers and row.startswith(_LIST_MARK))
        signed = bool(site) and row.endswith(f"({site})")
        if not reason and not in_teasers and not signed and not _FEED_FOOT.match(row.strip()):
            kept.append(row.removeprefix(_LIST_MARK))
    return "\n".join(kept)


def _reason(line: Line) -> str:
    """Why a line of extracted text is none of the article's, "" when it is.

    What has been found to be the article is judged more mildly than a line of a dump: long lines are its own even when
    they speak of cookies or of a photograph, and a dash before a name and a date signs a quotation.
    """
    reason = reason_by_sight(line)
    mild = (
        (reason == "furniture" and line.size > LONGEST_NOTE)
        or (reason == "caption" and line.size > LONGEST_CAPTION)
        or (reason == "stamp" and line.raw[0] in "–—-")
    )
    return "" if mild else reason


def read_fragment(text: str) -> str:
    """The text of a piece of HTML, one paragraph per line, without a feed's "Continue reading"."""
    tree = html.document_fromstring(f"<body>{_NOT_XML.sub(' ', text)}</body>")
    for element in tree.iter(*_BLOCKS):
        element.tail = "\n" + (element.tail or "")
        element.text = "\n" + (element.text or "")
    for element in list(tree.iter(*_NO_TEXT)):
        element.drop_tree()
    return _without_furniture(str(tree.text_content()))
