"""What the archive's index shows: the editions by month, the latest first, and two charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from markupsafe import Markup

from pipeline.forms.chart import Point, Series, bars, columns
from pipeline.forms.evidence import LinkView
from pipeline.forms.words import clean, clip, counted, day_month, month_year, page_name, weekday
from pipeline.records import Issue, Telling, Volume

CHART_NIGHTS: Final = 60
VOLUME_NIGHTS: Final = 30
"""Nights that the chart of sources looks back on."""
MOST_SOURCES: Final = 15
_LEADS: Final = 3
_FULL_MONTHS: Final = 2
"""Months that are listed with several headlines; earlier ones are folded and name what led."""
_HEADLINE: Final = 160
_OUTLET: Final = 34
"""Characters of a source's name in the chart, which fit on the narrowest screen."""


@dataclass(frozen=True, slots=True)
class IssueView:
    """An edition in the list; `leads` are its first stories, `alarm` tells of sources that failed."""

    day: str
    href: str
    leads: tuple[LinkView, ...]
    counts: str
    alarm: str


@dataclass(frozen=True, slots=True)
class MonthView:
    """The editions of a month, the latest first; `brief` ones are folded away."""

    name: str
    issues: tuple[IssueView, ...]
    brief: bool


@dataclass(frozen=True, slots=True)
class PictureView:
    """A drawing and what it shows."""

    title: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class ChartView:
    """One or more pictures, and the same figures as a table: its headings and its rows."""

    title: str
    pictures: tuple[PictureView, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class IndexView:
    """The whole index."""

    title: str
    summary: str
    months: tuple[MonthView, ...]
    charts: tuple[ChartView, ...]


def view_index(issues: Sequence[Issue], volumes: Sequence[Volume]) -> IndexView:
    """The index of the editions, given latest first, and of the sources that gave most articles of late."""
    months = [(month, tuple(group)) for month, group in groupby(issues, key=lambda issue: month_year(issue.night))]
    charts = [_nights(issues[:CHART_NIGHTS])] if issues else []
    charts += [_sources(volumes)] if volumes else []
    return IndexView(
        title=clip(clean(issues[0].title), 60) if issues else "Newsfold",
        summary=_summary(issues),
        months=tuple(
            MonthView(
                name=month,
                issues=tuple(_issue(issue, 1 if number >= _FULL_MONTHS else _LEADS) for issue in group),
                brief=number >= _FULL_MONTHS,
            )
            for number, (month, group) in enumerate(months)
        ),
        charts=tuple(charts),
    )


def story_link(telling: Telling) -> LinkView:
    """A link from the index to a story: to its own page, or to its edition if that was made without."""
    night = telling.night.isoformat()
    page = f"{night}/{page_name(telling.story)}" if telling.has_page else f"{night}.html"
    return LinkView(page, clip(clean(telling.headline), _HEADLINE) or "Untitled story")


def counts_of(issue: Issue) -> str:
    """What an edition holds, in one line."""
    if not issue.told:
        return f"Nothing new · {counted(issue.counts.items, 'item')} came in"
    return " · ".join(
        (
            counted(issue.told, "story", "stories"),
            f"{counted(issue.counts.articles, 'article')} from {counted(issue.counts.outlets, 'outlet')}",
            f"{counted(issue.counts.copies, 'copy', 'copies')} folded",
        )
    )


def alarm_of(issue: Issue) -> str:
    """That sources failed, empty when none did."""
    return f"{counted(issue.failed_sources, 'source')} could not be read" if issue.failed_sources else ""


def _summary(issues: Sequence[Issue]) -> str:
    if not issues:
        return "There is no edition yet."
    first = issues[-1].night
    return f"{counted(len(issues), 'edition')} since {weekday(first)} {first.year}"


def _issue(issue: Issue, leads: int) -> IssueView:
    return IssueView(
        day=weekday(issue.night).rpartition(" ")[0],  # the month stands above
        href=f"{issue.night.isoformat()}.html",
        leads=tuple(story_link(telling) for telling in issue.leads[:leads]),
        counts=counts_of(issue),
        alarm=alarm_of(issue),
    )


def _nights(issues: Sequence[Issue]) -> ChartView:
    """Stories and copies of each night, oldest first; each has its own scale, as copies may be many more."""
    nights = issues[::-1]
    latest = nights[-1].night
    days = [day_month(issue.night, latest) for issue in nights]
    figures = {
        "stories": ("Stories told per night", "bar", [issue.told for issue in nights]),
        "copies": ("Copies folded per night", "bar second", [issue.counts.copies for issue in nights]),
    }
    pictures = tuple(
        PictureView(
            title, columns(Series(name, title, _range(title, days, values), tuple(map(Point, days, values))), style)
        )
        for name, (title, style, values) in figures.items()
    )
    rows = tuple((day, f"{issue.told:,}", f"{issue.counts.copies:,}") for day, issue in zip(days, nights, strict=True))[
        ::-1
    ]
    span = f"The last {counted(len(nights), 'night')}" if len(nights) > 1 else "The first night"
    return ChartView(f"{span}: stories told, and copies folded", pictures, ("Night", "Stories", "Copies"), rows)


def _range(title: str, days: Sequence[str], values: Sequence[int]) -> str:
    """A chart in words: what it spans, its least and its most."""
    return f"{title} from {days[0]} to {days[-1]}: between {min(values):,} and {max(values):,}, last {values[-1]:,}."


def _sources(volumes: Sequence[Volume]) -> ChartView:
    """The sources by how much they gave."""
    names = [clean(volume.source) or "unnamed source" for volume in volumes]
    points = tuple(Point(clip(name, _OUTLET), volume.articles) for name, volume in zip(names, volumes, strict=True))
    title = f"Articles by source in the last {VOLUME_NIGHTS} days"
    most = f"{names[0]} gave most, {counted(volumes[0].articles, 'article')}."
    picture = bars(Series("sources", title, most, points))
    rows = tuple((name, f"{volume.articles:,}") for name, volume in zip(names, volumes, strict=True))
    return ChartView(title, (PictureView(title, picture),), ("Source", "Articles"), rows)
