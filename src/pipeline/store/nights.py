"""Save a night in one piece and read it back: articles seen, editions, stories of earlier nights."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple
from datetime import date, datetime, timedelta
from itertools import groupby

from pipeline.errors import StoreError
from pipeline.records import (
    Article,
    DigestSentence,
    Disagreement,
    Edition,
    Entry,
    Merit,
    PastStory,
    Reject,
    Rendered,
    Story,
)
from pipeline.store import aliases, archive, feeds, inbox, retention, terms
from pipeline.store.database import Database, Value, utc_text, utc_time
from pipeline.store.rows import Night


def seen(database: Database, ids: Iterable[str]) -> frozenset[str]:
    """Those of the ids that some night has stored, also if they have been dropped since."""
    return frozenset(
        one
        for one in ids
        if database.row("SELECT 1 FROM articles WHERE id = ?", (one,)) or retention.is_known(database, one)
    )


def save(database: Database, night: Night) -> None:
    """Save a night in one transaction.

    Raises StoreError when its edition exists already.
    """
    with database.transaction():
        _save_edition(database, night.edition, night.rendered)
        _save_articles(database, night)
        _save_stories(database, night)
        _save_entries(database, night.edition)
        _save_losses(database, night.edition)
        database.change_many(
            "INSERT INTO echoes (edition, article, earlier, similarity, containment) VALUES (?, ?, ?, ?, ?)",
            ((night.edition.id, *astuple(echo)) for echo in night.echoes),
        )
        terms.add(database, night.edition.night, night.terms)
        feeds.save(database, night.feeds)
        inbox.save(database, night.files)


def edition(database: Database, identifier: str) -> Rendered | None:
    """The edition of that id, or None. Raises StoreError when it has been dropped."""
    row = database.row("SELECT * FROM editions WHERE id = ?", (identifier,))
    if row is not None and row["pages_expired"]:
        raise StoreError(f"edition {identifier}: dropped on {row['pages_expired']}, as keep.editions_days says")
    return _rendered(database, row)


def latest_edition(database: Database) -> Rendered | None:
    """The edition of the latest night, or None."""
    return _rendered(database, database.row("SELECT * FROM editions ORDER BY id DESC LIMIT 1"))


def latest_night(database: Database) -> tuple[date, datetime] | None:
    """The latest night that has an edition, with its cut-off, or None."""
    row = database.row("SELECT id, cutoff FROM editions ORDER BY id DESC LIMIT 1")
    return None if row is None else (date.fromisoformat(row["id"]), utc_time(row["cutoff"]))


def dropped_editions(database: Database) -> tuple[str, ...]:
    """The ids of all editions that have been dropped, in order."""
    rows = database.rows("SELECT id FROM editions WHERE pages_expired IS NOT NULL ORDER BY id")
    return tuple(row["id"] for row in rows)


def articles(database: Database, ids: Sequence[str]) -> tuple[Article, ...]:
    """The stored articles of some ids, in the order of the ids; those that are not stored are left out."""
    rows = (database.row("SELECT * FROM articles WHERE id = ?", (one,)) for one in ids)
    return tuple(_article(row) for row in rows if row is not None)


def nights_since(database: Database, since: date) -> tuple[date, ...]:
    """The nights from `since` on that have an edition, in order."""
    rows = database.rows("SELECT id FROM editions WHERE id >= ? ORDER BY id", (since.isoformat(),))
    return tuple(date.fromisoformat(row["id"]) for row in rows)


def articles_of(database: Database, night: date) -> tuple[Article, ...]:
    """The articles that first came in on a night, by id."""
    rows = database.rows("SELECT * FROM articles WHERE edition = ? ORDER BY id", (night.isoformat(),))
    return tuple(_article(row) for row in rows)


def articles_published(database: Database, since: datetime, until: datetime, after: date) -> tuple[Article, ...]:
    """The articles published after `since` and until `until` that came in after a night and have their text, by id."""
    rows = database.rows(
        "SELECT * FROM articles WHERE published > ? AND published <= ? AND edition > ? AND expired IS NULL ORDER BY id",
        (utc_text(since), utc_text(until), after.isoformat()),
    )
    return tuple(_article(row) for row in rows)


def published_dropped(database: Database, since: datetime, until: datetime, after: date) -> str:
    """When texts or whole articles were dropped of those that `articles_published` would give; empty when none were.

    Of articles that are gone altogether the first night after tells, in which most of them will have come in.
    """
    rows = database.rows(
        "SELECT max(gone) FROM (SELECT expired AS gone FROM articles WHERE published > ?1 AND published <= ?2"
        " AND edition > ?3 UNION ALL SELECT * FROM (SELECT articles_expired FROM editions WHERE id > ?3"
        " ORDER BY id LIMIT 1))",
        (utc_text(since), utc_text(until), after.isoformat()),
    )
    return rows[0][0] or ""


def stories_with(database: Database, ids: Sequence[str], since: date, before: date) -> dict[str, str]:
    """For each article that a story of the nights in the span held, the id that the latest of these goes by now."""
    present = aliases.present_ids(database)
    found = {}
    for one in ids:
        row = database.row(
            "SELECT story FROM memberships WHERE article = ? AND edition >= ? AND edition < ?"
            " ORDER BY edition DESC LIMIT 1",
            (one, since.isoformat(), before.isoformat()),
        )
        if row is not None:
            found[one] = present.get(row["story"], str(row["story"]))
    return found


def appearances(database: Database, story: str) -> tuple[tuple[date, str], ...]:
    """The nights that told the story of an id, in order, each with an id it had there, of today or of then."""
    present = aliases.present_id(database, story)
    names = [present, *(alias.alias for alias in aliases.taken_in(database, present))]
    rows = (database.rows("SELECT edition, id FROM stories WHERE id = ?", (name,)) for name in names)
    return tuple(sorted((date.fromisoformat(row["edition"]), row["id"]) for found in rows for row in found))


def past_stories(database: Database, since: date, before: date) -> tuple[PastStory, ...]:
    """The stories of the nights from `since` until before `before`, by first night and id, with their group leads.

    One story for each id that a story goes by now, whatever its ids were and however many nights told it.
    """
    present = aliases.present_ids(database)
    nights: dict[str, list[PastStory]] = defaultdict(list)
    for told in _told(database, since, before):
        nights[present.get(told.id, told.id)].append(told)
    began = _first_nights(database, since, before, present)
    stories = (_folded(story, began[story], told) for story, told in nights.items())
    return tuple(sorted(stories, key=lambda story: (story.began, story.id)))


def stories_of(database: Database, night: date) -> tuple[PastStory, ...]:
    """The stories of one night under the ids they had there, by id, with their group leads."""
    return tuple(_told(database, night, night + timedelta(days=1)))


def _told(database: Database, since: date, before: date) -> Iterator[PastStory]:
    """The stories of each night in the span as they were there, by night and id."""
    rows = database.rows(
        "SELECT s.edition AS night, s.id AS story, coalesce(e.headline, s.headline) AS headline, a.*"
        " FROM stories s"
        " JOIN memberships m ON m.edition = s.edition AND m.story = s.id AND m.article = m.lead"
        " JOIN articles a ON a.id = m.article"
        " LEFT JOIN entries e ON e.edition = s.edition AND e.story = s.id"
        " WHERE s.edition >= ? AND s.edition < ?"
        " ORDER BY s.edition, s.id, m.position",
        (since.isoformat(), before.isoformat()),
    )
    for (night, story, headline), leads in groupby(rows, key=lambda row: (row["night"], row["story"], row["headline"])):
        yield PastStory(story, date.fromisoformat(night), headline, tuple(_article(row) for row in leads))


def _folded(story: str, began: date, told: Sequence[PastStory]) -> PastStory:
    """What several nights, in order, told of a story, under one id."""
    # Of two stories of one night that became one, the one that kept the id gives the headline.
    latest = max(told, key=lambda one: (one.night, one.id == story))
    articles = {article.id: article for one in told for article in one.articles}
    return PastStory(story, latest.night, latest.headline, tuple(articles.values()), since=began)


def _first_nights(database: Database, since: date, before: date, present: Mapping[str, str]) -> dict[str, date]:
    """The first night of all that told each story of the span, by the id it goes by now."""
    # A story's alias may have been told long before the span, so the nights of all aliases are looked at: few are.
    rows = database.rows(
        "SELECT id, min(edition) AS night FROM stories"
        " WHERE id IN (SELECT id FROM stories WHERE edition >= ? AND edition < ?)"
        " OR id IN (SELECT alias FROM aliases) OR id IN (SELECT story FROM aliases)"
        " GROUP BY id",
        (since.isoformat(), before.isoformat()),
    )
    found: dict[str, date] = {}
    for row in rows:
        story, night = present.get(row["id"], row["id"]), date.fromisoformat(row["night"])
        found[story] = min(night, found.get(story, night))
    return found


def _save_edition(database: Database, edition: Edition, rendered: Rendered) -> None:
    """Save the edition as rendered.

    Raises StoreError when it exists.
    """
    if database.row("SELECT 1 FROM editions WHERE id = ?", (edition.id,)):
        raise StoreError(f"store: edition {edition.id} exists already and is frozen; nothing was saved")
    database.change(
        "INSERT INTO editions (id, title, cutoff, subject, html, text, page, quiet, counts)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            edition.id,
            edition.title,
            utc_text(rendered.cutoff),
            rendered.subject,
            rendered.html,
            rendered.text,
            rendered.page,
            rendered.quiet,
            json.dumps(asdict(edition.counts)),
        ),
    )
    archive.save_pages(database, edition.id, rendered.stories)
    archive.save_letters(database, edition.id, rendered.letters)


def _save_articles(database: Database, night: Night) -> None:
    """Save the articles; one that an earlier night stored stays as it was."""
    members = (article for story in _stories(night) for article in story.articles)
    database.change_many(
        "INSERT INTO articles (edition, id, title, text, url, published, lang, source, location, extra)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            (
                night.edition.id,
                article.id,
                article.title,
                article.text,
                article.url,
                _optional_text(article.published),
                article.lang,
                article.source,
                article.location,
                json.dumps(dict(article.extra)),
            )
            for article in (*night.articles, *members)
        ),
    )


def _save_stories(database: Database, night: Night) -> None:
    """Save the stories, the ids they took in, and which article belongs to which group and story."""
    for story in _stories(night):
        past = story.continues
        database.change(
            "INSERT INTO stories (edition, id, headline, continues, continues_night) VALUES (?, ?, ?, ?, ?)",
            (
                night.edition.id,
                story.id,
                story.groups[0].lead.title,
                past.id if past else "",
                past.night.isoformat() if past else "",
            ),
        )
        aliases.record(database, night.edition.night, story.id, story.aliases)
        database.change_many(
            "INSERT INTO memberships (edition, story, position, article, lead, similarity, containment, exact)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            ((night.edition.id, story.id, position, *row) for position, row in enumerate(_memberships(story))),
        )


def _stories(night: Night) -> tuple[Story, ...]:
    """The night's stories, each once; those of the edition's entries are among them even if the caller forgot them."""
    entries = (entry.summary.story for entry in night.edition.entries)
    return tuple({story.id: story for story in (*night.stories, *entries)}.values())


def _memberships(story: Story) -> Iterator[tuple[Value, ...]]:
    """For each article of a story: its id, its lead's id, similarity, containment and whether it is exact."""
    for group in story.groups:
        yield (group.lead.id, group.lead.id, 1.0, 1.0, True)
        for copy in group.copies:
            yield (copy.article.id, group.lead.id, copy.similarity, copy.containment, copy.exact)


