"""Pairs drawn to stand for all pairs between two clusters: the same for the same rows, however their clusters came."""

from math import gcd
from typing import NamedTuple

import numpy as np

from pipeline.clustering.vectors import Floats, Rows
from pipeline.compiled import Integer, compiled

SAMPLE = 64
"""Pairs that are drawn for two clusters at most: all where there are no more."""
GOLDEN_RATIO = 0.6180339887498949


class Samples(NamedTuple):
    """Rows drawn from each cluster, by priority sampling (Duffield, Lund and Thorup 2007); all have shape (rows,).

    Each cluster's SAMPLE + 1 rows of lowest priority, ascending, are a linked list: `first` by cluster, `following` by
    row, -1 at the end. A row's priority is a number as good as random, divided by its weight; so samples can merge.
    """

    first: Rows
    following: Rows
    priorities: Floats
    weights: Floats


class Draws(NamedTuple):
    """Pairs of rows to be scored, smaller row first, all of shape (pairs,).

    `places` are those of the two clusters that each is drawn for, `weights` how many pairs of articles it stands for.
    """

    left: Rows
    right: Rows
    places: Rows
    weights: Floats


def samples_of(weights: Rows) -> Samples:
    """Every row a sample of itself. Bits are mixed as by Steele, Lea and Flood (2014)."""
    mixed = np.arange(1, len(weights) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    uniform = ((mixed >> np.uint64(12)).astype(np.float64) + 0.5) / 2**52
    rows = np.arange(len(weights))
    return Samples(rows, np.full_like(rows, -1), uniform / weights, weights.astype(np.float64))


@compiled
def merge_samples(samples: Samples, ends: Rows) -> None:
    """Let the samples of clusters that merge, shape (merges, 2), become those of the smaller names."""
    for place in range(len(ends)):
        kept, gone = min(ends[place]), max(ends[place])
        one, other, last = samples.first[kept], samples.first[gone], -1
        for _ in range(SAMPLE + 1):
            if one < 0 and other < 0:
                break
            if other < 0 or (one >= 0 and samples.priorities[one] < samples.priorities[other]):
                row, one = one, samples.following[one]
            else:
                row, other = other, samples.following[other]
            if last < 0:
                samples.first[kept] = row
            else:
                samples.following[last] = row
            last = row
        samples.following[last] = -1


@compiled
def draw(samples: Samples, ends: Rows) -> Draws:
    """At most SAMPLE pairs for every two clusters, shape (places, 2), evenly spread over both samples.

    The pairs are gone through in steps near the golden ratio of their number and prime to it, so that none comes twice
    and a part of them is spread well (Weyl 1916), from one that is as good as random.
    """
    left, right, places = np.empty((3, len(ends) * SAMPLE), np.int64)
    weights, rows, count = np.empty(len(ends) * SAMPLE), np.empty((2, SAMPLE), np.int64), 0
    for place in range(len(ends)):
        one, one_weight = _sampled(samples, min(ends[place]), rows[0])
        other, other_weight = _sampled(samples, max(ends[place]), rows[1])
        pairs = one * other
        step = int(GOLDEN_RATIO * pairs)
        while gcd(step, pairs) != 1:
            step += 1
        at = int((samples.priorities[ends[place]] * samples.weights[ends[place]]).sum() % 1.0 * pairs)
        for _ in range(min(pairs, SAMPLE)):
            row, met = rows[0, at // other], rows[1, at % other]
            left[count], right[count], places[count] = min(row, met), max(row, met), place
            weights[count] = max(samples.weights[row], one_weight) * max(samples.weights[met], other_weight)
            at, count = (at + step) % pairs, count + 1
    return Draws(left[:count], right[:count], places[:count], weights[:count])


@compiled
def _sampled(samples: Samples, cluster: Integer, rows: Rows) -> tuple[int, float]:
    """Write the rows of a sample into `rows`; how many, and the least weight each stands for, 0 if it is all rows."""
    count, row = 0, samples.first[cluster]
    while row >= 0 and count < len(rows):
        rows[count] = row
        row, count = samples.following[row], count + 1
    return count, float(1.0 / samples.priorities[row]) if row >= 0 else 0.0
