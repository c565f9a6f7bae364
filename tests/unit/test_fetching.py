"""Feeds over HTTP, from a real server with faults, through the whole line: nothing stops the night, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from threading import Event

import pytest

from articles import page, story
from made_nights import TONIGHT, asked, moment
from pipeline.config import Config, DigestConfig, FetchConfig, SourceConfig
from pipeline.errors import InputError, NewsfoldError
from pipeline.nightly import line as nightly_line
from pipeline.nightly.desk import Desk, Gathered, Outcome
from pipeline.nightly.run import run_night
from pipeline.nightly.sources import fetched_for, gathered_for
from pipeline.nightly.steps import Ending
from pipeline.records import Hints, Kind, RawItem
from pipeline.stages.fetch import Past, fetch, is_teaser
from pipeline.store.core import open_store
from pipeline.web.crew import Manners
from pipeline.web.feeds import is_due, new_feed
from webserver import Answer, Fault, Request, WebServer, dripping, endless, garbage, gzipped, moved, reset, web_server

LONG = " ".join(
    f"<p>Paragraph {number} of the report on the harbour of Aldvik and its ferry.</p>" for number in range(20)
)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits before asking once more."""
    monkeypatch.setattr(
        "pipeline.stages.fetch.Manners", lambda *counts: replace(Manners(*counts), retry_seconds=0, patience_seconds=2)
    )


@pytest.fixture
def server() -> Iterator[WebServer]:
    """A server without pages."""
    with web_server() as opened:
        yield opened


def rss(*names: str, body: str = LONG, link: str = "https://post.example/") -> bytes:
    """A feed with one entry for each name."""
    items = "".join(
        f"<item><title>Report {name}</title><link>{link}{name}</link><guid>{name}</guid>"
        f"<description><![CDATA[{body} {name}]]></description></item>"
        for name in names
    )
    return f"<rss version='2.0'><channel><title>Example Post</title>{items}</channel></rss>".encode()


def config(folder: Path, *urls: str, **changes: object) -> Config:
    """A configuration that reads feeds of this machine."""
    settings = {"allow_private": ("127.0.0.0/8",), "pause_seconds": 0, "timeout_seconds": 1, **changes}
    return Config(
        data_dir=folder,
        sources=tuple(SourceConfig(url=url) for url in urls),
        fetch=FetchConfig.model_validate(settings),
        digest=DigestConfig(model="none"),
    )


def night_after(nights: int) -> date:
    """So many nights after tonight."""
    return TONIGHT + timedelta(days=nights)


def run(configured: Config, nights: int = 0) -> Outcome:
    """One night without a word."""
    return run_night(configured, moment(night_after(nights)))


def gathered(configured: Config) -> Gathered:
    """What comes in."""
    with open_store(configured.state_file) as store:
        desk = Desk(configured, moment(), store)
        return gathered_for(desk, fetched_for(desk))


def test_validators_go_back_as_they_came(server: WebServer, tmp_path: Path) -> None:
    """To the letter, weak marks and odd dates included; "not modified" is no failure."""

    def answer(request: Request) -> Answer:
        if request.headers.get("if-none-match") == 'W/"a b"' and request.headers["if-modified-since"] == "any day":
            return Answer(status=304)
        return Answer(rss("one"), headers={"ETag": 'W/"a b"', "Last-Modified": "any day"})

    server.pages["/feed"] = answer
    configured = config(tmp_path, server.url("/feed"))
    assert run(configured).ending is Ending.DONE
    assert run(configured, 1).ending is Ending.NOTHING_NEW
    assert len(server.asked("/feed")) == 2
    assert asked(configured, "SELECT etag, failures FROM feeds") == [('W/"a b"', 0)]


