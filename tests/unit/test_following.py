"""Who takes over which story's id: the rules one by one, and laws that hold for any nights."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_stories import FIRE, FIRE_TOO, STRIKE, make, story_of
from pipeline.clustering import following
from pipeline.clustering.company import Units, company_of
from pipeline.clustering.following import Tie, follow, latest_first, taken_over, ties_of, within_reach
from pipeline.records import Article, CopyGroup, PastStory, Story
from pipeline.stages.cluster import cluster

MONDAY = date(2026, 3, 9)
THRESHOLD = 0.52
FIRE_GOES_ON = f"{FIRE_TOO} {FIRE.partition('. ')[2]}"
PLACES = st.integers(0, 5)
TIES = st.lists(
    st.builds(Tie, PLACES, PLACES, st.integers(0, 2), st.sampled_from((0.1, 0.2, 0.3)), st.booleans()),
    unique_by=lambda tie: (tie.story, tie.past),
)
WORDS = st.sampled_from((FIRE + STRIKE).split())
BODIES = st.lists(st.lists(WORDS, max_size=20).map(" ".join), max_size=4)


def past(name: str, *texts: str, night: date = MONDAY, since: date | None = None) -> PastStory:
    """A past story of some texts."""
    articles = tuple(make(f"{name}-{number}", text) for number, text in enumerate(texts))
    return PastStory(name, night, f"Headline of {name}", articles, since)


def in_order(stories: Sequence[Story], past: Sequence[PastStory], repeated: Mapping[str, str]) -> tuple[Story, ...]:
    """Tonight's stories, which came together with no earlier one, with the ids they keep."""
    earlier, groups = latest_first(past), [group for story in stories for group in story.groups]
    company = company_of(groups, earlier, repeated)
    owners = np.repeat(np.arange(len(stories)), [len(story.groups) for story in stories])
    members = [np.flatnonzero(owners == place).tolist() for place in range(len(stories))]
    numbers = np.concatenate([owners, len(stories) + np.arange(len(earlier))])
    return follow(stories, earlier, list(ties_of(members, company, numbers, THRESHOLD)), THRESHOLD)


def followed(stories: Sequence[Story], *earlier: PastStory, **repeated: str) -> dict[str, Story]:
    """The same by the id of their first article."""
    return {story.leads[0].id: story for story in in_order(stories, earlier, repeated)}


def test_a_story_that_goes_on_keeps_its_id() -> None:
    """Readers and whoever asks know it by that; the story of another event gets an id of its own."""
    fire = past("fire", FIRE)
    found = followed(
        [story_of(make("f", FIRE_TOO), name="n1"), story_of(make("s", STRIKE), name="n2")], fire, past("empty")
    )
    assert (found["f"].id, found["f"].continues, found["f"].aliases) == ("fire", fire, ())
    assert (found["s"].id, found["s"].continues) == ("n2", None)


def test_nothing_is_continued_without_a_past() -> None:
    """The first night has the ids that its groups give."""
    stories = [story_of(make("s", STRIKE), name="b"), story_of(make("f", FIRE), name="a")]
    assert follow(stories, [], [], THRESHOLD) == (stories[1], stories[0])
    assert in_order([], [past("fire", FIRE)], {}) == ()


def test_of_two_stories_that_continue_one_the_likest_keeps_the_id() -> None:
    """Of a story that splits, the other part begins anew and still tells where it comes from."""
    fire, strike = past("fire", FIRE), past("strike", STRIKE)
    more = story_of(make("more", FIRE_GOES_ON), make("also", FIRE_TOO), name="n2")
    found = followed(
        [story_of(make("less", FIRE), name="n1"), more], fire, strike, less="fire", more="fire", also="fire"
    )
    assert [found["less"].continues, found["more"].continues] == [fire, fire]
    assert (found["less"].id, found["more"].id) == ("n1", "fire")


def test_copies_count_before_likeness() -> None:
    """What repeats an earlier story's text belongs to that story, whatever else it resembles."""
    found = followed([story_of(make("f", FIRE_TOO), name="n1")], past("fire", FIRE), past("strike", STRIKE), f="strike")
    assert found["f"].id == "strike"
    assert followed([story_of(make("f", FIRE_TOO), name="n1")], past("strike", STRIKE), f="forgotten")["f"].id == "n1"


