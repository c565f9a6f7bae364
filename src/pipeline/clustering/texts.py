"""Articles as similarity sees them: vectors of the whole, the lead, the headline, the names and the dates."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from pipeline.clustering.background import Background
from pipeline.clustering.vectors import (
    Bags,
    Floats,
    Frequencies,
    Rows,
    bags,
    frequencies,
    rarity,
    scaled_rows,
    unit_vectors,
)
from pipeline.records import Article
from pipeline.text.dates import MONTH_NAME, MONTHS, WEEKDAY
from pipeline.text.normalise import comparable
from pipeline.text.words import STOP_WORDS, content_stems, stem, words

LEAD_WORDS, NAMES_LEAD_WORDS = 60, 80
"""The event is told in the lead, the background below."""
HEADLINE_WORDS = 20
"""So many first words stand for a headline where there is none."""
TITLE_WORDS, TEASER_WORDS = 4, 25
"""A line that holds another article's title of at least 4 words, and at most 25 words more, is a link to it."""
MOST_DAYS = 4
"""So many days of a lead are kept at most, the first ones."""
NO_DAY = -1

_NAME_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SENTENCE_END = re.compile(r"(?<=[.!?:…])[\"”’)\]]*\s+|\n+")
_DAY = re.compile(rf"\b({MONTH_NAME})\s+(\d{{1,2}})\b|\b(\d{{1,2}})\s+({MONTH_NAME})")
_YEAR = re.compile(r"\b(?:19[5-9]|20[0-4])\d\b")
_MONTH_STARTS = (0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335)


@dataclass(frozen=True, slots=True)
class Fields:
    """Unit TF-IDF rows of the whole text, of its lead and of its names, by one rarity of terms."""

    whole: sparse.csr_matrix
    lead: sparse.csr_matrix
    names: sparse.csr_matrix

    def at(self, rows: Rows) -> "Fields":
        """The same of some texts."""
        return Fields(self.whole[rows], self.lead[rows], self.names[rows])


@dataclass(frozen=True, slots=True)
class Texts:
    """What similarity looks at, a row per text.

    `tonight` goes by how rare terms are among these texts, `usual` by how rare they also are elsewhere. By the usual
    rarity too: unit vectors of the headline, of the lead's names and of dates; `headline_shares`, rows that sum to 1,
    tell how much of what a headline says each term is, and `lead_terms` has a 1 for every term of headline and lead.
    `words` counts words, shape (texts,). `days` are the days of the year that headline and lead name, 0 to 365 as in a
    leap year, shape (texts, MOST_DAYS), the rest NO_DAY.
    """

    tonight: Fields
    usual: Fields
    headline: sparse.csr_matrix
    lead_names: sparse.csr_matrix
    dates: sparse.csr_matrix
    headline_shares: sparse.csr_matrix
    lead_terms: sparse.csr_matrix
    words: Rows
    days: Rows

    def at(self, rows: Rows) -> "Texts":
        """Some of the texts, in this order."""
        return Texts(
            tonight=self.tonight.at(rows),
            usual=self.usual.at(rows),
            **{name: getattr(self, name)[rows] for name in VECTORS},
            words=self.words[rows],
            days=self.days[rows],
        )


VECTORS = ("headline", "lead_names", "dates", "headline_shares", "lead_terms")
"""The matrices of `Texts` beside its fields."""


def fields_together(parts: Sequence[Fields]) -> Fields:
    """The fields of all parts' texts, one after the other; columns are the same terms in all parts."""
    return Fields(*(_stacked([getattr(part, name) for part in parts]) for name in Fields.__slots__))


def together(parts: Sequence[Texts]) -> Texts:
    """The texts of all parts, one after the other; columns are the same terms in all parts."""
    return Texts(
        tonight=fields_together([part.tonight for part in parts]),
        usual=fields_together([part.usual for part in parts]),
        **{name: _stacked([getattr(part, name) for part in parts]) for name in VECTORS},
        words=np.concatenate([part.words for part in parts]),
        days=np.concatenate([part.days for part in parts]),
    )


