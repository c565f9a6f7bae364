"""How likely two texts report one event, judged from their words, their names and dates, and the texts around them.

Two judges that err differently are averaged. One goes by the surroundings alone, by rules made by hand
(`surroundings.py`). The other is trained on labelled news: gradient-boosted trees over what `features` measures.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.clustering.background import NOTHING, Background
from pipeline.clustering.surroundings import (
    Likeness,
    Measures,
    Surroundings,
    expected_share,
    likelihood,
    likeness,
    resemblance,
)
from pipeline.clustering.texts import NO_DAY, Texts
from pipeline.clustering.texts import read_texts as read
from pipeline.clustering.trees import shipped_model
from pipeline.clustering.vectors import Floats, Rows, products
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


class Alone(NamedTuple):
    """What two texts have in common whatever surrounds them, of shape (pairs,); `covered` and `covering` tell how much
    of the headline of the left, and of the right, the other's headline and lead say.

    `tonight` and `usual` go by the two rarities, `shorter` counts the words of the shorter text, `far` is 1 where the
    two name days far apart.
    """

    tonight: Likeness
    usual: Likeness
    headline: Floats
    lead_names: Floats
    covered: Floats
    covering: Floats
    dates: Floats
    shorter: Rows
    far: Floats


def compared(ones: Texts, others: Texts, left: Rows, right: Rows) -> Alone:
    """What each left row of the ones has in common with the right row of the others at the same place."""
    shorter = np.minimum(ones.words[left], others.words[right])
    expected = expected_share(shorter)
    return Alone(
        likeness(ones.tonight, others.tonight, expected, left, right),
        likeness(ones.usual, others.usual, expected, left, right),
        products(ones.headline, others.headline, left, right),
        products(ones.lead_names, others.lead_names, left, right),
        products(ones.headline_shares, others.lead_terms, left, right),
        products(others.headline_shares, ones.lead_terms, right, left),
        products(ones.dates, others.dates, left, right),
        shorter,
        _far_apart(ones.days[left], others.days[right]),
    )


def chances(alone: Alone, tonight: Measures, usual: Measures, texts: int) -> Floats:
    """How likely pairs report one event, 0 to 1, shape (pairs,), by what they share and what surrounds them."""
    fall = FAR_FALL * alone.far
    around = STEEPNESS * (likelihood(tonight, expected_share(alone.shorter)) - EVEN) - fall
    trained = shipped_model().trees.log_odds(_features(alone, tonight, usual, texts)) + _rise(alone.shorter) - fall
    both = SURROUNDINGS_SHARE * _chance(around) + (1 - SURROUNDINGS_SHARE) * _chance(trained)
    return np.asarray(both.round(9))


class Context:
    """The texts around each text, and the judgement of pairs among them.

    Built from `pairs`, shape (pairs, 2), each pair once; a pair that is not among them counts as unlike.
    """

    def __init__(self, texts: Texts, pairs: Rows) -> None:
        self._texts, self._count = texts, len(texts.words)
        left, right = pairs[:, 0], pairs[:, 1]
        self._tonight = Surroundings(self._count, pairs, resemblance(texts.tonight, texts.words, left, right))
        self._usual = Surroundings(self._count, pairs, resemblance(texts.usual, texts.words, left, right))

    def similarity(self, left: Rows, right: Rows) -> Floats:
        """How likely each left row and the right row at the same place report one event, 0 to 1, shape (pairs,)."""
        parts = [np.zeros(0)]
        for start in range(0, len(left), PAIRS_AT_ONCE):
            at = slice(start, start + PAIRS_AT_ONCE)
            parts.append(chances(*self._measured(left[at], right[at]), self._count))
        return np.concatenate(parts)

    def features(self, left: Rows, right: Rows) -> Floats:
        """What the trees go by, shape (pairs, features): the columns are named by FEATURES."""
        return _features(*self._measured(left, right), self._count)

    def _measured(self, left: Rows, right: Rows) -> tuple[Alone, Measures, Measures]:
        """What pairs share, and what is measured of their surroundings, of as many pairs as fit into memory."""
        alone = compared(self._texts, self._texts, left, right)
        return (
            alone,
            self._tonight.measure(alone.tonight, left, right),
            self._usual.measure(alone.usual, left, right),
        )


def _features(alone: Alone, tonight: Measures, usual: Measures, texts: int) -> Floats:
    """What the trees go by."""
    columns = (
        usual.likeness.whole,
        usual.likeness.lead,
        alone.headline,
        alone.lead_names,
        np.maximum(alone.covered, alone.covering),
        np.minimum(alone.covered, alone.covering),
        alone.dates,
        *_of_surroundings(usual),
        tonight.likeness.whole,
        tonight.likeness.lead,
        *_of_surroundings(tonight),
        *tonight.nearness,
        np.log(np.minimum(alone.shorter, MOST_WORDS) + 1),
        np.full(len(alone.shorter), np.log(texts)),
    )
    return np.column_stack(columns)


def _rise(shorter: Rows) -> Floats:
    """By how much log odds rise for short texts."""
    share = np.log((SHORT_WORDS + 1) / (shorter + 1)) / np.log((SHORT_WORDS + 1) / (SHORTEST_WORDS + 1))
    return np.asarray(SHORT_RISE * np.clip(share, 0, 1))


def _of_surroundings(measures: Measures) -> tuple[Floats, ...]:
    """The features that one kind of surroundings gives."""
    one, other = measures.rivalries
    alike = measures.likeness.resemblance
    return alike, measures.above, measures.agreement, np.minimum(one, other), np.maximum(one, other)


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
