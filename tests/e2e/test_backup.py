"""A backup is whole whenever it is made, and a state restored from one mails nothing a second time."""

import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from filelock import FileLock

from commands import newsfold
from made_nights import LINES, TONIGHT, WEDNESDAY, asked, configured, moment, write_config, write_lines
from mailserver import MailServer
from pipeline.config import Config, MailConfig, ReaderConfig, SmtpConfig
from pipeline.errors import ConfigError, StoreError
from pipeline.nightly.run import restore_state, run_night, send_pending
from pipeline.records import DeliveryState
from pipeline.stages.unsubscribe import by_hand
from pipeline.store.backup import check_state, write_backup
from pipeline.store.core import open_store
from sample_nights import make_night

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TOMORROW = TONIGHT + timedelta(days=1)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A folder of four articles, read without a model; mail goes to the outbox."""
    source = write_lines(tmp_path / "in" / "day.jsonl", LINES).parent
    return configured(tmp_path / "state", Path("none"), source)


def mailed(config: Config, port: int) -> Config:
    """The same with two recipients and a server."""
    smtp = SmtpConfig(host="127.0.0.1", port=port, security="none")
    recipients = (ReaderConfig(address="ann@example.org"), ReaderConfig(address="bob@example.org"))
    return config.model_copy(update={"mail": MailConfig(recipients=recipients, smtp=smtp)})


def run(config: Config, night: date = TONIGHT) -> list[str]:
    """One night; how each message stands."""
    return sorted(receipt.state.value for receipt in run_night(config, moment(night)).receipts)


def test_a_backup_is_one_private_checked_file(config: Config, tmp_path: Path) -> None:
    """It holds what the state holds, nobody else may read it, nothing lies beside it, and it opens as a state."""
    run(config)
    target = tmp_path / "copy.sqlite"
    size = write_backup(config.state_file, target, NOW)
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == ["copy.sqlite"]
    assert (target.stat().st_size, stat.S_IMODE(target.stat().st_mode)) == (size, 0o600)
    check_state(target, thoroughly=True)
    with open_store(target) as copy, open_store(config.state_file) as store:
        assert copy.edition(TONIGHT.isoformat()) == store.edition(TONIGHT.isoformat())


def test_rows_that_lead_nowhere_stop_a_backup_and_no_night(config: Config, tmp_path: Path) -> None:
    """A stranger's hand may have left some: the morning's mail comes all the same, and the next backup tells."""
    run(config)
    with sqlite3.connect(config.state_file) as stranger:
        stranger.execute("INSERT INTO echoes VALUES ('2026-03-10', 'nowhere', 'never', 1.0, 1.0)")
    stranger.close()
    assert run(config, TOMORROW) == ["sent"]
    with pytest.raises(StoreError, match="rows that lead nowhere"):
        write_backup(config.state_file, tmp_path / "copy.sqlite", NOW)
    assert not (tmp_path / "copy.sqlite").exists()


def test_a_damaged_state_is_named_and_not_its_copy(config: Config, tmp_path: Path) -> None:
    """The copy is gone by the time that somebody reads the message."""
    run(config)
    content = bytearray(config.state_file.read_bytes())
    content[20_000:29_000] = b"x" * 9_000
    config.state_file.write_bytes(content)
    with pytest.raises(StoreError, match=f"store {config.state_file}: .*restore a backup"):
        write_backup(config.state_file, tmp_path / "copy.sqlite", NOW)


def test_a_state_on_a_read_only_disk_is_backed_up(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails is mounted read-only: then a copy is wanted most, and nothing can be made beside the state."""
    run(config)
    before = sorted(config.data_dir.iterdir())
    monkeypatch.setattr("os.access", lambda path, _: Path(path) != config.data_dir)
    opened = Mock(wraps=sqlite3.connect)
    monkeypatch.setattr("sqlite3.connect", opened)
    write_backup(config.state_file, tmp_path / "copy.sqlite", NOW)
    assert any(str(call.args[0]).endswith("/state.sqlite?mode=ro&immutable=1") for call in opened.mock_calls)
    assert sorted(config.data_dir.iterdir()) == before
    check_state(tmp_path / "copy.sqlite", thoroughly=True)


