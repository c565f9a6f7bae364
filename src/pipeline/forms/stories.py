"""From an entry of the edition to the view of its story."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Final
from zoneinfo import ZoneInfo

from pipeline.forms.view import ClaimView, DisagreementView, EvidenceView, SentenceView, SourceView, StoryView
from pipeline.forms.words import (
    clean,
    clip,
    clock,
    counted,
    day_month,
    language_name,
    language_tag,
    listed,
    local,
    page_name,
    runs_right_to_left,
    safe_url,
)
from pipeline.records import Article, CopyGroup, DigestSentence, Disagreement, Entry, Method, Story, Summary
from pipeline.text.normalise import without_dateline
from pipeline.urls import host

_STAND_IN: Final = 100
"""Characters of another text that stand in for a missing headline or title."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What times are told by: the edition's cut-off and zone."""

    cutoff: datetime
    zone: ZoneInfo


def view_story(entry: Entry, rank: int, clock: Clock) -> StoryView:
    """The view of one entry; articles are numbered in the order in which the digest cites them."""
    summary = entry.summary
    story = summary.story
    sources = _sources(summary, rank)
    lang = _language(tuple(sources.values()))
    return StoryView(
        rank=rank,
        anchor=f"s{rank}",
        page=page_name(story.id),
        section=clean(entry.topic),
        headline=headline(summary),
        lang=lang,
        language=f"in {language_name(lang)}" if lang else "",
        rtl=runs_right_to_left(lang),
        continues=_continues(story, clock),
        sentences=tuple(_sentence(sentence, sources) for sentence in summary.sentences),
        disagreements=tuple(_disagreement(item, sources) for item in summary.disagreements),
        outlets=_outlets(story),
        meta=tuple(line for line in (_times(entry, clock), _method(summary)) if line),
        sources=tuple(sources.values()),
        uncited=tuple(source_view(article) for article in distinct(story.articles) if article.id not in sources),
        families=tuple(_family(group) for group in story.groups if group.copies),
    )


def headline(summary: Summary) -> str:
    """The headline, or the start of the digest where there is none."""
    return clean(summary.headline) or clip(clean(summary.text), _STAND_IN) or "Untitled story"


def outlet(article: Article) -> str:
    """Who published the article: the name, else the site, else the file it came in."""
    file = PurePath(article.location).name
    return clean(article.source) or host(safe_url(article.url)) or clean(file) or "unnamed source"


def cited_ids(summary: Summary) -> tuple[str, ...]:
    """The ids of the articles behind the sentences, then of those that only disagree, each once."""
    cited = [source for sentence in summary.sentences for source in sentence.sources]
    cited += [source for item in summary.disagreements for claim in item.claims for source in claim.articles]
    return tuple(dict.fromkeys(cited))


def _sources(summary: Summary, rank: int) -> dict[str, SourceView]:
    """The cited articles by id, numbered from 1: those behind the sentences, then those that only disagree."""
    story = summary.story
    # An evening's digest may rest on last night's article: the continued story's are known too.
    known = {
        article.id: article for article in (*(story.continues.articles if story.continues else ()), *story.articles)
    }
    return {
        id_: source_view(known.get(id_, Article(id=id_, title=f"article {id_}", text="")), number, f"s{rank}-{number}")
        for number, id_ in enumerate(cited_ids(summary), start=1)
    }


def source_view(article: Article, number: int = 0, anchor: str = "") -> SourceView:
    """An article as lists name it; `number` is 0 and `anchor` empty when no sentence cites it."""
    lang = language_tag(article.lang)
    return SourceView(
        number=number,
        anchor=anchor,
        title=clean(article.title) or clip(clean(without_dateline(article.text)), _STAND_IN) or "Untitled article",
        outlet=outlet(article),
        url=safe_url(article.url),
        lang=lang,
        rtl=runs_right_to_left(lang),
    )


def _sentence(sentence: DigestSentence, sources: dict[str, SourceView]) -> SentenceView:
    return SentenceView(
        text=clean(sentence.text),
        citations=_in_order(sentence.sources, sources),
        evidence=tuple(EvidenceView(sources[item.article], clean(item.sentence)) for item in sentence.evidence),
        made="quoted" if sentence.method is Method.EXTRACTED else "written",
        refused=clean(sentence.refused),
    )


def _in_order(ids: Iterable[str], sources: dict[str, SourceView]) -> tuple[SourceView, ...]:
    """The sources of some ids, each once, by their numbers."""
    return tuple(sorted((sources[id_] for id_ in dict.fromkeys(ids)), key=lambda source: source.number))


def _disagreement(item: Disagreement, sources: dict[str, SourceView]) -> DisagreementView:
    claims = tuple(ClaimView(clean(claim.value), _in_order(claim.articles, sources)) for claim in item.claims)
    return DisagreementView(clean(item.about), claims)


def _language(sources: tuple[SourceView, ...]) -> str:
    """The tag that most cited articles have: the digest is in their language."""
    tags = Counter(source.lang for source in sources)
    return tags.most_common(1)[0][0] if tags else ""


def _continues(story: Story, clock: Clock) -> str:
    past = story.continues
    if past is None:
        return ""
    day = day_month(past.night, local(clock.cutoff, clock.zone).date())
    return f"Continues from {day}: {clean(past.headline) or 'an earlier story'}"


def _outlets(story: Story) -> str:
    """The outlets with a text of their own, each with how many copies of its texts were folded."""
    copies: Counter[str] = Counter()
    for group in story.groups:
        copies[outlet(group.lead)] += len(group.copies)
    named = ", ".join(f"{name} (+{counted(n, 'copy', 'copies')})" if n else name for name, n in copies.items())
    alone = len({outlet(article) for article in story.articles}) == 1
    return f"Only {named}" if alone else named


def _times(entry: Entry, by: Clock) -> str:
    """When the story's first and last article appeared."""
    first, last = (clock(time, by.cutoff, by.zone) if time else "" for time in (entry.first_seen, entry.updated))
    if first and last and first != last:
        return f"First seen {first}, updated {last}"
    return f"Seen {first or last}" if first or last else ""


def _method(summary: Summary) -> str:
    writer = clip(clean(summary.model), _STAND_IN) or "a model"
    match summary.method:
        case Method.WRITTEN:
            return f"Written by {writer} and checked"
        case Method.MIXED:
            return f"Partly written by {writer} and checked, partly quoted"
        case Method.EXTRACTED:
            return "Quoted from the sources"


def _family(group: CopyGroup) -> str:
    """Who carries one text."""
    names = list(dict.fromkeys(outlet(article) for article in group.articles))
    if len(names) == 1:
        return f"{names[0]} carries the same text {len(group.articles):,} times"
    return f"{len(names):,} outlets carry the same text: {listed(names)}"


def distinct(articles: Iterable[Article]) -> tuple[Article, ...]:
    """The articles, one per id."""
    return tuple({article.id: article for article in articles}.values())
