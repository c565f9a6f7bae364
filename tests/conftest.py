"""What several tests share because it is slow to make; and a whole run fails when a proof of the security model did not
run.
"""

import json
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import tiny_model
from pipeline.config import DEFAULT_MODEL
from pipeline.digest.models import known_models
from proofs import unproved

OUTCOMES: defaultdict[str, set[str]] = defaultdict(set)
settings.register_profile("no time limit", deadline=None)
settings.load_profile("no time limit")


@pytest.fixture(scope="session")
def tiny_causal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny causal model with random weights."""
    return tiny_model.build_causal(tmp_path_factory.mktemp("models") / "tiny-causal")


@pytest.fixture
def home(tmp_path: Path, tiny_causal: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a configuration under its default name and a source of four articles."""
    from made_nights import LINES, write_config, write_lines

    write_lines(tmp_path / "in" / "day.jsonl", LINES)
    write_config(tmp_path / "newsfold.toml", tiny_causal, Path("in"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def tiny_seq2seq(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny sequence-to-sequence model with random weights."""
    return tiny_model.build_seq2seq(tmp_path_factory.mktemp("models") / "tiny-seq2seq")


@pytest.fixture(scope="session")
def stand_in_models(tiny_causal: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for NEWSFOLD_MODELS in which tiny models pass for the embedded ones, so that nothing is fetched."""
    folder = tmp_path_factory.mktemp("stand-in")
    shutil.copytree(tiny_causal, folder / DEFAULT_MODEL)
    tiny_model.build_consistency(folder / "consistency", DEFAULT_MODEL)
    known_models()[DEFAULT_MODEL].mark_complete(folder / DEFAULT_MODEL)
    assert json.loads((folder / DEFAULT_MODEL / "newsfold.json").read_text(encoding="utf-8"))
    return folder


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what became of each test, its parameters left out; a skip counts whenever it came."""
    if report.when == "call" or report.skipped or report.failed:
        name = report.nodeid.partition("[")[0].removeprefix("tests/")
        OUTCOMES[name].add(report.outcome)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run of the whole suite is not well when a proof did not run."""
    config = session.config
    is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.option.collectonly
    is_chosen = config.option.keyword or config.option.markexpr or config.option.deselect or session.shouldstop
    if is_whole and not is_chosen and not hasattr(config, "workerinput") and (missing := unproved(OUTCOMES)):
        reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
        reporter.section("not proved: docs/security.md")
        for proof in missing:
            reporter.line(f"tests/{proof}: {', '.join(sorted(OUTCOMES[proof])) or 'did not run'}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
