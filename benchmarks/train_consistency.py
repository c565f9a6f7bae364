"""Train the consistency model: an adapter by which the embedded model tells the words its sources do not bear out.

    python benchmarks/train_consistency.py [--shared DIR] [--steps 560] [--threads 1] [--out DIR]

Needs the development data (`DIR/data`), of which only NeuS train and Reuters-21578 are read, and the embedded model
(`newsfold models fetch`). Low-rank adaptation (Hu et al. 2021) of the linear layers, AdamW, cosine schedule. The same
steps and threads on the same machine give the same file. Prints the loss as it goes and, at the end, how well planted
faults of texts kept out are told from honest sentences (area under the ROC curve).
"""

import argparse
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import save_file
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from transformers import AutoConfig, AutoModel, AutoTokenizer

from fault_corpus import examples
from harness import DEFAULT_SHARED
from pipeline.digest.consistency import Pack, log_odds, packed
from pipeline.digest.models import known_models
from pipeline.locations import consistency_model
from planted_faults import Claim, Example

BASE = "smollm2-135m-instruct"
SEED = 20261124
LAYERS, FIRST_ADAPTED = 20, 6
RANK = 16
STRENGTH = 0.45
"""How much of the trained adapter is used; see `pipeline.digest.consistency.Settings`."""
SOURCES_A_STEP = 4
ADAPTER_RATE, HEAD_RATE = 4e-4, 2e-3
WARM_UP = 20
FAULT_WEIGHT = 2.0
"""How much more a faulty token counts than an honest one: there are fifteen of these to one of those."""
WHOLE_WEIGHT = 0.5
KEPT_OUT = 40


@dataclass(frozen=True, slots=True)
class Lesson:
    """A pack and what is true of it: for each claim, for each of its tokens, whether a fault is there."""

    pack: Pack
    faults: tuple[torch.Tensor, ...]


def build_model(folder: Path) -> Any:  # noqa: ANN401 - the classes are chosen by the libraries
    """The lower layers of the embedded model with a fresh adapter and a fresh head."""
    config = AutoConfig.from_pretrained(folder)
    config.num_hidden_layers = LAYERS
    model = AutoModel.from_pretrained(folder, config=config, dtype=torch.bfloat16, use_safetensors=True)
    torch.manual_seed(SEED)
    adapter = LoraConfig(
        r=RANK,
        lora_alpha=2 * RANK,
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
        layers_to_transform=list(range(FIRST_ADAPTED, LAYERS)),
        layers_pattern="layers",
    )
    adapted = get_peft_model(model, adapter)
    adapted.head = nn.Linear(config.hidden_size, 2)
    nn.init.zeros_(adapted.head.weight)
    nn.init.zeros_(adapted.head.bias)
    return adapted


def lesson(tokenizer: Any, example: Example) -> Lesson:  # noqa: ANN401 - the class is chosen by the library
    """An example as tokens; a token is faulty when any character of a faulty word is in it."""
    told = [" ".join(claim.words) for claim in example.claims]
    pack = packed(tokenizer, example.source, told)
    faults = (
        torch.tensor([any(marks[start:stop]) for start, stop in offsets], dtype=torch.float32)
        for marks, offsets in zip(map(_character_marks, example.claims), pack.offsets, strict=True)
    )
    return Lesson(pack, tuple(faults))


def _character_marks(claim: Claim) -> list[bool]:
    """For every character of a claim, the space before a word counted to it, whether its word is faulty."""
    marks: list[bool] = []
    for word, faulty in zip(claim.words, claim.faults, strict=True):
        marks += [faulty] * (len(word) + bool(marks))
    return marks


def loss_of(model: Any, lesson: Lesson) -> torch.Tensor:  # noqa: ANN401 - the class is chosen by the library
    """Cross entropy over the tokens of all claims, and half as much over the claims as wholes."""
    odds = log_odds(model, lesson.pack)
    tokens = torch.cat([odds[start : stop - 1, 0] for start, stop in lesson.pack.spans])
    wholes = torch.stack([odds[stop - 1, 1] for _, stop in lesson.pack.spans])
    faulty = torch.stack([faults.max() for faults in lesson.faults])
    at_tokens = cross_entropy(tokens, torch.cat(lesson.faults), pos_weight=torch.tensor(FAULT_WEIGHT))
    return at_tokens + WHOLE_WEIGHT * cross_entropy(wholes, faulty)


