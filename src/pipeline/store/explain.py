"""Why: what happened to an article, a story, an edition or something rejected, in lines for people."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain

from pipeline.printable import printable
from pipeline.records import Method
from pipeline.store.aliases import present_id, taken_in, way
from pipeline.store.database import Database, utc_time
from pipeline.store.nights import appearances


def explain(database: Database, identifier: str) -> tuple[str, ...]:
    """Lines on everything the store knows under an id, a location or a path; empty when it knows nothing."""
    lines = chain(
        _edition(database, identifier),
        _stories(database, identifier),
        _article(database, identifier),
        _rejects(database, identifier),
    )
    return tuple(map(printable, lines))


def _edition(database: Database, identifier: str) -> Iterator[str]:
    """An edition: its counts, its stories, what was left out, what failed and where its mail stands."""
    row = database.row("SELECT * FROM editions WHERE id = ?", (identifier,))
    if row is None:
        return
    yield f"edition {row['id']}: {row['title']}, sources read {row['cutoff']}"
    yield "  " + ", ".join(f"{name} {number}" for name, number in json.loads(row["counts"]).items())
    if row["pages_expired"]:
        yield f"  it and its stories were dropped on {row['pages_expired']}, as keep.editions_days says"
    yield from _articles_expired(database, identifier)
    for entry in database.rows("SELECT * FROM entries WHERE edition = ? ORDER BY rank", (identifier,)):
        yield f"  {entry['rank']}. {entry['headline']} (story {entry['story']}, score {entry['score']:.3f})"
    for left in database.rows("SELECT * FROM left_out WHERE edition = ? ORDER BY position", (identifier,)):
        score = "" if left["score"] is None else f", score {left['score']:.3f}"
        yield f"  left out: {left['headline']} (story {left['story']}{score}): {left['reason']}"
    for line in rejects_of(database, identifier):
        yield f"  {line}"
    yield from _mail(database, identifier)


def _articles_expired(database: Database, edition: str) -> Iterator[str]:
    """That a night's articles are known no more, if so."""
    row = database.row("SELECT articles_expired FROM editions WHERE id = ?", (edition,))
    if row is not None and row["articles_expired"]:
        yield f"  its articles were dropped on {row['articles_expired']}, as keep.articles_days says"


def _stories(database: Database, identifier: str) -> Iterator[str]:
    """A story in every night that has it, under whatever id, and left-out stories of which only the list is known."""
    nights = appearances(database, identifier)
    yield from _way(database, identifier)
    yield from _course(database, present_id(database, identifier), [night for night, _ in nights])
    for night, story in nights:
        yield from _story_lines(database, night.isoformat(), story)
    known = {night.isoformat() for night, _ in nights}
    for left in database.rows("SELECT * FROM left_out WHERE story = ? ORDER BY edition", (identifier,)):
        if left["edition"] not in known:
            yield f"story {identifier} of {left['edition']}: {left['headline']}; left out: {left['reason']}"


def _way(database: Database, story: str) -> Iterator[str]:
    """How a story came to the id it goes by now; nothing when it always went by that."""
    for step in way(database, story):
        yield f"story {step.alias} is story {step.story}: the night of {step.night} found that they are one"


def _course(database: Database, story: str, nights: Sequence[date]) -> Iterator[str]:
    """The nights and the other ids of a story that has several."""
    others = taken_in(database, story)
    if others or len(set(nights)) > 1:
        told = ", ".join(night.isoformat() for night in sorted(set(nights)))
        yield f"story {story} began on {min(nights)}, told on {told}"
    for alias in others:
        yield f"  also story {alias.alias}, until the night of {alias.night} found that they are one"


def _story_lines(database: Database, edition: str, story: str) -> Iterator[str]:
    """A story as one night told it: its headline, what became of it, its outlets and its articles."""
    for row in database.rows("SELECT headline FROM stories WHERE edition = ? AND id = ?", (edition, story)):
        yield f"story {story} of {edition}: {row['headline']}"
    yield from _fate(database, edition, story)
    yield from _articles_expired(database, edition)
    yield from _outlets(database, edition, story)
    for member in database.rows(
        "SELECT m.*, a.title, a.source FROM memberships m JOIN articles a ON a.id = m.article"
        " WHERE m.edition = ? AND m.story = ? ORDER BY m.position",
        (edition, story),
    ):
        yield f"  article {member['article']}: {_named(member)}{_copy_of(member)}"


