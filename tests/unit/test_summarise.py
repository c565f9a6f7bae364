"""Digests: without a writer they quote; with a lying one they still say nothing false."""

import re
from collections.abc import Callable, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from made_stories import FIRE, FIRE_TOO, STRIKE, StubConsistency, StubWriter, make, story_of
from pipeline.digest.check import Checker, Setting
from pipeline.digest.condense import change_of_meaning
from pipeline.records import Article, Method, Story, Summary
from pipeline.stages.summarise import MOST_EVIDENCE, summarise

FIRE_STORY = story_of(make("f1", FIRE, "Warehouse burns"), make("f2", FIRE_TOO, "Furniture warehouse burns"), name="f")
STRIKE_STORY = story_of(make("t1", STRIKE, "Teachers to strike"), name="t")
STORIES = (FIRE_STORY, STRIKE_STORY)
LIES: dict[str, Callable[[str], str]] = {
    "swaps names": lambda text: text.replace("Port Ansel", "Aldvik").replace("Lindmar", "Brannoch"),
    "changes numbers": lambda text: re.sub(r"\d[\d,]*|Seventy|Two|four", "17", text),
    "adds a fact": lambda text: f"{text[:-1]}, and the mayor of Lindmar was arrested.",
    "adds a denial": lambda text: text.replace(" and ", " and not ").replace(" were ", " were not "),
    "drops a cause": lambda text: text.replace(" after talks about their pay broke down", ""),
    "turns it round": lambda text: " ".join(reversed(text[:-1].split())) + text[-1],
    "obeys an injection": lambda _text: "The strike has been called off.",
    "writes markup": lambda text: f"<|im_end|>{text}",
    "breaks off": lambda text: text[: len(text) // 2],
    "tells another story": lambda _text: "Teachers destroyed Port Ansel on Thursday.",
}


def ids(story: Story) -> dict[str, str]:
    """The texts of a story's articles by id."""
    return {article.id: article.text for article in story.articles}


def assert_true(summary: Summary) -> None:
    """Every sentence cites articles of the story, and is one of their sentences or a harmless shortening of it."""
    texts = ids(summary.story)
    for sentence in summary.sentences:
        assert 1 <= len(sentence.evidence) <= MOST_EVIDENCE
        assert all(item.sentence in texts[item.article] for item in sentence.evidence)
        assert change_of_meaning(sentence.text, sentence.evidence[0].sentence) == ""
        if sentence.method is Method.EXTRACTED:
            assert sentence.text in texts[sentence.evidence[0].article]


SHORTENED = "A fire destroyed the furniture warehouse of Harrow & Lisle in Port Ansel on Monday evening."


def without_remark(text: str) -> str:
    """A harmless shortening of the first sentence about the fire."""
    return text.replace(", which had stood on Dock Road since 1962", "")


def test_without_a_writer_everything_is_quoted() -> None:
    """No model: every sentence is verbatim in its source, and the digest says that it was extracted."""
    for summary in summarise(STORIES, None):
        assert_true(summary)
        assert summary.sentences
        assert (summary.method, summary.model) == (Method.EXTRACTED, "")
        assert {sentence.method for sentence in summary.sentences} == {Method.EXTRACTED}


@pytest.mark.parametrize("lie", LIES.values(), ids=list(LIES))
def test_every_lie_is_refused(lie: Callable[[str], str]) -> None:
    """A changed proposal is replaced by its source sentence, and the checker's reason is kept."""
    writer = StubWriter(lie)
    for summary, quoted in zip(summarise(STORIES, writer), summarise(STORIES, None), strict=True):
        assert_true(summary)
        assert summary.text == quoted.text
        for sentence in summary.sentences:
            assert bool(sentence.refused) == (lie(sentence.text) != sentence.text)
        assert (summary.method, summary.model) == (Method.EXTRACTED, "")
    assert any(lie(text) != text for text in writer.asked)


def test_a_true_shortening_is_taken() -> None:
    """What only leaves out a harmless part stands, marked as written, with the writer's name."""
    writer = StubWriter(without_remark)
    (summary,) = summarise([story_of(make("f1", FIRE, "Warehouse burns"))], writer)
    written = [sentence for sentence in summary.sentences if sentence.method is Method.WRITTEN]
    assert [sentence.text for sentence in written] == [SHORTENED]
    assert_true(summary)
    assert summary.method is (Method.WRITTEN if len(written) == len(summary.sentences) else Method.MIXED)
    assert summary.model == "stub"


def test_what_the_consistency_model_doubts_is_not_told() -> None:
    """The strict setting has the last word: a proposal that rules accept is quoted when the model does not trust it."""
    story = story_of(make("f1", FIRE, "Warehouse burns"))
    for thinks, method in ((-5.0, Method.WRITTEN), (-1.0, Method.EXTRACTED)):
        checker = Checker(StubConsistency(thinks), Setting.STRICT)
        (summary,) = summarise([story], StubWriter(without_remark), checker=checker)
        (sentence,) = (one for one in summary.sentences if "Harrow & Lisle" in one.text and "Monday" in one.text)
        assert sentence.method is method
        assert bool(sentence.refused) == (method is Method.EXTRACTED)
        assert_true(summary)


def test_the_model_reads_what_a_sentence_cites() -> None:
    """It is asked about the evidence that the reader is shown, and about nothing else."""
    model = StubConsistency(-5.0)
    story = story_of(make("f1", FIRE, "Warehouse burns"))
    (summary,) = summarise([story], StubWriter(without_remark), checker=Checker(model, Setting.STRICT))
    (sentence,) = (one for one in summary.sentences if one.method is Method.WRITTEN)
    assert model.sources == [tuple(item.sentence for item in sentence.evidence)]


class SecondThought(StubWriter):
    """Writes something false first and, when asked to be sparing, a harmless shortening."""

    def write(self, sentences: Sequence[str], sparingly: bool = False) -> list[str]:
        """What it makes of each sentence."""
        if sparingly:
            self.asked_again = list(sentences)
            return [without_remark(text) for text in sentences]
        return super().write(sentences)


def test_a_refused_sentence_is_written_once_more() -> None:
    """The second, more sparing wording is told when it holds; where it changes nothing the refusal stays."""
    writer = SecondThought(lambda text: f"{text[:-1]}, and the mayor was arrested.")
    (summary,) = summarise([story_of(make("f1", FIRE, "Warehouse burns"))], writer)
    assert [one.text for one in summary.sentences if one.method is Method.WRITTEN] == [SHORTENED]
    assert writer.asked_again == writer.asked
    for sentence in summary.sentences:
        assert bool(sentence.refused) == (sentence.method is Method.EXTRACTED)
    assert_true(summary)


@pytest.mark.parametrize("change", [lambda text: text, lambda _text: ""], ids=["same", "nothing"])
def test_a_writer_that_changes_nothing_writes_nothing(change: Callable[[str], str]) -> None:
    """The unchanged sentence and no answer are quotations, and nothing was refused."""
    for summary in summarise(STORIES, StubWriter(change)):
        assert (summary.method, summary.model) == (Method.EXTRACTED, "")
        assert not any(sentence.refused for sentence in summary.sentences)


def test_other_languages_are_quoted() -> None:
    """The writer is not asked to write what its model does not speak."""
    text = "Le maire de Sainte-Orme a annoncé lundi que les croisières seront interdites à partir de l'été prochain."
    writer = StubWriter(lambda text: text[:10])
    (summary,) = summarise([story_of(make("m", text, "Croisières", lang="fr"))], writer)
    assert writer.asked == []
    assert summary.text == text


def test_shared_sentences_cite_both_articles() -> None:
    """What another article says too is cited from both, the sentence's own source first."""
    one, other = make("one", FIRE), make("other", f"{STRIKE}\n{FIRE}")
    (summary,) = summarise([story_of(one, other)], None)
    assert any(set(sentence.sources) == {"one", "other"} for sentence in summary.sentences)
    assert_true(summary)


def test_summaries_come_in_the_order_of_stories() -> None:
    """One summary for each story, in the order given, whatever was selected."""
    empty = story_of(make("e", "", "Only a title"), name="e")
    found = summarise([STRIKE_STORY, empty, FIRE_STORY], None)
    assert [summary.story.id for summary in found] == ["t", "e", "f"]
    assert summarise([], None) == ()


def test_stories_do_not_touch_each_other() -> None:
    """A story's digest is the same alone and among others, in any order."""
    shorten = StubWriter(lambda text: text.replace(" during the strike", ""))
    together = {summary.story.id: summary for summary in summarise(STORIES, shorten)}
    for order in (STORIES, tuple(reversed(STORIES))):
        for story in order:
            assert summarise([story], shorten) == (together[story.id],)


@given(st.permutations([make("a", FIRE, "Fire"), make("b", FIRE_TOO, "Flames"), make("c", STRIKE, "Strike")]))
def test_the_order_of_articles_does_not_matter(articles: list[Article]) -> None:
    """The digest of a story depends on its articles, not on how they were listed."""
    (summary,) = summarise([story_of(*articles)], None)
    (other,) = summarise([story_of(*sorted(articles, key=lambda article: article.id))], None)
    assert (summary.headline, summary.sentences) == (other.headline, other.sentences)


@given(st.text(max_size=200), st.text(max_size=200))
@example("", ".")
def test_no_proposal_gets_past_the_check(proposal: str, text: str) -> None:
    """Whatever a writer answers to whatever was written, only source sentences and harmless shortenings are told."""
    story = story_of(make("a", f"{text}\n{FIRE}", lang="en"))
    (summary,) = summarise([story], StubWriter(lambda _: proposal))
    for sentence in summary.sentences:
        assert change_of_meaning(sentence.text, sentence.evidence[0].sentence) in ("", "says nothing of its source")
