"""The night: the one module that knows the order of the stages.

Everything up to the edition is computed, then saved in one transaction, then mailed. A run that dies before the save
leaves nothing behind and can be repeated; after it, a further run only mails what is still pending.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.clustering.background import NOTHING
from pipeline.clustering.texts import usual_terms
from pipeline.config import Config
from pipeline.engine.choice import LOCAL, Engine
from pipeline.errors import DerivedError, LockedError, NewsfoldError
from pipeline.forms.feed import Home
from pipeline.forms.index import MOST_SOURCES, VOLUME_NIGHTS
from pipeline.inbox import list_files
from pipeline.minhash.memory import open_memory
from pipeline.minhash.search import sketch_articles
from pipeline.records import (
    Article,
    Counts,
    DeliveryState,
    Echo,
    Edition,
    FileState,
    Receipt,
    Reject,
    Rendered,
    Telling,
)
from pipeline.stages.deliver import Pace, deliver, open_transport
from pipeline.stages.edit import Frame, edit
from pipeline.stages.fetch import Fetched, Past, fetch
from pipeline.stages.ingest import ingest
from pipeline.stages.polish import polish
from pipeline.stages.publish import edition_page, publish_editions, publish_index
from pipeline.stages.recall import recall
from pipeline.stages.render import Archive, render
from pipeline.store.core import Store, open_store
from pipeline.store.rows import Night
from pipeline.times import Clock
from pipeline.web.feeds import FeedState, trouble

SOURCE_FAILED = "source"
"""The stage of a reject that stands for a whole source."""

Report = Callable[[str], None]
"""Hears of each step, in words for people."""


class Ending(StrEnum):
    """How a night ended; `MADE_BEFORE` found the night's edition already made."""

    DONE = "done"
    SOME_SOURCES_FAILED = "some sources failed"
    NOTHING_NEW = "nothing new"
    MADE_BEFORE = "made before"


@dataclass(frozen=True, slots=True)
class Moment:
    """Which night it is, when its sources are read (aware), how patient delivery is, and what drives long stages."""

    night: date
    cutoff: datetime
    pace: Pace
    engine: Engine = LOCAL


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a night gave. `edition` is None when it had been made before; `page` is the archive page's file."""

    ending: Ending
    rendered: Rendered
    receipts: tuple[Receipt, ...]
    page: Path
    edition: Edition | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What came in: articles to work on, and what became of everything else."""

    articles: tuple[Article, ...]
    failed_sources: tuple[Reject, ...]
    rejects: tuple[Reject, ...]
    counts: Counts
    feeds: tuple[FeedState, ...] = ()
    files: tuple[FileState, ...] = ()


def state_file(config: Config) -> Path:
    """Where the state of this configuration lies."""
    return config.state_file


def archive_folder(config: Config) -> Path:
    """Where the archive lies, a static site."""
    return config.data_dir / "archive"


def signature_folder(config: Config) -> Path:
    """Where the signatures of the last nights lie."""
    return config.data_dir / "signatures"


def run_night(config: Config, moment: Moment, report: Report) -> Outcome:
    """Make the night's edition, save it, mail it; under the lock, once.

    Raises LockedError when another run is at work, and other NewsfoldErrors when the night cannot be made.
    """
    with _lock(config.data_dir), open_store(state_file(config)) as store:
        run = store.start_run(moment.night, moment.pace.now())
        try:
            outcome = _night(config, moment, store, report)
        except NewsfoldError as error:
            store.finish_run(run, f"failed: {error}", moment.pace.now())
            raise
        store.finish_run(run, outcome.ending.value, moment.pace.now())
        return outcome


def make_edition(config: Config, moment: Moment, store: Store, report: Report) -> tuple[Edition, Night]:
    """Everything up to the edition; nothing is saved and nothing sent."""
    return _edited(config, moment, store, gather(config, moment, store, report), report)


def _edited(config: Config, moment: Moment, store: Store, gathered: Gathered, report: Report) -> tuple[Edition, Night]:
    """The edition of what came in."""
    report(
        f"read {gathered.counts.items} items: {gathered.counts.articles} articles, {gathered.counts.rejected} rejected"
    )
    past = store.past_stories(moment.night - timedelta(days=config.edition.remember_days), moment.night)
    engine = moment.engine
    folded = engine.dedupe(gathered.articles, config.copies.threshold, config.copies.preferred_sources)
    echoes, told = _recalled(config, moment, store, gathered.articles)
    repeated = {echo.article: told[echo.earlier] for echo in echoes}
    stories = engine.cluster(folded.groups, past, repeated, store.background(moment.night))
    copies = len(gathered.articles) - len(folded.groups)
    report(f"found {copies} copies, {len(echoes)} articles that repeat earlier ones, {len(stories)} stories")
    if folded.capped:
        report(f"{folded.capped} sets of look-alikes were too large to compare each with each")
    if stories and config.digest.model != "none":
        report(f"writing with {config.digest.model}")
    summaries = engine.summarise(stories, config.digest)
    counts = replace(gathered.counts, copies=copies, stories=len(stories))
    frame = Frame(config.title, moment.night, moment.cutoff, counts, gathered.failed_sources, gathered.rejects)
    edition = edit(summaries, frame, config.edition.stories, config.topics)
    terms = NOTHING.with_texts(map(usual_terms, gathered.articles))
    archive = Archive(_told_before(edition, store), config.archive_url or "")
    rendered = render(edition, config.zone, archive)
    kept = (gathered.feeds, gathered.files)
    return edition, Night(edition, rendered, gathered.articles, stories, echoes, terms, *kept)


def _told_before(edition: Edition, store: Store) -> dict[str, tuple[Telling, ...]]:
    """How earlier editions told each story of this one, by the story's id; under all ids that it had or takes in."""
    stories = [entry.summary.story for entry in edition.entries]
    return {
        story.id: store.told_before(
            [story.id, *([story.continues.id] if story.continues else ()), *story.aliases], edition.night
        )
        for story in stories
    }


