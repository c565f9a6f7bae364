"""What can be known of a configuration before the first night, without sending mail or asking the web."""

import os
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pipeline.config import Config, MailConfig, SourceConfig
from pipeline.digest.loading import check_models
from pipeline.errors import NewsfoldError
from pipeline.mail.dkim import Signer
from pipeline.mail.message import build_message
from pipeline.mail.outbox import Outbox
from pipeline.mail.smtp import SmtpTransport
from pipeline.opml import feeds_of
from pipeline.records import Rendered
from pipeline.store.backup import check_state
from pipeline.store.lock import LOCK
from pipeline.watch.ping import wrong_address


def problems(config: Config) -> tuple[str, ...]:
    """Everything that would keep a night from being made or mailed as configured, each with what to do.

    Secrets are looked for and never said. Nothing is changed; feeds and servers are not asked.
    """
    checks = (_sources, _data, _models, _mail, _watch)
    return tuple(problem for check in checks for problem in check(config))


def advice(config: Config) -> tuple[str, ...]:
    """What keeps no mail from being sent, but may keep it from being welcome, or a secret from being one."""
    mail = config.mail
    if mail.smtp is None:
        return ()
    if not any(one.recipients for one in mail.every_list):
        return ("mail.smtp is set, but there are no recipients; mail goes to the outbox folder",)
    said = []
    if mail.sender == MailConfig().sender:
        said.append(f"mail.sender is not set; many servers refuse mail from {mail.sender}")
    if mail.unsubscribe_url is None and mail.unsubscribe_mailto is None:
        said.append(
            "mail.unsubscribe_url and mail.unsubscribe_mailto are not set; readers can only write to the sender, and"
            " large providers expect both"
        )
    secrets = (mail.smtp.password_file, *(key.private_key_file for key in mail.dkim))
    said += [f"{path} can be read by others; chmod 600 keeps it to its owner" for path in secrets if _is_open(path)]
    return tuple(said)


def _is_open(path: Path | None) -> bool:
    """Whether others than its owner and its group may read a file."""
    return path is not None and path.is_file() and bool(path.stat().st_mode & stat.S_IROTH)


def _sources(config: Config) -> Iterator[str]:
    """Files and folders that are not there or cannot be read, and lists that are none."""
    if not config.sources:
        yield "no [[sources]]; there is nothing to read"
    for number, source in enumerate(config.sources):
        for problem in _source(source):
            yield f"sources.{number}: {problem}"


def _source(source: SourceConfig) -> Iterator[str]:
    place = source.path or source.opml
    if place is None:
        return
    if not place.exists():
        yield f"{place}: not found"
    elif not os.access(place, os.R_OK | os.X_OK if place.is_dir() else os.R_OK):
        yield f"{place}: may not be read; check its permissions"
    elif source.opml is not None:
        yield from _raised(lambda: feeds_of(source))


def _data(config: Config) -> Iterator[str]:
    """Whether the state and what lies beside it can be written, and whether the state there is sound."""
    yield from _folder(f"data_dir {config.data_dir}", config.data_dir)
    folders = (config.archive_folder, config.outbox_folder, config.signature_folder, config.unfinished_folder)
    for path in (config.state_file, config.data_dir / LOCK, *folders):
        if os.access(config.data_dir, os.W_OK) and path.exists() and not os.access(path, os.W_OK):
            yield f"data_dir: {path} cannot be written, as a run may have to; check whose it is and its permissions"
    if config.state_file.exists():
        yield from _raised(lambda: check_state(config.state_file))


def _folder(name: str, folder: Path) -> Iterator[str]:
    """A folder that cannot be written, or not be made where it is to lie."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir():
        yield f"{name}: {there} is no folder"
    elif not os.access(there, os.W_OK | os.X_OK):
        yield f"{name}: {there} cannot be written; check its permissions and how its disk is mounted"


def _models(config: Config) -> Iterator[str]:
    if config.digest.model != "none":
        yield from (f"digest: {problem}" for problem in _raised(_model_check(config)))


def _model_check(config: Config) -> Callable[[], object]:
    return lambda: check_models(config.digest.model, config.digest.device)


def _mail(config: Config) -> Iterator[str]:
    """A message that cannot be written, a key that cannot be read, a login that cannot be made."""
    mail = config.mail
    now = datetime.now(UTC)
    sample = Rendered(now.date().isoformat(), config.title, now, "", "", "")
    yield from _raised(lambda: build_message(sample, mail.sender, mail, "token"))
    for key in mail.dkim:
        yield from _raised(partial(Signer.load, key))
    if (smtp := mail.smtp) is not None:
        yield from _raised(lambda: SmtpTransport(smtp, mail.sender, Outbox(Path(), "")))


def _watch(config: Config) -> Iterator[str]:
    """Figures that cannot be written, and an address that no ping can go to; it is not asked."""
    metrics, ping = config.watch.metrics_file, config.watch.ping_url
    if metrics is not None:
        yield from _folder(f"watch.metrics_file {metrics}", metrics.parent)
        if metrics.is_dir():
            yield f"watch.metrics_file {metrics}: is a folder; name a file in it"
    if ping is not None and (problem := wrong_address(ping)):
        yield f"watch.ping_url: {problem}"


def _raised(check: Callable[[], object]) -> Iterator[str]:
    """What a check that raises has to say."""
    try:
        check()
    except NewsfoldError as error:
        yield str(error)
