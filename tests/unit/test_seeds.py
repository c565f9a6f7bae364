"""Five real pages, saved as text: five articles, and nothing of what stood around them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from articles import night_of
from pipeline.records import Article
from pipeline.stages.polish import polish
from pipeline.times import Clock

SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"
pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason=f"the five seed files are not here: {SEEDS}")


@pytest.fixture(scope="module")
def seeds() -> dict[str, Article]:
    """The articles by the number of their file."""
    articles, rejects = night_of(SEEDS, Clock(now=datetime(2026, 3, 10, tzinfo=UTC)))
    assert not rejects
    return {Path(one.location).name[:3]: one for one in polish(articles).articles}


def test_five_files_are_five_articles(seeds: dict[str, Article]) -> None:
    """None is lost, none is a repeat, all are English with a title and some length."""
    assert sorted(seeds) == ["000", "001", "002", "003", "004"]
    assert {one.lang for one in seeds.values()} == {"en"}
    assert all(len(one.text.split()) > 100 for one in seeds.values())


@pytest.mark.parametrize(
    ("name", "title", "first", "last"),
    [
        ("000", "Vietnam–France", "The upcoming state visit", "he added."),
        ("001", "Vietnam and France", "Top leaders", "both countries."),
        ("002", "Vietnam aspires", "Vietnamese and French", "central role."),
        ("004", "Vietnam, France", "The agreement came", "unverified information."),
    ],
)
def test_the_articles_begin_and_end_where_their_pages_do(
    seeds: dict[str, Article], name: str, title: str, first: str, last: str
) -> None:
    """Through the whole line of cleaning, not only through the dump cleaner."""
    assert seeds[name].title.startswith(title)
    assert seeds[name].text.startswith(first)
    assert seeds[name].text.endswith(last)


def test_the_third_ends_at_the_agencys_mark(seeds: dict[str, Article]) -> None:
    """Everything after the mark is other stories, and there is more of it than of the article."""
    (path,) = SEEDS.glob("003_*.txt")
    before, mark, after = path.read_text(encoding="utf-8").partition(" .-VNA")
    assert mark
    assert len(after) > len(before) / 2
    assert seeds["003"].text.startswith("Vietnam and France have agreed")
    assert seeds["003"].text.split()[-3:] == f"{before}.".split()[-3:]


@pytest.mark.parametrize(
    "stray",
    ["Photo:", "(VNA) -", "DTiNews", "RELATED", "See more", "Edited by", "./.", "among news highlights", "Family Run"],
)
def test_no_teaser_is_left(seeds: dict[str, Article], stray: str) -> None:
    """Captions, menus and other stories are not news of tonight."""
    assert not [name for name, one in seeds.items() if stray in one.text]


def test_the_seeds_are_of_their_days(seeds: dict[str, Article]) -> None:
    """Where a page shows its date, it is read, with its zone."""
    assert seeds["004"].published == datetime(2024, 10, 8, 7, 40, tzinfo=UTC)
