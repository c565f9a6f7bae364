"""Train the judge of pairs that story clustering ships with: models/story-pairs/pairs.safetensors.

    python benchmarks/train_pairs.py [--shared ../shared]
    python benchmarks/train_pairs.py --folds | --ablate

Reads NeuS train and ECB+ dev, nothing else, and draws nights from them: of many and of few articles, of bare
headlines, of stories that are easily confused. `--folds` writes nothing: it trains without a quarter of the topics of
ECB+ at a time and prints the adjusted Rand index on the night of that quarter. `--ablate` trains without some of the
features at a time and prints the index of every development set.
"""

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from sklearn.ensemble import HistGradientBoostingClassifier

from cluster import SETS, Labelled, Score, adjusted_rand, changed, indices, labelled_lines, load_score, load_sets
from harness import DEFAULT_SHARED, ROOT
from pipeline.clustering import similarity
from pipeline.clustering.background import NOTHING, Background
from pipeline.clustering.proposals import pairs_of, proposed
from pipeline.clustering.similarity import FEATURES, Context
from pipeline.clustering.texts import read_texts, usual_terms
from pipeline.clustering.trees import PairModel, Trees
from pipeline.clustering.vectors import Floats, Rows, bags, frequencies, rarity, unit_vectors
from pipeline.records import Article
from pipeline.stages import cluster as stage
from pipeline.stages.dedupe import dedupe
from pipeline.text.words import content_stems

NEUS_TRAIN = "neus/train.clusters.jsonl.gz"
BACKGROUND_SHARE, LEAST_TEXTS = 0.3, 2
"""How much each text of the background counts, and how many must hold a term for it to be kept."""
SEED, FOLDS = 1, 4
NEIGHBOURS, FAR_SHARE = 25, 0.01
"""Every pair counts that is one event or among the nearest; of the others a hundredth stands for all."""
SMALL_NIGHT = 100
"""Up to so many texts all pairs count."""
KIND_WEIGHTS = {
    "large": 1.0,
    "middle": 1.0,
    "small": 0.5,
    "headlines": 0.5,
    "confusing": 1.0,
    "ecb": 1.5,
    "ecb headlines": 1.0,
}
UNCERTAIN = (
    "rivalry, smaller",
    "rivalry, larger",
    "rivalry tonight, smaller",
    "rivalry tonight, larger",
    "words of the shorter",
    "texts",
)
"""Features that may speak for either; all others may only speak for one event the more the larger they are."""


GROUPS: dict[str, tuple[str, ...]] = {
    "whole": ("whole", "whole tonight"),
    "lead": ("lead", "lead tonight"),
    "headline": ("headline",),
    "names of the lead": ("lead names",),
    "headline in lead": ("headline in lead, larger", "headline in lead, smaller"),
    "dates": ("dates",),
    "resemblance": ("resemblance", "resemblance tonight"),
    "background taken off": ("above background", "above background tonight"),
    "agreement": ("agreement", "agreement tonight"),
    "rivalry": ("rivalry, smaller", "rivalry, larger", "rivalry tonight, smaller", "rivalry tonight, larger"),
    "nearness": ("nearness tonight, larger", "nearness tonight, smaller"),
    "number of words": ("words of the shorter",),
    "number of texts": ("texts",),
    "all by usual rarity": FEATURES[:12],
    "all by tonight's rarity": FEATURES[12:21],
}
"""What is left out together."""


@dataclass(frozen=True)
class Night:
    """A night to learn from: features of pairs, whether each is one event, and how many pairs each stands for."""

    kind: str
    topics: frozenset[str]
    features: Floats
    same: np.ndarray
    weights: Floats


