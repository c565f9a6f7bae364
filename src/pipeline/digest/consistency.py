"""The consistency model: which words of a sentence its sources do not bear out.

The embedded language model reads the source sentences and then the sentence in question; an adapter (LoRA, Hu et al.
2021) has taught it to tell at every token whether the sentence departs from what it has read. It was trained on real
sentences into which faults were planted (as FactCC, Kryściński et al. 2020), marked token by token (as DAE, Goyal and
Durrett 2021): `models/consistency/README.md`. Only the lower layers are needed, which makes it a third quicker.

Several sentences on the same sources are read in one pass: each sees the sources and itself, never the others.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.errors import ModelError

if TYPE_CHECKING:
    import torch

SEPARATOR = "\n\nSummary:"
"""What stands between the sources and the sentences."""
END = "\n"
"""What ends a sentence: having read it, the model says what it thinks of the whole."""
MOST_TOKENS = 2048
"""Tokens of the sources that are read at most."""


@dataclass(frozen=True, slots=True)
class Pack:
    """Sources and sentences as one row of tokens.

    `owners` tells which sentence a token belongs to, 0 for the sources; `places` counts each sentence's tokens on from
    the end of the sources; `spans` holds each sentence's tokens with its end mark, `offsets` their characters.
    """

    tokens: tuple[int, ...]
    places: tuple[int, ...]
    owners: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    offsets: tuple[tuple[tuple[int, int], ...], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model thinks of a sentence, in log odds that a fault is there: of each token, and of the whole.

    `spans` are the characters of each token in the sentence.
    """

    tokens: tuple[float, ...]
    spans: tuple[tuple[int, int], ...]
    whole: float

    def most_doubted(self, sentence: str) -> str:
        """The word of the sentence that is doubted most."""
        _, stop = self.spans[max(range(len(self.tokens)), key=self.tokens.__getitem__)]
        begins = sentence.rfind(" ", 0, stop - 1) + 1
        return sentence[begins:].split(" ")[0]


def packed(tokenizer: Any, sources: Sequence[str], sentences: Sequence[str]) -> Pack:  # noqa: ANN401 - class chosen at run time
    """The sources and the sentences as one row of tokens."""
    read = tokenizer(" ".join(sources), add_special_tokens=False)["input_ids"][:MOST_TOKENS]
    tokens = [*read, *tokenizer(SEPARATOR, add_special_tokens=False)["input_ids"]]
    places, owners, spans, offsets = list(range(len(tokens))), [0] * len(tokens), [], []
    first, end = len(tokens), tokenizer(END, add_special_tokens=False)["input_ids"]
    for owner, sentence in enumerate(sentences, start=1):
        encoded = tokenizer(f" {sentence}", add_special_tokens=False, return_offsets_mapping=True)
        claim = [*encoded["input_ids"], *end]
        spans.append((len(tokens), len(tokens) + len(claim)))
        # The space put before the sentence is none of its characters.
        offsets.append(tuple((max(0, start - 1), stop - 1) for start, stop in encoded["offset_mapping"]))
        tokens += claim
        places += range(first, first + len(claim))
        owners += [owner] * len(claim)
    return Pack(tuple(tokens), tuple(places), tuple(owners), tuple(spans), tuple(offsets))


def log_odds(model: Any, pack: Pack) -> "torch.Tensor":  # noqa: ANN401 - class chosen at run time
    """What model and head say at each token of a pack: shape (tokens, 2), log odds of a fault here, and of one in all
    of the sentence up to here.
    """
    import torch

    device = model.head.weight.device
    owners = torch.tensor(pack.owners, device=device)
    earlier = torch.ones(len(owners), len(owners), dtype=torch.bool, device=device).tril()
    seen = earlier & ((owners[None, :] == 0) | (owners[None, :] == owners[:, None]))
    read = model(
        input_ids=torch.tensor([pack.tokens], device=device),
        position_ids=torch.tensor([pack.places], device=device),
        attention_mask=seen[None, None],
        use_cache=False,
    )
    return model.head(read.last_hidden_state[0].float())  # type: ignore[no-any-return]  # the model is untyped


class Reader(Protocol):
    """Anything that tells which words of a sentence its sources do not bear out."""

    def read(self, sources: Sequence[str], sentences: Sequence[str]) -> list[Reading]:
        """What it thinks of each sentence, in order, given the source sentences."""
        ...


class ConsistencyModel:
    """The adapted model. `loading.load_consistency_model` makes one."""

    def __init__(self, model: Any, tokenizer: Any) -> None:  # noqa: ANN401 - classes chosen at run time
        self._model = model
        self._tokenizer = tokenizer

    def read(self, sources: Sequence[str], sentences: Sequence[str]) -> list[Reading]:
        """What the model thinks of each sentence, given the source sentences; the order does not matter."""
        import torch

        pack = packed(self._tokenizer, sources, sentences)
        with torch.inference_mode():
            odds = log_odds(self._model, pack).tolist()
        return [
            Reading(tuple(here for here, _ in odds[start : stop - 1]), offsets, odds[stop - 1][1])
            for (start, stop), offsets in zip(pack.spans, pack.offsets, strict=True)
        ]


def adapted(model: Any, folder: Path) -> Any:  # noqa: ANN401 - class chosen at run time
    """The model with the folder's adapter added to its weights, and the head that reads its last layer.

    Raises ModelError when the files are damaged or made for another model.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        settings = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        scale = settings_of(folder).strength * settings["lora_alpha"] / settings["r"]
        weights = load_file(folder / "adapter_model.safetensors")
        head = load_file(folder / "head.safetensors")
        for name in sorted(name for name in weights if ".lora_A." in name):
            # Low-rank adaptation adds B A to a layer's weights, scaled by alpha over rank; here by the strength too.
            change = weights[name.replace(".lora_A.", ".lora_B.")].float() @ weights[name].float()
            layer = model.get_submodule(name.removeprefix("base_model.model.").split(".lora_A.")[0])
            layer.weight.data += (change * scale).to(layer.weight)
        judgements, width = head["weight"].shape
        model.head = torch.nn.Linear(width, judgements)
        model.head.load_state_dict(head)
    except (OSError, KeyError, ValueError, AttributeError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"consistency model {folder}: damaged ({error}); restore it from the release") from error
    return model


@dataclass(frozen=True, slots=True)
class Settings:
    """What an adapter belongs to: the embedded model, how many of its layers are used, and how much of it is added.

    A model half way between the one trained and the one it was made from keeps what it was taught and loses less of
    what it knew, so it does better on faults unlike those planted (Wortsman et al. 2022).
    """

    base: str
    layers: int
    strength: float


def settings_of(folder: Path) -> Settings:
    """The settings in the adapter's folder. Raises ModelError when it is damaged."""
    try:
        return Settings(**json.loads((folder / "consistency.json").read_text(encoding="utf-8")))
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ModelError(f"consistency model {folder}: damaged ({error}); restore it from the release") from error
