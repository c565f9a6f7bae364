"""How the embedded model goes on with a sentence whose source it has not read: faults like those of real summarisers.

What a summariser invents is what seems likely to it, not a piece of another text. So the model itself is asked: given
one sentence of the source as what the matter is about, and the beginning of a claim, it writes an end of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from pipeline.text.sentences import sentences
from planted_faults import Words

MOST_TOKENS = 14
BATCH = 96
LIKELIEST = 0.8
"""Sampled among the tokens that make up this much of the probability (Holtzman et al. 2020)."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The beginning of a claim and a sentence on what it is about, which does not tell how it ends."""

    about: str
    words: Words

    @property
    def prompt(self) -> str:
        """What the model goes on with."""
        return f"{self.about} {' '.join(self.words)}"


@torch.inference_mode()
def imagined(openings: Sequence[Opening], model: Any, tokenizer: Any, seed: int) -> list[Words]:  # noqa: ANN401 - classes chosen by the library
    """The words with which the model ends each opening, in order, its first sentence only; may be none at all.

    The same openings, seed and number of threads give the same words.
    """
    torch.manual_seed(seed)
    tokenizer.padding_side = "left"
    order = sorted(range(len(openings)), key=lambda place: len(openings[place].prompt))
    ends: dict[int, Words] = {}
    for start in range(0, len(order), BATCH):
        places = order[start : start + BATCH]
        read = tokenizer([openings[place].prompt for place in places], return_tensors="pt", padding=True)
        written = model.generate(
            **read,
            do_sample=True,
            top_p=LIKELIEST,
            top_k=0,
            max_new_tokens=MOST_TOKENS,
            pad_token_id=tokenizer.pad_token_id,
        )
        added = tokenizer.batch_decode(written[:, read["input_ids"].shape[1] :], skip_special_tokens=True)
        for place, text in zip(places, added, strict=True):
            ends[place] = _first_sentence(openings[place], text)
        print(f"imagined {min(start + BATCH, len(order))} of {len(order)}", flush=True)
    return [ends[place] for place in range(len(openings))]


def _first_sentence(opening: Opening, text: str) -> Words:
    """The words that end the opening's own sentence; none when the text begins inside its last word."""
    line = text.split("\n")[0]
    if not line[:1].isspace():
        return ()
    told = sentences(f"{' '.join(opening.words)}{line}")[0].split()
    return tuple(told[len(opening.words) :]) if tuple(told[: len(opening.words)]) == opening.words else ()
