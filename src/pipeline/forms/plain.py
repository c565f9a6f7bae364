"""The plain-text form: complete, at most 74 columns wide but for addresses, which are never broken."""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from pipeline.forms.view import DisagreementView, EditionView, FailureView, Reason, SentenceView, SourceView, StoryView

WIDTH: Final = 74
_INDENT: Final = "    "
_REASONS: Final = 12
_GLUE: Final = "\x1f"
"""Holds a citation to its sentence while lines are filled; cleaned text cannot contain it."""


def plain_text(view: EditionView) -> str:
    """The whole edition for a terminal or a mail program without HTML."""
    blocks = [_head(view), *(_story(story, view.web_of(story)) for story in view.stories), _foot(view)]
    return ("\n\n" + "-" * WIDTH + "\n\n").join(blocks) + "\n"


def fill(text: str, first: str = "", rest: str | None = None) -> list[str]:
    """`text` in lines of at most `WIDTH` columns, the first indented by `first`, the others by `rest`.

    A word too long for a line is broken, unless it is an address.
    """
    rest = " " * _columns(first) if rest is None else rest
    room = WIDTH - max(_columns(first), _columns(rest))
    lines = [""]
    for word in (piece for part in text.split(" ") for piece in _pieces(part, room)):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if _columns(joined) <= room or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    filled = [(rest if number else first) + line for number, line in enumerate(lines)]
    return [line.replace(_GLUE, " ").rstrip() for line in filled]


def _pieces(word: str, room: int) -> Iterator[str]:
    """A word, or its parts where it is wider than `room` and no address."""
    if "://" in word or _columns(word) <= room:
        yield word
        return
    piece, used = "", 0
    for character in word:
        width = _columns(character)
        if used + width > room:
            yield piece
            piece, used = "", 0
        piece, used = piece + character, used + width
    yield piece


def _columns(text: str) -> int:
    """Terminal columns: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(character) in {"Mn", "Me", "Cf"} else 2 if _is_wide(character) else 1
        for character in text
    )


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in {"W", "F"}


def _head(view: EditionView) -> str:
    lines = [*fill(view.title.upper()), view.date, "", *fill(view.counts), *fill(view.cutoff)]
    if view.web:
        lines += ["In the archive, each sentence in its source:", view.web]
    if view.quiet:
        lines += ["", "", "Nothing on your topics" if view.further else "Nothing new", "", *fill(view.quiet)]
    elif view.alarm:
        lines += fill(view.alarm)
    return "\n".join(lines)


def _story(story: StoryView, page: str) -> str:
    """A story; `page` is the address of its own page, empty when that is served nowhere."""
    lines = fill(story.section.upper(), first=_INDENT) if story.section else []
    lines += fill(story.headline, first=f"{story.rank:>2}  ", rest=_INDENT)
    if story.continues:
        lines += fill(story.continues, first=_INDENT)
    if story.language:
        lines += fill(f"({story.language})", first=_INDENT)
    digest = " ".join(_sentence(sentence) for sentence in story.sentences)
    lines += ["", *fill(digest, first=_INDENT)]
    for disagreement in story.disagreements:
        lines += ["", *fill(_disagreement(disagreement), first=f"{_INDENT}! ")]
    lines.append("")
    for line in (story.outlets, *story.meta):
        lines += fill(line, first=_INDENT)
    lines.append("")
    for source in story.sources:
        lines += _source(source)
    if story.more:
        lines.append(f"{_INDENT}{story.more}")
    if page:
        lines += ["", f"{_INDENT}In the archive:", f"{_INDENT}{page}"]
    return "\n".join(lines).rstrip()


def _sentence(sentence: SentenceView) -> str:
    """A sentence with its citations held to its last word."""
    marks = "".join(f"[{source.number}]" for source in sentence.citations)
    return f"{sentence.text}{_GLUE}{marks}" if marks else sentence.text


def _disagreement(disagreement: DisagreementView) -> str:
    claims = "; ".join(
        f"{claim.value} ({', '.join(f'{source.outlet}{_GLUE}[{source.number}]' for source in claim.sources)})"
        for claim in disagreement.claims
    )
    about = f" — {disagreement.about}" if disagreement.about else ""
    return f"Sources disagree{about}: {claims}"


def _source(source: SourceView) -> list[str]:
    mark = f"{_INDENT}[{source.number}] "
    lines = fill(f"{source.outlet}: {source.title}", first=mark)
    return [*lines, f"{' ' * len(mark)}{source.url}"] if source.url else lines


def _foot(view: EditionView) -> str:
    blocks = [["About this edition", ""] + (fill(view.made) if view.made else [])]
    blocks.append([_ledger_line(row.label, row.number, row.total) for row in view.ledger])
    blocks.append(_failures(view.failed))
    if view.further:
        blocks.insert(0, [*fill(view.further), *([view.web] if view.web else [])])
    blocks.append(_reasons("Stories left out", view.left_out, named=30))
    blocks.append(_reasons("Rejected", view.rejected, named=3))
    blocks.append(fill(view.unsubscribe))
    return "\n\n".join("\n".join(block).rstrip() for block in blocks if block)


def _ledger_line(label: str, number: str, total: bool) -> str:
    """A line of the account, its number at the right of a row of dots."""
    start = f"  {label} " if total else f"    {label} "
    return f"{start}{'.' * (44 - len(start) - len(number))} {number}"


def _failures(failures: Sequence[FailureView]) -> list[str]:
    lines = ["Sources that could not be read"] if failures else []
    for failure in failures:
        lines += fill(f"{failure.name}: {failure.reason}", first="  - ")
    return lines


def _reasons(title: str, reasons: Sequence[Reason], named: int) -> list[str]:
    """A list of the commonest reasons, under each the first `named` of what it befell."""
    lines = [title] if reasons else []
    for reason in reasons[:_REASONS]:
        count = f" ({len(reason.items):,})" if len(reason.items) > 1 else ""
        lines += fill(f"{reason.reason}{count}", first="  ")
        for item in reason.items[:named]:
            lines += fill(item, first="    - ")
        if len(reason.items) > named:
            lines.append(f"    - and {len(reason.items) - named:,} more")
    if len(reasons) > _REASONS:
        lines.append(f"  and {len(reasons) - _REASONS:,} more reasons")
    return lines
