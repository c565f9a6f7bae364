"""Which sentences of a story's articles tell it best: agreed on, early, new, complete, and not twice the same."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil, log2

from pipeline.digest.condense import core
from pipeline.digest.instructions import speaks_to_a_model
from pipeline.digest.quotable import is_finished, is_quotable, is_spoken
from pipeline.records import Article, Story
from pipeline.text.normalise import without_dateline
from pipeline.text.sentences import sentences
from pipeline.text.words import content_stems

DEEPEST = 20
"""Sentences of an article that are looked at: what matters stands early in a news report."""
EARLY = 0.6
"""How much standing first raises a sentence's score of 0 to 1; it halves with every sentence further down."""
DEEP = 0.4
"""How much standing last of the sentences looked at lowers it: background comes late."""
OVERRUN = 0.25
"""How far the last sentence may run over the words asked for."""
FEWEST = 3
"""With fewer quotable sentences, as in a column that says "I", a lone text is told by its beginning."""
SCENIC = 0.6
"""The factor for a sentence that sets a scene before it comes to the news."""
TOLD = 0.6
"""Share of a sentence's words that an earlier night's sentence must hold for it to be no news."""
SAME_CONTENT = 0.4
"""Share of the shorter of two sentences' words that the other holds, from which one repeats the other."""
SAME_ARTICLE = 0.6
"""The same for sentences of one article, which names its people and places again but seldom says a thing twice."""

# A start that sets a scene ("When Beatrix Olumide joined ...") or is a line of a standfirst without a verb.
_SCENE = re.compile(r"(?:when|while|as|after|before|inside|outside|with|without)\b", re.IGNORECASE)
# Chinese, Japanese, Thai, Lao, Khmer and Burmese put no spaces between words, of some three characters each.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{3}")


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
    found = [candidate for article in story.leads for candidate in _candidates(article)]
    fresh = _not_told([candidate for candidate in found if is_quotable(candidate.text)], story)
    if story.continues is None and len(fresh) < (FEWEST if len(story.leads) == 1 else 1):
        return _beginning(story, words)
    if not fresh:
        return ()
    pool = sorted(_scored(fresh, story), key=_best)
    opening = min(pool, key=_opens_best)
    chosen, used = [opening], _words(opening.text)
    for candidate in pool:
        length = _words(candidate.text)
        if _fits(length, used, words) and not _repeats(candidate, chosen):
            chosen.append(candidate)
            used += length
    return (opening, *sorted(chosen[1:], key=lambda candidate: (candidate.position, *_best(candidate))))


def _words(text: str) -> int:
    """How many words a text has, also where no spaces tell them apart."""
    return len(text.split()) + len(_UNSPACED.findall(text))


def _fits(length: int, used: int, words: int) -> bool:
    """Whether a further sentence brings a digest nearer to the words asked for, without running far over them."""
    return abs(used + length - words) <= abs(used - words) and used + length <= words * (1 + OVERRUN)


def _scored(pool: Sequence[Candidate], story: Story) -> list[Candidate]:
    """The same candidates with their scores."""
    shares = agreement(story, of_titles=1.0)
    weights = [_weight(candidate, shares) for candidate in pool]
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
        room -= _words(candidate.text)
        if speaks_to_a_model(candidate.text) or (chosen and room < 0):
            break
        if not _repeats(candidate, chosen):
            chosen.append(candidate)
    return tuple(chosen)


def _candidates(article: Article) -> list[Candidate]:
    """The first finished sentences of one article, without the dateline; its title when it has none."""
    told = sentences(without_dateline(article.text), article.lang)
    found = [sentence for sentence in told if is_finished(sentence)][:DEEPEST] or told[:1] or [article.title]
    return [Candidate(article, position, text, frozenset(content_stems(text))) for position, text in enumerate(found)]


def agreement(story: Story, of_titles: float) -> dict[str, float]:
    """How much of the story a stem stands for: the share of texts that hold it, those counted `of_titles` times that
    hold it in their titles. A text that others reprint has a stronger voice.
    """
    weights: dict[str, float] = defaultdict(float)
    voices = [1.0 + log2(len(group.articles)) for group in story.groups]
    for group, voice in zip(story.groups, voices, strict=True):
        title = set(content_stems(group.lead.title))
        for stem in title | set(content_stems(group.lead.text)):
            weights[stem] += voice * (of_titles if stem in title else 1.0)
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


def _not_told(found: Sequence[Candidate], story: Story) -> list[Candidate]:
    """The candidates that say something readers did not have before, when the story continues an earlier one.

    Most of a sentence's stems stand in another only if one of its few rarest does, so only those are looked up
    (prefix filtering, Chaudhuri et al. 2006): not every sentence tonight is compared with every earlier one.
    """
    if story.continues is None:
        return list(found)
    holders: dict[str, list[frozenset[str]]] = defaultdict(list)
    for article in story.continues.articles:
        for candidate in _candidates(article):
            for stem in candidate.stems:
                holders[stem].append(candidate.stems)
    return [candidate for candidate in found if not _was_told(candidate.stems, holders)]


def _was_told(stems: frozenset[str], holders: Mapping[str, Sequence[frozenset[str]]]) -> bool:
    """Whether most of what a sentence says stands in one of those that hold its stems."""
    if not stems:
        return True
    needed = ceil(TOLD * len(stems))
    rarest = sorted(stems, key=lambda stem: (len(holders.get(stem, ())), stem))[: len(stems) - needed + 1]
    return any(len(stems & before) >= needed for stem in rarest for before in holders.get(stem, ()))


def _repeats(candidate: Candidate, others: Sequence[Candidate]) -> bool:
    """Whether a sentence says much the same as one of the others."""
    return any(_same(candidate, other) for other in others)


def _same(one: Candidate, other: Candidate) -> bool:
    """Whether two sentences say much the same: what they share, seen from the shorter of the two.

    What could be left out of one sets it apart from nothing: the other may say all the rest.
    """
    limit = SAME_ARTICLE if one.article.id == other.article.id else SAME_CONTENT
    return (
        _shares(one.stems, other.stems, limit)
        or _shares(_core_stems(one.text), other.stems, limit)
        or _shares(_core_stems(other.text), one.stems, limit)
    )


def _shares(some: frozenset[str], others: frozenset[str], limit: float) -> bool:
    """Whether so much of the smaller of two sets is in the other."""
    return len(some & others) >= limit * min(len(some), len(others))


@lru_cache(maxsize=20_000)
def _core_stems(sentence: str) -> frozenset[str]:
    """The stems that a sentence is compared by without anything that can be left out of it."""
    return frozenset(content_stems(core(sentence)) or content_stems(sentence))


def _opens_best(candidate: Candidate) -> tuple[bool, bool, float, int, str]:
    """The order of preference for the first sentence: from the top of an article, and no one's quoted words."""
    return (candidate.position > 1, is_spoken(candidate.text), *_best(candidate))


def _best(candidate: Candidate) -> tuple[float, int, str]:
    """The order of preference, which does not depend on the order of input."""
    return (-candidate.score, candidate.position, candidate.article.id)