def test_two_earlier_stories_that_prove_to_be_one_are_merged() -> None:
    """The oldest id stays, wherever the likeness is larger, and readers are spared what either has told."""
    old = past("z-old", FIRE, since=MONDAY - timedelta(days=20))
    new = past("a-new", FIRE_TOO, night=MONDAY + timedelta(days=1))
    (story,) = followed([story_of(make("f", FIRE_GOES_ON), name="n1")], new, old).values()
    assert (story.id, story.aliases) == ("z-old", ("a-new",))
    assert story.continues == PastStory(
        "z-old", new.night, "Headline of a-new", (*old.articles, *new.articles), since=old.began
    )


def test_of_stories_as_old_the_first_id_stays() -> None:
    """The choice does not depend on the order in which they come."""
    for earlier in ([past("a", FIRE), past("b", FIRE_TOO)], [past("b", FIRE_TOO), past("a", FIRE)]):
        (story,) = followed([story_of(make("f", FIRE_GOES_ON), name="n1")], *earlier).values()
        assert (story.id, story.aliases) == ("a", ("b",))


def test_a_report_of_two_events_merges_nothing() -> None:
    """One article that tells of a fire and of a strike does not make one story of these, for good."""
    fire, strike = past("fire", FIRE, FIRE_TOO), past("strike", STRIKE)
    (story,) = followed([story_of(make("r", f"{FIRE} {STRIKE}"), name="n1")], fire, strike).values()
    assert story.id in {"fire", "strike"}
    assert story.aliases == ()


def test_copies_of_two_events_merge_nothing() -> None:
    """Not even verified copies of both: they tell what the story holds, not that the earlier ones are one."""
    stories = [story_of(make("f", FIRE), make("g", FIRE_TOO), make("s", STRIKE), name="n1")]
    found = followed(stories, past("fire", FIRE, FIRE_TOO), past("strike", STRIKE), f="fire", g="fire", s="strike")
    assert (found["f"].id, found["f"].aliases) == ("fire", ())


def test_copies_of_two_stories_of_one_event_merge_them() -> None:
    """The late reprint of both texts shows that two stories were one."""
    stories = [story_of(make("f", FIRE), make("g", FIRE_TOO), name="n1")]
    found = followed(stories, past("one", FIRE), past("two", FIRE_TOO), f="one", g="two")
    assert (found["f"].id, found["f"].aliases) == ("one", ("two",))


def test_earlier_stories_are_compared_as_within() -> None:
    """What keeps two stories apart is measured by what holds each together; one text holds nothing together."""
    stories = [past("f", FIRE, FIRE_GOES_ON), past("g", FIRE_TOO), past("s", STRIKE), past("empty")]
    units = Units([story.articles for story in stories])
    within, across, apart, empty = units.likeness(np.zeros(4, dtype=np.int64), np.arange(4))
    assert within > across > apart
    assert empty == 0
    assert units.as_alike_as_within(0, 1, across) == (across >= (units._within(0, across) + across) / 2)
    assert not units.as_alike_as_within(0, 2, THRESHOLD)
    assert not units.as_alike_as_within(1, 3, THRESHOLD)


@pytest.mark.parametrize(
    ("ties", "expected"),
    [
        # Nobody continues the second: the heir of the first takes it in.
        ([Tie(0, 0, 0, 0.3), Tie(0, 1, 0, 0.2)], {0: (0, 1)}),
        # Another story continues the second: both stay what they are.
        ([Tie(0, 0, 0, 0.3), Tie(0, 1, 0, 0.2), Tie(1, 1, 0, 0.1)], {0: (0,), 1: (1,)}),
        # Whoever gave up an id takes nothing in, however strongly it is tied.
        ([Tie(0, 0, 0, 0.4), Tie(1, 0, 0, 0.3), Tie(1, 1, 0, 0.2)], {0: (0,)}),
        # Two heirs: the third goes to the one it is tied to most strongly; a copy is stronger than any likeness.
        ([Tie(0, 0, 0, 0.3), Tie(1, 1, 2, 0.3), Tie(0, 2, 0, 0.2), Tie(1, 2, 1, 0.1)], {0: (0,), 1: (1, 2)}),
        # What came together goes before copies and likeness.
        ([Tie(0, 0, 1, 0.9), Tie(0, 1, 0, 0.2, together=True), Tie(1, 0, 0, 0.3)], {0: (1,), 1: (0,)}),
        ([], {}),
    ],
)
def test_who_takes_over_what(ties: list[Tie], expected: dict[int, tuple[int, ...]]) -> None:
    """The rules where every earlier story may be one with every other."""
    assert taken_over(ties, lambda *_: True) == expected


def test_a_story_takes_in_only_what_may_be_one_with_all_it_has() -> None:
    """Three earlier stories do not become one by way of the middle one."""
    ties = [Tie(0, 0, 0, 0.3), Tie(0, 1, 0, 0.2), Tie(0, 2, 0, 0.1)]
    assert taken_over(ties, lambda one, other: other - one == 1) == {0: (0, 1)}


