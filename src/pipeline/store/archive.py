"""What was rendered on a night besides the edition itself, and what the archive is made from.

That is the pages of stories, the letters of those who chose topics, the editions in short and how much each source
gave. Story pages are stored as they were rendered, not rendered again from the records. An edition is frozen, and so
are the words and the look of what explains it; and the records hold articles as they came in, while a page shows them
as the digest read them, without what spoke to a language model. Compressed, a page takes some four kilobytes.
"""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from pipeline.records import Choice, Counts, Issue, Letter, StoryPage, Telling, Volume
from pipeline.store import aliases
from pipeline.store.database import Database, utc_time

LEADS = 10
"""Stories of an edition that the index or the feed may name."""
_TELLINGS = (
    "SELECT e.edition, e.story, e.headline, e.sentences, e.rank, p.story IS NOT NULL AS has_page FROM entries e"
    " LEFT JOIN story_pages p ON p.edition = e.edition AND p.rank = e.rank"
)


def save_pages(database: Database, edition: str, pages: Iterable[StoryPage]) -> None:
    """Save the pages of an edition's stories, best first; inside the night's transaction."""
    database.change_many(
        "INSERT INTO story_pages (edition, rank, story, page) VALUES (?, ?, ?, ?)",
        ((edition, rank, page.story, _packed(page.html)) for rank, page in enumerate(pages, start=1)),
    )


def save_letters(database: Database, edition: str, letters: Iterable[Letter]) -> None:
    """Save what is written to those who chose otherwise than the whole edition; inside the night's transaction."""
    database.change_many(
        "INSERT INTO letters (edition, title, topics, subject, html, text, quiet) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (edition, *_key(letter.choice), letter.subject, _packed(letter.html), _packed(letter.text), letter.quiet)
            for letter in letters
        ),
    )


def letter(database: Database, edition: str, choice: Choice) -> Letter | None:
    """What was written on the night for a choice, or None when nobody had made it."""
    asked = "SELECT * FROM letters WHERE edition = ? AND title = ? AND topics = ?"
    row = database.row(asked, (edition, *_key(choice)))
    if row is None:
        return None
    return Letter(choice, row["subject"], _unpacked(row["html"]), _unpacked(row["text"]), bool(row["quiet"]))


def pages(database: Database, edition: str) -> tuple[StoryPage, ...]:
    """The pages of an edition's stories, best first; none when it was made before there were any."""
    rows = database.rows("SELECT story, page FROM story_pages WHERE edition = ? ORDER BY rank", (edition,))
    return tuple(StoryPage(row["story"], _unpacked(row["page"])) for row in rows)


def told_before(database: Database, ids: Sequence[str], before: date) -> tuple[Telling, ...]:
    """How earlier editions told the stories of some ids, whatever ids these had then; the latest night first."""
    present = dict.fromkeys(aliases.present_id(database, one) for one in ids)
    names = {name for one in present for name in (one, *(alias.alias for alias in aliases.taken_in(database, one)))}
    found = [
        telling
        for name in sorted(names)
        for telling in _tellings(database, " WHERE e.story = ? AND e.edition < ?", (name, before.isoformat()))
    ]
    return tuple(sorted(found, key=lambda telling: telling.night, reverse=True))


def issues(database: Database) -> tuple[Issue, ...]:
    """Every edition that is kept, in short, the latest first."""
    leads = defaultdict(list)
    for telling in _tellings(database, " WHERE e.rank <= ? ORDER BY e.edition, e.rank", (LEADS,)):
        leads[telling.night].append(telling)
    rows = database.rows(
        "SELECT id, title, subject, cutoff, counts,"
        " (SELECT count(*) FROM entries WHERE edition = editions.id) AS told,"
        " (SELECT count(*) FROM rejects WHERE edition = editions.id AND kind = 'source') AS failed"
        " FROM editions WHERE pages_expired IS NULL ORDER BY id DESC"
    )
    return tuple(
        Issue(
            night=(night := date.fromisoformat(row["id"])),
            title=row["title"],
            subject=row["subject"],
            cutoff=utc_time(row["cutoff"]),
            counts=Counts(**json.loads(row["counts"])),
            told=row["told"],
            failed_sources=row["failed"],
            leads=tuple(leads[night]),
        )
        for row in rows
    )


def volumes(database: Database, since: date, limit: int) -> tuple[Volume, ...]:
    """The sources that gave most articles in the nights from `since` on, by number and then by name."""
    rows = database.rows(
        "SELECT source, count(*) AS articles FROM articles WHERE edition >= ? AND source != ''"
        " GROUP BY source ORDER BY articles DESC, source LIMIT ?",
        (since.isoformat(), limit),
    )
    return tuple(Volume(row["source"], row["articles"]) for row in rows)


def _tellings(database: Database, condition: str, values: Sequence[str | int]) -> list[Telling]:
    """The tellings of a condition; one without a headline goes by its digest."""
    return [
        Telling(
            night=date.fromisoformat(row["edition"]),
            story=row["story"],
            headline=row["headline"] or " ".join(sentence["text"] for sentence in json.loads(row["sentences"])),
            has_page=bool(row["has_page"]),
        )
        for row in database.rows(_TELLINGS + condition, values)
    ]


def _key(choice: Choice) -> tuple[str, str]:
    """A choice as the columns that tell letters apart."""
    return choice.title, json.dumps(choice.topics)


def _packed(text: str) -> bytes:
    """A text in UTF-8, compressed."""
    return zlib.compress(text.encode("utf-8", "replace"))


def _unpacked(data: bytes) -> str:
    """The text again."""
    return zlib.decompress(data).decode("utf-8")