def _stacked(parts: Sequence[sparse.csr_matrix]) -> sparse.csr_matrix:
    """The rows of all matrices."""
    return sparse.vstack(parts, format="csr")


@dataclass(frozen=True, slots=True)
class Readings:
    """What is read out of each text by itself, a row per text: bags of terms, and `words` and `days` as in `Texts`."""

    whole: Bags
    lead: Bags
    names: Bags
    headline: Bags
    lead_names: Bags
    dates: Bags
    lead_terms: Bags
    words: Rows
    days: Rows


COUNTED = ("whole", "lead", "names", "headline", "lead_names", "dates")
"""The bags of `Readings` whose terms weigh the more the rarer they are."""


class Titles:
    """Titles of tonight long enough to know a link by, found by their first words.

    Each is one string, under a number for its first words: as words, millions of titles would fill a worker's memory.
    """

    def __init__(self, titles: Iterable[Sequence[str]]) -> None:
        self._by_start: dict[int, list[str]] = {}
        for title in dict.fromkeys(" ".join(title) for title in titles if len(title) >= TITLE_WORDS):
            self._by_start.setdefault(_start(title.split(" ", TITLE_WORDS), 0), []).append(title)

    def linked(self, line: Sequence[str], own: str) -> bool:
        """Whether a line is little more than the title of another article; `own` is that of the line's article."""
        for at in range(len(line) - TITLE_WORDS + 1):
            for title in self._by_start.get(_start(line, at), ()):
                length = title.count(" ") + 1
                repeats = " ".join(line[at : at + length]) == title
                if repeats and title != own and len(line) <= length + TEASER_WORDS:
                    return True
        return False


def _start(line: Sequence[str], at: int) -> int:
    """A number for the words that a title may begin with."""
    return hash(tuple(line[at : at + TITLE_WORDS]))


def read_texts(articles: Sequence[Article], background: Background) -> Texts:
    """Vectors and word counts of the articles, row by row; terms are usually as rare as the background makes them."""
    read = read_each(articles, Titles(words(article.title) for article in articles))
    return texts_of(read, {name: frequencies(getattr(read, name)) for name in COUNTED}, background)


def read_each(articles: Sequence[Article], tonight: Titles) -> Readings:
    """What each article says, without lines that are links to other articles of tonight."""
    bodies = _without_teasers(articles, tonight)
    titles = [content_stems(article.title) for article in articles]
    leads = [" ".join(body.split(None, NAMES_LEAD_WORDS)[:NAMES_LEAD_WORDS]) for body in bodies]
    starts = [content_stems(" ".join(lead.split(None, LEAD_WORDS)[:LEAD_WORDS])) for lead in leads]
    headlines = [title or _first_stems(lead) for title, lead in zip(titles, leads, strict=True)]
    full = [f"{article.title}\n{body}" for article, body in zip(articles, bodies, strict=True)]
    tops = [f"{article.title}\n{lead}" for article, lead in zip(articles, leads, strict=True)]
    return Readings(
        whole=bags((content_stems(body) for body in bodies), titles),
        lead=bags(starts, titles),
        names=_bags(map(names, full)),
        headline=_bags(headlines),
        lead_names=_bags(map(names, tops)),
        dates=_bags(map(date_terms, full)),
        lead_terms=_bags([*one, *other] for one, other in zip(starts, headlines, strict=True)),
        words=np.array([len(text.split()) for text in full], dtype=np.int64),
        days=np.array([_padded(days_named(top)) for top in tops], dtype=np.int64).reshape(-1, MOST_DAYS),
    )