def test_validators_are_kept_with_the_night_or_not_at_all(
    server: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A night that dies after fetching must get the same articles when it is run again."""
    server.pages["/feed"] = lambda request: (
        Answer(status=304) if "if-none-match" in request.headers else Answer(rss("one"), headers={"ETag": '"x"'})
    )
    configured = config(tmp_path, server.url("/feed"))
    with monkeypatch.context() as broken:

        def dies(*_: object, **__: object) -> None:
            raise NewsfoldError("out of luck")

        broken.setattr(nightly_line, "render", dies)
        with pytest.raises(NewsfoldError, match="out of luck"):
            run(configured)
    assert asked(configured, "SELECT * FROM feeds") == []
    outcome = run(configured)
    assert outcome.edition is not None
    assert outcome.edition.counts.articles == 1


def test_no_feed_stops_the_night(server: WebServer, tmp_path: Path) -> None:
    """Every fault at once beside one feed that works; each is noted with its reason."""
    server.pages |= {
        "/good": Answer(rss("one")),
        "/reset": Fault(reset),
        "/slow": Fault(dripping),
        "/garbage": Fault(garbage),
        "/endless": Fault(endless),
        "/loop": moved("/loop"),
        "/short": Answer(rss("two"), length=100_000),
        "/bomb": gzipped(b"\0" * 100_000_000),
        "/html": Answer(b"<html><p>404</p></html>"),
        "/error": Answer(b"?", 500),
        "/inside": moved("http://10.0.0.1/feed"),
        "/file": moved("file:///etc/passwd"),
    }
    paths = list(server.pages)
    configured = config(tmp_path, *map(server.url, paths), report_after_nights=1)
    outcome = run(configured)
    assert outcome.edition is not None
    assert outcome.edition.counts.articles == 1
    assert [reject.location for reject in outcome.edition.failed_sources] == [server.url(path) for path in paths[1:]]
    reasons = {reject.location.rsplit("/", 1)[1]: reject.reason for reject in outcome.edition.failed_sources}
    assert "redirects" in reasons["loop"]
    assert "refused" in reasons["inside"]
    assert "larger than" in reasons["bomb"]
    assert "not a feed" in reasons["html"]
    assert outcome.ending is Ending.SOME_SOURCES_FAILED


def test_a_feed_is_reported_after_some_nights(server: WebServer, tmp_path: Path) -> None:
    """One bad night is no news where three are asked for, and then the reason is told."""
    configured = config(tmp_path, server.url("/gone"), server.url("/good"), report_after_nights=3)
    outcomes = []
    for nights in range(4):
        server.pages["/good"] = Answer(rss(f"night-{nights}"))
        outcomes.append(run(configured, nights))
    assert [len(one.edition.failed_sources) for one in outcomes if one.edition] == [0, 0, 1, 1]
    assert "404" in outcomes[2].rendered.page


def test_a_feed_that_fails_is_told_at_once(server: WebServer, tmp_path: Path) -> None:
    """As it comes out of the box, an edition with news says that a source is missing, and the exit code does too."""
    server.pages["/good"] = Answer(rss("one"))
    outcome = run(config(tmp_path, server.url("/gone"), server.url("/good")))
    assert outcome.ending is Ending.SOME_SOURCES_FAILED
    assert "1 source could not be read: news may be missing." in outcome.rendered.text


def test_a_failure_soon_after_a_success_is_told(server: WebServer, tmp_path: Path) -> None:
    """A night that is made twelve hours after the last one has its failed feed in it too."""
    server.pages |= {"/good": Answer(rss("one")), "/other": Answer(rss("two"))}
    configured = config(tmp_path, server.url("/other"), server.url("/good"))
    run(configured)
    server.pages |= {"/good": Answer(rss("three")), "/other": Answer(status=404)}
    soon = replace(moment(night_after(1)), cutoff=moment().cutoff + timedelta(hours=12))
    outcome = run_night(configured, soon)
    assert outcome.ending is Ending.SOME_SOURCES_FAILED


def test_a_quiet_night_names_every_failed_feed(server: WebServer, tmp_path: Path) -> None:
    """However patient it is otherwise: it would say that all sources were read."""
    outcome = run(config(tmp_path, server.url("/gone"), report_after_nights=3))
    assert outcome.ending is Ending.SOME_SOURCES_FAILED
    assert "All sources were read" not in outcome.rendered.text
    assert "perhaps it was not a quiet night" in " ".join(outcome.rendered.text.split())


def test_moving_for_good_changes_the_address(server: WebServer, tmp_path: Path) -> None:
    """As far as every step on the way was for good."""
    server.pages |= {"/old": moved("/new", 301), "/new": moved("/now", 302), "/now": Answer(rss("one"))}
    configured = config(tmp_path, server.url("/old"))
    run(configured)
    assert asked(configured, "SELECT url, address FROM feeds") == [(server.url("/old"), server.url("/new"))]
    run(configured, 1)
    assert len(server.asked("/old")) == 1


def test_a_feed_that_is_gone_retires(server: WebServer, tmp_path: Path) -> None:
    """It is told once, and asked but once a month."""
    server.pages["/feed"] = Answer(status=410)
    configured = config(tmp_path, server.url("/feed"))
    outcomes = [run(configured, nights) for nights in (0, 1, 29, 30, 31, 59)]
    assert [len(one.edition.failed_sources) for one in outcomes if one.edition] == [1, 0, 0, 0, 0, 0]
    assert len(server.asked("/feed")) == 2
    server.pages["/feed"] = Answer(status=500)
    run(configured, 60)
    run(configured, 61)
    assert len(server.asked("/feed")) == 4  # what failed in passing is asked twice
    assert asked(configured, "SELECT substr(retired, 1, 10) FROM feeds") == [(TONIGHT.isoformat(),)]


def test_a_retired_feed_that_comes_back_is_read_again(server: WebServer, tmp_path: Path) -> None:
    """Some sites say 410 for an hour; with no more to do it is as it was."""
    server.pages["/feed"] = Answer(status=410)
    configured = config(tmp_path, server.url("/feed"))
    run(configured)
    server.pages["/feed"] = Answer(rss("one"))
    back = run(configured, 30).edition
    assert back is not None
    assert back.counts.articles == 1
    assert asked(configured, "SELECT retired, problem, failures, next_try FROM feeds") == [(None, "", 0, None)]
    run(configured, 31)
    assert len(server.asked("/feed")) == 3


def test_a_host_that_wants_peace_gets_it(server: WebServer, tmp_path: Path) -> None:
    """No other feed of it is asked tonight, nor any before its time."""
    busy = Answer(status=429, headers={"Retry-After": "200000"})
    server.pages |= {f"/{number}": busy for number in range(20)}
    configured = config(tmp_path, *(server.url(f"/{number}") for number in range(20)), per_host=1)
    run(configured)
    assert len(server.requests) == 1
    run(configured, 1)
    run(configured, 2)
    assert len(server.requests) == 1
    run(configured, 3)
    assert len(server.requests) == 2


def test_hosts_are_not_crowded(server: WebServer, tmp_path: Path) -> None:
    """However many workers there are."""
    server.pages |= {f"/{number}": Answer(rss(f"n{number}")) for number in range(30)}
    outcome = run(config(tmp_path, *(server.url(f"/{number}") for number in range(30)), per_host=2))
    assert outcome.edition is not None
    assert outcome.edition.counts.articles == 30
    assert max(server.busiest.values()) <= 2


def test_the_order_is_that_of_the_sources(server: WebServer, tmp_path: Path) -> None:
    """Not that in which answers arrive."""
    quick_asked = Event()

    def late(_: Request) -> Answer:
        quick_asked.wait()
        return Answer(rss("a", "b"))

    def early(_: Request) -> Answer:
        quick_asked.set()
        return Answer(rss("c"))

    server.pages |= {"/slow": late, "/quick": early}
    configured = config(tmp_path, server.url("/slow"), server.url("/quick"))
    fetched = fetch(configured.sources, configured.fetch, Past(moment().cutoff))
    names = [
        item.hints.title for source in configured.sources for item in fetched.items[source] if isinstance(item, RawItem)
    ]
    assert names == ["Report a", "Report b", "Report c"]


def test_a_required_feed_stops_the_night(server: WebServer, tmp_path: Path) -> None:
    """Only when the user asked for that."""
    configured = config(tmp_path)
    required = configured.model_copy(update={"sources": (SourceConfig(url=server.url("/x"), required=True),)})
    with pytest.raises(InputError, match=r"404.*required"):
        run(required)


def test_a_teaser_is_completed_by_its_page(server: WebServer, tmp_path: Path) -> None:
    """With the feed's title and source; a page that is a wall, forbidden or missing leaves the entry."""
    server.pages |= {
        "/feed": Answer(rss("whole", "wall", "missing", "private/x", body="Only a teaser …", link=server.url("/"))),
        "/whole": Answer(page(story("Another headline"))),
        "/wall": Answer(page("<p>Please accept cookies.</p>")),
        "/robots.txt": Answer(b"User-agent: Newsfold\nDisallow: /private/\n"),
    }
    configured = config(tmp_path, server.url("/feed"))
    found = {one.title: one for one in gathered(configured).articles}
    assert "timber piles" in found["Report whole"].text
    assert found["Report whole"].source == "Example Post"
    assert "teaser" in found["Report wall"].text
    assert "teaser" in found["Report missing"].text
    assert "teaser" in found["Report private/x"].text
    assert not server.asked("/private/x")
    assert len(server.asked("/robots.txt")) == 1


def test_known_articles_are_not_fetched_again(server: WebServer, tmp_path: Path) -> None:
    """A feed repeats its entries for days; their pages are fetched once."""
    server.pages |= {
        "/feed": Answer(rss("whole", body="Teaser", link=server.url("/"))),
        "/whole": Answer(page(story())),
    }
    configured = config(tmp_path, server.url("/feed"))
    run(configured)
    run(configured, 1)
    assert len(server.asked("/whole")) == 1


def test_teasers_stay_when_that_is_wanted(server: WebServer, tmp_path: Path) -> None:
    """The switch of the configuration."""
    server.pages |= {
        "/feed": Answer(rss("whole", body="Teaser", link=server.url("/"))),
        "/whole": Answer(page(story())),
    }
    (article,) = gathered(config(tmp_path, server.url("/feed"), complete_teasers=False)).articles
    assert article.text.startswith("Teaser")
    assert len(server.requests) == 1


def test_robots_that_cannot_be_had_forbid(server: WebServer, tmp_path: Path) -> None:
    """RFC 9309: a server in trouble is left alone."""
    server.pages |= {
        "/feed": Answer(rss("whole", body="Teaser", link=server.url("/"))),
        "/whole": Answer(page(story())),
        "/robots.txt": Answer(status=500),
    }
    (article,) = gathered(config(tmp_path, server.url("/feed"))).articles
    assert article.text.startswith("Teaser")
    assert not server.asked("/whole")


def test_the_servers_encoding_is_believed_where_bytes_allow(server: WebServer, tmp_path: Path) -> None:
    """windows-1251 by header alone, and UTF-8 that a server calls latin-1."""
    text = "Паром закрыт до весны, говорят инженеры порта. " * 30
    server.pages |= {
        "/cyrillic": Answer(
            rss("a", body=text).decode().encode("cp1251"), headers={"Content-Type": "text/xml; charset=windows-1251"}
        ),
        "/wrong": Answer(rss("b", body=text), headers={"Content-Type": "text/xml; charset=iso-8859-1"}),
    }
    found = gathered(config(tmp_path, server.url("/cyrillic"), server.url("/wrong"))).articles
    assert [one.text[:5] for one in found] == ["Паром", "Паром"]


def test_what_a_teaser_is() -> None:
    """Short or cut off, with a page to go to."""

    def item(text: str, url: str = "https://e.org/1") -> RawItem:
        return RawItem("x", Kind.FRAGMENT, text.encode(), Hints(url=url))

    assert is_teaser(item("Short."))
    assert is_teaser(item("word " * 200 + "[…]"))
    assert is_teaser(item("word " * 200 + "<a>Continue reading</a>"))
    assert not is_teaser(item("word " * 200 + "end."))
    assert not is_teaser(item("Short.", url=""))
    assert not is_teaser(item("Short.", url="file:///etc/passwd"))


def test_no_feed_rests_for_good() -> None:
    """A clock that ran a year ahead, or a server that wants as long, does not silence a feed when that is over."""
    now = moment().cutoff
    feed = new_feed("https://example.org/feed", now)
    assert is_due(feed, now)
    rests = [
        (timedelta(0), True),
        (timedelta(hours=1), False),
        (timedelta(days=30), False),
        (timedelta(days=365), True),
    ]
    assert [is_due(replace(feed, next_try=now + rest), now) for rest, _ in rests] == [due for _, due in rests]
