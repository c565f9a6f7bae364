"""The command that says how things stand, for people and for programs."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.feeds import feed_line
from pipeline.cli.terminal import DEFAULT_FILE, ConfigFile, exits, show
from pipeline.config import Config, load
from pipeline.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.jsonlines import JsonObject
    from pipeline.records import Json, Receipt, Rendered
    from pipeline.store.core import Store
    from pipeline.store.rows import Delivery, Run

LAST_RUNS = 7
LISTED = 20
"""Up to so many messages of the latest edition are listed one by one; of more, those that were not sent. So many
suppressed addresses are named."""


_LEFT = {
    "pending": " (newsfold send)",
    "failed": " (newsfold send --retry-failed)",
    "unknown": " (newsfold send --retry-unknown)",
    "withdrawn": "",
}
"""How mail stands that was not sent, with what sends it."""


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(status)


@exits
def status(
    config_file: ConfigFile = DEFAULT_FILE,
    rejects: Annotated[bool, typer.Option("--rejects", help="also all that was rejected, and why")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="as one JSON object, for programs")] = False,
) -> None:
    """The last runs, feeds in trouble, mail that is not settled, who gets none, the latest edition, the disk."""
    from pipeline.store.core import store_to_read

    config = load(config_file)
    with store_to_read(config.state_file) as store:
        if as_json:
            show(json.dumps(_facts(config, store, rejects), indent=2))
            return
        _show_runs(config, store)
        _show_unfinished(config)
        _show_feeds(store)
        _show_recipients(config, store)
        _show_mail(store)
        _show_latest(config, store, rejects)
    show("disk: " + ", ".join(f"{name} {size / 1_000_000:.1f} MB" for name, size in _sizes(config).items()))


def _show_runs(config: Config, store: "Store") -> None:
    from pipeline.store.lock import at_work

    counts = {issue.night: issue.counts for issue in store.issues()}
    if holder := at_work(config.data_dir):
        show(f"at work now: {holder}")
    for place, past in enumerate(store.last_runs(LAST_RUNS)):
        line = f"{past.night}  started {past.started:%Y-%m-%d %H:%M} UTC  "
        if past.finished is None:
            line += "at work" if holder and place == 0 else "did not finish"
        else:
            took = _duration(past.finished - past.started)
            line += f"after {took} {past.outcome}" if past.has_failed else f"{past.outcome} in {took}"
        made = counts.get(past.night)
        if made is not None and past.outcome in _MAKING:
            line += f"  {made.articles} articles, {made.stories} stories, {made.rejected} rejected"
        show(printable(line))


def _show_unfinished(config: Config) -> None:
    from pipeline.store.checkpoints import unfinished_nights

    for night in unfinished_nights(config.unfinished_folder):
        show(f"{night}  unfinished; newsfold run --resume goes on with the last of these")


_MAKING = ("done", "some sources failed", "nothing new")


def _show_feeds(store: "Store") -> None:
    for state in store.feeds().values():
        if state.problem:
            show(feed_line(state))


def _show_recipients(config: Config, store: "Store") -> None:
    """Who is on each list, how many have left it, and which addresses get no mail at all, and why."""
    lists = config.mail.every_list
    suppressed = store.ledger.suppressed_recipients()
    for one in lists:
        gone = len(store.subscriptions.departures(one.id))
        if one.recipients or gone or suppressed:
            name = f"list {one.id}: " if len(lists) > 1 else ""
            show(f"{name}recipients: {len(one.recipients)}, unsubscribed: {gone}, suppressed: {len(suppressed)}")
    for address in suppressed[:LISTED]:
        show(printable(f"suppressed {address.since:%Y-%m-%d}  {address.recipient}  {address.reason}"))
    if len(suppressed) > LISTED:
        show(f"suppressed: {len(suppressed) - LISTED} more; newsfold status --json names all")


def _show_mail(store: "Store") -> None:
    """What is not settled of earlier editions than the latest, which tells its own."""
    latest = store.latest_edition()
    rows = [row for row in store.ledger.unsettled() if latest is None or row.edition != latest.edition]
    for (edition, state), number in sorted(Counter((row.edition, row.state.value) for row in rows).items()):
        show(f"mail of edition {edition}: {number} {state}; newsfold send --date {edition}")


def _show_latest(config: Config, store: "Store", rejects: bool) -> None:
    latest = store.latest_edition()
    if latest is None:
        show("no edition yet")
        return
    show(f"latest edition {latest.edition}: {latest.subject}")
    rows = store.ledger.deliveries(latest.edition)
    if len(rows) > LISTED:
        states = Counter(row.state.value for row in rows)
        show("mail: " + ", ".join(f"{number} {state}" for state, number in sorted(states.items())))
        rows = tuple(row for row in rows if row.state.value != "sent")
    for row in rows:
        show(printable(mail_line(row, config)))
    for line in store.rejects(latest.edition) if rejects else ():
        show(printable(line))


def mail_line(mail: "Receipt | Delivery", config: Config) -> str:
    """Where a message stands; with its list where there are several."""
    to = f"{mail.recipient or 'outbox'}{f' ({mail.list_id})' if len(config.mail.every_list) > 1 else ''}"
    return f"{mail.state.value:9} {to}  {mail.detail}"


def worth_a_line(receipts: "Sequence[Receipt]") -> "Sequence[Receipt]":
    """Each message of a run, one by one, where they are few; of more, those that are not settled."""
    return receipts if len(receipts) <= LISTED else [one for one in receipts if not one.state.is_settled]


def mail_summary(receipts: "Sequence[Receipt]") -> str:
    """What a run sent, and what it left as it was, with what can be done about it."""
    earlier = Counter(one.state.value for one in receipts if one.earlier)
    now = Counter(one.state.value for one in receipts if not one.earlier)
    parts = [f"{now['sent']} sent now"]
    parts += [f"{earlier['sent']} sent before"] if earlier["sent"] else []
    for state, remedy in _LEFT.items():
        number = now[state] + earlier[state]
        parts += [f"{number} {state}{remedy}"] if number else []
    return f"mail: {', '.join(parts)}"


def _facts(config: Config, store: "Store", rejects: bool) -> "JsonObject":
    """The same as JSON; times are ISO 8601 in UTC."""
    from pipeline.store.checkpoints import unfinished_nights
    from pipeline.store.lock import at_work

    latest = store.latest_edition()
    return {
        "at_work": at_work(config.data_dir) or None,
        "runs": [_run_facts(run) for run in store.last_runs(LAST_RUNS)],
        "feeds_in_trouble": [
            {"url": state.url, "problem": state.problem, "failures": state.failures}
            for state in store.feeds().values()
            if state.problem
        ],
        "unfinished_nights": [night.isoformat() for night in unfinished_nights(config.unfinished_folder)],
        "lists": [
            {
                "id": one.id,
                "recipients": len(one.recipients),
                "unsubscribed": len(store.subscriptions.departures(one.id)),
            }
            for one in config.mail.every_list
        ],
        "suppressed": [
            {"recipient": one.recipient, "since": one.since.isoformat(), "reason": one.reason}
            for one in store.ledger.suppressed_recipients()
        ],
        "unsettled_mail": [_delivery_facts(row) for row in store.ledger.unsettled()],
        "latest_edition": None if latest is None else _edition_facts(latest, store, rejects),
        "bytes": dict(_sizes(config)),
    }


def _edition_facts(latest: "Rendered", store: "Store", rejects: bool) -> "dict[str, Json]":
    return {
        "night": latest.edition,
        "subject": latest.subject,
        "mail": dict(Counter(row.state.value for row in store.ledger.deliveries(latest.edition))),
        **({"rejects": list(store.rejects(latest.edition))} if rejects else {}),
    }


def _run_facts(run: "Run") -> "Json":
    return {
        "run": run.name,
        "night": run.night.isoformat(),
        "started": run.started.isoformat(),
        "finished": None if run.finished is None else run.finished.isoformat(),
        "outcome": run.outcome,
    }


def _delivery_facts(row: "Delivery") -> "Json":
    return {
        "edition": row.edition,
        "list": row.list_id,
        "recipient": row.recipient,
        "state": row.state.value,
        "detail": row.detail,
    }


def _sizes(config: Config) -> dict[str, int]:
    """Bytes on disk of the state and of what lies beside it."""
    beside = ("archive", "outbox", "signatures")
    state = sum(path.stat().st_size for path in config.data_dir.glob(f"{config.state_file.name}*") if path.is_file())
    return {"state": state} | {name: _size(config.data_dir / name) for name in beside}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _duration(time: timedelta) -> str:
    """A time as people say it."""
    minutes, seconds = divmod(round(time.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else "", "" if hours else f"{seconds} s"]
    return " ".join(part for part in parts if part)
