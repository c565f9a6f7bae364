"""Average link over scored pairs is average link, and where few pairs are scored it asks before it merges."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage

from pipeline.clustering.draws import SAMPLE, draw, merge_samples, samples_of
from pipeline.clustering.linkage import Judge, ScoredPairs, average_link
from pipeline.clustering.vectors import Floats, Rows

SEEDS = st.integers(0, 2**32 - 1)


class Asked:
    """A judge that gives each pair its score by a rule and keeps what it was asked."""

    def __init__(self, rule: Judge) -> None:
        self.rule = rule
        self.pairs = np.zeros((0, 2), dtype=np.int64)

    def __call__(self, left: Rows, right: Rows) -> Floats:
        """Scores by the rule."""
        assert (left < right).all()
        self.pairs = np.concatenate([self.pairs, np.column_stack([left, right])])
        return self.rule(left, right)


def always(score: float) -> Judge:
    """A judge to whom all pairs are the same."""
    return lambda left, _: np.full(len(left), score)


def nobody(_: Rows, __: Rows) -> Floats:
    """A judge who must not be asked."""
    raise AssertionError("all pairs were scored")


def out_of(matrix: Floats) -> Judge:
    """A judge who reads the scores off a matrix."""
    return lambda left, right: np.asarray(matrix[left, right])


def random_scores(seed: int, rows: int) -> Floats:
    """A symmetric matrix of scores without ties."""
    upper = np.triu(np.random.default_rng(seed).random((rows, rows)), 1)
    return np.asarray(upper + upper.T)


def pairs_of(rows: int) -> Rows:
    """All pairs, shape (pairs, 2)."""
    return np.column_stack(np.triu_indices(rows, 1)).astype(np.int64)


def some_pairs(seed: int, rows: int, each: int) -> Rows:
    """Random pairs, `each` a row and about as many more that others chose."""
    one, other = np.repeat(np.arange(rows), each), np.random.default_rng(seed).integers(0, rows, rows * each)
    keys = np.unique(np.minimum(one, other) * rows + np.maximum(one, other))
    pairs = np.column_stack([keys // rows, keys % rows])
    return np.asarray(pairs[pairs[:, 0] < pairs[:, 1]])


def scored(pairs: Rows, matrix: Floats) -> ScoredPairs:
    """The pairs with their scores in a matrix."""
    return ScoredPairs(pairs, matrix[pairs[:, 0], pairs[:, 1]])


def ones(rows: int) -> Rows:
    """One article a row."""
    return np.ones(rows, dtype=np.int64)


def parts(labels: Rows) -> set[frozenset[int]]:
    """The clusters as sets of rows."""
    return {frozenset(map(int, np.flatnonzero(labels == label))) for label in np.unique(labels)}


def by_scipy(matrix: Floats, weights: Rows, threshold: float) -> set[frozenset[int]]:
    """The clusters of scipy's average link, where a row stands as often as its weight."""
    printed = np.repeat(np.arange(len(weights)), weights)
    left, right = np.triu_indices(len(printed), 1)
    left, right = printed[left], printed[right]
    distances = np.where(left == right, 0.0, 1.0 - matrix[left, right])
    found = fcluster(linkage(distances, "average"), 1.0 - threshold, "distance")
    return {frozenset(map(int, printed[found == label])) for label in np.unique(found)}


@given(SEEDS, st.integers(2, 16), st.floats(0.2, 0.9))
def test_with_all_pairs_scored_it_is_average_link(seed: int, rows: int, threshold: float) -> None:
    """By the definition, as scipy has it; an article's copies count, and nobody is asked."""
    matrix, weights = random_scores(seed, rows), np.random.default_rng(seed).integers(1, 5, rows)
    found = average_link(scored(pairs_of(rows), matrix), weights, threshold, nobody)
    assert parts(found) == by_scipy(matrix, weights, threshold)


@settings(max_examples=20)
@given(SEEDS, st.floats(0.5, 0.6))
def test_it_is_average_link_for_more_rows_too(seed: int, threshold: float) -> None:
    """Merges of large clusters, and many in one round."""
    matrix, weights = random_scores(seed, 120), np.random.default_rng(seed).integers(1, 3, 120)
    found = average_link(scored(pairs_of(120), matrix), weights, threshold, nobody)
    assert parts(found) == by_scipy(matrix, weights, threshold)


