"""Stories of more articles than one core reads in a night: reading and scoring go to all workers.

Texts are read where they lie. What comes of them, vectors of numbers, is put together on one worker, as terms are as
rare as all of tonight makes them: that worker's machine has to hold about 30 kB for each text that is no copy.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.clustering.background import Background
from pipeline.clustering.linkage import ScoredPairs
from pipeline.clustering.proposals import proposed
from pipeline.clustering.similarity import Context, resemblances, usual_background
from pipeline.clustering.texts import TITLE_WORDS, Readings, Texts, Titles, read_each, texts_of, together
from pipeline.clustering.vectors import Floats, Rows
from pipeline.engine.columns import Columns, dealt, joined
from pipeline.engine.folding import FoldedBlocks
from pipeline.engine.numbering import Ids, IndexPart
from pipeline.engine.tables import Table, articles_at, in_blocks, table_of
from pipeline.engine.workers import Reference, Workers, turned
from pipeline.records import CopyGroup
from pipeline.stages.cluster import clusters, story_id
from pipeline.text.words import words

SLICES_A_CORE = 4
MEMBERS = pa.schema([("group", pa.large_string()), ("story", pa.large_string()), ("place", pa.int64())])
"""The group that an article leads, its story, and its place in it, the medoid first."""
STORIES = pa.schema([("id", pa.large_string()), ("story", pa.large_string())])


class ReadLeads(NamedTuple):
    """What a block's leads say: their rows, how many articles each stands for, their ids, and the readings."""

    rows: Rows
    voices: Rows
    ids: Ids
    readings: Readings


class Leads(NamedTuple):
    """All leads in the order of their rows: ids and how many articles each stands for."""

    ids: Ids
    voices: Rows


def group_blocks(workers: Workers, blocks: Sequence[Reference], folded: FoldedBlocks) -> list[Reference]:
    """The story of every article of the blocks, as STORIES: part by part, and in each story by story, by story id.

    Groups and stories are those that `stages.cluster.cluster` makes without earlier nights.
    """
    count, index = len(blocks), folded.numbered
    chosen = turned(
        [
            workers.split(count, leads_by_block, part, start, groups, count)
            for part, start, groups in zip(index.parts, index.starts, folded.groups, strict=True)
        ]
    )
    members = stories_of(workers, blocks, chosen, Background())
    dealt_out = turned([workers.split(count, by_story, groups, members, count) for groups in folded.groups])
    return [workers.call(in_story_order, pieces) for pieces in dealt_out]


def grouped(
    workers: Workers, groups: Sequence[CopyGroup], background: Background, in_a_block: int
) -> list[list[CopyGroup]]:
    """The groups of each of tonight's stories, the medoid first; `groups` are here, ordered by their leads' ids."""
    blocks, chosen = [], []
    for some in in_blocks(list(enumerate(groups)), in_a_block):
        blocks.append(workers.keep(table_of([group.lead for _, group in some])))
        rows = np.array([row for row, _ in some], dtype=np.int64)
        voices = np.array([len(group.articles) for _, group in some], dtype=np.int64)
        chosen.append([workers.keep((np.arange(len(some)), rows, voices))])
    (members,) = workers.take([stories_of(workers, blocks, chosen, background)])
    by_lead = {group.lead.id: group for group in groups}
    found: dict[str, list[CopyGroup]] = {}
    for row in members.to_pylist():
        found.setdefault(row["story"], []).append(by_lead[row["group"]])
    return list(found.values())


def stories_of(
    workers: Workers, blocks: Sequence[Reference], chosen: Sequence[Sequence[Reference]], background: Background
) -> Reference:
    """The stories of some articles of every block, as MEMBERS: `chosen` as `leads_by_block` gives them."""
    titles = [workers.call(titles_of, block, pieces) for block, pieces in zip(blocks, chosen, strict=True)]
    read = [workers.call(read_leads, block, pieces, titles) for block, pieces in zip(blocks, chosen, strict=True)]
    texts, pairs, leads = workers.split(3, all_texts, read, background)
    slices = SLICES_A_CORE * workers.cores
    alike = [workers.call(alike_in, texts, pairs, at, slices) for at in range(slices)]
    context = workers.call(context_of, texts, pairs, alike)
    scores = [workers.call(scores_in, context, pairs, at, slices) for at in range(slices)]
    return workers.call(members_of, texts, leads, pairs, scores, context)


