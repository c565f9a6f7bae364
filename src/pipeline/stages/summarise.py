"""Writes the digest of each story: select source sentences, let the writer shorten them, check, cite."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.digest.condense import change_of_meaning
from pipeline.digest.disagree import disagreements
from pipeline.digest.grounding import judge, read_sources
from pipeline.digest.readable import readable, with_something_to_tell
from pipeline.digest.select import Candidate, headline, select
from pipeline.digest.writer import Writer
from pipeline.records import Article, DigestSentence, Evidence, Method, Story, Summary
from pipeline.text.facts import numbers
from pipeline.text.normalise import without_dateline
from pipeline.text.sentences import sentences
from pipeline.text.words import content_stems

WORDS = 90
WRITER_LANGUAGES = ("en", "")
"""Languages the writer is asked to write; sentences in others are quoted."""
SAYS_THE_SAME = 0.75
"""Share of a digest sentence's content words in another article's sentence from which that article supports it too."""
MOST_EVIDENCE = 4


@dataclass(frozen=True, slots=True)
class _SourceSentence:
    """A sentence of one of a story's articles, with the stems it is compared by."""

    article: Article
    text: str
    stems: frozenset[str]


def summarise(stories: Sequence[Story], writer: Writer | None, words: int = WORDS) -> tuple[Summary, ...]:
    """One checked digest of about `words` words per story, in the order of the stories.

    Without a writer every sentence is quoted. A proposal that the checker refuses is replaced by its source sentence,
    and the reason is kept in the sentence's `refused`. A story with nothing new to tell gets no sentences.
    """
    shown = [readable(story) for story in stories]
    tellable = [with_something_to_tell(story) for story in shown]
    titles = [headline(told) if told else "" for told in tellable]
    selected = [select(told, words) if told else () for told in tellable]
    drafted = [candidate.text for chosen in selected for candidate in chosen if _may_be_written(candidate)]
    proposals = dict(zip(drafted, writer.write(drafted), strict=True)) if writer and drafted else {}
    model = writer.name if writer else ""
    return tuple(
        _summary(story, title, _told(story, chosen, proposals), model)
        for story, title, chosen in zip(shown, titles, selected, strict=True)
    )


def _may_be_written(candidate: Candidate) -> bool:
    return candidate.article.lang in WRITER_LANGUAGES


def _told(story: Story, chosen: Sequence[Candidate], proposals: dict[str, str]) -> tuple[DigestSentence, ...]:
    """The sentences of a digest: the selected ones, or what the writer made of them."""
    sources = _source_sentences(story) if chosen else []
    return tuple(_sentence(candidate, proposals.get(candidate.text, ""), sources) for candidate in chosen)


def _summary(story: Story, title: str, told: tuple[DigestSentence, ...], model: str) -> Summary:
    """The digest of one story, with an honest word on how it was made."""
    written = sum(sentence.method is Method.WRITTEN for sentence in told)
    method = Method.EXTRACTED if not written else Method.WRITTEN if written == len(told) else Method.MIXED
    return Summary(story, title, told, method, model if written else "", disagreements(story))


def _sentence(candidate: Candidate, proposal: str, sources: Sequence[_SourceSentence]) -> DigestSentence:
    """The writer's wording when it is supported, else the source's."""
    evidence = _evidence(candidate, sources)
    if not proposal or proposal == candidate.text:
        return DigestSentence(candidate.text, evidence, Method.EXTRACTED)
    refused = _fault(proposal, candidate.text)
    if refused:
        return DigestSentence(candidate.text, evidence, Method.EXTRACTED, refused)
    return DigestSentence(proposal, evidence, Method.WRITTEN)


def _fault(proposal: str, source: str) -> str:
    """Why a proposal may not stand for its source sentence, "" when it may."""
    if not proposal.endswith(source[-1]):
        return "does not end as its source does"
    return judge(proposal, read_sources([source])).reason or change_of_meaning(proposal, source)


def _source_sentences(story: Story) -> list[_SourceSentence]:
    """Every sentence of the story's distinct texts."""
    return [
        _SourceSentence(article, text, frozenset(content_stems(text)))
        for article in story.leads
        for text in sentences(without_dateline(article.text), article.lang)
    ]


def _evidence(candidate: Candidate, sources: Sequence[_SourceSentence]) -> tuple[Evidence, ...]:
    """The sentence's own source first, then what says the same elsewhere: the closest sentence of each article."""
    closest: dict[str, tuple[float, str]] = {}
    for other in sources:
        if other.article.id == candidate.article.id or not candidate.stems:
            continue
        shared = len(candidate.stems & other.stems) / len(candidate.stems)
        if shared >= SAYS_THE_SAME and numbers(candidate.text) <= numbers(other.text):
            closest[other.article.id] = max(closest.get(other.article.id, (0.0, "")), (shared, other.text))
    ranked = sorted(closest.items(), key=lambda item: (-item[1][0], item[0]))
    others = tuple(Evidence(article, text) for article, (_, text) in ranked[: MOST_EVIDENCE - 1])
    return (Evidence(candidate.article.id, candidate.text), *others)
