"""What surrounds two texts: what all have in common, which other texts both resemble, who is nearer.

What everything tonight has in common counts for nothing, two reports of one event resemble the same other texts, and a
text that resembles others more is likelier theirs.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from pipeline.clustering.texts import Fields
from pipeline.clustering.vectors import Floats, Rows, cosines

LARGER_SHARE = 0.75
"""The event is told in the lead, the background below: the larger of the two similarities counts three times."""
NAME_SHARE = 0.1
"""Look-alikes share common words; reports of one event share names too."""
SHORT_TEXT_WORDS, SHORT_TEXT_POWER, SHORT_TEXT_FLOOR = 40, 0.8, 0.1
"""Short texts share few words even about the same event: their similarity is raised by (words / 40) ** -0.8."""
BACKGROUND, BACKGROUND_PRIOR = 1.5, 2
"""How much of the mean similarity to all other texts is taken off; the mean includes two imagined zeros."""
CLOSE, AGREEMENT_PRIOR = 0.05, 0.05
"""Similarity from which a text is a neighbour, and the neighbourhood two texts are imagined to share beforehand."""
RIVALS, RIVAL_SHARE = 10, 0.2
"""How much of the similarity (root mean square) to the ten nearest other texts is taken off."""
LEAST_RIVAL, MOST_TIMES = 1e-3, 5.0
"""Bounds of `nearness`: the similarity that a text's nearest other is taken to have at least, and the most told."""
CELLS_PER_PAIR = 50
"""Up to so many cells for each pair wanted, whole rows of a matrix are quicker read than pair after pair."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured of pairs, all of shape (pairs,).

    `whole` and `lead` are cosines, `resemblance` what two texts have in common, 0 to 1; `above` is what of
    it exceeds what all texts have; `agreement` is how far they resemble the same others; `rivalries` tell of
    either how alike its nearest others are to it.
    """

    whole: Floats
    lead: Floats
    resemblance: Floats
    above: Floats
    agreement: Floats
    rivalries: tuple[Floats, Floats]


class Surroundings:
    """The texts around each text by one rarity: similarities of all pairs worth comparing, as sparse matrices.

    Built from `pairs`, shape (pairs, 2), each pair once; a pair that is not among them counts as unlike. `words` are
    the texts' word counts, shape (texts,), `alike` the `resemblance` of each pair, shape (pairs,).
    """

    def __init__(self, fields: Fields, words: Rows, pairs: Rows, alike: Floats) -> None:
        self._fields, self._words = fields, words
        left, right = pairs[:, 0], pairs[:, 1]
        self._alike = _symmetric(pairs, alike, len(words))
        self._totals = np.asarray(self._alike.sum(axis=1)).ravel()
        self._nearest_two = _largest(self._alike, 2)
        above = self._above_background(_at(self._alike, left, right), left, right)
        self._above = _symmetric(pairs, above, len(words))
        self._near = _over(self._above, CLOSE)
        self._near_squared = np.asarray(self._near.multiply(self._near).sum(axis=1)).ravel()
        nearest = _largest(self._above, RIVALS + 1)
        self._rival_squares, self._last_rival = np.square(nearest).sum(axis=1), nearest[:, -1]

    def measure(self, left: Rows, right: Rows) -> Measures:
        """What is measured of each left row with the right row at the same place."""
        whole, lead = cosines(self._fields.whole, left, right), cosines(self._fields.lead, left, right)
        alike = _resemblance(whole, lead, cosines(self._fields.names, left, right), _expected(self._words, left, right))
        above = self._above_background(alike, left, right)
        inside = _at(self._above, left, right)
        rivalries = (self._rivalry(left, inside), self._rivalry(right, inside))
        return Measures(whole, lead, alike, above, self._agreement(left, right, inside), rivalries)

    def likelihood(self, measures: Measures, left: Rows, right: Rows) -> Floats:
        """How far the surroundings speak for one event, from about -0.2 to 1, shape (pairs,)."""
        rivalry = (measures.rivalries[0] + measures.rivalries[1]) / 2
        expected = _expected(self._words, left, right)
        return np.asarray(measures.above * measures.agreement - RIVAL_SHARE * rivalry * expected)

    def nearness(self, resemblances: Floats, left: Rows, right: Rows) -> tuple[Floats, Floats]:
        """How many times as alike the two are as either is to its nearest other text: the larger, then the smaller.

        `left` and `right` are rows of texts, shape (pairs,) like `resemblances` and what comes out.
        """
        known = _at(self._alike, left, right)
        others = [np.maximum(self._nearest_other(rows, known), LEAST_RIVAL) for rows in (left, right)]
        alike = np.maximum(resemblances, LEAST_RIVAL / 10)
        times = [np.minimum(alike / other, MOST_TIMES) for other in (np.minimum(*others), np.maximum(*others))]
        return times[0], times[1]

    def _nearest_other(self, rows: Rows, known: Floats) -> Floats:
        """The resemblance of each row to its nearest text, that at `known` left out."""
        first, second = self._nearest_two[rows].T
        return np.asarray(np.where(known >= first, second, first))

    def _above_background(self, alike: Floats, left: Rows, right: Rows) -> Floats:
        """Similarities less what the two texts have in common with all others on average."""
        others = self._totals[left] + self._totals[right] - 2 * _at(self._alike, left, right)
        mean = np.maximum(others, 0) / 2 / (len(self._totals) - 2 + BACKGROUND_PRIOR)
        return np.asarray(np.maximum(alike - BACKGROUND * mean, 0))

    def _agreement(self, left: Rows, right: Rows, inside: Floats) -> Floats:
        """Cosine of the neighbourhoods of two texts, the two themselves left out, 0 to 1; 1 when neither has any."""
        own = np.maximum(inside - CLOSE, 0) ** 2
        lengths = [np.maximum(self._near_squared[rows] - own, 0) + AGREEMENT_PRIOR for rows in (left, right)]
        shared = cosines(self._near, left, right)
        return np.asarray((shared + AGREEMENT_PRIOR) / np.sqrt(lengths[0] * lengths[1]))

    def _rivalry(self, rows: Rows, inside: Floats) -> Floats:
        """Root mean square of each row's similarity to its nearest texts, those at `inside` left out."""
        left_out = np.maximum(inside, self._last_rival[rows])
        squares = self._rival_squares[rows] - np.square(left_out)
        return np.asarray(np.sqrt(np.maximum(squares, 0) / RIVALS))


