"""The commands that deal with feeds, from the outside."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from articles import write
from pipeline.cli.main import app
from pipeline.cli.terminal import Exit
from webserver import Answer, WebServer, web_server

FEED = (
    b"<rss version='2.0'><channel><title>Post</title><item><title>One</title><link>https://post.example/1</link>"
    b"<description>The ferry quay of Aldvik closes.</description></item></channel></rss>"
)
SETTINGS = "[fetch]\nallow_private = ['127.0.0.1']\ncomplete_teasers = false\ntimeout_seconds = 5\n"


@pytest.fixture
def server() -> Iterator[WebServer]:
    """A server without pages."""
    with web_server() as opened:
        yield opened


def called(*words: str, code: Exit = Exit.DONE) -> str:
    """What a command writes to standard output."""
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == code, done.output
    return done.stdout


def opml(*urls: str) -> str:
    """A list of feeds."""
    outlines = "".join(f"<outline xmlUrl='{url}'/>" for url in urls)
    return f"<opml><body>{outlines}</body></opml>"


def test_ingest_takes_feeds_and_files(server: WebServer, tmp_path: Path) -> None:
    """Article lines of all; a feed that fails is a source that failed."""
    server.pages["/feed"] = Answer(FEED)
    file = write(tmp_path, "a.jsonl", '{"id": "a", "text": "words"}\n')
    settings = write(tmp_path, "newsfold.toml", SETTINGS)
    places = [server.url("/feed"), str(file), server.url("/gone")]
    lines = called("ingest", *places, "-c", str(settings), code=Exit.SOURCES_FAILED).splitlines()
    assert {json.loads(line)["title"] or json.loads(line)["id"] for line in lines} == {"One", "a"}


def test_ingest_refuses_private_addresses(server: WebServer) -> None:
    """Unless a configuration allows them."""
    called("ingest", server.url("/feed"), code=Exit.SOURCES_FAILED)
    assert not server.requests


def test_a_list_is_imported_once(tmp_path: Path) -> None:
    """What is there stays; importing again adds nothing."""
    settings = write(
        tmp_path, "newsfold.toml", "[[sources]]\nopml = 'feeds.opml'\n[[sources]]\nurl = 'https://c.e/f'\n"
    )
    other = write(tmp_path, "other.opml", opml("https://a.e/f", "https://b.e/f", "https://c.e/f"))
    for _ in range(2):
        called("feeds", "import", str(other), "-c", str(settings))
    listed = called("feeds", "list", "-c", str(settings)).splitlines()
    assert [line.split()[0] for line in listed] == ["https://a.e/f", "https://b.e/f", "https://c.e/f"]
    exported = tmp_path / "out.opml"
    called("feeds", "export", "-c", str(settings), "-o", str(exported))
    assert exported.read_text(encoding="utf-8").count("<outline") == 3


def test_import_needs_a_list_to_add_to(tmp_path: Path) -> None:
    """The message says what to write."""
    settings = write(tmp_path, "newsfold.toml", "")
    called("feeds", "import", str(write(tmp_path, "o.opml", opml())), "-c", str(settings), code=Exit.USAGE)


def test_status_shows_feeds_in_trouble(server: WebServer, tmp_path: Path) -> None:
    """With the reason and the next try."""
    server.pages["/feed"] = Answer(FEED)
    listed = write(tmp_path, "feeds.opml", opml(server.url("/feed"), server.url("/gone")))
    text = f"[[sources]]\nopml = '{listed.name}'\n{SETTINGS}[digest]\nmodel = 'none'\n"
    settings = write(tmp_path, "newsfold.toml", text)
    called("run", "-c", str(settings), code=Exit.SOURCES_FAILED)
    shown = [line for line in called("status", "-c", str(settings)).splitlines() if line.startswith("http")]
    assert len(shown) == 1
    assert "/gone  failed 1 times: the server answered 404; never read, next try" in shown[0]
    assert "last read" in called("feeds", "list", "-c", str(settings))
