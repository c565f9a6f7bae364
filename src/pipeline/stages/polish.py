"""A second step of cleaning, over the whole night: what can only be told from many articles together.

That is a publisher's recurring lines, its one name, and which items are the same article.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.records import Article, Reject
from pipeline.text.normalise import comparable
from pipeline.urls import host

FEWEST_PAGES = 3
"""A line on this many articles of one publisher is the publisher's, not the articles'."""
MOST_FURNITURE = 0.4
"""Share of an article's words that recurring lines may make up: more, and the articles are versions of one text."""


@dataclass(frozen=True, slots=True)
class Polished:
    """The night's articles, each once, ordered by id, and the items that repeated one of them."""

    articles: tuple[Article, ...]
    repeats: tuple[Reject, ...]


def polish(articles: Iterable[Article]) -> Polished:
    """One name for one publisher, its recurring lines removed, one article for one id (the longest text)."""
    named = _one_name_each(sorted(articles, key=lambda article: (article.id, -len(article.text), article.location)))
    kept: dict[str, Article] = {}
    repeats = []
    for article in named:
        if article.id in kept:
            repeats.append(Reject("repeat", article.location, "the same article came in another time", article.id))
        else:
            kept[article.id] = article
    return Polished(tuple(_without_furniture(list(kept.values()))), tuple(repeats))


def _one_name_each(articles: Sequence[Article]) -> list[Article]:
    """Every article of one host, and every spelling of one name, under the commonest name.

    Ties go to the shorter name, then to the last by alphabet: capitals sort first, and a name is seldom all capitals.
    """
    hosts: dict[str, Counter[str]] = defaultdict(Counter)
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for article in articles:
        if article.source:
            spellings[comparable(article.source)][article.source] += 1
            if site := host(article.url):
                hosts[site][article.source] += 1
    by_host, by_name = ({key: _commonest(found) for key, found in names.items()} for names in (hosts, spellings))
    sources = (by_host.get(host(article.url), article.source) for article in articles)
    return [
        replace(article, source=by_name.get(comparable(source), source))
        for article, source in zip(articles, sources, strict=True)
    ]


def _commonest(names: Counter[str]) -> str:
    """The name counted most; of equals the shortest, then the last by alphabet."""
    most = max(names.values())
    return min(sorted((name for name in names if names[name] == most), reverse=True), key=len)


def _without_furniture(articles: Sequence[Article]) -> list[Article]:
    """The articles without lines that recur on several articles of their publisher."""
    counts: Counter[tuple[str, str]] = Counter()
    for article in articles:
        counts.update({(article.source, comparable(line)) for line in article.text.splitlines()})
    recurring = {line for line, count in counts.items() if line[0] and count >= FEWEST_PAGES}
    return [_trimmed(article, recurring) for article in articles]


def _trimmed(article: Article, recurring: set[tuple[str, str]]) -> Article:
    """One article without its recurring lines, unless they are most of it."""
    lines = article.text.splitlines()
    own = [line for line in lines if (article.source, comparable(line)) not in recurring]
    text = "\n".join(own)
    if len(text.split()) < (1 - MOST_FURNITURE) * len(article.text.split()):
        return article
    return replace(article, text=text)
