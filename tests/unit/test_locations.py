"""Where the program's own files lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import locations


def test_the_checkout_has_the_sample_and_the_manifest() -> None:
    """The demo and the models command work from a fresh checkout."""
    assert (locations.sample_night() / "manifest.json").is_file()
    assert locations.model_manifest().is_file()


def test_what_a_wheel_ships_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed program finds its files inside its package."""
    (tmp_path / "sample").mkdir()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "manifest.toml").touch()
    monkeypatch.setattr(locations, "_SHIPPED", tmp_path)
    assert locations.sample_night() == tmp_path / "sample"
    assert locations.model_manifest() == tmp_path / "models" / "manifest.toml"


def test_weights_go_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`NEWSFOLD_MODELS` wins over everything."""
    monkeypatch.setenv("NEWSFOLD_MODELS", str(tmp_path))
    assert locations.model_folder() == tmp_path


def test_weights_stay_in_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who works on the program finds the weights beside their manifest."""
    monkeypatch.delenv("NEWSFOLD_MODELS", raising=False)
    assert locations.model_folder() == locations.model_manifest().parent


def test_weights_of_an_installed_program_go_to_the_users_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package folder may be read-only."""
    monkeypatch.delenv("NEWSFOLD_MODELS", raising=False)
    monkeypatch.setattr(locations, "_CHECKOUT", tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    assert locations.model_folder() == tmp_path / "share" / "newsfold" / "models"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert locations.model_folder() == tmp_path / "home" / ".local" / "share" / "newsfold" / "models"
