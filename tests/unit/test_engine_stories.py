"""Stories made of many blocks are those made at once: terms, pairs, scores and who joins whom."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse

from articles import article, soup
from pipeline.clustering.background import NOTHING, Background
from pipeline.clustering.proposals import proposed
from pipeline.clustering.similarity import Context, read_texts
from pipeline.engine import stories
from pipeline.engine.folding import fold_blocks
from pipeline.engine.stories import group_blocks, grouped
from pipeline.engine.tables import table_of
from pipeline.engine.workers import Here
from pipeline.records import Article, CopyGroup
from pipeline.stages.cluster import cluster
from pipeline.stages.dedupe import dedupe


def night(chance: random.Random, size: int, events: int) -> list[Article]:
    """Articles of a few events: words of the event, words of all, names, dates, links to each other, empty ones."""
    common = soup("common", 60)
    found = []
    for at in range(size):
        event = chance.randrange(events)
        own, tale = soup(f"event{event}word", 30), soup(f"tale{at}word", 20)
        words = chance.sample(own, chance.choice([0, 8, 20])) + chance.sample(common, 15) + chance.sample(tale, 8)
        chance.shuffle(words)
        lines = [" ".join(words[:20]) + f" Port{event} Lindmar said on {chance.choice(['Oct 7', 'May 3'])}."]
        lines += [" ".join(words[20:]), f"Title of event {chance.randrange(events)} told"]
        title = chance.choice(["", f"Title of event {event} told"])
        text = "\n".join(lines * chance.choice([0, 1, 1, 1]))
        found.append(article(f"{chance.choice('xyz')}{at:04}", text, title=title))
    return found


def at_once(groups: Sequence[CopyGroup], background: Background = NOTHING) -> list[tuple[str, str]]:
    """What one machine makes of the groups: every article with its story, in order."""
    return [(one.id, story.id) for story in cluster(groups, background=background) for one in story.articles]


def in_parts(articles: Sequence[Article], blocks: int, workers: Here | None = None) -> list[tuple[str, str]]:
    """The same from so many blocks."""
    where = workers or Here()
    tables = [table_of(articles[at::blocks]) for at in range(blocks)]
    found = group_blocks(where, tables, fold_blocks(where, tables, 0.5))
    return [(row["id"], row["story"]) for table in found for row in table.to_pylist()]


@pytest.mark.parametrize(("size", "blocks"), [(0, 2), (1, 1), (3, 5), (120, 3), (350, 1), (350, 4)])
def test_blocks_change_nothing(size: int, blocks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of few texts, all of whose pairs are compared, of many, and where some blocks are empty."""
    monkeypatch.setattr(stories, "OTHERS_AT_ONCE", 2)
    monkeypatch.setattr(stories, "DRAWS_AT_ONCE", 7)
    articles = night(random.Random(size), size, events=max(size // 6, 1))  # noqa: S311 - fixed sequences
    expected = at_once(dedupe(articles).groups)
    assert in_parts(articles, blocks) == expected


def test_the_background_counts_alike() -> None:
    """What earlier nights said of terms decides the same in blocks."""
    articles = night(random.Random(5), 60, events=8)  # noqa: S311 - a fixed sequence
    groups = sorted(dedupe(articles).groups, key=lambda group: group.lead.id)
    background = Background(500.0, {f"common{at}": 300.0 for at in range(60)} | {"event1word3": 400.0})
    made = {tuple(group.lead.id for group in each) for each in grouped(Here(), groups, background, 17)}
    expected = {tuple(group.lead.id for group in story.groups) for story in cluster(groups, background=background)}
    assert made == expected


class Noted(Here):
    """Workers that note what functions are given, in bytes, and give."""

    def __init__(self) -> None:
        self.given: dict[str, list[int]] = {}
        self.made: dict[str, list[Any]] = {}

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - as in Workers
        """The function, its arguments and result noted."""
        self.given.setdefault(function.__name__, []).append(held(arguments))
        result = super().call(function, *arguments)
        self.made.setdefault(function.__name__, []).append(result)
        return result

    def split(self, pieces: int, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - as in Workers
        """The function, its arguments noted."""
        self.given.setdefault(function.__name__, []).append(held(arguments))
        return super().split(pieces, function, *arguments)

    def inside(self, plan: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - as in Workers
        """The plan, what it is given noted, but for what it has only references to."""
        self.given.setdefault(plan.__name__, []).append(held(arguments[1:]))
        return super().inside(plan, *arguments)


def held(value: object) -> int:
    """The bytes of all arrays in a value."""
    if isinstance(value, np.ndarray | pa.Array | pa.Table):
        return int(value.nbytes)
    if isinstance(value, sparse.csr_matrix):
        return int(value.data.nbytes + value.indices.nbytes + value.indptr.nbytes)
    if isinstance(value, tuple | list):
        return sum(map(held, value))
    return sum(held(getattr(value, name)) for name in getattr(value, "__slots__", ()))


def test_every_score_is_the_same_to_the_last_bit() -> None:
    """Sums are made in the same order, so that no decision can differ."""
    articles = night(random.Random(7), 300, events=40)  # noqa: S311 - a fixed sequence
    leads = sorted((group.lead for group in dedupe(articles).groups), key=lambda one: one.id)
    texts = read_texts(leads)
    pairs = proposed(texts)
    scores = Context(texts, pairs).similarity(pairs[:, 0], pairs[:, 1])
    expected = {(one, other): score for (one, other), score in zip(pairs.tolist(), scores.tolist(), strict=True)}
    workers = Noted()
    in_parts(articles, 3, workers)
    found = {
        (pair >> 32, pair & 0xFFFFFFFF): score
        for packed, values in workers.made["scored"]
        for pair, score in zip(packed.tolist(), values.tolist(), strict=True)
    }
    assert len(leads) > 200
    assert found == expected


def test_no_worker_holds_the_vectors_of_all() -> None:
    """Each step has a block's share, and what decides on stories is given no text."""
    articles = night(random.Random(9), 600, events=100)  # noqa: S311 - a fixed sequence
    workers, blocks = Noted(), 6
    in_parts(articles, blocks, workers)
    vectors = sum(held(made) for made in workers.made["vectors_at"])
    for step in ("terms_by_range", "counted", "vectors_at", "telling_entries", "pairs_by_block", "members_by_part"):
        assert max(workers.given[step]) < 2.5 * sum(workers.given[step]) / blocks, step
    assert max(workers.given["stories_in"]) < 0.5 * vectors
    assert "chosen_texts" in workers.given
    assert max(workers.given["judged"]) < 0.5 * vectors
