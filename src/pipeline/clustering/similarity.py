"""How likely two texts report one event, judged from their words, their names and dates, and the texts around them.

Two judges that err differently are averaged. One goes by the surroundings alone, by rules made by hand
(`surroundings.py`). The other is trained on labelled news: gradient-boosted trees over what `features` measures.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.clustering.background import NOTHING, Background
from pipeline.clustering.surroundings import Measures, Surroundings, resemblance
from pipeline.clustering.texts import NO_DAY, Texts
from pipeline.clustering.texts import read_texts as read
from pipeline.clustering.trees import shipped_model
from pipeline.clustering.vectors import Floats, Rows, cosines, products
from pipeline.records import Article

FEATURES = (
    "whole", "lead", "headline", "lead names", "headline in lead, larger", "headline in lead, smaller", "dates",
    "resemblance", "above background", "agreement", "rivalry, smaller", "rivalry, larger",
    "whole tonight", "lead tonight", "resemblance tonight", "above background tonight", "agreement tonight",
    "rivalry tonight, smaller", "rivalry tonight, larger", "nearness tonight, larger", "nearness tonight, smaller",
    "words of the shorter", "texts",
)  # fmt: skip
"""What the trees were trained on, in the order of the columns: by usual rarity, by tonight's, and what is counted."""
SURROUNDINGS_SHARE = 0.5
"""How much the judge by surroundings counts; the trained one has the rest."""
EVEN, STEEPNESS = 0.09, 40.0
"""The likelihood that is as good as an even chance by surroundings, and how fast the chance changes around it."""
MOST_WORDS = 60
"""Beyond so many words the length of a text tells nothing."""
SHORT_WORDS, SHORTEST_WORDS, SHORT_RISE = 25, 10, 7.0
"""Bare headlines of one event often share no word: below 25 words log odds rise, at 10 and less by 7."""
FAR_DAYS, YEAR_DAYS, FAR_FALL = 20, 366, 2.5
"""Log odds fall by 2.5 where the days that two leads name are all more than 20 days apart.

Of labelled pairs whose leads both name days, those of one event are so far apart in a sixth (ECB+) or a twentieth
(NeuS train), look-alikes in nine tenths and more.
"""
PAIRS_AT_ONCE = 200_000


def read_texts(articles: Sequence[Article], earlier: Background = NOTHING) -> Texts:
    """Vectors and word counts of the articles, row by row; terms are as common as in news and in what came earlier.

    What came earlier weighs at most as much as news at large: the trees were trained beside so many texts.
    """
    return read(articles, usual_background(earlier))


def usual_background(earlier: Background) -> Background:
    """How common terms are in news at large and in what came earlier, weighed as in `read_texts`."""
    usual = shipped_model().background
    return usual.joined(earlier.scaled(min(1.0, usual.texts / max(earlier.texts, 1.0))))


def resemblances(texts: Texts, pairs: Rows) -> tuple[Floats, Floats]:
    """How alike the texts of each pair are by tonight's rarity of terms and by the usual one, shape (pairs,) each."""
    left, right = pairs[:, 0], pairs[:, 1]
    return resemblance(texts.tonight, texts.words, left, right), resemblance(texts.usual, texts.words, left, right)


class Context:
    """The texts around each text, and the judgement of pairs among them.

    Built from `pairs`, shape (pairs, 2), each pair once; a pair that is not among them counts as unlike.
    """

    def __init__(self, texts: Texts, pairs: Rows, known: tuple[Floats, Floats] | None = None) -> None:
        """`known` is what `resemblances` gives for the pairs, where somebody has asked already."""
        tonight, usual = known or resemblances(texts, pairs)
        self._texts = texts
        self._tonight = Surroundings(texts.tonight, texts.words, pairs, tonight)
        self._usual = Surroundings(texts.usual, texts.words, pairs, usual)

    def similarity(self, left: Rows, right: Rows) -> Floats:
        """How likely each left row and the right row at the same place report one event, 0 to 1, shape (pairs,)."""
        parts = [np.zeros(0)]
        for start in range(0, len(left), PAIRS_AT_ONCE):
            at = slice(start, start + PAIRS_AT_ONCE)
            parts.append(self._similarity(left[at], right[at]))
        return np.concatenate(parts).round(9)

    def features(self, left: Rows, right: Rows) -> Floats:
        """What the trees go by, shape (pairs, features): the columns are named by FEATURES."""
        return self._features(self._tonight.measure(left, right), left, right)

    def _similarity(self, left: Rows, right: Rows) -> Floats:
        """What `similarity` gives, for as many pairs as fit into memory."""
        measures = self._tonight.measure(left, right)
        fall = FAR_FALL * _far_apart(self._texts.days[left], self._texts.days[right])
        around = STEEPNESS * (self._tonight.likelihood(measures, left, right) - EVEN) - fall
        trained = shipped_model().trees.log_odds(self._features(measures, left, right)) + self._rise(left, right) - fall
        return np.asarray(SURROUNDINGS_SHARE * _chance(around) + (1 - SURROUNDINGS_SHARE) * _chance(trained))

    def _features(self, tonight: Measures, left: Rows, right: Rows) -> Floats:
        """What the trees go by; what is measured by tonight's rarity is known already."""
        texts, usual = self._texts, self._usual.measure(left, right)
        covered = [
            products(texts.headline_shares, texts.lead_terms, one, other)
            for one, other in ((left, right), (right, left))
        ]
        columns = (
            usual.whole,
            usual.lead,
            cosines(texts.headline, left, right),
            cosines(texts.lead_names, left, right),
            np.maximum(*covered),
            np.minimum(*covered),
            cosines(texts.dates, left, right),
            *_of_surroundings(usual),
            tonight.whole,
            tonight.lead,
            *_of_surroundings(tonight),
            *self._tonight.nearness(tonight.resemblance, left, right),
            np.log(np.minimum(self._shorter(left, right), MOST_WORDS) + 1),
            np.full(len(left), np.log(len(texts.words))),
        )
        return np.column_stack(columns)

    def _shorter(self, left: Rows, right: Rows) -> Rows:
        """The word count of the shorter text of each pair."""
        return np.minimum(self._texts.words[left], self._texts.words[right])

    def _rise(self, left: Rows, right: Rows) -> Floats:
        """By how much log odds rise for short texts."""
        shorter = self._shorter(left, right)
        share = np.log((SHORT_WORDS + 1) / (shorter + 1)) / np.log((SHORT_WORDS + 1) / (SHORTEST_WORDS + 1))
        return np.asarray(SHORT_RISE * np.clip(share, 0, 1))


def _of_surroundings(measures: Measures) -> tuple[Floats, ...]:
    """The features that one kind of surroundings gives."""
    one, other = measures.rivalries
    return (
        measures.resemblance, measures.above, measures.agreement, np.minimum(one, other), np.maximum(one, other),
    )  # fmt: skip


def _far_apart(one: Rows, other: Rows) -> Floats:
    """1 where both texts name days and none of one is near any of the other, else 0; days have shape (pairs, days)."""
    gaps = np.abs(one[:, :, None] - other[:, None, :])
    gaps = np.minimum(gaps, YEAR_DAYS - gaps)
    known = (one[:, :, None] != NO_DAY) & (other[:, None, :] != NO_DAY)
    nearest = np.where(known, gaps, YEAR_DAYS).min(axis=(1, 2))
    return np.asarray(known.any(axis=(1, 2)) & (nearest > FAR_DAYS), dtype=np.float64)


def _chance(log_odds: Floats) -> Floats:
    """The probability that log odds stand for."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -50, 50))))
