"""A story of several nights and ids is one story in the store, whoever asks for it and by whatever id."""

import dataclasses
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.records import CopyGroup, PastStory, Story
from pipeline.store.core import Store, open_store
from pipeline.store.rows import Night
from sample_nights import day, make_article, make_night, make_rendered

BEFORE_ALIASES = 2


def night_of(number: int, *stories: Story) -> Night:
    """A night of some stories, all left out of its edition."""
    made = make_night(day(number))
    edition = dataclasses.replace(made.edition, entries=(), left_out=())
    return Night(edition, make_rendered(day(number)), (), stories)


def told(name: str, article: str, *aliases: str, continues: PastStory | None = None) -> Story:
    """A story of one article."""
    return Story(name, (CopyGroup(make_article(article)),), continues, aliases)


def merged_twice(store: Store) -> None:
    """Five nights: c is taken in by b, then b by a, which had been told on the first."""
    store.save_night(night_of(0, told("a", "a0")))
    store.save_night(night_of(1, told("b", "b1"), told("c", "c1")))
    (b,) = (one for one in store.past_stories(day(1), day(2)) if one.id == "b")
    store.save_night(night_of(2, told("b", "b2", "c", continues=b), told("other", "o2")))
    store.save_night(night_of(3, told("a", "a3", "b", continues=dataclasses.replace(b, id="a"))))
    store.save_night(night_of(4, told("a", "a4"), told("part", "p4", continues=dataclasses.replace(b, id="a"))))


def test_a_story_of_several_nights_comes_back_once(store: Store) -> None:
    """Under the id it goes by now, with the texts of all nights, the latest night and headline, and its beginning."""
    merged_twice(store)
    found = {one.id: one for one in store.past_stories(day(0), day(5))}
    assert set(found) == {"a", "other", "part"}
    assert [article.id for article in found["a"].articles] == ["a0", "b1", "c1", "b2", "a3", "a4"]
    assert (found["a"].night, found["a"].began, found["a"].headline) == (day(4), day(0), "Title of a4")
    assert (found["other"].night, found["other"].began) == (day(2), day(2))


def test_a_story_began_before_what_is_remembered(store: Store) -> None:
    """The first night is read even when it is long forgotten, also that of an id the story no longer has."""
    merged_twice(store)
    assert [(one.id, one.began, len(one.articles)) for one in store.past_stories(day(2), day(4))] == [
        ("a", day(0), 2),
        ("other", day(2), 1),
    ]
    assert [(one.id, one.began) for one in store.past_stories(day(1), day(2))] == [("a", day(0))]


def test_of_two_stories_of_one_night_the_one_that_kept_the_id_gives_the_headline(store: Store) -> None:
    """Which of the two comes first in the alphabet says nothing about the story."""
    store.save_night(night_of(0, told("x", "x0"), told("m", "m0"), told("z", "z0")))
    store.save_night(night_of(2, told("m", "m2", "x", "z")))
    (story,) = store.past_stories(day(0), day(1))
    assert (story.id, story.headline, len(story.articles)) == ("m", "Title of m0", 3)


def test_every_id_leads_to_the_story(store: Store) -> None:
    """Step by step over the merges there have been; an id that never was is its own."""
    merged_twice(store)
    assert [store.present_id(name) for name in ("a", "b", "c", "other", "never")] == ["a", "a", "a", "other", "never"]
    assert store.stories_with(["a0", "b1", "c1", "o2", "x"], day(0), day(5)) == {
        "a0": "a",
        "b1": "a",
        "c1": "a",
        "o2": "other",
    }
    nights = ((day(0), "a"), (day(1), "b"), (day(1), "c"), (day(2), "b"), (day(3), "a"), (day(4), "a"))
    assert store.appearances("a") == store.appearances("b") == store.appearances("c") == nights


def test_a_night_is_as_it_was(store: Store) -> None:
    """What the stories of one night were compared as does not change with what was found later."""
    merged_twice(store)
    assert [(one.id, len(one.articles)) for one in store.stories_of(day(1))] == [("b", 1), ("c", 1)]


