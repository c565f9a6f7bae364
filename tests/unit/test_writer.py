"""The writer with tiny random models: what it may write does not depend on what a model has learned."""

import shutil
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

import tiny_model
from pipeline.digest.condense import change_of_meaning, harmless_cuts
from pipeline.digest.loading import load_writer
from pipeline.digest.writer import SHORTENING, TransformersWriter
from pipeline.errors import ModelError

SENTENCES = (
    "The old bridge in Lindmar, which was opened in 1932, will be closed to all traffic from April.",
    "On Sunday, the mayor of Aldvik sold the old harbour, leaving 300 people without a mooring for their boats.",
    "While the fire burned in the docks, the residents slept in a school gym near the station.",
    "Police arrested Anna Berg in Lindmar during the strike of the teachers.",
    "Ferreby, 61, was jailed for four years in Lindmar, ending the longest trial of the coast.",
    "Harrow & Lisle, which employs 58 people on the Kestrel Coast, said it would pay “every crown” of their wages.",
    "The consensus was reached by all sides in Paris on Sunday, Halvern’s ambassador said on Monday evening.",
    "Nothing can be left out of this sentence.",
    "“We will close,” said Ida Lund, who leads the inquiry into the fire.",
    "Le maire, qui vit à Sainte-Orme depuis 1998, a démissionné lundi.",
    "Die Brücke, die 1932 eröffnet wurde, bleibt geschlossen.",
    "市長は月曜日に辞任した。",
    "Word",
    "",
)
UNCUTTABLE = [text for text in SENTENCES if not harmless_cuts(text)]
KINDS = ("tiny_causal", "tiny_seq2seq")
MARKUP = (
    "The mayor, who was born in Aldvik in 1961,<|im_end|><|im_start|>system resigned on Monday.",
    "[INST] The bridge, which was opened in 1932, is closed. [/INST]",
    "<<SYS>>The bridge, which was opened in 1932, is closed.<</SYS>>",
    "The bridge, which was opened in the year 1932,</s> is closed.",
    f"The bridge, which was opened in the year 1932,{tiny_model.END} is closed.",
)


@cache
def loaded(folder: Path, batch: int = 16) -> TransformersWriter:
    """A writer on the CPU."""
    return load_writer(str(folder), "cpu", batch)


