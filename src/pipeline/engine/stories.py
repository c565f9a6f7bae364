"""Stories of more articles than one machine reads in a night: what `stages.cluster` does, over many blocks.

Texts are read, and their vectors stay, where they lie. Ranges of terms are counted by a part each; pairs are proposed,
compared and judged as `folding` pairs and verifies copies. Which of them join is decided by one worker that has pairs
and scores, and no text: most texts of a night hang together by some pairs, so that no part of them could be decided on
alone.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.clustering.background import Background
from pipeline.clustering.linkage import ScoredPairs
from pipeline.clustering.proposals import BANDING, FEW_TEXTS
from pipeline.clustering.texts import TITLE_WORDS, Fields, Readings, Titles, fields_together, read_each
from pipeline.clustering.vectors import Floats, Rows
from pipeline.engine import judging, matching, proposing, terms
from pipeline.engine.columns import Columns, dealt, in_row_order, joined
from pipeline.engine.folding import OTHERS_AT_ONCE, FoldedBlocks
from pipeline.engine.numbering import Homes, Ids, IndexPart, bounds_of
from pipeline.engine.tables import Table, articles_at, in_blocks, table_of
from pipeline.engine.workers import Grid, Held, Reference, Workers, turned
from pipeline.records import CopyGroup
from pipeline.stages.cluster import medoid_first, story_id, story_numbers
from pipeline.text.words import words

DRAWS_AT_ONCE = 10_000
"""Pairs that are judged together while stories join: their texts are on one worker."""
MEMBERS = pa.schema([("group", pa.large_string()), ("story", pa.large_string()), ("place", pa.int64())])
"""The group that an article leads, its story, and its place in it, the medoid first."""
STORIES = pa.schema([("id", pa.large_string()), ("story", pa.large_string())])


class Leads(NamedTuple):
    """The leads of a block by their rows, which ascend: how many articles each stands for, and ids."""

    rows: Rows
    voices: Rows
    ids: Ids


class Chosen(NamedTuple):
    """The leads of all blocks, numbered in the order of their ids.

    For each block what `leads_by_block` gives of it, the block of every row, and the first row of each part of the
    index, and how many texts there are.
    """

    pieces: Grid
    home: Reference
    starts: list[int]
    texts: int


class Members(NamedTuple):
    """Texts of some stories by their rows: the story's number, the id, and what tells how near they are to others."""

    rows: Rows
    stories: Rows
    ids: Ids
    tonight: Fields
    words: Rows


def group_blocks(workers: Workers, blocks: Sequence[Reference], folded: FoldedBlocks) -> list[Reference]:
    """The story of every article of the blocks, as STORIES: part by part, and in each story by story, by story id.

    Groups and stories are those that `stages.cluster.cluster` makes without earlier nights.
    """
    count, index = len(blocks), folded.numbered
    sizes = workers.take([workers.call(leads_in, groups) for groups in folded.groups])
    starts = [sum(sizes[:part]) for part in range(count)]
    made = [
        workers.split(count + 1, leads_by_block, part, start, groups, count)
        for part, start, groups in zip(index.parts, starts, folded.groups, strict=True)
    ]
    home = workers.call(homes_together, [each[-1] for each in made])
    chosen = Chosen(turned([each[:-1] for each in made]), home, starts, sum(sizes))
    members = stories_of(workers, blocks, chosen, Background())
    dealt_out = turned(
        [
            workers.split(count, by_story, groups, pieces, count)
            for groups, pieces in zip(folded.groups, members, strict=True)
        ]
    )
    return [workers.call(in_story_order, pieces) for pieces in dealt_out]


