"""Recognises what earlier nights have told: tonight's articles that are copies of remembered ones, verified exactly."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from pipeline.minhash.boilerplate import boilerplate
from pipeline.minhash.copies import THRESHOLD, ArticleTexts, are_copies
from pipeline.minhash.kernels import Signatures
from pipeline.minhash.memory import Matches
from pipeline.minhash.overlap import verify
from pipeline.minhash.search import sketch_articles
from pipeline.records import Article, Echo


class Remembering(Protocol):
    """What remembers the signatures of earlier nights: `minhash.memory.Memory`."""

    def query(self, signatures: Signatures) -> Matches:
        """The remembered texts that each of the signatures may be a copy of."""
        ...


def recall(
    articles: Sequence[Article],
    memory: Remembering,
    earlier: Callable[[Sequence[str]], Sequence[Article]],
    threshold: float = THRESHOLD,
) -> tuple[Echo, ...]:
    """The echoes of earlier articles among these: for each that repeats some, of the one it is most like, by id.

    `earlier` gives the stored articles of some ids, as far as there are any. Nothing is recognised by a signature
    alone: the texts are compared as those of one night are, and the same `threshold` decides.
    """
    tonight = sorted(articles, key=lambda article: article.id)
    matches = memory.query(sketch_articles(tonight))
    known = sorted(earlier(sorted(set(matches.ids))), key=lambda article: article.id)
    places = {article.id: len(tonight) + place for place, article in enumerate(known)}
    pairs = [(int(row), places[one]) for row, one in zip(matches.rows, matches.ids, strict=True) if one in places]
    return _echoes([*tonight, *known], sorted(pairs), threshold)


def _echoes(articles: Sequence[Article], pairs: Sequence[tuple[int, int]], threshold: float) -> tuple[Echo, ...]:
    """The likest copy of each left article among the pairs of rows."""
    texts = ArticleTexts(articles)
    ignored = boilerplate(texts, [article.source for article in articles])
    listed = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    overlaps = verify(texts, np.zeros(len(texts), dtype=np.bool_), ignored, listed)
    best: dict[str, Echo] = {}
    for place in np.flatnonzero(are_copies(overlaps, threshold)).tolist():
        new, old = (articles[row].id for row in pairs[place])
        echo = Echo(new, old, float(overlaps.jaccard[place]), float(overlaps.containment[place]))
        if new not in best or _strength(echo) > _strength(best[new]):
            best[new] = echo
    return tuple(best.values())


def _strength(echo: Echo) -> tuple[float, float]:
    """How like two articles are; of equals the first by id is taken."""
    return echo.similarity, echo.containment
