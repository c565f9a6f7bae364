"""Choosing an engine."""

import contextlib
import sys
import threading
from pathlib import Path
from typing import TextIO, cast

import pytest
from typer.testing import CliRunner

from pipeline.cli.main import app
from pipeline.engine.choice import LOCAL, open_engine
from pipeline.engine.session import OwnOutput, ray_session
from pipeline.errors import ConfigError


def test_the_local_engine_needs_nothing() -> None:
    """It is there at once, and for good."""
    with open_engine("local") as engine:
        assert engine is LOCAL


@pytest.mark.parametrize("command", ["dedupe", "cluster", "summarise"])
def test_without_ray_the_user_is_told_what_to_install(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray is an extra: who asks for it without having it gets one line, and the exit code of a wrong command line."""
    monkeypatch.setitem(sys.modules, "ray", None)
    (tmp_path / "in.jsonl").write_text("", encoding="utf-8")
    done = CliRunner().invoke(app, [command, str(tmp_path / "in.jsonl"), "--engine", "ray"])
    assert done.exit_code == 2
    assert done.stderr == "newsfold: --engine ray: Ray is not installed; pip install 'newsfold[ray]'\n"


def test_an_address_where_nobody_listens_is_named() -> None:
    """Ray itself would ask for minutes."""
    with pytest.raises(ConfigError, match=r"no cluster answers at 127\.0\.0\.1:1 "), ray_session("127.0.0.1:1"):
        pass


def test_what_other_threads_print_is_no_data(capsys: pytest.CaptureFixture[str]) -> None:
    """Ray tells of workers that died on standard output, which belongs to the lines that were asked for."""
    with contextlib.redirect_stdout(cast(TextIO, OwnOutput(sys.stdout))):
        sys.stdout.write("data\n")
        other = threading.Thread(target=lambda: sys.stdout.write("a worker died\n"))
        other.start()
        other.join()
    assert capsys.readouterr() == ("data\n", "a worker died\n")
