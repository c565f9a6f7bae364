"""The whole night together: one name a publisher, no recurring lines, each article once, none lost."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles import article, soup
from pipeline.records import Article
from pipeline.stages.polish import FEWEST_PAGES, polish

FURNITURE = ["All rights reserved by the publisher", "Read our newsletter every morning", "More on this story"]
NAMES = ["Example Post", "EXAMPLE POST", "example post", "Other Bell", "", "Ｅxample Post"]


@st.composite
def nights(draw: st.DrawFn) -> list[Article]:
    """Articles of few publishers under many spellings, with recurring lines, some coming in more than once."""
    found = []
    for number in range(draw(st.integers(0, 9))):
        lines = [" ".join(soup(f"n{number}l{line}w", 12)) for line in range(draw(st.integers(1, 4)))]
        lines += draw(st.lists(st.sampled_from(FURNITURE), max_size=2))
        name = f"a{draw(st.integers(0, 6))}"
        site = draw(st.sampled_from(["", "https://www.post.example/1", "https://bell.example/2"]))
        one = article(name, "\n".join(lines), source=draw(st.sampled_from(NAMES)), url=site, location=f"in/{number}")
        found.append(one)
    return found


def three(own: int, *lines: str, source: str = "Example Post") -> list[Article]:
    """As many articles as make a line recurring, each with a line of its own words and the same lines."""
    return [
        article(f"a{number}", "\n".join((" ".join(soup(f"n{number}w", own)), *lines)), source=source)
        for number in range(FEWEST_PAGES)
    ]


@given(nights(), st.randoms(use_true_random=False))
def test_the_order_does_not_matter(night: list[Article], chance: random.Random) -> None:
    """The same articles give the same night, however the sources are listed."""
    shuffled = night.copy()
    chance.shuffle(shuffled)
    assert polish(shuffled) == polish(night)


@given(nights())
def test_no_article_is_lost(night: list[Article]) -> None:
    """Every item is an article or a repeat of one; no text is emptied."""
    found = polish(night)
    assert Counter([one.id for one in found.articles] + [one.article for one in found.repeats]) == Counter(
        one.id for one in night
    )
    places = [one.location for one in found.articles] + [one.location for one in found.repeats]
    assert Counter(places) == Counter(one.location for one in night)
    assert all(one.text for one in found.articles)
    assert [one.id for one in found.articles] == sorted({one.id for one in night})


@given(nights())
def test_polishing_twice_changes_nothing(night: list[Article]) -> None:
    """What `ingest` wrote can come in again as lines."""
    once = polish(night)
    assert polish(once.articles).articles == once.articles
    assert polish(once.articles).repeats == ()


@given(nights())
def test_texts_only_lose_lines(night: list[Article]) -> None:
    """No line is changed, added or moved."""
    before = {one.location: one.text.splitlines() for one in night}
    for one in polish(night).articles:
        rest = iter(before[one.location])
        assert all(line in rest for line in one.text.splitlines())


@given(nights())
def test_one_publisher_has_one_name(night: list[Article]) -> None:
    """Neither spelling nor address gives a second name."""
    names: dict[str, set[str]] = {}
    for one in polish(night).articles:
        names.setdefault(one.url, set()).add(one.source)
    assert all(len(found) == 1 for url, found in names.items() if url)
    sources = {one.source for one in polish(night).articles}
    assert len({source.casefold() for source in sources}) == len(sources)


def test_the_longest_of_repeats_is_kept() -> None:
    """A page has more of an article than the feed that announces it."""
    short = article("a", "One.", location="feed#1")
    long = article("a", "One. Two.", location="page")
    found = polish([short, long])
    assert found.articles == (long,)
    (repeat,) = found.repeats
    assert (repeat.stage, repeat.location, repeat.article) == ("repeat", "feed#1", "a")
    assert repeat.reason.startswith("the same article came in")


def test_recurring_lines_are_removed() -> None:
    """What stands on three pages of one publisher is the publisher's, in whatever case."""
    found = polish(
        [*three(20, "All rights reserved"), article("b", "More words here\nALL RIGHTS RESERVED", source="Example Post")]
    )
    assert not [one for one in found.articles if "reserved" in one.text.casefold() and one.id != "b"]


def test_a_line_on_fewer_pages_stays() -> None:
    """Two articles may quote the same sentence."""
    pair = three(20, "He said no")[:-1]
    assert polish(pair).articles == tuple(pair)


def test_a_line_of_other_publishers_stays() -> None:
    """Reprints of one agency text have every line in common, in different papers."""
    papers = [article(f"a{name}", "One line.\nAnother line.", source=f"Paper {name}") for name in range(5)]
    assert polish(papers).articles == tuple(papers)


def test_lines_of_nobody_stay() -> None:
    """Without a publisher there is none whose lines they could be."""
    nameless = three(20, "He said no", source="")
    assert polish(nameless).articles == tuple(nameless)


def test_versions_of_one_story_are_not_emptied() -> None:
    """Three updates of an article share most of their lines: those are text."""
    lines = [" ".join(soup(f"l{number}w", 15)) for number in range(4)]
    versions = three(10, *lines)
    assert polish(versions).articles == tuple(versions)


@pytest.mark.parametrize("same", [FEWEST_PAGES, 10])
def test_the_same_text_under_many_addresses_stays(same: int) -> None:
    """Copies are the next stage's business."""
    copies = [article(f"a{number}", "One line.\nAnother line.", source="Example Post") for number in range(same)]
    assert polish(copies).articles == tuple(copies)


def test_the_commonest_name_wins() -> None:
    """Whatever a page calls itself once; a name that is not all capitals wins a tie."""
    site = "https://post.example/"
    names = ["Example Post", "Example Post", "Example Post | News", ""]
    night = [article(f"a{at}", source=name, url=f"{site}{at}", text="x") for at, name in enumerate(names)]
    assert {one.source for one in polish(night).articles} == {"Example Post"}
    pair = [article("a", "x", source="EXAMPLE POST"), article("b", "x", source="Example Post")]
    assert {one.source for one in polish(pair).articles} == {"Example Post"}


def test_nobodys_articles_get_no_name() -> None:
    """An address that is none is no publisher's."""
    night = [article("a", "x", source="Example Post", url="file:///tmp/x"), article("b", "x")]
    assert [one.source for one in polish(night).articles] == ["Example Post", ""]


def test_nothing_gives_nothing() -> None:
    """A quiet night."""
    assert polish([]).articles == ()
