"""An empty store on disk, for the tests that keep nights in one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.store.core import Store, open_store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store lies."""
    return tmp_path / "state.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """An empty store."""
    with open_store(path) as opened:
        yield opened
