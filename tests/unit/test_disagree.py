"""Where sources count differently: what is a contradiction and what is none."""

import pytest

from made_stories import make, reprinted, story_of
from pipeline.digest.disagree import disagreements
from pipeline.records import CopyGroup, Story


def values(*texts: str) -> dict[str, list[str]]:
    """The values given for each thing by articles with these texts."""
    story = story_of(*(make(f"a{number}", text) for number, text in enumerate(texts)))
    return {found.about: [claim.value for claim in found.claims] for found in disagreements(story)}


@pytest.mark.parametrize(
    ("one", "other", "about", "given"),
    [
        ("14 people were injured.", "The crash injured 17 passengers.", "people injured", ["14", "17"]),
        ("Fourteen people were hurt.", "Doctors said 17 were wounded.", "people injured", ["14", "17"]),
        ("The quake killed three.", "Four people have died.", "people killed", ["3", "4"]),
        ("Police detained 1,250 people.", "1,300 were arrested.", "people arrested", ["1250", "1300"]),
        ("Two people are missing.", "Three people are missing.", "people missing", ["2", "3"]),
        ("300 residents were evacuated.", "Some left: 250 people were evacuated.", "people evacuated", ["250", "300"]),
    ],
)
def test_different_counts_are_told(one: str, other: str, about: str, given: list[str]) -> None:
    """Two numbers for one thing stand side by side, the lower first, however they are worded."""
    assert values(one, other) == {about: given}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("14 people were injured.", "14 passengers were hurt."),
        ("14 people were injured.", "At least 12 people were injured."),
        ("14 people were injured.", "More than 10 people were injured."),
        ("14 people were injured.", "Up to 20 people were injured."),
        ("14 people were injured.", "About 15 people were injured."),
        ("14 people were injured, and two of them, 2 were wounded badly.", "14 people were injured."),
        ("14 people were injured.", "17 people were killed."),
        ("14 people were injured.", "The train left at 17 minutes past four."),
    ],
    ids=["same", "at-least", "more-than", "up-to", "about", "parts", "other-thing", "no-count"],
)
def test_what_does_not_contradict_is_not_told(one: str, other: str) -> None:
    """Bounds, parts of a total, other things and other numbers are no contradiction."""
    assert values(one, other) == {}


def test_reprints_share_their_leads_claim() -> None:
    """A number that five papers reprint is one claim with five articles behind it."""
    lead, one, two = (make(name, "14 people were injured.") for name in ("lead", "one", "two"))
    alone = make("alone", "17 people were injured.")
    (found,) = disagreements(Story("s", (reprinted(lead, one, two), CopyGroup(alone))))
    assert {claim.value: claim.articles for claim in found.claims} == {"14": ("lead", "one", "two"), "17": ("alone",)}


def test_the_title_counts_too() -> None:
    """Headlines carry the number the reader sees first."""
    story = story_of(make("a", "A train derailed.", title="17 hurt in train crash"), make("b", "14 people were hurt."))
    assert [claim.value for claim in disagreements(story)[0].claims] == ["14", "17"]


def test_the_order_of_articles_does_not_matter() -> None:
    """The same articles in another order give the same disagreement."""
    texts = ["14 people were injured.", "17 were hurt. Two people died.", "Three people died."]
    articles = [make(f"a{number}", text) for number, text in enumerate(texts)]
    assert disagreements(story_of(*articles)) == disagreements(story_of(*reversed(articles)))
