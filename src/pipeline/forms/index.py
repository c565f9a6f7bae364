"""What the archive's index shows: the latest editions, the way to each year's, and two charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Final

from markupsafe import Markup

from pipeline.forms.chart import Point, Series, bars, columns
from pipeline.forms.evidence import LinkView, story_link
from pipeline.forms.words import clean, clip, counted, day_month, month_year, weekday
from pipeline.records import Issue, Volume

CHART_NIGHTS: Final = 60
VOLUME_NIGHTS: Final = 30
"""Nights that the chart of sources looks back on."""
MOST_SOURCES: Final = 15
_LEADS: Final = 3
_FULL_MONTHS: Final = 2
"""Months that the index lists, with several headlines; a year's page lists all of the year and names what led."""
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
    """The editions of a month, the latest first; `brief` where each has one headline."""

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
    """The index; `years` lead to what it does not list, and are none while it lists everything."""

    title: str
    summary: str
    months: tuple[MonthView, ...]
    years: tuple[LinkView, ...]
    charts: tuple[ChartView, ...]


@dataclass(frozen=True, slots=True)
class YearView:
    """Every edition of a year; `others` lead to the other years."""

    title: str
    year: str
    summary: str
    months: tuple[MonthView, ...]
    others: tuple[LinkView, ...]

    @property
    def file(self) -> str:
        """The name of its page."""
        return f"{self.year}.html"


def view_index(issues: Sequence[Issue], volumes: Sequence[Volume]) -> IndexView:
    """The index of the editions, given latest first, and of the sources that gave most articles of late."""
    months = _months(issues, brief=False)
    charts = [_nights(issues)] if issues else []
    charts += [_sources(volumes)] if volumes else []
    return IndexView(
        title=_title(issues),
        summary=_summary(issues),
        months=months[:_FULL_MONTHS],
        years=_years(issues) if len(months) > _FULL_MONTHS else (),
        charts=tuple(charts),
    )


def view_years(issues: Sequence[Issue]) -> tuple[YearView, ...]:
    """A page for each year that has editions, given latest first."""
    links = _years(issues)
    return tuple(
        YearView(
            title=_title(issues),
            year=str(year),
            summary=counted(len(told := tuple(group)), "edition"),
            months=_months(told, brief=True),
            others=tuple(link for link in links if link.headline != str(year)),
        )
        for year, group in groupby(issues, key=lambda issue: issue.night.year)
    )


def _title(issues: Sequence[Issue]) -> str:
    """What the archive is called: as its latest edition."""
    return clip(clean(issues[0].title), 60) if issues else "Newsfold"


def _months(issues: Sequence[Issue], *, brief: bool) -> tuple[MonthView, ...]:
    """Editions by month; with one headline each, or with several."""
    return tuple(
        MonthView(month, tuple(_issue(issue, 1 if brief else _LEADS) for issue in group), brief)
        for month, group in groupby(issues, key=lambda issue: month_year(issue.night))
    )


def _years(issues: Sequence[Issue]) -> tuple[LinkView, ...]:
    """A link to each year's page, the latest first, with how many editions it has."""
    return tuple(
        LinkView(f"{year}.html", str(year), counted(len(tuple(group)), "edition"))
        for year, group in groupby(issues, key=lambda issue: issue.night.year)
    )


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
    """Stories and copies of each night, oldest first; each has its own scale, as copies may be many more.

    Nights are those of the calendar: one without an edition leaves a gap.
    """
    latest = issues[0].night
    found = {issue.night: issue for issue in issues if (latest - issue.night).days < CHART_NIGHTS}
    nights = [latest - timedelta(days=back) for back in range((latest - min(found)).days, -1, -1)]
    days = [day_month(night, latest) for night in nights]
    told = [found[night].told if night in found else None for night in nights]
    copies = [found[night].counts.copies if night in found else None for night in nights]
    pictures = tuple(
        PictureView(
            title, columns(Series(name, title, _range(title, days, values), tuple(map(Point, days, values))), style)
        )
        for name, title, style, values in (
            ("stories", "Stories told per night", "bar", told),
            ("copies", "Copies folded per night", "bar second", copies),
        )
    )
    rows = tuple(
        (day_month(night, latest), f"{issue.told:,}", f"{issue.counts.copies:,}") for night, issue in found.items()
    )
    span = f"The last {counted(len(nights), 'night')}" if len(nights) > 1 else "The first night"
    return ChartView(f"{span}: stories told, and copies folded", pictures, ("Night", "Stories", "Copies"), rows)


def _range(title: str, days: Sequence[str], values: Sequence[int | None]) -> str:
    """A chart in words: what it spans, its least and its most, and the nights it knows nothing of."""
    known = [value for value in values if value is not None]
    without = len(values) - len(known)
    gaps = f" {counted(without, 'night')} without an edition." if without else ""
    span = f"{title} from {days[0]} to {days[-1]}: between {min(known):,} and {max(known):,}, last {known[-1]:,}."
    return span + gaps


def _sources(volumes: Sequence[Volume]) -> ChartView:
    """The sources by how much they gave."""
    names = [clean(volume.source) or "unnamed source" for volume in volumes]
    points = tuple(Point(clip(name, _OUTLET), volume.articles) for name, volume in zip(names, volumes, strict=True))
    title = f"Articles by source in the last {VOLUME_NIGHTS} days"
    most = f"{names[0]} gave most, {counted(volumes[0].articles, 'article')}."
    picture = bars(Series("sources", title, most, points))
    rows = tuple((name, f"{volume.articles:,}") for name, volume in zip(names, volumes, strict=True))
    return ChartView(title, (PictureView(title, picture),), ("Source", "Articles"), rows)
