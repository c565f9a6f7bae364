"""The trained judge of pairs: its file, its trees, and what it is told about texts."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_stories import FIRE, FIRE_TOO, STRIKE, make
from pipeline.clustering import similarity, trees
from pipeline.clustering.background import NOTHING, Background
from pipeline.clustering.proposals import proposed
from pipeline.clustering.similarity import FEATURES, Context, read_texts
from pipeline.clustering.texts import NO_DAY, date_terms, days_named, usual_terms
from pipeline.clustering.trees import Trees, shipped_model
from pipeline.clustering.vectors import bags, cosines, frequencies, products, rarity, unit_vectors
from pipeline.errors import ModelError

TEXTS = [make("f1", FIRE), make("f2", FIRE_TOO), make("s", STRIKE)]


def a_tree() -> Trees:
    """One tree: above 0.5 in the second feature 2, else above 1.5 in the first 1, else -1; it starts from 0.25."""
    return Trees(
        feature=np.array([1, 0, -1, -1, -1], dtype=np.int32),
        limit=np.array([0.5, 1.5, 0.0, 0.0, 0.0]),
        left=np.array([1, 3, 0, 0, 0], dtype=np.int32),
        right=np.array([2, 4, 0, 0, 0], dtype=np.int32),
        value=np.array([0.0, 0.0, 2.0, -1.0, 1.0]),
        roots=np.array([0], dtype=np.int32),
        base=0.25,
    )


def test_trees_go_right_above_their_limit() -> None:
    """A value at the limit goes left, as in training."""
    found = a_tree().log_odds(np.array([[0.0, 0.6], [1.5, 0.5], [1.6, 0.5]]))
    assert found.tolist() == [2.25, -0.75, 1.25]


def test_no_pairs_have_no_odds() -> None:
    """A night of one article asks nothing of the trees."""
    assert a_tree().log_odds(np.zeros((0, 2))).shape == (0,)


def test_the_shipped_model_was_trained_on_the_features_that_it_is_given() -> None:
    """A feature that is added, dropped or moved without training anew would make every answer nonsense."""
    assert shipped_model().features == FEATURES
    context = Context(read_texts(TEXTS), proposed(read_texts(TEXTS)))
    assert context.features(np.array([0, 0]), np.array([1, 2])).shape == (2, len(FEATURES))


def test_the_shipped_model_tells_one_event_from_another() -> None:
    """The file holds what training gave: two reports of a fire are likelier one event than a fire and a strike."""
    texts = read_texts(TEXTS)
    context = Context(texts, proposed(texts))
    same, other = shipped_model().trees.log_odds(context.features(np.array([0, 0]), np.array([1, 2])))
    assert same > other


def test_more_in_common_never_speaks_against_one_event() -> None:
    """Training is held to that, so a reader who asks is never told that a shared headline kept two reports apart."""
    rows = np.random.default_rng(1).random((200, len(FEATURES)))
    for name in ("whole", "lead", "headline", "dates", "nearness tonight, larger"):
        more = rows.copy()
        more[:, FEATURES.index(name)] += 0.3
        assert (shipped_model().trees.log_odds(more) >= shipped_model().trees.log_odds(rows)).all()


@pytest.mark.parametrize("content", [b"", b"not safetensors", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_damaged_model_is_refused(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A night with half a model must not run on as if nothing were."""
    path = tmp_path / "pairs.safetensors"
    path.write_bytes(content)
    monkeypatch.setattr(trees, "pair_model", lambda: path)
    with pytest.raises(ModelError, match=r"pairs\.safetensors: damaged"):
        shipped_model.__wrapped__()


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("The talks of October 7 in Paris", [280]),
        ("From 1 January to 31 December, again on Jan. 1", [0, 365]),
        ("Sunday in May", []),
        ("May 32, 99 March and 2026", []),
        ("", []),
    ],
)
def test_days_are_read_from_the_text(text: str, days: list[int]) -> None:
    """What no metadata tells the text does; numbers that are no days are none."""
    assert days_named(text) == days


