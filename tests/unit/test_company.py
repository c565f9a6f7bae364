"""Tonight's groups among earlier stories: what comes together, by rules and by laws that hold for any texts."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_stories import FIRE, FIRE_TOO, STRIKE, make, reprinted
from pipeline.clustering import company
from pipeline.clustering.company import Units, come_together, company_of
from pipeline.clustering.proposals import proposed
from pipeline.clustering.similarity import Context, read_texts
from pipeline.records import CopyGroup, PastStory, Story
from pipeline.stages.cluster import THRESHOLD, cluster

CUP = (
    "Goalkeeper Matteo Brisco saved two penalties as Port Ansel Rovers beat Lindmar Athletic in the semi-final of the "
    "National Cup. Rovers reached their first final since 1988."
)
HURT = (
    "Firefighters left Dock Road in Port Ansel at midnight. Two of them were treated for smoke in Port Ansel General "
    "Hospital, where seventy firefighters had been expected."
)
LOSS = "Harrow & Lisle said the furniture warehouse, which had stood since 1962, held sofas worth four million crowns."
TONIGHT = {"hurt": HURT, "loss": LOSS, "strike": STRIKE, "cup": CUP}
WORDS = st.sampled_from((FIRE + STRIKE + CUP).split())
TEXTS = st.lists(WORDS, max_size=20).map(" ".join)
UNITS = st.lists(st.lists(TEXTS, max_size=3), min_size=2, max_size=6)


def past(name: str, *texts: str) -> PastStory:
    """An earlier story of some texts."""
    articles = tuple(make(f"{name}-{number}", text) for number, text in enumerate(texts))
    return PastStory(name, date(2026, 3, 9), "", articles)


def held(stories: tuple[Story, ...]) -> dict[str, set[str]]:
    """The leads of each story that goes on under an earlier id, and of all others, under ""."""
    found: dict[str, set[str]] = {"": set()}
    for story in stories:
        key = story.continues.id if story.continues else ""
        found[key] = found.get(key, set()) | {lead.id for lead in story.leads}
    return found


def numbers(groups: list[CopyGroup], *earlier: PastStory, **repeated: str) -> list[int]:
    """What comes together: a number for each group, then for each earlier story."""
    voices = np.array([len(group.articles) for group in groups])
    return list(come_together(company_of(groups, earlier, repeated), voices, THRESHOLD).tolist())


def test_an_earlier_story_holds_together_what_tonight_would_part() -> None:
    """Two sides of a fire that share hardly a word, one of which would go with a football match in the same town."""
    groups = [CopyGroup(make(name, text)) for name, text in TONIGHT.items()]
    alone = {frozenset(lead.id for lead in story.leads) for story in cluster(groups)}
    assert frozenset({"hurt", "loss"}) not in alone
    assert held(cluster(groups, [past("fire", FIRE, FIRE_TOO)])) == {"fire": {"hurt", "loss"}, "": {"strike", "cup"}}


def test_earlier_stories_come_together_only_by_what_tonight_tells() -> None:
    """However alike two earlier stories are, a night that says nothing of them leaves them apart."""
    earlier = past("one", FIRE), past("two", FIRE_TOO)
    cup, one, two = numbers([CopyGroup(make("cup", CUP))], *earlier)
    assert len({cup, one, two}) == 3
    fire, one, two = numbers([CopyGroup(make("fire", f"{FIRE} {FIRE_TOO}"))], *earlier)
    assert fire == one == two


def test_a_copy_belongs_where_its_text_was_told() -> None:
    """What repeats an earlier story goes with it, whatever it resembles, and with the one that it repeats most."""
    fire, strike = past("fire", FIRE), past("strike", STRIKE)
    group, _, of_strike = numbers([CopyGroup(make("f", FIRE_TOO))], fire, strike, f="strike")
    assert group == of_strike
    reprints = reprinted(make("f", FIRE_TOO), make("g", FIRE_TOO), make("h", FIRE_TOO))
    group, of_fire, _ = numbers([reprints], fire, strike, f="strike", g="fire", h="fire")
    assert group == of_fire


def test_a_story_without_texts_stands_alone() -> None:
    """An earlier story whose texts are no longer kept is continued by nothing but a copy."""
    group, empty = numbers([CopyGroup(make("f", FIRE))], past("empty"))
    assert group != empty
    group, empty = numbers([CopyGroup(make("f", FIRE))], past("empty"), f="empty")
    assert group == empty


@given(UNITS)
@settings(deadline=None)
def test_units_are_as_alike_as_their_texts_on_average(bodies: list[list[str]]) -> None:
    """The mean over every text of one and every text of the other, also where they are compared a few at a time."""
    units = Units([[make(f"{place}-{at}", text) for at, text in enumerate(body)] for place, body in enumerate(bodies)])
    texts = read_texts([make(f"{place}", text) for body in bodies for place, text in enumerate(body)])
    context = Context(texts, proposed(texts))
    starts = np.cumsum([0, *map(len, bodies)])
    left, right = np.triu_indices(len(bodies), 1)
    for one, other, likeness in zip(left, right, units.likeness(left, right), strict=True):
        rows = [(a, b) for a in range(*starts[one : one + 2]) for b in range(*starts[other : other + 2])]
        scores = context.similarity(*np.array(rows, dtype=np.int64).reshape(-1, 2).T)
        assert likeness == pytest.approx(scores.mean() if len(rows) else 0.0, abs=2e-9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(company, "TEXT_PAIRS_AT_ONCE", 2)
        small = units.likeness(left, right)
    assert small.tolist() == units.likeness(left, right).tolist()
