"""What a page shows of an article: the sentences that support a digest, marked, and a little of what stands around."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.forms.words import clean, clip

CONTEXT: Final = 320
"""Characters shown of a paragraph beside the evidence, and of the evidence's own paragraph on either side of it."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of an article, and the number of the digest sentence that it supports."""

    sentence: str
    number: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a paragraph; `numbers` are those of the digest sentences it supports, none for what is around it."""

    text: str
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Excerpt:
    """An article's title and its paragraphs around the evidence; an empty paragraph stands for what is left out."""

    title: tuple[Piece, ...]
    paragraphs: tuple[tuple[Piece, ...], ...]


_Span = tuple[int, int, tuple[int, ...]]
"""Where a marked part starts and ends, and the numbers it supports."""


def excerpt(title: str, text: str, quotes: Sequence[Quote]) -> Excerpt:
    """The evidence in its place: its paragraph, the one before and the one after, each of bounded length.

    `text` holds a paragraph per line. A quote counts where it is first found, in the text rather than in the title; one
    that is in neither stands alone, so that every quote is shown.
    """
    rows = [row for row in text.splitlines() if clean(row)]
    left = list(quotes)
    marked: dict[int, list[_Span]] = {}
    for place, row in enumerate(rows):
        found = [quote for quote in left if quote.sentence and quote.sentence in row]
        if found:
            marked[place] = _spans(row, found)
            left = [quote for quote in left if quote not in found]
    of_title = [quote for quote in left if quote.sentence and quote.sentence in title]
    alone = [(Piece(clean(quote.sentence), (quote.number,)),) for quote in left if quote not in of_title]
    return Excerpt(
        title=tuple(_pieces(title, _spans(title, of_title))),
        paragraphs=(*alone, *_around(rows, marked)),
    )


def _spans(row: str, quotes: Sequence[Quote]) -> list[_Span]:
    """Where the quotes stand in a row, in order; those that overlap are one."""
    spans: list[_Span] = []
    for start, end, number in sorted(
        (row.index(quote.sentence), row.index(quote.sentence) + len(quote.sentence), quote.number) for quote in quotes
    ):
        if spans and start < spans[-1][1]:
            first, last, numbers = spans.pop()
            spans.append((first, max(last, end), tuple(sorted({*numbers, number}))))
        else:
            spans.append((start, end, (number,)))
    return spans


def _around(rows: Sequence[str], marked: dict[int, list[_Span]]) -> Iterator[tuple[Piece, ...]]:
    """The marked rows and their neighbours, with an empty one where rows between them are left out."""
    shown = [place for place in range(len(rows)) if {place - 1, place, place + 1} & marked.keys()]
    for before, place in zip([-1, *shown], shown, strict=False):
        if place > before + 1:
            yield ()
        if place in marked:
            yield tuple(_pieces(rows[place], marked[place]))
        else:
            yield (Piece(clip(clean(rows[place]), CONTEXT)),)
    if shown and shown[-1] < len(rows) - 1:
        yield ()


def _pieces(row: str, spans: Sequence[_Span]) -> Iterator[Piece]:
    """A row in parts: marked ones whole, what is around them cut to `CONTEXT` towards the marks."""
    at = 0
    for start, end, numbers in spans:
        yield from _plain(row[at:start], is_first=at == 0, is_last=False)
        yield Piece(clean(row[start:end]), numbers)
        at = end
    yield from _plain(row[at:], is_first=at == 0, is_last=True)


def _plain(part: str, is_first: bool, is_last: bool) -> Iterator[Piece]:
    """What is around marks; the spaces at its ends stay, as scripts differ in whether sentences have them between."""
    text = clean(part)
    if not text:
        return
    if is_first and not is_last:
        shown = _end(text, CONTEXT)
    elif is_last:
        shown = clip(text, CONTEXT)
    else:
        shown = text if len(text) <= 2 * CONTEXT else f"{clip(text, CONTEXT)} {_end(text, CONTEXT)}"
    before = " " if part[0].isspace() and not is_first else ""
    after = " " if part[-1].isspace() and not is_last else ""
    yield Piece(f"{before}{shown}{after}")


def _end(text: str, limit: int) -> str:
    """The last `limit` characters of a text at most, from a word's start and after an ellipsis."""
    if len(text) <= limit:
        return text
    tail = text[len(text) - limit + 1 :]
    words = re.sub(r"^\S*\s", "", tail) if not text[-limit].isspace() else tail
    return "\u2026" + (words if len(words) * 2 >= limit else tail).lstrip()
