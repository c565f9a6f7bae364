"""What surrounds two texts: what all have in common, which other texts both resemble, who is nearer.

What everything tonight has in common counts for nothing, two reports of one event resemble the same other texts, and a
text that resembles others more is likelier theirs.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse

from pipeline.clustering.texts import Fields
from pipeline.clustering.vectors import Floats, Rows, cosines, products

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


class Likeness(NamedTuple):
    """What two texts have in common by themselves, of shape (pairs,): cosines, and `resemblance`, 0 to 1."""

    whole: Floats
    lead: Floats
    resemblance: Floats


class Around(NamedTuple):
    """What surrounds each text, of shape (texts,) unless it says otherwise.

    `totals` are sums of its resemblances to others, `nearest` the two largest, shape (texts, 2); the rest is about what
    exceeds that which all texts have.
    """

    totals: Floats
    nearest: Floats
    near_squared: Floats
    rival_squares: Floats
    last_rival: Floats

    def at(self, rows: Rows) -> "Around":
        """The same of some texts."""
        return Around(*(values[rows] for values in self))


class Between(NamedTuple):
    """What is known of the surroundings of pairs, of shape (pairs,).

    `known` is their resemblance and `inside` what of it is above all texts', both 0 unless the pair is among those
    worth comparing; `shared` is the product of the two neighbourhoods. `texts` counts all texts.
    """

    known: Floats
    inside: Floats
    shared: Floats
    left: Around
    right: Around
    texts: int


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured of pairs, all of shape (pairs,).

    `above` is what of the likeness exceeds what all texts have; `agreement` is how far they resemble the same others;
    `rivalries` tell of either how alike its nearest others are to it; `nearness` how many times as alike the two are as
    either is to its nearest other text: the larger, then the smaller.
    """

    likeness: Likeness
    above: Floats
    agreement: Floats
    rivalries: tuple[Floats, Floats]
    nearness: tuple[Floats, Floats]


class Surroundings:
    """The texts around each text by one rarity: similarities of all pairs worth comparing, as sparse matrices.

    Built from `pairs`, shape (pairs, 2), each pair once; a pair that is not among them counts as unlike. `alike` is the
    `resemblance` of each pair, shape (pairs,), `count` the number of texts.
    """

    def __init__(self, count: int, pairs: Rows, alike: Floats) -> None:
        both = np.concatenate([pairs, pairs[:, ::-1]])
        self._alike = neighbours(both[:, 0], both[:, 1], np.concatenate([alike, alike]), (count, count))
        self._above, self._near, self._around = surrounded(self._alike, totals_of(self._alike), np.arange(count))

    def measure(self, likeness: Likeness, left: Rows, right: Rows) -> Measures:
        """What is measured of each left row with the right row at the same place."""
        between = Between(
            _at(self._alike, left, right),
            _at(self._above, left, right),
            cosines(self._near, left, right),
            self._around.at(left),
            self._around.at(right),
            self._alike.shape[0],
        )
        return measured(likeness, between)


def totals_of(alike: sparse.csr_matrix) -> Floats:
    """The sum of every row, shape (rows,)."""
    return np.asarray(alike.sum(axis=1)).ravel()


def surrounded(
    alike: sparse.csr_matrix, totals: Floats, rows: Rows
) -> tuple[sparse.csr_matrix, sparse.csr_matrix, Around]:
    """What surrounds the texts at some rows, given their resemblances to all texts, and the `totals` of all.

    What of the resemblances is above all texts', by how much that exceeds what makes a neighbour, and the numbers.
    """
    above = alike.copy()
    left = np.repeat(rows, np.diff(alike.indptr))
    above.data = above_background(alike.data, alike.data, totals[left], totals[alike.indices], alike.shape[1])
    above.eliminate_zeros()
    near = _over(above, CLOSE)
    near_squared = np.asarray(near.multiply(near).sum(axis=1)).ravel()
    rivals = _largest(above, RIVALS + 1)
    squares = np.square(rivals).sum(axis=1)
    return above, near, Around(totals[rows], _largest(alike, 2), near_squared, squares, rivals[:, -1])


