"""The writer: a language model behind a one-method protocol, asked to shorten one source sentence at a time.

The embedded model has 135 million parameters. Asked for a digest of a story it mixes up who did what, and even asked
to shorten a sentence it changes it. So its decoding is constrained: at every token it may go on with the source or skip
a part that can be left out without harm (`condense.harmless_cuts`). What to leave out is the model's choice.

Between two such choices the next token is certain, so nothing is generated token by token: the model reads the rest of
the sentence in one pass, the first skip it prefers is taken, and it reads again. The result is that of greedy decoding.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
        undecided = list(drafts.values())
        if sparingly:
            self._read(undecided, _Draft.take_surest_skip)
            undecided = []
        while undecided:
            undecided = [draft for draft in self._read(undecided, _Draft.take_first_skip) if draft.skipped]
        return [self._text(drafts[text]) if text in drafts else text for text in sentences]

    def _draft(self, sentence: str) -> "_Draft":
        """Where writing starts: the request read, nothing decided."""
        encoded = self._tokenizer(sentence, add_special_tokens=False, return_offsets_mapping=True)
        starts = [start for start, _ in encoded["offset_mapping"]]
        skips: dict[int, tuple[int, ...]] = {}
        for cut_start, cut_end in _worthwhile_cuts(sentence):
            first, after = _token_at(starts, sentence, cut_start), _token_at(starts, sentence, cut_end)
            if first is not None and after is not None and after < len(starts):
                skips[first] = (*skips.get(first, ()), after)
        return _Draft(self._prompt(sentence), tuple(encoded["input_ids"]), skips)

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

    def _read(self, drafts: Sequence["_Draft"], take: Callable[["_Draft", "torch.Tensor"], None]) -> list["_Draft"]:
        """Let the model read every draft once, batches of like length together; each takes one skip or none."""
        by_length = sorted(drafts, key=lambda draft: len(draft.prompt) + len(draft.decided) + len(draft.rest))
        for start in range(0, len(by_length), self._batch):
            batch = by_length[start : start + self._batch]
            for draft, logits in zip(batch, self._logits(batch), strict=True):
                take(draft, logits)
        return by_length

    def _logits(self, drafts: Sequence["_Draft"]) -> list["torch.Tensor"]:
        """For each draft the logits of the tokens of its rest, shape (rest, vocabulary)."""
        import torch

        if self._model.config.is_encoder_decoder:
            beginning = (self._model.config.decoder_start_token_id,)
            written = [(*beginning, *draft.decided, *draft.rest) for draft in drafts]
            source, mask = self._padded([draft.prompt for draft in drafts])
            inputs = {"input_ids": source, "attention_mask": mask, "decoder_input_ids": self._padded(written)[0]}
        else:
            written = [(*draft.prompt, *draft.decided, *draft.rest) for draft in drafts]
            source, mask = self._padded(written)
            inputs = {"input_ids": source, "attention_mask": mask}
        with torch.inference_mode():
            logits = self._model(**inputs).logits.float()
        # The logits at one place are of the token at the next.
        return [
            logits[row, len(tokens) - len(draft.rest) - 1 : len(tokens) - 1]
            for row, (draft, tokens) in enumerate(zip(drafts, written, strict=True))
        ]

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
        text = self._tokenizer.decode([*draft.decided, *draft.rest], skip_special_tokens=True)
        line = re.sub(r"\s+([.,;:])", r"\1", " ".join(text.split()))
        return line[:1].upper() + line[1:]


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
    skipped: bool = True

    @property
    def rest(self) -> tuple[int, ...]:
        """The tokens about which nothing is decided yet."""
        return self.tokens[self.place :]

    def take_first_skip(self, logits: "torch.Tensor") -> None:
        """Skip to where the first preferred jump leads; `logits` are those of the rest, shape (rest, vocabulary)."""
        self._take(next(self._preferred(logits), None))

    def take_surest_skip(self, logits: "torch.Tensor") -> None:
        """Skip where the model prefers it most, if anywhere; `logits` are those of the rest."""
        self._take(max(self._preferred(logits), key=lambda skip: (skip.margin, -skip.place), default=None))

    def _preferred(self, logits: "torch.Tensor") -> Iterator["_Skip"]:
        """The best jump at every place where the model would rather skip than go on."""
        for place in range(self.place, len(self.tokens)):
            at = logits[place - self.place]
            along = self.tokens[place]
            landings = [landing for landing in self.skips.get(place, ()) if self.tokens[landing] != along]
            best = max(landings, key=lambda landing: float(at[self.tokens[landing]]), default=None)
            if best is not None:
                margin = float(at[self.tokens[best]]) + SHORTENING - float(at[along])
                if margin > 0:
                    yield _Skip(place, best, margin)

    def _take(self, skip: "_Skip | None") -> None:
        """Decide on a skip, or on none any more."""
        self.skipped = skip is not None
        if skip is not None:
            self.decided = (*self.decided, *self.tokens[self.place : skip.place])
            self.place = skip.landing


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
