"""Render an edition: one view of it, laid out as a mail, as plain text, as a web page and as a page for each story."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import css_inline

from pipeline.forms.edition import view_choice, view_edition
from pipeline.forms.evidence import view_story_pages
from pipeline.forms.layout import laid_out
from pipeline.forms.plain import plain_text
from pipeline.forms.stories import Clock
from pipeline.forms.view import EditionView
from pipeline.records import Choice, Edition, Letter, Rendered, StoryPage, Telling

MAIL_BYTES: Final = 93_000
"""Gmail hides what follows about 102 KB of HTML; a reader's own way to leave is added, and 95 KB are not passed."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """How much of a list is shown; None is all of it."""

    reasons: int | None = None
    items: int | None = None
    characters: int | None = None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a mail holds: stories in full, headlines of further ones, and how much the foot names."""

    full: int
    listed: int
    limits: _Limits
    named: _Limits


_COMPLETE: Final = _Limits()
_NAMED: Final = _Limits(items=3)
_FEW: Final = _Limits(reasons=12, items=3, characters=120)
_MAIL: Final = _Limits(reasons=12, items=10, characters=160)
_HEADLINES: Final = 40
_LEAST: Final = _Limits(reasons=4, items=2, characters=80)
"""Fits the budget whatever the texts are: their length is bounded and no character takes more than five bytes."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The archive an edition goes into: how earlier nights told its stories, by story id, and where it is served."""

    earlier: Mapping[str, Sequence[Telling]] = field(default_factory=dict)
    url: str = ""

    def page_of(self, edition: str) -> str:
        """The address of an edition's page; empty when the archive is served nowhere."""
        return f"{self.url.rstrip('/')}/{edition}.html" if self.url else ""


NO_ARCHIVE: Final = Archive()


def render(edition: Edition, zone: ZoneInfo, archive: Archive = NO_ARCHIVE, choices: Sequence[Choice] = ()) -> Rendered:
    """The edition as mail, text and page, and a page for each story, with every time on the zone's clock.

    A letter is written for each of the choices that readers made, laid out from the same view. Where the archive is
    served, the mail links to the edition's page; a story's page links to the earlier nights'. The same edition always
    gives the same bytes. A mail that would pass `MAIL_BYTES` gives up whole stories from the end to a list of
    headlines; the text and the page stay complete.
    """
    view = view_edition(edition, zone, archive.page_of(edition.id))
    return Rendered(
        edition=edition.id,
        subject=view.subject,
        cutoff=edition.cutoff,
        html=_mail(view),
        text=plain_text(view),
        page=_page(view),
        quiet=not edition.entries,
        stories=_story_pages(edition, view, archive.earlier, Clock(edition.cutoff, zone)),
        letters=tuple(_letter(view_choice(edition, view, choice), choice) for choice in choices),
    )


def _letter(view: EditionView, choice: Choice) -> Letter:
    """The mail for those who made a choice."""
    return Letter(choice, view.subject, _mail(view), plain_text(view), not view.stories)


def _mail(view: EditionView) -> str:
    """The mail with as many whole stories as the budget allows."""
    smallest = _mail_with(view, _Plan(0, 0, _LEAST, _LEAST))
    low, high, best = 0, len(view.stories), smallest
    # Each story in full adds to the size, so the largest number that fits can be searched for by halves.
    full = high
    while low <= high:
        html = _mail_with(view, _Plan(full, _HEADLINES, _MAIL, _FEW))
        if len(html.encode()) <= MAIL_BYTES:
            best, low = html, full + 1
        else:
            high = full - 1
        full = (low + high) // 2
    return best


def _mail_with(view: EditionView, plan: _Plan) -> str:
    return _inliner().inline(laid_out("mail.html", view=view, plan=plan))


def _page(view: EditionView) -> str:
    return laid_out("page.html", view=view, limits=_COMPLETE, named=_NAMED)


def _story_pages(
    edition: Edition, view: EditionView, earlier: Mapping[str, Sequence[Telling]], by: Clock
) -> tuple[StoryPage, ...]:
    pages = view_story_pages(edition, view, earlier, by)
    return tuple(
        StoryPage(entry.summary.story.id, laid_out("story.html", page=page))
        for entry, page in zip(edition.entries, pages, strict=True)
    )


@cache
def _inliner() -> css_inline.CSSInliner:
    """Rules in media queries stay in the head, in the style tag marked `keep`; nothing is loaded from elsewhere."""
    return css_inline.CSSInliner(load_remote_stylesheets=False, minify_css=True)
