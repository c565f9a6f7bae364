"""Tiny real models with random weights: what holds for them holds for any model, and nothing is downloaded."""

import json
from pathlib import Path
from typing import Any

SEED = 20260310
END, PAD = "<|end|>", "<|pad|>"
_TEXT = (
    "The old bridge in Lindmar, which was opened in 1932, will be closed to all traffic on Monday, the mayor said.",
    "Police arrested two men in Aldvik on Sunday after a fire in a warehouse that left 300 people without a home.",
    "Shorten the sentence. Keep names and numbers exactly as they are. You are a news editor. Add nothing.",
)
_CHAT = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def build_causal(folder: Path) -> Path:
    """A Llama of two layers with a chat template, as safetensors."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _tokenizer()
    tokenizer.chat_template = _CHAT
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        bos_token_id=tokenizer.eos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(SEED)
    return _saved(LlamaForCausalLM(config), tokenizer, folder)


def build_seq2seq(folder: Path, **generation: int) -> Path:
    """A BART of one layer each way, as safetensors; `generation` goes into its generation settings."""
    import torch
    from transformers import BartConfig, BartForConditionalGeneration

    tokenizer = _tokenizer()
    config = BartConfig(
        vocab_size=len(tokenizer),
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        bos_token_id=tokenizer.eos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        decoder_start_token_id=tokenizer.eos_token_id,
        forced_eos_token_id=None,
    )
    torch.manual_seed(SEED)
    model = BartForConditionalGeneration(config)
    for name, value in generation.items():
        setattr(model.generation_config, name, value)
    return _saved(model, tokenizer, folder)


def build_consistency(folder: Path, base: str) -> Path:
    """An adapter on the second layer of the causal model, known as `base`, and a head; both of random weights."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir()
    chance = torch.Generator().manual_seed(1)
    name = "base_model.model.layers.1.mlp.up_proj.lora_{}.weight"
    adapter = {
        name.format("A"): torch.randn(4, 32, generator=chance),
        name.format("B"): torch.randn(64, 4, generator=chance),
    }
    save_file(adapter, folder / "adapter_model.safetensors")
    save_file({"weight": torch.randn(2, 32, generator=chance), "bias": torch.ones(2)}, folder / "head.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps({"r": 4, "lora_alpha": 8}), encoding="utf-8")
    settings = {"base": base, "layers": 2, "strength": 0.5}
    (folder / "consistency.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def _tokenizer() -> Any:  # noqa: ANN401 - the library is untyped
    """A byte-level BPE tokenizer that can write any text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=[END, PAD, "<|system|>", "<|user|>", "<|assistant|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_TEXT, trainer)
    fast: Any = PreTrainedTokenizerFast
    return fast(tokenizer_object=tokenizer, eos_token=END, pad_token=PAD)


def _saved(model: Any, tokenizer: Any, folder: Path) -> Path:  # noqa: ANN401 - classes of an untyped library
    """The folder with model and tokenizer inside."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
