"""The units and the cron line start what they should, whatever the paths are called, and systemd understands them."""

import configparser
import os
import shlex
import shutil
import subprocess
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from articles import write
from pipeline.cli.main import app
from pipeline.config import Config, DigestConfig, WatchConfig, load
from pipeline.errors import ConfigError
from pipeline.timer import SERVICE, TIMER, Job, cron_line, units

SECRETS = """
[mail]
sender = "desk@example.org"
[mail.smtp]
host = "h"
user = "desk"
password_file = "pass word%"
[mail.dkim]
domain = "example.org"
selector = "news"
"""
AWKWARD = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="/") | st.just(" "))


def job(folder: Path, text: str = "", user: str | None = "news") -> Job:
    """A job whose paths a shell and a unit would both stumble over."""
    config_file = write(folder / "a b%n$HOME", "news 'fold'.toml", f"timezone = 'Europe/Paris'\n{text}")
    command = folder / "bin $x" / "newsfold"
    command.parent.mkdir(exist_ok=True)
    command.write_text("#!/bin/sh\n", encoding="utf-8")
    command.chmod(0o755)
    return Job(command, config_file, load(config_file), time(4, 30), user)


def setting(text: str, key: str) -> list[str]:
    """The values of a setting of a unit."""
    return [line.partition("=")[2] for line in text.splitlines() if line.partition("=")[0] == key]


def plain(value: str) -> list[str]:
    """A value's words as systemd takes them: quotes, doubled % and the prefix off."""
    return [word.replace("%%", "%").removeprefix(":") for word in shlex.split(value)]


@pytest.mark.parametrize("user", ["news", None])
def test_systemd_takes_the_units(tmp_path: Path, user: str | None) -> None:
    """`systemd-analyze verify` has nothing to say about them, for the machine's manager and for a user's."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here: install systemd")
    made = job(tmp_path, SECRETS, "root" if user else None)
    paths = [write(tmp_path / "units", name, text) for name, text in units(made).items()]
    manager = "--system" if user else "--user"
    command = ["systemd-analyze", "verify", manager, *map(str, paths)]
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_service_runs_this_configuration_with_few_rights(tmp_path: Path) -> None:
    """Command and paths arrive as they are; secrets come as credentials; the codes of good endings are known."""
    made = job(tmp_path, f"{SECRETS}[watch]\nmetrics_file = 'prom/x.prom'\n[digest]\ndevice = 'cpu'\n")
    service = units(made)[SERVICE]
    (start,) = setting(service, "ExecStart")
    assert plain(start) == [str(made.command), "run", "--config", str(made.config_file)]
    folder = made.config_file.parent.resolve()
    assert [plain(path) for path in setting(service, "ReadWritePaths")] == [[f"{folder}/data"], [f"{folder}/prom"]]
    password = f"{folder}/pass word%".replace("%", "%%")
    assert setting(service, "LoadCredential") == [f"smtp-password:{password}"]
    assert "\n# LoadCredential=news._domainkey.example.org:/etc/newsfold/" in service
    assert setting(service, "SuccessExitStatus") == ["3 4"]
    for key in ("PrivateDevices", "PrivateTmp", "NoNewPrivileges", "RestrictNamespaces"):
        assert setting(service, key) == ["yes"]
    assert setting(service, "ProtectSystem") == ["strict"]
    assert setting(service, "MemoryDenyWriteExecute") == []


def test_a_gpu_stays_in_sight(tmp_path: Path) -> None:
    """A night that may run on a GPU can see it."""
    assert setting(units(job(tmp_path))[SERVICE], "PrivateDevices") == []


def test_the_timer_goes_by_the_configurations_clock(tmp_path: Path) -> None:
    """Also after nights when the machine was off."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(units(job(tmp_path))[TIMER])
    assert parser["Timer"]["OnCalendar"] == "*-*-* 04:30:00 Europe/Paris"
    assert parser["Timer"]["Persistent"] == "true"
    assert parser["Timer"]["RandomizedDelaySec"]


@given(name=AWKWARD, variable=AWKWARD)
def test_any_name_survives_quoting(name: str, variable: str) -> None:
    """Of the service and of cron, which hands what follows `%` to the command as its input unless it is escaped."""
    made = Job(Path(f"/{variable}/newsfold"), Path(f"/x{name}.toml"), Config(data_dir=Path(f"/d{name}")), time(5))
    words = [str(made.command), "run", "--config", str(made.config_file)]
    (start,) = setting(units(made)[SERVICE], "ExecStart")
    assert plain(start) == words
    line = cron_line(made).splitlines()[-1]
    assert "%" not in line.replace(r"\%", "")
    command = line.removeprefix("0 5 * * * ").replace(r"\%", "%")
    assert shlex.split(command)[:4] == words


