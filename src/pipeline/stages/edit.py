"""Makes the edition: what leads, what fits, what is left out and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import log1p

from pipeline.config import TopicConfig
from pipeline.digest.headline import label
from pipeline.records import Counts, Edition, Entry, LeftOut, Merit, Reject, Story, Summary
from pipeline.topics import topics_of

FRESH_FOR = timedelta(hours=24)
"""A story last reported on this long before the cut-off counts as not fresh at all."""
COPY_WEIGHT, FRESH_WEIGHT = 0.25, 0.5


@dataclass(frozen=True, slots=True)
class Frame:
    """What an edition says besides its stories. `cutoff` is when the sources were read, aware."""

    title: str
    night: date
    cutoff: datetime
    counts: Counts
    failed_sources: tuple[Reject, ...] = ()
    rejects: tuple[Reject, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """A story with its score and what that is made of, the span of its articles' dates and the names of its topics."""

    story: Story
    score: float
    merits: tuple[Merit, ...]
    first: datetime | None
    last: datetime | None
    topics: tuple[str, ...]

    def left_out(self, headline: str, reason: str) -> LeftOut:
        """The story as one that does not get into the edition."""
        return LeftOut(self.story.id, headline, reason, self.score)


def rank(stories: Sequence[Story], cutoff: datetime, topics: Sequence[TopicConfig] = ()) -> tuple[Ranked, ...]:
    """The stories in the order in which they get into an edition, so that digests beyond it need not be written.

    A story ranks by how many outlets report it in their own words, by its topic's weight, then by reprints and
    freshness; ties by id, so the order of `stories` does not matter.
    """
    ranked = (_ranked(story, cutoff, topics) for story in stories)
    return tuple(sorted(ranked, key=lambda one: (-one.score, one.story.id)))


def edit(
    summaries: Sequence[Summary],
    frame: Frame,
    most: int,
    topics: Sequence[TopicConfig] = (),
    unwritten: Sequence[Ranked] = (),
) -> Edition:
    """The edition of at most `most` stories: by topic, in the order of the topics, and best first.

    Stories rank as `rank` says; the order of `summaries` does not matter. A continued story with nothing new is left
    out, and so is what does not fit: the `unwritten` stories, which come after all others.
    """
    told_of = {summary.story.id: summary for summary in summaries}
    ranked = rank([summary.story for summary in summaries], frame.cutoff, topics)
    pairs = [(one, told_of[one.story.id]) for one in ranked]
    entries = [(one, summary) for one, summary in pairs if summary.sentences]
    quiet = [one.left_out(summary.headline, _silence(summary)) for one, summary in pairs if not summary.sentences]
    beyond = f"beyond the {most} {'story' if most == 1 else 'stories'} an edition holds"
    surplus = [one.left_out(summary.headline, beyond) for one, summary in entries[most:]]
    surplus += [one.left_out(label(one.story.groups[0].lead), beyond) for one in unwritten]
    left_out = sorted(quiet, key=lambda story: story.story) + surplus
    order = {topic.name: place for place, topic in reversed(list(enumerate(topics)))}
    sections = sorted((_entry(*pair) for pair in entries[:most]), key=lambda entry: order.get(entry.topic, len(topics)))
    return Edition(
        frame.title,
        frame.night,
        frame.cutoff,
        tuple(sections),
        tuple(left_out),
        frame.counts,
        frame.failed_sources,
        frame.rejects,
    )


def _ranked(story: Story, cutoff: datetime, topics: Sequence[TopicConfig]) -> Ranked:
    dates = [article.published for article in story.articles if article.published]
    first, last = min(dates, default=None), max(dates, default=None)
    about = topics_of(story, topics)
    merits = _merits(story, last, cutoff)
    score = round(sum(merit.points for merit in merits), 6)
    if about:
        score += about[0].weight
        merits = (*merits, Merit(f"topic {about[0].name}", about[0].weight))
    return Ranked(story, score, merits, first, last, tuple(topic.name for topic in about))


def _entry(ranked: Ranked, summary: Summary) -> Entry:
    return Entry(summary, ranked.score, ranked.first, ranked.last, ranked.topics, ranked.merits)


def _merits(story: Story, updated: datetime | None, cutoff: datetime) -> tuple[Merit, ...]:
    """Independent outlets, plus a little for reprints and for freshness."""
    independent = len({group.lead.source or group.lead.id for group in story.groups})
    copies = len(story.articles) - len(story.groups)
    age = (cutoff - updated) / FRESH_FOR if updated else 1.0
    freshness = min(max(1.0 - age, 0.0), 1.0)
    return (
        Merit(f"outlets in their own words: {independent}", independent),
        Merit(f"reprints: {copies}", COPY_WEIGHT * log1p(copies)),
        Merit(f"freshness {freshness:.2f} of 1", FRESH_WEIGHT * freshness),
    )


def _silence(summary: Summary) -> str:
    """Why a story has nothing to say."""
    before = summary.story.continues
    return f"nothing new since the edition of {before.night.isoformat()}" if before else "no sentence fit to print"
