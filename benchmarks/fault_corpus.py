"""An endless stream of claims with planted faults beside their sources: what the judge of single words learns from.

    python benchmarks/fault_corpus.py [--shared DIR] [--seed 1] [--count 5]

Reads the training half of NeuS and Reuters-21578. A claim is a sentence of its source, perhaps shortened without harm,
or a summary sentence or headline that the source covers; three in five get a fault (`planted_faults.py`). Prints the
first examples, faulty words in brackets; says so when the data is absent.
"""

import argparse
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

from harness import DEFAULT_SHARED, Row, rows
from pipeline.digest.condense import harmless_cuts
from pipeline.text.facts import facts
from pipeline.text.normalise import without_dateline
from pipeline.text.sentences import sentences
from pipeline.text.words import content_stems
from planted_faults import Claim, Contexts, Example, Surroundings, contexts_of, planted, sound

NEUS = "neus/train.mds.jsonl.gz"
REUTERS = "reuters21578/corpus.jsonl.gz"
FAULTY, SHORTENED, TOKENISED = 0.6, 0.5, 0.15
MOST_CLAIMS = 7
MOST_SOURCE_WORDS, FEWEST_SOURCE_SENTENCES = 170, 2
CLAIM_WORDS = range(7, 46)
FEWEST_WORDS_SHORTENED = 5
WRITTEN_WEIGHT = 2.5
"""A summary sentence or headline is taken so much more often than a sentence of the source."""
SUMMARY_COVERED, FEWEST_SUMMARY_WORDS = 0.6, 7
TITLE_COVERED, FEWEST_TITLE_WORDS = 0.75, 6
"""The share of the content words that the source must hold."""
REUTERS_TITLE_COVERED, FEWEST_REUTERS_TITLE_WORDS = 0.8, 5
MOST_REUTERS, FEWEST_REUTERS_WORDS = 4000, 61
REUTERS_SENTENCES, REUTERS_SENTENCE_WORDS = 8, range(5, 56)
FEWEST_SENTENCES = 3
MOST_DIGITS = 0.15
"""Lines with a larger share of digits are tables."""

# A mark at a word's end stands alone, but for the stop of "u.s."; so do brackets, and what an apostrophe joins.
_MARK = re.compile(r"(?<!\.[a-z])([.,;:!?])(?=\W*(?:\s|$))|([()])")
_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "“": " '' ", "”": " '' ", '"': " '' "})
_JOINED = re.compile(r"(\w)('s|n't)\b")


@dataclass(frozen=True, slots=True)
class _Report:
    """The sentences of a source, those of them that are shown, and what people wrote that these cover."""

    sentences: tuple[str, ...]
    shown: tuple[str, ...]
    written: tuple[str, ...]

    @property
    def usual(self) -> list[str]:
        """The shown sentences that make a claim: neither scraps nor very long."""
        return [sentence for sentence in self.shown if len(sentence.split()) in CLAIM_WORDS]

    @property
    def is_usable(self) -> bool:
        """Whether enough is shown and there is something to claim."""
        return len(self.shown) >= FEWEST_SOURCE_SENTENCES and bool(self.usual or self.written)


def examples(data: Path, seed: int) -> Iterator[Example]:
    """Examples without end, always the same for a seed; each round takes every report and claims other things of it."""
    random = Random(seed)  # noqa: S311 - a fixed order is the point
    reports = [*_neus(data, random), *_reuters(data, random)]
    contexts = contexts_of(sentence.split() for report in reports for sentence in report.sentences)
    usable = [report for report in reports if report.is_usable]
    random.shuffle(usable)
    while usable:
        for report in usable:
            yield _example(report, contexts, random)


def _neus(data: Path, random: Random) -> Iterator[_Report]:
    """Stories: the sentences of their articles, with the human summary and the titles."""
    stories = rows(data / NEUS)
    random.shuffle(stories)
    for story in stories:
        found = tuple(
            " ".join(sentence.split())
            for article in story["articles"]
            for sentence in sentences(article.get("text") or "")
        )
        if len(found) >= FEWEST_SENTENCES:
            shown = _shown(found)
            yield _Report(found, shown, (*_summary(story, shown), *_titles(story, shown)))


def _summary(story: Row, shown: Sequence[str]) -> Iterator[str]:
    """The sentences of the summary that the shown ones cover, facts and all."""
    known = facts(" ".join(shown))
    for sentence in sentences(story["summary"]):
        said = facts(sentence)
        all_known = said.numbers <= known.numbers and said.days <= known.days and said.names <= known.names
        if all_known and len(sentence.split()) >= FEWEST_SUMMARY_WORDS and _covered(sentence, shown) >= SUMMARY_COVERED:
            yield sentence


def _titles(story: Row, shown: Sequence[str]) -> Iterator[str]:
    """The titles that the shown sentences cover; their capitals do not tell names."""
    known = facts(" ".join(shown)).numbers
    for title in (article.get("title") or "" for article in story["articles"]):
        long_enough = len(title.split()) >= FEWEST_TITLE_WORDS
        if long_enough and facts(title).numbers <= known and _covered(title, shown) >= TITLE_COVERED:
            yield title


