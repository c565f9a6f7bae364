"""Which sentences of a story's articles tell it best: agreed on, early, new, complete, and not twice the same."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log2

from pipeline.digest.condense import harmless_cuts
from pipeline.digest.instructions import speaks_to_a_model
from pipeline.records import Article, Story
from pipeline.text.normalise import without_dateline
from pipeline.text.sentences import sentences
from pipeline.text.words import content_stems

DEEPEST = 14
"""Sentences of an article that are looked at: what matters stands early in a news report."""
SHORTEST, LONGEST = 8, 60
"""Words a sentence of a digest may have."""
EARLY = 0.6
"""How much standing first raises a sentence's score of 0 to 1; it halves with every sentence further down."""
DEEP = 0.4
"""How much standing last of the sentences looked at lowers it: background comes late."""
LONGEST_HEADLINE = 140
OVERRUN = 0.2
"""How far the last sentence may run over the words asked for."""
FEWEST = 3
"""With fewer quotable sentences, as in a column that says "I", a lone text is told by its beginning."""
SCENIC = 0.6
"""The factor for a sentence that sets a scene before it comes to the news."""
TOLD = 0.6
"""Share of a sentence's words that an earlier night's sentence must hold for it to be no news."""
SAME_CONTENT = 0.4
"""Share of the shorter of two sentences' words that the other holds, from which one repeats the other."""

