"""The line of data: what each stage gives is what the next one takes, as their signatures say."""

import dataclasses
import inspect
import re
import typing
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
from typing import Any

import pytest

from pipeline import records
from pipeline.records import Article, CopyGroup, Edition, RawItem, Receipt, Reject, Rendered, Story, Summary

LINE = ("ingest", "clean_all", "polish", "dedupe", "cluster", "summarise", "edit", "render", "deliver")
MODULES = {"clean_all": "clean"}
GIVEN = (RawItem, Article, Article, CopyGroup, Story, Summary, Edition, Rendered, Receipt)


def stage(name: str) -> Callable[..., Any]:
    """A stage's function."""
    found: Callable[..., Any] = getattr(import_module(f"pipeline.stages.{MODULES.get(name, name)}"), name)
    return found


def records_in(annotation: object) -> set[type]:
    """The frozen records that a type is made of; the results that stages define are opened."""
    found = set().union(*map(records_in, typing.get_args(annotation))) if typing.get_args(annotation) else set()
    if isinstance(annotation, type) and annotation.__module__ == records.__name__:
        return {annotation}
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        found |= set().union(*map(records_in, typing.get_type_hints(annotation).values()))
    return found


def taken(name: str) -> set[type]:
    """The records in a stage's first parameter."""
    first = next(iter(inspect.signature(stage(name)).parameters))
    return records_in(typing.get_type_hints(stage(name))[first])


def given(name: str) -> set[type]:
    """The records in what a stage returns."""
    return records_in(typing.get_type_hints(stage(name))["return"])


@pytest.mark.parametrize(("one", "following"), list(pairwise(LINE)))
def test_each_stage_takes_what_the_one_before_gives(one: str, following: str) -> None:
    """A stage between two others could be left out or replaced by looking at records alone."""
    assert taken(following)
    assert taken(following) <= given(one)


@pytest.mark.parametrize(("name", "record"), list(zip(LINE, GIVEN, strict=True)))
def test_each_stage_gives_one_record(name: str, record: type) -> None:
    """One kind of record goes on; rejects are the only other that leaves a stage of the line."""
    assert record in given(name)
    assert given(name) <= {record, Reject, *_parts_of(record)}


def _parts_of(record: type) -> set[type]:
    """The records that a record's own fields hold."""
    return set().union(*map(records_in, typing.get_type_hints(record).values()))


def test_the_records_tell_the_line() -> None:
    """What the module of records says of the order is what the signatures say."""
    told = re.findall(r"\w+", str(records.__doc__).partition("RawItem")[2])
    assert ["RawItem", *told] == [record.__name__ for record in dict.fromkeys(GIVEN)]


def test_every_record_is_frozen() -> None:
    """What a stage has given cannot be changed by a later one, and has no room for more."""
    kinds = [kind for _, kind in inspect.getmembers(records, inspect.isclass) if dataclasses.is_dataclass(kind)]
    assert set(GIVEN) <= set(kinds)
    for kind in kinds:
        assert vars(kind)["__dataclass_params__"].frozen, kind
        assert "__slots__" in vars(kind), kind
