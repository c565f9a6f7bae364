"""Clusters that merge with their nearest: what is known between them, and the compiled loops of `linkage.py` over it.

Every loop walks the edges of a few clusters only, so that what a merge costs grows with what it touches.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.clustering.vectors import Floats, Rows
from pipeline.compiled import Integer, compiled, inlined

EXPECTED_SHARE = 0.5
"""What pairs that nobody scored are expected to score, as a share of the scored ones between the same two clusters.

At 1 clusters go through all that look better than they are: five times the pairs are scored, to hardly any gain.
"""
BILLION = 1e9
"""Means are compared in whole billionths, so that no decision hangs on the last bit of a sum."""
TOTAL, KNOWN, FIRST_TOTAL, FIRST_KNOWN = range(4)


class Edges(NamedTuple):
    """What is known between any two clusters that have a scored pair: `ends`, `sums` and `ranks` by edge.

    The columns of `sums`: of the known scores, each times the weights of its two rows; of those weights, 0 once an edge
    is gone; and the same two of the pairs that were scored from the start. `ranks` are in billionths like `least`, the
    threshold; minus infinity where no merge is in question.
    """

    ends: Rows
    sums: Floats
    ranks: Floats
    least: float

    def mean(self, edges: Rows) -> Floats:
        """The mean score of the known pairs of some edges, shape (edges,)."""
        return np.asarray(self.sums[edges, TOTAL] / self.sums[edges, KNOWN])


class Clusters(NamedTuple):
    """The clusters, each named by its smallest row; all have shape (rows,).

    `joined` leads from a cluster that has merged to the one that it is part of. `best` is the edge of highest rank or
    -1, and no other ranks above `second`; where a cluster is `stale` they are to be found anew. `looking` are those
    that may have become the nearest of their nearest.
    """

    joined: Rows
    weights: Floats
    best: Rows
    second: Floats
    looking: npt.NDArray[np.bool_]
    stale: npt.NDArray[np.bool_]


class Lists(NamedTuple):
    """The edges of every cluster, stored by the rows that they came with, which are a linked list for each cluster.

    `first` is by cluster, `following` by row, -1 where there are no more; a row's are `edges[starts[row]:stops[row]]`,
    some of them gone. `meeting` is room to work in, -1 throughout.
    """

    edges: Rows
    starts: Rows
    stops: Rows
    first: Rows
    following: Rows
    meeting: Rows


class Graph(NamedTuple):
    """Clusters, what is known between them, and how to find it. The functions below change it in place."""

    edges: Edges
    clusters: Clusters
    lists: Lists


def graph_of(pairs: Rows, scores: Floats, weights: Rows, least: float) -> Graph:
    """Every row a cluster and every pair, shape (pairs, 2), an edge; `pairs` become part of it. `least` in billionths.

    A row of some weight stands for so many articles. The order of the pairs is that in which sums are made.
    """
    rows, known = np.arange(len(weights)), weights[pairs].prod(axis=1)
    sums, ranks = np.column_stack([scores * known, known, scores * known, known]), np.rint(scores * BILLION)
    ranks[ranks < least] = -np.inf
    nothing, all_rows = np.full_like(rows, -1), np.ones(len(rows), dtype=np.bool_)
    none_second = np.full(len(rows), -np.inf)
    clusters = Clusters(rows, weights.astype(np.float64), nothing, none_second, all_rows, all_rows.copy())
    stops = np.cumsum(np.bincount(pairs.ravel(), minlength=len(rows)))
    edges = np.argsort(pairs.T.ravel(), kind="stable") % max(len(pairs), 1)
    starts = np.append(0, stops[:-1])[: len(rows)]
    lists = Lists(edges, starts, stops, rows.copy(), nothing.copy(), nothing.copy())
    return Graph(Edges(pairs, sums, ranks, least), clusters, lists)


def unknown(graph: Graph, edges: Rows) -> Floats:
    """How many pairs of articles between the ends of each edge have no score, shape (edges,)."""
    return np.asarray(graph.clusters.weights[graph.edges.ends[edges]].prod(axis=1) - graph.edges.sums[edges, KNOWN])


def learn(graph: Graph, edges: Rows, means: Floats) -> None:
    """Let all that was not scored from the start have the mean given for each edge; these are the best of their ends.

    What was learnt of an edge before, when its clusters were smaller, is replaced.
    """
    sums = graph.edges.sums[edges]
    known = sums[:, KNOWN] + unknown(graph, edges)
    graph.edges.sums[edges, TOTAL] = sums[:, FIRST_TOTAL] + (known - sums[:, FIRST_KNOWN]) * means
    graph.edges.sums[edges, KNOWN] = known
    _rank_best(graph, edges)


@compiled
def mutual_nearest(graph: Graph, looking: Rows) -> Rows:
    """The edges that are the best of both their ends and of which one is looking; after that none is any more.

    `looking` are numbers of clusters, and what comes out those of edges, each once.
    """
    edges, clusters = graph.edges, graph.clusters
    for cluster in looking:
        if clusters.stale[cluster]:
            _find_best(graph, cluster)
    found, count = np.empty(len(looking), dtype=np.int64), 0
    for cluster in looking:
        clusters.looking[cluster] = False
        edge = clusters.best[cluster]
        if edge >= 0:
            other = edges.ends[edge, 0] + edges.ends[edge, 1] - cluster
            # Where both are looking, the second to come finds the edge.
            if clusters.best[other] == edge and not clusters.looking[other]:
                found[count] = edge
                count += 1
    return found[:count]


@compiled
def _find_best(graph: Graph, cluster: Integer) -> None:
    """Find a cluster's best edge among all of its, and how high the next ranks."""
    edges, clusters, lists = graph.edges, graph.clusters, graph.lists
    best, highest, second = -1, -np.inf, -np.inf
    row = lists.first[cluster]
    while row >= 0:
        for at in range(lists.starts[row], lists.stops[row]):
            edge = lists.edges[at]
            rank = edges.ranks[edge]
            if rank > highest or (best >= 0 and rank == highest and _precedes(edges, edge, best)):
                best, highest, second = edge, rank, highest
            elif rank > second:
                second = rank
        row = lists.following[row]
    clusters.best[cluster], clusters.second[cluster], clusters.stale[cluster] = best, second, False