def _outlets(database: Database, edition: str, story: str) -> Iterator[str]:
    """How many publishers report a story, and how many of them carry one and the same text."""
    rows = database.rows(
        "SELECT m.lead, count(DISTINCT a.source) AS outlets FROM memberships m JOIN articles a ON a.id = m.article"
        " WHERE m.edition = ? AND m.story = ? AND a.source != '' GROUP BY m.lead ORDER BY outlets DESC, m.lead",
        (edition, story),
    )
    total = database.rows(
        "SELECT count(DISTINCT a.source) AS outlets FROM memberships m JOIN articles a ON a.id = m.article"
        " WHERE m.edition = ? AND m.story = ? AND a.source != ''",
        (edition, story),
    )[0]["outlets"]
    shared = [f"{row['outlets']} carry the text of {row['lead']}" for row in rows if row["outlets"] > 1]
    yield f"  outlets {total}{': ' if shared else ''}{', '.join(shared)}"


def _fate(database: Database, edition: str, story: str) -> Iterator[str]:
    """What became of a story in one edition: its rank, its digest and its mail, or why it was left out."""
    row = database.row("SELECT * FROM stories WHERE edition = ? AND id = ?", (edition, story))
    if row is not None and row["continues"]:
        other = f" story {row['continues']} of" if row["continues"] != story else " from"
        yield f"  continues{other} {row['continues_night']}"
    entry = database.row("SELECT * FROM entries WHERE edition = ? AND story = ?", (edition, story))
    if entry is not None:
        section = f" under {entry['topic']}" if entry["topic"] else ""
        yield f"  rank {entry['rank']} of edition {edition}{section}: {entry['headline']}"
        yield f"  score {entry['score']:.3f}{_merits(entry['merits'])}"
        yield from _digest(entry)
        yield from _mail(database, edition)
    for left in database.rows("SELECT reason, score FROM left_out WHERE edition = ? AND story = ?", (edition, story)):
        yield f"  left out of edition {edition}: {left['reason']}{_beaten(database, edition, left['score'])}"


def _merits(merits: str) -> str:
    """What a score is made of."""
    parts = [f"{part['points']:.3f} ({part['what']})" for part in json.loads(merits)]
    return f" = {' + '.join(parts)}" if parts else ""


def _beaten(database: Database, edition: str, score: float | None) -> str:
    """The score of a story that was left out, beside the lowest that was told."""
    if score is None:
        return ""
    lowest = database.rows("SELECT min(score) FROM entries WHERE edition = ?", (edition,))[0][0]
    return f" (score {score:.3f}{'' if lowest is None else f', the lowest told has {lowest:.3f}'})"


def _digest(entry: sqlite3.Row) -> Iterator[str]:
    """A digest's sentences, each with how it came about and what it rests on, and where the sources disagree."""
    model = f" by {entry['model']}" if entry["model"] else ""
    yield f"  digest {entry['method']}{model}"
    for number, sentence in enumerate(json.loads(entry["sentences"]), start=1):
        sources = ", ".join(dict.fromkeys(item["article"] for item in sentence["evidence"]))
        how = "as written" if sentence["method"] == Method.WRITTEN else "as quoted"
        yield f"  sentence {number}, {how}, from {sources or 'nothing'}: {sentence['text']}"
        if sentence["refused"]:
            yield f"    what was written was refused: {sentence['refused']}"
    for dispute in json.loads(entry["disagreements"]):
        claims = "; ".join(f"{claim['value']} ({', '.join(claim['articles'])})" for claim in dispute["claims"])
        yield f"  sources disagree on {dispute['about']}: {claims}"


def _mail(database: Database, edition: str) -> Iterator[str]:
    """How many messages of an edition stand how."""
    states = database.rows(
        "SELECT state, count(*) AS number FROM deliveries WHERE edition = ? GROUP BY state ORDER BY state", (edition,)
    )
    if states:
        told = ", ".join(f"{row['number']} {row['state']}" for row in states)
        yield f"  mail of edition {edition}: {told}"


def _article(database: Database, identifier: str) -> Iterator[str]:
    """Articles of that id, address or location: where each came from, its group, its story and what became of that."""
    found = database.rows(
        "SELECT * FROM articles WHERE id = ?1 OR location = ?1 OR (url = ?1 AND url != '') ORDER BY id", (identifier,)
    )
    for row in found:
        yield from _article_lines(database, row)


def _article_lines(database: Database, row: sqlite3.Row) -> Iterator[str]:
    """One article's lines."""
    yield f"article {row['id']}: {_named(row)}"
    yield f"  came in on {row['edition']} from {row['location'] or row['url'] or 'an unnamed place'}"
    yield f"  cleaned: {', '.join(_cleaned(row))}"
    members = database.rows("SELECT * FROM memberships WHERE article = ? ORDER BY edition", (row["id"],))
    yield from _echo_lines(database, row["id"])
    if not members:
        yield "  in no story"
    for member in members:
        present = present_id(database, member["story"])
        now = f", now story {present}" if present != member["story"] else ""
        yield f"  in story {member['story']} of {member['edition']}{now}{_copy_of(member)}"
        if member["article"] == member["lead"]:
            yield from _copies(database, member)
        yield from _fate(database, member["edition"], member["story"])
        yield from _use(database, member)


