"""How well stories go on from night to night: the labelled development sets, spread over several nights.

    python benchmarks/story_nights.py [--shared ../shared] [--nights 3] [--set NAME ...]

Each article falls on a night by a hash of its id. Every night is folded and clustered with what the earlier ones told,
as `newsfold run` does it, and in the end an article counts for the story that its own goes by. Beside the adjusted Rand
index of that stands the one of all articles on one night, then of the pairs of one night that are of one labelled story
the share that came together (recall) and of those that came together the share that is (precision), and the same of
pairs of two nights. The test halves are never read.
"""

import argparse
import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from cluster import SETS, Labelled, load_score, load_sets
from harness import DEFAULT_SHARED, head
from pipeline.clustering.background import NOTHING
from pipeline.clustering.texts import usual_terms
from pipeline.records import Article, PastStory, Story
from pipeline.stages.cluster import cluster
from pipeline.stages.dedupe import dedupe

FIRST = date(2026, 1, 1)


@dataclass
class Told:
    """What the nights so far told: the story of each article, stories that became others, and the stories' texts."""

    stories: dict[str, str] = field(default_factory=dict)
    became: dict[str, str] = field(default_factory=dict)
    past: dict[str, PastStory] = field(default_factory=dict)

    def now(self, story: str) -> str:
        """The id that a story goes by after all merges."""
        while story in self.became:
            story = self.became[story]
        return story

    def add(self, night: date, found: Sequence[Story]) -> None:
        """Take in what a night found."""
        for story in found:
            for alias in story.aliases:
                self.became[alias] = story.id
            before = [self.past.pop(name) for name in (story.id, *story.aliases) if name in self.past]
            articles = {article.id: article for one in before for article in one.articles}
            articles |= {article.id: article for article in story.leads}
            began = min((one.began for one in before), default=night)
            self.past[story.id] = PastStory(story.id, night, "", tuple(articles.values()), since=began)
            self.stories |= {article.id: story.id for article in story.articles}


def main() -> None:
    """Print a row for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    parser.add_argument("--nights", type=int, default=3)
    parser.add_argument("--set", nargs="*", choices=list(SETS), default=list(SETS), dest="names")
    options = parser.parse_args()
    if not (options.shared / "evals" / "score.py").is_file():
        print(f"skipped: {options.shared} does not hold the labelled sets and score.py")
        return
    score, sets = load_score(options.shared), load_sets(options.shared)
    print(head("datasketch", "numba", "numpy", "scipy"))
    print("| set | nights | one night | over nights | one night's pairs: recall, precision | two nights' |")
    print("|---|---|---|---|---|---|")
    for name in options.names:
        labelled = sets[name]
        gold = [{"id": key, "cluster": story} for key, story in labelled.stories.items()]
        together, apart = (spread(labelled, nights) for nights in (1, options.nights))
        found = [[{"id": key, "story": story} for key, story in told.items()] for told in (together, apart)]
        indices = " | ".join(f"{score(gold, one)['ari']:.3f}" for one in found)
        same, other = (pairs(labelled, apart, options.nights, across) for across in (False, True))
        print(f"| {name} | {options.nights} | {indices} | {same} | {other} |", flush=True)


def night_of(article: Article, nights: int) -> int:
    """The night an article falls on, from 0."""
    return hashlib.sha256(article.id.encode()).digest()[0] % nights


def spread(labelled: Labelled, nights: int) -> dict[str, str]:
    """The story of each article after so many nights."""
    told, background = Told(), NOTHING
    folded = dedupe(labelled.articles).groups
    copies: Mapping[str, list[str]] = {
        article.id: [other.id for other in group.articles] for group in folded for article in group.articles
    }
    for number in range(nights):
        tonight = [article for article in labelled.articles if night_of(article, nights) == number]
        repeated = {
            article.id: told.now(told.stories[earlier[0]])
            for article in tonight
            if (earlier := [other for other in copies[article.id] if other in told.stories])
        }
        found = cluster(dedupe(tonight).groups, list(told.past.values()), repeated, background)
        told.add(FIRST + timedelta(days=number), found)
        background = background.with_texts(map(usual_terms, tonight))
    return {article: told.now(story) for article, story in told.stories.items()}


def pairs(labelled: Labelled, found: Mapping[str, str], nights: int, across: bool) -> str:
    """Recall and precision of pairs of one night, or of two."""
    places = {article.id: night_of(article, nights) for article in labelled.articles}

    def count(*labels: Mapping[str, str]) -> int:
        """How many pairs agree in all of the labels."""
        keys: dict[tuple[str, ...], Counter[int]] = defaultdict(Counter)
        for article in places:
            keys[tuple(label[article] for label in labels)][places[article]] += 1
        within = sum(number * (number - 1) // 2 for held in keys.values() for number in held.values())
        every = sum(held.total() * (held.total() - 1) // 2 for held in keys.values())
        return every - within if across else within

    right = count(labelled.stories, found)
    return f"{right / max(count(labelled.stories), 1):.3f}, {right / max(count(found), 1):.3f}"


if __name__ == "__main__":
    main()
