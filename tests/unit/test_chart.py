"""Charts: true to the figures, told in words, and safe with any name."""

from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.forms.chart import Point, Series, bars, columns

HOSTILE = '<script>alert(1)</script>" onload="x'


def drawn(svg: str) -> ElementTree.Element:
    """The picture as a tree: it must be well formed."""
    return ElementTree.fromstring(svg)  # noqa: S314 - our own picture


def series(*values: int | None) -> Series:
    """Values named by their place."""
    return Series(
        "nights", "Stories", "So many.", tuple(Point(f"n{place}", value) for place, value in enumerate(values))
    )


def share(size: str | None) -> float:
    """A size without its unit."""
    assert size is not None
    return float(size.removesuffix("%"))


def test_columns_are_as_high_as_their_values() -> None:
    """Twice as much is twice as high, nothing is nothing, and each column names its figure."""
    rects = drawn(columns(series(10, 5, 0, 1_000))).findall("rect")
    heights = [share(rect.get("height")) for rect in rects]
    assert heights[3] == 96
    assert heights[2] == 0
    assert heights[:2] == [1.0, 1.0], "what is there is seen"
    assert [rect.findtext("title") for rect in rects] == ["n0: 10", "n1: 5", "n2: 0", "n3: 1,000"]
    assert [share(rect.get("height")) for rect in drawn(columns(series(10, 5))).findall("rect")] == [96, 48]


def test_a_missing_value_is_a_gap() -> None:
    """Columns and their ground stay where they are; what is missing has neither."""
    whole, gap = drawn(columns(series(10, 5, 2))), drawn(columns(series(10, None, 2)))
    places = [(rect.get("x"), rect.get("height")) for rect in whole.findall("rect")]
    assert [(rect.get("x"), rect.get("height")) for rect in gap.findall("rect")] == [places[0], places[2]]
    assert len(gap.findall("line")) == 2


def test_bars_are_as_long_as_their_values() -> None:
    """The most fills the width; each has its name and figure beside it."""
    picture = drawn(bars(series(8, 2)))
    assert [share(rect.get("width")) for rect in picture.findall("rect")] == [100, 25]
    assert [text.text for text in picture.findall("text")] == ["n0", "8", "n1", "2"]


@given(st.lists(st.integers(0, 10**9), max_size=60))
def test_nothing_leaves_the_picture(values: list[int]) -> None:
    """Any figures, none and only zeros among them, are drawn within the picture."""
    for picture in (drawn(columns(series(*values))), drawn(bars(series(*values)))):
        rects = picture.findall("rect")
        assert len(rects) == len(values)
        for rect in rects:
            assert share(rect.get("x")) >= 0
            assert share(rect.get("x")) + share(rect.get("width")) <= 100.01
            assert share(rect.get("y")) >= 0
            assert share(rect.get("y")) + share(rect.get("height")) <= share(picture.get("height")) + 0.05
        for text in picture.findall("text"):
            assert 0 <= share(text.get("x")) <= 100


@pytest.mark.parametrize("draw", [columns, bars])
def test_a_picture_is_told_in_words(draw: Callable[[Series], str]) -> None:
    """Who cannot see it hears what it shows, under ids that are there."""
    picture = drawn(draw(series(3, 4)))
    assert picture.get("role") == "img"
    told = {element.get("id"): element.text for element in picture}
    assert [told[name] for name in str(picture.get("aria-labelledby")).split()] == ["Stories", "So many."]


def test_names_are_escaped() -> None:
    """A source may call itself anything."""
    hostile = Series("sources", HOSTILE, HOSTILE, (Point(HOSTILE, 1),))
    for svg in (columns(hostile), bars(hostile)):
        assert "<script" not in svg
        assert {element.tag for element in drawn(svg).iter()} <= {"svg", "title", "desc", "rect", "line", "text"}
        assert not [name for element in drawn(svg).iter() for name in element.attrib if name.startswith("on")]
