"""How mail and archive look in a real browser: no scrolling sideways, and every word can be read."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import browser
from made_editions import HOSTILE, NIGHT, ZONE, explained_edition, hostile_edition
from made_nights import moment
from pipeline.forms.feed import Home
from pipeline.records import Choice, Counts, Issue, Telling, Volume
from pipeline.stages.publish import publish_index
from pipeline.stages.render import Archive, render

WIDTHS = (360, 1024)
needs_browser = pytest.mark.skipif(browser.CHROMIUM is None, reason="no chromium here: install it to see the pages")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every kind of page, of a full edition and of a hostile one."""
    folder = tmp_path_factory.mktemp("archive")
    lead = Telling(NIGHT, "squay", "Quay wall falls", has_page=True)
    counts = Counts(items=60, articles=52, outlets=9, copies=8)
    issue = Issue(NIGHT, "Newsfold", "Quay wall falls", moment(NIGHT).cutoff, counts, 5, 1, (lead, lead))
    nights = [replace(issue, night=NIGHT - timedelta(days=back), told=back % 9) for back in range(120)]
    nights[1] = replace(nights[1], leads=(replace(lead, headline=HOSTILE),), title=HOSTILE)
    sources = tuple(Volume(name, 5_000) for name in ("W" * 80, "Harbour Post", HOSTILE))
    publish_index(folder, nights, sources, Home("daily.example.org"))
    found = {name: (folder / f"{name}.html").read_text(encoding="utf-8") for name in ("index", "2026")}
    served = Archive(url="https://news.example.org")
    for name, edition in (("full", explained_edition()), ("hostile", hostile_edition())):
        rendered = render(edition, ZONE, served, (Choice("Sea news", ("Sea", "W" * 90)),))
        found |= {f"{name} mail": rendered.html, f"{name} page": rendered.page}
        found |= {f"{name} story": rendered.stories[0].html, f"{name} letter": rendered.letters[0].html}
    # What is folded away must be readable too.
    return {name: re.sub(r"<details\b", "<details open", page) for name, page in found.items()}


@needs_browser
def test_pages_fit_and_can_be_read(pages: dict[str, str], tmp_path: Path) -> None:
    """In 360 and 1024 pixels, light and dark: nothing is wider than the window, no text is fainter than 4.5 to 1."""
    sights = browser.seen(pages, WIDTHS, tmp_path)
    assert len(sights) == len(pages) * len(WIDTHS) * len(browser.SCHEMES)
    assert {sight.width for sight in sights} == set(WIDTHS)
    assert all(sight.isDark == (sight.scheme == "dark") for sight in sights)
    assert all(sight.texts > 20 for sight in sights)
    assert [sight for sight in sights if sight.content > sight.width] == []
    assert [sight for sight in sights if sight.worst < 4.5] == []


@needs_browser
def test_the_measure_sees_what_is_wrong(tmp_path: Path) -> None:
    """A page that is too wide and too faint is found to be both: the test above can fail."""
    page = '<!doctype html><body style="margin: 0"><p style="width: 500px; color: #999; background: #fff">faint</p>'
    narrow, wide = (sight for sight in browser.seen({"bad": page}, WIDTHS, tmp_path) if sight.scheme == "light")
    assert (narrow.width, narrow.content) == (360, 500)
    assert wide.content == 1024
    assert narrow.worst == pytest.approx(2.85, abs=0.01)
