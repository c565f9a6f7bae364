"""The writer: a language model behind a one-method protocol, asked to shorten one source sentence at a time.

The embedded model has 135 million parameters. Asked for a digest of a story it mixes up who did what, and even asked
to shorten a sentence it changes it. So its decoding is constrained: at every token it may go on with the source or skip
a part that can be left out without harm (`condense.harmless_cuts`). What to leave out is the model's choice.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.config import Device
from pipeline.digest.condense import harmless_cuts
from pipeline.digest.models import known_models
from pipeline.errors import ModelError

if TYPE_CHECKING:
    import torch

_ROLE = "You are a news editor. Shorten the sentence. Keep names and numbers exactly as they are. Add nothing."
# One worked example (of an invented event): small models follow an example better than a rule.
_REQUEST = (
    "Shorten: The old road bridge in Lindholm, which was opened by the king in 1932, will be closed to all traffic from"
    " 1 April because of rust in its main girders, putting an end to years of debate."
)
_ANSWER = "The old road bridge in Lindholm will be closed to all traffic from 1 April."
SHORTENING = 1.5
"""Added to the logit of every token that skips a part: the writer is there to shorten."""
# Chat markup inside an article is not markup: "<|im_end|>", "[INST]", "<<SYS>>", "</s>".
_MARKUP = re.compile(r"<\|.*?\|>|\[/?INST\]|<</?SYS>>|</?s>", re.IGNORECASE)


class Writer(Protocol):
    """Anything that can shorten sentences. `name` is shown to readers."""

    name: str

    def write(self, sentences: Sequence[str]) -> list[str]:
        """One proposal for each sentence, in order; an empty string when there is none."""
        ...


class TransformersWriter:
    """A Hugging Face model, causal or sequence-to-sequence. Use `load_writer` to make one."""

    def __init__(self, name: str, model: Any, tokenizer: Any, batch: int) -> None:  # noqa: ANN401 - classes chosen at run time
        self.name = name
        self._model = model
        self._tokenizer = tokenizer
        self._batch = batch

    def write(self, sentences: Sequence[str]) -> list[str]:
        """One proposal for each sentence, in order; greedy, so the same sentences give the same proposals.

        A sentence of which nothing can be left out, or that holds chat markup, comes back as it is.
        """
        proposals = list(sentences)
        open_to_cuts = [row for row, text in enumerate(sentences) if harmless_cuts(text) and not _MARKUP.search(text)]
        by_length = sorted(open_to_cuts, key=lambda row: (len(sentences[row]), sentences[row]))
        for start in range(0, len(by_length), self._batch):
            rows = by_length[start : start + self._batch]
            for row, text in zip(rows, self._generate([sentences[row] for row in rows]), strict=True):
                proposals[row] = text
        return proposals

    def _generate(self, sentences: Sequence[str]) -> list[str]:
        """Proposals for one batch."""
        import torch
        from transformers import LogitsProcessorList

        inputs = self._tokenizer(
            [self._prompt(sentence) for sentence in sentences],
            return_tensors="pt",
            padding=True,
            add_special_tokens=not self._tokenizer.chat_template,
        ).to(self._model.device)
        paths = [self._path(sentence) for sentence in sentences]
        prompt_length = 0 if self._model.config.is_encoder_decoder else inputs["input_ids"].shape[1]
        with torch.inference_mode():
            output = self._model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                do_sample=False,
                max_new_tokens=max(len(path.tokens) for path in paths) + 2,
                pad_token_id=self._tokenizer.pad_token_id,
                logits_processor=LogitsProcessorList([_AlongTheSource(paths)]),
            )
        answers = self._tokenizer.batch_decode(output[:, prompt_length:], skip_special_tokens=True)
        return [_tidied(answer) for answer in answers]

    def _prompt(self, sentence: str) -> str:
        """The request as this model wants it: a chat, a plain completion, or the bare sentence."""
        if self._model.config.is_encoder_decoder:
            return sentence
        if not self._tokenizer.chat_template:
            return f"{_ROLE}\n\n{_REQUEST}\nShort:\n{_ANSWER}\n\nShorten: {sentence}\nShort:\n"
        messages = [
            {"role": "system", "content": _ROLE},
            {"role": "user", "content": _REQUEST},
            {"role": "assistant", "content": _ANSWER},
            {"role": "user", "content": f"Shorten: {sentence}"},
        ]
        return str(self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))

    def _path(self, sentence: str) -> "_Path":
        """The tokens of the sentence and which of them may be skipped together."""
        encoded = self._tokenizer(sentence, add_special_tokens=False, return_offsets_mapping=True)
        starts = [start for start, _ in encoded["offset_mapping"]]
        ends = [end for _, end in encoded["offset_mapping"]]
        skips: dict[int, tuple[int, ...]] = {}
        for cut_start, cut_end in harmless_cuts(sentence):
            first, after = _token_at(starts, sentence, cut_start), _token_at(starts, sentence, cut_end)
            if first is not None and after is not None and (first == 0 or ends[first - 1] <= cut_start):
                skips[first] = (*skips.get(first, ()), after)
        end = self._model.generation_config.eos_token_id
        return _Path(tuple(encoded["input_ids"]), skips, end[0] if isinstance(end, list) else end)


@dataclass(frozen=True, slots=True)
class _Path:
    """A sentence's tokens, the jumps allowed from a token's place to a later one, and the token that ends it."""

    tokens: tuple[int, ...]
    skips: Mapping[int, tuple[int, ...]]
    end: int

    def next_tokens(self, places: frozenset[int]) -> tuple[set[int], set[int]]:
        """Tokens that go on from any of the places, and tokens that skip a part to go on."""
        along = {self._token(place) for place in places}
        return along, {self._token(place) for place in self._landings(places)} - along

    def advance(self, places: frozenset[int], token: int) -> frozenset[int]:
        """The places after a token: usually one, more while it cannot be told whether a part was skipped."""
        reached = places | self._landings(places)
        return frozenset(place + 1 for place in reached if self._token(place) == token)

    def _landings(self, places: frozenset[int]) -> frozenset[int]:
        """Where jumps lead, jumps upon jumps included."""
        found: set[int] = set()
        waiting = list(places)
        while waiting:
            for landing in self.skips.get(waiting.pop(), ()):
                if landing not in found:
                    found.add(landing)
                    waiting.append(landing)
        return frozenset(found)

    def _token(self, place: int) -> int:
        return self.tokens[place] if place < len(self.tokens) else self.end


class _AlongTheSource:
    """A logits processor that keeps each row of the batch on its own path."""

    def __init__(self, paths: Sequence[_Path]) -> None:
        self._paths = paths
        self._places = [frozenset({0}) for _ in paths]
        self._started = False

    def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        """`scores`, shape (batch, vocabulary), minus infinity for every token that leaves the path."""
        import torch

        if self._started:
            for row, token in enumerate(input_ids[:, -1].tolist()):
                self._places[row] = self._paths[row].advance(self._places[row], token)
        self._started = True
        masked = torch.full_like(scores, float("-inf"))
        for row, (path, places) in enumerate(zip(self._paths, self._places, strict=True)):
            along, skipping = path.next_tokens(places or frozenset({len(path.tokens)}))
            for tokens, bonus in ((along, 0.0), (skipping, SHORTENING)):
                index = torch.tensor(sorted(tokens), dtype=torch.long, device=scores.device)
                masked[row, index] = scores[row, index] + bonus
        return masked


def _token_at(starts: Sequence[int], sentence: str, place: int) -> int | None:
    """The token that starts at a character, a space before it allowed for; None when it lies inside a token."""
    if place >= len(sentence):
        return len(starts)
    inside = place + 1 if sentence[place].isspace() else place
    return next((token for token, start in enumerate(starts) if start in (place, inside)), None)


def load_writer(name: str, device: Device = "auto", batch: int = 16) -> TransformersWriter:
    """Load a model by a name of the manifest, a hub id or a local folder.

    Only safetensors are read and no code of the model's is run. Raises ModelError with what to do when the model is
    not here and no hub can be reached, or when it is of a kind that does not write.
    """
    where = _resolve(name)
    import torch
    import transformers
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

    transformers.utils.logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # the library is partly typed
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # the library is partly typed
    chosen = _device(device)
    try:
        config = AutoConfig.from_pretrained(where, trust_remote_code=False)
        kind = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
        # CPUs compute in float32 either way; in it the result does not depend on how many threads share the work.
        dtype = torch.float32 if chosen == "cpu" else torch.bfloat16
        model: Any = kind.from_pretrained(where, dtype=dtype, use_safetensors=True, trust_remote_code=False)
        tokenizer = AutoTokenizer.from_pretrained(where, padding_side="left", trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ModelError(_not_loaded(name, error)) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    if config.is_encoder_decoder:
        tokenizer.padding_side = "right"
    return TransformersWriter(Path(name).name, model.to(chosen).eval(), tokenizer, batch)


def _resolve(name: str) -> str:
    """The folder of a manifest model, else the name as it is."""
    model = known_models().get(name)
    if model is None:
        return name
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


def _not_loaded(name: str, error: Exception) -> str:
    """What to tell the user: the cause in one line, and the ways out."""
    cause = str(error).strip().splitlines()[0]
    return (
        f"model {name!r}: cannot be loaded ({cause}); give a local folder with safetensors, a hub id while a hub can be"
        f" reached, or one of {', '.join(sorted(known_models()))} after `newsfold models fetch`"
    )


def _tidied(text: str) -> str:
    """An answer on one line, with a capital at its start and no spaces before its marks."""
    line = re.sub(r"\s+([.,;:])", r"\1", " ".join(text.split()))
    return line[:1].upper() + line[1:]
