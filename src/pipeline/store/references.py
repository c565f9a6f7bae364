"""Groups, stories and digests as rows that name what they hold by its id, so that no article is written down twice."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields

from pipeline.records import Article, Copy, CopyGroup, DigestSentence, Disagreement, Method, PastStory, Story, Summary


@dataclass(frozen=True, slots=True)
class CopyRow:
    """A `Copy` with its article's id."""

    article: str
    similarity: float
    containment: float
    exact: bool


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A `CopyGroup` with its lead's id."""

    lead: str
    copies: tuple[CopyRow, ...]


@dataclass(frozen=True, slots=True)
class StoryRow:
    """A `Story` with the ids of its groups' leads, and of the earlier story that it continues ("" for none)."""

    id: str
    leads: tuple[str, ...]
    continues: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """A `Summary` with its story's id."""

    story: str
    headline: str
    sentences: tuple[DigestSentence, ...]
    method: Method
    model: str
    disagreements: tuple[Disagreement, ...]


def group_rows(groups: Iterable[CopyGroup]) -> Iterator[GroupRow]:
    """The groups as rows, in order."""
    for group in groups:
        copies = (CopyRow(copy.article.id, copy.similarity, copy.containment, copy.exact) for copy in group.copies)
        yield GroupRow(group.lead.id, tuple(copies))


def groups(rows: Iterable[GroupRow], articles: Mapping[str, Article]) -> tuple[CopyGroup, ...]:
    """The groups of some rows; `articles` by id. Raises KeyError when an article is missing."""
    return tuple(
        CopyGroup(
            articles[row.lead],
            tuple(Copy(articles[copy.article], copy.similarity, copy.containment, copy.exact) for copy in row.copies),
        )
        for row in rows
    )


def story_rows(stories: Iterable[Story]) -> Iterator[StoryRow]:
    """The stories as rows, in order."""
    for story in stories:
        continues = story.continues.id if story.continues else ""
        yield StoryRow(story.id, tuple(lead.id for lead in story.leads), continues, story.aliases)


def stories(
    rows: Iterable[StoryRow], groups: Mapping[str, CopyGroup], past: Mapping[str, PastStory]
) -> tuple[Story, ...]:
    """The stories of some rows; `groups` by lead and `past` by id. Raises KeyError when one of these is missing."""
    return tuple(
        Story(
            row.id,
            tuple(groups[lead] for lead in row.leads),
            past[row.continues] if row.continues else None,
            row.aliases,
        )
        for row in rows
    )


def summary_rows(summaries: Iterable[Summary]) -> Iterator[SummaryRow]:
    """The digests as rows, in order."""
    for summary in summaries:
        rest = {field.name: getattr(summary, field.name) for field in fields(SummaryRow) if field.name != "story"}
        yield SummaryRow(summary.story.id, **rest)


def summaries(rows: Iterable[SummaryRow], stories: Mapping[str, Story]) -> tuple[Summary, ...]:
    """The digests of some rows; `stories` by id. Raises KeyError when one is missing."""
    return tuple(
        Summary(stories[row.story], row.headline, row.sentences, row.method, row.model, row.disagreements)
        for row in rows
    )