def _cleaned(row: sqlite3.Row) -> Iterator[str]:
    """What cleaning found out about an article."""
    published = utc_time(row["published"]) if row["published"] else None
    yield f"published {published:%Y-%m-%d %H:%M} UTC" if published else "no date"
    yield f"language {row['lang'] or 'unknown'}"
    yield f"publisher {row['source'] or 'unknown'}"
    yield row["url"] or "no address"
    if row["expired"]:
        yield f"its text was dropped on {row['expired']}, as keep.texts_days says"
    else:
        yield f"words {len(row['text'].split())}"


def _use(database: Database, member: sqlite3.Row) -> Iterator[str]:
    """Which sentences of its story's digest rest on an article."""
    entry = database.row(
        "SELECT sentences FROM entries WHERE edition = ? AND story = ?", (member["edition"], member["story"])
    )
    if entry is None:
        return
    sentences = enumerate(json.loads(entry["sentences"]), start=1)
    used = [
        str(number)
        for number, sentence in sentences
        if any(item["article"] == member["article"] for item in sentence["evidence"])
    ]
    yield f"  supports sentence {', '.join(used)}" if used else "  supports no sentence of the digest"


def _echo_lines(database: Database, article: str) -> Iterator[str]:
    """Which earlier article one repeats, and which later ones repeat it."""
    for echo in database.rows(
        "SELECT e.*, a.title, a.source, a.edition AS night FROM echoes e JOIN articles a ON a.id = e.earlier"
        " WHERE e.article = ? ORDER BY e.edition",
        (article,),
    ):
        yield f"  repeats {echo['earlier']} of {echo['night']}: {_named(echo)} ({_likeness(echo)})"
    for echo in database.rows("SELECT * FROM echoes WHERE earlier = ? ORDER BY edition, article", (article,)):
        yield f"  repeated by {echo['article']} of {echo['edition']} ({_likeness(echo)})"


def _likeness(row: sqlite3.Row) -> str:
    """How alike two articles are."""
    return f"similarity {row['similarity']:.3f}, containment {row['containment']:.3f}"


def _copies(database: Database, lead: sqlite3.Row) -> Iterator[str]:
    """How many copies a lead stands for, if any."""
    rows = database.rows(
        "SELECT article FROM memberships WHERE edition = ? AND lead = ? AND article != lead ORDER BY position",
        (lead["edition"], lead["lead"]),
    )
    if rows:
        yield f"  leads its copies {', '.join(row['article'] for row in rows)}"


def _copy_of(member: sqlite3.Row) -> str:
    """How a member relates to its group's lead; empty for the lead itself."""
    if member["article"] == member["lead"]:
        return ""
    kind = "exact copy" if member["exact"] else "copy"
    return f", {kind} of {member['lead']} ({_likeness(member)})"


def rejects_of(database: Database, edition: str) -> tuple[str, ...]:
    """A line for every source that failed and every item that was rejected on the way to an edition, and why."""
    rows = database.rows("SELECT * FROM rejects WHERE edition = ? ORDER BY kind DESC, position", (edition,))
    return tuple(map(_reject_line, rows))


def _rejects(database: Database, identifier: str) -> Iterator[str]:
    """What was rejected under an article id, a location, or a path that locations such as `path:line` begin with."""
    rows = database.rows(
        "SELECT * FROM rejects WHERE location = ?1 OR (article = ?1 AND article != '')"
        " OR (?1 != '' AND substr(location, 1, length(?1) + 1) IN (?1 || ':', ?1 || '#'))"
        " ORDER BY edition, kind, position",
        (identifier,),
    )
    for row in rows:
        yield f"{_reject_line(row)} (night of {row['edition']})"


def _reject_line(row: sqlite3.Row) -> str:
    """One reject as a line."""
    what = "source failed" if row["kind"] == "source" else "rejected"
    article = f" (article {row['article']})" if row["article"] else ""
    return f"{what} by {row['stage']}: {row['location']}{article}: {row['reason']}"


def _named(row: sqlite3.Row) -> str:
    """An article's title and source."""
    return (row["title"] or "(no title)") + (f" [{row['source']}]" if row["source"] else "")


def texts_dropped(database: Database, night: date) -> str:
    """When texts of a night's articles were dropped, or an empty text."""
    asked = "SELECT min(a.expired) FROM memberships m JOIN articles a ON a.id = m.article WHERE m.edition = ?"
    return database.rows(asked, (night.isoformat(),))[0][0] or ""
