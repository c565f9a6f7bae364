"""The checker: whether a sentence's facts and words are found in the sources it cites.

A sentence is refused when a number, day, name or quotation in it is in no source, or when too many of its other words
are. What a digest writes must pass this and be a harmless shortening of one source sentence besides (`condense`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.text.facts import facts, numbers
from pipeline.text.normalise import comparable
from pipeline.text.words import content_stems, stem, words

COVERED = 0.9
"""Share of a sentence's content words that must stand in the sources; chosen on dev halves, see benchmarks."""
_NOT_WORD = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence is supported, the share of its content words found (0 to 1), and why not."""

    supported: bool
    score: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """What the cited sources hold, read once and asked often."""

    words: frozenset[str]
    stems: frozenset[str]
    numbers: frozenset[str]
    days: frozenset[str]
    names: frozenset[str]
    text: str


def read_sources(texts: Sequence[str]) -> Sources:
    """The facts and words of source texts (sentences or whole articles, titles included)."""
    whole = "\n".join(texts)
    found = facts(whole)
    return Sources(
        words=frozenset(words(whole)),
        stems=frozenset(content_stems(whole)),
        numbers=found.numbers,
        days=found.days,
        names=found.names,
        text=_plain(whole),
    )


def judge(sentence: str, sources: Sources) -> Verdict:
    """The verdict on one sentence; the first fault found is its reason.

    Numbers have been compared by value, so how they are spelled counts for nothing: "70" covers "seventy".
    """
    fault = _fault(sentence, sources)
    stems = set(content_stems(sentence))
    unknown = stems - sources.stems - (set() if fault else _number_stems(sentence))
    score = round(1 - len(unknown) / len(stems), 4) if stems else 1.0
    if not fault and score < COVERED:
        fault = f"words not in the sources: {', '.join(sorted(unknown)[:5])}"
    return Verdict(not fault, score, fault)


def _fault(sentence: str, sources: Sources) -> str:
    """The first fact of the sentence that the sources do not hold, "" when they hold all."""
    stated = facts(sentence)
    if missing := sorted(stated.numbers - sources.numbers):
        return f"number not in the sources: {missing[0]}"
    if missing := sorted(stated.days - sources.days):
        return f"date not in the sources: {missing[0]}"
    names = stated.names - sources.names
    if missing := sorted(name for name in names if not set(words(name)) <= sources.words):
        return f"name not in the sources: {missing[0]}"
    if missing := [quotation for quotation in stated.quotations if _plain(quotation) not in sources.text]:
        return f"quotation not in the sources: {missing[0][:60]}"
    return ""


def _number_stems(sentence: str) -> set[str]:
    """Stems of the words that are, or scale, a number."""
    found = (word for word in words(sentence) if word[0].isdigit() or numbers(f"1 {word}") != {"1"})
    return {stem(word) for word in found}


def _plain(text: str) -> str:
    """Words alone with single spaces, so that quotation marks and line ends do not matter."""
    return _NOT_WORD.sub(" ", comparable(text)).strip()
