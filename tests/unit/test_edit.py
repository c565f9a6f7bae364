"""The edition: what leads, what fits, and what is said of the rest."""

from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_stories import CUTOFF, make, reprinted, story_of
from pipeline.config import TopicConfig
from pipeline.records import CopyGroup, Counts, DigestSentence, Edition, Evidence, Method, PastStory, Story, Summary
from pipeline.stages.edit import Frame, edit

FRAME = Frame("Newsfold", date(2026, 3, 10), CUTOFF, Counts(items=9, articles=9))


def summary_of(story: Story, *texts: str) -> Summary:
    """A summary of the story; it says something unless no text is given."""
    found = texts if texts or story.continues else ("The dam broke.",)
    told = tuple(DigestSentence(text, (Evidence("a", text),), Method.EXTRACTED) for text in found)
    return Summary(story, f"Headline of {story.id}", told, Method.EXTRACTED)


def story(name: str, outlets: int, copies: int = 0, hours_old: float = 8) -> Story:
    """A story that so many outlets report in their own words, and so many more reprint."""
    leads = [make(f"{name}-{number}", "Text.", hours_old=hours_old) for number in range(outlets)]
    reprints = [make(f"{name}-copy{number}", "Text.", hours_old=hours_old) for number in range(copies)]
    return Story(name, (reprinted(leads[0], *reprints), *map(CopyGroup, leads[1:])))


def ranked(*stories: Story, most: int = 30) -> list[str]:
    """The ids of the stories as the edition ranks them."""
    return [entry.summary.story.id for entry in made(*stories, most=most).entries]


def made(*stories: Story, most: int = 30) -> Edition:
    """The edition of these stories."""
    return edit([summary_of(item) for item in stories], FRAME, most)


stories = st.builds(
    story,
    st.text("abcdef", min_size=1, max_size=3),
    st.integers(1, 4),
    st.integers(0, 4),
    st.floats(-4, 60),
)


@given(st.integers(1, 6), st.integers(0, 5), st.floats(0, 72))
def test_another_outlet_never_ranks_a_story_lower(outlets: int, copies: int, age: float) -> None:
    """All else equal, the story that more outlets report themselves comes first."""
    wide, narrow = story("z-wide", outlets + 1, copies, age), story("a-narrow", outlets, copies, age)
    assert ranked(narrow, wide) == ["z-wide", "a-narrow"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (story("z", 1, copies=2), story("a", 1, copies=1)),
        (story("z", 1, hours_old=1), story("a", 1, hours_old=20)),
        (story("z", 2), story("a", 1, copies=4)),
        (story("a", 1), story("z", 1)),
    ],
    ids=["reprints", "freshness", "own-words-beat-reprints", "ties-by-id"],
)
def test_what_ranks_a_story(first: Story, second: Story) -> None:
    """Reprints and freshness add a little, independent reports the most; ties are settled by id."""
    assert ranked(first, second) == ranked(second, first) == [first.id, second.id]


def test_texts_of_one_outlet_count_once() -> None:
    """Five texts of one outlet are one voice."""
    loud = story_of(*(make(f"l{number}", "Text.", source="Loud") for number in range(5)), name="a-loud")
    two = story_of(make("x", "Text."), make("y", "Text."), name="z-two")
    assert ranked(loud, two) == ["z-two", "a-loud"]


@given(st.lists(stories, max_size=8, unique_by=lambda item: item.id), st.integers(1, 9), st.randoms())
def test_every_story_is_in_or_left_out(items: list[Story], most: int, random: Random) -> None:
    """No story is lost, the edition holds no more than asked for, and the order of input does not matter."""
    edition = made(*items, most=most)
    left = [story.story for story in edition.left_out]
    assert len(edition.entries) == min(most, len(items))
    assert sorted([entry.summary.story.id for entry in edition.entries] + left) == sorted(item.id for item in items)
    shuffled = list(items)
    random.shuffle(shuffled)
    assert made(*shuffled, most=most) == edition


def test_what_does_not_fit_says_so() -> None:
    """The best are kept, and each of the others carries its headline and the reason."""
    edition = made(story("a", 1), story("b", 3), story("c", 2), most=1)
    assert [entry.summary.story.id for entry in edition.entries] == ["b"]
    reason = "beyond the 1 story an edition holds"
    assert [(left.story, left.headline, left.reason) for left in edition.left_out] == [
        ("c", "Headline of c", reason),
        ("a", "Headline of a", reason),
    ]


