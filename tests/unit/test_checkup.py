"""`newsfold config check` finds before the first night what would break it, all of it at once."""

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from keys import private_key
from pipeline.checkup import advice, problems
from pipeline.config import Config, load
from pipeline.store.core import open_store


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with an inbox, a list of feeds and a key."""
    (tmp_path / "in").mkdir()
    (tmp_path / "feeds.opml").write_text("<opml version='2.0'><body/></opml>", encoding="utf-8")
    key = tmp_path / "dkim.pem"
    key.write_bytes(private_key("ed25519"))
    key.chmod(0o600)
    return tmp_path


def found(home: Path, *lines: str, source: str = "path = 'in'") -> tuple[str, ...]:
    """What is wrong with a configuration of these lines."""
    return problems(configured(home, *lines, source=source))


def configured(home: Path, *lines: str, source: str = "path = 'in'") -> Config:
    """A configuration with one source and these lines."""
    path = home / "newsfold.toml"
    path.write_text("\n".join(["data_dir = 'state'", "[[sources]]", source, *lines]), encoding="utf-8")
    return load(path)


SMTP = "[mail.smtp]\nhost = 'mail.example.org'\nuser = 'desk'"


def test_a_whole_configuration_has_no_problem(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources, key, secret and model are there, and nothing has been made by looking."""
    monkeypatch.setenv("NEWSFOLD_SMTP_PASSWORD", "secret")
    dkim = "[mail.dkim]\ndomain = 'example.org'\nselector = 's'\nprivate_key_file = 'dkim.pem'"
    mail = "[mail]\nsender = 'desk@example.org'"
    assert found(home, "[[sources]]", "opml = 'feeds.opml'", mail, SMTP, dkim) == ()
    assert not (home / "state").exists()


def test_everything_wrong_is_told_at_once(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody wants to run a check once for each mistake."""
    monkeypatch.delenv("NEWSFOLD_SMTP_PASSWORD", raising=False)
    monkeypatch.setenv("NEWSFOLD_MODELS", str(tmp_path / "none"))
    (home / "state").write_text("in the way", encoding="utf-8")
    (home / "dkim.pem").write_bytes(b"no key")
    (home / "feeds.opml").write_bytes(b"no list")
    dkim = "[mail.dkim]\ndomain = 'example.org'\nselector = 's'\nprivate_key_file = 'dkim.pem'"
    mail = "[mail]\nsender = 'desk@example.org'"
    said = found(home, "[[sources]]", "opml = 'feeds.opml'", mail, SMTP, dkim, source="path = 'gone'")
    for part in (
        "sources.0: ",
        "sources.1: ",
        "is no folder",
        "models fetch",
        "private_key_file",
        "NEWSFOLD_SMTP_PASS",
    ):
        assert sum(part in line for line in said) == 1, (part, said)
    assert len(said) == 6


def test_weights_that_are_cut_off_are_found(home: Path, tiny_causal: Path) -> None:
    """A disk was full when they were copied, or they were not copied at all; nothing is loaded to see that."""
    copy = shutil.copytree(tiny_causal, home / "model")
    lines = f"[digest]\nmodel = '{copy}'"
    assert found(home, lines) == ()
    (weights,) = copy.glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:-1])
    (cut,) = found(home, lines)
    weights.unlink()
    (missing,) = found(home, lines)
    assert cut.startswith(f"digest: model '{copy}': cannot be loaded (")
    assert f"no safetensors in {copy}" in missing


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("[digest]\nmodel = './gone'", "there is no such folder"),
        ("[mail.smtp]\nhost = 'h'\nuser = 'u'\nsecurity = 'none'", "a login needs an encrypted connection"),
        (f"[mail]\nunsubscribe_url = 'https://example.org/{'a' * 1000}'", "List-Unsubscribe"),
    ],
)
def test_what_only_a_night_would_find(home: Path, lines: str, said: str) -> None:
    """Models, logins and headers are looked at as a night looks at them."""
    (line,) = found(home, lines)
    assert said in line


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("metrics_file = 'newsfold.toml/night.prom'", "newsfold.toml is no folder"),
        ("metrics_file = 'made.prom'", "is a folder; name a file in it"),
        ("ping_url = 'https://ping.example:secret-port/secret'", "not an address that can be asked"),
        ("ping_url = 'https://ping.example/secret/fail/'", "ends in /fail"),
    ],
)
def test_who_watches_would_hear_nothing(home: Path, line: str, said: str) -> None:
    """Figures and pings that would fail every night are found before the first, and the address is not told."""
    (home / "made.prom").mkdir()
    (problem,) = found(home, "[watch]", line)
    assert said in problem
    assert "secret" not in problem


def test_a_sound_watch_has_no_problem(home: Path) -> None:
    """A folder that the first night will make is none, and nothing is made or asked by looking."""
    watch = "metrics_file = 'new/night.prom'", "ping_url = 'https://ping.invalid:8443/x?y=1'"
    assert found(home, "[watch]", *watch) == ()
    assert not (home / "new").exists()


def test_a_password_is_never_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one that is there nor one in a file that is too open or broken."""
    monkeypatch.setenv("NEWSFOLD_SMTP_PASSWORD", "hunter2")
    (home / "secret").write_bytes(b"hunter2\xff")
    said = found(home, SMTP, "password_file = 'secret'", "security = 'none'")
    assert said
    assert "hunter2" not in "".join(said)


def test_a_state_is_looked_at_and_left(home: Path) -> None:
    """A damaged state and one of a newer program are found; a sound one of an older schema is not touched."""
    config = configured(home)
    state = config.state_file
    open_store(state).close()
    assert problems(config) == ()
    with sqlite3.connect(state) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    assert "upgrade Newsfold" in "".join(problems(config))
    state.write_bytes(b"nonsense" * 1000)
    assert "store " in "".join(problems(config))
    assert state.read_bytes() == b"nonsense" * 1000


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(home: Path) -> None:
    """Its permissions are looked at before the first night does."""
    home.chmod(0o500)
    try:
        assert any("cannot be written" in line for line in problems(configured(home)))
    finally:
        home.chmod(0o700)


def test_what_another_user_left_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state that was made by root, in a folder that may be written, stops the night of the service's user."""
    config = configured(home)
    open_store(config.state_file).close()
    monkeypatch.setattr("os.access", lambda path, _: Path(path) != config.state_file)
    (said,) = problems(config)
    assert said.startswith(f"data_dir: {config.state_file} cannot be written")


def test_mail_that_may_not_be_welcome_is_told(home: Path) -> None:
    """No mistake, but what large providers refuse, or what leaves readers without a way out."""
    smtp, reader = "[mail.smtp]\nhost = 'mail.example.org'", "recipients = ['ann@example.org']"
    alone = advice(configured(home, "[mail]", reader, smtp))
    assert [line.partition(" ")[0] for line in alone] == ["mail.sender", "mail.unsubscribe_url"]
    assert "no recipients" in advice(configured(home, smtp))[0]
    ways = "sender = 'desk@example.org'\nunsubscribe_mailto = 'leave@example.org'"
    assert advice(configured(home, "[mail]", reader, ways, smtp)) == ()
    secret = home / "password"
    secret.write_text("hush", encoding="ascii")
    guarded = f'{smtp}\npassword_file = "password"'
    for mode, expected in (
        (0o600, ()),
        (0o640, ()),
        (0o644, (f"{secret} can be read by others; chmod 600 keeps it to its owner",)),
    ):
        secret.chmod(mode)
        assert advice(configured(home, "[mail]", reader, ways, guarded)) == expected
    assert advice(configured(home, "[mail]", reader)) == ()
