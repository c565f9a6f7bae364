"""The plan of folding copies over many blocks of articles: what each part does, and what goes from part to part.

As many parts look after ids, fingerprints, keys and families as there are blocks. Texts never leave their block; only
the shingles of texts that are to be verified do. The functions decide nothing of their own: they call what
`stages.dedupe` calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.engine import deciding, matching, numbering, sketching
from pipeline.engine.tables import in_blocks, table_of
from pipeline.engine.workers import Grid, Reference, Workers, turned
from pipeline.errors import NewsfoldError
from pipeline.minhash.grouping import Folded
from pipeline.minhash.search import BANDING
from pipeline.records import Article
from pipeline.stages.dedupe import Deduplication, VerifiedPair, groups_of

OTHERS_AT_ONCE = 16
"""Blocks whose signatures a worker holds beside those of its own."""
Repeats = list[tuple[int, int, int, int]]
"""Articles whose id an earlier one has: block and row of each, then those of the first."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """The parts of the index, the first row of each, every row's home, and for each block the rows that it has."""

    parts: list[Reference]
    starts: list[int]
    home: Reference
    rows: Grid
    repeats: Repeats


@dataclass(frozen=True, slots=True)
class FoldedBlocks:
    """References to groups (`deciding.GROUPS`) and alike pairs (`deciding.PAIRS`), part by part in the order of ids."""

    numbered: Numbered
    groups: list[Reference]
    pairs: list[Reference]
    capped: int


def fold_blocks(
    workers: Workers, blocks: Sequence[Reference], threshold: float, preferred: Sequence[str] = ()
) -> FoldedBlocks:
    """The copy groups of all articles of the blocks, which are tables (`tables.SCHEMA`); one block at least.

    Groups and pairs are those that `stages.dedupe.dedupe` gives, and so is what else the arguments mean.
    """
    count = len(blocks)
    numbered = _numbered(workers, blocks)
    sketched = _sketched(workers, blocks, numbered)
    twins = _twins(workers, sketched)
    pairs, capped = _pairs(workers, sketched, twins, numbered.home)
    copies = _verified(workers, blocks, sketched, pairs, (numbered.home, threshold))
    labels = workers.split(
        count, matching.labels_by_block, _forest(workers, sketched, twins, copies), numbered.home, count
    )
    of_all = (tuple(preferred), count)
    shares = [
        workers.split(count, deciding.families_by_part, *of_block, of_all)
        for of_block in zip(blocks, sketched, twins, copies, labels, strict=True)
    ]
    starts = workers.keep(np.array(numbered.starts, dtype=np.int64))
    decided = [workers.split(count + 1, deciding.decided, pieces, starts, threshold) for pieces in turned(shares)]
    groups, alike = _named(workers, numbered, turned([each[:-1] for each in decided]), starts)
    cut = sum(workers.take([*capped, *(each[-1] for each in decided)]))
    return FoldedBlocks(numbered, groups, alike, cut)


def deduplicated(
    workers: Workers, articles: Sequence[Article], threshold: float, preferred: Sequence[str], in_a_block: int
) -> Deduplication:
    """What `stages.dedupe.dedupe` gives of articles that are here, folded by the workers; ids must be distinct."""
    ordered = sorted(articles, key=lambda article: article.id)
    blocks = [workers.keep(table_of(some)) for some in in_blocks(ordered, in_a_block)]
    found = fold_blocks(workers, blocks, threshold, preferred)
    rows = {article.id: row for row, article in enumerate(ordered)}
    groups = pa.concat_tables(workers.take(found.groups))
    order = np.array([rows[one] for one in groups["id"].to_pylist()], dtype=np.int64)
    leads, jaccard, containment = np.empty(len(rows), dtype=np.int64), np.empty(len(rows)), np.empty(len(rows))
    leads[order] = [rows[one] for one in groups["group"].to_pylist()]
    jaccard[order], containment[order] = groups["similarity"].to_numpy(), groups["containment"].to_numpy()
    pairs = pa.concat_tables(workers.take(found.pairs)).to_pylist()
    return Deduplication(
        groups_of(ordered, Folded(leads, jaccard, containment)),
        tuple(VerifiedPair(**pair) for pair in pairs),
        found.capped,
    )


def _numbered(workers: Workers, blocks: Sequence[Reference]) -> Numbered:
    """The index of all ids."""
    count = len(blocks)
    samples = workers.take([workers.call(numbering.some_ids, block) for block in blocks])
    bounds = numbering.bounds_of(samples, count)
    keys = turned([workers.split(count, numbering.keys_by_range, block, bounds) for block in blocks])
    parts, sizes, repeats = zip(*(workers.split(3, numbering.index_of, pieces) for pieces in keys), strict=True)
    sizes_known = workers.take(sizes)
    if sum(sizes_known) > numbering.MOST_ROWS:
        raise NewsfoldError(f"{sum(sizes_known)} articles: {numbering.MOST_ROWS} can be folded at once; fold by parts")
    starts = [sum(sizes_known[:part]) for part in range(count)]
    rows = turned(
        [
            workers.split(count, numbering.rows_by_block, part, start, count)
            for part, start in zip(parts, starts, strict=True)
        ]
    )
    found = [place for columns in workers.take(repeats) for place in zip(*(c.tolist() for c in columns), strict=True)]
    return Numbered(list(parts), starts, workers.call(numbering.home_of, list(parts)), rows, sorted(found))