def test_a_silent_story_says_why() -> None:
    """A story without sentences is left out: as old news when it goes on from an earlier night, else as unfit."""
    past = PastStory("p", date(2026, 3, 8), "Ferry aground", ())
    old = summary_of(replace(story("old", 2), continues=past))
    unfit = replace(summary_of(story("unfit", 2)), sentences=())
    edition = edit([unfit, old], FRAME, 30)
    assert not edition.entries
    assert [(left.story, left.reason) for left in edition.left_out] == [
        ("old", "nothing new since the edition of 2026-03-08"),
        ("unfit", "no sentence fit to print"),
    ]


def test_an_entry_spans_its_articles_dates() -> None:
    """First seen and updated are the earliest and latest dates, copies included; without dates there are none."""
    early, late = make("e", "Text.", hours_old=20), make("l", "Text.", hours_old=2)
    undated = replace(make("u", "Text."), published=None)
    entry = made(Story("s", (reprinted(late, early), CopyGroup(undated)))).entries[0]
    assert (entry.first_seen, entry.updated) == (early.published, late.published)
    alone = made(story_of(undated)).entries[0]
    assert (alone.first_seen, alone.updated) == (None, None)


def test_the_frame_goes_into_the_edition() -> None:
    """Title, night, cut-off and counts are passed on as they came."""
    edition = made(story("a", 1))
    assert (edition.title, edition.id, edition.cutoff, edition.counts) == (
        "Newsfold",
        "2026-03-10",
        CUTOFF,
        FRAME.counts,
    )


ENERGY = TopicConfig(name="Energy", words=("wind power", "grid"))
SEA = TopicConfig(name="Sea", words=("ferry",), weight=0.0)


def about(name: str, *texts: str) -> Story:
    """A story of outlets that write these texts."""
    return story_of(*(make(f"{name}-{place}", text) for place, text in enumerate(texts)), name=name)


def sections(*stories: Story, topics: tuple[TopicConfig, ...] = (ENERGY, SEA), most: int = 30) -> list[tuple[str, str]]:
    """Topic and id of each story of the edition, in order."""
    edition = edit([summary_of(item) for item in stories], FRAME, most, topics)
    return [(entry.topic, entry.summary.story.id) for entry in edition.entries]


def test_sections_come_in_the_order_of_the_topics() -> None:
    """Each with its best story first; what is about no topic comes last, however wide it is reported."""
    wide = about("wide", "The king spoke.", "The king has spoken.", "A king speaks.")
    ferry, grid = about("ferry", "A ferry sank."), about("grid", "The grid failed.")
    wind = about("wind", "Wind powers rose.", "More wind power.")
    assert sections(wide, ferry, grid, wind) == [("Energy", "wind"), ("Energy", "grid"), ("Sea", "ferry"), ("", "wide")]
    assert sections(wide, ferry, grid, wind, topics=())[0] == ("", "wide")


def test_a_topic_raises_a_story_by_its_weight() -> None:
    """Which stories fit is decided by rank: a topic counts as much as its weight says, or nothing."""
    wide, grid, ferry = (
        about("wide", "The king spoke."),
        about("zgrid", "The grid failed."),
        about("zferry", "A ferry."),
    )
    assert sections(wide, grid, most=1) == [("Energy", "zgrid")]
    assert sections(wide, ferry, most=1) == [("", "wide")]


@pytest.mark.parametrize(
    ("texts", "topic"),
    [
        (("The GRIDS of Aldvik failed.",), "Energy"),
        (("Power of the wind.",), ""),
        (("The gridlock grew.",), ""),
        (("The grid failed.", "The lights went out.", "Dark streets."), ""),
        (("The grid failed.", "The lights went out."), "Energy"),
        (("Word " * 120 + "grid.",), ""),
        (("A ferry hit the grid.",), "Energy"),
    ],
)
def test_a_story_is_about_what_most_of_its_texts_begin_with(texts: tuple[str, ...], topic: str) -> None:
    """Words in any form, phrases as they stand, in half of the texts, near their top; of two topics the first."""
    assert [found for found, _ in sections(about("s", *texts))] == [topic]
