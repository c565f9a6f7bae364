"""Ids of stories that turned out to be one with an older story: which id a story goes by now, and which it had.

An alias leads to a story whose id may be an alias itself; followed to its end, each id leads to exactly one story.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from pipeline.errors import StoreError
from pipeline.store.database import Database


@dataclass(frozen=True, slots=True)
class Alias:
    """An id, the id of the story that took it in, and the night that did."""

    alias: str
    story: str
    night: date


def record(database: Database, night: date, story: str, aliases: Iterable[str]) -> None:
    """Note that some ids are those of a story from a night on.

    Raises StoreError when the story already goes by one of them, or one of them is already an alias.
    """
    for alias in aliases:
        if present_id(database, story) == alias:
            raise StoreError(f"store: story {story} is known as {alias} and cannot take it in; nothing was saved")
        database.change(
            "INSERT INTO aliases (alias, story, edition) VALUES (?, ?, ?)", (alias, story, night.isoformat())
        )


def present_ids(database: Database) -> Mapping[str, str]:
    """Every alias with the id that its story goes by now."""
    led = {row["alias"]: row["story"] for row in database.rows("SELECT alias, story FROM aliases")}
    found = {}
    for alias in led:
        story = alias
        while story in led:
            story = led[story]
        found[alias] = story
    return found


def present_id(database: Database, story: str) -> str:
    """The id that a story goes by now."""
    chain = way(database, story)
    return chain[-1].story if chain else story


def way(database: Database, story: str) -> tuple[Alias, ...]:
    """The aliases from an id to the one its story goes by now, step by step; none when it goes by that id."""
    found: list[Alias] = []
    while step := database.row("SELECT * FROM aliases WHERE alias = ?", (story,)):
        story = step["story"]
        found.append(Alias(step["alias"], story, date.fromisoformat(step["edition"])))
    return tuple(found)


def taken_in(database: Database, story: str) -> tuple[Alias, ...]:
    """Every alias that leads to a story, by the night it was noted."""
    rows = database.rows(
        "WITH RECURSIVE led (alias, story, edition) AS ("
        " SELECT * FROM aliases WHERE story = ?"
        " UNION SELECT a.* FROM aliases a JOIN led ON a.story = led.alias)"
        " SELECT * FROM led ORDER BY edition, alias",
        (story,),
    )
    return tuple(Alias(row["alias"], row["story"], date.fromisoformat(row["edition"])) for row in rows)
