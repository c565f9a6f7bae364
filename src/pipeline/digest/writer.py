"""The writer: a language model behind a one-method protocol, asked to shorten one source sentence at a time.

The embedded model has 135 million parameters. Asked for a digest of a story it mixes up who did what, and even asked
to shorten a sentence it changes it. So its decoding is constrained: at every token it may go on with the source or skip
a part that can be left out without harm (`condense.harmless_cuts`). What to leave out is the model's choice.

Between two such choices the next token is certain, so nothing is generated token by token: the model reads the sentence
up to the last choice in one pass, the first skip it prefers is taken, and while choices are left it reads again. The
result is that of greedy decoding. What all requests begin with is read once.
"""

import copy
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.digest.condense import harmless_cuts
from pipeline.digest.instructions import MARKUP

if TYPE_CHECKING:
    import torch

_REQUEST = "Shorten this news sentence: "
# One worked example (of an invented event): small models follow an example better than a rule.
_EXAMPLE = "The bridge in Lindholm, which the king opened in 1932, will be closed from April, ending a long debate."
_ANSWER = "The bridge in Lindholm will be closed from April."
FEWEST_WORDS_CUT = 4
"""A shorter part is not worth its loss: mostly it says when."""
SHORTENING = 1.5
"""Added to the logit of every token that skips a part: the writer is there to shorten."""


class Writer(Protocol):
    """Anything that can shorten sentences. `name` is shown to readers."""

    name: str

    def write(self, sentences: Sequence[str], sparingly: bool = False) -> list[str]:
        """One proposal for each sentence, in order; the sentence itself when there is nothing to propose.

        `sparingly` asks for the least change: it is what a refused proposal is tried again with.
        """
        ...


