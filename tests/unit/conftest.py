"""Tiny models for all unit tests, and an empty store on disk for those that keep nights in one."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.config import DEFAULT_MODEL
from pipeline.digest.models import known_models
from pipeline.store.core import Store, open_store
from pipeline.store.database import _migrations


@pytest.fixture(autouse=True)
def no_weights(stand_in_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unit tests do not need fetched weights: tiny models pass for the embedded ones."""
    monkeypatch.setenv("NEWSFOLD_MODELS", str(stand_in_models))


@pytest.fixture
def real_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded model instead of the tiny one; without its weights the test is skipped."""
    monkeypatch.delenv("NEWSFOLD_MODELS", raising=False)
    if not known_models()[DEFAULT_MODEL].is_here:
        pytest.skip(f"the embedded model is not here: run `newsfold models fetch {DEFAULT_MODEL}`, as `make test` does")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store lies."""
    return tmp_path / "state.sqlite"


@pytest.fixture
def old_state(path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], sqlite3.Connection]:
    """Makes the store as it was when so many migrations were all there were, and opens its file."""

    def made(schemas: int) -> sqlite3.Connection:
        old = _migrations()[:schemas]
        with monkeypatch.context() as patch:
            patch.setattr("pipeline.store.database._migrations", lambda: old)
            open_store(path).close()
        return sqlite3.connect(path)

    return made


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """An empty store."""
    with open_store(path) as opened:
        yield opened
