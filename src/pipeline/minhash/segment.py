"""A segment of the copy finder's memory: the texts of a night, or of a merged week, in files that never change.

A segment is a folder of plain numpy files, mapped into memory and not read: opening costs nothing, and a query reads
the entries once, in order. Its entries are those of `bands.sorted_entries`, so that a query is a merge of sorted lists.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from numba import int64, uint64

from pipeline.compiled import compiled
from pipeline.errors import DerivedError, StoreError
from pipeline.files import shown, sync_folder
from pipeline.minhash.bands import Banding, Entries, Pairs, agreements, sorted_entries
from pipeline.minhash.documents import Rows
from pipeline.minhash.hashing import PERMUTATIONS
from pipeline.minhash.kernels import Signatures
from pipeline.minhash.tokens import Bytes, Offsets

ADVICE = "move the folder away: it is made again from the stored articles"
MOST_LOOKED_AT = 64
"""Members of a bucket that a query looks at: a thousand copies of one page must not be a million pairs."""

_SEEN_BY_ALL = np.iinfo(np.int64).max
_ROOM = 1024

Number = TypeVar("Number", np.uint8, np.uint32, np.uint64, np.int64)


class Listing(NamedTuple):
    """What the manifest says of a segment: its folder, the nights it covers, its rows, and those that are deleted."""

    name: str
    first: date
    last: date
    rows: int
    deleted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """An open segment: a row for each text.

    `signatures` has shape (rows, 128), `entries` (bands, rows), each band sorted. The id of row `i` is the UTF-8 in
    `letters` from where the id before ends up to `ends[i]`.
    """

    listing: Listing
    signatures: Signatures
    entries: Entries
    letters: Bytes
    ends: Offsets

    @property
    def alive(self) -> Rows:
        """The rows that are not deleted, ascending."""
        return np.delete(np.arange(self.listing.rows), self.listing.deleted)

    def ids(self, rows: Rows) -> list[str]:
        """The ids at some rows. Raises UnicodeDecodeError when the file is damaged."""
        ends = self.ends[rows]
        starts = np.where(rows > 0, self.ends[rows - 1], 0)
        letters, spans = self.letters.data, zip(starts.tolist(), ends.tolist(), strict=True)
        return [str(letters[start:end], "utf-8", "surrogatepass") for start, end in spans]

    def meeting(self, entries: Entries) -> tuple[Pairs, int]:
        """Pairs of a query's row and a row that is alive and shares a bucket with it, shape (pairs, 2), each once.

        The pairs ascend by the query's row. The number says how many buckets, each counted for each query, were cut at
        `MOST_LOOKED_AT`. `entries` are the query's, sorted. Raises IndexError when the file is damaged.
        """
        buckets = _buckets_met(entries, self.entries)
        buckets.sort()
        last_seen = np.full(self.listing.rows, -1)
        last_seen[list(self.listing.deleted)] = _SEEN_BY_ALL
        pairs, cut = _members(buckets, self.entries.ravel(), last_seen, MOST_LOOKED_AT)
        return pairs, cut

    def matches(self, signatures: Signatures, entries: Entries, least: int) -> tuple[Pairs, Rows, int]:
        """The pairs of `meeting` that agree on `least` permutations or more, on how many they do, and the cuts.

        Pairs have shape (found, 2), the counts (found,). Raises IndexError when the file is damaged.
        """
        pairs, cut = self.meeting(entries)
        agreed = agreements(signatures, self.signatures, pairs)
        return pairs[agreed >= least], agreed[agreed >= least], cut


def write_segment(folder: Path, ids: Sequence[str], signatures: Signatures, banding: Banding) -> None:
    """Write a new folder of as many texts as there are ids, and see it safely on disk.

    Raises OSError when it exists or cannot be written.
    """
    encoded = [text.encode("utf-8", "surrogatepass") for text in ids]
    arrays: dict[str, Signatures | Entries | Bytes | Offsets] = {
        "signatures": signatures,
        "entries": sorted_entries(signatures, np.arange(len(ids)), banding, range(banding.bands)),
        "letters": np.frombuffer(b"".join(encoded), dtype=np.uint8),
        "ends": np.fromiter(accumulate(map(len, encoded)), dtype=np.int64, count=len(ids)),
    }
    folder.mkdir()
    for name, array in arrays.items():
        with (folder / f"{name}.npy").open("wb") as stream:
            np.save(stream, array, allow_pickle=False)
            stream.flush()
            os.fsync(stream.fileno())
    for changed in (folder, folder.parent):
        sync_folder(changed)


def useless(memory: Path, cause: str) -> DerivedError:
    """The error to raise when the memory in that folder cannot be used any more."""
    return DerivedError(f"memory {shown(memory)}: {cause}; {ADVICE}")


def open_segment(memory: Path, listing: Listing, banding: Banding) -> Segment:
    """Map the files of a segment of the memory in that folder.

    Raises DerivedError when one is missing or does not have the shape that the listing says, and when the entries are
    not those that this program would make; StoreError when one is there and cannot be read.
    """
    rows, name = listing.rows, listing.name
    signatures = _mapped(memory, f"{name}/signatures.npy", np.uint32, (rows, PERMUTATIONS))
    entries = _mapped(memory, f"{name}/entries.npy", np.uint64, (banding.bands, rows))
    ends = _mapped(memory, f"{name}/ends.npy", np.int64, (rows,))
    letters = _mapped(memory, f"{name}/letters.npy", np.uint8, (int(ends[-1]) if rows else 0,))
    if rows and not _has_entry(entries[0], signatures[0], banding):
        raise useless(memory, f"{name}/entries.npy was not made in the way of this program")
    return Segment(listing, signatures, entries, letters, ends)


def _has_entry(entries: Entries, signature: Signatures, banding: Banding) -> bool:
    """Whether the first row's entry is among those of the first band, under the key that this program gives it."""
    (expected,) = sorted_entries(np.array([signature]), np.zeros(1, dtype=np.int64), banding, range(1))[0]
    place = np.searchsorted(entries, expected)
    return place < len(entries) and bool(entries[place] == expected)


