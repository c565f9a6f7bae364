"""How much two texts look like reports of one event: from their words, their names, and the texts around them.

Three steps. `read_texts` turns articles into vectors. `resemblance` compares two texts by themselves. `Context` then
judges a resemblance by what surrounds the two: what everything tonight has in common counts for nothing, two reports
of one event resemble the same other texts, and a text that resembles others more is likelier theirs.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pipeline.records import Article
from pipeline.text.normalise import comparable
from pipeline.text.words import STOP_WORDS, content_stems, stem, words
from pipeline.vectors import Rows, cosines, term_vectors

LEAD_WORDS = 60
"""The event is told in the lead, the background below: the larger of the two similarities counts three times."""
LARGER_SHARE = 0.75
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
TITLE_WORDS, TEASER_WORDS = 4, 25
"""A line that holds another article's title of at least 4 words, and at most 25 words more, is a link to it."""
PAIRS_AT_ONCE = 200_000
CELLS_PER_PAIR = 50
"""Up to so many cells for each pair wanted, whole rows of a matrix are quicker read than pair after pair."""

_NAME_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SENTENCE_END = re.compile(r"(?<=[.!?:…])[\"”’)\]]*\s+|\n+")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Texts:
    """What similarity looks at, a row per text: vectors of the whole, of the lead and of the names, word counts."""

    whole: sparse.csr_matrix
    lead: sparse.csr_matrix
    names: sparse.csr_matrix
    words: npt.NDArray[np.int64]


def read_texts(articles: Sequence[Article]) -> Texts:
    """Vectors and word counts of the articles, row by row."""
    bodies = _without_teasers(articles)
    leads = [" ".join(body.split()[:LEAD_WORDS]) for body in bodies]
    titles = [content_stems(article.title) for article in articles]
    sizes = [len(article.title.split()) + len(body.split()) for article, body in zip(articles, bodies, strict=True)]
    named = [names(f"{article.title}\n{body}") for article, body in zip(articles, bodies, strict=True)]
    return Texts(
        whole=term_vectors([content_stems(body) for body in bodies], titles),
        lead=term_vectors([content_stems(lead) for lead in leads], titles),
        names=term_vectors(named, [[]] * len(named)),
        words=np.array(sizes, dtype=np.int64),
    )


def names(text: str) -> list[str]:
    """Stems of the words that capitals mark as names, in order: not those that merely begin a sentence.

    Lines in title case and in capitals tell nothing apart and are left out.
    """
    found: list[str] = []
    for sentence in _SENTENCE_END.split(text):
        parts = _NAME_WORD.findall(sentence)
        if not _in_title_case(parts):
            found += [part for at, part in enumerate(parts) if _is_name(part, first=at == 0)]
    folded = (comparable(name).replace("’", "'").removesuffix("'s") for name in found)
    return [stem(name) for name in folded if name.isalnum() and name not in STOP_WORDS]


def resemblance(texts: Texts, left: Rows, right: Rows) -> Floats:
    """Similarity of each left text with the right text at the same place, 0 to 1, shape (pairs,)."""
    whole, lead = cosines(texts.whole, left, right), cosines(texts.lead, left, right)
    both = LARGER_SHARE * np.maximum(whole, lead) + (1 - LARGER_SHARE) * np.minimum(whole, lead)
    cosine = (1 - NAME_SHARE) * both + NAME_SHARE * cosines(texts.names, left, right)
    return np.asarray(np.minimum(cosine / _expected(texts, left, right), 1.0).round(9))


class Context:
    """The texts around each text: similarities of all pairs worth comparing, kept as symmetric sparse matrices.

    Built from `pairs`, shape (pairs, 2), each pair once; a pair that is not among them counts as unlike.
    """

    def __init__(self, texts: Texts, pairs: Rows) -> None:
        self._texts = texts
        self._alike = _symmetric(pairs, resemblance(texts, pairs[:, 0], pairs[:, 1]), len(texts.words))
        self._totals = np.asarray(self._alike.sum(axis=1)).ravel()
        above = self._above_background(_at(self._alike, pairs[:, 0], pairs[:, 1]), pairs[:, 0], pairs[:, 1])
        self._above = _symmetric(pairs, above, len(texts.words))
        self._near = _over(self._above, CLOSE)
        self._near_squared = np.asarray(self._near.multiply(self._near).sum(axis=1)).ravel()
        nearest = _largest(self._above, RIVALS + 1)
        self._rival_squares, self._last_rival = np.square(nearest).sum(axis=1), nearest[:, -1]

    def similarity(self, left: Rows, right: Rows) -> Floats:
        """How likely each pair reports one event, as a similarity from about -0.2 to 1, shape (pairs,)."""
        parts = [np.zeros(0)]
        for start in range(0, len(left), PAIRS_AT_ONCE):
            at = slice(start, start + PAIRS_AT_ONCE)
            parts.append(self._similarity(left[at], right[at]))
        return np.concatenate(parts).round(9)

    def _similarity(self, left: Rows, right: Rows) -> Floats:
        """What `similarity` gives, for as many pairs as fit into memory."""
        above = self._above_background(resemblance(self._texts, left, right), left, right)
        inside = _at(self._above, left, right)
        rivalry = (self._rivalry(left, inside) + self._rivalry(right, inside)) / 2
        expected = _expected(self._texts, left, right)
        return np.asarray(above * self._agreement(left, right, inside) - RIVAL_SHARE * rivalry * expected)

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


def _without_teasers(articles: Sequence[Article]) -> list[str]:
    """The articles' texts without lines that link to another article of tonight: pages end in lists of those."""
    titles = [words(article.title) for article in articles]
    by_start: dict[tuple[str, ...], set[tuple[str, ...]]] = defaultdict(set)
    for title in titles:
        if len(title) >= TITLE_WORDS:
            by_start[tuple(title[:TITLE_WORDS])].add(tuple(title))
    return [
        "\n".join(line for line in article.text.split("\n") if not _links(words(line), by_start, tuple(title)))
        for article, title in zip(articles, titles, strict=True)
    ]


def _links(line: Sequence[str], by_start: dict[tuple[str, ...], set[tuple[str, ...]]], own: tuple[str, ...]) -> bool:
    """Whether a line is little more than the title of another article."""
    for at in range(len(line) - TITLE_WORDS + 1):
        for title in by_start.get(tuple(line[at : at + TITLE_WORDS]), ()):
            repeats = tuple(line[at : at + len(title)]) == title
            if repeats and title != own and len(line) <= len(title) + TEASER_WORDS:
                return True
    return False


def _in_title_case(parts: Sequence[str]) -> bool:
    """Whether most longer words of a line are capitalised."""
    longer = [part for part in parts if len(part) > 3]
    return len(longer) > 3 and sum(part[0].isupper() for part in longer) > 0.6 * len(longer)


def _is_name(part: str, *, first: bool) -> bool:
    """Whether capitals mark a word: the first of its sentence only when it is an acronym."""
    return len(part) > 1 and (part.isupper() if first else part[0].isupper())


def _expected(texts: Texts, left: Rows, right: Rows) -> Floats:
    """What share of a long text's similarity the shorter text of each pair can be expected to reach."""
    shorter = np.minimum(texts.words[left], texts.words[right])
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
