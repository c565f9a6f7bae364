"""Work on several cores gives what work on one gives."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from articles import page, story
from pipeline.errors import NewsfoldError
from pipeline.parallel import AHEAD, BATCH, FEWEST, in_order
from pipeline.records import Kind, RawItem, Reject
from pipeline.stages.clean import clean_all


def halved(number: int) -> float:
    """A quick function that fails on one number."""
    return 1 / (number - 200)


def died(number: int) -> int:
    """What a process does when the system kills it."""
    os._exit(number + 1)


@pytest.mark.parametrize("number", [0, 1, FEWEST - 1, FEWEST, FEWEST + 5 * BATCH + 3])
def test_the_order_is_that_of_the_items(number: int) -> None:
    """Few items, and many that fill no batch evenly."""
    assert list(in_order(str, range(number), 2)) == [str(one) for one in range(number)]


def test_articles_do_not_depend_on_the_number_of_processes() -> None:
    """The same articles and rejects from one core and from two, rejects of earlier steps in their places."""
    pages = [RawItem(f"p{at}", Kind.PAGE, page(story(f"Headline number {at}"))) for at in range(FEWEST)]
    items: list[RawItem | Reject] = [
        *pages[:9],
        Reject("ingest", "bad", "cannot be read"),
        *pages[9:],
        RawItem("empty", Kind.PAGE, b""),
    ]
    found = list(clean_all(items, processes=2))
    assert found == list(clean_all(items, processes=1))
    assert [one.location for one in found] == [one.location for one in items]


def test_items_are_read_only_a_little_ahead() -> None:
    """A night's pages are more than memory holds."""
    taken = []

    def items() -> Iterator[int]:
        for number in range(100 * FEWEST):
            taken.append(number)
            yield number

    values = in_order(str, items(), 2)
    assert next(values) == "0"
    assert len(taken) <= FEWEST + 2 * AHEAD * BATCH
    values.close()  # type: ignore[attr-defined]  # it is a generator


def test_a_failure_in_a_process_is_the_callers() -> None:
    """As if it had happened here."""
    with pytest.raises(ZeroDivisionError):
        list(in_order(halved, range(FEWEST, 300), 2))


def test_a_process_that_dies_is_told() -> None:
    """No endless wait, and the project's own error."""
    with pytest.raises(NewsfoldError, match="died"):
        list(in_order(died, range(FEWEST), 2))
