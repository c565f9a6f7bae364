"""Loading the models: the writer's, by a name of the manifest, a hub id or a local folder, and the checker's."""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.config import Device
from pipeline.digest.check import Checker, Setting
from pipeline.digest.consistency import ConsistencyModel, Reading, adapted, settings_of
from pipeline.digest.models import known_models
from pipeline.digest.writer import TransformersWriter
from pipeline.errors import ModelError
from pipeline.locations import consistency_model

_SPINS = "10000"
"""Rounds that a thread without work goes before it sleeps; libgomp's own 300,000 take a time slice."""


def load_writer(name: str, device: Device = "auto", batch: int = 16) -> TransformersWriter:
    """Load a model; causal and sequence-to-sequence ones are told apart by their configuration.

    Only safetensors are read and no code of the model's is run. Raises ModelError with what to do when the model is
    not here and no hub can be reached, or when it is of a kind that does not write.
    """
    where = _resolve(name)
    _share_cores()
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

    _be_quiet()
    chosen = _device(device)
    try:
        config = AutoConfig.from_pretrained(where, trust_remote_code=False)
        kind = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
        model: Any = kind.from_pretrained(where, dtype=_dtype(chosen), use_safetensors=True, trust_remote_code=False)
        tokenizer = AutoTokenizer.from_pretrained(where, trust_remote_code=False)
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(_not_loaded(name, error)) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return TransformersWriter(Path(name).name, model.to(chosen).eval(), tokenizer, batch)


def load_checker(setting: Setting, device: Device = "auto") -> Checker:
    """The checker with the shipped consistency model. Raises ModelError as `load_consistency_model` does."""
    return Checker(load_consistency_model(device), setting)


class WriterWhenNeeded:
    """A writer whose model is loaded when it is first asked to write: a night with nothing to write loads none."""

    def __init__(self, name: str, device: Device, batch: int) -> None:
        self.name = Path(name).name
        self._load = cache(lambda: load_writer(name, device, batch))

    def write(self, sentences: Sequence[str], sparingly: bool = False) -> list[str]:
        """One proposal for each sentence. Raises ModelError as `load_writer` does."""
        return self._load().write(sentences, sparingly)


class ReaderWhenNeeded:
    """The shipped consistency model, loaded when it first has something to read."""

    def __init__(self, device: Device) -> None:
        self._load = cache(lambda: load_consistency_model(device))

    def read(self, sources: Sequence[str], sentences: Sequence[str]) -> list[Reading]:
        """What the model thinks of each sentence. Raises ModelError as `load_consistency_model` does."""
        return self._load().read(sources, sentences)


def load_consistency_model(device: Device = "auto") -> ConsistencyModel:
    """Load the shipped consistency model, an adapter on the lower layers of an embedded model.

    Raises ModelError with what to do when the embedded model is not here or a file is damaged.
    """
    folder = consistency_model()
    settings = settings_of(folder)
    where = _resolve(settings.base)
    _share_cores()
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    _be_quiet()
    chosen = _device(device)
    try:
        config = AutoConfig.from_pretrained(where, trust_remote_code=False)
        config.num_hidden_layers = settings.layers
        model: Any = AutoModel.from_pretrained(
            where, config=config, dtype=_dtype(chosen), use_safetensors=True, trust_remote_code=False
        )
        tokenizer = AutoTokenizer.from_pretrained(where, trust_remote_code=False)
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(_not_loaded(settings.base, error)) from error
    return ConsistencyModel(adapted(model, folder).to(chosen).eval(), tokenizer)


def check_models(name: str, device: Device = "auto") -> None:
    """Look whether a writer and the checker's model can be here, without loading them; a hub id is taken at its word.

    Raises ModelError with what to do when a model or the device is not here, or weights are not whole.
    """
    for model in dict.fromkeys((name, settings_of(consistency_model()).base)):
        _require_whole(model, Path(_resolve(model)))
    if device in ("cuda", "mps"):
        _device(device)


def _require_whole(name: str, folder: Path) -> None:
    """Raises ModelError when a local folder has no weights, or some cut off: their headers tell how long they are."""
    if not folder.is_dir():
        return
    from safetensors import SafetensorError, safe_open

    files = list(folder.glob("*.safetensors"))
    try:
        for file in files:
            with safe_open(file, framework="np"):
                pass
    except (OSError, SafetensorError) as error:
        raise ModelError(_not_loaded(name, error)) from error
    if not files:
        raise ModelError(_not_loaded(name, FileNotFoundError(f"no safetensors in {folder}")))


def _share_cores() -> None:
    """Have torch's threads sleep while they wait for each other; libgomp reads this once, when torch is loaded.

    They wait for each other after every step. Where other work keeps the cores busy a thread that spins keeps out the
    very thread that it waits for: a digest takes five times as long or more. On idle cores nothing is lost, as it would
    be by not spinning at all (OMP_WAIT_POLICY=passive). See benchmarks/RESULTS.md.
    """
    if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} & os.environ.keys():
        os.environ["GOMP_SPINCOUNT"] = _SPINS


def _be_quiet() -> None:
    """Keep the library from writing to a terminal that belongs to the command line."""
    import transformers

    transformers.utils.logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # the library is partly typed
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # the library is partly typed


def _resolve(name: str) -> str:
    """The folder of a manifest model, else the name as it is. Raises ModelError for a folder that is not there."""
    model = known_models().get(name)
    if model is None:
        if name.startswith((".", "/", "~")) and not Path(name).expanduser().is_dir():
            raise ModelError(f"model {name!r}: there is no such folder; check the path")
        return str(Path(name).expanduser()) if name.startswith("~") else name
    if not model.is_here:
        raise ModelError(f"model {name}: not fetched yet; run `newsfold models fetch {name}`")
    return str(model.folder)


def _device(device: Device) -> str:
    """`auto` resolved: CUDA, then MPS, then the CPU. Raises ModelError when a device asked for is not there."""
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        return next(name for name, is_there in there.items() if is_there)
    if not there[device]:
        raise ModelError(f"device {device}: not available here; use --device auto")
    return device


def _dtype(device: str) -> Any:  # noqa: ANN401 - torch is imported only here
    """float32 on a CPU, where it is no slower and the number of threads cannot tip a choice; else bfloat16."""
    import torch

    return torch.float32 if device == "cpu" else torch.bfloat16


def _not_loaded(name: str, error: Exception) -> str:
    """What to tell the user: the cause in one line, and the ways out."""
    cause = str(error).strip().splitlines()[0]
    return (
        f"model {name!r}: cannot be loaded ({cause}); give a local folder with safetensors, a hub id while a hub can be"
        f" reached, or one of {', '.join(sorted(known_models()))} after `newsfold models fetch`"
    )
