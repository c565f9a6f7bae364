"""Earlier articles are recognised exactly, and only as long as they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from articles import article, soup
from pipeline.minhash.copies import ArticleTexts
from pipeline.minhash.memory import open_memory
from pipeline.minhash.signatures import sketch
from pipeline.records import Article, Echo
from pipeline.stages.recall import recall

TEXT = soup("w", 100)
OLD = (
    article("old-whole", " ".join(TEXT)),
    article("old-half", " ".join(TEXT[:70] + soup("o", 30))),
    article("old-other", " ".join(soup("x", 100))),
)


def echoes(tonight: Sequence[Article], folder: Path, stored: Sequence[Article] = OLD) -> tuple[Echo, ...]:
    """What is recognised when `OLD` is remembered and `stored` is still there."""
    memory = open_memory(folder)
    memory.add(date(2026, 3, 9), [one.id for one in OLD], sketch(ArticleTexts(OLD)).signatures)
    known = {one.id: one for one in stored}
    return recall(tonight, memory, lambda ids: [known[one] for one in ids if one in known])


def test_the_likest_earlier_article_is_named(tmp_path: Path) -> None:
    """A reprint of last night's text with four words changed, among look-alikes."""
    new = article("new", " ".join(TEXT[:96] + soup("n", 4)))
    (echo,) = echoes([new, article("fresh", " ".join(soup("f", 100)))], tmp_path)
    assert (echo.article, echo.earlier) == ("new", "old-whole")
    assert echo.similarity == pytest.approx(92 / 100)
    assert echo.containment == pytest.approx(92 / 96)


def test_what_only_looks_alike_is_not_recognised(tmp_path: Path) -> None:
    """A third in common is no copy, whatever the signatures propose."""
    assert echoes([article("new", " ".join(TEXT[:40] + soup("n", 60)))], tmp_path) == ()


def test_what_is_no_longer_stored_is_not_recognised(tmp_path: Path) -> None:
    """A signature alone proves nothing."""
    assert echoes([article("new", " ".join(TEXT))], tmp_path, stored=()) == ()


def test_the_order_of_articles_does_not_matter(tmp_path: Path) -> None:
    """The same echoes, in the order of ids."""
    night = [article("b", " ".join(TEXT)), article("a", " ".join(soup("x", 100)))]
    found = echoes(night, tmp_path / "one")
    assert [echo.article for echo in found] == ["a", "b"]
    assert echoes(night[::-1], tmp_path / "two") == found


def test_nothing_remembered_nothing_recognised(tmp_path: Path) -> None:
    """The first night of all."""
    assert recall([article("a", " ".join(TEXT))], open_memory(tmp_path), lambda _: ()) == ()
    assert echoes([], tmp_path) == ()
