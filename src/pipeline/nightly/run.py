"""The night from the lock to the mail.

Everything up to the edition is computed, then saved in one transaction, then mailed. What each stage gave is kept until
the save, so that a run which died is gone on with; after the save, a further run only mails what is still pending.
"""

import contextlib
import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TypeVar

from pipeline.config import Config
from pipeline.errors import DerivedError, NewsfoldError, StoreError
from pipeline.forms.feed import Home
from pipeline.forms.index import MOST_SOURCES, VOLUME_NIGHTS
from pipeline.minhash.memory import open_memory
from pipeline.minhash.search import sketch_articles
from pipeline.nightly.desk import Desk, Moment, Outcome
from pipeline.nightly.line import CHECKPOINTS, line
from pipeline.nightly.sources import require_stored
from pipeline.nightly.steps import Ending, Step
from pipeline.nightly.tidying import tidy
from pipeline.progress import QUIET, Progress
from pipeline.records import (
    DeliveryState,
    Edition,
    Receipt,
    Rendered,
)
from pipeline.stages.deliver import deliver, hold_reason, open_transport
from pipeline.stages.publish import edition_page, publish_editions, publish_index
from pipeline.store.backup import Restored, restore
from pipeline.store.checkpoints import checkpoints_of, forget_unfinished, unfinished_nights
from pipeline.store.core import Store, open_store
from pipeline.store.lock import run_lock
from pipeline.store.rows import FAILED, Delivery, Night, Run

Value = TypeVar("Value")


def run_night(config: Config, moment: Moment, progress: Progress = QUIET, mail: bool = True) -> Outcome:
    """Make the night's edition, save it, mail it; under the lock, once. What an earlier run left is gone on with.

    A night before that of the latest edition is made of stored articles and not mailed, unless it is tonight's. Raises
    LockedError when another run is at work, and other NewsfoldErrors when the night cannot be made.
    """
    with _run(config, moment, progress) as (store, ended):
        desk = _desk(config, moment, store, progress)
        outcome = _night(desk, mail)
        if tidy(desk).editions:
            _publish(config, store, progress)
        ended.append(outcome.ending.value)
        return outcome


def prepare_night(config: Config, moment: Moment, progress: Progress, until: Step) -> None:
    """Do a night's steps up to one that saves nothing yet, and keep what they give: a later run goes on from there.

    Raises as `run_night` does, and NewsfoldError when the night has its edition.
    """
    with _run(config, moment, progress) as (store, ended):
        if store.edition(moment.night.isoformat()) is not None:
            raise NewsfoldError(f"night {moment.night}: has its edition already; nothing is left to prepare")
        _with_memory(_resumed(_desk(config, moment, store, progress)), lambda steps: _stop_after(steps, until))
        ended.append(f"stopped after {until.value}")


def make_edition(config: Config, moment: Moment, store: Store, progress: Progress = QUIET) -> tuple[Edition, Night]:
    """Everything up to the edition; nothing is saved and nothing sent."""
    night = _to_end(line(_desk(config, moment, store, progress)))
    return night.edition, night


def last_unfinished(config: Config) -> date | None:
    """The latest night that a run began and did not bring to its edition, else one that the last run did not mail.

    None when there is neither. Raises StoreError as `open_store` does.
    """
    if nights := unfinished_nights(config.unfinished_folder):
        return nights[-1]
    if not config.state_file.exists():
        return None
    with open_store(config.state_file) as store:
        return next((run.night for run in store.last_runs(1) if run.finished is None or _is_left(run, store)), None)


def _is_left(run: Run, store: Store) -> bool:
    """Whether a run failed between the save of its night's edition and the end of its mail."""
    if not run.has_failed or run.night not in store.nights_since(run.night):
        return False
    mail = store.ledger.deliveries(run.night.isoformat())
    return not mail or any(one.state in (DeliveryState.PENDING, DeliveryState.SENDING) for one in mail)


@contextlib.contextmanager
def _run(config: Config, moment: Moment, progress: Progress) -> Iterator[tuple[Store, list[str]]]:
    """The lock, the store, and the run in its list; how it ended is what is put into the list given."""
    with _opened(config, moment) as store, progress.stage("night"):
        run, ended = store.start_run(moment.night, moment.pace.now(), moment.run), list[str]()
        try:
            yield store, ended
        except Exception as error:
            told = str(error) if isinstance(error, NewsfoldError) else f"a fault in the program ({error!r})"
            # What ended the run is raised, also when it keeps the list of runs from being written.
            with contextlib.suppress(StoreError):
                store.finish_run(run, f"{FAILED}{told}", moment.pace.now())
            raise
        store.finish_run(run, ended[0], moment.pace.now())