class TransformersWriter:
    """A Hugging Face model, causal or sequence-to-sequence. `loading.load_writer` makes one."""

    def __init__(self, name: str, model: Any, tokenizer: Any, batch: int) -> None:  # noqa: ANN401 - classes chosen at run time
        self.name = name
        self._model = model
        self._tokenizer = tokenizer
        self._batch = batch

    def write(self, sentences: Sequence[str], sparingly: bool = False) -> list[str]:
        """One proposal for each sentence, in order; greedy, so the same sentences give the same proposals.

        A sentence of which nothing can be left out, or that holds chat markup, comes back as it is. Sparingly, only the
        one part is left out that the model is surest about.
        """
        distinct = sorted({text for text in sentences if _worthwhile_cuts(text) and not MARKUP.search(text)})
        drafts = {text: self._draft(text) for text in distinct}
        undecided = [draft for draft in drafts.values() if draft.choices]
        beginning = self._beginning([draft.prompt for draft in undecided])
        take = _Draft.take_surest_skip if sparingly else _Draft.take_first_skip
        while undecided:
            self._read(undecided, beginning, take)
            undecided = [draft for draft in undecided if draft.choices]
        return [self._text(drafts[text]) if text in drafts else text for text in sentences]

    def _draft(self, sentence: str) -> "_Draft":
        """Where writing starts: the request read, nothing decided."""
        encoded = self._tokenizer(sentence, add_special_tokens=False, return_offsets_mapping=True)
        starts, tokens = [start for start, _ in encoded["offset_mapping"]], encoded["input_ids"]
        skips: dict[int, tuple[int, ...]] = {}
        for cut_start, cut_end in _worthwhile_cuts(sentence):
            first, after = _token_at(starts, sentence, cut_start), _token_at(starts, sentence, cut_end)
            if first is not None and after is not None and after < len(starts) and tokens[first] != tokens[after]:
                skips[first] = (*skips.get(first, ()), after)
        return _Draft(self._prompt(sentence), tuple(tokens), skips)

    def _prompt(self, sentence: str) -> tuple[int, ...]:
        """The request as this model wants it: the bare sentence, a chat, or a plain completion."""
        if self._model.config.is_encoder_decoder:
            return tuple(self._tokenizer(sentence)["input_ids"])
        if not self._tokenizer.chat_template:
            example = f"{_REQUEST}{_EXAMPLE}\nShort:\n{_ANSWER}\n\n"
            return tuple(self._tokenizer(f"{example}{_REQUEST}{sentence}\nShort:\n")["input_ids"])
        chat = [
            {"role": "user", "content": _REQUEST + _EXAMPLE},
            {"role": "assistant", "content": _ANSWER},
            {"role": "user", "content": _REQUEST + sentence},
        ]
        text = self._tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        return tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _beginning(self, prompts: Sequence[tuple[int, ...]]) -> "_Beginning":
        """What the prompts begin with, read once.

        Nothing for models that read a request apart from the answer, or remember other than by attention to all of it:
        not all of these can read several tokens on.
        """
        if not prompts or self._model.config.is_encoder_decoder:
            return _Beginning()
        import torch
        from transformers.cache_utils import DynamicLayer

        # The last token of a prompt is read with its sentence: it is asked for the sentence's first.
        columns = zip(*(prompt[:-1] for prompt in prompts), strict=False)
        shared = tuple(column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns))
        if not shared:
            return _Beginning()
        with torch.inference_mode():
            memory = self._model(input_ids=self._padded([shared])[0], use_cache=True).get("past_key_values")
        attends = bool(memory) and all(type(layer) is DynamicLayer for layer in memory.layers)
        return _Beginning(shared, memory) if attends else _Beginning()

    def _read(
        self, drafts: Sequence["_Draft"], beginning: "_Beginning", take: Callable[["_Draft", list[list[float]]], None]
    ) -> None:
        """Let the model read every draft once, batches of like length together; each takes one skip or none."""
        by_length = sorted(drafts, key=lambda draft: len(draft.prompt) + len(draft.leading))
        for start in range(0, len(by_length), self._batch):
            batch = by_length[start : start + self._batch]
            for draft, logits in zip(batch, self._logits(batch, beginning), strict=True):
                take(draft, logits)

    def _logits(self, drafts: Sequence["_Draft"], beginning: "_Beginning") -> list[list[list[float]]]:
        """For each draft, at each of its choices, the logits of all its tokens, shape (choices, tokens)."""
        import torch

        if self._model.config.is_encoder_decoder:
            written = [(self._model.config.decoder_start_token_id, *draft.leading) for draft in drafts]
            source, mask = self._padded([draft.prompt for draft in drafts])
            inputs = {"input_ids": source, "attention_mask": mask, "decoder_input_ids": self._padded(written)[0]}
        else:
            written = [(*draft.prompt, *draft.leading)[len(beginning.tokens) :] for draft in drafts]
            source, mask = self._padded(written)
            mask = torch.cat([mask.new_ones(len(drafts), len(beginning.tokens)), mask], dim=1)
            inputs = {"input_ids": source, "attention_mask": mask, **beginning.repeated(len(drafts))}
        # The logits at one place are of the token at the next, and the last token is followed by the last choice.
        asked = torch.zeros((len(drafts), max(map(len, written))), dtype=torch.bool, device=self._model.device)
        for row, (draft, tokens) in enumerate(zip(drafts, written, strict=True)):
            asked[row, [len(tokens) - 1 + choice - draft.choices[-1] for choice in draft.choices]] = True
        with torch.inference_mode():
            if "logits_to_keep" in inspect.signature(self._model.forward).parameters:
                logits = self._model(**inputs, logits_to_keep=asked).logits
            else:
                logits = self._model(**inputs).logits[asked]
        found = logits.split([len(draft.choices) for draft in drafts])
        return [rows[:, list(draft.tokens)].tolist() for draft, rows in zip(drafts, found, strict=True)]

    def _padded(self, rows: Sequence[Sequence[int]]) -> tuple["torch.Tensor", "torch.Tensor"]:
        """Token ids filled up on the right, where they change nothing to their left, and the mask of the real ones."""
        import torch

        width = max(len(row) for row in rows)
        filler = self._tokenizer.pad_token_id
        ids = [[*row, *[filler] * (width - len(row))] for row in rows]
        mask = [[1] * len(row) + [0] * (width - len(row)) for row in rows]
        device = self._model.device
        return torch.tensor(ids, device=device), torch.tensor(mask, device=device)

    def _text(self, draft: "_Draft") -> str:
        """What a draft says, on one line, with a capital at its start and no spaces before its marks."""
        text = self._tokenizer.decode([*draft.decided, *draft.tokens[draft.place :]], skip_special_tokens=True)
        line = re.sub(r"\s+([.,;:])", r"\1", " ".join(text.split()))
        return line[:1].upper() + line[1:]


