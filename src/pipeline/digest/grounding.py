"""Whether a sentence's facts and words are found in the sources it cites.

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
ROOT = 4
"""Letters that two names of one root share at least."""
_LONE_START = re.compile(r"\W*([A-Z][a-z]+)(?=\s+[^A-Z\s])")
# Tokenised text parts "13, 000" and "98. 7".
_PARTED_NUMBER = re.compile(r"(?<=\d)([.,]) (?=\d)")
_NOT_WORD = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence is supported, how well (0 to 1), and why not."""

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
        numbers=found.numbers | numbers(_PARTED_NUMBER.sub(r"\1", whole)),
        days=found.days,
        names=found.names,
        text=_plain(whole),
    )


def judge(sentence: str, sources: Sources) -> Verdict:
    """The verdict on one sentence, its score the share of its content words found; the first fault is its reason.

    Numbers have been compared by value, so how they are spelled counts for nothing: "70" covers "seventy".
    """
    fault = fault_of_facts(sentence, sources)
    score, unknown = share_known(sentence, sources)
    if not fault and score < COVERED:
        fault = f"words not in the sources: {', '.join(sorted(unknown)[:5])}"
    return Verdict(not fault, score, fault)


def share_known(sentence: str, sources: Sources) -> tuple[float, set[str]]:
    """The share of a sentence's content stems that a source holds, 0 to 1, and those that none does.

    Numbers whose value a source gives are known, however they are spelled.
    """
    stems = set(content_stems(sentence))
    given = _number_stems(sentence) if numbers(sentence) <= sources.numbers else set()
    unknown = stems - sources.stems - given
    return (round(1 - len(unknown) / len(stems), 4) if stems else 1.0), unknown


def fault_of_facts(sentence: str, sources: Sources) -> str:
    """The first fact of the sentence that the sources do not hold, "" when they hold all."""
    stated = facts(sentence)
    if missing := sorted(stated.numbers - sources.numbers):
        return f"number not in the sources: {missing[0]}"
    if missing := sorted(stated.days - sources.days):
        return f"date not in the sources: {missing[0]}"
    names = stated.names - sources.names - _lone_start(sentence)
    if missing := sorted(name for name in names if not _is_known(name, sources)):
        return f"name not in the sources: {missing[0]}"
    if missing := [quotation for quotation in stated.quotations if _plain(quotation) not in sources.text]:
        return f"quotation not in the sources: {missing[0][:60]}"
    return ""


def _lone_start(sentence: str) -> set[str]:
    """The first word when its place alone may give it its capital, so that it need not be a name."""
    found = _LONE_START.match(sentence)
    return {found[1].casefold()} if found else set()


def _is_known(name: str, sources: Sources) -> bool:
    """Whether the sources hold all words of a name, or a name of one root: "Chinese" where they say "China"."""
    if set(words(name)) <= sources.words:
        return True
    root = name[:ROOT]
    return len(name) > ROOT and any(known.startswith(root) for known in sources.names)


def _number_stems(sentence: str) -> set[str]:
    """Stems of the words that are, or scale, a number."""
    found = (word for word in words(sentence) if word[0].isdigit() or numbers(f"1 {word}") != {"1"})
    return {stem(word) for word in found}


def _plain(text: str) -> str:
    """Words alone with single spaces, so that quotation marks and line ends do not matter."""
    return _NOT_WORD.sub(" ", comparable(text)).strip()
