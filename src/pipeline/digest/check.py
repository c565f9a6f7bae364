"""The checker: whether a sentence is supported by its sources, by its words and by how a trained model reads it.

Two judges that know different things. `grounding` compares words: a number, day, name or quotation that no source holds
is refused, whatever else speaks for the sentence, and every other word that none holds speaks against it. The
consistency model (`consistency`) reads sources and sentence and doubts words: who did what to whom, opposites,
negations, pieces of two sentences put together. Its doubt of a sentence is that of its words on average, of the worst
of them, for one wrong word makes a sentence wrong, and of the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import exp

from pipeline.digest.alignment import Passages, aligned, passages
from pipeline.digest.consistency import Reader, Reading
from pipeline.digest.grounding import Sources, Verdict, fault_of_facts, read_sources, share_known
from pipeline.text.casing import recased, untokenised
from pipeline.text.sentences import sentences

SOURCE_WORDS = 230
"""Words of the sources that are read for the sentences of one batch."""
BATCH = 8
"""Sentences read together on the same sources."""
LONGEST = 150
"""Words of a sentence that can be checked."""
LEAST_ODDS, MOST_ODDS = -5.0, 3.0
"""Beyond these log odds a word is certain, and counts no more for being more so."""
WORST = 0.5
"""What the worst word counts for beside the average of all."""
FAULTY = 0.1
"""The score of a sentence with a fact that no source holds is at most this."""
EVEN = -0.65
"""The doubt at which a sentence is as likely supported as not; chosen on development halves, one for all of them."""
SUSPICION = 0.5
"""Log odds of a fault anywhere from which the sentence as a whole is suspect; free wording seldom reaches it."""
UNKNOWN = 3.0
"""What it counts for when none of a sentence's content words is in the sources."""


class Setting(Enum):
    """The least score that supports a sentence.

    Balanced errs as often on either side; strict lets a twentieth of the unsupported summaries of FRANK and CLIFF pass.
    """

    BALANCED = 0.5
    STRICT = 0.875


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence of a summary and the verdict on it."""

    text: str
    verdict: Verdict


class Checker:
    """Checks summaries against documents with a consistency model."""

    def __init__(self, model: Reader, setting: Setting = Setting.BALANCED) -> None:
        self._model = model
        self._setting = setting

    def check(self, summary: str, documents: Sequence[str]) -> tuple[Checked, ...]:
        """Each sentence of the summary with its verdict.

        A summary in lower case or with spaces around its marks is first spelled as its documents are.
        """
        spelled = recased(untokenised(summary), "\n".join(documents))
        told = [sentence for sentence in sentences(spelled) if sentence.strip()]
        return tuple(map(Checked, told, self.verdicts(told, documents)))

    def verdicts(self, told: Sequence[str], documents: Sequence[str]) -> list[Verdict]:
        """The verdict on each of these sentences, which are spelled as the documents are."""
        facts, source_sentences = read_sources(documents), passages(documents)
        found: list[Verdict] = []
        for start in range(0, len(told), BATCH):
            found += self._verdicts(told[start : start + BATCH], facts, source_sentences)
        return found

    def _verdicts(self, told: Sequence[str], facts: Sources, source_sentences: Passages) -> list[Verdict]:
        """The verdicts on a few sentences that are read together."""
        readable = [sentence for sentence in told if not _is_too_long(sentence)]
        sources = aligned(readable, source_sentences, SOURCE_WORDS)
        readings = dict(zip(readable, self._model.read(sources, readable), strict=True)) if sources else {}
        return [self._verdict(sentence, readings.get(sentence), facts) for sentence in told]

    def _verdict(self, sentence: str, reading: Reading | None, facts: Sources) -> Verdict:
        """The verdict on one sentence; the first fault found is its reason."""
        if _is_too_long(sentence):
            return Verdict(False, 0.0, f"longer than {LONGEST} words, too long to be checked")
        if reading is None:
            return Verdict(False, 0.0, "no source sentence to hold it against")
        known, _ = share_known(sentence, facts)
        score = round(1 / (1 + exp(doubt(reading) + UNKNOWN * (1 - known) - EVEN)), 4)
        if fault := fault_of_facts(sentence, facts):
            return Verdict(False, min(score, FAULTY), fault)
        if score < self._setting.value:
            return Verdict(False, score, f"not borne out, most of all {reading.most_doubted(sentence)!r}")
        return Verdict(True, score)


def _is_too_long(sentence: str) -> bool:
    return len(sentence.split()) > LONGEST


def doubt(reading: Reading) -> float:
    """How much a sentence is doubted: the mean of its words' log odds of being wrong, half of the worst one's, and what
    the model thinks of the whole, so far as that goes beyond `SUSPICION`.
    """
    odds = [min(max(token, LEAST_ODDS), MOST_ODDS) for token in reading.tokens]
    return sum(odds) / len(odds) + WORST * max(reading.tokens) + max(0.0, reading.whole - SUSPICION)
