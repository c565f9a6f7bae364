"""How well the similarity of pairs agrees with what people say: SemEval-2022 task 8, English development pairs.

    python benchmarks/pair_scores.py [--shared ../shared]

People scored two articles from 1, the same story, to 4, unrelated; correlations here are with the score's negative, so
that higher is better. Pairs are judged in the context of a night: all articles of all pairs are in one, each once.
Prints a Markdown table. The test half is never read.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.stats import pearsonr, spearmanr

from harness import DEFAULT_SHARED, Row, head, rows
from pipeline.clustering.proposals import proposed
from pipeline.clustering.similarity import Context, read_texts
from pipeline.clustering.surroundings import resemblance
from pipeline.clustering.vectors import Floats, cosines
from pipeline.records import Article

PAIRS = "semeval2022_en/dev.pairs.jsonl.gz"
LEAST_CHANCE = 1e-6
"""Log odds are taken of chances at least so far from 0 and 1."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    options = parser.parse_args()
    path = options.shared / "data" / PAIRS
    if not path.is_file():
        print(f"skipped: {options.shared} does not hold {PAIRS}")
        return
    print(head("numpy", "scipy"))
    print(table(rows(path)))


def table(pairs: list[Row]) -> str:
    """The correlations of every way to compare two articles, in Markdown."""
    alike = -np.array([row["overall"] for row in pairs])
    lines = [f"| {len(pairs)} pairs | Pearson | Spearman |", "|---|---|---|"]
    for label, values in compared(pairs).items():
        lines.append(f"| {label} | {pearsonr(values, alike)[0]:.3f} | {spearmanr(values, alike)[0]:.3f} |")
    return "\n".join(lines)


def compared(pairs: list[Row]) -> dict[str, Floats]:
    """What every way to compare two articles says of each pair, all in one night, shape (pairs,) each."""
    numbers: dict[str, int] = {}
    for row in pairs:
        for key in ("text1", "text2"):
            numbers.setdefault(row[key], len(numbers))
    texts = read_texts([Article(str(number), "", text) for text, number in numbers.items()])
    both = np.sort([[numbers[row["text1"]], numbers[row["text2"]]] for row in pairs], axis=1)
    left, right = both[:, 0], both[:, 1]
    chances = Context(texts, proposed(texts)).similarity(left, right)
    clipped = np.clip(chances, LEAST_CHANCE, 1 - LEAST_CHANCE)
    return {
        "similarity in context": chances,
        "its log odds": np.log(clipped / (1 - clipped)),
        "cosine of the whole texts": cosines(texts.tonight.whole, left, right),
        "resemblance by themselves": resemblance(texts.tonight, texts.words, left, right),
    }


if __name__ == "__main__":
    main()