@contextlib.contextmanager
def _opened(config: Config, moment: Moment) -> Iterator[Store]:
    """The store under the lock. On a restored backup what it cannot know is in doubt, and signatures are made again."""
    with run_lock(config.data_dir), open_store(config.state_file) as store:
        now = moment.pace.now()
        if store.settle_restored(now.astimezone(config.zone).date(), now):
            shutil.rmtree(config.signature_folder, ignore_errors=True)
        yield store


def _desk(config: Config, moment: Moment, store: Store, progress: Progress) -> Desk:
    """The desk of a night, which a backfilled one finds as its own day would have left it.

    Raises NewsfoldError for one that was not made and of which nothing is stored any more.
    """
    latest = store.latest_night()
    if latest is None or moment.night >= latest[0]:
        return Desk(config, moment, store, progress)
    if moment.is_tonight:
        progress.warn(f"the edition of {latest[0]} lies after tonight's: the clock is wrong, or its date was a slip")
        return Desk(config, moment, store, progress)
    time_of_day = latest[1].astimezone(config.zone).time()
    cutoff = datetime.combine(moment.night, time_of_day, config.zone)
    desk = Desk(config, replace(moment, cutoff=cutoff), store, progress, backfill=True)
    if store.edition(moment.night.isoformat()) is None:
        require_stored(desk)
    return desk


def _resumed(desk: Desk) -> Desk:
    """The desk with what an earlier run of the same night kept, at the moment at which that one began.

    What an edition would be held for, had it been made at once, is too old to go on with.
    """
    config, moment = desk.config, desk.moment
    kept = checkpoints_of(config.unfinished_folder, moment.night, _key(config, desk.store), CHECKPOINTS)
    began = kept.load("began", datetime)
    if began and not desk.backfill and moment.pace.now() - began[0] > timedelta(hours=config.mail.hold_hours):
        desk.progress.say(f"what was begun at {began[0]:%Y-%m-%d %H:%M} UTC is too old to go on with: begun anew")
        began = None
    if began:
        desk.progress.say(f"going on with what was begun at {began[0]:%Y-%m-%d %H:%M} UTC")
        return replace(desk, moment=replace(moment, cutoff=began[0]), checkpoints=kept)
    kept.save("began", [moment.cutoff])
    return replace(desk, checkpoints=kept)


def _key(config: Config, store: Store) -> str:
    """What the stages' results depend on, besides what comes in: program, configuration and earlier nights."""
    settings = {"timezone", "languages", "sources", "fetch", "copies", "digest", "edition", "topics"}
    nights = " ".join(map(date.isoformat, store.nights_since(date.min)))
    text = f"{metadata.version('newsfold')}\n{config.model_dump_json(include=settings)}\n{nights}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _to_end(steps: Generator[Step, None, Night]) -> Night:
    """The night that the line gives when all its steps are done."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            night: Night = end.value
            return night


def _stop_after(steps: Generator[Step, None, Night], last: Step) -> None:
    """Do the steps of the line up to one."""
    for step in steps:
        if step is last:
            return


def _with_memory(desk: Desk, walk: Callable[[Generator[Step, None, Night]], Value]) -> Value:
    """Walk the line with a memory of the last nights that is up to date.

    The memory is derived from stored articles: one that is damaged or of another make is made again, once.
    """
    try:
        _remember(desk)
        return walk(line(desk))
    except DerivedError as error:
        desk.progress.warn(f"signatures are made again: {error}")
        shutil.rmtree(desk.config.signature_folder)
        _remember(desk)
        return walk(line(desk))


def _remember(desk: Desk) -> None:
    """Bring the memory of signatures up to what the store holds of the last nights."""
    store, since = desk.store, desk.remembered
    with desk.progress.stage("remember"):
        memory = open_memory(desk.config.signature_folder)
        memory.expire(since)
        for past in store.nights_since(since):
            if past not in memory.nights:
                articles = store.articles_of(past)
                memory.add(past, [article.id for article in articles], sketch_articles(articles))
        memory.merge(desk.moment.night)


def _night(desk: Desk, mail: bool) -> Outcome:
    """The night under the lock: made and saved unless it was before, then mailed."""
    config, store = desk.config, desk.store
    rendered = store.edition(desk.moment.night.isoformat())
    edition = None
    if rendered is None:
        night = _with_memory(_resumed(desk), _to_end)
        with desk.progress.stage("save"):
            store.save_night(night)
        forget_unfinished(config.unfinished_folder)
        edition, rendered = night.edition, night.rendered
    _publish(config, store, desk.progress)
    # A past night that was made of stored articles has never had any mail.
    before = store.ledger.deliveries(rendered.edition)
    receipts = _mail(desk, rendered) if mail and (before or not desk.backfill) else ()
    mailed = _sent(receipts) > _sent(before)
    page = edition_page(config.archive_folder, rendered.edition)
    return Outcome(ending_of(edition), rendered, receipts, page, edition, mailed)


def _sent(messages: Sequence[Receipt] | Sequence[Delivery]) -> int:
    return sum(message.state is DeliveryState.SENT for message in messages)


def _publish(config: Config, store: Store, progress: Progress) -> None:
    """Bring the archive up to what the store holds: what is missing or was changed is written again."""
    try:
        with progress.stage("publish") as tally:
            tally["pages"] = _published(config, store)
    except OSError as error:
        reason = f"cannot be written ({error}); the edition is saved: see to the disk and run again"
        raise StoreError(f"archive {config.archive_folder}: {reason}") from error


def _published(config: Config, store: Store) -> int:
    """Write the archive's pages; how many of them were not there as they are."""
    issues = store.issues()
    editions = (store.edition(issue.night.isoformat()) for issue in issues)
    kept = (edition for edition in editions if edition is not None)
    written = publish_editions(config.archive_folder, kept, frozenset(store.dropped_editions()))
    volumes = store.volumes(issues[0].night - timedelta(days=VOLUME_NIGHTS - 1), MOST_SOURCES)
    home = Home(config.mail.list_id, config.archive_url or "")
    return written + publish_index(config.archive_folder, issues, volumes, home)


