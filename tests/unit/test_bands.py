"""Candidates are exactly the rows that share a band, and no bucket makes quadratic work."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.minhash.bands import Banding, Candidates, agreements, candidates
from pipeline.minhash.kernels import Signatures
from pipeline.minhash.signatures import signatures


def matrix(rows: list[list[int]]) -> Signatures:
    """Signatures made by hand."""
    return np.array(rows, dtype=np.uint32).reshape(len(rows), len(rows[0]) if rows else 6)


def found_in(rows: list[list[int]], banding: Banding) -> Candidates:
    """The candidates among all rows."""
    return candidates(matrix(rows), np.arange(len(rows)), banding)


def pairs_of(found: Candidates) -> set[tuple[int, int]]:
    """The pairs as a set; none stands twice."""
    pairs = [(int(one), int(other)) for one, other in found.pairs]
    assert pairs == sorted(set(pairs))
    return set(pairs)


@given(st.lists(st.lists(st.integers(0, 2), min_size=6, max_size=6), max_size=12), st.integers(0, 6))
def test_candidates_are_exactly_the_rows_that_share_a_band(rows: list[list[int]], least: int) -> None:
    """By the definition, checked against every pair; identical rows share all bands."""
    found = found_in(rows, Banding(bands=3, rows=2, least=least))
    expected = {
        (one, other)
        for one, other in combinations(range(len(rows)), 2)
        if any(rows[one][at : at + 2] == rows[other][at : at + 2] for at in (0, 2, 4))
        and sum(a == b for a, b in zip(rows[one], rows[other], strict=True)) >= least
    }
    assert pairs_of(found) == expected
    assert found.capped == 0


@given(st.integers(2, 30), st.integers(2, 12))
def test_a_large_bucket_is_cut_and_counted(members: int, largest: int) -> None:
    """A thousand copies of one page must not be half a million pairs; each stays tied to the first."""
    found = found_in([[1, 2]] * members, Banding(bands=1, rows=2, largest=largest))
    pairs = pairs_of(found)
    assert found.capped == (members > largest)
    assert {(0, at) for at in range(1, members)} <= pairs
    assert len(pairs) <= (members * (members - 1) // 2 if members <= largest else 8 * members)


def test_each_large_bucket_is_counted_in_each_band() -> None:
    """The number tells how much was cut."""
    assert found_in([[1, 2]] * 3 + [[3, 4]] * 3 + [[5, 6]] * 2, Banding(bands=2, rows=1, largest=2)).capped == 4


def test_only_the_rows_asked_for_are_paired() -> None:
    """Texts that are left out, such as those without words, meet nobody."""
    found = candidates(matrix([[1, 2]] * 4), np.array([1, 3]), Banding(bands=1, rows=2))
    assert pairs_of(found) == {(1, 3)}


def test_agreements_are_counted() -> None:
    """Left rows of one matrix with right rows of another."""
    left, right = matrix([[1, 2, 3], [4, 5, 6]]), matrix([[1, 5, 3]])
    assert agreements(left, right, np.array([[0, 0], [1, 0]])).tolist() == [2, 1]


def test_more_bands_than_there_are_permutations_are_refused() -> None:
    """They would silently be empty."""
    with pytest.raises(ValueError, match="33 bands of 4 rows need 132 permutations, there are 128"):
        candidates(signatures([["a"]]), np.arange(1), Banding(bands=33, rows=4))
