"""The end of a night: what is older than the configuration keeps is dropped, from the state and from the disk."""

from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

from pipeline.config import Config
from pipeline.errors import StoreError
from pipeline.mail.outbox import discard
from pipeline.nightly.desk import Desk
from pipeline.stages.publish import withdraw_editions
from pipeline.store.retention import Cuts, Dropped


def tidy(desk: Desk) -> Dropped:
    """Drop what is older than is kept, and report it; how much that was.

    Raises StoreError when the disk is full or cannot be written; a later night goes on from there.
    """
    config, store = desk.config, desk.store
    # A night of the future is a slip of whoever typed it, and must not cost what is kept until then.
    today = min(desk.moment.night, desk.moment.pace.now().astimezone(config.zone).date())
    cuts = cuts_of(config, today)
    try:
        for edition, rows in groupby(store.expiring_messages(cuts), key=lambda row: row[0]):
            discard(config.outbox_folder, edition, [(recipient, message_id) for _, recipient, message_id in rows])
        dropped = store.drop(cuts, today)
        withdraw_editions(config.archive_folder, store.dropped_editions() if dropped.editions else ())
    except OSError as error:
        raise StoreError(f"{config.data_dir}: what is not kept cannot be removed ({error})") from error
    store.forget_files(path for path in store.files() if _is_gone(path))
    if str(dropped):
        desk.progress.say(f"dropped what is older than is kept: {dropped}")
    try:
        if store.compact():
            desk.progress.say("the state file was made smaller")
    except StoreError as error:
        desk.progress.warn(f"the state file could not be made smaller, which loses nothing: {error}")
    return dropped


def _is_gone(path: str) -> bool:
    """Whether a file is there no more; of one in a folder that may not be read that cannot be said."""
    try:
        Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def cuts_of(config: Config, today: date) -> Cuts:
    """The first night of which each kind is kept."""
    keep = config.keep
    held = config.mail.hold_hours // 24 + 1
    texts = _longest(keep.texts_days, config.edition.remember_days)
    messages = _longest(keep.messages_days, held)
    days = {
        "texts": texts,
        "articles": _longest(keep.articles_days, texts),
        "editions": keep.editions_days,
        "messages": messages,
        "receipts": _longest(keep.receipts_days, messages),
    }
    return Cuts(**{kind: today - timedelta(days=number) for kind, number in days.items() if number})


def _longest(first: int, second: int) -> int:
    """The longer of two times in days, where 0 is for good."""
    return 0 if 0 in (first, second) else max(first, second)