def by_rounds(pairs: Rows, matrix: Floats, threshold: float) -> set[frozenset[int]]:
    """The same rounds spelt out, all edges ranked and looked at in each, for clusters small enough to score whole."""
    clusters = {row: {row} for row in range(len(matrix))}
    edges = {(one, other): {(one, other)} for one, other in map(tuple, pairs.tolist())}
    while True:
        ranks = {}
        for (one, other), known in edges.items():
            mean, size = np.mean([matrix[pair] for pair in known]), len(clusters[one]) * len(clusters[other])
            if round(mean, 9) >= threshold:
                ranks[one, other] = (round(mean * (1 + len(known) / size) / 2, 9), -one, -other)
        best = {end: max((edge for edge in ranks if end in edge), key=ranks.__getitem__) for end in set(sum(ranks, ()))}
        nearest = sorted(edge for edge in ranks if best[edge[0]] == best[edge[1]] == edge)
        if not nearest:
            return {frozenset(cluster) for cluster in clusters.values()}
        for one, other in nearest:
            across = {(min(a, b), max(a, b)) for a in clusters[one] for b in clusters[other]}
            if edges[one, other] != across:
                edges[one, other] = across
                continue
            clusters[one] |= clusters.pop(other)
            del edges[one, other]
            for edge in [edge for edge in edges if other in edge]:
                third = edge[0] + edge[1] - other
                edges.setdefault((min(one, third), max(one, third)), set()).update(edges.pop(edge))


@given(SEEDS, st.integers(2, 16), st.integers(1, 5), st.integers(1, 2), st.sampled_from([0.2, 0.35, 0.5, 0.65]))
def test_looking_only_where_something_changed_misses_nothing(
    seed: int, rows: int, each: int, digits: int, threshold: float
) -> None:
    """Few pairs scored, the others asked for, with many ties: as if every edge were looked at in every round."""
    pairs, matrix = some_pairs(seed, rows, each), np.round(random_scores(seed, rows), digits)
    found = average_link(scored(pairs, matrix), ones(rows), threshold, out_of(matrix))
    assert parts(found) == by_rounds(pairs, matrix, threshold)


@given(SEEDS, st.integers(2, 60), st.integers(1, 6), st.floats(0.1, 0.9))
def test_the_order_of_pairs_does_not_matter(seed: int, rows: int, each: int, threshold: float) -> None:
    """The same night read in another order has the same stories, ties or not; nothing given is changed."""
    pairs, order = some_pairs(seed, rows, each), np.random.default_rng(seed)
    matrix = np.round(random_scores(seed, rows), 1)
    before, asked = average_link(scored(pairs, matrix), ones(rows), threshold, out_of(matrix)), pairs.copy()
    after = average_link(scored(order.permutation(pairs), matrix), ones(rows), threshold, out_of(matrix))
    assert before.tolist() == after.tolist()
    assert pairs.tolist() == asked.tolist()


@given(SEEDS, st.integers(2, 12), st.integers(1, 4), st.floats(0.1, 0.9))
def test_the_numbering_does_not_matter(seed: int, rows: int, each: int, threshold: float) -> None:
    """Without ties, and as long as all pairs are asked for, rows are only names: known pairs and judged ones alike."""
    matrix, pairs = random_scores(seed, rows), some_pairs(seed, rows, each)
    names = np.random.default_rng(seed).permutation(rows)
    renamed = np.empty_like(matrix)
    renamed[np.ix_(names, names)] = matrix
    before = average_link(scored(pairs, matrix), ones(rows), threshold, out_of(matrix))
    after = average_link(scored(np.sort(names[pairs], axis=1), renamed), ones(rows), threshold, out_of(renamed))
    assert parts(after[names]) == parts(before)