def _save_entries(database: Database, edition: Edition) -> None:
    """Save the edition's entries with their digests."""
    database.change_many(
        "INSERT INTO entries (edition, story, rank, score, first_seen, updated, headline, method, model, sentences,"
        " disagreements, topic, merits) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (_entry_row(edition.id, rank, entry) for rank, entry in enumerate(edition.entries, start=1)),
    )


def _entry_row(edition: str, rank: int, entry: Entry) -> tuple[Value, ...]:
    """The values of one entry."""
    summary = entry.summary
    return (
        edition,
        summary.story.id,
        rank,
        entry.score,
        _optional_text(entry.first_seen),
        _optional_text(entry.updated),
        summary.headline,
        summary.method.value,
        summary.model,
        _json(summary.sentences),
        _json(summary.disagreements),
        entry.topic,
        _json(entry.merits),
    )


def _save_losses(database: Database, edition: Edition) -> None:
    """Save what did not get in: stories left out, rejected items and sources that failed."""
    database.change_many(
        "INSERT INTO left_out (edition, position, story, headline, reason, score) VALUES (?, ?, ?, ?, ?, ?)",
        (
            (edition.id, position, left.story, left.headline, left.reason, left.score)
            for position, left in enumerate(edition.left_out)
        ),
    )
    for kind, rejects in (("item", edition.rejects), ("source", edition.failed_sources)):
        _save_rejects(database, edition.id, kind, rejects)