@inlined
def _precedes(edges: Edges, edge: Integer, other: Integer) -> bool:
    """Whether an edge is better than another that shares an end with it; ties go to the smaller other end."""
    if edges.ranks[edge] != edges.ranks[other]:
        return bool(edges.ranks[edge] > edges.ranks[other])
    return bool(edges.ends[edge, 0] + edges.ends[edge, 1] < edges.ends[other, 0] + edges.ends[other, 1])


@inlined
def _offer(edges: Edges, clusters: Clusters, edge: Integer, cluster: Integer) -> None:
    """Let a cluster know that one of its edges ranks otherwise than before."""
    rank, best = edges.ranks[edge], clusters.best[cluster]
    if best == edge:
        if rank <= clusters.second[cluster]:
            clusters.stale[cluster] = clusters.looking[cluster] = True
    elif rank > -np.inf and rank >= clusters.second[cluster]:
        if best < 0:
            clusters.best[cluster] = edge
        elif _precedes(edges, edge, best):
            clusters.best[cluster], clusters.second[cluster] = edge, edges.ranks[best]
        else:
            clusters.second[cluster] = rank


@compiled
def merge(graph: Graph, merging: Rows) -> None:
    """Merge the two ends of every edge."""
    edges, clusters = graph.edges, graph.clusters
    for edge in merging:
        kept, gone = min(edges.ends[edge]), max(edges.ends[edge])
        clusters.joined[gone] = kept
        clusters.weights[kept] += clusters.weights[gone]
        clusters.stale[kept] = clusters.looking[kept] = True
        clusters.stale[gone] = clusters.looking[gone] = False
        edges.sums[edge, KNOWN], edges.ranks[edge] = 0.0, -np.inf
        _merge_lists(graph, kept, gone)
        _rank_all(graph, kept)