def resemblance(fields: Fields, words: Rows, left: Rows, right: Rows) -> Floats:
    """Similarity of each left text with the right text at the same place, by themselves, 0 to 1, shape (pairs,)."""
    whole, lead = cosines(fields.whole, left, right), cosines(fields.lead, left, right)
    return _resemblance(whole, lead, cosines(fields.names, left, right), _expected(words, left, right))


def _resemblance(whole: Floats, lead: Floats, names: Floats, expected: Floats) -> Floats:
    """What three cosines of each pair give together, and what share of it the pair can be expected to reach."""
    both = LARGER_SHARE * np.maximum(whole, lead) + (1 - LARGER_SHARE) * np.minimum(whole, lead)
    cosine = (1 - NAME_SHARE) * both + NAME_SHARE * names
    return np.asarray(np.minimum(cosine / expected, 1.0).round(9))


def _expected(words: Rows, left: Rows, right: Rows) -> Floats:
    """What share of a long text's similarity the shorter text of each pair can be expected to reach."""
    shorter = np.minimum(words[left], words[right])
    return np.clip((shorter / SHORT_TEXT_WORDS) ** SHORT_TEXT_POWER, SHORT_TEXT_FLOOR, 1.0)


def _symmetric(pairs: Rows, values: Floats, count: int) -> sparse.csr_matrix:
    """The values at the pairs, both ways round, shape (count, count)."""
    rows, columns = np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([pairs[:, 1], pairs[:, 0]])
    matrix = sparse.csr_matrix((np.concatenate([values, values]), (rows, columns)), shape=(count, count))
    matrix.eliminate_zeros()
    return matrix


def _at(matrix: sparse.csr_matrix, left: Rows, right: Rows) -> Floats:
    """The values at the pairs, shape (pairs,): out of whole rows where that is faster than looking up each."""
    rows, left_at = np.unique(left, return_inverse=True)
    if len(rows) * matrix.shape[1] <= CELLS_PER_PAIR * len(left):
        return np.asarray(matrix[rows].toarray()[left_at, right], dtype=np.float64)
    return np.asarray(matrix[left, right], dtype=np.float64).ravel() if len(left) else np.zeros(0)


def _over(matrix: sparse.csr_matrix, floor: float) -> sparse.csr_matrix:
    """By how much the values exceed the floor; those that do not are zero."""
    result = matrix.copy()
    result.data = np.maximum(result.data - floor, 0)
    result.eliminate_zeros()
    return result


def _largest(matrix: sparse.csr_matrix, count: int) -> Floats:
    """The largest values of every row, descending, padded with zeros, shape (rows, count)."""
    result = np.zeros((matrix.shape[0], count))
    for row in range(len(result)):
        top = np.sort(matrix.data[matrix.indptr[row] : matrix.indptr[row + 1]])[::-1][:count]
        result[row, : len(top)] = top
    return result
