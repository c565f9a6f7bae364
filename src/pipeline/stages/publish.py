"""Publish the archive: a static site of every edition, its stories, an index and a feed.

The pages of nights are frozen: they are written as the store keeps them, and again only where a file is missing or is
not what the store holds; but a link to an edition that is not kept any more becomes plain text. The index and the feed
are made of all editions each time.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.files import write_atomically
from pipeline.forms.feed import FEED, Home, atom
from pipeline.forms.index import view_index, view_years
from pipeline.forms.layout import laid_out
from pipeline.forms.words import page_name
from pipeline.records import Issue, Rendered, Volume

INDEX = "index.html"
_EARLIER = re.compile(r'<a href="\.\./(\d{4}-\d\d-\d\d)[^"]*">([^<]*)</a>')
"""A link of a story's page to an edition, or to one of its stories, and what it says."""


def edition_page(folder: Path, edition: str) -> Path:
    """Where the page of an edition lies in the archive's folder."""
    return folder / f"{edition}.html"


def publish_editions(folder: Path, editions: Iterable[Rendered], dropped: Collection[str] = ()) -> int:
    """Bring the pages of editions and of their stories up to what they are; how many files were written.

    No page leads to the editions that were `dropped`. Raises OSError when the folder cannot be written.
    """
    pages = (page for edition in editions for page in edition_files(folder, edition))
    return sum(_keep(path, _without_links(html, dropped).encode("utf-8", "replace")) for path, html in pages)


def linked_editions(html: str) -> set[str]:
    """The editions that a story's page leads to, its own among them."""
    return {found[1] for found in _EARLIER.finditer(html)}


def _without_links(html: str, editions: Collection[str]) -> str:
    """A page that leads to none of these editions; the words of the links stay."""
    return _EARLIER.sub(lambda found: found[2] if found[1] in editions else found[0], html) if editions else html


def edition_files(folder: Path, edition: Rendered) -> Iterator[tuple[Path, str]]:
    """Each page of an edition with its file: its stories' first, so that what links to them never leads nowhere."""
    for story in edition.stories:
        yield folder / edition.edition / page_name(story.story), story.html
    yield edition_page(folder, edition.edition), edition.page


def withdraw_editions(folder: Path, editions: Iterable[str]) -> int:
    """Remove the pages of editions that are not kept, and those of their stories; how many files that were.

    Raises OSError when they cannot be removed.
    """
    removed = 0
    for edition in editions:
        for path in (*(folder / edition).glob("*.html"), edition_page(folder, edition)):
            if path.is_file():
                path.unlink()
                removed += 1
        with suppress(OSError):
            (folder / edition).rmdir()
    return removed


def publish_index(folder: Path, issues: Sequence[Issue], volumes: Sequence[Volume], home: Home) -> int:
    """Make the index, the feed and each year's list of all editions, given latest first; how many files changed.

    Raises OSError when the folder cannot be written.
    """
    index = view_index(issues, volumes)
    pages = {year.file: laid_out("year.html", view=year) for year in view_years(issues) if index.years}
    pages[INDEX] = laid_out("index.html", view=index, feed=FEED)
    changed = sum(_keep(folder / name, html.encode("utf-8", "replace")) for name, html in pages.items())
    return changed + _keep(folder / FEED, atom(issues, home))


def _keep(path: Path, content: bytes) -> bool:
    """Write a file unless it holds the content already; whether it was written."""
    if path.is_file() and path.read_bytes() == content:
        return False
    write_atomically(path, content)
    return True
