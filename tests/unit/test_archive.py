"""The archive: a whole site, derived from the store, in which what was told is never told otherwise."""

import os
import sqlite3
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import feedparser
import lxml.etree
import pytest

from listeners import Notes
from made_editions import HOSTILE, NIGHT, ZONE, assert_whole, explained_edition, hostile_edition, tree
from made_nights import LINES, TONIGHT, WEDNESDAY, configured, line, moment, write_lines
from pipeline.config import Config, KeepConfig
from pipeline.forms.feed import Home
from pipeline.nightly.desk import Outcome
from pipeline.nightly.run import run_night
from pipeline.preview import write_preview
from pipeline.progress import QUIET, Progress
from pipeline.records import Counts, Issue, Telling, Volume
from pipeline.stages.publish import publish_editions, publish_index
from pipeline.stages.render import render
from pipeline.store.core import Store
from pipeline.store.rows import Night
from sample_nights import DAY, make_night
from sites import dead_links, heading_faults, page, reachable

TOMORROW = TONIGHT + timedelta(days=1)
HOME = Home("daily.example.org")
CONFESSED = (
    "The guard whom police arrested on Tuesday over the fire in the furniture warehouse of Harrow & Lisle on Dock Road"
    " in Port Ansel has confessed, a prosecutor told the court on Wednesday. Police said that the guard had poured"
    " petrol from cans in the warehouse on Monday evening."
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A folder of four articles, read without a model."""
    source = write_lines(tmp_path / "in" / "day.jsonl", LINES).parent
    return configured(tmp_path / "state", Path("none"), source)


def inbox(config: Config) -> Path:
    """The folder that the configuration's first source reads."""
    folder = config.sources[0].path
    assert folder
    return folder


def run(config: Config, night: date = TONIGHT, heard: Progress = QUIET) -> Outcome:
    """One night."""
    return run_night(config, moment(night), heard)


def two_nights(config: Config) -> Path:
    """Tonight, and tomorrow, whose report continues tonight's fire; the archive's folder."""
    run(config)
    write_lines(inbox(config) / "wednesday.jsonl", WEDNESDAY)
    run(config, TOMORROW)
    return config.archive_folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def issue(night: date = NIGHT, headline: str = "Quay wall falls", title: str = "Newsfold") -> Issue:
    """An edition of five stories, the first of which is named."""
    leads = (Telling(night, "squay", headline, has_page=True),)
    counts = Counts(items=60, articles=52, outlets=9, copies=8)
    return Issue(night, title, headline, moment(night).cutoff, counts, 5, 1, leads)


def test_every_link_leads_somewhere(config: Config) -> None:
    """No link of the site is dead, and a reader comes from the index to every page of it."""
    folder = two_nights(config)
    assert dead_links(folder) == []
    assert reachable(folder / "index.html") == {path.resolve() for path in folder.rglob("*.html")}
    assert len(list(folder.glob("20*/*.html"))) >= 3
    for entry in feedparser.parse((folder / "feed.xml").read_bytes()).entries:
        assert (folder / entry.link).is_file()


def test_a_story_leads_to_its_earlier_night(config: Config) -> None:
    """Tomorrow's page of the fire links to tonight's."""
    folder = two_nights(config)
    (story,) = (folder / TOMORROW.isoformat()).glob("*.html")
    assert f"../{TONIGHT.isoformat()}/{story.name}" in page(story).xpath("//a/@href")


def test_no_link_leads_to_an_edition_that_was_dropped(config: Config, tmp_path: Path) -> None:
    """The earlier night is still named, as text; in the archive and in a preview of a night that leads to its page."""
    folder = two_nights(config)
    (story,) = (folder / TOMORROW.isoformat()).glob("*.html")
    named = page(story).xpath("//li[contains(., '10 March')]")[0].text_content()
    brief = config.model_copy(update={"keep": KeepConfig(editions_days=1)})
    run(brief, TOMORROW + timedelta(days=1))
    assert not (folder / f"{TONIGHT}.html").exists()
    assert dead_links(folder) == []
    assert f"../{TONIGHT.isoformat()}/{story.name}" not in page(story).xpath("//a/@href")
    assert page(story).xpath("//li[contains(., '10 March')]")[0].text_content() == named
    confessed = line("fire-confessed", CONFESSED, "Guard confesses to Port Ansel warehouse fire", "Harbour Post")
    write_lines(inbox(config) / "friday.jsonl", [{**confessed, "published": f"{TOMORROW}T20:00:00+00:00"}])
    write_preview(brief, moment(TOMORROW + timedelta(days=2)), tmp_path / "look")
    assert (tmp_path / "look" / f"{TOMORROW}.html").is_file()
    assert dead_links(tmp_path / "look") == []


def test_mail_and_archive_tell_the_same(config: Config) -> None:
    """Every headline and every sentence of the mail's text stands on the edition's page and on its story's."""
    outcome = run(config)
    (path,) = config.data_dir.glob("outbox/*/*.eml")
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    mail = " ".join(body.get_content().split())
    assert outcome.edition is not None
    whole = " ".join(str(page(outcome.page).text_content()).split())
    for entry, story in zip(outcome.edition.entries, outcome.rendered.stories, strict=True):
        own = " ".join(str(tree(story.html).text_content()).split())
        for told in (entry.summary.headline, *(sentence.text for sentence in entry.summary.sentences)):
            assert told in mail
            assert told in whole
            assert told in own


def test_a_further_run_writes_nothing(config: Config) -> None:
    """The archive is as it was, file by file, when there is nothing new in it."""
    folder = two_nights(config)
    written = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    heard = Notes()
    run(config, TOMORROW, heard)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == written
    assert ("publish", {"pages": 0}) in heard.stages


def test_what_is_lost_or_changed_comes_back(config: Config) -> None:
    """A page that somebody deleted or edited, of any night, is again what it was; strangers' files stay."""
    folder = two_nights(config)
    before = contents(folder)
    (folder / f"{TONIGHT}.html").unlink()
    story = next((folder / TONIGHT.isoformat()).glob("*.html"))
    story.write_text("nonsense", encoding="utf-8")
    (folder / "index.html").unlink()
    (folder / "robots.txt").write_text("mine", encoding="utf-8")
    run(config, TOMORROW)
    assert contents(folder) == {**before, "robots.txt": b"mine"}


def test_told_nights_are_frozen(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a later program would make of them, the pages of earlier nights stay byte for byte."""
    run(config)
    folder = config.archive_folder
    before = {name: content for name, content in contents(folder).items() if name.startswith("20")}
    monkeypatch.setattr("pipeline.stages.render.laid_out", lambda template, **_: f"<p>all new {template}</p>")
    write_lines(inbox(config) / "wednesday.jsonl", WEDNESDAY)
    run(config, TOMORROW)
    after = contents(folder)
    assert {name: after[name] for name in before} == before
    assert b"all new" in after[f"{TOMORROW}.html"]


def test_nights_from_before_there_were_story_pages(config: Config) -> None:
    """An older state's nights are in the index by their edition's page, and so are links to their stories."""
    run(config)
    folder = config.archive_folder
    with sqlite3.connect(config.state_file) as database:
        database.execute("DELETE FROM story_pages")
    for story in (folder / TONIGHT.isoformat()).glob("*.html"):
        story.unlink()
    write_lines(inbox(config) / "wednesday.jsonl", WEDNESDAY)
    run(config, TOMORROW)
    assert not list((folder / TONIGHT.isoformat()).glob("*.html"))
    (story,) = (folder / TOMORROW.isoformat()).glob("*.html")
    assert f"../{TONIGHT}.html" in page(story).xpath("//a/@href")
    assert f"{TONIGHT}.html" in page(folder / "index.html").xpath("//li//ul//a/@href")


def test_the_feed_knows_where_the_archive_is(config: Config) -> None:
    """With `archive_url` a feed reader anywhere finds the pages."""
    run(config.model_copy(update={"archive_url": "https://news.example/"}))
    feed = (config.archive_folder / "feed.xml").read_bytes()
    assert feedparser.parse(feed).entries[0].link == f"https://news.example/{TONIGHT}.html"


def test_story_pages_come_back_from_the_store(store: Store) -> None:
    """What a night rendered is what the archive gets, in its order, and a night without pages has none."""
    rendered = render(explained_edition(), ZONE)
    store.save_night(Night(explained_edition(), rendered, (), ()))
    found = store.edition(NIGHT.isoformat())
    assert found is not None
    assert found.stories == rendered.stories
    store.save_night(make_night())
    other = store.edition(DAY.isoformat())
    assert other is not None
    assert other.stories == ()


def test_issues_and_volumes(store: Store) -> None:
    """The index has every edition, latest first, with what it held and what failed; sources by what they gave."""
    for back in range(3):
        store.save_night(make_night(DAY - timedelta(days=back), f"{back}-"))
    issues = store.issues()
    assert [found.night for found in issues] == [DAY - timedelta(days=back) for back in range(3)]
    assert (issues[0].told, issues[0].failed_sources, issues[0].counts.copies) == (1, 1, 1)
    assert issues[0].leads == (Telling(DAY, "0-dam", "Dam reopens", has_page=False),)
    assert store.volumes(DAY - timedelta(days=1), 5) == (Volume("Example Post", 10),)
    assert store.volumes(DAY + timedelta(days=1), 5) == ()


def test_a_story_is_found_under_all_its_ids(store: Store) -> None:
    """Earlier nights that told it under an id it took in, or that it continues, are found; later nights are not."""
    for back in (4, 3, 1):
        store.save_night(make_night(DAY - timedelta(days=back), f"{back}-"))
    found = store.told_before(["1-dam", "4-dam", "unknown"], DAY)
    assert [(telling.night, telling.story) for telling in found] == [
        (DAY - timedelta(days=1), "1-dam"),
        (DAY - timedelta(days=4), "4-dam"),
    ]
    assert store.told_before(["1-dam"], DAY - timedelta(days=1)) == ()


def test_the_index_groups_nights_by_month(tmp_path: Path) -> None:
    """The latest months come first, the latest night at their top; a page for each year lists all, with what led."""
    nights = [NIGHT - timedelta(days=back) for back in range(0, 140, 7)]
    publish_index(tmp_path, [issue(night) for night in nights], (Volume("Post", 3),), HOME)
    root = page(tmp_path / "index.html")
    months = [heading.text for heading in root.xpath("//h2")]
    assert months == ["March 2026", "February 2026", "All editions by year", "In figures"]
    assert root.xpath("//nav//li/a/@href") == ["2026.html", "2025.html"]
    years = [page(tmp_path / f"{year}.html") for year in (2026, 2025)]
    assert [heading.text for heading in years[1].xpath("//h2")] == ["December 2025", "November 2025", "October 2025"]
    listed = [str(link) for year in years for link in year.xpath("//p[@class='day']/a/@href")]
    assert listed == [f"{night.isoformat()}.html" for night in nights]
    assert root.xpath("//p[@class='day']/a/@href") == listed[:6]
    assert "2025.html" in years[0].xpath("//nav//a/@href")
    for one in (root, *years):
        assert heading_faults(one) == []


def test_the_index_does_not_grow_with_the_years(tmp_path: Path) -> None:
    """Ten years of nights: what every visitor loads stays as small as after three months."""
    sizes = []
    for count in (92, 3_650):
        publish_index(tmp_path, [issue(NIGHT - timedelta(days=back)) for back in range(count)], (), HOME)
        sizes.append((tmp_path / "index.html").stat().st_size)
    assert sizes[1] < sizes[0] + 1_000
    assert len(list(tmp_path.glob("20??.html"))) == 11


def test_a_night_without_an_edition_is_a_gap(tmp_path: Path) -> None:
    """A night nobody ran is not one on which nothing happened: no column, no ground, and it is said."""
    nights = [replace(issue(NIGHT - timedelta(days=back)), told=0) for back in (0, 1, 4)]
    publish_index(tmp_path, nights, (), HOME)
    first, *_ = page(tmp_path / "index.html").xpath("//svg")
    assert len(first.xpath(".//rect")) == len(first.xpath(".//line")) == 3
    assert "2 nights without an edition" in first.findtext(".//desc")
    assert [line.get("x1") for line in first.xpath(".//line")] == ["0.00%", "21.00%", "28.00%"]


def test_the_charts_figures_are_in_tables_too(tmp_path: Path) -> None:
    """Who cannot see the pictures reads the same numbers, in tables with headings."""
    issues = [replace(issue(NIGHT - timedelta(days=back)), told=20 - back) for back in range(3)]
    publish_index(tmp_path, issues, (Volume("Harbour Post", 1_200), Volume("RTT", 3)), HOME)
    root = page(tmp_path / "index.html")
    tables = [
        [[str(cell.text_content()) for cell in row.xpath("./th | ./td")] for row in table.xpath(".//tbody/tr")]
        for table in root.xpath("//table")
    ]
    assert tables == [
        [["10 March", "20", "8"], ["9 March", "19", "8"], ["8 March", "18", "8"]],
        [["Harbour Post", "1,200"], ["RTT", "3"]],
    ]
    assert len(root.xpath("//th[@scope='col']")) == 5
    pictures = root.xpath("//svg")
    assert len(pictures) == 3
    assert all(
        root.get_element_by_id(name) is not None for one in pictures for name in one.get("aria-labelledby").split()
    )


def test_hostile_text_breaks_no_page_of_the_site(tmp_path: Path) -> None:
    """A title, a source or a story id from a feed leaves neither its place on the page nor the archive's folder."""
    folder = tmp_path / "archive"
    rendered = render(hostile_edition(), ZONE)
    publish_editions(folder, [rendered])
    (story,) = rendered.stories
    told = replace(issue(headline=HOSTILE, title=HOSTILE), leads=(Telling(NIGHT, story.story, HOSTILE, has_page=True),))
    publish_index(folder, [told], (Volume(HOSTILE, 3), Volume("</svg><script>x</script>", 1)), HOME)
    assert [path for path in tmp_path.rglob("*") if not path.is_relative_to(folder)] == []
    assert dead_links(folder) == []
    for path in folder.rglob("*.html"):
        assert "<script" not in path.read_text(encoding="utf-8").lower()
        assert not page(path).xpath("//script | //img | //iframe")
    assert_whole((folder / f"{NIGHT}.html").read_text(encoding="utf-8"))
    lxml.etree.fromstring((folder / "feed.xml").read_bytes())


def test_a_page_is_never_seen_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash between writing and naming leaves the old page in its place, and nothing else."""
    publish_index(tmp_path, [issue()], (), HOME)
    before = contents(tmp_path)

    def crash(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="No space"):
        publish_index(tmp_path, [issue(), issue(NIGHT - timedelta(days=1))], (), HOME)
    assert contents(tmp_path) == before
