"""The page of one story: its digest, each sentence's evidence in its source, who reprinted whom, earlier nights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.forms.excerpts import Excerpt, Piece, Quote, excerpt
from pipeline.forms.stories import Clock, cited_ids, source_view
from pipeline.forms.view import EditionView, SourceView, StoryView
from pipeline.forms.words import clean, clip, clock, day_month, page_name
from pipeline.records import Article, Copy, CopyGroup, Edition, Summary, Telling

MOST_LISTED: Final = 60
"""Copies of one text, further reports and earlier nights that a page names; the rest are counted."""
_HEADLINE: Final = 160


@dataclass(frozen=True, slots=True)
class MarkView:
    """The number of a supported digest sentence; `anchor` is empty where its citation leads to an earlier mark."""

    number: int
    anchor: str


@dataclass(frozen=True, slots=True)
class PieceView:
    """A part of a paragraph, with the digest sentences it supports."""

    text: str
    marks: tuple[MarkView, ...]


@dataclass(frozen=True, slots=True)
class TextView:
    """A cited article: its title and the paragraphs around its evidence. `note` says why there is nothing around it."""

    source: SourceView
    when: str
    title: tuple[PieceView, ...]
    paragraphs: tuple[tuple[PieceView, ...], ...]
    note: str


@dataclass(frozen=True, slots=True)
class CopyView:
    """A reprint, and how close it is to what it reprints."""

    source: SourceView
    how: str


@dataclass(frozen=True, slots=True)
class FamilyView:
    """A text and those who reprint it; `more` counts those not named."""

    lead: SourceView
    copies: tuple[CopyView, ...]
    more: int


@dataclass(frozen=True, slots=True)
class LinkView:
    """Another page of the archive; `day` is empty where it is of the same night."""

    href: str
    headline: str
    day: str = ""


@dataclass(frozen=True, slots=True)
class StoryPageView:
    """Everything a story's page shows. `disputed` are the sources cited only for what they do not agree on.

    `before` and `after` are the story's neighbours in the edition, if any.
    """

    edition: EditionView
    story: StoryView
    texts: tuple[TextView, ...]
    disputed: tuple[SourceView, ...]
    families: tuple[FamilyView, ...]
    others: tuple[SourceView, ...]
    more_others: int
    earlier: tuple[LinkView, ...]
    before: LinkView | None
    after: LinkView | None


def view_story_pages(
    edition: Edition, view: EditionView, earlier: Mapping[str, Sequence[Telling]], by: Clock
) -> tuple[StoryPageView, ...]:
    """The pages of the edition's stories, in its order; `earlier` holds the earlier tellings by story id.

    What is in them is bounded: a page has a few hundred characters around each sentence of evidence, of which a digest
    sentence has a handful, and names at most `MOST_LISTED` articles in each list.
    """
    all_texts = [_texts(entry.summary, shown, by) for entry, shown in zip(edition.entries, view.stories, strict=True)]
    links = [None, *(LinkView(story.page, clip(story.headline, _HEADLINE)) for story in view.stories), None]
    return tuple(
        StoryPageView(
            edition=view,
            story=shown,
            texts=tuple(text for text in texts if text.paragraphs or text.title),
            disputed=tuple(text.source for text in texts if not (text.paragraphs or text.title)),
            families=tuple(_family(group) for group in entry.summary.story.groups if group.copies),
            others=(others := _others(entry.summary))[:MOST_LISTED],
            more_others=max(0, len(others) - MOST_LISTED),
            earlier=tuple(
                story_link(telling, "../", day_month(telling.night, edition.night))
                for telling in earlier.get(entry.summary.story.id, ())[:MOST_LISTED]
            ),
            before=links[shown.rank - 1],
            after=links[shown.rank + 1],
        )
        for entry, shown, texts in zip(edition.entries, view.stories, all_texts, strict=True)
    )


def _texts(summary: Summary, shown: StoryView, by: Clock) -> tuple[TextView, ...]:
    """The cited articles in the order of their numbers, with the evidence marked."""
    tonight = {article.id: article for article in summary.story.articles}
    return tuple(
        _text(source, tonight.get(id_), _quotes(summary, id_), by)
        for id_, source in zip(cited_ids(summary), shown.sources, strict=True)
    )


def _quotes(summary: Summary, article: str) -> list[Quote]:
    """What the digest's sentences rest on in one article."""
    return [
        Quote(item.sentence, number)
        for number, sentence in enumerate(summary.sentences, start=1)
        for item in sentence.evidence
        if item.article == article
    ]


def _text(source: SourceView, article: Article | None, quotes: Sequence[Quote], by: Clock) -> TextView:
    """One cited article. Of one that came in on an earlier night only the evidence is shown.

    What the digest read of tonight's articles is free of what speaks to language models; the stored texts of earlier
    nights are as they came in, so nothing around the evidence is taken from them.
    """
    found = excerpt(article.title, article.text, quotes) if article else excerpt("", "", quotes)
    note = "" if article else "It came in on an earlier night."
    when = clock(article.published, by.cutoff, by.zone) if article and article.published else ""
    return _with_anchors(TextView(source, when, (), (), note), found)


def _with_anchors(view: TextView, found: Excerpt) -> TextView:
    """The text with its pieces; the first mark for each digest sentence is where its citation leads."""
    anchored: set[int] = set()

    def piece(part: Piece) -> PieceView:
        marks = []
        for number in part.numbers:
            marks.append(MarkView(number, "" if number in anchored else f"e{number}-{view.source.number}"))
            anchored.add(number)
        return PieceView(part.text, tuple(marks))

    title = tuple(piece(part) for part in found.title) if any(part.numbers for part in found.title) else ()
    paragraphs = tuple(tuple(piece(part) for part in row) for row in found.paragraphs)
    return TextView(view.source, view.when, title, paragraphs, view.note)


def _family(group: CopyGroup) -> FamilyView:
    """Who reprints a group's lead."""
    copies = tuple(CopyView(source_view(copy.article), _likeness(copy)) for copy in group.copies[:MOST_LISTED])
    return FamilyView(source_view(group.lead), copies, max(0, len(group.copies) - MOST_LISTED))


def _likeness(copy: Copy) -> str:
    """How close a copy is to its lead; shares are rounded down, so that only what is the same is called all of it."""
    if copy.exact:
        return "word for word"
    alike, held = int(copy.similarity * 100), int(copy.containment * 100)
    return f"near copy: {alike} % of all wording shared, {held} % of the shorter text"


def _others(summary: Summary) -> tuple[SourceView, ...]:
    """The story's texts that are neither cited nor reprinted."""
    cited = set(cited_ids(summary))
    groups = summary.story.groups
    return tuple(source_view(group.lead) for group in groups if not group.copies and group.lead.id not in cited)


def story_link(telling: Telling, top: str = "", day: str = "") -> LinkView:
    """A link to a story of a night: to its own page, or to its edition if that was made without.

    `top` is the way to the archive's folder from the page that holds the link.
    """
    night = telling.night.isoformat()
    page = f"{night}/{page_name(telling.story)}" if telling.has_page else f"{night}.html"
    return LinkView(f"{top}{page}", clip(clean(telling.headline), _HEADLINE) or "Untitled story", day)
