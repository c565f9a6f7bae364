"""Signatures are datasketch's, bit for bit, and candidates miss no identical rows."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest
import xxhash
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import minhash
from pipeline.minhash import PERMUTATIONS, Signatures, candidates, signatures

SETS = st.lists(st.lists(st.text(max_size=8), max_size=8), max_size=6)
ALPHABETS = ["abc ", "äöüß", "港口议会投票", "😀🇫🇷\u200d", "\x00\n\t", "אבג", "\ud7ff\ue000\U0010ffff"]


def by_datasketch(elements: list[str]) -> list[int]:
    """The signature datasketch gives, element by element."""
    sketch = MinHash(num_perm=128, seed=1, scheme="affine32", hashfunc=xxhash.xxh32_intdigest)
    for element in elements:
        sketch.update(element.encode())
    return [int(value) for value in sketch.hashvalues]


def random_sets(count: int) -> list[list[str]]:
    """Sets of strings of many scripts, from none to some hundred elements, always the same."""
    chance = random.Random(7)  # noqa: S311 - a fixed sequence is the point
    return [
        [
            "".join(chance.choices(chance.choice(ALPHABETS), k=chance.randint(0, 40)))
            for _ in range(chance.randint(0, 120))
        ]
        for _ in range(count)
    ]


def matrix(rows: list[list[int]]) -> Signatures:
    """Signatures made by hand."""
    return np.array(rows, dtype=np.uint32).reshape(len(rows), len(rows[0]) if rows else 6)


def test_signatures_are_datasketchs() -> None:
    """Users load them into datasketch objects; another bit would be another index."""
    sets = [[], [""], *random_sets(220)]
    found = signatures(sets)
    assert found.dtype == np.uint32
    assert found.shape == (222, PERMUTATIONS)
    assert found.tolist() == [by_datasketch(elements) for elements in sets]


@settings(deadline=None, max_examples=40)
@given(SETS)
def test_any_strings_have_datasketchs_signatures(sets: list[list[str]]) -> None:
    """The same for whatever hypothesis thinks of."""
    assert signatures(sets).tolist() == [by_datasketch(elements) for elements in sets]


def test_signatures_load_into_datasketch() -> None:
    """And compare there."""
    one, other = (
        MinHash(num_perm=128, seed=1, scheme="affine32", hashfunc=xxhash.xxh32_intdigest, hashvalues=row)
        for row in signatures([["a", "b", "c"], ["c", "b", "a", "a"]])
    )
    assert one.jaccard(other) == 1.0


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(max_size=8), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(elements: list[str], chance: random.Random) -> None:
    """A signature is a set's."""
    other = elements + elements[:2]
    chance.shuffle(other)
    one, two = signatures([elements, other])
    assert one.tolist() == two.tolist()


def test_an_empty_set_has_the_largest_signature() -> None:
    """And nothing has none."""
    assert set(signatures([[]])[0].tolist()) == {2**32 - 1}
    assert signatures([]).shape == (0, PERMUTATIONS)


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 2), min_size=6, max_size=6), max_size=12))
def test_candidates_are_exactly_the_rows_that_share_a_band(rows: list[list[int]]) -> None:
    """By the definition, checked against every pair; identical rows share all bands."""
    found = candidates(matrix(rows), bands=3, rows=2)
    expected = {
        (one, other)
        for one, other in combinations(range(len(rows)), 2)
        if any(rows[one][at : at + 2] == rows[other][at : at + 2] for at in (0, 2, 4))
    }
    assert found.pairs == expected
    assert found.capped == 0


@settings(deadline=None)
@given(st.integers(2, 30), st.integers(2, 12))
def test_a_large_bucket_is_cut_and_counted(members: int, largest: int) -> None:
    """A thousand copies of one page must not be half a million pairs; each keeps its next neighbours."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minhash, "LARGEST_BUCKET", largest)
        found = candidates(matrix([[1, 2]] * members), bands=1, rows=2)
    assert found.capped == (members > largest)
    assert {(at, at + 1) for at in range(members - 1)} <= found.pairs
    assert len(found.pairs) == (members * (members - 1) // 2 if members <= largest else len(found.pairs))
    assert all(0 <= one < other < members for one, other in found.pairs)
    if members > largest:
        assert len(found.pairs) <= 8 * members


def test_each_large_bucket_is_counted_in_each_band() -> None:
    """The number tells how much was cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minhash, "LARGEST_BUCKET", 2)
        assert candidates(matrix([[1, 2]] * 3 + [[3, 4]] * 3 + [[5, 6]] * 2), bands=2, rows=1).capped == 4


def test_more_bands_than_there_are_permutations_are_refused() -> None:
    """They would silently be empty."""
    with pytest.raises(ValueError, match="33 bands of 4 rows need 132 permutations, there are 128"):
        candidates(signatures([["a"]]), bands=33, rows=4)
