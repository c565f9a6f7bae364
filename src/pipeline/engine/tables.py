"""Articles as Arrow tables: how they lie in the object store, where every worker of a machine reads them in place."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
import xxhash

from pipeline.minhash.copies import compared
from pipeline.minhash.documents import Rows
from pipeline.minhash.tokens import Hashes
from pipeline.records import Article

Table: TypeAlias = pa.Table
Value = TypeVar("Value")

NAMES = ("id", "title", "text", "url", "published", "lang", "source", "location")
SCHEMA = pa.schema([(name, pa.large_string()) for name in NAMES])


def table_of(articles: Sequence[Article]) -> Table:
    """The articles, a row each, without the keys that they pass through."""
    columns = [
        [one.published.isoformat() if one.published else "" for one in articles]
        if name == "published"
        else [getattr(one, name) for one in articles]
        for name in NAMES
    ]
    return pa.table(columns, SCHEMA)


def in_blocks(values: Sequence[Value], size: int) -> list[Sequence[Value]]:
    """The values in parts of at most so many; of none, one empty part."""
    return [values[start : start + size] for start in range(0, max(len(values), 1), size)]


def articles_at(table: Table, offsets: Rows) -> list[Article]:
    """The articles at some rows of a table."""
    found = table.take(pa.array(offsets)).to_pydict()
    found["published"] = [datetime.fromisoformat(time) if time else None for time in found["published"]]
    return [Article(**dict(zip(NAMES, values, strict=True))) for values in zip(*(found[n] for n in NAMES), strict=True)]


class TableTexts(Sequence[str]):
    """What the articles at some rows of a table are compared by, made when asked for."""

    def __init__(self, table: Table, offsets: Rows) -> None:
        # One chunk, so that looking up is quick.
        self._titles, self._texts = (table.column(name).combine_chunks() for name in ("title", "text"))
        self._offsets = offsets.tolist()

    def __len__(self) -> int:
        return len(self._offsets)

    def __getitem__(self, row: int) -> str:  # type: ignore[override]  # nobody asks for slices
        at = self._offsets[row]
        return compared(self._titles[at].as_py(), self._texts[at].as_py())


def publishers_of(table: Table) -> Hashes:
    """A number for each row's publisher, 0 where it is unknown."""
    names = table.column("source").combine_chunks().dictionary_encode()
    numbers = [xxhash.xxh3_64_intdigest(name.encode()) if name else 0 for name in names.dictionary.to_pylist()]
    found: Hashes = np.array(numbers, dtype=np.uint64)[names.indices.to_numpy()]
    return found