def train(model: Any, lessons: Iterator[Lesson], steps: int) -> None:  # noqa: ANN401 - the class is chosen by the library
    """Adapt the model in place; each step learns from the claims on a few sources."""
    adapter = [weight for name, weight in model.named_parameters() if "lora_" in name]
    groups = [{"params": adapter, "lr": ADAPTER_RATE}, {"params": model.head.parameters(), "lr": HEAD_RATE}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)

    def rate(step: int) -> float:
        return min(1.0, (step + 1) / WARM_UP) * (0.05 + 0.475 * (1 + math.cos(math.pi * step / steps)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, rate)
    shown = 0.0
    for step in range(steps):
        optimiser.zero_grad()
        for taught in islice(lessons, SOURCES_A_STEP):
            loss = loss_of(model, taught) / SOURCES_A_STEP
            loss.backward()  # type: ignore[no-untyped-call]  # torch's types end here
            shown += loss.item()
        nn.utils.clip_grad_norm_(adapter, 1.0)
        optimiser.step()
        schedule.step()
        if step % 10 == 9:
            print(f"step {step + 1:4} of {steps}: loss {shown / 10:.3f}", flush=True)
            shown = 0.0


@torch.inference_mode()
def report(model: Any, lessons: list[Lesson]) -> None:  # noqa: ANN401 - the class is chosen by the library
    """Print how well faults of texts kept out are found, by the most doubted token, the whole, and token by token."""
    found = [(taught, log_odds(model, taught.pack)) for taught in lessons]
    faulty = [bool(faults.max()) for taught, _ in found for faults in taught.faults]
    spans = [(odds, start, stop) for taught, odds in found for start, stop in taught.pack.spans]
    by_token = roc_auc_score(faulty, [float(odds[start : stop - 1, 0].max()) for odds, start, stop in spans])
    by_whole = roc_auc_score(faulty, [float(odds[stop - 1, 1]) for odds, start, stop in spans])
    print(f"kept out, {len(faulty)} claims: by most doubted token {by_token:.3f}, by whole {by_whole:.3f}")


def save(model: Any, folder: Path) -> None:  # noqa: ANN401 - the class is chosen by the library
    """Write adapter and head, their settings beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    adapter = {name: weight for name, weight in get_peft_model_state_dict(model).items() if "lora_" in name}
    weights = {name: weight.to(torch.bfloat16) for name, weight in adapter.items()}
    save_file(weights, folder / "adapter_model.safetensors")
    save_file({name: weight.detach() for name, weight in model.head.named_parameters()}, folder / "head.safetensors")
    settings = model.peft_config["default"]
    settings.base_model_name_or_path, settings.inference_mode = BASE, True
    settings.save_pretrained(folder)
    about = json.dumps({"base": BASE, "layers": LAYERS, "strength": STRENGTH})
    (folder / "consistency.json").write_text(f"{about}\n", encoding="utf-8")


def main() -> None:
    """Train, report, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    parser.add_argument("--steps", type=int, default=560)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=consistency_model())
    chosen = parser.parse_args()
    if not (chosen.shared / "data").is_dir():
        sys.exit(f"no data to train on at {chosen.shared}; give the folder with --shared")
    torch.set_num_threads(chosen.threads)
    base = known_models()[BASE]
    if not base.is_here:
        sys.exit(f"{BASE} is not here; run `newsfold models fetch`")
    tokenizer = AutoTokenizer.from_pretrained(base.folder)
    lessons = (lesson(tokenizer, example) for example in examples(chosen.shared / "data", SEED))
    kept_out = list(islice(lessons, KEPT_OUT))
    model = build_model(base.folder)
    train(model, lessons, chosen.steps)
    report(model, kept_out)
    save(model, chosen.out)


if __name__ == "__main__":
    main()
