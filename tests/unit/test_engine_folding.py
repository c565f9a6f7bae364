"""Copies folded over many blocks are those folded at once: groups, pairs, numbers and what was cut short."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles import article, soup
from pipeline.engine.columns import dealt, joined, restored
from pipeline.engine.folding import FoldedBlocks, fold_blocks
from pipeline.engine.tables import articles_at, table_of
from pipeline.engine.workers import Here
from pipeline.minhash.documents import ranges
from pipeline.minhash.search import BANDING
from pipeline.records import Article
from pipeline.stages.dedupe import Deduplication, dedupe

Row = tuple[str, str, bool, float, float, bool]
PREFERRED = ("The Quay", "Aldvik Post")
FOOTER = " ".join(soup("footer", 14))


def night(chance: random.Random, size: int, families: int = 7) -> list[Article]:
    """Articles of a few families: copies, cuts, edits, word-for-word repeats, publishers' footers, empty texts."""
    found = []
    for at in range(size):
        words = soup(f"f{chance.randrange(families)}w", 60)
        for place in chance.sample(range(60), chance.choice([0, 0, 1, 3])):
            words[place] = f"other{chance.randrange(3)}"
        text = " ".join(words[chance.choice([0, 0, 5, 25]) : chance.choice([60, 60, 52, 30, 0])])
        source = chance.choice(["", "The Quay", "Aldvik Post", "Harbour News"])
        ending = f"\n{FOOTER}" if source == "Harbour News" else ""
        made = article(f"{chance.choice('xyz')}{at:03}", text + ending, source=source)
        when = datetime(2026, 3, 9, chance.randrange(24), tzinfo=UTC) + timedelta(minutes=at)
        url = chance.choice(["", f"https://news.example/{at}"])
        found.append(
            replace(made, published=chance.choice([None, when]), url=url, title=chance.choice(["", "A title"]))
        )
    return found


def at_once(articles: Sequence[Article], threshold: float = 0.5) -> tuple[list[Row], list[tuple[str, str, float]], int]:
    """What one machine makes of the articles, as rows."""
    found: Deduplication = dedupe(articles, threshold, preferred=PREFERRED)
    rows: list[Row] = []
    for group in found.groups:
        rows.append((group.lead.id, group.lead.id, True, 1.0, 1.0, False))
        rows += [
            (copy.article.id, group.lead.id, False, copy.similarity, copy.containment, copy.exact)
            for copy in group.copies
        ]
    return rows, [(pair.a, pair.b, pair.jaccard) for pair in found.pairs], found.capped


def in_blocks(
    articles: Sequence[Article], blocks: int, threshold: float = 0.5
) -> tuple[list[Row], list[tuple[str, str, float]], int]:
    """The same from so many blocks."""
    tables = [table_of(articles[at::blocks]) for at in range(blocks)]
    found: FoldedBlocks = fold_blocks(Here(), tables, threshold, PREFERRED)
    rows = [tuple(row.values()) for table in found.groups for row in table.to_pylist()]
    pairs = [tuple(row.values()) for table in found.pairs for row in table.to_pylist()]
    return rows, pairs, found.capped


