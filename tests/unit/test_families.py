"""Stars of copies: everyone is linked to its lead, and no chain makes a family."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.minhash.families import families, links, places_of

ROWS = 9
PAIRS = st.sets(st.tuples(st.integers(0, ROWS - 1), st.integers(0, ROWS - 1)).filter(lambda pair: pair[0] < pair[1]))
RANKS = st.permutations(range(ROWS))


def leads(pairs: set[tuple[int, int]], ranks: list[int], voices: list[int] | None = None) -> list[int]:
    """The lead of every row."""
    joined = links(np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2), ROWS)
    return [int(row) for row in families(joined, np.array(voices or [1] * ROWS), np.array(ranks))]


@given(PAIRS, RANKS)
def test_everyone_is_linked_to_its_lead(pairs: set[tuple[int, int]], ranks: list[int]) -> None:
    """No chain and no guess: a row leads itself or is linked to what leads it, and a lead leads itself."""
    found = leads(pairs, ranks)
    for row, lead in enumerate(found):
        assert row == lead or (min(row, lead), max(row, lead)) in pairs
        assert found[lead] == lead


@given(PAIRS, RANKS, st.permutations(range(ROWS)))
def test_the_numbering_does_not_matter(pairs: set[tuple[int, int]], ranks: list[int], names: list[int]) -> None:
    """The same articles in another order have the same leads."""
    renamed = {(min(names[a], names[b]), max(names[a], names[b])) for a, b in pairs}
    moved = [0] * ROWS
    for row, rank in enumerate(ranks):
        moved[names[row]] = rank
    after = leads(renamed, moved)
    assert [after[names[row]] for row in range(ROWS)] == [names[lead] for lead in leads(pairs, ranks)]


def test_the_one_with_most_copies_gathers_them() -> None:
    """A text that stands for several reprints counts as often."""
    chain = {(0, 1), (1, 2), (2, 3)}
    assert leads(chain, list(range(ROWS)))[:4] == [1, 1, 1, 3]
    assert leads(chain, list(range(ROWS)), [1, 1, 1, 5, 1, 1, 1, 1, 1])[:4] == [0, 2, 2, 2]


def test_the_best_in_rank_leads_if_all_others_are_linked_to_it() -> None:
    """The earliest of a family leads it, unless it was never verified against one of them."""
    triangle = {(0, 1), (1, 2), (0, 2)}
    assert leads(triangle, [3, 2, 1, 0, 4, 5, 6, 7, 8])[:3] == [2, 2, 2]
    star = {(0, 1), (1, 2)}
    assert leads(star, [0, 2, 1, 3, 4, 5, 6, 7, 8])[:3] == [1, 1, 1]


@given(PAIRS)
def test_places_are_those_of_the_pairs(pairs: set[tuple[int, int]]) -> None:
    """The numbers shown with a copy are those of its own pair."""
    listed = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    joined = links(listed, ROWS)
    for one in range(ROWS):
        found = places_of(joined, np.full(ROWS, one), np.arange(ROWS))
        for other, place in enumerate(found):
            pair = (min(one, other), max(one, other))
            assert (tuple(listed[place]) == pair) if pair in pairs else place == -1


@pytest.mark.parametrize("count", [0, 1])
def test_nobody_has_no_family(count: int) -> None:
    """Nothing in, nothing out."""
    joined = links(np.zeros((0, 2), dtype=np.int64), count)
    assert families(joined, np.ones(count, dtype=np.int64), np.arange(count)).tolist() == list(range(count))
