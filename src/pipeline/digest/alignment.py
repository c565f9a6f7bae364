"""Which source sentences a sentence of a digest most likely rests on: those that share its rarer words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log

from pipeline.text.sentences import sentences
from pipeline.text.words import content_stems

LONGEST_SENTENCE = 120
"""Words of one source sentence that are read; what is longer is a table or a text without full stops."""
EVERYWHERE = 0.3
"""What a stem counts for that every sentence holds."""
SHORT = 5
"""Added to a sentence's length before its score is tempered by it, so that fragments do not win."""
TEMPER = 0.3
DEEPEST = 6
"""Source sentences looked at for each sentence of a digest."""


@dataclass(frozen=True)
class Passages:
    """The sentences of a story's or a summary's sources, in the order of the texts."""

    texts: tuple[str, ...]

    @cached_property
    def stems(self) -> tuple[frozenset[str], ...]:
        """The content stems of each sentence."""
        return tuple(frozenset(content_stems(text)) for text in self.texts)

    @cached_property
    def rarity(self) -> dict[str, float]:
        """How telling a stem is: the logarithm of how few of the sentences hold it (Spärck Jones 1972)."""
        counts = Counter(stem for stems in self.stems for stem in stems)
        return {stem: log((len(self.texts) + 1) / count) + EVERYWHERE for stem, count in counts.items()}


def passages(documents: Sequence[str]) -> Passages:
    """All sentences of the documents, each on one line, each the first `LONGEST_SENTENCE` words at most."""
    told = (text.split() for document in documents for text in sentences(document))
    return Passages(tuple(" ".join(words[:LONGEST_SENTENCE]) for words in told if words))


def aligned(claims: Sequence[str], sources: Passages, most_words: int) -> tuple[str, ...]:
    """The source sentences that the claims rest on, at most `most_words` words of them, in the order of the texts.

    The best of every claim comes first, then the second best of every claim, and so on, as far as there is room; the
    best one is taken whatever its length.
    """
    ranked = [_ranked(frozenset(content_stems(claim)), sources) for claim in claims]
    chosen: set[int] = set()
    room = most_words
    for rank in range(DEEPEST):
        for places in ranked:
            if rank >= len(places) or places[rank] in chosen:
                continue
            length = len(sources.texts[places[rank]].split())
            if length <= room or not chosen:
                chosen.add(places[rank])
                room -= length
    return tuple(sources.texts[place] for place in sorted(chosen))


def _ranked(claim: frozenset[str], sources: Passages) -> list[int]:
    """The places of the sentences that share most with a claim, best first; those early in the text win ties."""
    scores = (
        sum(sorted(sources.rarity[stem] for stem in claim & stems)) / (len(stems) + SHORT) ** TEMPER
        for stems in sources.stems
    )
    return [place for _, place in sorted((-round(score, 9), place) for place, score in enumerate(scores))[:DEEPEST]]
