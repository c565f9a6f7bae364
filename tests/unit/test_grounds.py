"""Why a story is one story: the numbers that decided, and the words behind them."""

from __future__ import annotations

from datetime import date

import pytest

from made_stories import FIRE, FIRE_TOO, STRIKE, make
from pipeline.clustering.grounds import grounds
from pipeline.records import Article, CopyGroup, PastStory
from pipeline.stages.cluster import THRESHOLD, cluster

NIGHT = date(2026, 3, 10)
ARTICLES = (
    make("fire", FIRE, "Furniture warehouse burns in Port Ansel"),
    make("fire-too", FIRE_TOO, "Warehouse fire in Port Ansel"),
    make("strike", STRIKE, "Teachers in Lindmar to strike on Thursday"),
)


def told(*articles: Article) -> list[PastStory]:
    """The stories that the articles fall into, as the store remembers them."""
    stories = cluster([CopyGroup(article) for article in articles])
    return [PastStory(story.id, NIGHT, story.leads[0].title, story.leads) for story in stories]


def of(name: str, stories: list[PastStory]) -> str:
    """The id of the story that holds an article."""
    return next(story.id for story in stories if name in {article.id for article in story.articles})


def test_links_tell_what_joined_two_articles() -> None:
    """The similarity that reached the threshold, and the rare words that both articles have."""
    stories = told(*ARTICLES)
    found = grounds(stories, of("fire", stories))
    (link,) = found.links
    assert {link.one.id, link.other.id} == {"fire", "fire-too"}
    assert found.average == link.similarity >= THRESHOLD
    assert {"ansel", "harrow", "lisle"} <= set(link.shared)
    assert "the" not in link.shared


def test_the_nearest_other_story_was_not_near_enough() -> None:
    """What it would have taken is told too."""
    stories = told(*ARTICLES)
    found = grounds(stories, of("fire", stories))
    assert found.nearest is not None
    assert found.nearest.id == of("strike", stories)
    assert found.nearest_average < THRESHOLD
    assert [link.other.id for link in found.nearest_links] == ["strike", "strike"]


def test_a_story_of_one_text_has_no_links() -> None:
    """Alone on its night, it has nothing near it either."""
    stories = told(ARTICLES[2])
    found = grounds(stories, stories[0].id)
    assert found.links == found.nearest_links == ()
    assert found.average is None
    assert found.nearest is None


def test_what_earlier_nights_told_is_told_beside() -> None:
    """A story that goes on has links to what it goes on from, which is no other story."""
    stories = told(ARTICLES[0], ARTICLES[2])
    found = grounds(stories, of("fire", stories), [ARTICLES[1]])
    (link,) = found.earlier_links
    assert {link.one.id, link.other.id} == {"fire", "fire-too"}
    assert found.earlier_average == link.similarity >= THRESHOLD
    assert found.nearest is not None
    assert found.nearest.id == of("strike", stories)
    assert grounds(stories, of("fire", stories)).earlier_average is None


def test_the_order_of_stories_does_not_matter() -> None:
    """The same grounds, whoever asks."""
    stories = told(*ARTICLES)
    assert grounds(stories[::-1], of("fire", stories)) == grounds(stories, of("fire", stories))


def test_an_unknown_story_is_an_error() -> None:
    """Not an empty answer."""
    with pytest.raises(KeyError):
        grounds(told(*ARTICLES), "nobody")