def _save_rejects(database: Database, edition: str, kind: str, rejects: tuple[Reject, ...]) -> None:
    """Save rejects of one kind."""
    database.change_many(
        "INSERT INTO rejects (edition, kind, position, stage, location, reason, article) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (edition, kind, position, reject.stage, reject.location, reject.reason, reject.article)
            for position, reject in enumerate(rejects)
        ),
    )


def _json(records: tuple[DigestSentence, ...] | tuple[Disagreement, ...] | tuple[Merit, ...]) -> str:
    """Records as a JSON list."""
    return json.dumps([asdict(record) for record in records])


def _optional_text(moment: datetime | None) -> str | None:
    """A time as it is stored; one that falls off the calendar in UTC is a placeholder, not a date."""
    try:
        return None if moment is None else utc_text(moment)
    except OverflowError:
        return None


def _rendered(database: Database, row: sqlite3.Row | None) -> Rendered | None:
    """A row of `editions` as a record, with its stories' pages; letters are asked for one by one."""
    if row is None:
        return None
    return Rendered(
        edition=row["id"],
        subject=row["subject"],
        cutoff=utc_time(row["cutoff"]),
        html=row["html"],
        text=row["text"],
        page=row["page"],
        quiet=bool(row["quiet"]),
        stories=archive.pages(database, row["id"]),
    )


def _article(row: sqlite3.Row) -> Article:
    """A row that holds the columns of `articles` as a record."""
    return Article(
        id=row["id"],
        title=row["title"],
        text=row["text"],
        url=row["url"],
        published=utc_time(row["published"]) if row["published"] else None,
        lang=row["lang"],
        source=row["source"],
        location=row["location"],
        extra=json.loads(row["extra"]),
    )