def test_dates_are_terms() -> None:
    """Two reports that name one day, year or weekday have that in common however they spell the month."""
    assert (
        date_terms("On Sunday, 7 October 2024") == date_terms("Oct. 7, 2024, a Sunday") == ["oct 7", "2024", "Sunday"]
    )


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [
        ([280], [281], False),
        ([280], [146], True),
        ([2], [364], False),
        ([280, 146], [147], False),
        ([], [146], False),
        ([], [], False),
    ],
)
def test_days_far_apart_speak_against_one_event(one: list[int], other: list[int], far: bool) -> None:
    """Only where both name days and none is near: the turn of the year is near, and silence tells nothing."""
    rows = [np.array([[*days, *[NO_DAY] * (4 - len(days))]]) for days in (one, other)]
    assert similarity._far_apart(*rows).tolist() == [float(far)]
    assert similarity._far_apart(*reversed(rows)).tolist() == [float(far)]


def test_a_common_term_counts_less_by_the_background() -> None:
    """What news always says tells no event, even on a night that says it once."""
    found = bags([["mayor", "oru"], ["mayor", "lindmar"]], [[], []])
    usual = rarity(found.terms, frequencies(found), Background(100.0, {"lindmar": 80.0}))
    lindmar, mayor, oru = (found.terms.index(term) for term in ("lindmar", "mayor", "oru"))
    assert usual[lindmar] < usual[mayor] < usual[oru]
    tonight = rarity(found.terms, frequencies(found))
    assert tonight[lindmar] == tonight[oru]


def test_what_readers_often_get_counts_less_but_never_drowns_the_rest() -> None:
    """A desk that reads of one town is told nothing by its name; a year of nights weighs as much as news at large."""
    often = Background(1000.0, {"ansel": 900.0, "port": 900.0})
    plain, after = read_texts(TEXTS), read_texts(TEXTS, often)
    pair = np.array([0]), np.array([1])
    assert cosines(after.usual.whole, *pair) < cosines(plain.usual.whole, *pair)
    assert (after.tonight.whole != plain.tonight.whole).nnz == 0
    years, longer = (read_texts(TEXTS, often.scaled(times)) for times in (100, 200))
    assert np.allclose(years.usual.whole.toarray(), longer.usual.whole.toarray())


COUNTS = st.dictionaries(st.sampled_from("abc"), st.floats(0, 100), max_size=3)
BACKGROUNDS = st.builds(Background, st.floats(0, 100), COUNTS)


@given(BACKGROUNDS, BACKGROUNDS, st.floats(0, 4))
def test_backgrounds_add_up(one: Background, other: Background, factor: float) -> None:
    """Joining is the same either way round and goes with scaling; nothing joined changes nothing."""
    assert one.joined(other) == other.joined(one)
    assert one.joined(NOTHING) == one
    both, apart = one.joined(other).scaled(factor), one.scaled(factor).joined(other.scaled(factor))
    assert both.texts == pytest.approx(apart.texts)
    assert dict(both.counts) == pytest.approx(dict(apart.counts))


def test_a_background_counts_texts_and_not_words() -> None:
    """An article that repeats a word makes it no more common."""
    found = NOTHING.with_texts([["fire", "fire", "dock"], ["fire"]])
    assert (found.texts, dict(found.counts)) == (2, {"fire": 2, "dock": 1})
    assert usual_terms(make("f", "Fire on the dock. Fire!")) >= {"fire", "dock"}


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), min_size=1, max_size=6))
@settings(deadline=None)
def test_products_are_those_of_the_matrices(texts: list[list[str]]) -> None:
    """The compiled loop gives what multiplying the whole matrices gives, whatever the order of pairs."""
    found = bags(texts, [[]] * len(texts))
    vectors = unit_vectors(found, rarity(found.terms, frequencies(found)))
    left, right = (rows.ravel() for rows in np.indices((len(texts), len(texts))))
    expected = (vectors @ found.weights.T).toarray().ravel()
    assert np.allclose(products(vectors, found.weights, left, right), expected)
