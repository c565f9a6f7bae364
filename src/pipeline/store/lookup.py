"""What people may mean: an id or the beginning of one, an address, a place, or words of a title."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.printable import printable
from pipeline.store.database import Database
from pipeline.store.explain import explain
from pipeline.urls import canonical

SHORTEST = 3
"""Characters from which the beginning of an id is looked for."""
MOST = 20
"""Candidates of each kind that are listed."""
_IDS = (
    ("article", "SELECT id, title, edition FROM articles WHERE id >= ?1 AND id < ?2"),
    ("story", "SELECT id, headline, max(edition) FROM stories WHERE id >= ?1 AND id < ?2 GROUP BY id"),
    ("story", "SELECT story, headline, edition FROM left_out WHERE story >= ?1 AND story < ?2"),
    ("story", "SELECT alias, 'now ' || story, edition FROM aliases WHERE alias >= ?1 AND alias < ?2"),
    ("edition", "SELECT id, subject, id FROM editions WHERE id >= ?1 AND id < ?2"),
    ("reject", "SELECT article, reason, edition FROM rejects WHERE article >= ?1 AND article < ?2"),
)
_TITLES = (
    ("story", "SELECT story, headline, edition FROM entries WHERE {} ORDER BY edition DESC", "headline"),
    ("story", "SELECT story, headline, edition FROM left_out WHERE {} ORDER BY edition DESC", "headline"),
    ("article", "SELECT id, title, edition FROM articles WHERE {} ORDER BY edition DESC", "title"),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that may be meant."""

    id: str
    what: str


def lookup(database: Database, text: str, path: str = "") -> tuple[Candidate, ...]:
    """What a text may stand for: one thing that is called just so, else all that begin so, else all titled so.

    `path` is the text as a path from the root, if it may be one.
    """
    for name in dict.fromkeys((text, path, canonical(text))):
        if name and explain(database, name):
            return (Candidate(name, ""),)
    return _distinct(_beginning(database, text)) or _distinct(_titled(database, text.split()))


def _beginning(database: Database, text: str) -> Iterator[Candidate]:
    """What has an id that begins so."""
    if len(text) >= SHORTEST:
        for kind, sql in _IDS:
            rows = database.rows(f"{sql} LIMIT {MOST + 1}", (text, text + "\U0010ffff"))
            yield from (_candidate(kind, *row) for row in rows)


def _titled(database: Database, words: list[str]) -> Iterator[Candidate]:
    """What has all the words in its title, the latest first; an article stands behind the story it is in."""
    found: set[str] = set()
    if words:
        for kind, sql, column in _TITLES:
            condition = " AND ".join(f"{column} LIKE ? ESCAPE '\\'" for _ in words)
            rows = database.rows(f"{sql.format(condition)} LIMIT {MOST + 1}", [f"%{_literal(word)}%" for word in words])
            named = [_candidate(kind, *row) for row in rows if kind == "story" or not _told_by(database, row[0], found)]
            found.update(one.id for one in named)
            yield from named


def _told_by(database: Database, article: str, stories: set[str]) -> bool:
    """Whether an article is in one of some stories."""
    rows = database.rows("SELECT story FROM memberships WHERE article = ?", (article,))
    return any(row["story"] in stories for row in rows)


def _candidate(kind: str, identifier: str, title: str, night: str) -> Candidate:
    return Candidate(identifier, printable(f"{kind} of {night}: {title}" if kind != "edition" else f"edition: {title}"))


def _distinct(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Each id once."""
    return tuple({one.id: one for one in reversed(list(candidates))}.values())[::-1]


def _literal(word: str) -> str:
    return "".join(f"\\{character}" if character in "\\%_" else character for character in word)
