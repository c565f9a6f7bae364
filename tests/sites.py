"""Walking a static site on disk: what its pages link to, and whether that is there."""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urldefrag

import lxml.html
from lxml.html import HtmlElement


@cache
def page_at(path: Path, written: int) -> HtmlElement:
    """A page as a tree; `written` is when its file was, so that a new one is read again."""
    del written
    return lxml.html.document_fromstring(path.read_text(encoding="utf-8"))


def page(path: Path) -> HtmlElement:
    """A page of the site."""
    return page_at(path, path.stat().st_mtime_ns)


def reachable(start: Path) -> set[Path]:
    """Every page of the site that a reader can come to from a page of it, itself included."""
    found, waiting = set(), [start.resolve()]
    while waiting:
        path = waiting.pop()
        if path not in found and path.suffix == ".html" and path.is_file():
            found.add(path)
            waiting += [target for target, _ in links(path)]
    return found


def links(path: Path) -> Iterator[tuple[Path, str]]:
    """The files that a page links to, with the place in them; links to elsewhere are left out."""
    for _, name, link, _ in page(path).iterlinks():
        if name in {"href", "src"} and "://" not in link:
            address, fragment = urldefrag(link)
            yield ((path.parent / unquote(address)).resolve() if address else path), fragment


def dead_links(folder: Path) -> list[tuple[Path, Path, str]]:
    """Links of the site's pages that lead out of it, to no file, or to no place in one."""
    return [
        (path, target, fragment)
        for path in sorted(folder.rglob("*.html"))
        for target, fragment in links(path.resolve())
        if not target.is_relative_to(folder.resolve())
        or not target.is_file()
        or (fragment and not page(target).xpath("//*[@id=$id]", id=fragment))
    ]


def heading_faults(root: HtmlElement) -> list[str]:
    """What is wrong with a page's headings: no first one or several, or a level left out on the way down."""
    levels = [int(str(heading.tag)[1]) for heading in root.xpath("//h1 | //h2 | //h3 | //h4")]
    faults = [] if levels.count(1) == 1 and levels[0] == 1 else [f"h1 in {levels}"]
    return faults + [f"h{one} to h{two}" for one, two in pairwise(levels) if two > one + 1]
