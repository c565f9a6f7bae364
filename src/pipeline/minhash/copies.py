"""What of articles is compared and what counts as a copy, among those of tonight and of earlier nights alike."""

from collections.abc import Sequence

import numpy as np

from pipeline.minhash.bands import Candidates
from pipeline.minhash.documents import Flags, Rows
from pipeline.minhash.hashing import PERMUTATIONS
from pipeline.minhash.overlap import Overlaps
from pipeline.records import Article

THRESHOLD = 0.5
CONTAINMENT = 0.8
SMALLEST_CONTAINED = 30
"""Shingles a contained text must have: a shorter one may be a quotation rather than a cut reprint."""
DOUBT, SLACK = 4, 0.8
"""Standard deviations by which an estimate may be wrong, and the share of its bound that containment may fall short."""


class ArticleTexts(Sequence[str]):
    """What articles are compared by, made when asked for: a night's texts need not lie in memory twice."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self._articles = articles

    def __len__(self) -> int:
        return len(self._articles)

    def __getitem__(self, row: int) -> str:  # type: ignore[override]  # nobody asks for slices
        article = self._articles[row]
        return compared(article.title, article.text)


def compared(title: str, text: str) -> str:
    """What an article is compared by."""
    return f"{title}\n{text}" if title else text


def may_be_copies(proposed: Candidates, sizes: Rows, threshold: float = THRESHOLD) -> Flags:
    """Which candidates are worth verifying: all but those that signatures rule out, beyond four standard deviations.

    The agreement of signatures estimates Jaccard similarity (Broder 1997); with the sizes of the texts, in words, that
    bounds containment, less a fifth for words that stand twice or are ignored. Nothing is joined on an estimate.
    """
    estimate = proposed.agreements / PERMUTATIONS
    deviation = np.sqrt(np.maximum(estimate * (1 - estimate), 1 / PERMUTATIONS) / PERMUTATIONS)
    jaccard = np.minimum(estimate + DOUBT * deviation, 1)
    left, right = sizes[proposed.pairs[:, 0]], sizes[proposed.pairs[:, 1]]
    containment = jaccard / (1 + jaccard) * (left + right) / np.maximum(np.minimum(left, right), 1)
    return np.asarray((jaccard >= threshold) | (containment >= SLACK * CONTAINMENT))


def are_copies(overlaps: Overlaps, threshold: float = THRESHOLD) -> Flags:
    """Which pairs are copies: alike enough, or one inside the other and long enough to be more than a quotation."""
    contained = (overlaps.containment >= CONTAINMENT) & (overlaps.smaller >= SMALLEST_CONTAINED)
    return np.asarray((overlaps.jaccard >= threshold) | contained)