_ENDS = re.compile(r"[.!…。！][\"”’')]*$")
# Starts that lean on a sentence before them, which the digest may not hold.
_LEANING = re.compile(
    r"(?:and|but|or|so|yet|then|he|she|it|they|we|i|you|his|her|its|their|our|this|that|these|those|there|here"
    r"|such|both|also|however|meanwhile|moreover|furthermore|instead|still|besides|in addition|on that basis"
    r"|for (?:his|her|its) part|the (?:latter|former|two|pair|same)|another|others|one|earlier|later|now|today"
    r"|afterwards|among them|at the time|\w+ of (?:her|his|their|them)"
    r"|(?:what|when|where|while|as|after|before|if|since|because) (?:he|she|it|they))\b",
    re.IGNORECASE,
)
# A start that sets a scene ("When Beatrix Olumide joined ...") or is a line of a standfirst without a verb.
_SCENE = re.compile(r"(?:when|while|as|after|before|inside|outside|with)\b", re.IGNORECASE)
_FIRST_PERSON = re.compile(r"\b(?:I|we|my|our|us|me|you|your)\b", re.IGNORECASE)
_QUOTED = re.compile(r"[“\"][^“”\"]*[”\"]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that could stand in the digest: where it stands, the stems it is compared by, its score 0 to 1.6."""

    article: Article
    position: int
    text: str
    stems: frozenset[str]
    score: float = 0.0


def select(story: Story, words: int) -> tuple[Candidate, ...]:
    """The sentences of a digest of about `words` words, the one to open with first, the rest in order of telling.

    A story that continues an earlier one gives what is new; when nothing is, nothing is selected. A lone text with
    hardly a sentence that can stand by itself, such as a column, is told by its beginning.
    """
    told = _told_before(story)
    found = [candidate for article in story.leads for candidate in _candidates(article)]
    fresh = [candidate for candidate in found if is_quotable(candidate.text) and not _was_told(candidate, told)]
    if story.continues is None and len(fresh) < (FEWEST if len(story.leads) == 1 else 1):
        return _beginning(story, words)
    if not fresh:
        return ()
    pool = _scored(fresh, story)
    opening = min(pool, key=lambda candidate: (candidate.position > 1, *_best(candidate)))
    chosen, room = [opening], words * (1 + OVERRUN) - len(opening.text.split())
    for candidate in sorted(pool, key=_best):
        length = len(candidate.text.split())
        if length <= room and not _repeats(candidate, [other.stems for other in chosen]):
            chosen.append(candidate)
            room -= length
    rest = sorted(chosen[1:], key=lambda candidate: (candidate.position, *_best(candidate)))
    return (opening, *rest)


def headline(story: Story) -> str:
    """The title that says most of what the story's titles agree on; without titles, how its first text begins."""
    titled = [article for article in story.leads if article.title]
    if not titled:
        first = sentences(without_dateline(story.leads[0].text), story.leads[0].lang)[0]
        start, end = next(iter(harmless_cuts(first)), (len(first), len(first)))
        told = (first[:start] + first[end:]).rstrip(".")
        told = told[:1].upper() + told[1:]
        return told if len(told) <= LONGEST_HEADLINE else f"{told[:LONGEST_HEADLINE].rsplit(' ', 1)[0]} …"
    weights = _agreement(story)
    return max(titled, key=lambda article: (_share_of_story(article.title, weights), article.id)).title


def _share_of_story(title: str, weights: dict[str, float]) -> float:
    """How much of the story a title tells per word of it; shouted titles and those that cite rank last."""
    stems = set(content_stems(title))
    weight = sum(sorted(weights.get(stem, 0.0) for stem in stems)) / (len(stems) + 2)
    return round(weight / 2 if title.isupper() or _QUOTED.match(title) else weight, 9)


def is_quotable(sentence: str) -> bool:
    """Whether a sentence can stand by itself: finished, of a length one reads, leaning on nothing said before it,
    the reporter's words rather than a speaker's, and addressed to readers.
    """
    own_words = _QUOTED.sub("", sentence)
    return (
        SHORTEST <= len(sentence.split()) <= LONGEST
        and bool(_ENDS.search(sentence))
        and not speaks_to_a_model(sentence)
        and sentence[0] not in ",;:)”"
        and sentence.count("“") == sentence.count("”")
        and sentence.count('"') % 2 == 0
        and not _LEANING.match(sentence.lstrip("“\"'‘"))
        and not _FIRST_PERSON.search(own_words)
        and len(own_words.split()) * 2 >= len(sentence.split())
    )


def _scored(pool: Sequence[Candidate], story: Story) -> list[Candidate]:
    """The same candidates with their scores."""
    agreement = _agreement(story)
    weights = [_weight(candidate, agreement) for candidate in pool]
    best = max(weights, default=0.0) or 1.0
    return [
        replace(candidate, score=round(weight / best * _standing(candidate.position), 9))
        for candidate, weight in zip(pool, weights, strict=True)
    ]


def _beginning(story: Story, words: int) -> tuple[Candidate, ...]:
    """The first sentences of the medoid, in one run, so that none loses what it leans on; none meant for a machine."""
    chosen: list[Candidate] = []
    room = words * (1 + OVERRUN)
    for candidate in _candidates(story.leads[0]):
        room -= len(candidate.text.split())
        if speaks_to_a_model(candidate.text) or (chosen and room < 0):
            break
        if not _repeats(candidate, [other.stems for other in chosen]):
            chosen.append(candidate)
    return tuple(chosen)


def _candidates(article: Article) -> list[Candidate]:
    """The first finished sentences of one article, without the dateline; its title when it has none."""
    told = sentences(without_dateline(article.text), article.lang)
    found = [sentence for sentence in told if _ENDS.search(sentence)][:DEEPEST] or told[:1] or [article.title]
    return [Candidate(article, position, text, frozenset(content_stems(text))) for position, text in enumerate(found)]


def _agreement(story: Story) -> dict[str, float]:
    """How much of the story a stem stands for: the share of texts that hold it, 0 to 2, double when titles do.

    A text that others reprint has a stronger voice.
    """
    weights: dict[str, float] = defaultdict(float)
    voices = [1.0 + log2(len(group.articles)) for group in story.groups]
    for group, voice in zip(story.groups, voices, strict=True):
        title = set(content_stems(group.lead.title))
        for stem in title | set(content_stems(group.lead.text)):
            weights[stem] += voice * (2.0 if stem in title else 1.0)
    return {stem: weight / sum(voices) for stem, weight in weights.items()}


def _standing(position: int) -> float:
    """What a sentence's place is worth: most at the start, where the news is, least at the end, its background."""
    return (1 + EARLY * 0.5**position) * (1 - DEEP * position / DEEPEST)


def _weight(candidate: Candidate, weights: dict[str, float]) -> float:
    """The sentence's share in what the story is about, tempered by its length."""
    if not candidate.stems:
        return 0.0
    scenic = SCENIC if _SCENE.match(candidate.text) else 1.0
    return scenic * float(sum(sorted(weights[stem] ** 1.5 for stem in candidate.stems)) / len(candidate.stems) ** 0.5)


def _told_before(story: Story) -> list[frozenset[str]]:
    """The sentences readers already had, when the story continues an earlier one."""
    if story.continues is None:
        return []
    return [candidate.stems for article in story.continues.articles for candidate in _candidates(article)]


def _repeats(candidate: Candidate, others: Sequence[frozenset[str]]) -> bool:
    """Whether a sentence and one of the others say much the same: what they share, seen from the shorter of the two."""
    return any(len(candidate.stems & other) >= SAME_CONTENT * min(len(candidate.stems), len(other)) for other in others)


def _was_told(candidate: Candidate, told: Sequence[frozenset[str]]) -> bool:
    """Whether most of what a sentence says stands in one that readers had before."""
    return any(len(candidate.stems & before) >= TOLD * len(candidate.stems) for before in told)


def _best(candidate: Candidate) -> tuple[float, int, str]:
    """The order of preference, which does not depend on the order of input."""
    return (-candidate.score, candidate.position, candidate.article.id)