def test_a_file_that_is_there_is_not_replaced(config: Config, tmp_path: Path) -> None:
    """Unless that is asked for; and never the state itself."""
    run(config)
    target = tmp_path / "copy.sqlite"
    target.write_bytes(b"precious")
    with pytest.raises(ConfigError, match="--force"):
        write_backup(config.state_file, target, NOW)
    assert target.read_bytes() == b"precious"
    write_backup(config.state_file, target, NOW, replace=True)
    check_state(target)
    with pytest.raises(ConfigError, match="choose another name"):
        write_backup(config.state_file, config.state_file, NOW, replace=True)


def test_backups_of_a_state_that_is_written_to_are_whole(tmp_path: Path) -> None:
    """Copies made while nights are saved hold some of the nights, each of them whole."""
    state, done = tmp_path / "state.sqlite", threading.Event()
    open_store(state).close()

    def nights() -> None:
        with open_store(state) as store:
            for back in range(60):
                store.save_night(make_night(TONIGHT - timedelta(days=back), f"{back}-"))
        done.set()

    writer = threading.Thread(target=nights)
    writer.start()
    counts: list[int] = []
    while not done.is_set():
        copy = tmp_path / f"copy-{len(counts)}.sqlite"
        write_backup(state, copy, NOW)
        with sqlite3.connect(copy) as database:
            editions, stories = database.execute(
                "SELECT count(*), (SELECT count(*) FROM stories) FROM editions"
            ).fetchone()
        assert stories == 2 * editions
        counts.append(editions)
    writer.join()
    assert counts == sorted(counts)