@compiled
def _merge_lists(graph: Graph, kept: Integer, gone: Integer) -> None:
    """One list of what two clusters' lists hold, two edges to the same third cluster becoming one."""
    lists = graph.lists
    last: Integer = -1
    for cluster in (kept, gone):
        row = lists.first[cluster]
        while row >= 0:
            lists.stops[row] = _move_edges(graph, row, cluster, kept)
            if lists.stops[row] > lists.starts[row]:
                if last < 0:
                    lists.first[kept] = row
                else:
                    lists.following[last] = row
                last = row
            row = lists.following[row]
    if last < 0:
        lists.first[kept] = -1
    else:
        lists.following[last] = -1


@compiled
def _move_edges(graph: Graph, row: Integer, cluster: Integer, kept: Integer) -> int:
    """Move the edges stored with a row from its cluster to the one that is kept; where they stop now."""
    # Arrays that loops reach through three names are counted by numba at every turn, which takes most of the time.
    ends, sums, ranks = graph.edges.ends, graph.edges.sums, graph.edges.ranks
    best, listed, meeting = graph.clusters.best, graph.lists.edges, graph.lists.meeting
    stop = graph.lists.starts[row]
    for at in range(stop, graph.lists.stops[row]):
        edge = listed[at]
        side = int(ends[edge, 1] == cluster)
        other = ends[edge, 1 - side]
        met = meeting[other]
        if sums[edge, KNOWN] > 0 and met < 0:
            meeting[other] = listed[stop] = edge
            ends[edge, side] = kept
            stop += 1
        elif sums[edge, KNOWN] > 0:
            for column in range(4):
                sums[met, column] += sums[edge, column]
            sums[edge, KNOWN], ranks[edge] = 0.0, -np.inf
            if best[other] == edge:
                best[other] = met
    return int(stop)


@compiled
def _rank_all(graph: Graph, cluster: Integer) -> None:
    """Rank the edges of a cluster that has grown, and offer them to their other ends."""
    ends, sums, ranks, least = graph.edges.ends, graph.edges.sums, graph.edges.ranks, graph.edges.least
    weights, lists = graph.clusters.weights, graph.lists
    row = lists.first[cluster]
    while row >= 0:
        for at in range(lists.starts[row], lists.stops[row]):
            edge = lists.edges[at]
            other = ends[edge, 0] + ends[edge, 1] - cluster
            lists.meeting[other] = -1
            ranks[edge] = _rank(sums[edge, TOTAL], sums[edge, KNOWN], weights[cluster] * weights[other], least)
            _offer(graph.edges, graph.clusters, edge, other)
        row = lists.following[row]


@compiled
def _rank_best(graph: Graph, changed: Rows) -> None:
    """Rank edges that have changed and were the best of their ends, and offer them again."""
    edges, weights = graph.edges, graph.clusters.weights
    for edge in changed:
        size = weights[edges.ends[edge, 0]] * weights[edges.ends[edge, 1]]
        edges.ranks[edge] = _rank(edges.sums[edge, TOTAL], edges.sums[edge, KNOWN], size, edges.least)
        for cluster in edges.ends[edge]:
            graph.clusters.looking[cluster] = True
            _offer(edges, graph.clusters, edge, cluster)


@inlined
def _rank(total: float, known: float, size: float, least: float) -> float:
    """The mean an edge can be expected to have, if that of its known pairs reaches the threshold, in billionths."""
    mean = total / known
    loss = (1.0 - EXPECTED_SHARE) * (1.0 - known / size) * abs(mean)
    return float(np.rint((mean - loss) * BILLION)) if np.rint(mean * BILLION) >= least else -np.inf


@compiled
def roots(joined: Rows) -> Rows:
    """The cluster that each row ended in, shape (rows,); a cluster only ever joins one of a smaller name."""
    result = joined.copy()
    for row in range(len(result)):
        result[row] = result[result[row]]
    return result
