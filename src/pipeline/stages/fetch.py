"""Fetches the feeds among the sources, and the pages of entries that are only teasers."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import metadata

from pipeline.config import FetchConfig, SourceConfig
from pipeline.errors import FetchError, InputError
from pipeline.opml import feeds_of
from pipeline.page import read_fragment
from pipeline.progress import QUIET, Progress
from pipeline.records import SOURCE_FAILED, Kind, RawItem, Reject
from pipeline.text.normalise import decoded
from pipeline.urls import canonical, stable_id
from pipeline.web.addresses import guard, host_of
from pipeline.web.client import Client, Limits
from pipeline.web.crew import Crew, Manners
from pipeline.web.errands import Errand, Result, Visit, fetch_page, visit_feed
from pipeline.web.feeds import FeedState, is_due, new_feed
from pipeline.web.robots import Rules, fetch_rules, site_of

Known = Callable[[Iterable[str]], frozenset[str]]
"""Which of some article ids were stored on an earlier night."""

TEASER_WORDS = 150
"""An entry with fewer words is completed by its page."""
# How a shortened text ends: "…", "[...]", "Read more".
_CUT_OFF = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\]|\b(?:read|continue|more)\b[\w ]{0,20}[»→>.]*)\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed to ask: its address, the publisher to note, and whether the night fails without it."""

    url: str
    name: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the feeds gave: items by source, the state of each feed that was asked, and the failures among them.

    `feeds` are the addresses of all that are listed, each once, those that were not due included.
    """

    items: Mapping[SourceConfig, tuple[RawItem | Reject, ...]] = field(default_factory=dict)
    states: tuple[FeedState, ...] = ()
    failures: tuple[Reject, ...] = ()
    feeds: tuple[str, ...] = ()


def fetch(sources: Sequence[SourceConfig], config: FetchConfig, past: "Past", progress: Progress = QUIET) -> Fetched:
    """Ask every feed that is due, in whatever order hosts allow; what comes is in the order of the sources.

    Raises InputError when a required source cannot be read.
    """
    listed = {source: listed_feeds(source) for source in sources if source.path is None}
    feeds = list({feed.url: feed for found in listed.values() for feed in found if isinstance(feed, Feed)}.values())
    states = {feed.url: past.states.get(feed.url) or new_feed(feed.url, past.now) for feed in feeds}
    due = [feed for feed in feeds if is_due(states[feed.url], past.now)]
    web = _Web(config, progress)
    visits = dict(zip((feed.url for feed in due), web.visit(due, states, past.now), strict=True))
    failures = [Reject(SOURCE_FAILED, feed.url, visits[feed.url].problem) for feed in due if visits[feed.url].problem]
    _require(due, visits)
    found = {url: visit.items for url, visit in visits.items()}
    if config.complete_teasers:
        found = web.complete(found, past.known)
    asked = tuple(visit.state for visit in visits.values())
    return Fetched(_by_source(listed, found), asked, tuple(failures), tuple(states))


@dataclass(frozen=True, slots=True)
class Past:
    """What is known from earlier nights, and the time, aware, that counts as now."""

    now: datetime
    states: Mapping[str, FeedState] = field(default_factory=dict)
    known: Known = lambda _: frozenset()


def listed_feeds(source: SourceConfig) -> tuple[Feed | Reject, ...]:
    """The feeds of a source: itself, or those of its list; a list that cannot be read comes as a reject.

    Raises InputError when that list is required.
    """
    # A feed of a list may be missing: the list itself is what is required.
    required = source.required and source.url is not None
    try:
        return tuple(Feed(outline.url, source.name, required) for outline in feeds_of(source))
    except (OSError, InputError) as error:
        problem = (error.strerror or "unreadable") if isinstance(error, OSError) else str(error)
        if source.required:
            raise InputError(f"source {source.place}: {problem}; check it in the configuration") from error
        return (Reject(SOURCE_FAILED, source.place, problem),)


def is_teaser(item: RawItem) -> bool:
    """Whether an entry is only the beginning of the page it links to."""
    if item.kind not in (Kind.FRAGMENT, Kind.PLAIN) or not canonical(item.hints.url):
        return False
    text = decoded(item.content) or ""
    shown = read_fragment(text) if item.kind is Kind.FRAGMENT else text
    return len(shown.split()) < TEASER_WORDS or _CUT_OFF.search(shown.strip()[-80:]) is not None


def user_agent(contact: str) -> str:
    """How Newsfold names itself to servers."""
    about = f" (+{contact})" if contact else " (nightly news digest)"
    return f"Newsfold/{metadata.version('newsfold')}{about}"


class _Web:
    """The web under one configuration."""

    def __init__(self, config: FetchConfig, progress: Progress) -> None:
        limits = Limits(config.timeout_seconds, config.largest_bytes)
        self._client = Client(guard(config.allow_private), user_agent(config.contact), limits)
        self._manners = Manners(config.concurrency, config.per_host, config.pause_seconds)
        self._progress = progress

    def visit(self, feeds: Sequence[Feed], states: Mapping[str, FeedState], now: datetime) -> list[Visit]:
        """Ask feeds."""
        crew = Crew[Visit](self._client.get, self._manners, {})
        found = self._run(crew, [visit_feed(states[feed.url], feed.name, now) for feed in feeds], "feeds")
        return [visit for visit in found if isinstance(visit, Visit)]

    def complete(self, found: Mapping[str, tuple[RawItem, ...]], known: Known) -> dict[str, tuple[RawItem, ...]]:
        """The same items, teasers that no earlier night had with their pages, where these can and may be had."""
        teasers = [item for items in found.values() for item in items if is_teaser(item)]
        ids = {stable_id(canonical(item.hints.url)) for item in teasers}
        seen = known(sorted(ids))
        urls = {item.hints.url.strip(): None for item in teasers if stable_id(canonical(item.hints.url)) not in seen}
        pages = self._pages(list(urls))
        wanted = set(map(id, teasers))
        return {
            feed: tuple(_completed(item, pages) if id(item) in wanted else item for item in items)
            for feed, items in found.items()
        }

    def _pages(self, urls: Sequence[str]) -> dict[str, bytes]:
        """The pages that can be had, by address."""
        sites = sorted({_site(url) for url in urls} - {""})
        rules = dict(zip(sites, self._rules(sites), strict=True))
        allowed = [url for url in urls if (site := _site(url)) and rules[site].permits(url)]
        pauses = {host_of(site): rule.pause for site, rule in rules.items()}
        crew = Crew[bytes](self._client.get, self._manners, pauses)
        contents = self._run(crew, [fetch_page(url) for url in allowed], "pages")
        pages = {url: page for url, page in zip(allowed, contents, strict=True) if isinstance(page, bytes)}
        if urls:
            self._progress.say(
                f"completed {len(pages):,} of {len(urls):,} teasers; {len(urls) - len(allowed):,} refused"
            )
        return pages

    def _rules(self, sites: Sequence[str]) -> list[Rules]:
        """The rules of sites."""
        crew = Crew[Rules](self._client.get, self._manners, {})
        found = self._run(crew, [fetch_rules(site) for site in sites], "robots.txt")
        return [Rules(refuses=str(one)) if isinstance(one, FetchError) else one for one in found]

    def _run(self, crew: Crew[Result], errands: Sequence[Errand[Result]], what: str) -> list[Result | FetchError]:
        """What a crew brings, counted as it comes."""
        done = 0
        with self._progress.counting(what, len(errands)) as advance:

            def heard(so_far: int) -> None:
                nonlocal done
                advance(so_far - done)
                done = so_far

            return crew.run(errands, heard)


def _require(due: Sequence[Feed], visits: Mapping[str, Visit]) -> None:
    """Raise InputError when a required feed could not be read."""
    for feed in due:
        if feed.required and visits[feed.url].problem:
            raise InputError(f"source {feed.url}: {visits[feed.url].problem}; it is required, so there is no edition")


def _by_source(
    listed: Mapping[SourceConfig, tuple[Feed | Reject, ...]], found: Mapping[str, tuple[RawItem, ...]]
) -> dict[SourceConfig, tuple[RawItem | Reject, ...]]:
    """The items of each source in the order of its list; a feed listed twice counts for the first."""
    left = dict(found)
    return {
        source: tuple(
            item for feed in feeds for item in ((feed,) if isinstance(feed, Reject) else left.pop(feed.url, ()))
        )
        for source, feeds in listed.items()
    }


def _site(url: str) -> str:
    """The site of an address, "" when it is no web address."""
    try:
        return site_of(url)
    except FetchError:
        return ""


def _completed(item: RawItem, pages: Mapping[str, bytes]) -> RawItem:
    """A teaser's page with the entry as its hints, the entry itself when there is no page."""
    page = pages.get(item.hints.url.strip())
    return item if page is None else replace(item, kind=Kind.PAGE, content=page, teaser=item)
