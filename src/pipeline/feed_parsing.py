"""A feed's bytes, from a file or the web, as raw items: RSS, Atom and RDF by feedparser, JSON Feed by hand."""

import io
import json
import re
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from pipeline.jsonlines import JsonObject
from pipeline.records import Hints, Json, Kind, RawItem, Reject
from pipeline.text.normalise import encodable, is_utf8
from pipeline.urls import canonical

# "Lindmar Courier – All stories", "BBC News | World": the feed's section behind the publisher's name.
_SECTION = re.compile(r"\s+(?:[–—|»:-]|::)\s+")
# "&#xD83D;", "&#55357;": publishing software writes emoji as two halves, and feedparser fails on either.
_CHARACTER = re.compile(rb"&#(?:x([0-9a-f]+)|([0-9]+));?", re.IGNORECASE)
_JSON_FEED = "https://jsonfeed.org/version/"
# What a parser of hostile input may fail with; such a feed is rejected with the reason, like any other that is broken.
_PARSER_FAILURES = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)

MOST_TAGS = 300_000
"""A feed with more is made to keep a parser busy: tags that never close take it longer the more there are."""

Parsed = tuple[RawItem, ...] | Reject


def parse_feed(content: bytes, location: str, source: str = "", charset: str = "") -> Parsed:
    """The entries of a feed in their order, or why it is none.

    `location` names it, and when it is an address of the web the entries' relative addresses start there; `source` is
    the publisher to note instead of the feed's title, `charset` the encoding that the server named.
    """
    try:
        found = _json_items(content, location, source)
        return tuple(found if found is not None else _xml_items(content, location, source, charset))
    except _NotAFeedError as error:
        return Reject("ingest", location, f"not a feed: {error}")
    except _PARSER_FAILURES as error:
        return Reject("ingest", location, f"not a feed: its parser fails on it ({type(error).__name__}: {error})")


class _NotAFeedError(Exception):
    """The bytes are no feed; the message says what they are."""


def _xml_items(content: bytes, location: str, source: str, charset: str) -> Iterator[RawItem]:
    """The entries of an RSS, Atom or RDF feed. Raises _NotAFeedError for anything else."""
    import feedparser

    if content.count(b"<") > MOST_TAGS:
        raise _NotAFeedError(f"more than {MOST_TAGS:,} tags")
    headers = {"content-type": f"application/xml; charset={charset}"} if charset and not is_utf8(content) else {}
    stream = io.BytesIO(_CHARACTER.sub(_possible, content))
    feed = feedparser.parse(stream, sanitize_html=False, resolve_relative_uris=False, response_headers=headers)
    if not feed.entries and (feed.bozo or not feed.get("version")):
        raise _NotAFeedError(feed.get("bozo_exception", "no known format"))
    publisher = source or _SECTION.split(str(feed.feed.get("title", "")))[0]
    for number, entry in enumerate(feed.entries, 1):
        name = entry.get("id") or entry.get("link") or number
        bodies = [part.get("value", "") for part in entry.get("content", [])]
        body = max([*bodies, entry.get("summary", "")], key=len)
        hints = Hints(
            url=_whole(encodable(str(entry.get("link", ""))), location),
            title=encodable(str(entry.get("title", ""))),
            published=str(entry.get("published") or entry.get("updated") or ""),
            lang=str(entry.get("language") or feed.feed.get("language", "")),
            source=publisher,
        )
        yield RawItem(encodable(f"{location}#{name}"), Kind.FRAGMENT, str(body).encode("utf-8", "replace"), hints)


def _possible(reference: re.Match[bytes]) -> bytes:
    """The reference to a character as it stands, nothing where no such character can exist."""
    hexadecimal, digits = reference.groups()
    code = int(hexadecimal, 16) if hexadecimal else int(digits.lstrip(b"0")[:9] or b"0")
    return b"" if 0xD800 <= code <= 0xDFFF or code > sys.maxunicode else reference[0]


def _json_items(content: bytes, location: str, source: str) -> list[RawItem] | None:
    """The entries of a JSON Feed (jsonfeed.org, any version); None when the bytes are no JSON object.

    Raises _NotAFeedError when they are one, but no feed.
    """
    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"{":
        return None
    feed: Any = json.loads(content.decode("utf-8-sig"))
    entries = feed.get("items")
    if not _text(feed.get("version")).startswith(_JSON_FEED) or not isinstance(entries, list):
        raise _NotAFeedError("JSON, but not of jsonfeed.org")
    publisher = source or _SECTION.split(_text(feed.get("title")))[0]
    language = _text(feed.get("language"))
    return [
        _json_item(entry, location, number, Hints(lang=language, source=publisher))
        for number, entry in enumerate(entries, 1)
        if isinstance(entry, dict)
    ]


def _json_item(entry: JsonObject, location: str, number: int, feed: Hints) -> RawItem:
    """One entry; `feed` is what holds for all."""
    name = _text(entry.get("id")) or _text(entry.get("url")) or str(number)
    page, text = _text(entry.get("content_html")), _text(entry.get("content_text")) or _text(entry.get("summary"))
    hints = Hints(
        url=_whole(_text(entry.get("url")) or _text(entry.get("external_url")), location),
        title=_text(entry.get("title")),
        published=_text(entry.get("date_published")) or _text(entry.get("date_modified")),
        lang=_text(entry.get("language")) or feed.lang,
        source=feed.source,
    )
    kind = Kind.FRAGMENT if page else Kind.PLAIN
    return RawItem(encodable(f"{location}#{name}"), kind, (page or text).encode("utf-8", "replace"), hints)


def _whole(address: str, location: str) -> str:
    """An entry's address; one that is relative starts at the feed's."""
    if not address or not canonical(location):
        return address
    try:
        return urljoin(location, address)
    except ValueError:
        return address


def _text(value: Json) -> str:
    """A value as text that can be written anywhere: numbers as they are, what is no text as none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return encodable(str(value))