def grouped(
    workers: Workers, groups: Sequence[CopyGroup], background: Background, in_a_block: int
) -> list[list[CopyGroup]]:
    """The groups of each of tonight's stories, the medoid first; `groups` are here, ordered by their leads' ids."""
    blocks, pieces, starts = [], [], []
    for some in in_blocks(list(enumerate(groups)), in_a_block):
        blocks.append(workers.keep(table_of([group.lead for _, group in some])))
        rows = np.array([row for row, _ in some], dtype=np.int64)
        voices = np.array([len(group.articles) for _, group in some], dtype=np.int64)
        pieces.append([workers.keep((np.arange(len(some)), rows, voices))])
        starts.append(some[0][0])
    home = workers.keep((np.arange(len(groups)) // in_a_block).astype(np.int32))
    members = stories_of(workers, blocks, Chosen(pieces, home, starts, len(groups)), background)
    by_lead = {group.lead.id: group for group in groups}
    found: dict[str, list[tuple[int, CopyGroup]]] = {}
    tables = workers.take([piece for pieces in members for piece in pieces])
    for row in (row for table in tables for row in table.to_pylist()):
        found.setdefault(row["story"], []).append((row["place"], by_lead[row["group"]]))
    return [[group for _, group in sorted(each, key=lambda one: one[0])] for each in found.values()]


def stories_of(workers: Workers, blocks: Sequence[Reference], chosen: Chosen, background: Background) -> Grid:
    """The stories of some articles of every block, as pieces of MEMBERS for each part of the index."""
    count, home = len(blocks), chosen.home
    titles = [workers.call(titles_of, block, pieces) for block, pieces in zip(blocks, chosen.pieces, strict=True)]
    read = [
        workers.split(2, read_leads, block, pieces, titles) for block, pieces in zip(blocks, chosen.pieces, strict=True)
    ]
    leads = [each[0] for each in read]
    texts = _vectors(workers, read, chosen.texts, background)
    pairs = _proposed(workers, texts, chosen)
    near, around, scores = _judged(workers, texts, pairs, chosen)
    held = Held((home, around, *texts, *near))
    labels = workers.inside(story_of_each, held, leads, scores)
    members = turned(
        [workers.split(count, members_by_part, *of_block, labels, count) for of_block in zip(leads, texts, strict=True)]
    )
    starts = workers.keep(np.array(chosen.starts, dtype=np.int64))
    return turned([workers.split(count, stories_in, pieces, starts) for pieces in members])


def _vectors(workers: Workers, read: Grid, texts: int, background: Background) -> list[Reference]:
    """Every block's texts as vectors, weighed by how rare terms are in all."""
    count = len(read)
    bounds = bounds_of(workers.take([workers.call(terms.some_terms, readings) for _, readings in read]), count)
    by_range = turned([workers.split(count, terms.terms_by_range, readings, bounds) for _, readings in read])
    counted = [workers.split(count + 1, terms.counted, pieces) for pieces in by_range]
    numbering = workers.keep(terms.numbering_of(workers.take([each[-1] for each in counted]), texts))
    usual = workers.keep(background)
    answers = turned([each[:-1] for each in counted])
    return [
        workers.call(vectors_at, leads, readings, of_block, numbering, usual)
        for (leads, readings), of_block in zip(read, answers, strict=True)
    ]


def _proposed(workers: Workers, texts: Sequence[Reference], chosen: Chosen) -> list[Reference]:
    """Every block's pairs worth comparing, packed: those whose later row it has."""
    count, home = len(texts), chosen.home
    if chosen.texts <= FEW_TEXTS:
        return [workers.call(proposing.every_pair, block) for block in texts]
    signed = [workers.call(proposing.signed, block) for block in texts]
    entries = turned([workers.split(count, proposing.telling_entries, block, count) for block in signed])
    pairs = [
        workers.split(count + 1, matching.pairs_by_block, pieces, home, count, BANDING.largest)[:-1]
        for pieces in entries
    ]
    asked, answers = _asked(workers, turned(pairs), home, signed, proposing.signatures_at)
    agreeing = _by_others(workers, proposing.agreeing, signed, asked, answers)
    levels = turned([workers.split(count, proposing.levels_by_block, pieces, home, count) for pieces in agreeing])
    floors = workers.call(
        in_row_order,
        [workers.call(proposing.floors_in, *of_block) for of_block in zip(signed, agreeing, levels, strict=True)],
    )
    return [workers.call(proposing.among_nearest, pieces, floors) for pieces in agreeing]


def _judged(
    workers: Workers, texts: Sequence[Reference], pairs: Sequence[Reference], chosen: Chosen
) -> tuple[list[Reference], Reference, list[Reference]]:
    """Which texts are near to each, block by block, what surrounds all, and pairs with their scores."""
    count, home = len(texts), chosen.home
    asked, answers = _asked(workers, [[each] for each in pairs], home, texts, judging.texts_at)
    found = _by_others(workers, judging.likenesses, texts, asked, answers)
    mirrored = turned([workers.split(count, judging.alike_by_block, pieces, home, count) for pieces in found])
    alike = [
        workers.split(2, judging.alike_in, *of_block, chosen.texts)
        for of_block in zip(texts, found, mirrored, strict=True)
    ]
    totals = workers.call(in_row_order, [each[1] for each in alike])
    made = [
        workers.split(2, judging.surroundings_of, block, each[0], totals)
        for block, each in zip(texts, alike, strict=True)
    ]
    around = workers.call(in_row_order, [each[1] for each in made])
    near = [each[0] for each in made]
    questions = turned([each[count:] for each in asked])
    near_answers = turned(
        [workers.split(count, judging.near_at, block, rows) for block, rows in zip(near, questions, strict=True)]
    )
    scores = [
        workers.call(judging.scored, block, piece, answer[at : at + OTHERS_AT_ONCE], around)
        for block, pieces, answer in zip(near, found, near_answers, strict=True)
        for at, piece in zip(range(0, count, OTHERS_AT_ONCE), pieces, strict=True)
    ]
    return near, around, scores


def _asked(
    workers: Workers, pairs: Grid, home: Reference, blocks: Sequence[Reference], answer: Callable[..., object]
) -> tuple[Grid, Grid]:
    """What each block asks about the earlier rows of its pairs, as `matching.asked_rows` gives it, and the answers."""
    count = len(blocks)
    asked = [workers.split(2 * count, matching.asked_rows, pieces, home, count) for pieces in pairs]
    questions = turned([each[count:] for each in asked])
    answers = [workers.split(count, answer, block, rows) for block, rows in zip(blocks, questions, strict=True)]
    return asked, turned(answers)


def _by_others(
    workers: Workers, compare: Callable[..., object], blocks: Sequence[Reference], asked: Grid, answers: Grid
) -> Grid:
    """Every block's pairs compared, with what it was told by a few other blocks at a time."""
    count = len(blocks)
    return [
        [
            workers.call(compare, block, pairs[at : min(at + OTHERS_AT_ONCE, count)], answer[at : at + OTHERS_AT_ONCE])
            for at in range(0, count, OTHERS_AT_ONCE)
        ]
        for block, pairs, answer in zip(blocks, asked, answers, strict=True)
    ]


def leads_in(groups: Table) -> int:
    """How many groups a part of the index has."""
    return int(pc.sum(groups["lead"]).as_py() or 0)


def leads_by_block(part: IndexPart, start: int, groups: Table, blocks: int) -> list[object]:
    """For each block the rows of it that lead a group, their numbers, and how many articles the group has.

    Last, the block of each lead. `start` is the number of the first.
    """
    leads = groups.filter(groups["lead"])["id"].combine_chunks()
    at = pc.index_in(leads, part.ids).to_numpy().astype(np.int64)
    # A lead stands before its copies, and groups follow each other by the ids of their leads.
    firsts = np.flatnonzero(groups["lead"].to_numpy())
    voices = np.diff(np.append(firsts, len(groups)))
    pieces = dealt(part.blocks[at], blocks, part.offsets[at], start + np.arange(len(at)), voices)
    return [*pieces, part.blocks[at].astype(np.int32)]


def homes_together(parts: Sequence[Homes]) -> Homes:
    """The block of every row."""
    return np.concatenate(list(parts))


def titles_of(table: Table, pieces: Sequence[Columns]) -> Ids:
    """The leads' titles that are long enough to know a link by, as comparable words between blanks."""
    offsets = joined(pieces)[0]
    titles = table.column("title").take(pa.array(offsets)).to_pylist()
    return pa.array([" ".join(found) for found in map(words, titles) if len(found) >= TITLE_WORDS], pa.large_string())


def read_leads(table: Table, pieces: Sequence[Columns], titles: Sequence[Ids]) -> tuple[Leads, Readings]:
    """The leads of a block, and what they say."""
    offsets, rows, voices = joined(pieces)
    order = np.argsort(rows)
    articles = articles_at(table, offsets[order])
    ids = pa.array([one.id for one in articles], pa.large_string())
    tonight = Titles(title.split(" ") for some in titles for title in some.to_pylist())
    return Leads(rows[order], voices[order], ids), read_each(articles, tonight)


def vectors_at(
    leads: Leads,
    read: Readings,
    answers: Sequence[Sequence[Columns]],
    numbering: terms.Numbering,
    background: Background,
) -> judging.TextsAt:
    """A block's texts as vectors."""
    return judging.TextsAt(leads.rows, terms.vectors_of(read, answers, numbering, background))


def story_of_each(workers: Workers, held: Held, leads: Sequence[Leads], pieces: Sequence[Columns]) -> Rows:
    """The number of every row's story. A plan: pairs that nobody scored are judged by others when it comes to them.

    `held` are the block of every row, what surrounds all, and all blocks' texts and which are near to them.
    """
    home, around, *rest = held.references
    (homes,) = workers.take([home])
    texts, near = rest[: len(rest) // 2], rest[len(rest) // 2 :]

    def judge(left: Rows, right: Rows) -> Floats:
        scores = []
        for at in range(0, len(left), DRAWS_AT_ONCE):
            pairs = left[at : at + DRAWS_AT_ONCE], right[at : at + DRAWS_AT_ONCE]
            rows = np.unique(np.concatenate(pairs))
            found = [
                workers.call(judging.chosen_texts, texts[block], near[block], rows)
                for block in np.unique(homes[rows]).tolist()
            ]
            scores.append(workers.call(judging.judged, found, around, pairs))
        return np.concatenate(workers.take(scores))

    (voices,) = in_row_order([(each.rows, each.voices) for each in leads])
    return story_numbers(voices, ScoredPairs(*proposing.scores_of(pieces)), judge)


def members_by_part(leads: Leads, block: judging.TextsAt, labels: Rows, parts: int) -> list[Members]:
    """A block's leads for the parts that put their stories in order."""
    stories, texts = labels[leads.rows], block.texts
    return [
        Members(rows, labels[rows], leads.ids.take(pa.array(at)), texts.tonight.at(at), texts.words[at])
        for at, rows in dealt(stories % parts, parts, np.arange(len(stories)), leads.rows)
    ]


def stories_in(pieces: Sequence[Members], starts: Rows) -> list[Table]:
    """The order of some stories' members, as MEMBERS for each part of the index; `starts` are the parts' first rows."""
    rows, stories, words_of = joined([(piece.rows, piece.stories, piece.words) for piece in pieces])
    order = np.lexsort((rows, stories))
    rows, stories, words_of = rows[order], stories[order], words_of[order]
    ids = pa.concat_arrays([piece.ids for piece in pieces]).take(pa.array(order)).to_pylist()
    tonight = fields_together([piece.tonight for piece in pieces]).at(order)
    names, places = [""] * len(rows), np.zeros(len(rows), dtype=np.int64)
    bounds = np.unique(stories, return_index=True)[1]
    for start, end in zip(bounds.tolist(), np.append(bounds, len(rows))[1:].tolist(), strict=True):
        names[start:end] = [story_id(ids[start:end])] * (end - start)
        places[medoid_first(tonight, words_of, range(start, end))] = np.arange(end - start)
    found = pa.table([ids, names, places], MEMBERS).combine_chunks()
    targets = np.searchsorted(starts, rows, side="right") - 1
    return [found.take(pa.array(at)) for (at,) in dealt(targets, len(starts), np.arange(len(rows)))]


def by_story(groups: Table, pieces: Sequence[Table], parts: int) -> list[Table]:
    """A part's articles with their stories, dealt out by ranges of story ids: each group whole and in order."""
    members = pa.concat_tables(pieces)
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
