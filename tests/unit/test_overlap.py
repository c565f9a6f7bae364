"""Overlaps are exact, whatever is batched with what and on how many threads."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles import soup
from pipeline.minhash.documents import ignoring
from pipeline.minhash.overlap import Overlaps, verify
from pipeline.minhash.signatures import sketch
from pipeline.text.words import shingles

TEXTS = st.lists(st.lists(st.sampled_from("abc"), max_size=12).map(" ".join), min_size=2, max_size=8)


def overlaps_of(texts: list[str], threads: int = 1) -> tuple[list[tuple[int, int]], Overlaps]:
    """All pairs of the texts, and how they overlap."""
    pairs = list(combinations(range(len(texts)), 2))
    nothing = ignoring(np.full(len(texts), -1))
    return pairs, verify(texts, sketch(texts, threads=1).folded, nothing, np.array(pairs), threads)


@given(TEXTS)
def test_jaccard_and_containment_are_exact(texts: list[str]) -> None:
    """By the definition, on sets of strings."""
    pairs, found = overlaps_of(texts)
    jaccard, containment = found.jaccard.tolist(), found.containment.tolist()
    for place, (one, other) in enumerate(pairs):
        a, b = set(shingles(texts[one])), set(shingles(texts[other]))
        assert jaccard[place] == (len(a & b) / len(a | b) if a | b else 0)
        assert containment[place] == (len(a & b) / min(len(a), len(b)) if a and b else 0)
        assert found.smaller[place] == min(len(a), len(b))


def test_batches_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pairs of one family may be counted in different batches."""
    words = soup("w", 80)
    texts = [" ".join(words[start : start + 40]) for start in range(0, 40, 2)]
    _, expected = overlaps_of(texts)
    monkeypatch.setattr("pipeline.minhash.overlap.PAIRS_AT_ONCE", 7)
    _, found = overlaps_of(texts, threads=3)
    assert found.shared.tolist() == expected.shared.tolist()
    assert found.left.tolist() == expected.left.tolist()


def test_no_pairs_no_overlaps() -> None:
    """A night in which nothing resembles anything."""
    nothing = ignoring(np.full(1, -1))
    found = verify(["one"], np.array([False]), nothing, np.zeros((0, 2), dtype=np.int64))
    assert found.jaccard.shape == (0,)
