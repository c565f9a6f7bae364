"""Which of the readers' topics a story is about: the words by which a section of the edition is known."""

from collections.abc import Sequence

from pipeline.config import TopicConfig
from pipeline.records import Article, Story
from pipeline.text.words import stem, words

TOP_WORDS = 100
"""A report says what it is about in its title and in so many words."""
MOST_OF = 0.5
"""Share of a story's texts that must be about a topic."""


def topics_of(story: Story, topics: Sequence[TopicConfig]) -> tuple[TopicConfig, ...]:
    """The topics that at least half of the story's texts are about, that of most texts first, of equals as they stand.

    A text is about a topic when it names one of its words or phrases, in whatever form a word has.
    """
    shares = ((_share(story, topic), topic) for topic in topics)
    about = sorted((one for one in shares if one[0] >= MOST_OF), key=lambda one: -one[0])
    return tuple(topic for _, topic in about)


def _share(story: Story, topic: TopicConfig) -> float:
    """The share of the story's distinct texts that are about a topic."""
    phrases = {f" {_stems(phrase)} " for phrase in topic.words}
    return sum(any(phrase in _told(lead) for phrase in phrases) for lead in story.leads) / len(story.leads)


def _told(article: Article) -> str:
    """The stems of an article's title and beginning, with single spaces around each."""
    return f" {_stems(article.title)} . {_stems(' '.join(article.text.split()[:TOP_WORDS]))} "


def _stems(text: str) -> str:
    """The stems of all words, in order."""
    return " ".join(map(stem, words(text)))
