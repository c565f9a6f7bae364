"""A publisher's boilerplate does not count, and what its articles truly share does."""

from __future__ import annotations

import numpy as np

from articles import article, soup
from pipeline.minhash.boilerplate import FEWEST, MANY, boilerplate
from pipeline.records import Article
from pipeline.stages.dedupe import dedupe

FOOTER = " ".join(soup("footer", 40))


def outlet(number: int, own: int, source: str = "Post", footer: str = FOOTER) -> Article:
    """An article of some own words with its publisher's footer."""
    return article(f"{source}-{number:02}", " ".join(soup(f"{source}{number}w", own)) + "\n" + footer, source=source)


def ignored_by(articles: list[Article]) -> list[int]:
    """How many shingles each of the articles ignores."""
    found = boilerplate([one.text for one in articles], [one.source for one in articles])
    return [int(np.count_nonzero(found.slots[found.starts[owner] : found.starts[owner + 1]])) for owner in found.owner]


def sizes(articles: list[Article]) -> list[int]:
    """The sizes of the groups, descending."""
    return sorted((len(group.articles) for group in dedupe(articles).groups), reverse=True)


def test_a_footer_is_learnt_from_a_few_articles() -> None:
    """Its own 36 shingles; those that reach into an article's own words are the article's."""
    assert ignored_by([outlet(number, 100) for number in range(FEWEST)]) == [36] * FEWEST
    assert ignored_by([outlet(number, 100) for number in range(FEWEST - 1)]) == [0] * (FEWEST - 1)


def test_another_publishers_articles_ignore_nothing_of_it() -> None:
    """Boilerplate is its publisher's; with an unnamed publisher there is none."""
    night = [*(outlet(number, 100) for number in range(5)), outlet(9, 100, "Bell"), outlet(10, 100, "")]
    assert ignored_by(night) == [36] * 5 + [0, 0]


def test_short_items_under_a_long_footer_are_no_copies() -> None:
    """Two thirds of every item is the same, on many items: it says nothing about any of them."""
    assert sizes([outlet(number, 20) for number in range(MANY)]) == [1] * MANY


def test_versions_of_one_text_are_copies_not_boilerplate() -> None:
    """A publisher that prints a text three times with another first sentence has copied it."""
    story = " ".join(soup("story", 200))
    night = [outlet(number, 20, footer=story) for number in range(3)]
    assert ignored_by(night) == [0, 0, 0]
    assert sizes(night) == [3]


def test_footers_do_not_hide_a_reprint() -> None:
    """Two papers print one agency text, each above a footer longer than it."""
    text, other = " ".join(soup("agency", 40)), " ".join(soup("else", 60))
    pair = [article("a", f"{text}\n{FOOTER}", source="Post"), article("b", f"{text}\n{other}", source="Bell")]
    others = [*(outlet(number, 100) for number in range(5)), *(outlet(n, 100, "Bell", other) for n in range(5, 10))]
    assert sizes(pair) == [1, 1]
    assert sizes([*pair, *others]) == [2, *[1] * 10]


def test_a_text_of_boilerplate_alone_is_compared_by_it() -> None:
    """Pages on which nothing else was found are copies of each other."""
    night = [*(outlet(number, 100) for number in range(5)), article("x", FOOTER, source="Post")]
    assert sizes([*night, article("y", FOOTER, source="Post")]) == [2, *[1] * 5]
