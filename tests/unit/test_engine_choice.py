"""Choosing an engine."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.main import app
from pipeline.engine.choice import LOCAL, open_engine
from pipeline.engine.session import ray_session
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