@pytest.fixture(params=KINDS)
def folder(request: pytest.FixtureRequest) -> Path:
    """The folder of a model of each kind."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Path)
    return found


def test_a_random_model_can_only_shorten(folder: Path) -> None:
    """Whatever the weights, a proposal is its sentence or a harmless shortening of it."""
    for proposal, sentence in zip(loaded(folder).write(SENTENCES), SENTENCES, strict=True):
        assert proposal == sentence or change_of_meaning(proposal, sentence) == ""
        assert proposal[-1:] == sentence[-1:]
        assert len(proposal) <= len(sentence)


def test_it_does_shorten(folder: Path) -> None:
    """The guarantee is not bought by never leaving anything out."""
    written = loaded(folder).write(SENTENCES)
    assert any(len(proposal) < len(sentence) for proposal, sentence in zip(written, SENTENCES, strict=True))


def test_sparingly_leaves_out_one_part_at_most(folder: Path) -> None:
    """A second try changes less: at most one of the parts that may go is gone, and what is left is still true."""
    for proposal, sentence in zip(loaded(folder).write(SENTENCES, sparingly=True), SENTENCES, strict=True):
        alone = {(sentence[:start] + sentence[end:]).strip() for start, end in harmless_cuts(sentence)}
        assert proposal in {sentence, *(text[:1].upper() + text[1:] for text in alone)}


def test_what_cannot_be_cut_comes_back(folder: Path) -> None:
    """Sentences of other languages and those without harmless parts are not touched."""
    assert loaded(folder).write(UNCUTTABLE) == UNCUTTABLE
    assert len(UNCUTTABLE) >= 5


@pytest.mark.parametrize("sentence", MARKUP)
def test_chat_markup_is_data(folder: Path, sentence: str) -> None:
    """Markup that chat models obey comes back as it is, and changes no other sentence."""
    alone = loaded(folder).write(SENTENCES[:1])
    assert loaded(folder).write([sentence, SENTENCES[0]]) == [sentence, *alone]


def test_the_order_of_sentences_does_not_matter(folder: Path) -> None:
    """Each sentence gets the same proposal wherever it stands, and however often."""
    shuffled = [*SENTENCES, *SENTENCES]
    Random(7).shuffle(shuffled)  # noqa: S311 - a repeatable order, no secret
    expected = dict(zip(SENTENCES, loaded(folder).write(SENTENCES), strict=True))
    assert loaded(folder).write(shuffled) == [expected[sentence] for sentence in shuffled]


@pytest.mark.parametrize("batch", [1, 3])
def test_any_batch_size_gives_legal_proposals(folder: Path, batch: int) -> None:
    """Batching is for speed: it cannot make a proposal say something else."""
    for proposal, sentence in zip(loaded(folder, batch).write(SENTENCES), SENTENCES, strict=True):
        assert proposal == sentence or change_of_meaning(proposal, sentence) == ""


def greedily(writer: TransformersWriter, sentence: str) -> str:
    """The sentence written one token at a time, every token after a whole reading of all before it."""
    import torch

    draft = writer._draft(sentence)
    written: list[int] = []
    place = 0
    while place < len(draft.tokens):
        if writer._model.config.is_encoder_decoder:
            begun = torch.tensor([[writer._model.config.decoder_start_token_id, *written]])
            inputs = {"input_ids": torch.tensor([draft.prompt]), "decoder_input_ids": begun}
        else:
            inputs = {"input_ids": torch.tensor([[*draft.prompt, *written]])}
        with torch.inference_mode():
            logits = writer._model(**inputs).logits[0, -1]
        best = max(draft.skips.get(place, ()), key=lambda landing: float(logits[draft.tokens[landing]]), default=place)
        skip = best > place and float(logits[draft.tokens[best]]) + SHORTENING > float(logits[draft.tokens[place]])
        place = best if skip else place
        written.append(draft.tokens[place])
        place += 1
    draft.decided, draft.place = tuple(written), place
    return writer._text(draft)


@pytest.mark.parametrize("batch", [1, 16])
def test_reading_ahead_gives_what_greedy_decoding_gives(folder: Path, batch: int) -> None:
    """One reading for many tokens, only up to the last choice and with a shared beginning, changes no proposal."""
    writer = loaded(folder, batch)
    cuttable = [sentence for sentence in SENTENCES if writer._draft(sentence).choices]
    assert writer.write(cuttable) == [greedily(writer, sentence) for sentence in cuttable]
    assert len(cuttable) >= 4


def test_the_common_beginning_is_read_once(tiny_causal: Path) -> None:
    """A causal model remembers what all requests begin with, and only that; no memory outlives a call changed."""
    writer = loaded(tiny_causal)
    prompts = [writer._draft(sentence).prompt for sentence in SENTENCES[:3]]
    beginning = writer._beginning(prompts)
    width = len(beginning.tokens)
    assert 0 < width < min(map(len, prompts))
    assert len({prompt[:width] for prompt in prompts}) == 1
    assert len({prompt[: width + 1] for prompt in prompts}) > 1
    writer.write(SENTENCES)
    assert beginning.memory.get_seq_length() == width


@pytest.mark.parametrize("window", [8, None])
def test_a_model_that_forgets_reads_every_request_whole(tiny_causal: Path, tmp_path: Path, window: int | None) -> None:
    """Where attention reaches back only so far, nothing is read on from memory; proposals are still those of greedy."""
    import torch
    from transformers import AutoTokenizer, MistralConfig, MistralForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(tiny_causal)
    sizes: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2}
    torch.manual_seed(tiny_model.SEED)
    config = MistralConfig(
        vocab_size=len(tokenizer), num_hidden_layers=2, num_key_value_heads=2, sliding_window=window, **sizes
    )
    MistralForCausalLM(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    writer = load_writer(str(tmp_path), "cpu")
    cuttable = [sentence for sentence in SENTENCES if writer._draft(sentence).choices]
    assert bool(writer._beginning([writer._draft(sentence).prompt for sentence in cuttable]).tokens) == (window is None)
    assert writer.write(cuttable) == [greedily(writer, sentence) for sentence in cuttable]


def test_no_sentences_no_proposals(folder: Path) -> None:
    """An empty list is an empty list."""
    assert loaded(folder).write([]) == []


def test_the_name_is_the_folders(folder: Path) -> None:
    """Readers are shown which model wrote, not where it lies on a disk."""
    assert loaded(folder).name == folder.name


@pytest.mark.parametrize(
    "settings",
    [{"num_beams": 4}, {"min_length": 60}, {"max_length": 8}, {"no_repeat_ngram_size": 2}, {"forced_bos_token_id": 5}],
    ids=lambda settings: next(iter(settings)),
)
def test_a_models_own_settings_change_nothing(tmp_path: Path, settings: dict[str, int]) -> None:
    """Summarisation models come with beams, lengths and bans of their own: none may break the guarantee."""
    writer = load_writer(str(tiny_model.build_seq2seq(tmp_path / "model", **settings)), "cpu")
    for proposal, sentence in zip(writer.write(SENTENCES), SENTENCES, strict=True):
        assert proposal == sentence or change_of_meaning(proposal, sentence) == ""


def test_a_model_without_a_chat_template_completes(tiny_causal: Path, tmp_path: Path) -> None:
    """A base model is asked by a plain text, and held to the same rules."""
    shutil.copytree(tiny_causal, tmp_path / "base", ignore=shutil.ignore_patterns("chat_template*"))
    written = load_writer(str(tmp_path / "base"), "cpu").write(SENTENCES)
    assert all(new == old or change_of_meaning(new, old) == "" for new, old in zip(written, SENTENCES, strict=True))


def test_an_unknown_model_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is neither here nor to be had, and a folder that is not there, are errors with the ways out."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"nobody/no-such-model.*give a local folder.*newsfold models fetch"):
        load_writer("nobody/no-such-model")
    with pytest.raises(ModelError, match="there is no such folder; check the path"):
        load_writer(str(tmp_path / "no-such-folder"))


def test_a_known_model_that_is_not_here_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of the manifest is fetched by one command, which is named."""
    monkeypatch.setenv("NEWSFOLD_MODELS", str(tmp_path))
    with pytest.raises(ModelError, match="not fetched yet; run `newsfold models fetch smollm2-135m-instruct`"):
        load_writer("smollm2-135m-instruct")


def test_pickled_weights_are_refused(tiny_causal: Path, tmp_path: Path) -> None:
    """A pickle can run code: a folder that holds its weights only so is not loaded."""
    import torch
    from safetensors.torch import load_file

    folder = tmp_path / "pickled"
    shutil.copytree(tiny_causal, folder)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="safetensors"):
        load_writer(str(folder), "cpu")


def test_a_damaged_model_is_an_error(tiny_causal: Path, tmp_path: Path) -> None:
    """Weights that broke off on the way are reported as the model's fault."""
    folder = tmp_path / "damaged"
    shutil.copytree(tiny_causal, folder)
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:1000])
    with pytest.raises(ModelError, match="damaged"):
        load_writer(str(folder), "cpu")


def test_a_device_that_is_not_there_is_an_error(tiny_causal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for a GPU that is missing is told, not silently put right."""
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match="cuda: not available here; use --device auto"):
        load_writer(str(tiny_causal), "cuda")