def leads_by_block(part: IndexPart, start: int, groups: Table, blocks: int) -> list[Columns]:
    """For each block the rows of it that lead a group, their row numbers, and how many articles the group has."""
    leads = groups.filter(groups["lead"])["id"].combine_chunks()
    at = pc.index_in(leads, part.ids).to_numpy().astype(np.int64)
    # A lead stands before its copies, and groups follow each other.
    firsts = np.flatnonzero(groups["lead"].to_numpy())
    voices = np.diff(np.append(firsts, len(groups)))
    return dealt(part.blocks[at], blocks, part.offsets[at], start + at, voices)


def titles_of(table: Table, pieces: Sequence[Columns]) -> Ids:
    """The leads' titles that are long enough to know a link by, as comparable words between blanks."""
    offsets = joined(pieces)[0]
    titles = table.column("title").take(pa.array(offsets)).to_pylist()
    return pa.array([" ".join(found) for found in map(words, titles) if len(found) >= TITLE_WORDS], pa.large_string())


def read_leads(table: Table, pieces: Sequence[Columns], titles: Sequence[Ids]) -> ReadLeads:
    """What the leads of a block say."""
    offsets, rows, voices = joined(pieces)
    articles = articles_at(table, offsets)
    tonight = Titles(title.split(" ") for some in titles for title in some.to_pylist())
    return ReadLeads(
        rows, voices, pa.array([one.id for one in articles], pa.large_string()), read_each(articles, tonight)
    )


def all_texts(parts: Sequence[ReadLeads], background: Background) -> tuple[Texts, Rows, Leads]:
    """The vectors of all leads in the order of their rows, the pairs worth comparing, and the leads."""
    order = np.argsort(np.concatenate([part.rows for part in parts]))
    readings = together([part.readings for part in parts]).in_order(order)
    texts = texts_of(readings, usual_background(background))
    ids = pa.concat_arrays([part.ids for part in parts]).take(pa.array(order))
    return texts, proposed(texts), Leads(ids, np.concatenate([part.voices for part in parts])[order])


def alike_in(texts: Texts, pairs: Rows, at: int, slices: int) -> tuple[Floats, Floats]:
    """How alike the texts of a slice of the pairs are."""
    return resemblances(texts, _slice(pairs, at, slices))


def context_of(texts: Texts, pairs: Rows, alike: Sequence[tuple[Floats, Floats]]) -> Context:
    """The surroundings of all texts."""
    tonight, usual = (np.concatenate(column) for column in zip(*alike, strict=True))
    return Context(texts, pairs, (tonight, usual))


def scores_in(context: Context, pairs: Rows, at: int, slices: int) -> Floats:
    """How likely the two texts of each pair of a slice report one event."""
    some = _slice(pairs, at, slices)
    return context.similarity(some[:, 0], some[:, 1])


def members_of(texts: Texts, leads: Leads, pairs: Rows, scores: Sequence[Floats], context: Context) -> Table:
    """The stories that the scored pairs make."""
    scored = ScoredPairs(pairs, np.concatenate(list(scores)))
    found = clusters(texts, leads.voices.tolist(), scored, context)
    ids = leads.ids.to_pylist()
    names = [story_id([ids[row] for row in rows]) for rows in found]
    return pa.table(
        [
            [ids[row] for rows in found for row in rows],
            [name for name, rows in zip(names, found, strict=True) for _ in rows],
            [place for rows in found for place in range(len(rows))],
        ],
        MEMBERS,
    )


def by_story(groups: Table, members: Table, parts: int) -> list[Table]:
    """A part's articles with their stories, dealt out by ranges of story ids: each group whole and in order."""
    at = pc.index_in(groups["group"].combine_chunks(), members["group"].combine_chunks())
    found = pa.table(
        {"id": groups["id"], "story": members["story"].take(at), "place": members["place"].take(at)}
    ).combine_chunks()
    # Ids are hashes: their first digits are spread evenly.
    first = np.array([int(name[1:5], 16) for name in found["story"].to_pylist()], dtype=np.int64)
    rows = dealt(first * parts >> 16, parts, np.arange(len(first)))
    return [found.take(pa.array(chosen)) for (chosen,) in rows]


def in_story_order(pieces: Sequence[Table]) -> Table:
    """The articles of a range of story ids: story by story, group by group, leads before their copies."""
    found = pa.concat_tables(pieces).combine_chunks()
    # Stable: inside a group the order is that of the part that it came from.
    order = pc.sort_indices(found, [("story", "ascending"), ("place", "ascending")])
    return found.take(order).select(STORIES.names)


def _slice(pairs: Rows, at: int, slices: int) -> Rows:
    """One of so many slices of the pairs."""
    return pairs[len(pairs) * at // slices : len(pairs) * (at + 1) // slices]