def send_pending(
    config: Config,
    moment: Moment,
    of_that_night: bool,
    retry: Collection[DeliveryState] = (),
    progress: Progress = QUIET,
) -> tuple[Receipt, ...]:
    """Deliver what is still pending of the latest edition, or of the moment's night.

    What is in a state of `retry`, in doubt or refused for good, is sent again too. Raises NewsfoldError when there is
    no such edition.
    """
    with _opened(config, moment) as store:
        rendered = store.edition(moment.night.isoformat()) if of_that_night else store.latest_edition()
        if rendered is None:
            raise NewsfoldError(f"edition{f' {moment.night}' if of_that_night else ''}: there is none to send")
        return _mail(Desk(config, moment, store, progress), rendered, retry)


def restore_state(config: Config, backup: Path, now: datetime) -> Restored:
    """Put a backup in the place of the state, under the lock.

    Raises LockedError when a run is at work, StoreError when the backup is not sound.
    """
    with run_lock(config.data_dir):
        return restore(backup, config.state_file, now)


def _mail(desk: Desk, rendered: Rendered, retry: Collection[DeliveryState] = ()) -> tuple[Receipt, ...]:
    """Deliver what is still pending of an edition, and what is in a state of `retry`."""
    config = desk.config
    with (
        desk.progress.stage("deliver") as tally,
        open_transport(config.mail, config.outbox_folder, rendered.edition) as transport,
    ):
        skip_quiet = config.edition.quiet == "skip"
        pace = replace(desk.moment.pace, sleep=partial(_patient, desk))
        receipts = deliver(rendered, config.mail, desk.store, transport, pace, skip_quiet=skip_quiet, retry=retry)
        tally |= Counter(receipt.state.value for receipt in receipts)
        held = hold_reason(rendered, config.mail, pace.now())
        if held and not all(receipt.state.is_settled for receipt in receipts):
            desk.progress.warn(f"edition {rendered.edition} is {held}; a larger limit lets it go")
        return receipts


def _patient(desk: Desk, seconds: float) -> None:
    """Wait before mail that was put off is tried again, and say so: nothing else is heard meanwhile."""
    desk.progress.say(f"some mail was put off; it is tried again in {seconds:.0f} s")
    desk.moment.pace.sleep(seconds)


def ending_of(edition: Edition | None) -> Ending:
    """How a night ended that gave this edition, or none because it had been made before."""
    if edition is None:
        return Ending.MADE_BEFORE
    if edition.failed_sources:
        return Ending.SOME_SOURCES_FAILED
    return Ending.DONE if edition.entries else Ending.NOTHING_NEW
