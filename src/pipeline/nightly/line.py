"""The line up to the edition: the order of the stages, and what each of them gave kept for a run that goes on."""

from collections.abc import Generator, Sequence
from dataclasses import replace

from pipeline.clustering.background import NOTHING
from pipeline.clustering.following import within_reach
from pipeline.clustering.texts import usual_terms
from pipeline.mail.audience import choices
from pipeline.minhash.memory import open_memory
from pipeline.nightly.desk import Desk
from pipeline.nightly.sources import fetched_for, gathered_for
from pipeline.nightly.steps import Step
from pipeline.records import Article, CopyGroup, Counts, Echo, Edition, Story, Summary, Telling
from pipeline.stages.edit import Frame, edit, rank
from pipeline.stages.fetch import Fetched
from pipeline.stages.recall import recall
from pipeline.stages.render import Archive, render
from pipeline.store.core import Store
from pipeline.store.references import (
    GroupRow,
    StoryRow,
    SummaryRow,
    group_rows,
    groups,
    stories,
    story_rows,
    summaries,
    summary_rows,
)
from pipeline.store.rows import Night

CHECKPOINTS = ("began", "fetch", "feeds", "articles", "clean", "dedupe", "recall", "cluster", "summarise")
"""The names under which results are kept, each made of those before it."""


def line(desk: Desk) -> Generator[Step, None, Night]:
    """The line up to the edition: each step is done when it has been yielded."""
    config, progress = desk.config, desk.progress
    with progress.stage("fetch") as tally:
        fetched = Fetched() if desk.backfill else fetched_for(desk)
        tally |= {"feeds": len(fetched.states), "failed": len(fetched.failures)}
    yield Step.INGEST
    with progress.stage("clean") as tally:
        gathered = gathered_for(desk, fetched)
        tally |= _account(gathered.counts)
    yield Step.CLEAN
    with progress.stage("dedupe") as tally:
        folded = _folded(desk, gathered.articles)
        copies = len(gathered.articles) - len(folded)
        tally |= {"articles": len(gathered.articles), "copies": copies}
    yield Step.DEDUPE
    with progress.stage("recall") as tally:
        echoes = _echoes(desk, gathered.articles)
        tally["repeats"] = len(echoes)
    with progress.stage("cluster") as tally:
        found = _stories(desk, folded, echoes)
        tally["stories"] = len(found)
    yield Step.CLUSTER
    ranked = rank(found, desk.moment.cutoff, config.topics)
    with progress.stage("summarise") as tally:
        told = _summaries(desk, [one.story for one in ranked])
        tally["digests"] = sum(bool(one.sentences) for one in told)
    yield Step.SUMMARISE
    counts = replace(gathered.counts, copies=copies, stories=len(found))
    frame = Frame(
        config.title, desk.moment.night, desk.moment.cutoff, counts, gathered.failed_sources, gathered.rejects
    )
    edition = edit(told, frame, config.edition.stories, config.topics, ranked[len(told) :])
    yield Step.EDIT
    archive = Archive(_told_before(edition, desk.store), config.archive_url or "")
    with progress.stage("render") as tally:
        rendered = render(edition, config.zone, archive, choices(config.mail))
        tally["stories"] = len(edition.entries)
    # The articles of a backfilled night have been counted when they came in.
    terms = NOTHING if desk.backfill else NOTHING.with_texts(map(usual_terms, gathered.articles))
    kept = (gathered.feeds, gathered.files)
    return Night(edition, rendered, gathered.articles, found, echoes, terms, *kept)


def _account(counts: Counts) -> dict[str, int]:
    """What became of the items that came in."""
    return {name: getattr(counts, name) for name in ("items", "articles", "rejected", "repeats", "seen")}


def _folded(desk: Desk, articles: Sequence[Article]) -> tuple[CopyGroup, ...]:
    """The night's copy groups."""
    rows = desk.checkpoints.load("dedupe", GroupRow)
    if rows is not None:
        return groups(rows, {article.id: article for article in articles})
    copies = desk.config.copies
    folded = desk.moment.engine.dedupe(articles, copies.threshold, copies.preferred_sources)
    if folded.capped:
        desk.progress.say(f"{folded.capped} sets of look-alikes were too large to compare each with each")
    desk.checkpoints.save("dedupe", group_rows(folded.groups))
    return folded.groups


def _echoes(desk: Desk, articles: Sequence[Article]) -> tuple[Echo, ...]:
    """Which articles repeat those of earlier nights."""
    kept = desk.checkpoints.load("recall", Echo)
    if kept is not None:
        return tuple(kept)

    def earlier(ids: Sequence[str]) -> tuple[Article, ...]:
        return desk.store.articles(list(_told(desk, ids)))

    memory = open_memory(desk.config.signature_folder)
    echoes = recall(articles, memory, earlier, desk.config.copies.threshold)
    desk.checkpoints.save("recall", echoes)
    return echoes


def _told(desk: Desk, ids: Sequence[str]) -> dict[str, str]:
    """The story of each of these articles that a remembered night told."""
    return desk.store.stories_with(ids, desk.remembered, desk.moment.night)


def _stories(desk: Desk, folded: Sequence[CopyGroup], echoes: Sequence[Echo]) -> tuple[Story, ...]:
    """The night's stories, tied to those of earlier nights."""
    night, store = desk.moment.night, desk.store
    past = store.past_stories(desk.remembered, night)
    rows = desk.checkpoints.load("cluster", StoryRow)
    if rows is not None:
        return stories(rows, {group.lead.id: group for group in folded}, {story.id: story for story in past})
    told = _told(desk, [echo.earlier for echo in echoes])
    repeated = {echo.article: told[echo.earlier] for echo in echoes}
    near = within_reach(past, set(repeated.values()))
    if len(near) < len(past):
        desk.progress.say(f"{len(past) - len(near):,} earlier stories are too many to be gone on with tonight")
    found = desk.moment.engine.cluster(folded, near, repeated, store.background(night))
    desk.checkpoints.save("cluster", story_rows(found))
    return found


def _summaries(desk: Desk, ranked: Sequence[Story]) -> tuple[Summary, ...]:
    """Digests of the first stories, as many as it takes to fill the edition: some may have nothing new to tell."""
    rows = desk.checkpoints.load("summarise", SummaryRow) or []
    done = list(summaries(rows, {story.id: story for story in ranked}))
    engine, most = desk.moment.engine, desk.config.edition.stories
    summarise = engine.summariser(desk.config.digest, desk.progress)
    with desk.progress.counting("digests", min(most, len(ranked))) as advance:
        advance(len(done))
        while (room := most - sum(bool(one.sentences) for one in done)) > 0:
            portion = ranked[len(done) : len(done) + min(room, engine.portion)]
            if not portion:
                break
            done += summarise(portion)
            desk.checkpoints.save("summarise", summary_rows(done))
            advance(len(portion))
    return tuple(done)


def _told_before(edition: Edition, store: Store) -> dict[str, tuple[Telling, ...]]:
    """How earlier editions told each story of this one, by the story's id; under all ids that it had or takes in."""
    stories = [entry.summary.story for entry in edition.entries]
    return {
        story.id: store.told_before(
            [story.id, *([story.continues.id] if story.continues else ()), *story.aliases], edition.night
        )
        for story in stories
    }
