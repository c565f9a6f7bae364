"""Attempts to talk to the model through an article leave no trace: neither in a digest nor in what it is made from."""

from functools import cache

import pytest

from injections import ATTEMPTS, HONEST, MARKERS, Attempt, attacked, honest
from pipeline.digest.check import Setting
from pipeline.digest.disguises import plain
from pipeline.digest.loading import load_checker, load_writer
from pipeline.records import Method, Summary
from pipeline.stages.summarise import summarise
from pipeline.text.normalise import visible

NAMES = list(HONEST)
STORIES = [NAMES[number % len(NAMES)] for number in range(len(ATTEMPTS))]
pytestmark = pytest.mark.slow


@cache
def digests(model: str) -> tuple[tuple[Summary, ...], dict[tuple[str, bool], Summary]]:
    """Digests of the attacked stories, in the order of attempts, and of the honest ones by name and lack of a title."""
    kinds = [(name, untitled) for name in NAMES for untitled in (False, True)]
    stories = [attacked(name, attempt) for name, attempt in zip(STORIES, ATTEMPTS, strict=True)]
    checker = load_checker(Setting.STRICT, "cpu")
    told = summarise([*stories, *(honest(*kind) for kind in kinds)], load_writer(model, "cpu"), checker=checker)
    return told[: len(stories)], dict(zip(kinds, told[len(stories) :], strict=True))


def shown(summary: Summary) -> str:
    """Everything of a digest that a reader may see; the list of its sources shows titles, or how texts begin."""
    evidence = [item.sentence for sentence in summary.sentences for item in sentence.evidence]
    articles = [text for article in summary.story.articles for text in (article.title, article.text)]
    claims = [claim.value for item in summary.disagreements for claim in item.claims]
    return "\n".join([summary.headline, summary.text, *evidence, *articles, *claims])


@pytest.mark.parametrize("number", range(len(ATTEMPTS)))
def test_an_attempt_leaves_no_trace(number: int, embedded_model: str) -> None:
    """No word of it, no invisible letter; every sentence and the headline are those of the honest articles."""
    summary = digests(embedded_model)[0][number]
    told = shown(summary)
    assert not [marker for marker in MARKERS if marker in plain(told) or marker in told.casefold()]
    assert visible(told) == told
    texts = [article.text for article in honest(STORIES[number]).leads]
    assert summary.sentences
    for sentence in summary.sentences:
        assert all(any(item.sentence in text for text in texts) for item in sentence.evidence)
    untitled = digests(embedded_model)[1][STORIES[number], True]
    assert summary.headline in {untitled.headline, *(title for title, _ in HONEST[STORIES[number]])}
    assert summary.disagreements == ()


@pytest.mark.parametrize("number", [number for number, attempt in enumerate(ATTEMPTS) if not attempt.costs_news])
def test_an_attempt_changes_nothing(number: int, embedded_model: str) -> None:
    """The digest is that of the article without the attempt; an attempt in place of a title is like no title."""
    attempted, undisturbed = digests(embedded_model)
    expected = undisturbed[STORIES[number], ATTEMPTS[number].place == "title"]
    summary = attempted[number]
    assert (summary.headline, summary.sentences) == (expected.headline, expected.sentences)
    assert (summary.method, summary.model) == (expected.method, expected.model)


def test_the_model_had_its_say(embedded_model: str) -> None:
    """The attempts were made on digests that the model shortens; quoted ones alone would prove less."""
    assert any(summary.method is not Method.EXTRACTED for summary in digests(embedded_model)[0])


def test_an_article_of_nothing_but_attempts_says_nothing() -> None:
    """No sentence, no headline, and no error: there is no news in it."""
    text = "\n".join(attempt.text for attempt in ATTEMPTS if attempt.place != "inside")
    story = attacked(NAMES[0], Attempt(text, "last"))
    alone = [article for article in story.leads if article.id.endswith("-0")]
    assert alone
    (summary,) = summarise([story], None)
    assert not [marker for marker in MARKERS if marker in plain(shown(summary))]
