"""The command that says why: what happened to an article, a story, an edition or something rejected."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.terminal import DEFAULT_FILE, ConfigFile, exits, show
from pipeline.config import load
from pipeline.errors import ConfigError, NewsfoldError

if TYPE_CHECKING:
    from pipeline.clustering.grounds import Link
    from pipeline.records import Article, PastStory
    from pipeline.store.lookup import Candidate

STRONGEST_LINKS = 5
LISTED = 20
MOST_EARLIER = 100
"""Texts of earlier nights, the latest, that a night's are compared with."""


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(explain)


@exits
def explain(
    wanted: Annotated[
        list[str], typer.Argument(metavar="ID", help="an id or its beginning, an address, a file, or words of a title")
    ],
    config_file: ConfigFile = DEFAULT_FILE,
    state: Annotated[Path | None, typer.Option("--state", help="a state file, such as a demo's, instead")] = None,
) -> None:
    """What happened to an article, a story, an edition or a rejected item at each stage, and why."""
    from pipeline.printable import printable
    from pipeline.store.core import open_store

    text = " ".join(wanted)
    path = state or load(config_file).state_file
    if not path.is_file():
        raise ConfigError(f"state {path}: there is none; has a night been run?")
    with open_store(path) as store:
        identifier = _only(text, store.lookup(text, str(Path(text).resolve())))
        for line in store.explain(identifier):
            show(line)
        told: list[Article] = []
        for night, story in store.appearances(identifier):
            if dropped := store.texts_dropped(night):
                show(f"  why they are together on {night} cannot be told: their texts were dropped on {dropped}")
                continue
            stories = store.stories_of(night)
            for line in _why(stories, story, night, told):
                show(printable(line))
            told += (article for one in stories if one.id == story for article in one.articles)


def _only(text: str, found: "Sequence[Candidate]") -> str:
    """The id of the one thing that is meant.

    Raises NewsfoldError when it is none or may be several, with what it may be.
    """
    if not found:
        raise NewsfoldError(f"{text}: no article, story, edition or rejected item has this name or this title")
    if len(found) > 1:
        listed = "".join(f"\n  {one.id}  {one.what}" for one in found[:LISTED])
        more = f"\n  and {len(found) - LISTED} or more others" if len(found) > LISTED else ""
        raise NewsfoldError(f"{text}: may be one of these, say which:{listed}{more}")
    return found[0].id


def _why(stories: "Sequence[PastStory]", story: str, night: date, earlier: "Sequence[Article]") -> Iterator[str]:
    """Why the articles of a night's story are together, also with the earlier ones, and why the nearest other story is
    not with them.
    """
    from pipeline.clustering.grounds import grounds
    from pipeline.stages.cluster import THRESHOLD

    if story not in {one.id for one in stories}:
        return
    found = grounds(stories, story, earlier[-MOST_EARLIER:])
    if found.average is not None:
        yield f"  together on {night}: similarity {found.average:.3f} on average, {THRESHOLD:.3f} is needed"
        yield from _link_lines(found.links)
    if found.earlier_average is not None:
        yield f"  with what nights before {night} told: similarity {found.earlier_average:.3f} on average"
        yield from _link_lines(found.earlier_links)
    if found.nearest is not None:
        name = f"{found.nearest.id}: {found.nearest.headline}"
        yield f"  nearest other story on {night} {name}; similarity {found.nearest_average:.3f} on average"
        yield from _link_lines(found.nearest_links)


def _link_lines(links: "Sequence[Link]") -> Iterator[str]:
    """The strongest links, a line each."""
    for link in links[:STRONGEST_LINKS]:
        shared = f": {', '.join(link.shared)}" if link.shared else ""
        yield f"    {link.similarity:.3f}  {link.one.id} and {link.other.id}{shared}"