def texts_of(read: Readings, tonight: Mapping[str, Frequencies], background: Background) -> Texts:
    """The vectors that readings give. `tonight` tells of each of the COUNTED how common its terms are in all texts."""
    bags_of = {name: getattr(read, name) for name in COUNTED}
    usual = {name: rarity(bag.terms, tonight[name], background) for name, bag in bags_of.items()}
    vectors = {name: unit_vectors(bag, usual[name]) for name, bag in bags_of.items()}
    return Texts(
        tonight=Fields(
            *(unit_vectors(bags_of[name], rarity(bags_of[name].terms, tonight[name])) for name in Fields.__slots__)
        ),
        usual=Fields(*(vectors[name] for name in Fields.__slots__)),
        headline=vectors["headline"],
        lead_names=vectors["lead_names"],
        dates=vectors["dates"],
        headline_shares=_shares(read.headline, read.whole.terms, usual["whole"]),
        lead_terms=_ones(read.lead_terms, read.whole.terms),
        words=read.words,
        days=read.days,
    )


def usual_terms(article: Article) -> set[str]:
    """The terms that an article adds to a background: each stem once."""
    return set(content_stems(f"{article.title}\n{article.text}"))


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


def date_terms(text: str) -> list[str]:
    """The days, years and weekdays that a text names, as terms: "oct 7", "2024", "Sunday"."""
    days = (f"{MONTHS[month]} {day}" for month, day in _days(text))
    return [*days, *_YEAR.findall(text), *WEEKDAY.findall(text)]


def days_named(text: str) -> list[int]:
    """The days of the year that a text names by month and day, 0 to 365 as in a leap year, each once, in order."""
    return list(dict.fromkeys(_MONTH_STARTS[month] + day - 1 for month, day in _days(text) if 1 <= day <= 31))


def _days(text: str) -> list[tuple[int, int]]:
    """Months, counted from 0, and days of the month as a text names them, in order."""
    found = _DAY.findall(text)
    return [(MONTHS.index((one or other)[:3].lower()), int(before or after)) for one, before, after, other in found]


def _padded(days: Sequence[int]) -> list[int]:
    """So many days as are kept, filled up."""
    return [*days[:MOST_DAYS], *[NO_DAY] * (MOST_DAYS - len(days))]


def _bags(texts: Iterable[Sequence[str]]) -> Bags:
    """Bags of texts without titles."""
    listed = list(texts)
    return bags(listed, [()] * len(listed))


def _first_stems(lead: str) -> list[str]:
    """What stands for the headline of a text that has none."""
    return content_stems(" ".join(lead.split(None, HEADLINE_WORDS)[:HEADLINE_WORDS]))


def _ones(found: Bags, terms: Sequence[str]) -> sparse.csr_matrix:
    """A 1 for every term of a text, shape (texts, terms), in the columns of the `terms`, which hold all."""
    columns = {term: column for column, term in enumerate(terms)}
    moved = np.array([columns[term] for term in found.terms], dtype=np.int32)[found.weights.indices]
    shape = (found.weights.shape[0], len(terms))
    return sparse.csr_matrix((np.ones(len(moved)), moved, found.weights.indptr), shape=shape)


def _shares(headlines: Bags, terms: Sequence[str], rarities: Floats) -> sparse.csr_matrix:
    """How much of its headline each term is, by rarity: rows that sum to 1, or to 0 without a headline."""
    matrix = _ones(headlines, terms)
    matrix.data = rarities[matrix.indices]
    return scaled_rows(matrix, np.asarray(matrix.sum(axis=1)).ravel())


def _without_teasers(articles: Sequence[Article], tonight: Titles) -> list[str]:
    """The articles' texts without lines that link to another article of tonight: pages end in lists of those."""
    titles = [" ".join(words(article.title)) for article in articles]
    return [
        "\n".join(line for line in article.text.split("\n") if not tonight.linked(words(line), title))
        for article, title in zip(articles, titles, strict=True)
    ]


def _in_title_case(parts: Sequence[str]) -> bool:
    """Whether most longer words of a line are capitalised."""
    longer = [part for part in parts if len(part) > 3]
    return len(longer) > 3 and sum(part[0].isupper() for part in longer) > 0.6 * len(longer)


def _is_name(part: str, *, first: bool) -> bool:
    """Whether capitals mark a word: the first of its sentence only when it is an acronym."""
    return len(part) > 1 and (part.isupper() if first else part[0].isupper())