@given(TIES, st.randoms(use_true_random=False))
def test_ids_are_taken_over_once(ties: list[Tie], random: Random) -> None:
    """Whatever ties there are, in whatever order: no id goes to two stories, and each to one that is tied to it."""
    taken = taken_over(ties, lambda one, other: (one + other) % 3 > 0)
    given_away = [place for places in taken.values() for place in places]
    assert len(given_away) == len(set(given_away))
    assert {(story, place) for story, places in taken.items() for place in places} <= {
        (tie.story, tie.past) for tie in ties
    }
    assert all((one + other) % 3 for places in taken.values() for one in places for other in places if one != other)
    assert set(taken) <= {tie.story for tie in ties}
    assert bool(taken) == bool(ties)
    assert taken_over(random.sample(ties, len(ties)), lambda one, other: (one + other) % 3 > 0) == taken


class Memory:
    """What a store remembers of stories, by the rules it keeps, and how an id is followed to its story."""

    def __init__(self) -> None:
        self.stories: dict[str, PastStory] = {}
        self.aliases: dict[str, str] = {}

    def add(self, night: date, stories: Sequence[Story]) -> None:
        """Take in a night."""
        for story in stories:
            for alias in story.aliases:
                assert alias not in self.aliases
                self.aliases[alias] = story.id
            known = [self.stories.pop(name) for name in (story.id, *story.aliases) if name in self.stories]
            began = min([night, *(one.began for one in known)])
            articles = (*(article for one in known for article in one.articles), *story.leads)
            self.stories[story.id] = PastStory(story.id, night, "", articles, began)

    def present(self, name: str) -> str:
        """The id that a story goes by now."""
        return self.present(self.aliases[name]) if name in self.aliases else name


def groups(night: int, bodies: Sequence[str]) -> list[CopyGroup]:
    """The groups of a night."""
    return [CopyGroup(Article(f"n{night}-{number}", "", body)) for number, body in enumerate(bodies)]


@given(st.lists(BODIES, max_size=4), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_every_id_ever_given_leads_to_one_story(nights: list[list[str]], random: Random) -> None:
    """Over any nights: ids are unique on each, a replay in any order gives the same, and every old id is found."""
    memory, ever = Memory(), set[str]()
    for number, bodies in enumerate(nights):
        tonight, earlier = groups(number, bodies), list(memory.stories.values())
        found = cluster(tonight, earlier)
        assert cluster(random.sample(tonight, len(tonight)), random.sample(earlier, len(earlier))) == found
        ids = [story.id for story in found]
        assert len(set(ids)) == len(ids)
        assert all(story.id in ever or story.aliases == () for story in found)
        memory.add(MONDAY + timedelta(days=number), found)
        ever.update(ids)
        assert {memory.present(name) for name in ever} == set(memory.stories)


def test_earlier_stories_within_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many are left to other nights: what is repeated stays, then the latest, of one night the larger ones."""
    tuesday = MONDAY + timedelta(days=1)
    stories = [
        past("old", FIRE),
        past("one", FIRE, night=tuesday),
        past("two", FIRE, STRIKE, night=tuesday),
        past("copied", *[FIRE] * 9),
    ]
    assert {story.id for story in within_reach(stories, ())} == {"old", "one", "two", "copied"}
    monkeypatch.setattr(following, "MOST_TEXTS", 3)
    for order in (stories, stories[::-1]):
        assert [story.id for story in within_reach(order, ())] == ["two", "one"]
        assert [story.id for story in within_reach(order, {"copied"})] == ["copied"]


def test_merges_are_judged_among_a_part_of_what_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few others are looked at: two stories of one event are merged, those of two events are not."""
    monkeypatch.setattr(following, "AMONG", 0)
    others = [past(f"other{number}", STRIKE) for number in range(3)]
    (story,) = in_order(
        [story_of(make("f", FIRE_GOES_ON), name="n1")], [*others, past("a", FIRE), past("b", FIRE_TOO)], {}
    )
    assert (story.id, story.aliases) == ("a", ("b",))


def test_an_id_that_is_taken_is_not_given_again() -> None:
    """Hashes of millions of stories can meet; two stories of one id would stop the night."""
    story = story_of(make("s", STRIKE), name="fire")
    (found,) = in_order([story], [past("fire", FIRE)], {})
    assert found.continues is None
    assert found.id != "fire"
    assert in_order([story], [past("fire", FIRE)], {}) == (found,)
