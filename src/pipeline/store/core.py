"""The store's door: one object over one SQLite file."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from pipeline.clustering.background import Background
from pipeline.records import Article, Choice, FileState, Issue, Letter, PastStory, Rendered, Telling, Volume
from pipeline.store import aliases, archive, backup, explain, feeds, inbox, lookup, nights, retention, runs, terms
from pipeline.store.database import Database, open_database
from pipeline.store.ledger import Ledger
from pipeline.store.lookup import Candidate
from pipeline.store.retention import Cuts, Dropped
from pipeline.store.rows import Night, Run
from pipeline.store.subscriptions import Subscriptions
from pipeline.web.feeds import FeedState


class Store:
    """Newsfold's memory. Use it as a context manager; any method raises StoreError when the file fails."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.ledger = Ledger(database)
        self.subscriptions = Subscriptions(database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def seen(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of the ids that some night has stored, also if they have been dropped since."""
        return nights.seen(self._database, ids)

    def save_night(self, night: Night) -> None:
        """Save a night in one transaction.

        Raises StoreError when its edition exists already: an edition is frozen once saved.
        """
        nights.save(self._database, night)

    def edition(self, edition: str) -> Rendered | None:
        """The edition of that id, as it was rendered, or None. Raises StoreError when it has been dropped."""
        return nights.edition(self._database, edition)

    def letter(self, edition: str, choice: Choice) -> Letter | None:
        """What was written on the night for a choice, or None when nobody had made it."""
        return archive.letter(self._database, edition, choice)

    def latest_edition(self) -> Rendered | None:
        """The edition of the latest night, or None."""
        return nights.latest_edition(self._database)

    def latest_night(self) -> tuple[date, datetime] | None:
        """The latest night that has an edition, with its cut-off, or None."""
        return nights.latest_night(self._database)

    def rejects(self, edition: str) -> tuple[str, ...]:
        """A line for every failed source and every rejected item of an edition."""
        return explain.rejects_of(self._database, edition)

    def past_stories(self, since: date, before: date) -> tuple[PastStory, ...]:
        """The stories of the nights from `since` until before `before`, by first night and id, with their group leads.

        Each stands under the id it goes by now, once for all its nights.
        """
        return nights.past_stories(self._database, since, before)

    def stories_of(self, night: date) -> tuple[PastStory, ...]:
        """The stories of one night as they were there, by id, with their group leads."""
        return nights.stories_of(self._database, night)

    def articles(self, ids: Sequence[str]) -> tuple[Article, ...]:
        """The stored articles of some ids, in the order of the ids; those that are not stored are left out."""
        return nights.articles(self._database, ids)

    def nights_since(self, since: date) -> tuple[date, ...]:
        """The nights from `since` on that have an edition, in order."""
        return nights.nights_since(self._database, since)

    def articles_of(self, night: date) -> tuple[Article, ...]:
        """The articles that first came in on a night, by id."""
        return nights.articles_of(self._database, night)

    def articles_published(self, since: datetime, until: datetime, after: date) -> tuple[Article, ...]:
        """The articles published in a span, its end included, that came in after a night; by id."""
        return nights.articles_published(self._database, since, until, after)

    def published_dropped(self, since: datetime, until: datetime, after: date) -> str:
        """When some of what `articles_published` would give was dropped; empty when nothing was."""
        return nights.published_dropped(self._database, since, until, after)

    def stories_with(self, ids: Sequence[str], since: date, before: date) -> dict[str, str]:
        """For each article that a story of the nights in the span held, the id that the latest of these goes by now."""
        return nights.stories_with(self._database, ids, since, before)

    def background(self, night: date) -> Background:
        """How common terms were in the nights before a night; nothing when that or a later night was saved already."""
        return terms.background(self._database, night)

    def files(self) -> dict[str, FileState]:
        """The files read on earlier nights, by path."""
        return inbox.load(self._database)

    def feeds(self) -> dict[str, FeedState]:
        """Every feed that a saved night asked, by the configuration's address."""
        return feeds.load(self._database)

    def present_id(self, story: str) -> str:
        """The id that the story of an id goes by now: another one when it turned out to be one with an older story."""
        return aliases.present_id(self._database, story)

    def appearances(self, story: str) -> tuple[tuple[date, str], ...]:
        """The nights that told the story of an id, in order, each with an id it had there, of today or of then."""
        return nights.appearances(self._database, story)

    def told_before(self, ids: Sequence[str], before: date) -> tuple[Telling, ...]:
        """How earlier editions told the stories of some ids, whatever ids these had then; the latest night first."""
        return archive.told_before(self._database, ids, before)

    def issues(self) -> tuple[Issue, ...]:
        """Every edition that is kept, in short, the latest first."""
        return archive.issues(self._database)

    def volumes(self, since: date, limit: int) -> tuple[Volume, ...]:
        """The sources that gave most articles in the nights from `since` on, by number and then by name."""
        return archive.volumes(self._database, since, limit)

    def drop(self, cuts: Cuts, today: date) -> Dropped:
        """Drop what is older than is kept, and note that it was today; how much that was."""
        return retention.drop(self._database, cuts, today)

    def expiring_messages(self, cuts: Cuts) -> tuple[tuple[str, str, str], ...]:
        """The edition, recipient and Message-ID of each message that `drop` would take the bytes of."""
        return retention.expiring_messages(self._database, cuts.messages)

    def dropped_editions(self) -> tuple[str, ...]:
        """The ids of all editions that have been dropped, in order."""
        return nights.dropped_editions(self._database)

    def forget_files(self, paths: Iterable[str]) -> None:
        """Forget that these files were read."""
        inbox.forget(self._database, paths)

    def compact(self) -> bool:
        """Rewrite the file when most of it is empty; whether that was so."""
        return retention.compact(self._database)

    def settle_restored(self, today: date, now: datetime) -> bool:
        """Before anything is mailed: put in doubt what a restored backup cannot know; whether this was one."""
        return backup.settle(self._database, today, now)

    def start_run(self, night: date, now: datetime, name: str = "") -> int:
        """Note that a run began, with the id that its log has; the run's number."""
        return runs.start(self._database, night, now, name)

    def finish_run(self, run: int, outcome: str, now: datetime) -> None:
        """Note how a run ended."""
        runs.finish(self._database, run, outcome, now)

    def last_runs(self, limit: int) -> tuple[Run, ...]:
        """The latest runs, latest first; one that died has no `finished`."""
        return runs.last(self._database, limit)

    def lookup(self, text: str, path: str = "") -> tuple[Candidate, ...]:
        """What a text may stand for: an id or its beginning, an address, a path from the root, words of a title."""
        return lookup.lookup(self._database, text, path)

    def texts_dropped(self, night: date) -> str:
        """When texts of the articles of a night's stories were dropped, or an empty text."""
        return explain.texts_dropped(self._database, night)

    def explain(self, identifier: str) -> tuple[str, ...]:
        """Lines for people on an article, story or edition id or a rejected path; empty when nothing is known."""
        return explain.explain(self._database, identifier)


def open_store(path: Path) -> Store:
    """Open the store in a file, creating or migrating it as needed.

    Raises StoreError when the file is damaged, cannot be written or was made by a newer program.
    """
    database = open_database(path)
    database.change("INSERT INTO settings VALUES ('secret', ?) ON CONFLICT DO NOTHING", (secrets.token_hex(32),))
    return Store(database)


@contextmanager
def store_to_read(path: Path) -> Iterator[Store]:
    """The store in a file, to be looked at; an empty one, which is gone in the end, where there is none.

    Whoever looks before the first night must not come to own the file that the night's user has to write.
    """
    with ExitStack() as stack:
        if not path.exists():
            path = Path(stack.enter_context(TemporaryDirectory())) / path.name
        yield stack.enter_context(open_store(path))
