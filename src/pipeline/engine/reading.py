"""Files of articles in pieces, so that each worker reads its own: JSON Lines by bytes, Parquet by groups of rows.

Places are paths or addresses that pyarrow or fsspec know (`s3://bucket/folder`, with `?endpoint_override=` for what
speaks S3 elsewhere). A folder stands for all files in it.
"""

import contextlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import fs, parquet

from pipeline.engine.folding import Repeats
from pipeline.engine.tables import NAMES, Table, table_of
from pipeline.engine.workers import Reference, Workers
from pipeline.errors import InputError
from pipeline.jsonlines import STANDARD, BadLineError, Line, article_from_line, lines_of, read_lines
from pipeline.records import Article, Json, Reject

LARGEST_PIECE, SMALLEST_PIECE = 32 * 2**20, 2**20
"""Bytes of a piece: so many that a worker holds it easily, so few that starting it costs little."""
PIECES_A_CORE = 2
MOST_BLOCKS = 400
"""Every block hands something to each other in every step: the plan's process keeps about 4 kB for each of these."""
ARTICLES_FROM_STANDARD = 8_192
LINES, PACKED, PARQUET = "lines", "packed", "parquet"
_PRIVATE = re.compile(r"(?<=://)[^/@]*@|\?.*")
"""What of an address people need not read: a key that opens it, and options."""
_KINDS = {".jsonl": LINES, ".json": LINES, ".ndjson": LINES, ".gz": PACKED, ".zst": PACKED, ".parquet": PARQUET}


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of one file, of about `size` bytes: plain lines that begin in a range of bytes, or a range of row groups.

    `source` is the place that was named, which tells the file system; `path` is where the file lies there.
    """

    source: str
    path: str
    kind: str
    start: int
    end: int
    size: int

    @property
    def name(self) -> str:
        """What the file is called where people read it."""
        scheme, mark, _ = self.source.partition("://")
        return f"{scheme}://{self.path}" if mark else self.path


NumberedPieces = list[tuple[Piece, int]]
"""Pieces, each with how many lines or rows of its file come before it."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """References to tables of articles in the order in which they were read, and what could not be used."""

    tables: list[Reference]
    rejects: list[Reject]


def read_blocks(workers: Workers, source: str) -> Blocks:
    """The articles of a file, a folder, an address, or of standard input (`-`).

    Raises InputError when the source cannot be read, or holds no file that articles are read from.
    """
    if source == str(STANDARD):
        return _read_standard(workers)
    blocks = blocks_of(numbered_pieces(workers, source))
    made = [workers.split(2, read_pieces, tuple(block)) for block in blocks]
    rejects = [reject for some in workers.take([each[1] for each in made]) for reject in some]
    return Blocks([each[0] for each in made], rejects)


def blocks_of(pieces: NumberedPieces) -> list[NumberedPieces]:
    """Pieces that follow each other put together, so that there are not too many blocks: many small files, say."""
    largest = sum(piece.size for piece, _ in pieces) / MOST_BLOCKS
    blocks: list[NumberedPieces] = [[]]
    size = 0
    for piece, before in pieces:
        if blocks[-1] and size + piece.size > max(largest, SMALLEST_PIECE):
            blocks.append([])
            size = 0
        blocks[-1].append((piece, before))
        size += piece.size
    return blocks


def repeated(workers: Workers, blocks: Sequence[Reference], repeats: Repeats) -> list[Reject]:
    """The articles whose id an earlier one has, as rejects."""
    pairs = [
        workers.call(said_again, blocks[block], row, blocks[before], first) for block, row, before, first in repeats
    ]
    return list(workers.take(pairs))


def said_again(table: Table, row: int, earlier: Table, first: int) -> Reject:
    """The reject for a row whose id a row that came earlier has."""
    name, location = (table.column(column)[row].as_py() for column in ("id", "location"))
    return Reject("read", location, f"id {name!r} is also that of {earlier.column('location')[first].as_py()}", name)


def pieces_of(source: str, wanted: int) -> list[Piece]:
    """The pieces of all files at a place, about as many as are wanted, in the order of names.

    Raises InputError when there is none.
    """
    filesystem, path = _opened(source)
    found = _files(filesystem, path, source)
    total = sum(size for _, size in found)
    each = max(min(max(total // wanted, SMALLEST_PIECE), LARGEST_PIECE), total // MOST_BLOCKS)
    return [piece for name, size in found for piece in _pieces(filesystem, source, name, size, each)]


def _files(filesystem: fs.FileSystem, path: str, source: str) -> list[tuple[str, int]]:
    """The files that articles are read from, with their sizes in bytes."""
    with _read_from(_shown(source)):
        (info,) = filesystem.get_file_info([path])
        if info.type == fs.FileType.Directory:
            listed = filesystem.get_file_info(fs.FileSelector(path, recursive=True))
        else:
            listed = [info]
    if info.type == fs.FileType.NotFound:
        raise InputError(f"{_shown(source)}: cannot be opened (No such file or directory)")
    files = [(one.path, one.size) for one in listed if one.type == fs.FileType.File and _kind(one.path, len(listed))]
    if not files:
        raise InputError(f"{_shown(source)}: holds no JSON Lines or Parquet files")
    return sorted(files)


def _kind(path: str, among: int) -> str:
    """How a file is read, "" for not at all; one that was named itself is lines whatever its name."""
    return _KINDS.get(Path(path).suffix.casefold(), LINES if among == 1 else "")


def _pieces(filesystem: fs.FileSystem, source: str, path: str, size: int, each: int) -> Iterator[Piece]:
    """The pieces of one file."""
    whole = Piece(source, path, _kind(path, 1), 0, size, size)
    if whole.kind == LINES:
        ends = ((start, min(start + each, size)) for start in range(0, max(size, 1), each))
        yield from (replace(whole, start=start, end=end, size=end - start) for start, end in ends)
    elif whole.kind == PACKED:
        yield whole
    else:
        with _read_from(whole.name), filesystem.open_input_file(path) as stream:
            groups = parquet.ParquetFile(stream).num_row_groups
        together = max(1, groups * each // max(size, 1))
        ends = ((start, min(start + together, groups)) for start in range(0, max(groups, 1), together))
        yield from (
            replace(whole, start=start, end=end, size=size * (end - start) // max(groups, 1)) for start, end in ends
        )


def numbered_pieces(workers: Workers, source: str) -> NumberedPieces:
    """The pieces of a place, with how many lines or rows of its file come before each. Raises as `pieces_of` does."""
    pieces = pieces_of(source, PIECES_A_CORE * workers.cores)
    return list(zip(pieces, _lines_before(workers, pieces), strict=True))


def _lines_before(workers: Workers, pieces: Sequence[Piece]) -> list[int]:
    """How many lines or rows of its file come before each piece. Only files in several pieces are looked through."""
    followed = {piece.path for piece in pieces if piece.start > 0}
    looked_at = [piece for piece in pieces if piece.path in followed]
    counts = dict(zip(looked_at, workers.take([workers.call(count_lines, piece) for piece in looked_at]), strict=True))
    before, total = [], 0
    for piece in pieces:
        total = 0 if piece.start == 0 else total
        before.append(total)
        total += counts.get(piece, 0)
    return before


def count_lines(piece: Piece) -> int:
    """How many lines or rows a piece has. Raises InputError when it cannot be read."""
    filesystem, _ = _opened(piece.source)
    with _read_from(piece.name):
        if piece.kind != PARQUET:
            return _bytes_of(filesystem, piece).count(b"\n")
        with filesystem.open_input_file(piece.path) as stream:
            metadata = parquet.ParquetFile(stream).metadata
            return sum(metadata.row_group(group).num_rows for group in range(piece.start, piece.end))


def read_pieces(pieces: NumberedPieces) -> tuple[Table, list[Reject]]:
    """The articles of some pieces as one block, and the lines or rows that hold none. Raises as `lines_in` does."""
    rejects: list[Reject] = []
    tables = [table_of(list(_articles(lines_in(*piece), rejects))) for piece in pieces]
    return pa.concat_tables(tables).combine_chunks(), rejects


def lines_in(piece: Piece, before: int) -> Iterator[Line | Reject]:
    """The lines or rows of a piece; `before` as many came in its file. Raises InputError when it cannot be read."""
    filesystem, _ = _opened(piece.source)
    read = {LINES: _plain_lines, PACKED: _packed_lines, PARQUET: _parquet_rows}[piece.kind]
    with _read_from(piece.name):
        yield from read(filesystem, piece, before)


def _articles(lines: Iterator[Line | Reject], rejects: list[Reject]) -> Iterator[Article]:
    """The articles of lines; a line that holds none goes to `rejects`."""
    for line in lines:
        if isinstance(line, Reject):
            rejects.append(line)
            continue
        try:
            yield article_from_line(line)
        except BadLineError as error:
            rejects.append(Reject("read", line.location, str(error)))


def _plain_lines(filesystem: fs.FileSystem, piece: Piece, before: int) -> Iterator[Line | Reject]:
    """The lines that begin in a range of bytes."""
    text = _bytes_of(filesystem, piece).decode("utf-8-sig" if piece.start == 0 else "utf-8", "surrogateescape")
    return lines_of(text.split("\n"), piece.name, before)


def _bytes_of(filesystem: fs.FileSystem, piece: Piece) -> bytes:
    """The lines that begin in a range of bytes, the last one whole."""
    with filesystem.open_input_file(piece.path) as stream:
        # A line begins after the end of another: the byte before tells whether the first one does.
        stream.seek(max(piece.start - 1, 0))
        content = stream.read(piece.end - max(piece.start - 1, 0))
        begin = content.find(b"\n") + 1 if piece.start > 0 else 0
        if piece.start > 0 and begin in (0, len(content)):
            return b""
        parts = [content[begin:]]
        while not parts[-1].endswith(b"\n") and (more := stream.read(SMALLEST_PIECE)):
            end = more.find(b"\n") + 1
            parts.append(more[:end] if end else more)
    return b"".join(parts)


def _packed_lines(filesystem: fs.FileSystem, piece: Piece, before: int) -> Iterator[Line | Reject]:
    """The lines of a compressed file."""
    with filesystem.open_input_file(piece.path) as stream:
        packing = "gzip" if piece.path.casefold().endswith(".gz") else "zstd"
        opened: Any = pa.CompressedInputStream(stream, packing)  # a stream, which it does not say
        yield from lines_of(io.TextIOWrapper(opened, "utf-8-sig", "surrogateescape"), piece.name, before)


def _parquet_rows(filesystem: fs.FileSystem, piece: Piece, before: int) -> Iterator[Line]:
    """The rows of some row groups."""
    with filesystem.open_input_file(piece.path) as stream:
        file = parquet.ParquetFile(stream)
        known = [column for column in file.schema_arrow.names if column in NAMES and column != "location"]
        rows = file.read_row_groups(range(piece.start, piece.end), columns=known).to_pylist()
    for number, row in enumerate(rows, before + 1):
        yield Line(f"{piece.name}:{number}", {key: _json(value) for key, value in row.items()})


def _json(value: Any) -> Json:  # noqa: ANN401 - whatever a table holds
    """A cell as JSON has it: times as text."""
    found: Json = value.isoformat() if isinstance(value, datetime | date) else value
    return found


def _read_standard(workers: Workers) -> Blocks:
    """The articles of standard input, which only this process can read: sent on a part at a time."""
    rejects: list[Reject] = []
    articles = _articles(read_lines(STANDARD), rejects)
    tables = [workers.keep(table_of(some)) for some in _batches(articles)]
    return Blocks(tables or [workers.keep(table_of([]))], rejects)


def _batches(articles: Iterator[Article]) -> Iterator[list[Article]]:
    """The articles in parts."""
    while some := list(islice(articles, ARTICLES_FROM_STANDARD)):
        yield some


def write_table(table: Table, place: str, number: int) -> None:
    """Write a part of a result into a folder of Parquet files. Raises InputError when it cannot be written."""
    filesystem, path = _opened(place)
    try:
        filesystem.create_dir(path, recursive=True)
        parquet.write_table(table, f"{path}/part-{number:05}.parquet", filesystem=filesystem, compression="zstd")
    except OSError as error:
        raise InputError(f"{_shown(place)}: cannot be written ({error})") from error


def takes_parts(place: str) -> bool:
    """Whether results go to a place part by part, as a folder of Parquet files.

    Raises InputError for an address that is to be no such folder: lines are written to this machine only.
    """
    if _shown(place).endswith(".parquet"):
        return True
    if "://" in place:
        raise InputError(
            f"{_shown(place)}: only a folder of Parquet files is written there; end the address in .parquet"
        )
    return False


@contextlib.contextmanager
def _read_from(name: str) -> Iterator[None]:
    """Raises InputError for what cannot be reached, or is damaged, while it is read."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{name}: cannot be read ({error})") from error


def _shown(place: str) -> str:
    """A place as people may read it, without a key that opens it."""
    return _PRIVATE.sub("", place) if "://" in place else place


def _opened(place: str) -> tuple[fs.FileSystem, str]:
    """The file system of a place, and its path there."""
    if "://" not in place:
        return fs.LocalFileSystem(), str(Path(place).absolute())
    try:
        found: tuple[fs.FileSystem, str] = fs.FileSystem.from_uri(place)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        return _through_fsspec(place, error)
    return found


def _through_fsspec(place: str, reason: Exception) -> tuple[fs.FileSystem, str]:
    """A place that pyarrow itself does not know."""
    import fsspec

    try:
        found, path = fsspec.url_to_fs(place)
    except (ImportError, ValueError) as error:
        # Both may repeat the address with its key.
        causes = f"{error}; {reason}".replace(place, _shown(place))
        raise InputError(f"{_shown(place)}: nothing here reads such addresses ({causes})") from error
    return fs.PyFileSystem(fs.FSSpecHandler(found)), path
