"""Families of copies to groups: each family whole in one part, where it is folded as on one machine."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from pipeline.engine.columns import Columns, dealt, joined
from pipeline.engine.matching import Verified
from pipeline.engine.numbering import Ids, IndexPart
from pipeline.engine.sketching import Sketched
from pipeline.engine.tables import Table, articles_at
from pipeline.minhash.documents import Rows
from pipeline.minhash.grouping import Standings, fold, like_pairs, ranks_of, standings
from pipeline.minhash.overlap import Overlaps
from pipeline.minhash.search import Search

DIGEST_BYTES = 16
GROUPS = pa.schema(
    [
        ("id", pa.large_string()),
        ("group", pa.large_string()),
        ("lead", pa.bool_()),
        ("similarity", pa.float64()),
        ("containment", pa.float64()),
        ("exact", pa.bool_()),
    ]
)
PAIRS = pa.schema([("a", pa.large_string()), ("b", pa.large_string()), ("jaccard", pa.float64())])


class Decided(NamedTuple):
    """What the folding of families gave for one part of the index.

    `groups` are records of lead, row, Jaccard similarity, containment and whether the texts are equal; `members` are
    the rows of the part that were in a family; `pairs` are records of two rows and their similarity.
    """

    groups: Columns
    members: Rows
    pairs: Columns


def families_by_part(
    table: Table, block: Sketched, twins: Rows, copies: Verified, labels: Columns, of_all: tuple[Sequence[str], int]
) -> list[tuple[Columns, Columns]]:
    """A block's share in families of copies for the part that decides on each: its articles, and its verified pairs.

    `labels` are the rows in families with these, `of_all` the preferred sources and the number of parts. The texts
    stay: what of them decides goes along.
    """
    preferred, parts = of_all
    rows, families = labels
    places = block.places(rows)
    articles = articles_at(table, block.offsets[places])
    digests = np.array([_digest(article.text) for article in articles], dtype=np.uint64).reshape(-1, 2)
    members = dealt(families % parts, parts, rows, twins[places], *standings(articles, preferred), *digests.T)
    target = families[np.searchsorted(rows, copies.pairs[:, 1])] % parts
    overlaps = copies.overlaps
    pairs = dealt(target, parts, copies.pairs, overlaps.shared, overlaps.left, overlaps.right)
    return list(zip(members, pairs, strict=True))


def decided(pieces: Sequence[tuple[Columns, Columns]], starts: Rows, threshold: float) -> list[object]:
    """The groups and the alike pairs of some families for each part of the index; last, how many lists were cut.

    `starts` are the first rows of the parts.
    """
    rows, twins, *rest = joined([members for members, _ in pieces])
    order = np.argsort(rows)
    rows, twins, rest = rows[order], twins[order], [column[order] for column in rest]
    named, shared, left, right = joined([pairs for _, pairs in pieces])
    # Rows by their places among these: what is compared is their order alone.
    pairs = np.searchsorted(rows, named)
    by_row = np.lexsort((pairs[:, 1], pairs[:, 0]))
    overlaps = Overlaps(shared[by_row], left[by_row], right[by_row])
    found = Search(np.searchsorted(rows, twins), pairs[by_row], overlaps, 0)
    ranks = ranks_of(Standings(*rest[: len(Standings._fields)]), np.arange(len(rows)), len(rows))
    folded = fold(found, ranks)
    digests = np.column_stack(rest[len(Standings._fields) :])
    exact = (digests == digests[folded.leads]).all(axis=1)
    alike, cut = like_pairs(found.chosen(overlaps.jaccard >= threshold))
    parts = len(starts)
    groups = dealt(
        _index_of(rows[folded.leads], starts), parts,
        rows[folded.leads], rows, folded.jaccard, folded.containment, exact,
    )  # fmt: skip
    members = dealt(_index_of(rows, starts), parts, rows)
    ones, others = rows[alike.left], rows[alike.right]
    told = dealt(_index_of(ones, starts), parts, ones, others, alike.jaccard)
    return [*(Decided(group, member, pair) for group, (member,), pair in zip(groups, members, told, strict=True)), cut]


def asked_ids(pieces: Sequence[Decided], starts: Rows) -> list[Rows]:
    """The rows whose ids a part of the index wants to know, by the part that has them."""
    rows = np.unique(np.concatenate([each for piece in pieces for each in (piece.groups[1], piece.pairs[1])]))
    return [part for (part,) in dealt(_index_of(rows, starts), len(starts), rows)]


def named(
    part: IndexPart, start: int, pieces: Sequence[Decided], requests: Sequence[Rows], answers: Sequence[Ids]
) -> tuple[pa.Table, pa.Table]:
    """The groups that a part's articles lead, as GROUPS, and the pairs that they are the first of, as PAIRS.

    Both by ids, leads before their copies. `answers` are the ids of the rows in `requests`.
    """
    known, ids = np.concatenate(list(requests)), pa.concat_arrays(list(answers))
    alone = np.ones(len(part.ids), dtype=np.bool_)
    alone[np.concatenate([piece.members for piece in pieces]) - start] = False
    single = start + np.flatnonzero(alone)
    ones = np.ones(len(single))
    groups = joined([*(piece.groups for piece in pieces), (single, single, ones, ones, alone[alone])])
    leads, rows, similarity, containment, exact = groups
    order = np.lexsort((rows, rows != leads, leads))
    leads, rows, followers = leads[order], rows[order], (rows != leads)[order]
    places = np.where(followers, len(part.ids) + np.searchsorted(known, rows), leads - start)
    everyone = pa.concat_arrays([part.ids, ids])
    columns = [
        everyone.take(pa.array(places)),
        part.ids.take(pa.array(leads - start)),
        pa.array(~followers),
        pa.array(similarity[order]),
        pa.array(containment[order]),
        pa.array(exact[order] & followers),
    ]
    first, second, jaccard = joined([piece.pairs for piece in pieces])
    order = np.lexsort((second, first))
    pairs = [
        part.ids.take(pa.array(first[order] - start)),
        ids.take(pa.array(np.searchsorted(known, second[order]))),
        pa.array(jaccard[order]),
    ]
    return pa.table(columns, GROUPS), pa.table(pairs, PAIRS)


def _index_of(rows: Rows, starts: Rows) -> Rows:
    """The part of the index that has each row."""
    return np.searchsorted(starts, rows, side="right") - 1


def _digest(text: str) -> tuple[int, int]:
    """Two numbers that tell whether texts are equal, character by character."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
