"""Average-link clusters (UPGMA, Sokal and Michener 1958) of texts of which only the likeliest pairs are scored.

Average link is reducible: no merge brings two clusters closer to a third than the closer of the two was. So all pairs
of clusters that are each other's nearest may merge at once, and the tree is the one that merging the best pair alone
gives (Bruynooghe 1977, Murtagh 1983). Only clusters that a merge has touched look for their nearest again.

Where not all pairs between two clusters are scored, the mean of the scored ones is too high, as the likeliest were
scored. Such clusters are ranked by what they can be expected to reach, and pairs drawn are scored before they merge.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from pipeline.clustering.draws import Draws, draw, merge_samples, samples_of
from pipeline.clustering.graph import BILLION, Graph, graph_of, learn, merge, mutual_nearest, roots, unknown
from pipeline.clustering.vectors import Floats, Rows

Judge: TypeAlias = Callable[[Rows, Rows], Floats]
"""Scores of pairs of rows, shape (pairs,) like the left rows, which are the smaller, and the right rows."""


@dataclass(frozen=True, slots=True)
class ScoredPairs:
    """Pairs of rows, each once and the smaller row first, shape (pairs, 2), and their scores, higher for more alike."""

    pairs: Rows
    scores: Floats


def average_link(scored: ScoredPairs, weights: Rows, threshold: float, judge: Judge) -> Rows:
    """The number of each row's cluster, counted from 0 in the order of the clusters' smallest rows, shape (rows,).

    Clusters merge while the mean score of all their pairs of articles is at least the threshold; `weights`, shape
    (rows,), are how many articles each row stands for, at least 1. Of the pairs between clusters about to merge, those
    not scored are left to the judge: all, or of many a part. Clusters without any scored pair between them never merge.

    Where all pairs are scored, the result is that of scipy's `linkage(..., "average")`, cut at the threshold. It never
    depends on the order of pairs; on the numbering of rows only through ties and through which pairs are drawn.
    """
    least = float(np.rint(threshold * BILLION))
    near = _within_components(scored, len(weights), least)
    keys, samples = _keys(near.pairs[:, 0], near.pairs[:, 1]), samples_of(weights)
    graph = graph_of(near.pairs, near.scores, weights, least)
    # Every round merges two clusters or makes an edge known that stays so until one of its ends merges.
    while graph.clusters.looking.any():
        nearest = mutual_nearest(graph, np.flatnonzero(graph.clusters.looking))
        certain = unknown(graph, nearest) == 0
        merge_samples(samples, graph.edges.ends[nearest[certain]])
        merge(graph, nearest[certain])
        asked = nearest[~certain]
        _ask(graph, asked, _unscored(draw(samples, graph.edges.ends[asked]), keys), judge)
    numbers: Rows = np.unique(roots(graph.clusters.joined), return_inverse=True)[1]
    return numbers


def _within_components(scored: ScoredPairs, count: int, least: float) -> ScoredPairs:
    """The pairs in ascending order, without those that cannot matter.

    Means across two components of the pairs at or above the threshold stay below it, however their rows merge.
    """
    linked = scored.pairs[np.rint(scored.scores * BILLION) >= least]
    links = sparse.coo_matrix((np.ones(len(linked)), (linked[:, 0], linked[:, 1])), shape=(count, count))
    _, labels = connected_components(links, directed=False)
    inside = np.flatnonzero(labels[scored.pairs[:, 0]] == labels[scored.pairs[:, 1]])
    order = inside[np.argsort(_keys(scored.pairs[inside, 0], scored.pairs[inside, 1]))]
    return ScoredPairs(scored.pairs[order], scored.scores[order])


def _keys(left: Rows, right: Rows) -> Rows:
    """One number for each pair of rows, ascending as the pairs do."""
    return (left << 32) | right


def _unscored(draws: Draws, keys: Rows) -> Draws:
    """The draws that are not among the keys; these ascend, and are not empty where there are draws."""
    wanted = _keys(draws.left, draws.right)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return Draws(*(values[keys[at] != wanted] for values in draws))


def _ask(graph: Graph, asked: Rows, draws: Draws, judge: Judge) -> None:
    """Have the pairs drawn for the edges asked about scored, and let these know the mean of each edge's.

    An edge for which nothing is left to score keeps the mean of what is known: few of its pairs are not.
    """
    scores = judge(draws.left, draws.right) if len(draws.left) else np.zeros(0)
    drawn = np.bincount(draws.places, draws.weights, len(asked))
    total = np.bincount(draws.places, draws.weights * scores, len(asked))
    learn(graph, asked, np.divide(total, drawn, out=graph.edges.mean(asked), where=drawn > 0))