def _recalled(
    config: Config, moment: Moment, store: Store, articles: Sequence[Article]
) -> tuple[tuple[Echo, ...], dict[str, str]]:
    """Which articles repeat earlier ones, and the story of each earlier article asked about."""
    since = moment.night - timedelta(days=config.edition.remember_days)
    told: dict[str, str] = {}

    def earlier(ids: Sequence[str]) -> tuple[Article, ...]:
        told.update(store.stories_with(ids, since, moment.night))
        return store.articles([one for one in ids if one in told])

    return recall(articles, open_memory(signature_folder(config)), earlier, config.copies.threshold), told


def _remember(config: Config, night: date, store: Store) -> None:
    """Bring the memory of signatures up to what the store holds of the last nights."""
    memory = open_memory(signature_folder(config))
    since = night - timedelta(days=config.edition.remember_days)
    memory.expire(since)
    for past in store.nights_since(since):
        if past not in memory.nights:
            articles = store.articles_of(past)
            memory.add(past, [article.id for article in articles], sketch_articles(articles))
    memory.merge(night)


def gather(config: Config, moment: Moment, store: Store, report: Report = lambda _: None) -> Gathered:
    """Fetch, ingest and clean: the night's articles, each once, without those of earlier nights.

    Every item is accounted for: items = rejected + seen + repeats + articles.
    """
    clock = Clock(config.zone, moment.cutoff)
    items = 0
    found: list[Article] = []
    failed: list[Reject] = []
    rejects: list[Reject] = []
    before = store.feeds()
    fetched = fetch(config.sources, config.fetch, Past(moment.cutoff, before, store.seen), report)
    known = store.files()
    listed = {source: list_files(source, known) for source in config.sources}
    if unchanged := sum(listing.unchanged for listing in listed.values()):
        report(f"left {unchanged} files that were read on earlier nights and have not changed")
    for cleaned in moment.engine.clean(ingest(config.sources, fetched.items, listed), clock):
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
    counts = Counts(
        items=items,
        rejected=len(rejects),
        seen=len(polished.articles) - len(articles),
        repeats=len(polished.repeats),
        articles=len(articles),
        outlets=len({article.source or article.location for article in articles}),
    )
    if items != counts.rejected + counts.seen + counts.repeats + counts.articles:
        raise NewsfoldError(
            f"night {moment.night}: {items} items came in, but they are not all accounted for: {counts}"
        )
    failed += _feeds_in_trouble(config, moment, before, fetched)
    # What could not be read as a whole is tried again: a right may have been missing, or a writer not done.
    failures = {reject.location for reject in rejects}
    files = tuple(state for listing in listed.values() for state in listing.states if state.path not in failures)
    return Gathered(articles, tuple(failed), (*rejects, *polished.repeats), counts, fetched.states, files)