def main() -> None:
    """Train and save, or print the quality on topics that were held out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    parser.add_argument("--folds", action="store_true")
    parser.add_argument("--ablate", action="store_true")
    options = parser.parse_args()
    if not (options.shared / "evals" / "score.py").is_file():
        print(f"skipped: {options.shared} does not hold the labelled sets and score.py")
        return
    neus = with_words(labelled_lines(options.shared / "data" / NEUS_TRAIN))
    ecb = labelled_lines(options.shared / "data" / SETS["ECB+"])
    background = common_terms(neus)
    nights = [*neus_nights(neus, background), *ecb_nights(ecb, background)]
    if options.folds:
        held_out(nights, ecb, background, load_score(options.shared))
        return
    if options.ablate:
        ablated(nights, options.shared, background)
        return
    model = PairModel(trained(nights), FEATURES, background)
    path = ROOT / "models" / "story-pairs" / "pairs.safetensors"
    path.parent.mkdir(exist_ok=True)
    save(model, path)
    pairs, same = sum(len(night.same) for night in nights), sum(int(night.same.sum()) for night in nights)
    print(f"{path}: {len(nights)} nights, {pairs:,} pairs, {same:,} of one event; {path.stat().st_size:,} bytes")


def with_words(labelled: Labelled) -> Labelled:
    """The articles that hold anything."""
    return Labelled([article for article in labelled.articles if article.title or article.text], labelled.stories)


def common_terms(labelled: Labelled) -> Background:
    """How common terms are in the articles; those of one text only are left out."""
    found = NOTHING.with_texts(usual_terms(article) for article in labelled.articles)
    kept = {term: count for term, count in sorted(found.counts.items()) if count >= LEAST_TEXTS}
    return Background(found.texts, kept).scaled(BACKGROUND_SHARE)


def neus_nights(labelled: Labelled, background: Background) -> Iterator[Night]:
    """Nights of NeuS train: 900, 180 and 45 articles, 900 headlines, and a dozen or fewer of nearest stories."""
    stories = by_story(labelled)
    names, draw = sorted(stories), random.Random(SEED)  # noqa: S311 - a fixed order is the point
    for kind, number, size in (("large", 3, 300), ("middle", 8, 60), ("small", 15, 15), ("headlines", 2, 300)):
        draw.shuffle(names)
        for start in range(0, number * size, size):
            articles = [article for name in names[start : start + size] for article in stories[name]]
            yield night(
                kind, [bare(one) for one in articles] if kind == "headlines" else articles, labelled, background
            )
    draw.shuffle(names)
    near = nearest_stories({name: stories[name] for name in names[:1200]})
    for name in sorted(near)[:120]:
        together = [name, *near[name][: draw.choice([1, 2, 3, 4])]]
        articles = [article for one in together for article in stories[one]]
        draw.shuffle(articles)
        yield night("confusing", articles[: draw.choice([4, 5, 6, 8, 10, 12])], labelled, background)


def ecb_nights(labelled: Labelled, background: Background) -> Iterator[Night]:
    """Nights of ECB+ dev: each a quarter of the topics with both events of each, whole and as headlines."""
    stories = by_story(labelled)
    for topics in quarters(labelled):
        articles = [article for name in sorted(stories) if topic(name) in topics for article in stories[name]]
        yield night("ecb", articles, labelled, background, topics)
        yield night("ecb headlines", [bare(one) for one in articles], labelled, background, topics)


def quarters(labelled: Labelled) -> list[frozenset[str]]:
    """The topics of ECB+ in as many parts as there are folds."""
    topics = sorted({topic(name) for name in labelled.stories.values()}, key=int)
    return [frozenset(topics[start::FOLDS]) for start in range(FOLDS)]


def topic(story: str) -> str:
    """The topic that an event of ECB+ belongs to."""
    return story.partition("_")[0]


def by_story(labelled: Labelled) -> dict[str, list[Article]]:
    """The articles of each story."""
    found: dict[str, list[Article]] = defaultdict(list)
    for article in labelled.articles:
        found[labelled.stories[article.id]].append(article)
    return found


def bare(article: Article) -> Article:
    """The headline alone."""
    return replace(article, text="")


def nearest_stories(stories: dict[str, list[Article]]) -> dict[str, list[str]]:
    """The five stories most alike to each in all their words."""
    names = sorted(stories)
    terms = (content_stems(" ".join(f"{one.title} {one.text}" for one in stories[name])) for name in names)
    found = bags(terms, [()] * len(names))
    vectors = unit_vectors(found, rarity(found.terms, frequencies(found)))
    alike = (vectors @ vectors.T).toarray()
    np.fill_diagonal(alike, -1)
    return {
        name: [names[at] for at in np.argsort(-row, kind="stable")[:5]] for name, row in zip(names, alike, strict=True)
    }


def night(
    kind: str,
    articles: Sequence[Article],
    labelled: Labelled,
    background: Background,
    topics: frozenset[str] = frozenset(),
) -> Night:
    """The pairs of one night, as clustering would meet them after copies are folded."""
    leads = sorted((group.lead for group in dedupe(articles).groups), key=lambda article: article.id)
    texts = read_texts(leads, background)
    context = Context(texts, proposed(texts))
    left, right = pairs_of(range(len(leads)))
    stories = np.array([labelled.stories[lead.id] for lead in leads])
    features = context.features(left, right)
    same = stories[left] == stories[right]
    counts = same | is_near(features[:, FEATURES.index("resemblance tonight")], left, right, len(leads))
    share = FAR_SHARE if len(leads) > SMALL_NIGHT else 1.0
    kept = counts | (np.random.default_rng(SEED).random(len(left)) < share)
    return Night(kind, topics, features[kept], same[kept], np.where(counts, 1.0, 1.0 / share)[kept])


def is_near(alike: Floats, left: Rows, right: Rows, count: int) -> np.ndarray:
    """Whether a pair is among the nearest of either text."""
    square = np.full((count, count), -1.0)
    square[left, right] = square[right, left] = alike
    last = np.sort(square, axis=1)[:, -min(NEIGHBOURS, count - 1)]
    near: np.ndarray = alike >= np.minimum(last[left], last[right])
    return near


def trained(nights: Sequence[Night], without: Sequence[str] = ()) -> Trees:
    """Trees fitted to the nights, each kind of night with its weight; some features may be kept from them."""
    totals: dict[str, float] = defaultdict(float)
    for one in nights:
        totals[one.kind] += float(one.weights.sum())
    weights = np.concatenate([one.weights * KIND_WEIGHTS[one.kind] / totals[one.kind] for one in nights])
    model = HistGradientBoostingClassifier(
        max_depth=3,
        max_iter=240,
        learning_rate=0.05,
        min_samples_leaf=100,
        l2_regularization=1.0,
        monotonic_cst=[0 if name in UNCERTAIN else 1 for name in FEATURES],
        early_stopping=False,
        random_state=0,
    )
    same = np.concatenate([one.same for one in nights])
    features = np.concatenate([one.features for one in nights])
    features[:, [FEATURES.index(name) for name in without]] = 0.0
    model.fit(features, same, sample_weight=weights * len(weights) / weights.sum())
    return plain(model)


def plain(model: HistGradientBoostingClassifier) -> Trees:
    """The fitted trees as plain arrays."""
    grown = [stage[0].nodes for stage in model._predictors]
    starts = np.cumsum([0, *(len(nodes) for nodes in grown)])
    shifts = np.repeat(starts[:-1], np.diff(starts))
    nodes = np.concatenate(grown)
    leaf = nodes["is_leaf"].astype(bool)
    return Trees(
        feature=np.where(leaf, -1, nodes["feature_idx"]).astype(np.int32),
        limit=nodes["num_threshold"].astype(np.float64),
        left=(nodes["left"] + shifts).astype(np.int32),
        right=(nodes["right"] + shifts).astype(np.int32),
        value=np.where(leaf, nodes["value"], 0.0),
        roots=starts[:-1].astype(np.int32),
        base=float(np.ravel(model._baseline_prediction)[0]),
    )


def save(model: PairModel, path: Path) -> None:
    """Write the model as safetensors: the arrays of the trees, terms with their counts, and the rest as metadata."""
    arrays = {name: getattr(model.trees, name) for name in Trees.__slots__ if name != "base"}
    terms = "\n".join(model.background.counts)
    arrays["terms"] = np.frombuffer(terms.encode("utf-8"), dtype=np.uint8).copy()
    arrays["counts"] = np.array(list(model.background.counts.values()), dtype=np.float32)
    about = {"features": model.features, "base": model.trees.base, "texts": model.background.texts}
    # One entry: safetensors writes several in no order, and the same training should write the same bytes.
    save_file(arrays, path, metadata={"about": json.dumps(about)})


def held_out(nights: Sequence[Night], ecb: Labelled, background: Background, score: Score) -> None:
    """Print the adjusted Rand index on each quarter of the topics, trained without it."""
    found = []
    for topics in quarters(ecb):
        model = PairModel(trained([one for one in nights if not one.topics & topics]), FEATURES, background)
        articles = [article for article in ecb.articles if topic(ecb.stories[article.id]) in topics]
        part = Labelled(articles, {article.id: ecb.stories[article.id] for article in articles})
        with changed(similarity, "shipped_model", given(model)):
            found.append(adjusted_rand(part, score))
        print(f"{len(topics)} topics, {len(articles)} articles: {found[-1]:.3f}", flush=True)
    print(f"mean {sum(found) / len(found):.3f}")


def ablated(nights: Sequence[Night], shared: Path, background: Background) -> None:
    """Print the adjusted Rand index of every set with all features and without each group of them."""
    score, sets = load_score(shared), load_sets(shared)
    print("| without | " + " | ".join(sets) + " |\n|---|" + "---|" * len(sets))
    for label, without in {"nothing": (), **GROUPS}.items():
        model = PairModel(trained(nights, without), FEATURES, background)
        with changed(similarity, "shipped_model", given(model)):
            numbers = indices(sets, score, stage.THRESHOLD)
        print(f"| {label} | " + " | ".join(f"{value:.3f}" for value in numbers) + " |", flush=True)


def given(model: PairModel) -> Callable[[], PairModel]:
    """A function that gives the model."""
    return lambda: model


if __name__ == "__main__":
    main()
