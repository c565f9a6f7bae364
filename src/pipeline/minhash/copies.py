"""What of articles is compared and what counts as a copy, among those of tonight and of earlier nights alike."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.minhash.overlap import Overlaps
from pipeline.records import Article

THRESHOLD = 0.5
CONTAINMENT = 0.8
SMALLEST_CONTAINED = 30
"""Shingles a contained text must have: a shorter one may be a quotation rather than a cut reprint."""


class ArticleTexts(Sequence[str]):
    """What articles are compared by, made when asked for: a night's texts need not lie in memory twice."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self._articles = articles

    def __len__(self) -> int:
        return len(self._articles)

    def __getitem__(self, row: int) -> str:  # type: ignore[override]  # nobody asks for slices
        article = self._articles[row]
        return f"{article.title}\n{article.text}" if article.title else article.text


def are_copies(overlaps: Overlaps, threshold: float = THRESHOLD) -> npt.NDArray[np.bool_]:
    """Which pairs are copies: alike enough, or one inside the other and long enough to be more than a quotation."""
    contained = (overlaps.containment >= CONTAINMENT) & (overlaps.smaller >= SMALLEST_CONTAINED)
    return np.asarray((overlaps.jaccard >= threshold) | contained)
