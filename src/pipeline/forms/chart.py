"""Small charts as inline SVG: columns over time and bars by size. No script, no library, nothing loaded.

Places along the width are percentages and everything else is in pixels, so that a chart fills any width while its words
keep their size. Colours come from the style sheet by class: `bar`, `bar second`, `axis`, `name`.
"""

from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

from markupsafe import Markup

_HEIGHT: Final = 96
"""Pixels of the highest column."""
_LABELS: Final = 22
"""Pixels for a line of words above or below."""
_ROW: Final = 30
"""Pixels of one bar with its words."""
_WIDEST: Final = 7.0
"""Per cent of the width that a column takes at most, so that a few nights do not look like blocks."""
_APART: Final = 60.0
"""Per cent of the width from which the names of both ends have room."""
_GAP: Final = 0.25
"""Share of its place that a column leaves free."""


@dataclass(frozen=True, slots=True)
class Point:
    """A value with the words that name it; None where there is none, which is not the same as nothing."""

    name: str
    value: int | None


@dataclass(frozen=True, slots=True)
class Series:
    """Values to draw. `name` tells the charts of a page apart in ids, `title` and `summary` say what is shown."""

    name: str
    title: str
    summary: str
    points: tuple[Point, ...]


def columns(series: Series, style: str = "bar") -> Markup:
    """A column for each point, in order from the left, each named by its tooltip; the ends and the highest are told.

    A point without a value leaves a gap, in the ground too.
    """
    svg = _svg(series, _LABELS + _HEIGHT + _LABELS)
    most = max((point.value or 0 for point in series.points), default=0)
    place = min(_WIDEST, 100 / max(len(series.points), 1))
    for number, point in enumerate(series.points):
        if point.value is None:
            continue
        _line(svg, _LABELS + _HEIGHT + 0.5, number * place, min(100.0, (number + 1) * place))
        height = _HEIGHT * point.value / most if most else 0
        drawn = max(height, 1.0) if point.value else 0
        column = _rect(svg, style, (number + _GAP / 2) * place, _LABELS + _HEIGHT - drawn, place * (1 - _GAP), drawn)
        ElementTree.SubElement(column, "title").text = f"{point.name}: {point.value:,}"
    if series.points:
        highest = max(range(len(series.points)), key=lambda number: series.points[number].value or 0)
        _peak(svg, f"{most:,}", (highest + 0.5) * place)
        _ends(svg, place * len(series.points), series.points[0].name, series.points[-1].name)
    return _markup(svg)


def bars(series: Series) -> Markup:
    """A bar for each point, from above: its name at the left, its value at the right, the bar beneath both."""
    svg = _svg(series, _ROW * max(len(series.points), 1))
    values = [point.value or 0 for point in series.points]
    most = max(values, default=0)
    for number, (point, value) in enumerate(zip(series.points, values, strict=True)):
        top = number * _ROW
        _text(svg, 0, top + 13, point.name, style="name")
        _text(svg, 100, top + 13, f"{value:,}", anchor="end")
        _rect(svg, "bar", 0, top + 18, 100 * value / most if most else 0, 4)
    return _markup(svg)


def _svg(series: Series, height: int) -> ElementTree.Element:
    """An empty picture that says in words what it shows."""
    names = {"title": f"{series.name}-title", "desc": f"{series.name}-text"}
    svg = ElementTree.Element(
        "svg", {"width": "100%", "height": str(height), "role": "img", "aria-labelledby": " ".join(names.values())}
    )
    for tag, text in (("title", series.title), ("desc", series.summary)):
        ElementTree.SubElement(svg, tag, {"id": names[tag]}).text = text
    return svg


def _rect(
    svg: ElementTree.Element, style: str, left: float, top: float, width: float, height: float
) -> ElementTree.Element:
    """A rectangle; `left` and `width` in per cent, the others in pixels."""
    sizes = {"x": f"{left:.2f}%", "y": f"{top:.1f}", "width": f"{width:.2f}%", "height": f"{height:.1f}"}
    return ElementTree.SubElement(svg, "rect", {"class": style, **sizes})


def _line(svg: ElementTree.Element, top: float, left: float, right: float) -> None:
    """The ground that a column stands on."""
    ends = {"x1": f"{left:.2f}%", "x2": f"{right:.2f}%", "y1": f"{top:.1f}", "y2": f"{top:.1f}"}
    ElementTree.SubElement(svg, "line", {"class": "axis", **ends})


def _ends(svg: ElementTree.Element, width: float, first: str, last: str) -> None:
    """The names of the first and the last column, below them; in one where they would run into each other."""
    base = _LABELS + _HEIGHT + 16
    if width > _APART:
        _text(svg, 0, base, first)
        _text(svg, min(100.0, width), base, last, anchor="end")
    else:
        _text(svg, 0, base, first if first == last else f"{first} \u2013 {last}")


def _peak(svg: ElementTree.Element, text: str, left: float) -> None:
    """The value of the highest column, above it and never beyond the picture's ends."""
    anchor = "start" if left < 5 else "end" if left > 95 else "middle"
    _text(svg, {"start": 0, "end": 100, "middle": left}[anchor], 15, text, anchor)


def _text(
    svg: ElementTree.Element, left: float, base: float, text: str, anchor: str = "start", style: str = "label"
) -> None:
    """Words that start, end or have their middle at `left`."""
    place = {"class": style, "x": f"{left:.2f}%", "y": f"{base:.1f}", "text-anchor": anchor}
    ElementTree.SubElement(svg, "text", place).text = text


def _markup(svg: ElementTree.Element) -> Markup:
    """The picture as HTML that is not escaped once more: the serialiser has escaped every word in it."""
    return Markup(ElementTree.tostring(svg, encoding="unicode"))  # noqa: S704 - as said above