def test_what_is_no_sound_state_is_not_restored(config: Config, tmp_path: Path) -> None:
    """Damaged, cut off, of a newer program or something else: the state stays as it was."""
    run(config)
    before = asked(config, "SELECT * FROM editions")
    good = tmp_path / "good.sqlite"
    write_backup(config.state_file, good, NOW)
    content = good.read_bytes()
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE x (y TEXT)")
    damaged = content[: 4096 * 3] + b"\xff" * 4096 * 9 + content[4096 * 12 :]
    for number, bad in enumerate((b"", b"text" * 999, content[: len(content) // 2], damaged, other.read_bytes())):
        path = tmp_path / f"bad-{number}.sqlite"
        path.write_bytes(bad)
        with pytest.raises(StoreError):
            restore_state(config, path, NOW)
    with pytest.raises(StoreError):
        restore_state(config, tmp_path / "missing.sqlite", NOW)
    assert asked(config, "SELECT * FROM editions") == before
    assert not list(config.data_dir.glob("*replaced*"))


By = Callable[[Config, Path], object]


def by_command(config: Config, backup: Path) -> object:
    """As the manual says."""
    return restore_state(config, backup, moment(TONIGHT).pace.now())


def by_hand_copied(config: Config, backup: Path) -> object:
    """As people do who have not read it."""
    for left in config.data_dir.glob("state.sqlite*"):
        left.unlink()
    return shutil.copy(backup, config.state_file)


@pytest.mark.parametrize("put_back", [by_command, by_hand_copied])
def test_no_message_goes_out_twice_after_a_restore(config: Config, tmp_path: Path, put_back: By) -> None:
    """The whole circle: a backup from before the edition, the edition mailed, the disk lost, the backup put back.

    The night is made again, since its articles are lost, but its mail waits for a person. The next night's goes out.
    """
    with MailServer() as server:
        config = mailed(config, server.port)
        with open_store(config.state_file):
            backup = tmp_path / "backup.sqlite"
        write_backup(config.state_file, backup, NOW)
        assert run(config) == ["sent", "sent"]
        put_back(config, backup)
        assert run(config) == ["unknown", "unknown"]
        assert run(config) == ["unknown", "unknown"]
        assert [receipt.state for receipt in send_pending(config, moment(), True)] == ["unknown"] * 2
        assert sorted(server.recipients()) == ["ann", "bob"]
        write_lines(tmp_path / "in" / "wednesday.jsonl", WEDNESDAY)
        assert run(config, TOMORROW) == ["sent", "sent"]
        assert len(server.recipients()) == 4
        assert [receipt.state for receipt in send_pending(config, moment(), True, [DeliveryState.UNKNOWN])] == [
            "sent"
        ] * 2
        assert len(server.recipients()) == 6


@pytest.mark.parametrize("put_back", [by_command, by_hand_copied])
def test_what_waited_when_the_backup_was_made_is_in_doubt(config: Config, tmp_path: Path, put_back: By) -> None:
    """A backup made in the midst of delivery says "pending" of messages that went out a second later."""
    with MailServer() as server:
        config = mailed(config, server.port)
        run_night(config, moment(), mail=False)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pipeline.stages.deliver.hold_reason", lambda *_: "wait")
            assert run(config) == ["pending", "pending"]
        backup = tmp_path / "backup.sqlite"
        write_backup(config.state_file, backup, NOW)
        assert run(config) == ["sent", "sent"]
        put_back(config, backup)
        assert run(config) == ["unknown", "unknown"]
        (detail,) = {str(row[0]) for row in asked(config, "SELECT detail FROM deliveries")}
        assert detail.startswith("the state was restored from a backup of 2026-03-10 12:00 UTC")
        assert len(server.recipients()) == 2


def test_who_has_left_since_the_backup_stays_away(config: Config, tmp_path: Path) -> None:
    """Unsubscribing is a promise: it is taken over from the state that is replaced."""
    run(config)
    backup = tmp_path / "backup.sqlite"
    write_backup(config.state_file, backup, NOW)
    with open_store(config.state_file) as store:
        by_hand("ann@example.org", (config.mail.list_id,), store, NOW)
    done = restore_state(config, backup, NOW)
    assert done.departures_kept
    assert done.replaced is not None
    check_state(done.replaced, thoroughly=True)
    with open_store(config.state_file) as store:
        assert [one.recipient for one in store.subscriptions.departures(config.mail.list_id)] == ["ann@example.org"]


def test_a_backup_that_is_not_there_is_named(config: Config, tmp_path: Path) -> None:
    """A mistyped name is what it is taken for."""
    with pytest.raises(StoreError, match=r"nope: there is none"):
        restore_state(config, tmp_path / "nope", NOW)


def test_a_damaged_state_is_replaced_and_kept(config: Config, tmp_path: Path) -> None:
    """That is what backups are for; what is left of the state is there for whoever wants to look."""
    run(config)
    backup = tmp_path / "backup.sqlite"
    write_backup(config.state_file, backup, NOW)
    config.state_file.write_bytes(b"\x00" * 5000)
    done = restore_state(config, backup, NOW)
    assert not done.departures_kept
    assert done.replaced is not None
    assert done.replaced.read_bytes() == b"\x00" * 5000
    assert run(config) == ["sent"]
    assert asked(config, "PRAGMA integrity_check") == [("ok",)]


def test_an_open_state_sees_the_restored_one(config: Config, tmp_path: Path) -> None:
    """A server for unsubscribe links that runs all the while writes into the state that counts."""
    run(config)
    backup = tmp_path / "backup.sqlite"
    write_backup(config.state_file, backup, NOW)
    with open_store(config.state_file) as server:
        restore_state(config, backup, NOW)
        server.subscriptions.leave(config.mail.list_id, "eve@example.org", "by link", NOW)
    assert asked(config, "SELECT recipient FROM unsubscribed") == [("eve@example.org",)]


def test_the_commands_say_what_they_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Backup and restore as a person meets them, with their exit codes."""
    write_lines(tmp_path / "in" / "day.jsonl", LINES)
    write_config(tmp_path / "newsfold.toml", Path("none"), Path("in"))
    monkeypatch.chdir(tmp_path)
    early = newsfold("backup", "copy.sqlite")
    assert (early.exit_code, "has a night been run?" in early.stderr) == (2, True)
    assert newsfold("run").exit_code == 0
    assert newsfold("backup", "copy.sqlite").stdout.startswith("copy.sqlite: ")
    assert newsfold("backup", "copy.sqlite").exit_code == 2
    assert newsfold("backup", "copy.sqlite", "--force").exit_code == 0
    with FileLock(tmp_path / "state" / "newsfold.lock"):
        assert newsfold("restore", "copy.sqlite").exit_code == 5
    done = newsfold("restore", "copy.sqlite")
    assert done.exit_code == 0
    assert "restored from copy.sqlite" in done.stdout
    assert "newsfold send --date NIGHT --retry-unknown" in done.stdout
    assert newsfold("run").exit_code == 4
