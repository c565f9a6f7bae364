"""The headline of a story: the title that says most of what its outlets agree on and that its sources bear out.

A title is an outlet's own words, short of what a sentence needs, so it is held to less than a sentence is: what it
states must be in a text of the story or in another outlet's title, and of several such titles the consistency model's
balanced setting prefers those it does not doubt. The strict setting would refuse nearly all titles made by people.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from pipeline.digest.check import Checker, Setting
from pipeline.digest.condense import harmless_cuts
from pipeline.digest.grounding import fault_of_facts, read_sources
from pipeline.digest.instructions import for_readers
from pipeline.digest.quotable import is_quotable
from pipeline.digest.readable import readable_title
from pipeline.digest.select import agreement
from pipeline.records import Article, Story
from pipeline.text.casing import recased
from pipeline.text.language import ENGLISH
from pipeline.text.normalise import without_dateline
from pipeline.text.sentences import sentences
from pipeline.text.words import content_stems

LONGEST = 140
"""Characters of a headline that is made of a text's beginning."""
TITLE_CASE = 0.6
"""Share of a title's words with a capital from which capitals tell no names."""
FIRST = 2
"""Sentences from the top of a text that may stand for a title."""
BEGINNING = 2_000
"""Characters of a text in which they are looked for when nothing else of it is read."""
READ = 6
"""Titles that the consistency model reads at most."""
_QUOTATION = re.compile(r"[“\"][^“”\"]*[”\"]")


def headline(story: Story, checker: Checker | None = None) -> str:
    """The best title that holds, else the best beginning of a text, else the best title; "" when there is none.

    A lone article keeps its title.
    """
    ranked = _ranked(story)
    # Holding a title against all texts takes long in a large story: only as many are as are needed.
    held = (article for article in ranked if len(story.leads) == 1 or _holds(article, story))
    best = _preferred(held, story, checker)
    if best is not None:
        return best.title
    return _best_beginning(story) or next((article.title for article in ranked), "")


def label(article: Article) -> str:
    """What one article is called: its title, else how its text begins, else ""; nothing that speaks to a model.

    For stories whose digest is not written; it reads no more than the beginning.
    """
    if title := readable_title(article.title):
        return title
    begun = _beginning(replace(article, text=for_readers(article.text[:BEGINNING], article.lang)))
    return _shortened(begun[0]) if begun else ""


def _ranked(story: Story) -> list[Article]:
    """The articles with titles, the one first whose title says most of what the titles and texts agree on."""
    weights = agreement(story, of_titles=2.0)
    titled = [article for article in story.leads if article.title]
    return sorted(titled, key=lambda article: (_share_of_story(article.title, weights), article.id), reverse=True)


def _share_of_story(title: str, weights: dict[str, float]) -> float:
    """How much of the story a title tells per word of it; shouted titles and those that cite rank last."""
    stems = set(content_stems(title))
    weight = sum(sorted(weights.get(stem, 0.0) for stem in stems)) / (len(stems) + 2)
    return round(weight / 2 if title.isupper() or _QUOTATION.match(title) else weight, 9)


def _holds(article: Article, story: Story) -> bool:
    """Whether the story's texts, or another article's title, hold the facts that an article's title states."""
    others = [other.title for other in story.leads if other.title != article.title]
    texts = [*(lead.text for lead in story.leads), *others]
    return not fault_of_facts(_as_sentence(article.title, "\n".join(texts)), read_sources(texts))


def _preferred(held: Iterator[Article], story: Story, checker: Checker | None) -> Article | None:
    """The first whose title the consistency model does not doubt, else the first; None when there is none."""
    read = list(islice(held, READ if checker else 1))
    if checker is None or len(read) < 2 or story.leads[0].lang not in ENGLISH:
        return next(iter(read), None)
    texts = [lead.text for lead in story.leads]
    titles = [_as_sentence(article.title, "\n".join(texts)) for article in read]
    verdicts = zip(read, checker.verdicts(titles, texts), strict=True)
    trusted = (article for article, verdict in verdicts if verdict.score >= Setting.BALANCED.value)
    return next(chain(trusted, held, read))


def _as_sentence(title: str, texts: str) -> str:
    """A title in Title Case with only the capitals that the texts give its words; another as it is."""
    words = [word for word in title.split() if word[:1].isalpha()]
    capitals = sum(word[:1].isupper() for word in words)
    return recased(title.lower(), texts) if capitals >= TITLE_CASE * len(words) else title


def _best_beginning(story: Story) -> str:
    """Of the sentences that the texts begin with, one that can stand alone and needs no cut, and says most of what the
    texts agree on; else how the first text begins that holds a word.
    """
    begun = [(place, sentence) for lead in story.leads for place, sentence in enumerate(_beginning(lead))]
    alone = [(-place, _shortened(sentence)) for place, sentence in begun if is_quotable(sentence)]
    if not alone:
        return _shortened(begun[0][1]) if begun else ""
    weights = agreement(story, of_titles=1.0)
    ranked = [(place, not title.endswith("…"), _share_of_story(title, weights), title) for place, title in alone]
    return max(ranked)[-1]


def _beginning(article: Article) -> list[str]:
    """The first sentences of a text that hold a word, without its dateline."""
    told = sentences(without_dateline(article.text), article.lang)
    return [sentence for sentence in told if any(map(str.isalnum, sentence))][:FIRST]


def _shortened(sentence: str) -> str:
    """A sentence as a title that is not long: without the first part that can be left out and without its full stop."""
    start, end = next(iter(harmless_cuts(sentence)), (len(sentence), len(sentence)))
    kept = (sentence[:start] + sentence[end:]).rstrip(".")
    title = kept[:1].upper() + kept[1:]
    return title if len(title) <= LONGEST else f"{title[:LONGEST].rsplit(' ', 1)[0]} …"