def above_background(alike: Floats, known: Floats, left: Floats, right: Floats, texts: int) -> Floats:
    """Resemblances less what the two texts have in common with all others on average; `left` and `right` are totals."""
    others = left + right - 2 * known
    mean = np.maximum(others, 0) / 2 / (texts - 2 + BACKGROUND_PRIOR)
    return np.asarray(np.maximum(alike - BACKGROUND * mean, 0))


def measured(likeness: Likeness, between: Between) -> Measures:
    """What is measured of pairs whose likeness and surroundings are known."""
    left, right, alike = between.left, between.right, likeness.resemblance
    return Measures(
        likeness,
        above_background(alike, between.known, left.totals, right.totals, between.texts),
        _agreement(between),
        (_rivalry(left, between.inside), _rivalry(right, between.inside)),
        _nearness(alike, between),
    )


def likelihood(measures: Measures, expected: Floats) -> Floats:
    """How far the surroundings speak for one event, from about -0.2 to 1, shape (pairs,)."""
    rivalry = (measures.rivalries[0] + measures.rivalries[1]) / 2
    return np.asarray(measures.above * measures.agreement - RIVAL_SHARE * rivalry * expected)


def likeness(ones: Fields, others: Fields, expected: Floats, left: Rows, right: Rows) -> Likeness:
    """What each left row of the ones has in common with the right row of the others at the same place."""
    whole, lead = products(ones.whole, others.whole, left, right), products(ones.lead, others.lead, left, right)
    both = LARGER_SHARE * np.maximum(whole, lead) + (1 - LARGER_SHARE) * np.minimum(whole, lead)
    cosine = (1 - NAME_SHARE) * both + NAME_SHARE * products(ones.names, others.names, left, right)
    return Likeness(whole, lead, np.asarray(np.minimum(cosine / expected, 1.0).round(9)))


def resemblance(fields: Fields, words: Rows, left: Rows, right: Rows) -> Floats:
    """Similarity of each left text with the right text at the same place, by themselves, 0 to 1, shape (pairs,)."""
    return likeness(fields, fields, expected_share(np.minimum(words[left], words[right])), left, right).resemblance


def expected_share(shorter: Rows) -> Floats:
    """What share of a long text's similarity a pair can be expected to reach whose shorter text has so many words."""
    return np.clip((shorter / SHORT_TEXT_WORDS) ** SHORT_TEXT_POWER, SHORT_TEXT_FLOOR, 1.0)


def neighbours(rows: Rows, others: Rows, values: Floats, shape: tuple[int, int]) -> sparse.csr_matrix:
    """How alike each row's text is to others, as a matrix of so many rows and of all texts."""
    matrix = sparse.csr_matrix((values, (rows, others)), shape=shape)
    matrix.eliminate_zeros()
    return matrix


def _agreement(between: Between) -> Floats:
    """Cosine of the neighbourhoods of two texts, the two themselves left out, 0 to 1; 1 when neither has any."""
    own = np.maximum(between.inside - CLOSE, 0) ** 2
    lengths = [np.maximum(around.near_squared - own, 0) + AGREEMENT_PRIOR for around in (between.left, between.right)]
    return np.asarray((between.shared + AGREEMENT_PRIOR) / np.sqrt(lengths[0] * lengths[1]))


def _rivalry(around: Around, inside: Floats) -> Floats:
    """Root mean square of each text's similarity to its nearest texts, those at `inside` left out."""
    left_out = np.maximum(inside, around.last_rival)
    squares = around.rival_squares - np.square(left_out)
    return np.asarray(np.sqrt(np.maximum(squares, 0) / RIVALS))


def _nearness(alike: Floats, between: Between) -> tuple[Floats, Floats]:
    """As `Measures` describes it."""
    others = [np.maximum(_nearest_other(one, between.known), LEAST_RIVAL) for one in (between.left, between.right)]
    least = np.maximum(alike, LEAST_RIVAL / 10)
    times = [np.minimum(least / other, MOST_TIMES) for other in (np.minimum(*others), np.maximum(*others))]
    return times[0], times[1]


def _nearest_other(around: Around, known: Floats) -> Floats:
    """The resemblance of each text to its nearest, that at `known` left out."""
    first, second = around.nearest.T
    return np.asarray(np.where(known >= first, second, first))


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
