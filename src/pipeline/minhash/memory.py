"""The copy finder's memory across nights: which known texts are like a new one.

A folder of segments, one for each night or merged week (see `segment`), and a manifest that names them. Segments never
change. A change writes new ones beside the old, then swaps the manifest: whenever the program is killed, the manifest
names complete segments, and what it does not name the next change removes. One program at a time may write.
"""

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.errors import StoreError
from pipeline.files import shown, write_atomically
from pipeline.minhash import alphabet, hashing, kernels
from pipeline.minhash.bands import Banding, sorted_entries
from pipeline.minhash.documents import Rows
from pipeline.minhash.kernels import Signatures
from pipeline.minhash.search import BANDING
from pipeline.minhash.segment import ADVICE, Listing, Segment, open_segment, useless, write_segment

FORMAT = 1
MANIFEST = "manifest.json"
_NAME = re.compile(r"segment-([0-9]{6,})")
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Matches:
    """Which known texts are like which rows of a query: arrays of shape (matches,) and as many ids.

    `agreements` says on how many permutations the signatures agree. In order of the rows, those of a row with the most
    agreements first, then by id. `capped` counts the buckets that were too large to look at all their members, each
    for each row of the query and each segment.
    """

    rows: Rows
    ids: tuple[str, ...]
    agreements: npt.NDArray[np.int64]
    capped: int = 0


class _Draft(NamedTuple):
    """A segment to be written."""

    first: date
    last: date
    ids: Sequence[str]
    signatures: Signatures