def _reuters(data: Path, random: Random) -> Iterator[_Report]:
    """Wire reports: a few successive sentences, with the headline."""
    long_enough = [row for row in rows(data / REUTERS) if len((row.get("text") or "").split()) >= FEWEST_REUTERS_WORDS]
    random.shuffle(long_enough)
    for row in long_enough[:MOST_REUTERS]:
        lines = (" ".join(sentence.split()) for sentence in sentences(without_dateline(row["text"])))
        prose = [line for line in lines if _is_prose(line)]
        if len(prose) < FEWEST_SENTENCES:
            continue
        start = random.randrange(max(1, len(prose) - 5)) if random.random() < 0.5 else 0
        found = tuple(prose[start : start + REUTERS_SENTENCES])
        shown = _shown(found)
        # Headlines are all capitals.
        title = (row.get("title") or "").capitalize()
        long_title = len(title.split()) >= FEWEST_REUTERS_TITLE_WORDS
        yield _Report(found, shown, (title,) if long_title and _covered(title, shown) >= REUTERS_TITLE_COVERED else ())


def _is_prose(line: str) -> bool:
    """Whether a line is a sentence rather than a scrap or a table."""
    digits = sum(character.isdigit() for character in line)
    return len(line.split()) in REUTERS_SENTENCE_WORDS and digits < MOST_DIGITS * len(line)


def _shown(found: Sequence[str]) -> tuple[str, ...]:
    """The first sentences, as many as the reader of the source gets to see."""
    total = 0
    for count, sentence in enumerate(found):
        total += len(sentence.split())
        if total > MOST_SOURCE_WORDS:
            return tuple(found[:count])
    return tuple(found)


def _covered(text: str, shown: Sequence[str]) -> float:
    """The share of a text's content words that the shown sentences hold; 0.0 when it has none."""
    stems = set(content_stems(text))
    return len(stems & set(content_stems(" ".join(shown)))) / len(stems) if stems else 0.0


def _example(report: _Report, contexts: Contexts, random: Random) -> Example:
    """A report with claims about it."""
    usual = report.usual
    weights = [1.0] * len(usual) + [WRITTEN_WEIGHT] * len(report.written)
    texts = random.choices([*usual, *report.written], weights, k=MOST_CLAIMS)
    surroundings = Surroundings(tuple(tuple(sentence.split()) for sentence in report.shown), contexts)
    distinct: dict[tuple[str, ...], Claim] = {}
    for text in texts:
        claim = sound(_shortened(text, random) if text in usual else text)
        faulty = planted(claim, surroundings, random) if random.random() < FAULTY else None
        made = faulty or claim
        distinct.setdefault(made.words, made)
    example = Example(report.shown, tuple(distinct.values()))
    return _tokenised(example) if random.random() < TOKENISED else example


def _shortened(sentence: str, random: Random) -> str:
    """The sentence, half the time without a part that does no harm to leave out, if it has one."""
    cuts = harmless_cuts(sentence)
    if not cuts or random.random() >= SHORTENED:
        return sentence
    start, end = random.choice(cuts)
    rest = (sentence[:start] + sentence[end:]).strip()
    return rest[:1].upper() + rest[1:] if len(rest.split()) >= FEWEST_WORDS_SHORTENED else sentence


def _tokenised(example: Example) -> Example:
    """The example as the releases of CNN/DM are written; a claim's marks stand on all that its words become."""
    claims = []
    for claim in example.claims:
        split = [
            (token, is_fault)
            for word, is_fault in zip(claim.words, claim.faults, strict=True)
            for token in tokenised(word).split()
        ]
        claims.append(Claim(tuple(token for token, _ in split), tuple(is_fault for _, is_fault in split)))
    return Example(tuple(map(tokenised, example.source)), tuple(claims))


def tokenised(text: str) -> str:
    """Lower case, with spaces before marks and joined endings, and doubled single quotes for quotation marks."""
    apart = _MARK.sub(r" \1\2 ", text.lower().translate(_STRAIGHT))
    return " ".join(_JOINED.sub(r"\1 \2", apart).split())


def marked(claim: Claim) -> str:
    """The claim with its faulty words in brackets."""
    return " ".join(f"[{word}]" if is_fault else word for word, is_fault in zip(claim.words, claim.faults, strict=True))


def main() -> None:
    """Print the first examples."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=5)
    options = parser.parse_args()
    data = options.shared / "data"
    absent = [name for name in (NEUS, REUTERS) if not (data / name).is_file()]
    if absent:
        print(f"skipped: {data} does not hold {' and '.join(absent)}")
        return
    for example in islice(examples(data, options.seed), options.count):
        print(" ".join(example.source))
        for claim in example.claims:
            print(f"  {'faulty' if claim.is_faulty else 'sound ':6} {marked(claim)}")


if __name__ == "__main__":
    main()