def _mapped(memory: Path, name: str, kind: type[Number], shape: tuple[int, ...]) -> npt.NDArray[Number]:
    """A file of the memory as a read-only array; raises as `open_segment`."""
    try:
        array: npt.NDArray[Number] = np.load(memory / name, mmap_mode="r", allow_pickle=False)
    except (FileNotFoundError, EOFError, ValueError) as error:
        raise useless(memory, f"{name} cannot be read ({error})") from error
    except OSError as error:
        raise StoreError(f"memory {shown(memory)}: {name} cannot be read ({error}); check its permissions") from error
    if (array.dtype, array.shape) != (kind, shape):
        should = f"and should hold {np.dtype(kind)} in the shape {shape}"
        raise useless(memory, f"{name} holds {array.dtype} in the shape {array.shape} {should}")
    # The compiled loops take plain arrays only.
    return np.asarray(array)


@compiled
def _buckets_met(query: Entries, known: Entries) -> Entries:
    """Where a query's key is known: the query's row above, below the place of the bucket's first entry in all bands."""
    # Most of this room is never written to, and so never taken.
    found, count = np.empty(query.size, dtype=np.uint64), 0
    for band in range(len(query)):
        wanted, held = query[band], known[band]
        at = place = 0
        while at < len(wanted) and place < len(held):
            left, right = wanted[at] >> uint64(32), held[place] >> uint64(32)
            if left == right:
                found[count] = (wanted[at] << uint64(32)) | uint64(band * len(held) + place)
                count += 1
                at += 1
            else:
                # Without a branch: it would be mispredicted at every second step.
                at += left < right
                place += right < left
    return found[:count]


@compiled
def _members(buckets: Entries, known: Entries, last_seen: Rows, most: int) -> tuple[Pairs, int]:
    """Pairs of the query's rows with the members of their buckets, in order, and how many buckets were cut.

    `known` are the entries of all bands, one after the other; `last_seen` has the last row of the query that met each
    row, which keeps a pair from being written twice.
    """
    pairs, count, cut = np.empty((_ROOM, 2), dtype=np.int64), 0, 0
    width = len(last_seen)
    for bucket in buckets:
        row, start = int64(bucket >> uint64(32)), int64(bucket & uint64(0xFFFFFFFF))
        key = known[start] >> uint64(32)
        end = start // width * width + width
        place = start
        while place < min(end, start + most) and known[place] >> uint64(32) == key:
            other = int64(known[place] & uint64(0xFFFFFFFF))
            place += 1
            if other >= width:
                raise IndexError("an entry names a row that is not there")
            if last_seen[other] >= row:
                continue
            last_seen[other] = row
            if count == len(pairs):
                pairs = np.concatenate((pairs, np.empty_like(pairs)))
            pairs[count, 0], pairs[count, 1] = row, other
            count += 1
        cut += place == start + most and place < end and known[place] >> uint64(32) == key
    return pairs[:count], cut
