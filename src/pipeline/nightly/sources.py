"""What comes in: the feeds asked, the files read, everything cleaned and accounted for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from pipeline.errors import NewsfoldError
from pipeline.inbox import list_files
from pipeline.nightly.desk import Desk, Gathered, Moment
from pipeline.readers import expected_items
from pipeline.records import (
    SOURCE_FAILED,
    Article,
    Counts,
    RawItem,
    Reject,
)
from pipeline.stages.fetch import Fetched, Past, fetch
from pipeline.stages.ingest import ingest
from pipeline.stages.polish import polish
from pipeline.times import Clock
from pipeline.web.feeds import FeedState, trouble

BACKFILLED = timedelta(days=1)
"""The span of a night that is made of stored articles."""


@dataclass(frozen=True, slots=True)
class FetchedItem:
    """What a feed gave, kept: the place of its source in the configuration, and one item."""

    source: int
    item: RawItem | Reject


@dataclass(frozen=True, slots=True)
class FeedsAsked:
    """The rest of what fetching gave, kept: `sources` are the places of those that held feeds."""

    sources: tuple[int, ...]
    states: tuple[FeedState, ...]
    failures: tuple[Reject, ...]
    feeds: tuple[str, ...]


def fetched_for(desk: Desk) -> Fetched:
    """What the feeds gave."""
    sources = desk.config.sources
    items = desk.checkpoints.load("fetch", FetchedItem)
    asked = desk.checkpoints.load("feeds", FeedsAsked)
    if items is not None and asked:
        given = {sources[place]: tuple(row.item for row in items if row.source == place) for place in asked[0].sources}
        return Fetched(given, asked[0].states, asked[0].failures, asked[0].feeds)
    fetched = fetch(
        sources, desk.config.fetch, Past(desk.moment.cutoff, desk.store.feeds(), desk.store.seen), desk.progress
    )
    places = {source: place for place, source in enumerate(sources)}
    rows = (FetchedItem(places[source], item) for source, several in fetched.items.items() for item in several)
    desk.checkpoints.save("fetch", rows)
    answered = tuple(places[source] for source in fetched.items)
    desk.checkpoints.save("feeds", [FeedsAsked(answered, fetched.states, fetched.failures, fetched.feeds)])
    return fetched


def gathered_for(desk: Desk, fetched: Fetched) -> Gathered:
    """What came in, cleaned: the night's articles, each once, without those of earlier nights."""
    articles = desk.checkpoints.load("articles", Article)
    rest = desk.checkpoints.load("clean", Gathered)
    if articles is not None and rest:
        return replace(rest[0], articles=tuple(articles))
    gathered = _from_store(desk) if desk.backfill else gather(desk, fetched)
    desk.checkpoints.save("articles", gathered.articles)
    desk.checkpoints.save("clean", [replace(gathered, articles=())])
    return gathered


def gather(desk: Desk, fetched: Fetched) -> Gathered:
    """Ingest and clean what the sources hold: the night's articles, each once, without those of earlier nights.

    Every item is accounted for: items = rejected + seen + repeats + articles.
    """
    config, moment, store = desk.config, desk.moment, desk.store
    clock = Clock(config.zone, moment.cutoff)
    items = 0
    found: list[Article] = []
    failed: list[Reject] = []
    rejects: list[Reject] = []
    known = store.files()
    listed = {source: list_files(source, known) for source in config.sources}
    if unchanged := sum(listing.unchanged for listing in listed.values()):
        desk.progress.say(f"left {unchanged} files that were read on earlier nights and have not changed")
    came_in = ingest(config.sources, fetched.items, listed)
    for cleaned in desk.progress.track(
        moment.engine.clean(came_in, clock), "items", partial(expected_items, fetched.items, listed)
    ):
        result = _wanted(cleaned, config.languages)
        if isinstance(result, Article):
            found.append(result)
        elif result.stage == SOURCE_FAILED:
            failed.append(result)
            continue
        else:
            rejects.append(result)
        items += 1
    polished = polish(found)
    seen = store.seen(article.id for article in polished.articles)
    articles = tuple(article for article in polished.articles if article.id not in seen)
    counts = replace(
        _counts(articles),
        items=items,
        rejected=len(rejects),
        seen=len(polished.articles) - len(articles),
        repeats=len(polished.repeats),
    )
    if items != counts.rejected + counts.seen + counts.repeats + counts.articles:
        raise NewsfoldError(
            f"night {moment.night}: {items} items came in, but they are not all accounted for: {counts}"
        )
    # Nothing new may mean that nothing could be read: what is quiet names every feed that failed.
    patience = config.fetch.report_after_nights if articles else 1
    failed += _feeds_in_trouble(moment, store.feeds(), fetched, patience)
    # What could not be read as a whole is tried again: a right may have been missing, or a writer not done.
    failures = {reject.location for reject in rejects}
    files = tuple(state for listing in listed.values() for state in listing.states if state.path not in failures)
    return Gathered(articles, tuple(failed), (*rejects, *polished.repeats), counts, fetched.states, files)


def require_stored(desk: Desk) -> None:
    """Say whether a past night can still be made as it would have been.

    Raises NewsfoldError when what it would tell has been dropped.
    """
    night, cutoff = desk.moment.night, desk.moment.cutoff
    span = cutoff - BACKFILLED, cutoff, night
    dropped = desk.store.published_dropped(*span)
    if not dropped:
        return
    if not desk.store.articles_published(*span):
        raise NewsfoldError(
            f"night {night}: cannot be made any more: the texts of its articles were dropped on {dropped}, as"
            " keep.texts_days says; a larger one keeps those of coming nights longer"
        )
    desk.progress.warn(f"night {night}: some texts of its articles were dropped on {dropped}; it is made of the rest")


def _from_store(desk: Desk) -> Gathered:
    """The articles that came in later and that a past night would have told: those of the day up to its cut-off."""
    night, cutoff = desk.moment.night, desk.moment.cutoff
    desk.progress.say(f"night {night} lies before the latest edition: it is made of stored articles and not mailed")
    articles = desk.store.articles_published(cutoff - BACKFILLED, cutoff, after=night)
    if not articles:
        desk.progress.say(f"no stored article was published in the day up to {cutoff:%Y-%m-%d %H:%M %Z}")
    return Gathered(articles, (), (), _counts(articles))


def _counts(articles: Sequence[Article]) -> Counts:
    """The account of articles alone."""
    outlets = len({article.source or article.location for article in articles})
    return Counts(items=len(articles), articles=len(articles), outlets=outlets)


def _feeds_in_trouble(
    moment: Moment, before: Mapping[str, FeedState], fetched: Fetched, nights: int
) -> Iterator[Reject]:
    """The configured feeds that readers should know of: no success for too many nights, asked tonight or not."""
    states = {**before, **{state.url: state for state in fetched.states}}
    for url in fetched.feeds:
        reason = trouble(states[url], moment.cutoff, nights)
        if reason:
            yield Reject(SOURCE_FAILED, url, reason)


def _wanted(result: Article | Reject, languages: tuple[str, ...]) -> Article | Reject:
    """The article, rejected when the configuration does not ask for its language."""
    if isinstance(result, Reject) or not languages or result.lang in languages:
        return result
    reason = f"its language ({result.lang or 'unknown'}) is not among those configured"
    return Reject("clean", result.location, reason, result.id)
