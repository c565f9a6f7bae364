"""What counts as a copy, and what signatures may rule out."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.minhash.bands import Candidates
from pipeline.minhash.copies import ArticleTexts, are_copies, may_be_copies
from pipeline.minhash.overlap import Overlaps
from pipeline.records import Article


def may_be(agreed: int, one: int, other: int, threshold: float = 0.5) -> bool:
    """Whether two texts of so many words that agree on so many permutations are worth verifying."""
    proposed = Candidates(np.array([[0, 1]]), np.array([agreed]))
    return bool(may_be_copies(proposed, np.array([one, other]), threshold)[0])


def is_copy(shared: int, one: int, other: int, threshold: float = 0.5) -> bool:
    """Whether two texts of so many shingles that share so many are copies."""
    return bool(are_copies(Overlaps(*(np.array([count]) for count in (shared, one, other))), threshold)[0])


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.9])
def test_signatures_rule_out_no_pair_that_reaches_the_threshold(threshold: float) -> None:
    """An estimate that is three standard deviations too low still lets a pair be verified."""
    deviation = (threshold * (1 - threshold) / 128) ** 0.5
    assert may_be(round(128 * (threshold - 3 * deviation)), 400, 400, threshold)


def test_signatures_rule_out_equals_in_size_that_share_a_fifth() -> None:
    """Neither alike enough nor one inside the other: pages of one template."""
    assert not may_be(26, 400, 400)
    assert may_be(64, 400, 400)


def test_a_short_text_inside_a_long_one_is_not_ruled_out() -> None:
    """A tenth of the words agree since nine tenths of the long text are not in the short one."""
    assert may_be(12, 50, 500)
    assert not may_be(12, 450, 500)


def test_empty_texts_are_ruled_out_without_a_warning() -> None:
    """No division by zero."""
    assert not may_be(0, 0, 0)


def test_a_copy_is_alike_enough_or_lies_inside() -> None:
    """The exact numbers decide; a text of fewer than thirty shingles may be a quotation."""
    assert is_copy(50, 75, 75)
    assert not is_copy(49, 75, 75)
    assert is_copy(32, 40, 400)
    assert not is_copy(31, 40, 400)
    assert not is_copy(29, 29, 400)
    assert not is_copy(50, 75, 75, threshold=0.9)


def test_titles_stand_before_texts() -> None:
    """A title is compared with its text, as a line of it."""
    texts = ArticleTexts([Article("a", "Title", "Text"), Article("b", "", "Text")])
    assert list(texts) == ["Title\nText", "Text"]
