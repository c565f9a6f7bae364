"""Why articles are one story, and why the nearest other story is another: what decided, in numbers and in words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.clustering.proposals import pairs_of, proposed
from pipeline.clustering.similarity import Context, read_texts
from pipeline.clustering.texts import names
from pipeline.clustering.vectors import Rows
from pipeline.records import Article, PastStory
from pipeline.text.words import content_stems, stem, words

MOST_WORDS = 6
"""Shared words told of a link: names first, then the rarest."""
EARLIER = ""
"""Stands for what earlier nights told, where a story's id stands; no story has it."""


@dataclass(frozen=True, slots=True)
class Link:
    """Two articles, how likely they report one event (0 to 1), and words both have: names, then the rarest."""

    one: Article
    other: Article
    similarity: float
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grounds:
    """The links inside a story, to what earlier nights told of it and to the nearest other story, strongest first, with
    their averages.

    `average` is None for a story of one text, `earlier_average` for one that earlier nights did not tell; `nearest` is
    None where no other story has anything in common with it.
    """

    links: tuple[Link, ...]
    average: float | None
    earlier_links: tuple[Link, ...]
    earlier_average: float | None
    nearest: PastStory | None
    nearest_links: tuple[Link, ...]
    nearest_average: float


def grounds(stories: Sequence[PastStory], story: str, earlier: Sequence[Article] = ()) -> Grounds:
    """Why the story of that id is one: compared as it was on its night, among all `stories` of that night and the
    `earlier` articles that nights before told of it.

    Terms are as common as in news at large, and other stories of nights before are not looked at, so the numbers may
    differ a little from those that decided.

    Raises KeyError when no story has that id.
    """
    owners = {article.id: told.id for told in stories for article in told.articles}
    before = [article for article in earlier if article.id not in owners]
    owners |= dict.fromkeys((article.id for article in before), EARLIER)
    listed = [*(article for told in stories for article in told.articles), *before]
    articles = sorted(listed, key=lambda article: article.id)
    texts = read_texts(articles)
    pairs = proposed(texts)
    context = Context(texts, pairs)
    told_in = [owners[article.id] for article in articles]
    rows = {name: np.flatnonzero(np.array(told_in) == name) for name in {EARLIER, *(told.id for told in stories)}}
    rarity = Counter(word for article in articles for word in set(content_stems(f"{article.title}\n{article.text}")))

    def links(left: Rows, right: Rows) -> tuple[Link, ...]:
        return _links(articles, left, right, context, rarity)

    def across_to(other: str) -> tuple[Rows, Rows]:
        return np.repeat(own, len(rows[other])), np.tile(rows[other], len(own))

    own = rows[story]
    inside, to_earlier = links(*pairs_of(own.tolist())), links(*across_to(EARLIER))
    met = _met(own, pairs, told_in) - {story, EARLIER}
    across = {other: across_to(other) for other in met}
    averages = {other: float(context.similarity(*both).mean()) for other, both in across.items()}
    nearest = max(averages, key=lambda other: (averages[other], other), default=None)
    return Grounds(
        links=inside,
        average=_average(inside),
        earlier_links=to_earlier,
        earlier_average=_average(to_earlier),
        nearest=next((told for told in stories if told.id == nearest), None),
        nearest_links=links(*across[nearest]) if nearest else (),
        nearest_average=averages[nearest] if nearest else 0.0,
    )


def _average(links: Sequence[Link]) -> float | None:
    """The average similarity of some links; None where there are none."""
    return sum(link.similarity for link in links) / len(links) if links else None


def _met(own: Rows, pairs: Rows, owners: Sequence[str]) -> set[str]:
    """The stories with an article that was compared with one of these."""
    inside = np.isin(pairs, own)
    return {owners[row] for row in np.unique(pairs[inside.any(axis=1)]).tolist()}


def _links(
    articles: Sequence[Article], left: Rows, right: Rows, context: Context, rarity: Mapping[str, int]
) -> tuple[Link, ...]:
    """A link for each pair of rows, strongest first."""
    found = [
        Link(articles[one], articles[other], similarity, _shared_words(articles[one], articles[other], rarity))
        for one, other, similarity in zip(
            left.tolist(), right.tolist(), context.similarity(left, right).tolist(), strict=True
        )
    ]
    return tuple(sorted(found, key=lambda link: (-link.similarity, link.one.id, link.other.id)))


def _shared_words(one: Article, other: Article, rarity: Mapping[str, int]) -> tuple[str, ...]:
    """The names and then the rarest words that two articles share, as the first of them spells them."""
    first, second = f"{one.title}\n{one.text}", f"{other.title}\n{other.text}"
    spelled = {stem(word): word for word in reversed(words(first))}
    common = set(content_stems(first)) & set(content_stems(second))
    named = set(names(first)) | set(names(second))
    ranked = sorted(common, key=lambda word: (word not in named, rarity[word], word))
    return tuple(spelled[word] for word in ranked[:MOST_WORDS])
