"""What the stages of an unfinished night gave, so that a run which died is gone on with and not repeated.

A folder for the night, a file for each stage: lines of JSON, compressed, under its name only when it is whole. All of
it is derived: a file that is missing or damaged costs the time to do its stage again, and nothing else.
"""

import gzip
import json
import shutil
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pipeline.errors import StoreError
from pipeline.files import PRIVATE, written_atomically
from pipeline.records import Article, RawItem

if TYPE_CHECKING:
    from cattrs.preconf.json import JsonConverter

Record = TypeVar("Record")
COMPRESSION = 1
"""Of gzip: what is read back once at most is not worth more time."""


class Checkpoints(Protocol):
    """Keeps what a stage gave, by the stage's name."""

    def load(self, name: str, kind: type[Record]) -> list[Record] | None:
        """The records kept under a name, or None when there are none that can be read."""
        ...

    def save(self, name: str, records: Iterable[object]) -> None:
        """Keep records under a name, in place of those that were kept under it."""
        ...


class NoCheckpoints:
    """Keeps nothing: for editions that are made to be looked at."""

    def load(self, name: str, kind: type[Record]) -> list[Record] | None:  # noqa: ARG002 - the protocol's
        """Nothing is ever found."""
        return None

    def save(self, name: str, records: Iterable[object]) -> None:
        """Nothing is ever kept."""


@dataclass(frozen=True, slots=True)
class FileCheckpoints:
    """Keeps the records of one night in the files of a folder. `order` are the names, each made of those before it."""

    folder: Path
    order: tuple[str, ...]

    def load(self, name: str, kind: type[Record]) -> list[Record] | None:
        """The records kept under a name, or None when there are none or the file is damaged."""
        try:
            with gzip.open(self._file(name), "rt", encoding="utf-8") as lines:
                records = [_converter().structure(json.loads(line), kind) for line in lines]
        except FileNotFoundError:
            return None
        # What cattrs raises when a line is no such record is a group of these.
        except (OSError, EOFError, zlib.error, ValueError, TypeError, KeyError, ExceptionGroup):
            return None
        # To gzip a file without a byte is whole; no records are some bytes.
        return records if self._file(name).stat().st_size else None

    def save(self, name: str, records: Iterable[object]) -> None:
        """Keep records under a name; what was made of those kept before goes.

        Raises StoreError when the folder cannot be written.
        """
        file = self._file(name)
        try:
            for later in self.order[self.order.index(name) + 1 :]:
                self._file(later).unlink(missing_ok=True)
            with written_atomically(file, PRIVATE) as stream, gzip.GzipFile("", "wb", COMPRESSION, stream, 0) as packed:
                for record in records:
                    packed.write(json.dumps(_converter().unstructure(record)).encode() + b"\n")
        except OSError as error:
            reason = f"cannot be written ({error}); check data_dir and the space left"
            raise StoreError(f"checkpoint {file}: {reason}") from error

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.jsonl.gz"


def checkpoints_of(folder: Path, night: date, key: str, order: tuple[str, ...]) -> FileCheckpoints:
    """The checkpoints of a night in `folder`, which holds those of all unfinished nights.

    What the night left under another `key` was made under other conditions and is removed.
    """
    chosen = folder / f"{night.isoformat()}.{key}"
    for other in folder.glob(f"{night.isoformat()}.*"):
        if other != chosen:
            _remove(other)
    return FileCheckpoints(chosen, order)


def forget_unfinished(folder: Path) -> None:
    """Remove what all unfinished nights left: a later night has read their sources again."""
    if folder.exists():
        _remove(folder)


def unfinished_nights(folder: Path) -> list[date]:
    """The nights that left checkpoints, in order."""
    return sorted(_nights(folder))


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"checkpoints {folder}: cannot be removed ({error}); remove the folder by hand") from error


def _nights(folder: Path) -> Iterator[date]:
    for path in folder.glob("????-??-??.*"):
        try:
            yield date.fromisoformat(path.name[:10])
        except ValueError:
            continue


@cache
def _converter() -> "JsonConverter":
    """Turns records into what JSON holds and back."""
    from cattrs.gen import make_dict_structure_fn, override
    from cattrs.preconf.json import make_converter

    converter = make_converter()
    as_it_is = override(struct_hook=_as_it_is)
    for kind in (Article, RawItem):
        converter.register_structure_hook(kind, make_dict_structure_fn(kind, converter, extra=as_it_is))
    return converter


def _as_it_is(value: Any, _: object) -> Any:  # noqa: ANN401 - whatever JSON holds
    return value
