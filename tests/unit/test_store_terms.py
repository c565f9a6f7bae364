"""How common terms were is kept over nights, counts for less with time, and knows neither its own nor later nights."""

import dataclasses
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.clustering.background import NOTHING, Background
from pipeline.errors import StoreError
from pipeline.store.core import Store, open_store
from pipeline.store.rows import Night
from pipeline.store.terms import LEAST_TEXTS
from sample_nights import day, make_night

BEFORE_TERMS = 3
FIRES = Background(4, {"fire": 4.0, "dock": 1.0})


def night_of(number: int, terms: Background) -> Night:
    """A night whose articles hold some terms."""
    return dataclasses.replace(make_night(day(number), f"n{number}-"), terms=terms)


def test_a_night_counts_half_after_seven(store: Store) -> None:
    """Old news does not outweigh what is common now; shares among what is as old stay what they were."""
    store.save_night(night_of(0, FIRES))
    assert store.background(day(7)) == FIRES.scaled(0.5)
    assert store.background(day(14)) == FIRES.scaled(0.25)
    assert store.background(day(1)).texts == pytest.approx(4 * 0.5 ** (1 / 7))


def test_nights_are_added_to_what_is_left_of_earlier_ones(store: Store) -> None:
    """Each night counts by its own age, also after nights without an edition."""
    store.save_night(night_of(0, FIRES))
    store.save_night(night_of(7, Background(2, {"fire": 1.0, "strike": 2.0})))
    found = store.background(day(14))
    assert found.texts == pytest.approx(2)
    assert found.counts == pytest.approx({"fire": 1.5, "dock": 0.25, "strike": 1.0})


def test_terms_that_hardly_count_are_forgotten(store: Store) -> None:
    """The store does not grow with every word that was ever misspelt."""
    store.save_night(night_of(0, FIRES))
    store.save_night(night_of(23, NOTHING))
    assert set(store.background(day(24)).counts) == {"fire", "dock"}
    store.save_night(night_of(24, NOTHING))
    assert set(store.background(day(25)).counts) == {"fire"}
    assert min(store.background(day(25)).counts.values()) > LEAST_TEXTS


def test_no_night_knows_itself_or_later_ones(store: Store) -> None:
    """A night that was saved, or is older than one that was, is not told of what its own articles added."""
    assert store.background(day(0)) == NOTHING
    store.save_night(night_of(1, FIRES))
    assert store.background(day(1)) == store.background(day(0)) == NOTHING


def test_a_night_that_was_made_up_for_counts_by_its_age(tmp_path: Path) -> None:
    """The order in which nights are saved does not matter to later ones."""
    found = []
    for order in ((0, 7), (7, 0)):
        with open_store(tmp_path / f"{order}.sqlite") as store:
            for number in order:
                store.save_night(night_of(number, FIRES))
            found.append(store.background(day(8)))
    assert found[0] == found[1]
    assert found[0].texts == pytest.approx(6 * 0.5 ** (1 / 7))


def test_a_night_that_is_not_saved_adds_nothing(store: Store) -> None:
    """Terms are saved in the night's one transaction: an edition that exists already adds no text a second time."""
    store.save_night(night_of(0, FIRES))
    before = store.background(day(3))
    with pytest.raises(StoreError, match="frozen"):
        store.save_night(night_of(0, FIRES))
    assert store.background(day(3)) == before


def test_terms_that_cannot_be_saved_cost_no_earlier_ones(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash in the midst of it leaves neither decayed counts nor half a night."""
    store.save_night(night_of(0, FIRES))
    before = store.background(day(9))
    monkeypatch.setattr("pipeline.store.terms.LEAST_TEXTS", object())
    with pytest.raises(StoreError):
        store.save_night(night_of(2, FIRES))
    assert store.background(day(9)) == before
    assert store.edition(day(2).isoformat()) is None


def test_a_state_from_before_terms_goes_on(path: Path, old_state: Callable[[int], sqlite3.Connection]) -> None:
    """It begins to count with the first night after the upgrade, and what it held stays."""
    with old_state(BEFORE_TERMS) as database:
        database.execute("INSERT INTO runs (night, started) VALUES ('2026-03-01', '2026-03-02T05:00:00+00:00')")
    database.close()
    with open_store(path) as store:
        assert len(store.last_runs(5)) == 1
        assert store.background(day(5)) == NOTHING
        store.save_night(night_of(0, FIRES))
        assert store.background(day(7)) == FIRES.scaled(0.5)