@given(SEEDS, st.integers(1, 40), st.integers(1, 6), st.floats(0.1, 0.9))
def test_clusters_are_numbered_by_their_smallest_rows(seed: int, rows: int, each: int, threshold: float) -> None:
    """Numbers say nothing but which rows belong together: a row's is new or one that came before."""
    matrix = random_scores(seed, rows)
    found = average_link(scored(some_pairs(seed, rows, each), matrix), ones(rows), threshold, out_of(matrix))
    assert found.shape == (rows,)
    assert [int(label) for at, label in enumerate(found) if label not in found[:at]] == list(range(found.max() + 1))


@given(SEEDS, st.integers(2, 9), st.integers(1, 3), st.floats(0.1, 0.9))
def test_no_two_clusters_are_left_that_are_alike(seed: int, rows: int, each: int, threshold: float) -> None:
    """Running on changes nothing: where a pair across is scored, the mean of all known pairs is below the threshold."""
    matrix, pairs = random_scores(seed, rows), some_pairs(seed, rows, each)
    judge = Asked(out_of(matrix))
    found = parts(average_link(scored(pairs, matrix), ones(rows), threshold, judge))
    known = {(int(one), int(other)) for one, other in np.concatenate([pairs, judge.pairs])}
    for one, other in combinations(found, 2):
        across = [(min(a, b), max(a, b)) for a in one for b in other]
        scores = [matrix[pair] for pair in across if pair in known]
        assert not scores or np.mean(scores) < threshold + 1e-9


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_without_pairs_every_row_is_alone(rows: int) -> None:
    """An empty night and a night of unrelated texts."""
    nothing = ScoredPairs(np.zeros((0, 2), dtype=np.int64), np.zeros(0))
    assert average_link(nothing, ones(rows), 0.5, nobody).tolist() == list(range(rows))


def test_the_threshold_itself_is_enough() -> None:
    """Clusters merge at the threshold, whatever the last bit of the sum."""
    third = ScoredPairs(np.array([[0, 1], [0, 2], [1, 2]]), np.array([0.9, 0.1, 0.2]))
    assert average_link(third, ones(3), 0.15, nobody).tolist() == [0, 0, 0]
    assert average_link(third, ones(3), 0.150001, nobody).tolist() == [0, 0, 1]


def test_copies_weigh() -> None:
    """The mean is over articles: a row of three articles outvotes a row of one."""
    third = ScoredPairs(np.array([[0, 1], [0, 2], [1, 2]]), np.array([0.9, 0.1, 0.5]))
    assert average_link(third, np.array([3, 1, 1]), 0.25, nobody).tolist() == [0, 0, 1]
    assert average_link(third, np.array([1, 3, 1]), 0.25, nobody).tolist() == [0, 0, 0]


@pytest.mark.parametrize(("score", "clusters"), [(0.0, [0, 0, 1, 1]), (0.9, [0, 0, 0, 0])])
def test_what_is_unknown_is_asked_before_a_merge(score: float, clusters: list[int]) -> None:
    """One likely pair between two stories does not join them; the pairs that nobody scored have their say, once."""
    chain = ScoredPairs(np.array([[0, 1], [2, 3], [1, 2]]), np.array([0.9, 0.9, 0.8]))
    judge = Asked(always(score))
    assert average_link(chain, ones(4), 0.5, judge).tolist() == clusters
    assert sorted(judge.pairs.tolist()) == [[0, 2], [0, 3], [1, 3]]


def test_unrelated_components_are_not_asked_about() -> None:
    """Pairs below the threshold make nobody work, and clusters that no pair joins stay apart."""
    pairs = ScoredPairs(np.array([[0, 1], [2, 3], [1, 2]]), np.array([0.9, 0.9, 0.4]))
    assert average_link(pairs, ones(6), 0.5, nobody).tolist() == [0, 0, 1, 1, 2, 3]


@pytest.mark.parametrize("rising", [True, False])
def test_a_chain_is_cut_into_pieces(rising: bool) -> None:
    """Where each text resembles the next alone, no giant story comes of it, however the chain unrolls."""
    rows = 3000
    chain = np.column_stack([np.arange(rows - 1), np.arange(1, rows)])
    scores = np.linspace(0.6, 0.9, rows - 1) if rising else np.random.default_rng(1).uniform(0.6, 0.9, rows - 1)
    judge = Asked(lambda left, right: np.where(right - left == 1, 0.9, 0.0))
    found = average_link(ScoredPairs(chain, scores), ones(rows), 0.4, judge)
    assert np.bincount(found).max() <= 3
    assert len(judge.pairs) < 5 * rows