@settings(deadline=None, max_examples=60)
@given(st.randoms(use_true_random=False), st.integers(1, 40), st.integers(1, 5), st.sampled_from([0.3, 0.5, 0.9]))
def test_blocks_change_nothing(chance: random.Random, size: int, blocks: int, threshold: float) -> None:
    """However articles lie in blocks, some of them empty, the result is that of one machine."""
    articles = night(chance, size)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.engine.folding.OTHERS_AT_ONCE", 2)
        assert in_blocks(articles, blocks, threshold) == at_once(articles, threshold)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_cut_short_is_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Buckets and lists of repeats that are too large are cut at the same members, and counted alike."""
    articles = night(random.Random(seed), 60, families=3)  # noqa: S311 - fixed sequences
    for module in ("pipeline.minhash.search", "pipeline.engine.folding"):
        monkeypatch.setattr(f"{module}.BANDING", BANDING._replace(largest=9))
    monkeypatch.setattr("pipeline.minhash.grouping.LARGEST_BUCKET", 2)
    expected = at_once(articles)
    assert expected[2] > 0
    assert in_blocks(articles, 3) == expected


def test_an_id_that_comes_again_is_left_out_and_named() -> None:
    """Of articles with one id the first to be read stays, in whatever block the others are."""
    articles = [article(name, " ".join(soup(f"{at}w", 30))) for at, name in enumerate(["b", "a", "b", "c", "a", "b"])]
    found = fold_blocks(Here(), [table_of(articles[:3]), table_of(articles[3:])], 0.5)
    assert [row["id"] for table in found.groups for row in table.to_pylist()] == ["a", "b", "c"]
    assert found.numbered.repeats == [(0, 2, 0, 0), (1, 1, 0, 1), (1, 2, 0, 0)]


def test_no_articles_make_no_groups() -> None:
    """A block of nothing is no error."""
    assert in_blocks([], 2) == ([], [], 0)


def test_articles_come_back_from_a_table() -> None:
    """A table holds all of an article that decides anything."""
    articles = night(random.Random(3), 20)  # noqa: S311 - a fixed sequence
    assert articles_at(table_of(articles), np.array([7, 3])) == [articles[7], articles[3]]


@given(st.lists(st.integers(0, 4), max_size=30))
def test_what_is_dealt_out_comes_back_in_order(targets: list[int]) -> None:
    """Answers of many parts stand where their questions stood."""
    values, parts = np.arange(len(targets)) * 3, np.array(targets, dtype=np.int64)
    pieces = dealt(parts, 5, values)
    assert sorted(joined(pieces)[0].tolist()) == values.tolist()
    assert restored(parts, [piece for (piece,) in pieces]).tolist() == values.tolist()


def test_ranges_follow_each_other() -> None:
    """Each start is counted on from as often as its size says, not at all for a size of 0."""
    assert ranges(np.array([5, 0, 9]), np.array([2, 0, 3])).tolist() == [5, 6, 9, 10, 11]


class Weighed(Here):
    """Workers that note the bytes of what each call of a function is given."""

    def __init__(self) -> None:
        self.given: dict[str, list[int]] = {}

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - as in Workers
        """The function, its arguments noted."""
        self.given.setdefault(function.__name__, []).append(_bytes(arguments))
        return super().call(function, *arguments)

    def split(self, pieces: int, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - as in Workers
        """The function, its arguments noted."""
        self.given.setdefault(function.__name__, []).append(_bytes(arguments))
        return super().split(pieces, function, *arguments)


def _bytes(value: object) -> int:
    if isinstance(value, np.ndarray | pa.Table):
        return int(value.nbytes)
    if isinstance(value, tuple | list):
        return sum(map(_bytes, value))
    return sum(_bytes(getattr(value, name)) for name in getattr(value, "__slots__", ()))


def test_copies_of_one_text_are_no_work_for_one_part_alone() -> None:
    """Thousands of copies of one agency's text, each with a word changed: the work with them is that of every part."""
    blocks, size = 8, 4_000
    text = soup("agency", 80)
    articles = [article(f"a{at:05}", " ".join([*text[:40], f"own{at}", *text[41:]])) for at in range(size)]
    workers = Weighed()
    tables = [table_of(articles[at::blocks]) for at in range(blocks)]
    found = fold_blocks(workers, tables, 0.5)
    leads = [row["lead"] for table in found.groups for row in table.to_pylist()]
    assert (len(leads), sum(leads)) == (size, 1)
    assert found.capped == BANDING.bands
    for step in ("asked_rows", "asked_shingles", "shingles_for", "verified", "links_of", "families_by_part"):
        assert max(workers.given[step]) < 1.5 * sum(workers.given[step]) / blocks, step
