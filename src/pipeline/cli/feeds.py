"""The commands for the list of feeds: list, import, export."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.terminal import DEFAULT_FILE, ConfigFile, exits, say, show
from pipeline.config import Config, SourceConfig, load
from pipeline.errors import ConfigError, InputError

if TYPE_CHECKING:
    from pipeline.opml import Outline
    from pipeline.web.feeds import FeedState

feeds_app = typer.Typer(help="The feeds that are read each night.", no_args_is_help=True)


@feeds_app.command("list")
@exits
def feeds_list(config_file: ConfigFile = DEFAULT_FILE) -> None:
    """Every configured feed and how it fared."""
    config = load(config_file)
    states = _states(config)
    for url in dict.fromkeys(_configured(config)):
        show(feed_line(states[url]) if url in states else f"{url}  not asked yet")


@feeds_app.command("import")
@exits
def feeds_import(
    source: Annotated[Path, typer.Argument(metavar="FILE.opml", help="a list of feeds")],
    config_file: ConfigFile = DEFAULT_FILE,
) -> None:
    """Add the feeds of an OPML file to the list that the configuration names; those it has stay as they are."""
    from pipeline.files import write_atomically
    from pipeline.opml import write_opml

    config = load(config_file)
    lists = [one.opml for one in config.sources if one.opml is not None]
    if len(lists) != 1:
        raise ConfigError(
            f"configuration {config_file}: needs exactly one source with opml, such as"
            f' [[sources]] opml = "feeds.opml", to import into; it has {len(lists)}'
        )
    (target,) = lists
    present = _feeds_of(SourceConfig(opml=target)) if target.exists() else ()
    known = {*(outline.url for outline in present), *_configured(config, but=target)}
    new = [outline for outline in _feeds_of(SourceConfig(opml=source)) if outline.url not in known]
    if new:
        write_atomically(target, write_opml((*present, *new), config.title))
    say(f"{target}: {len(new)} feeds added, {len(present)} were there")


@feeds_app.command("export")
@exits
def feeds_export(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="default: standard output")] = None,
    config_file: ConfigFile = DEFAULT_FILE,
) -> None:
    """All configured feeds as one OPML file, at the addresses where they are now."""
    from pipeline.files import write_atomically
    from pipeline.opml import Outline, write_opml

    config = load(config_file)
    states = _states(config)
    outlines = {(states[url].address if url in states else url): title for url, title in _configured(config).items()}
    content = write_opml((Outline(url, title) for url, title in outlines.items()), config.title)
    if output is None:
        show(content.decode("utf-8").rstrip())
    else:
        write_atomically(output, content)


def feed_line(state: "FeedState") -> str:
    """A feed and how it fares, on one line."""
    moved = f"  now at {state.address}" if state.address != state.url else ""
    read = f"last read {state.succeeded:%Y-%m-%d %H:%M} UTC" if state.succeeded else "never read"
    if not state.problem:
        return f"{state.url}{moved}  {read}"
    again = f", next try {state.next_try:%Y-%m-%d %H:%M} UTC" if state.next_try else ""
    if state.retired:
        return f"{state.url}{moved}  retired {state.retired:%Y-%m-%d}: {state.problem}; {read}{again}"
    return f"{state.url}{moved}  failed {state.failures} times: {state.problem}; {read}{again}"


def _states(config: Config) -> "dict[str, FeedState]":
    """What the state knows of feeds."""
    from pipeline.store.core import open_store

    with open_store(config.state_file) as store:
        return store.feeds()


def _configured(config: Config, but: Path | None = None) -> dict[str, str]:
    """The configured feeds and their names; `but` is a list to leave out."""
    found: dict[str, str] = {}
    for source in config.sources:
        if but is None or source.opml != but:
            for outline in _feeds_of(source):
                found.setdefault(outline.url, outline.title)
    return found


def _feeds_of(source: SourceConfig) -> "tuple[Outline, ...]":
    """The feeds of a source. Raises InputError when its list cannot be read."""
    from pipeline.opml import feeds_of

    try:
        return feeds_of(source)
    except OSError as error:
        raise InputError(f"{source.place}: cannot be read ({error.strerror})") from error