class Memory:
    """The known texts of some nights; `open_memory` opens it. Every change is made as a whole or, on an error, not."""

    def __init__(self, folder: Path, banding: Banding, segments: Sequence[Segment], manifest: bytes | None) -> None:
        self._folder = folder
        self._banding = banding
        self._segments = tuple(segments)
        self._manifest = manifest

    @property
    def size(self) -> int:
        """How many known texts there are that are not deleted; an id known from two nights counts twice."""
        return sum(segment.listing.rows - len(segment.listing.deleted) for segment in self._segments)

    @property
    def nights(self) -> frozenset[date]:
        """The nights held: all from the first to the last night of every segment."""
        spans = [(segment.listing.first, segment.listing.last) for segment in self._segments]
        return frozenset(first + timedelta(days=day) for first, last in spans for day in range((last - first).days + 1))

    def query(self, signatures: Signatures) -> Matches:
        """The known texts that share a band with a signature and agree with it on `banding.least` permutations or more.

        Takes signatures of shape (rows, 128). An id known from two nights is a match once, with the larger agreement.
        Of a bucket the first 64 members of every segment are looked at, which `Matches.capped` counts.
        Raises ValueError for another shape, DerivedError when a segment is damaged.
        """
        signatures = _checked(signatures)
        numbers = np.arange(len(signatures))
        entries = sorted_entries(signatures, numbers, self._banding, range(self._banding.bands))
        rows, agreed, ids, capped = [numbers[:0]], [numbers[:0]], [], 0
        for segment in self._segments:
            with self._damage_explained(segment):
                pairs, counts, cut = segment.matches(signatures, entries, self._banding.least)
                ids += segment.ids(pairs[:, 1])
            rows.append(pairs[:, 0])
            agreed.append(counts)
            capped += cut
        return _ordered(np.concatenate(rows), ids, np.concatenate(agreed), capped)

    def add(self, night: date, ids: Sequence[str], signatures: Signatures) -> None:
        """Make the texts of a night known, in place of those known of it before; deleted ids among them are alive.

        Takes as many ids as signatures, which have shape (ids, 128); none make the night one that is held.
        Raises ValueError for another shape, StoreError when the night belongs to a merged week or the folder cannot
        be written.
        """
        signatures = _checked(signatures)
        if len(ids) != len(signatures):
            raise ValueError(f"{len(ids)} ids for {len(signatures)} signatures")
        for listing in (segment.listing for segment in self._segments):
            if listing.first < listing.last and listing.first <= night <= listing.last:
                raise self._error(
                    f"{night} lies in the segment merged of {listing.first} to {listing.last}, which takes no more "
                    f"texts; leave that night as it is, or {ADVICE}"
                )
        kept = [segment for segment in self._segments if segment.listing.first != night]
        self._change(kept, [_Draft(night, night, ids, signatures)])

    def delete(self, ids: Iterable[str]) -> None:
        """Forget texts by their ids, on whatever nights; unknown ids are ignored. `merge` takes them off the disk.

        Raises DerivedError when a segment is damaged, StoreError when the folder cannot be written.
        """
        wanted = frozenset(ids)
        segments = [self._without(segment, wanted) for segment in self._segments]
        if any(new is not old for new, old in zip(segments, self._segments, strict=True)):
            self._change(segments)

    def expire(self, before: date) -> None:
        """Forget every segment whose last night is before that date.

        Raises StoreError when the folder cannot be written.
        """
        kept = [segment for segment in self._segments if segment.listing.last >= before]
        if len(kept) < len(self._segments):
            self._change(kept)

    def merge(self, before: date) -> None:
        """Make one segment of all those of a week (Monday to Sunday, ISO 8601) that ended before that date.

        Deleted texts are left out for good; no answer changes, unless buckets are cut.
        Raises DerivedError when a segment is damaged, StoreError when the folder cannot be written.
        """
        weeks: dict[date, list[Segment]] = defaultdict(list)
        for segment in self._segments:
            weeks[_monday(segment.listing.first)].append(segment)
        ended = [segments for monday, segments in weeks.items() if monday + _WEEK <= before]
        merged = [segments for segments in ended if len(segments) > 1 or segments[0].listing.deleted]
        if merged:
            names = {segment.listing.name for segment in chain.from_iterable(merged)}
            kept = [segment for segment in self._segments if segment.listing.name not in names]
            self._change(kept, map(self._united, merged))

    def _without(self, segment: Segment, ids: frozenset[str]) -> Segment:
        """The segment with the rows of some ids deleted; the same object if it has none alive."""
        alive = segment.alive
        with self._damage_explained(segment):
            rows = [row for row, known in zip(alive.tolist(), segment.ids(alive), strict=True) if known in ids]
        if not rows:
            return segment
        deleted = tuple(sorted([*segment.listing.deleted, *rows]))
        return replace(segment, listing=segment.listing._replace(deleted=deleted))

    def _united(self, segments: Sequence[Segment]) -> _Draft:
        """What is alive of some segments, which ascend by their nights."""
        ids: list[str] = []
        for segment in segments:
            with self._damage_explained(segment):
                ids += segment.ids(segment.alive)
        signatures = np.concatenate([segment.signatures[segment.alive] for segment in segments])
        return _Draft(segments[0].listing.first, segments[-1].listing.last, ids, signatures)

    def _change(self, kept: Sequence[Segment], drafts: Iterable[_Draft] = ()) -> None:
        """Write segments and let the manifest name them and the kept ones, and no others."""
        if _read_manifest(self._folder) != self._manifest:
            raise self._error("another program changed it since it was opened; nothing was changed, run again")
        try:
            with self._failure_explained():
                self._folder.mkdir(parents=True, exist_ok=True)
                segments = sorted([*kept, *map(self._written, drafts)], key=lambda segment: segment.listing.first)
                self._swap(segments)
        finally:
            _sweep(self._folder)

    def _written(self, draft: _Draft) -> Segment:
        """Write a segment under a name that no folder has, and open it."""
        taken = [int(match[1]) for path in self._folder.iterdir() if (match := _NAME.fullmatch(path.name))]
        name = f"segment-{max(taken, default=0) + 1:06d}"
        write_segment(self._folder / name, draft.ids, draft.signatures, self._banding)
        return open_segment(self._folder, Listing(name, draft.first, draft.last, len(draft.ids)), self._banding)

    def _swap(self, segments: Sequence[Segment]) -> None:
        """Let the manifest name these segments."""
        manifest = _manifest_of(self._banding, [segment.listing for segment in segments])
        path = self._folder / MANIFEST
        try:
            write_atomically(path, manifest)
        except OSError:
            # The new one may be in its place and only the folder not be synced.
            if _read_manifest(self._folder) != self._manifest:
                _put_back(path, self._manifest)
            raise
        self._segments, self._manifest = tuple(segments), manifest

    def _error(self, cause: str) -> StoreError:
        return StoreError(f"memory {shown(self._folder)}: {cause}")

    @contextmanager
    def _failure_explained(self) -> Iterator[None]:
        """Raise what the disk says as StoreError."""
        try:
            yield
        except OSError as error:
            raise self._error(
                f"cannot be written ({error}); nothing was changed, check the folder's permissions and the free space, "
                "and run again"
            ) from error

    @contextmanager
    def _damage_explained(self, segment: Segment) -> Iterator[None]:
        """Raise what reading a damaged segment leads to as DerivedError."""
        try:
            yield
        except (IndexError, UnicodeDecodeError) as error:
            raise useless(self._folder, f"{segment.listing.name} is damaged ({error})") from error


def open_memory(folder: Path, banding: Banding = BANDING) -> Memory:
    """Open the memory in a folder; without a manifest there it is empty, and the first change makes the folder.

    Raises DerivedError when its manifest or a file is damaged, and when its signatures were made or cut in another way
    than this program does; StoreError when it cannot be read.
    """
    manifest = _read_manifest(folder)
    listings = [] if manifest is None else _listings(folder, manifest, banding)
    return Memory(folder, banding, [open_segment(folder, listing, banding) for listing in listings], manifest)