def _sketched(workers: Workers, blocks: Sequence[Reference], numbered: Numbered) -> list[Reference]:
    """Every block's sketches, less the boilerplate that samples of all blocks show."""
    count = len(blocks)
    publishers = turned([workers.split(count, numbering.publishers_by_part, part, count) for part in numbered.parts])
    samples = turned([workers.split(count, numbering.samples_by_index, pieces) for pieces in publishers])
    chosen = turned(
        [
            workers.split(count, numbering.samples_by_block, part, pieces, count)
            for part, pieces in zip(numbered.parts, samples, strict=True)
        ]
    )
    shingles = turned(
        [
            workers.split(count, sketching.sampled_shingles, block, pieces, count)
            for block, pieces in zip(blocks, chosen, strict=True)
        ]
    )
    boilerplate = [workers.call(sketching.boilerplate_of, pieces) for pieces in shingles]
    return [
        workers.call(sketching.sketched, block, rows, boilerplate)
        for block, rows in zip(blocks, numbered.rows, strict=True)
    ]


def _twins(workers: Workers, sketched: Sequence[Reference]) -> list[Reference]:
    """For every block the first row of the same words of each of its texts."""
    count = len(sketched)
    prints = turned([workers.split(count, sketching.prints_by_part, block, count) for block in sketched])
    first = turned([workers.split(count, sketching.first_rows, pieces) for pieces in prints])
    return [workers.call(sketching.twins_of, block, answers) for block, answers in zip(sketched, first, strict=True)]


def _pairs(
    workers: Workers, sketched: Sequence[Reference], twins: Sequence[Reference], home: Reference
) -> tuple[Grid, list[Reference]]:
    """The candidate pairs for every block, piece by piece, and how many buckets of each part were too large."""
    count = len(sketched)
    entries = turned(
        [
            workers.split(count, sketching.entries_by_part, block, twin, BANDING, count)
            for block, twin in zip(sketched, twins, strict=True)
        ]
    )
    made = [
        workers.split(count + 1, matching.pairs_by_block, pieces, home, count, BANDING.largest) for pieces in entries
    ]
    return turned([pieces[:-1] for pieces in made]), [pieces[-1] for pieces in made]


def _verified(
    workers: Workers,
    blocks: Sequence[Reference],
    sketched: Sequence[Reference],
    pairs: Grid,
    of_all: tuple[Reference, float],
) -> list[Reference]:
    """Every block's verified copies: signatures are asked for what shares a bucket, shingles for what may be a copy."""
    count = len(blocks)
    home, threshold = of_all
    worthy = _worthy(workers, sketched, pairs, home, threshold)
    asked = [workers.split(count + 1, matching.asked_shingles, pieces, home, count) for pieces in worthy]
    questions = turned([each[:-1] for each in asked])
    shingles = turned(
        [
            workers.split(count, matching.shingles_for, *of_block)
            for of_block in zip(blocks, sketched, questions, strict=True)
        ]
    )
    return [
        workers.call(matching.verified, block, sketch, each[-1], answers, home, threshold)
        for block, sketch, each, answers in zip(blocks, sketched, asked, shingles, strict=True)
    ]


def _worthy(workers: Workers, sketched: Sequence[Reference], pairs: Grid, home: Reference, threshold: float) -> Grid:
    """Every block's pairs that are worth verifying: signatures are compared with those of a few blocks at a time.

    Of very many articles a block has candidates among most others, and their signatures are too many for one worker.
    """
    count = len(sketched)
    asked = [workers.split(2 * count, matching.asked_rows, pieces, home, count) for pieces in pairs]
    questions = turned([each[count:] for each in asked])
    signatures = turned(
        [
            workers.split(count, matching.signatures_for, block, requests)
            for block, requests in zip(sketched, questions, strict=True)
        ]
    )
    return [
        [
            workers.call(
                matching.agreed, block, each[at : min(at + OTHERS_AT_ONCE, count)], answers[at : at + OTHERS_AT_ONCE],
                BANDING, threshold,
            )
            for at in range(0, count, OTHERS_AT_ONCE)
        ]
        for block, each, answers in zip(sketched, asked, signatures, strict=True)
    ]  # fmt: skip


def _forest(
    workers: Workers, sketched: Sequence[Reference], twins: Sequence[Reference], copies: Sequence[Reference]
) -> Reference:
    """Which rows hang together, from what each block knows of it, two by two."""
    parts = [workers.call(matching.links_of, *of_block) for of_block in zip(sketched, twins, copies, strict=True)]
    while len(parts) > 1:
        parts = [workers.call(matching.forest, parts[at : at + 2]) for at in range(0, len(parts), 2)]
    return parts[0]


def _named(
    workers: Workers, numbered: Numbered, decided: Grid, starts: Reference
) -> tuple[list[Reference], list[Reference]]:
    """Groups and pairs by ids, part by part."""
    count = len(decided)
    asked = [workers.split(count, deciding.asked_ids, pieces, starts) for pieces in decided]
    answers = turned(
        [
            workers.split(count, numbering.ids_of, part, start, requests)
            for part, start, requests in zip(numbered.parts, numbered.starts, turned(asked), strict=True)
        ]
    )
    made = [
        workers.split(2, deciding.named, part, start, pieces, requests, ids)
        for part, start, pieces, requests, ids in zip(
            numbered.parts, numbered.starts, decided, asked, answers, strict=True
        )
    ]
    return [groups for groups, _ in made], [pairs for _, pairs in made]
