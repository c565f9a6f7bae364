"""What several tests share because it is slow to make."""

import json
import shutil
from pathlib import Path

import pytest

import tiny_model
from pipeline.config import DEFAULT_MODEL
from pipeline.digest.models import known_models


@pytest.fixture(scope="session")
def tiny_causal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny causal model with random weights."""
    return tiny_model.build_causal(tmp_path_factory.mktemp("models") / "tiny-causal")


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
