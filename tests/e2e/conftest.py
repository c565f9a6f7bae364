"""The embedded model, one demo made with it and a store that holds a night, for all tests that need them."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.config import DEFAULT_MODEL
from pipeline.digest.models import known_models
from pipeline.store.core import Store, open_store
from sample_nights import make_night


@pytest.fixture(scope="session")
def embedded_model() -> str:
    """The name of the embedded model; without its weights the test is skipped."""
    if not known_models()[DEFAULT_MODEL].is_here:
        pytest.skip(f"the embedded model is not here: run `newsfold models fetch {DEFAULT_MODEL}`, as `make test` does")
    return DEFAULT_MODEL


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store that holds a night whose mail has not been sent."""
    with open_store(tmp_path / "newsfold.db") as opened:
        opened.save_night(make_night())
        yield opened


@pytest.fixture(scope="session")
def demo(embedded_model: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that the installed command made with the embedded model."""
    folder = tmp_path_factory.mktemp("demo")
    command = [str(Path(sys.executable).with_name("newsfold")), "demo", "--out", str(folder), "--model", embedded_model]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder
