"""The consistency model: what it reads together it judges apart, and its files are told when damaged."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.digest.consistency import ConsistencyModel, adapted, settings_of
from pipeline.errors import ModelError
from tiny_model import build_causal, build_consistency

SOURCES = ("Police arrested two men in Aldvik on Sunday.", "The mayor opened the bridge.")
SENTENCES = ("Two men were arrested.", "The mayor closed the bridge in Aldvik.", "Nobody was hurt.")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model, and an adapter with a head for its second layer."""
    return build_consistency(build_causal(tmp_path_factory.mktemp("tiny")) / "adapter", "tiny")


def plain(folder: Path) -> Any:  # noqa: ANN401 - the class is chosen by the library
    """The tiny model without its adapter."""
    from transformers import AutoModel

    return AutoModel.from_pretrained(folder.parent).eval()


@pytest.fixture(scope="module")
def model(folder: Path) -> ConsistencyModel:
    """The tiny model with its adapter."""
    from transformers import AutoTokenizer

    return ConsistencyModel(adapted(plain(folder), folder), AutoTokenizer.from_pretrained(folder.parent))


def test_sentences_read_together_are_judged_apart(model: ConsistencyModel) -> None:
    """What stands beside a sentence changes nothing about it: each sees the sources and itself."""
    together = model.read(SOURCES, SENTENCES)
    for sentence, reading in zip(SENTENCES, together, strict=True):
        (alone,) = model.read(SOURCES, [sentence])
        assert reading.whole == pytest.approx(alone.whole, abs=1e-4)
        assert reading.tokens == pytest.approx(alone.tokens, abs=1e-4)
        assert reading.spans == alone.spans


def test_the_sources_matter(model: ConsistencyModel) -> None:
    """Other sources, another judgement."""
    one, other = model.read(SOURCES, SENTENCES[:1])[0], model.read(SOURCES[1:], SENTENCES[:1])[0]
    assert one.whole != pytest.approx(other.whole, abs=1e-4)


def test_every_token_is_found_in_its_sentence(model: ConsistencyModel) -> None:
    """The characters of the tokens, put together, are the sentence: a doubt can be shown where it is."""
    for sentence, reading in zip(SENTENCES, model.read(SOURCES, SENTENCES), strict=True):
        assert len(reading.spans) == len(reading.tokens)
        told = "".join(sentence[start:end] for start, end in reading.spans)
        assert told.replace(" ", "") == sentence.replace(" ", "")


def test_the_adapter_is_added_by_its_scale(folder: Path) -> None:
    """Weights become W + strength (alpha / rank) B A, and the others stay."""
    import torch
    from safetensors.torch import load_file

    weights = load_file(folder / "adapter_model.safetensors")
    before, after = plain(folder), adapted(plain(folder), folder)
    name = "base_model.model.layers.1.mlp.up_proj.lora_{}.weight"
    change = weights[name.format("B")] @ weights[name.format("A")]
    wanted = before.layers[1].mlp.up_proj.weight + change
    assert torch.allclose(after.layers[1].mlp.up_proj.weight, wanted, atol=1e-4)
    assert torch.equal(after.layers[0].mlp.up_proj.weight, before.layers[0].mlp.up_proj.weight)


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors", "head.safetensors"])
def test_damaged_files_are_told(folder: Path, tmp_path: Path, name: str) -> None:
    """A file cut short is one clear error, not a checker that says anything."""
    for path in folder.iterdir():
        content = path.read_bytes()
        (tmp_path / path.name).write_bytes(content[:20] if path.name == name else content)
    with pytest.raises(ModelError, match="damaged"):
        adapted(plain(folder), tmp_path)


def test_a_folder_without_settings_is_told(tmp_path: Path) -> None:
    """So is a folder that holds no model."""
    with pytest.raises(ModelError, match="restore it"):
        settings_of(tmp_path)
