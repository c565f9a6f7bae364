"""Reading an edition back out of its state and its mail, and holding every sentence against its sources."""

import html
import json
import re
import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from pipeline.digest.condense import change_of_meaning


@dataclass(frozen=True)
class Told:
    """One story as an edition tells it."""

    story: str
    headline: str
    method: str
    sentences: list[dict[str, Any]]
    disagreements: list[dict[str, Any]]


def rows(folder: Path, sql: str, *values: str) -> list[tuple[Any, ...]]:
    """Rows of the state in a folder."""
    with sqlite3.connect(folder / "state.sqlite") as database:
        return database.execute(sql, values).fetchall()


def entries(folder: Path, night: str) -> list[Told]:
    """The stories of an edition in their order."""
    found = rows(
        folder,
        "SELECT story, headline, method, sentences, disagreements FROM entries WHERE edition = ? ORDER BY rank",
        night,
    )
    return [Told(row[0], row[1], row[2], json.loads(row[3]), json.loads(row[4])) for row in found]


def members(folder: Path, night: str) -> dict[str, list[str]]:
    """The locations of the articles of each story."""
    stories = defaultdict(list)
    for story, location in rows(
        folder,
        "SELECT m.story, a.location FROM memberships m JOIN articles a ON a.id = m.article WHERE m.edition = ?",
        night,
    ):
        stories[story].append(location)
    return stories


def assert_supported(folder: Path, told: Told) -> None:
    """Every sentence is in an article it cites, or a harmless shortening of a sentence that is."""
    texts = dict(rows(folder, "SELECT id, title || char(10) || text FROM articles"))
    assert told.sentences
    for sentence in told.sentences:
        assert sentence["evidence"]
        assert all(item["sentence"] in texts[item["article"]] for item in sentence["evidence"])
        verbatim = any(sentence["text"] in texts[item["article"]] for item in sentence["evidence"])
        assert verbatim or change_of_meaning(sentence["text"], sentence["evidence"][0]["sentence"]) == ""
        assert verbatim or sentence["method"] == "written"


def mail_of(folder: Path, night: str) -> EmailMessage:
    """The one mail of an edition in the outbox."""
    (path,) = (folder / "outbox" / night).glob("*.eml")
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    """What a reader sees of a message's "plain" or "html" part, on one line."""
    body = message.get_body((kind,))
    assert body is not None
    text = str(body.get_content())
    if kind == "html":
        text = html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(style|head)\b.*?</\1>", " ", text)))
    return " ".join(text.split())
