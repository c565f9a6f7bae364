"""Turns a raw item into a clean article, or says why it is none."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from pipeline.page import Page, read_fragment, read_page
from pipeline.parallel import in_order
from pipeline.records import Article, Kind, RawItem, Reject
from pipeline.text.dump import CleanDump, clean_dump
from pipeline.text.language import detect
from pipeline.text.normalise import comparable, decoded, tidy, tidy_line
from pipeline.times import UNIVERSAL, Clock
from pipeline.urls import canonical, host, same_article, stable_id

FEWEST_WORDS = 25
"""A page or dump with less text is a shell, a wall or an index; entries and lines may be shorter."""
NEAR_TOP, LONGEST_SITE, OFTEN = 5, 4, 3
_PATH_MARK = re.compile(r"\s+[|›>»/]\s+")
MOST_CONTROL = 0.01
"""Share of NUL and replacement characters from which bytes are not text."""


class _NotAnArticleError(Exception):
    """The item holds no article; the message is the reason for its reject."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found inside an item, before the source's own hints are weighed in."""

    title: str
    text: str
    published: datetime | None = None
    url: str = ""
    source: str = ""
    lang: str = ""


def clean(item: RawItem, clock: Clock = UNIVERSAL) -> Article | Reject:
    """The article in an item. What the source says wins for id, address and publisher; the page wins for its text.

    Where the source's address is a mobile or AMP form of the one the page states, the article has that one.

    `clock` reads times that name no zone, and dates whose order of day and month is open.
    """
    if item.teaser is not None:
        whole, teaser = clean(replace(item, teaser=None), clock), clean(item.teaser, clock)
        return teaser if isinstance(teaser, Article) and _is_longer(teaser, whole) else whole
    try:
        found = _found(item, clock)
        _require_text(item.kind, found)
    except _NotAnArticleError as error:
        return Reject("clean", item.location, str(error), item.hints.id)
    return _article(item, found, clock)


def _is_longer(teaser: Article, whole: Article | Reject) -> bool:
    """Whether a feed's entry says more than the page behind it, which may be a wall."""
    return isinstance(whole, Reject) or len(teaser.text) > len(whole.text)


def clean_all(
    items: Iterable[RawItem | Reject], clock: Clock = UNIVERSAL, processes: int = 0
) -> Iterator[Article | Reject]:
    """What `clean` makes of each item, in their order, on all cores; what was rejected before stays so."""
    return in_order(partial(_cleaned, clock=clock), items, processes)


def _cleaned(item: RawItem | Reject, clock: Clock) -> Article | Reject:
    """One item's article or reject; a function that can be sent to another process."""
    return item if isinstance(item, Reject) else clean(item, clock)


def _found(item: RawItem, clock: Clock) -> _Found:
    """Title, text and metadata by the kind of the item."""
    if item.kind is Kind.PAGE:
        return _from_page(read_page(item.content, item.hints.url), clock)
    text = _text_in(item.content)
    if item.kind is Kind.FRAGMENT:
        return _Found(item.hints.title, read_fragment(text))
    if item.kind is Kind.DUMP:
        dump = clean_dump(text)
        return _Found(dump.title, dump.text, clock.read(dump.published), source=_site_of(dump))
    return _Found(item.hints.title, text)


def _site_of(dump: CleanDump) -> str:
    """The site's name: the line that is nothing else, or the name near the top that the page keeps repeating."""
    if named := next((line.text for line in dump.dropped if line.reason == "site name"), ""):
        return tidy_line(named)
    lines = [tidy_line(line.text) for line in dump.dropped]
    candidates = [_PATH_MARK.split(line)[0] for line in lines[:NEAR_TOP]]
    for name in candidates:
        repeated = sum(name.casefold() in line.casefold() for line in lines)
        if 0 < len(name.split()) <= LONGEST_SITE and name[:1].isupper() and repeated >= OFTEN:
            return name
    return ""


def _from_page(page: Page, clock: Clock) -> _Found:
    return _Found(page.title, page.text, clock.read(page.published), page.url, page.site, page.lang)


def _text_in(content: bytes) -> str:
    """Text of unknown encoding. Raises _NotAnArticleError when the bytes are no text."""
    text = decoded(content)
    if text is None:
        raise _NotAnArticleError("not text: no encoding fits its bytes")
    odd = sum(text.count(character) for character in "\x00\ufffd")
    if odd > MOST_CONTROL * len(text):
        raise _NotAnArticleError("not text: it holds binary data")
    return text


def _require_text(kind: Kind, found: _Found) -> None:
    """Raises _NotAnArticleError when too little was found to call it an article."""
    words = len(found.text.split())
    if not words and not found.title.strip():
        raise _NotAnArticleError("no article text found")
    if kind in (Kind.PAGE, Kind.DUMP) and words < FEWEST_WORDS and len(found.text) < FEWEST_WORDS * 4:
        raise _NotAnArticleError(f"only {words} words of article text: a wall, a shell or an index page")


def _article(item: RawItem, found: _Found, clock: Clock) -> Article:
    """The record, with the source's hints weighed in; the title does not stand in the text again."""
    hints = item.hints
    url, stated = canonical(hints.url or found.url), canonical(found.url)
    url = stated if same_article(url, stated) else url
    title = tidy_line(hints.title or found.title)
    article = Article(
        id=hints.id,
        title=title,
        text="\n".join(line for line in tidy(found.text).splitlines() if comparable(line) != comparable(title)),
        url=url,
        published=clock.read(hints.published) or found.published,
        source=tidy_line(hints.source or found.source) or host(url),
        location=item.location,
        extra=item.extra,
    )
    lang = (hints.lang or found.lang)[:2].casefold() or detect(f"{article.title}\n{article.text}")
    return replace(article, id=article.id or _stable_id(article), lang=lang)


def _stable_id(article: Article) -> str:
    """The same id whenever the same article comes in again: from its address, else from its publisher and words."""
    key = article.url or f"{article.source}\n{article.title}\n{article.text}"
    return stable_id(key)