@pytest.mark.parametrize(("code", "is_mailed"), [(0, False), (3, False), (4, False), (1, True), (2, True), (5, True)])
def test_cron_mails_only_of_a_night_that_failed(tmp_path: Path, code: int, is_mailed: bool) -> None:
    """What the line prints is what cron mails: the end of the log, which is kept in either case."""
    made = job(tmp_path)
    made.command.write_text(f"#!/bin/sh\necho page\necho 'log {code}' >&2\nexit {code}\n", encoding="utf-8")
    made.config.data_dir.mkdir()
    command = cron_line(made).splitlines()[-1].removeprefix("30 4 * * * ").replace(r"\%", "%")
    for _ in range(2):
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout == (f"log {code}\n" * 2 if is_mailed else "")
    assert done.stderr == ""
    assert (made.config.data_dir / "newsfold.log").read_text(encoding="utf-8") == f"log {code}\n" * 2


def test_the_line_for_cron_finds_the_folder_of_its_log(tmp_path: Path) -> None:
    """Else its shell could not even start the first night."""
    config = write(tmp_path, "newsfold.toml", "")
    printed = CliRunner().invoke(app, ["install-timer", "-c", str(config), "--cron"])
    assert f"2>>{tmp_path}/data/newsfold.log || case" in printed.stdout
    assert (tmp_path / "data").is_dir()


def test_what_no_unit_can_hold_is_refused() -> None:
    """A line break in a path would begin a setting of its own."""
    config = Config(digest=DigestConfig(), watch=WatchConfig())
    for made in (
        Job(Path("/x"), Path("/a\nExecStartPre=/bin/false"), config, time(5)),
        Job(Path("/x"), Path("/a"), config.model_copy(update={"data_dir": Path("/d\r")}), time(5), "root"),
    ):
        with pytest.raises(ConfigError, match="control characters cannot be given; rename it"):
            units(made)


def test_install_timer_prints_or_writes(tmp_path: Path) -> None:
    """Printed, both can be looked at; written, the folder that the service needs is there and what is next is said."""
    config = write(tmp_path, "newsfold.toml", "")
    printed = CliRunner().invoke(app, ["install-timer", "-c", str(config), "--at", "06:15"])
    assert printed.exit_code == 0, printed.output
    assert f"# {SERVICE}\n[Unit]" in printed.stdout
    assert "OnCalendar=*-*-* 06:15:00 UTC" in printed.stdout
    written = CliRunner().invoke(app, ["install-timer", "-c", str(config), "--user", "--write", str(tmp_path / "u")])
    assert written.stdout.split() == [str(tmp_path / "u" / SERVICE), str(tmp_path / "u" / TIMER)]
    assert "systemctl --user enable --now" not in printed.output
    assert "systemctl --user enable --now newsfold.timer" in written.stderr
    assert "User=" not in (tmp_path / "u" / SERVICE).read_text(encoding="utf-8")
    assert (tmp_path / "data").is_dir()


@pytest.mark.parametrize("options", [["--cron", "--user"], ["--user", "--run-as", "x"], ["--at", "25:00"]])
def test_what_does_not_go_together_is_refused(tmp_path: Path, options: list[str]) -> None:
    """Exit 2 rather than half of what was asked for."""
    config = write(tmp_path, "newsfold.toml", "")
    assert CliRunner().invoke(app, ["install-timer", "-c", str(config), *options]).exit_code == 2


@pytest.mark.parametrize("options", [["--cron"], ["--write", "units"]])
def test_root_installs_what_another_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]) -> None:
    """The folders that are made for the night are of whom it runs as; those that were there stay whose they are."""
    given: list[tuple[Path, str]] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUDO_USER", "ann")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.chown", lambda folder, user: given.append((folder, user)))
    config = write(tmp_path, "newsfold.toml", "[watch]\nmetrics_file = 'prom/x.prom'")
    for _ in range(2):
        done = CliRunner().invoke(app, ["install-timer", "-c", str(config), *options])
        assert done.exit_code == 0, done.output
    assert given == [(tmp_path / "data", "ann"), (tmp_path / "prom", "ann")]


def test_an_unknown_user_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit for nobody would fail at night."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    config = write(tmp_path, "newsfold.toml", "")
    done = CliRunner().invoke(app, ["install-timer", "-c", str(config), "--cron"], env={"SUDO_USER": "no-such-user"})
    assert done.exit_code == 2
    assert "cannot be given to 'no-such-user'" in done.stderr


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """One line and exit 1, and no fault of the program: units go to places that not everybody may write to."""
    config, place = write(tmp_path, "newsfold.toml", ""), write(tmp_path, "file", "")
    done = CliRunner().invoke(app, ["install-timer", "-c", str(config), "--write", str(place / "units")])
    assert (done.exit_code, done.stderr) == (1, f"newsfold: {place / 'units'}: cannot be used (Not a directory)\n")
