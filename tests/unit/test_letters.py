"""Letters for readers who chose topics: their stories and no others, as the archive tells them, every story counted."""

from dataclasses import replace
from datetime import date

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_editions import CUTOFF, ZONE, article, edition, hostile_edition, lone
from pipeline.forms.edition import view_choice, view_edition
from pipeline.records import Choice, Edition, Entry, Reject
from pipeline.stages.render import MAIL_BYTES, Archive, render

SERVED = Archive(url="https://news.example.org")
TOPICS = ("Sea", "Energy", "Law")


def told(number: int, *topics: str, score: float = 1.0) -> Entry:
    """A story with a place of its own in every text."""
    entry = lone(f"Headline {number}.", article(f"a{number}"), f"Sentence of story {number}.")
    return replace(entry, topics=topics, score=score)


NIGHT = edition(
    told(1, "Sea", score=9),
    told(2, "Energy", "Sea", score=8),
    told(3, "Law", score=2),
    told(4, "Sea", score=7),
    told(5),
)


def letter(choice: Choice, night: Edition = NIGHT) -> tuple[str, str, str, bool]:
    """Subject, words of the HTML, text and quietness of the letter for a choice."""
    (made,) = render(night, ZONE, SERVED, (choice,)).letters
    assert made.choice == choice
    return (
        made.subject,
        " ".join(lxml.html.document_fromstring(made.html).text_content().split()),
        made.text,
        made.quiet,
    )


def headlines(choice: Choice, night: Edition = NIGHT) -> list[tuple[int, str, str]]:
    """Number, section and headline of each story in the order of the letter."""
    view = view_choice(night, view_edition(night, ZONE), choice)
    return [(story.rank, story.section, story.headline) for story in view.stories]


def test_a_reader_gets_the_stories_of_their_topics_in_their_order() -> None:
    """A story about two topics counts for the one its reader asked for; the reader's first topic stands first."""
    assert headlines(Choice(topics=("Law", "Sea"))) == [
        (1, "Law", "Headline 3."),
        (2, "Sea", "Headline 1."),
        (3, "Sea", "Headline 2."),
        (4, "Sea", "Headline 4."),
    ]
    assert [section for _, section, _ in headlines(Choice(topics=("Energy", "Sea")))] == ["Energy", "Sea", "Sea"]


def test_the_rest_is_counted_and_in_the_archive() -> None:
    """Both forms say how many stories the letter leaves out, why, and where they are."""
    subject, html, text, quiet = letter(Choice("Law weekly", ("Law",)))
    assert subject == "Law weekly, Tuesday 10 March: Headline 3."
    note = "4 further stories of this edition are in the archive: this mail was asked for with Law alone."
    assert note in html
    assert note in " ".join(text.split())
    for form in (html, text):
        assert "Sentence of story 3." in form
        assert "1 of 5 stories" in form
        assert not any(f"story {other}." in form for other in (1, 2, 4, 5))
    assert text.startswith("LAW WEEKLY\n")
    assert "https://news.example.org/2026-03-10.html" in text
    assert not quiet


def test_nothing_on_a_readers_topics_is_said() -> None:
    """Not silence, and not "nothing happened": the edition has stories, only none of these."""
    subject, html, text, quiet = letter(Choice(topics=("Chess", "Go")))
    assert quiet
    assert subject == "Newsfold, Tuesday 10 March: nothing new on Chess and Go"
    note = "This edition holds nothing on Chess and Go. None of its 5 stories is about your topics."
    assert note in html
    assert note in " ".join(text.split())
    assert "5 further stories of this edition are in the archive" in html
    failed = replace(NIGHT, failed_sources=(Reject("source", "Island Radio", "no answer"),))
    assert "1 source could not be read: news may be missing." in letter(Choice(topics=("Chess",)), failed)[1]


def test_a_quiet_night_is_as_quiet_for_those_with_topics() -> None:
    """Failed sources are told to everybody."""
    night = replace(edition(), failed_sources=(Reject("source", "Island Radio", "no answer"),))
    subject, html, _, quiet = letter(Choice(topics=("Sea",)), night)
    assert quiet
    assert "(1 source failed)" in subject
    assert "perhaps it was not a quiet night" in html


def test_a_list_without_topics_has_its_own_title_and_the_whole_edition() -> None:
    """Only the head differs: nothing is left out, so nothing is said to be."""
    subject, html, text, _ = letter(Choice("Desk copy"))
    whole = render(NIGHT, ZONE, SERVED)
    assert subject == whole.subject.replace("Newsfold,", "Desk copy,")
    assert text == whole.text.replace("NEWSFOLD\n", "DESK COPY\n", 1)
    assert "further stories" not in html


def test_the_whole_edition_is_the_same_whatever_readers_chose() -> None:
    """Letters add to a night and change nothing of it."""
    with_letters = render(NIGHT, ZONE, SERVED, (Choice("x", ("Sea",)), Choice("y")))
    assert replace(with_letters, letters=()) == render(NIGHT, ZONE, SERVED)


nights = st.lists(st.lists(st.sampled_from(TOPICS), unique=True, max_size=3), max_size=6).map(
    lambda found: edition(*(told(number, *topics, score=number % 3) for number, topics in enumerate(found)))
)
chosen = st.lists(st.sampled_from((*TOPICS, "Chess")), unique=True, min_size=1).map(tuple)


@settings(max_examples=60)
@given(nights, chosen)
def test_letter_and_archive_never_disagree(night: Edition, topics: tuple[str, ...]) -> None:
    """Every story of a letter is one of the edition's, unchanged but for number and section; all are accounted for."""
    whole = view_edition(night, ZONE)
    view = view_choice(night, whole, Choice(topics=topics))
    same = {story.page: replace(story, rank=0, section="") for story in whole.stories}
    assert [replace(story, rank=0, section="") for story in view.stories] == [same[one.page] for one in view.stories]
    assert [story.rank for story in view.stories] == list(range(1, len(view.stories) + 1))
    wanted = {entry.summary.headline for entry in night.entries if set(entry.topics) & set(topics)}
    assert {story.headline for story in view.stories} == wanted
    left = len(night.entries) - len(wanted)
    assert view.further.startswith(f"{left} further stor") == bool(left)


def test_hostile_names_break_nothing() -> None:
    """A title and topics are the operator's, but stories are not: the budget holds and nothing runs."""
    night = hostile_edition()
    night = replace(night, entries=(replace(night.entries[0], topics=("<b>&",)),))
    (made,) = render(night, ZONE, SERVED, (Choice('<script>"', ("<b>&",)),)).letters
    assert len(made.html.encode()) <= MAIL_BYTES
    assert "<script" not in made.html
    assert "\n" not in made.subject


@pytest.mark.parametrize("day", [date(2026, 3, 10), date(2026, 12, 31)])
def test_the_same_edition_gives_the_same_letters(day: date) -> None:
    """Byte for byte, or a run that goes on would not send what it began with."""
    night = replace(NIGHT, night=day, cutoff=CUTOFF)
    made = [render(night, ZONE, SERVED, (Choice("x", ("Sea", "Law")),)).letters for _ in range(2)]
    assert made[0] == made[1]
