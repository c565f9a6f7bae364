"""Writes the digest of each story: select source sentences, let the writer shorten them, check, cite."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from pipeline.digest.check import Checker
from pipeline.digest.condense import change_of_meaning
from pipeline.digest.disagree import disagreements
from pipeline.digest.grounding import judge, read_sources
from pipeline.digest.headline import headline
from pipeline.digest.readable import readable, with_something_to_tell
from pipeline.digest.select import Candidate, select
from pipeline.digest.writer import Writer
from pipeline.progress import QUIET, Progress
from pipeline.records import Article, DigestSentence, Evidence, Method, Story, Summary
from pipeline.text.facts import numbers
from pipeline.text.language import ENGLISH
from pipeline.text.normalise import without_dateline
from pipeline.text.sentences import sentences
from pipeline.text.words import content_stems

WORDS = 90
SAYS_THE_SAME = 0.75
"""Share of a digest sentence's content words in another article's sentence from which that article supports it too."""
MOST_EVIDENCE = 4


@dataclass(frozen=True, slots=True)
class _SourceSentence:
    """A sentence of one of a story's articles, with the stems it is compared by."""

    article: Article
    text: str
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A selected sentence as its source has it, with the evidence for it, its own source first."""

    source: str
    evidence: tuple[Evidence, ...]
    may_be_written: bool

    def quoted(self, refused: str = "") -> DigestSentence:
        """The source's own words; `refused` is why the writer's were not taken."""
        return DigestSentence(self.source, self.evidence, Method.EXTRACTED, refused)


def summarise(
    stories: Sequence[Story],
    writer: Writer | None,
    words: int = WORDS,
    checker: Checker | None = None,
    progress: Progress = QUIET,
) -> tuple[Summary, ...]:
    """One checked digest of about `words` words per story, in the order of the stories.

    Without a writer every sentence is quoted. A proposal that is refused is written again, more sparingly, and if that
    is refused too replaced by its source sentence; the reason is kept in the sentence's `refused`. Without a checker
    proposals and headlines are held to rules alone. A story with nothing new to tell gets no sentences.
    """
    shown = [readable(story) for story in stories]
    tellable = [with_something_to_tell(story) for story in shown]
    titles = [headline(told, checker) if told else "" for told in progress.track(tellable, "headlines")]
    selected = [select(told, words) if told else () for told in tellable]
    drafts = [_drafts(story, chosen) for story, chosen in zip(shown, selected, strict=True)]
    written = iter(_written([draft for several in drafts for draft in several], writer, checker, progress))
    model = writer.name if writer else ""
    return tuple(
        _summary(story, title, tuple(islice(written, len(several))), model)
        for story, title, several in zip(shown, titles, drafts, strict=True)
    )


def _drafts(story: Story, chosen: Sequence[Candidate]) -> list[_Draft]:
    """The selected sentences of a story with their evidence."""
    sources = _source_sentences(story) if chosen else []
    return [
        _Draft(candidate.text, _evidence(candidate, sources), candidate.article.lang in ENGLISH) for candidate in chosen
    ]


def _summary(story: Story, title: str, told: tuple[DigestSentence, ...], model: str) -> Summary:
    """The digest of one story, with an honest word on how it was made."""
    written = sum(sentence.method is Method.WRITTEN for sentence in told)
    method = Method.EXTRACTED if not written else Method.WRITTEN if written == len(told) else Method.MIXED
    return Summary(story, title, told, method, model if written else "", disagreements(story))


def _written(
    drafts: Sequence[_Draft], writer: Writer | None, checker: Checker | None, progress: Progress
) -> list[DigestSentence]:
    """The drafts in the writer's words where these hold, after a second try at most, else in their source's."""
    told = [draft.quoted() for draft in drafts]
    if writer is None:
        return told
    open_places = [place for place, draft in enumerate(drafts) if draft.may_be_written]
    for sparingly in (False, True):
        proposals = writer.write([drafts[place].source for place in open_places], sparingly) if open_places else []
        pairs = list(zip(open_places, proposals, strict=True))
        for place, proposal in progress.track(pairs, "sentences checked"):
            # An unchanged sentence proposes nothing: what was refused before stays refused.
            if proposal not in ("", drafts[place].source):
                told[place] = _checked(drafts[place], proposal, checker)
        open_places = [place for place in open_places if told[place].refused]
    return told


def _checked(draft: _Draft, proposal: str, checker: Checker | None) -> DigestSentence:
    """The writer's wording when it is supported, else the source's."""
    refused = _fault(proposal, draft, checker)
    return draft.quoted(refused) if refused else DigestSentence(proposal, draft.evidence, Method.WRITTEN)


def _fault(proposal: str, draft: _Draft, checker: Checker | None) -> str:
    """Why a proposal may not stand for its source sentence, "" when it may: what rules know first, then the model."""
    if not proposal.endswith(draft.source[-1]):
        return "does not end as its source does"
    by_rule = judge(proposal, read_sources([draft.source])).reason or change_of_meaning(proposal, draft.source)
    if by_rule or checker is None:
        return by_rule
    (verdict,) = checker.verdicts([proposal], [evidence.sentence for evidence in draft.evidence])
    return verdict.reason


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