def _feeds_in_trouble(
    config: Config, moment: Moment, before: Mapping[str, FeedState], fetched: Fetched
) -> Iterator[Reject]:
    """The configured feeds that readers should know of: no success for too many nights, asked tonight or not."""
    states = {**before, **{state.url: state for state in fetched.states}}
    for url in fetched.feeds:
        reason = trouble(states[url], moment.cutoff, config.fetch.report_after_nights)
        if reason:
            yield Reject(SOURCE_FAILED, url, reason)


def _wanted(result: Article | Reject, languages: tuple[str, ...]) -> Article | Reject:
    """The article, rejected when the configuration does not ask for its language."""
    if isinstance(result, Reject) or not languages or result.lang in languages:
        return result
    reason = f"its language ({result.lang or 'unknown'}) is not among those configured"
    return Reject("clean", result.location, reason, result.id)


def _night(config: Config, moment: Moment, store: Store, report: Report) -> Outcome:
    """The night under the lock: made and saved unless it was before, then mailed."""
    rendered = store.edition(moment.night.isoformat())
    edition = None
    if rendered is None:
        edition, night = _made(config, moment, store, report)
        store.save_night(night)
        rendered = night.rendered
    _publish(config, store, report)
    mailed = not rendered.quiet or config.edition.quiet == "mail"
    receipts = _mail(config, rendered, moment, store) if mailed else ()
    page = edition_page(archive_folder(config), rendered.edition)
    return Outcome(_ending(edition), rendered, receipts, page, edition)


def _publish(config: Config, store: Store, report: Report) -> None:
    """Bring the archive up to what the store holds: what is missing or was changed is written again."""
    issues = store.issues()
    editions = (store.edition(issue.night.isoformat()) for issue in issues)
    written = publish_editions(archive_folder(config), (edition for edition in editions if edition is not None))
    volumes = store.volumes(issues[0].night - timedelta(days=VOLUME_NIGHTS - 1), MOST_SOURCES)
    home = Home(config.mail.list_id, config.archive_url or "")
    written += publish_index(archive_folder(config), issues, volumes, home)
    report(f"archive: {written} pages written")


def _made(config: Config, moment: Moment, store: Store, report: Report) -> tuple[Edition, Night]:
    """The edition, made with a memory of the last nights that is up to date.

    The memory is derived from stored articles: one that is damaged or of another make is made again, once.
    """
    gathered = gather(config, moment, store, report)
    try:
        _remember(config, moment.night, store)
        return _edited(config, moment, store, gathered, report)
    except DerivedError as error:
        report(f"signatures are made again: {error}")
        shutil.rmtree(signature_folder(config))
        _remember(config, moment.night, store)
        return _edited(config, moment, store, gathered, report)


def send_pending(config: Config, moment: Moment, of_that_night: bool, retry_unknown: bool) -> tuple[Receipt, ...]:
    """Deliver what is still pending of the latest edition, or of the moment's night.

    `retry_unknown` also sends again what a crash left in doubt. Raises NewsfoldError when there is no such edition.
    """
    with _lock(config.data_dir), open_store(state_file(config)) as store:
        rendered = store.edition(moment.night.isoformat()) if of_that_night else store.latest_edition()
        if rendered is None:
            raise NewsfoldError(f"edition{f' {moment.night}' if of_that_night else ''}: there is none to send")
        if retry_unknown:
            for row in store.ledger.deliveries(rendered.edition):
                if row.state is DeliveryState.UNKNOWN:
                    store.ledger.force(row, moment.pace.now())
        return _mail(config, rendered, moment, store)


def _mail(config: Config, rendered: Rendered, moment: Moment, store: Store) -> tuple[Receipt, ...]:
    """Deliver what is still pending of an edition."""
    with open_transport(config.mail, config.data_dir / "outbox", rendered.edition) as transport:
        return deliver(rendered, config.mail, store, transport, moment.pace)


def _ending(edition: Edition | None) -> Ending:
    """How the night ended."""
    if edition is None:
        return Ending.MADE_BEFORE
    if edition.failed_sources:
        return Ending.SOME_SOURCES_FAILED
    return Ending.DONE if edition.entries else Ending.NOTHING_NEW


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """One run at a time for one state. Raises LockedError when another holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "newsfold.lock", timeout=0)
    try:
        with lock:
            yield
    except Timeout as error:
        raise LockedError(f"{lock.lock_file}: another run is at work; wait for it to end") from error