@pytest.mark.parametrize(("scored_from", "judged_from"), [(0.9, 0.8), (0.3, 0.2)])
def test_one_event_is_one_story(scored_from: float, judged_from: float) -> None:
    """Thousands of reports, few pairs of them scored, of which the likeliest: one cluster, at most a sample a merge."""
    rows, random = 3000, np.random.default_rng(1)
    pairs = some_pairs(1, rows, 12)
    judge = Asked(lambda left, _: random.uniform(judged_from, judged_from + 0.1, len(left)))
    scores = random.uniform(scored_from, scored_from + 0.1, len(pairs))
    assert average_link(ScoredPairs(pairs, scores), ones(rows), 0.15, judge).max() == 0
    assert len(judge.pairs) < SAMPLE * rows


def test_a_hub_is_no_bridge() -> None:
    """A text like all others, which are not like each other, does not make one story of them."""
    rows = 400
    star = np.column_stack([np.zeros(rows - 1, dtype=np.int64), np.arange(1, rows)])
    judge = Asked(always(0.0))
    found = average_link(ScoredPairs(star, np.linspace(0.6, 0.9, rows - 1)), ones(rows), 0.4, judge)
    assert np.bincount(found).max() == 3
    assert len(judge.pairs) <= 2 * rows


@settings(max_examples=30)
@given(SEEDS)
def test_no_merge_asks_for_more_than_a_sample(seed: int) -> None:
    """Two stories of 100 joined by one pair: each pair asked about once, and never many."""
    matrix = random_scores(seed, 200)
    inside = pairs_of(200)
    inside = inside[(inside[:, 0] < 100) == (inside[:, 1] < 100)]
    given_pairs = ScoredPairs(np.vstack([inside, [[0, 100]]]), np.append(np.full(len(inside), 2.0), 1.0))
    judge = Asked(out_of(matrix))
    average_link(given_pairs, ones(200), 0.5, judge)
    assert len(np.unique(judge.pairs, axis=0)) == len(judge.pairs) <= SAMPLE
    assert len(np.unique(judge.pairs[:, 0])) > SAMPLE / 3
    assert len(np.unique(judge.pairs[:, 1])) > SAMPLE / 3


def test_draws_do_not_depend_on_how_clusters_came() -> None:
    """Whatever merged first, the same rows are drawn."""
    drawn = []
    for order in ([*range(1, 150)], [*range(149, 0, -1)]):
        samples = samples_of(np.arange(200) % 4 + 1)
        for row in order:
            merge_samples(samples, np.array([[0, row]]))
        draws = draw(samples, np.array([[0, 150]]))
        drawn.append([values.tolist() for values in draws])
    assert drawn[0] == drawn[1]
    assert len(drawn[0][0]) == SAMPLE


def test_draws_favour_nobody() -> None:
    """On average over many clusters the mean of what is drawn is that over all pairs of articles, weights and all."""
    rows, size = 40_000, 100
    random = np.random.default_rng(5)
    weights = random.integers(1, 5, rows)
    # What a row is worth hangs on its weight, so that a sample that neglected weights would show.
    worth = random.random(rows) * weights
    samples, starts = samples_of(weights), np.arange(0, rows, size)
    for at in range(1, size):
        merge_samples(samples, np.column_stack([starts, starts + at]))
    draws = draw(samples, starts.reshape(-1, 2))
    scores = worth[draws.left] + worth[draws.right]
    drawn = np.bincount(draws.places, draws.weights * scores) / np.bincount(draws.places, draws.weights)
    means = np.add.reduceat(worth * weights, starts) / np.add.reduceat(weights, starts)
    expected = means.reshape(-1, 2).sum(axis=1)
    error = drawn - expected
    assert abs(error.mean()) < 3 * error.std() / np.sqrt(len(error))
    assert error.std() < 0.15 * expected.mean()