@dataclass(frozen=True, slots=True)
class _Beginning:
    """Tokens that all prompts begin with, and what the model remembers of them."""

    tokens: tuple[int, ...] = ()
    memory: Any = None

    def repeated(self, rows: int) -> dict[str, Any]:
        """The memory as an argument of the model, for so many rows; reading on changes a copy only."""
        if self.memory is None:
            return {}
        memory = copy.deepcopy(self.memory)
        memory.batch_repeat_interleave(rows)
        return {"past_key_values": memory}


@dataclass(slots=True)
class _Draft:
    """A sentence being shortened: its prompt, its tokens, the jumps allowed from one place to a later one.

    `decided` holds the tokens that are certain to stay, `place` is where the rest begins.
    """

    prompt: tuple[int, ...]
    tokens: tuple[int, ...]
    skips: Mapping[int, tuple[int, ...]]
    decided: tuple[int, ...] = ()
    place: int = 0

    @property
    def choices(self) -> list[int]:
        """The places, in order, at which it is yet to be decided whether to skip."""
        return sorted(place for place in self.skips if place >= self.place)

    @property
    def leading(self) -> tuple[int, ...]:
        """The tokens that lead up to the last choice, as they are when nothing more is skipped."""
        return (*self.decided, *self.tokens[self.place : self.choices[-1]])

    def take_first_skip(self, logits: Sequence[Sequence[float]]) -> None:
        """Skip to where the first preferred jump leads; `logits` are of all tokens at each choice."""
        self._take(next(self._preferred(logits), None))

    def take_surest_skip(self, logits: Sequence[Sequence[float]]) -> None:
        """Skip where the model prefers it most, if anywhere, and nowhere else."""
        self._take(max(self._preferred(logits), key=lambda skip: (skip.margin, -skip.place), default=None))
        self._take(None)

    def _preferred(self, logits: Sequence[Sequence[float]]) -> Iterator["_Skip"]:
        """The best jump at every choice where the model would rather skip than go on."""
        for place, at in zip(self.choices, logits, strict=True):
            best = max(self.skips[place], key=lambda landing: at[landing])
            margin = at[best] + SHORTENING - at[place]
            if margin > 0:
                yield _Skip(place, best, margin)

    def _take(self, skip: "_Skip | None") -> None:
        """Decide on a skip, or to go on to the end."""
        place, landing = (skip.place, skip.landing) if skip else (len(self.tokens), len(self.tokens))
        self.decided = (*self.decided, *self.tokens[self.place : place])
        self.place = landing


@dataclass(frozen=True, slots=True)
class _Skip:
    """A jump from a place to a later one, and by how much the model prefers it to going on (a difference of logits)."""

    place: int
    landing: int
    margin: float


def _worthwhile_cuts(sentence: str) -> list[tuple[int, int]]:
    """The harmless cuts long enough to shorten the sentence noticeably."""
    cuts = harmless_cuts(sentence)
    return [(start, end) for start, end in cuts if len(sentence[start:end].split()) >= FEWEST_WORDS_CUT]


def _token_at(starts: Sequence[int], sentence: str, place: int) -> int | None:
    """The token that starts at a character, a space before it allowed for; None when it lies inside a token."""
    inside = place + 1 if sentence[place : place + 1].isspace() else place
    return next((token for token, start in enumerate(starts) if start in (place, inside)), None)