@pytest.mark.parametrize(
    ("name", "aliases"),
    [("c", ["a"]), ("b", ["a"]), ("a", ["b"]), ("a", ["a"])],
    ids=["a circle of three", "a circle of two", "an alias twice", "itself"],
)
def test_ids_never_lead_in_a_circle(store: Store, name: str, aliases: list[str]) -> None:
    """Such a night is refused whole, so that every id leads to one story."""
    merged_twice(store)
    with pytest.raises(StoreError, match="nothing was saved"):
        store.save_night(night_of(5, told(name, "n5", *aliases)))
    assert store.edition(day(5).isoformat()) is None
    assert store.present_id("c") == "a"


@pytest.mark.parametrize("identifier", ["a", "b", "c"])
def test_explain_tells_the_whole_story_by_any_of_its_ids(store: Store, identifier: str) -> None:
    """When it began, the nights it ran, its other ids; and for an old id, what it is now and since when."""
    merged_twice(store)
    lines = store.explain(identifier)
    for line in (
        "story a began on 2026-03-01, told on 2026-03-01, 2026-03-02, 2026-03-03, 2026-03-04, 2026-03-05",
        "  also story c, until the night of 2026-03-03 found that they are one",
        "  also story b, until the night of 2026-03-04 found that they are one",
        "story c of 2026-03-02: Title of c1",
        "  continues from 2026-03-02",
        "  article c1: Title of c1 [Example Post]",
    ):
        assert line in lines
    steps = {
        "c": "story c is story b: the night of 2026-03-03 found that they are one",
        "b": "story b is story a: the night of 2026-03-04 found that they are one",
    }
    assert [line for line in lines if " is story " in line] == {
        "a": [],
        "b": [steps["b"]],
        "c": [steps["c"], steps["b"]],
    }[identifier]


def test_explain_tells_where_a_part_and_an_article_went(store: Store) -> None:
    """A part names the story it comes from; an article of an old id names the story of today."""
    merged_twice(store)
    part = store.explain("part")
    assert "  continues story a of 2026-03-02" in part
    assert not [line for line in part if "began" in line]
    assert "  in story c of 2026-03-02, now story a" in store.explain("c1")
    assert "  in story a of 2026-03-05" in store.explain("a4")


def test_a_state_from_before_aliases_goes_on(path: Path, old_state: Callable[[int], sqlite3.Connection]) -> None:
    """Stories of an earlier version keep the ids they had, and later nights may find that they are one."""
    with old_state(BEFORE_ALIASES) as database:
        insert_old_night(database, "2026-03-01", "first", "")
        insert_old_night(database, "2026-03-02", "second", "first")
    database.close()
    with open_store(path) as store:
        assert [(one.id, one.began) for one in store.past_stories(day(0), day(5))] == [
            ("first", day(0)),
            ("second", day(1)),
        ]
        assert "  continues story first of 2026-03-01" in store.explain("second")
        store.save_night(night_of(2, told("first", "new", "second")))
        (story,) = store.past_stories(day(0), day(5))
        assert [article.id for article in story.articles] == ["of-first", "of-second", "new"]
        assert store.present_id("second") == "first"


def insert_old_night(database: sqlite3.Connection, night: str, story: str, continues: str) -> None:
    """A night of one story of one article, as the second version of the schema had it."""
    article = f"of-{story}"
    for sql, values in (
        ("INSERT INTO editions VALUES (?, '', '2026-03-01T05:00:00+00:00', '', '', '', '', 0, '{}')", (night,)),
        ("INSERT INTO articles VALUES (?, ?, 'Title', 'Text.', '', NULL, 'en', '', '', '{}')", (article, night)),
        ("INSERT INTO stories VALUES (?, ?, 'Title', ?, '2026-03-01')", (night, story, continues)),
        ("INSERT INTO memberships VALUES (?, ?, ?, 0, ?, 1.0, 1.0, 1)", (night, article, story, article)),
    ):
        database.execute(sql, values)
