"""The archive's Atom feed (RFC 4287): the last editions, each with its headlines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree

from markupsafe import Markup, escape

from pipeline.forms.evidence import story_link
from pipeline.forms.index import alarm_of, counts_of
from pipeline.forms.words import clean, clip
from pipeline.records import Issue

MOST_EDITIONS: Final = 30
FEED: Final = "feed.xml"
_ATOM: Final = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class Home:
    """Where the feed is at home: the list's id, which its ids are made of, and the archive's address, if it has one.

    Without an address links are relative to where the feed lies.
    """

    list_id: str
    url: str = ""

    def link(self, page: str) -> str:
        """The address of a page of the archive."""
        return f"{self.url.rstrip('/')}/{page}" if self.url else page

    def tag(self, name: str) -> str:
        """An id that stays the same wherever the archive moves (a tag URI, RFC 4151)."""
        return f"tag:{self.list_id.lower()},2026:{name}"


def atom(issues: Sequence[Issue], home: Home) -> bytes:
    """The feed of the latest editions, given latest first. The same editions always give the same bytes."""
    latest = issues[:MOST_EDITIONS]
    title = clip(clean(latest[0].title), 60) if latest else ""
    feed = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _add(feed, "id", home.tag("editions"))
    _add(feed, "title", title or "Newsfold")
    _add(feed, "updated", _time(max((issue.cutoff for issue in latest), default=datetime(2026, 1, 1, tzinfo=UTC))))
    _add(_add(feed, "author"), "name", title or "Newsfold")
    _add(feed, "generator", "Newsfold")
    _add(feed, "link", rel="self", type="application/atom+xml", href=home.link(FEED))
    _add(feed, "link", rel="alternate", type="text/html", href=home.link("index.html"))
    for issue in latest:
        _entry(feed, issue, home)
    written: bytes = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _entry(feed: ElementTree.Element, issue: Issue, home: Home) -> None:
    """One edition; its sources were read at its cut-off, and it is frozen since."""
    night = issue.night.isoformat()
    entry = _add(feed, "entry")
    _add(entry, "id", home.tag(f"editions/{night}"))
    _add(entry, "title", clean(issue.subject) or night)
    _add(entry, "published", _time(issue.cutoff))
    _add(entry, "updated", _time(issue.cutoff))
    _add(entry, "link", rel="alternate", type="text/html", href=home.link(f"{night}.html"))
    _add(entry, "content", _content(issue, home), type="html")


def _content(issue: Issue, home: Home) -> str:
    """The headlines as HTML, each leading to its story."""
    links = [(home.link(link.href), link.headline) for link in map(story_link, issue.leads)]
    heads = Markup("").join(Markup('<li><a href="{}">{}</a></li>').format(*link) for link in links)
    more = issue.told - len(links)
    lines = [line for line in (counts_of(issue), alarm_of(issue), f"and {more:,} more stories" if more else "") if line]
    told = Markup("<ol>{}</ol>").format(heads) if links else Markup("")
    # A plain string again: of a Markup the serialiser's own escaping would escape twice.
    return str(told + Markup("<p>{}</p>").format(Markup("<br>").join(escape(line) for line in lines)))


def _add(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> ElementTree.Element:
    """A new element at the parent's end."""
    element = ElementTree.SubElement(parent, tag, attributes)
    element.text = text or None
    return element


def _time(moment: datetime) -> str:
    """A time as RFC 3339 writes it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
