"""The search for copies among texts: sketch, candidates, exact overlap. What is a copy, whoever asks decides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.minhash.bands import Banding, Pairs, candidates
from pipeline.minhash.boilerplate import boilerplate
from pipeline.minhash.copies import ArticleTexts, may_be_copies
from pipeline.minhash.documents import Flags, Rows
from pipeline.minhash.kernels import Signatures
from pipeline.minhash.overlap import Overlaps, verify
from pipeline.minhash.signatures import Sketches, sketch
from pipeline.records import Article

BANDING = Banding(bands=64, rows=2, least=8)
"""Tuned for recall: at a Jaccard similarity of 0.3 two texts meet in a band with probability 0.998, at 0.2 with 0.93.

So short bands also bring together what shares a phrase; `copies.may_be_copies` leaves most of that out.
"""


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found.

    `twins[row]` is the first row with exactly the same words. `pairs` are rows that are their own twins, smaller first,
    shape (pairs, 2), with their `overlaps`; `capped` counts buckets too large to pair each with each.
    """

    twins: Rows
    pairs: Pairs
    overlaps: Overlaps
    capped: int

    def chosen(self, pairs: Flags) -> "Search":
        """The same with some of the pairs only."""
        overlaps = Overlaps(self.overlaps.shared[pairs], self.overlaps.left[pairs], self.overlaps.right[pairs])
        return replace(self, pairs=self.pairs[pairs], overlaps=overlaps)

    @property
    def involved(self) -> Rows:
        """The rows that have a twin, or a twin in a pair, ascending."""
        several = np.bincount(self.twins, minlength=len(self.twins)) > 1
        several[self.pairs] = True
        return np.flatnonzero(several[self.twins])


def search(texts: Sequence[str], publishers: Sequence[str], threshold: float, threads: int = 0) -> Search:
    """Find what may be copies of each other at a threshold, and count how much they share, boilerplate aside.

    `publishers` are as many as `texts`, "" where unknown. `threads` (0: one a core) change nothing but the time.
    """
    ignored = boilerplate(texts, publishers, threads)
    sketches = sketch(texts, ignored, threads)
    twins = _twins(sketches)
    different = np.flatnonzero((twins == np.arange(len(twins))) & (sketches.units > 0))
    proposed = candidates(sketches.signatures, different, BANDING, threads)
    pairs = proposed.pairs[may_be_copies(proposed, sketches.units, threshold)]
    overlaps = verify(texts, sketches.folded, ignored, pairs, threads)
    return Search(twins, pairs, overlaps, proposed.capped)


def sketch_articles(articles: Sequence[Article]) -> Signatures:
    """Signatures of articles as the search makes them, less their publishers' boilerplate, shape (articles, 128)."""
    texts = ArticleTexts(articles)
    return sketch(texts, boilerplate(texts, [article.source for article in articles])).signatures


def _twins(sketches: Sketches) -> Rows:
    """For every text the first with the same words; a text without words is its own."""
    _, first, places = np.unique(sketches.prints, return_index=True, return_inverse=True)
    return np.where(sketches.units > 0, first[places], np.arange(len(places)))