def _checked(signatures: Signatures) -> Signatures:
    """The signatures as the compiled loops take them; raises ValueError for what are none."""
    if signatures.dtype != np.uint32 or signatures.ndim != 2 or signatures.shape[1] != hashing.PERMUTATIONS:
        raise ValueError(
            f"signatures are uint32 in the shape (rows, {hashing.PERMUTATIONS}), "
            f"these are {signatures.dtype} in the shape {signatures.shape}"
        )
    return np.ascontiguousarray(signatures)


def _monday(night: date) -> date:
    """The first day of the night's week."""
    return night - timedelta(days=night.weekday())


def _ordered(rows: Rows, ids: Sequence[str], agreed: Rows, capped: int) -> Matches:
    """Matches in their order, each row and id once."""
    order = np.lexsort((-agreed, rows))
    rows, agreed, names = rows[order], agreed[order], [ids[place] for place in order.tolist()]
    changes = np.flatnonzero(np.diff(rows, prepend=-1) | np.diff(agreed, prepend=-1))
    sizes = np.diff(changes, append=len(rows))
    for start, size in zip(changes[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
        names[start : start + size] = sorted(names[start : start + size])
    first: dict[tuple[int, str], int] = {}
    for place, match in enumerate(zip(rows.tolist(), names, strict=True)):
        first.setdefault(match, place)
    places = np.fromiter(first.values(), dtype=np.int64, count=len(first))
    return Matches(rows[places], tuple(name for _, name in first), agreed[places], capped)


def _parameters(banding: Banding) -> dict[str, str | int]:
    """What signatures and entries depend on: those made otherwise do not compare."""
    return {
        "hash": hashing.HASH,
        "scheme": hashing.SCHEME,
        "seed": hashing.SEED,
        "permutations": hashing.PERMUTATIONS,
        "words": kernels.WORDS,
        "characters": kernels.CHARACTERS,
        "normaliser": alphabet.VERSION,
        "bands": banding.bands,
        "rows": banding.rows,
    }


def _read_manifest(folder: Path) -> bytes | None:
    """The manifest in a folder, None where there is none. Raises StoreError when it cannot be read."""
    try:
        return (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"memory {shown(folder)}: cannot be read ({error}); check its permissions") from error


def _manifest_of(banding: Banding, listings: Iterable[Listing]) -> bytes:
    """The manifest that names these segments."""
    segments = [
        listing._asdict() | {"first": listing.first.isoformat(), "last": listing.last.isoformat()}
        for listing in listings
    ]
    document = {"format": FORMAT, "parameters": _parameters(banding), "segments": segments}
    return json.dumps(document).encode()


def _listings(folder: Path, manifest: bytes, banding: Banding) -> list[Listing]:
    """The segments a manifest names. Raises DerivedError when it is damaged or not as this program makes it."""
    try:
        document = json.loads(manifest)
        differences = _differences(document, banding)
        listings = [] if differences else [_listing(**entry) for entry in document["segments"]]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise useless(folder, f"{MANIFEST} is damaged ({type(error).__name__}: {error})") from error
    if differences:
        raise useless(folder, ", ".join(differences))
    return listings


def _differences(document: dict[str, Any], banding: Banding) -> list[str]:
    """What in a manifest is not as this program has it. Raises KeyError or TypeError when it is no manifest."""
    if document["format"] != FORMAT:
        return [f"its format is {document['format']!r}, this Newsfold knows {FORMAT}"]
    theirs = document["parameters"]
    return [
        f"its {name} is {theirs[name]!r}, this Newsfold has {value!r}"
        for name, value in _parameters(banding).items()
        if theirs[name] != value
    ]


def _listing(name: str, first: str, last: str, rows: int, deleted: Sequence[int]) -> Listing:
    """A segment as the manifest names it. Raises ValueError or TypeError for what cannot be one."""
    listing = Listing(name, date.fromisoformat(first), date.fromisoformat(last), rows, tuple(deleted))
    if not _NAME.fullmatch(name) or listing.first > listing.last:
        raise ValueError(f"no segment is called {name!r} and goes from {first} to {last}")
    if not all(0 <= row < rows for row in deleted):
        raise ValueError(f"{name} has {rows} rows, others are deleted")
    return listing


def _put_back(path: Path, manifest: bytes | None) -> None:
    """Make the manifest what it was before a change that failed; None: there was none."""
    if manifest is None:
        path.unlink()
        return
    old = path.with_name(f".{path.name}.old")
    old.write_bytes(manifest)
    old.replace(path)


def _sweep(folder: Path) -> None:
    """Remove what the manifest does not name; what cannot be removed is left for the next time."""
    manifest = _read_manifest(folder)
    named = {entry["name"] for entry in json.loads(manifest)["segments"]} if manifest else set()
    with suppress(OSError):
        for path in list(folder.iterdir()):
            if _NAME.fullmatch(path.name) and path.name not in named:
                shutil.rmtree(path, ignore_errors=True)
            elif path.name.startswith(f".{MANIFEST}."):
                path.unlink(missing_ok=True)
