"""The trained judge of pairs: gradient-boosted trees (Friedman 2001), read from a file of plain numbers."""

import json
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipeline.clustering.background import Background
from pipeline.clustering.vectors import Floats
from pipeline.compiled import compiled
from pipeline.errors import ModelError
from pipeline.locations import pair_model

Numbers: TypeAlias = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Trees:
    """Trees whose leaves add up to log odds, their nodes one after another.

    A node asks whether the `feature` exceeds the `limit` and goes on to `right`, else to `left`; a leaf has the feature
    -1 and its `value`. `roots` are the first nodes, `base` the log odds to begin with. All arrays but `roots` have
    shape (nodes,).
    """

    feature: Numbers
    limit: Floats
    left: Numbers
    right: Numbers
    value: Floats
    roots: Numbers
    base: float

    def log_odds(self, features: Floats) -> Floats:
        """What the trees say of each row of features, shape (pairs, features): log odds, shape (pairs,)."""
        nodes = (self.feature, self.limit, self.left, self.right, self.value)
        return _added(nodes, self.roots, np.ascontiguousarray(features)) + self.base


@dataclass(frozen=True, slots=True)
class PairModel:
    """The trees with the names of the features they were trained on, and how common terms are in news at large."""

    trees: Trees
    features: tuple[str, ...]
    background: Background


@cache
def shipped_model() -> PairModel:
    """The model that comes with the program. Raises ModelError when its file is damaged."""
    from safetensors import SafetensorError, safe_open

    path = pair_model()
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
            about = json.loads(file.metadata()["about"])
        trees = Trees(**{name: arrays[name] for name in Trees.__slots__ if name != "base"}, base=float(about["base"]))
        terms = arrays["terms"].tobytes().decode("utf-8").split("\n")
        counts = dict(zip(terms, arrays["counts"].tolist(), strict=True))
        return PairModel(trees, tuple(about["features"]), Background(float(about["texts"]), counts))
    except (OSError, KeyError, ValueError, TypeError, SafetensorError) as error:
        raise ModelError(f"pair model {path}: damaged ({error}); restore it from the release") from error


@compiled
def _added(nodes: tuple[Numbers, Floats, Numbers, Numbers, Floats], roots: Numbers, features: Floats) -> Floats:
    """The sum of the leaves that every row of features reaches."""
    feature, limit, left, right, value = nodes
    result = np.zeros(len(features))
    for row in range(len(features)):
        total = 0.0
        for root in roots:
            node = root
            while feature[node] >= 0:
                node = right[node] if features[row, feature[node]] > limit[node] else left[node]
            total += value[node]
        result[row] = total
    return result
