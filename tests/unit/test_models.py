"""Models from the package index: only the very wheel of the manifest is used, and half a model never appears."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from pipeline.digest import models
from pipeline.errors import ModelError

MANIFEST = """
[tiny]
title = "Tiny"
about = "for tests"
licence = "Apache-2.0"
package = "tiny-model"
version = "1.0"
wheel_sha256 = "{sha256}"
gguf = "tiny/tiny.gguf"
"""


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A wheel that holds something with the name of a model."""
    path = tmp_path / "tiny_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny/tiny.gguf", b"GGUF, or so it says")
        archive.writestr("tiny_model-1.0.dist-info/LICENSE", "Apache-2.0")
    return path


@pytest.fixture
def folder(tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models folder, with a manifest that names the wheel, which `_download` hands over."""
    manifest = tmp_path / "manifest.toml"
    manifest.write_text(MANIFEST.format(sha256=hashlib.sha256(wheel.read_bytes()).hexdigest()), encoding="utf-8")
    monkeypatch.setattr(models, "model_manifest", lambda: manifest)
    monkeypatch.setattr(models, "_download", lambda _model, scratch: wheel.rename(scratch / wheel.name))
    monkeypatch.setenv("NEWSFOLD_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def converted(model: models.Model, _wheel: Path, scratch: Path) -> Path:
    """Stands for the conversion: a folder that is marked complete."""
    ready = scratch / "ready"
    ready.mkdir()
    (ready / "model.safetensors").write_bytes(b"weights")
    model.mark_complete(ready)
    return ready


def left(folder: Path) -> list[str]:
    """What lies in the models folder."""
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_the_manifests_wheel_is_taken_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fetched model lies in the folder of its name, complete; fetching it again does nothing."""
    monkeypatch.setattr(models, "_convert", converted)
    steps: list[str] = []
    assert models.fetch("tiny", steps.append) == folder / "tiny"
    assert models.known_models()["tiny"].is_here
    assert left(folder) == ["tiny"]
    assert steps
    steps.clear()
    assert models.fetch("tiny", steps.append) == folder / "tiny"
    assert not steps


def test_another_wheel_is_refused(folder: Path, wheel: Path) -> None:
    """One changed byte: an error that names both sums, and nothing is left behind."""
    wheel.write_bytes(wheel.read_bytes() + b"!")
    with pytest.raises(ModelError, match=r"SHA-256 is [0-9a-f]{64}, the manifest says [0-9a-f]{64}; not used"):
        models.fetch("tiny", lambda _: None)
    assert left(folder) == []


def test_a_failed_conversion_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder appears only when it is complete."""

    def fail(_model: models.Model, _wheel: Path, scratch: Path) -> Path:
        (scratch / "ready").mkdir()
        raise OSError("disk full")

    monkeypatch.setattr(models, "_convert", fail)
    with pytest.raises(OSError, match="disk full"):
        models.fetch("tiny", lambda _: None)
    assert left(folder) == []


def test_a_failed_download_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What pip says last is what the user is told."""
    monkeypatch.undo()
    manifest = folder.parent / "manifest.toml"
    monkeypatch.setattr(models, "model_manifest", lambda: manifest)
    monkeypatch.setenv("NEWSFOLD_MODELS", str(folder))
    for name, value in (("PIP_NO_INDEX", "1"), ("PIP_FIND_LINKS", str(folder))):
        monkeypatch.setenv(name, value)
    with pytest.raises(ModelError, match=r"tiny-model==1.0 could not be downloaded \(.*\); check the package index"):
        models.fetch("tiny", lambda _: None)
    assert left(folder) == []


def test_an_older_conversion_is_made_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that another wheel or an older conversion made does not count as here."""
    monkeypatch.setattr(models, "_convert", converted)
    models.fetch("tiny", lambda _: None)
    monkeypatch.setattr(models, "CONVERSION", models.CONVERSION + 1)
    assert not models.known_models()["tiny"].is_here
    (folder / "tiny" / "newsfold.json").write_text("{", encoding="utf-8")
    assert not models.known_models()["tiny"].is_here


def test_an_unknown_name_lists_the_known(folder: Path) -> None:
    """A misspelt name is answered with the names there are."""
    with pytest.raises(ModelError, match="'tinny': not in the manifest; known are tiny"):
        models.fetch("tinny", lambda _: None)
    assert left(folder) == []


@pytest.mark.parametrize("damage", ["[tiny", "[tiny]\ntitle = 'x'", "tiny = 1", "[tiny]\nunknown = 1", None])
def test_a_damaged_manifest_is_an_error(folder: Path, damage: str | None) -> None:
    """No TOML, keys missing or unknown, no file: the manifest is named, with what to do."""
    manifest = folder.parent / "manifest.toml"
    manifest.unlink() if damage is None else manifest.write_text(damage, encoding="utf-8")
    with pytest.raises(ModelError, match=r"manifest\.toml: damaged .*restore it from the release"):
        models.known_models()


def test_the_real_manifest_is_whole() -> None:
    """The manifest that comes with the program names the default model and a sum to check it by."""
    found = models.known_models()["smollm2-135m-instruct"]
    assert len(found.wheel_sha256) == 64
    assert found.gguf.endswith(".gguf")
