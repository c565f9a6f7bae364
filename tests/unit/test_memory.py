"""The copy finder remembers the nights it was given, answers exactly, and forgets exactly what it should."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import FrozenInstanceError
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.errors import DerivedError, StoreError
from pipeline.minhash import segment as segments
from pipeline.minhash.alphabet import VERSION
from pipeline.minhash.bands import Banding, sorted_entries
from pipeline.minhash.hashing import PERMUTATIONS
from pipeline.minhash.kernels import Signatures
from pipeline.minhash.memory import Matches, Memory, open_memory
from pipeline.minhash.search import BANDING

MONDAY = date(2026, 7, 20)
ADVICE = "move the folder away: it is made again from the stored articles"
SMALL = Banding(bands=4, rows=2, least=20)

Array: TypeAlias = "npt.NDArray[np.generic]"
Known = list[tuple[str, Signatures]]
Found = list[tuple[int, str, int]]

_CHANCE = np.random.default_rng(3)
BASES = _CHANCE.integers(0, 2**32, (3, PERMUTATIONS), dtype=np.uint32)
OTHERS = _CHANCE.integers(0, 2**32, (4, PERMUTATIONS), dtype=np.uint32)
ORDERS = np.stack([_CHANCE.permutation(PERMUTATIONS) for _ in range(4)])


def signature(base: int, kept: int, other: int) -> Signatures:
    """One of three signatures, of which so many permutations are kept and the rest is another."""
    return np.asarray(np.where(ORDERS[other] < kept, BASES[base], OTHERS[other]))


def matrix(rows: Sequence[Signatures]) -> Signatures:
    """Signatures as the memory takes them."""
    return np.array(rows, dtype=np.uint32).reshape(len(rows), PERMUTATIONS)


def night(day: int) -> date:
    """A day of the calendar: 0 is a Monday."""
    return MONDAY + timedelta(days=day)


def add(memory: Memory, day: int, texts: Known) -> None:
    """Make some texts known."""
    memory.add(night(day), [key for key, _ in texts], matrix([row for _, row in texts]))


def plain(matches: Matches) -> Found:
    """Matches as a list."""
    return list(zip(matches.rows.tolist(), matches.ids, matches.agreements.tolist(), strict=True))


def by_definition(known: Known, queried: Sequence[Signatures], banding: Banding) -> Found:
    """What a query must find: every known text is compared with every row."""
    best: dict[tuple[int, str], int] = {}
    for row, one in enumerate(queried):
        for key, other in known:
            same = one == other
            bands = same[: banding.bands * banding.rows].reshape(banding.bands, banding.rows)
            if bands.all(axis=1).any() and same.sum() >= banding.least:
                best[row, key] = max(best.get((row, key), 0), int(same.sum()))
    return sorted(((row, key, same) for (row, key), same in best.items()), key=lambda m: (m[0], -m[2], m[1]))


SIGNATURES = st.builds(signature, st.integers(0, 2), st.sampled_from([0, 12, 40, 80, 110, 128]), st.integers(0, 3))
TEXTS = st.lists(st.tuples(st.sampled_from("abcdefgh"), SIGNATURES), max_size=8)
QUERIES = st.lists(SIGNATURES, max_size=6)
BANDINGS = st.sampled_from([SMALL, BANDING, Banding(bands=16, rows=8)])


@settings(max_examples=40)
@given(st.lists(TEXTS, max_size=4), QUERIES, BANDINGS)
def test_a_query_finds_what_the_definition_says(nights: list[Known], queried: list[Signatures], how: Banding) -> None:
    """Nothing that is like a text is missed, nothing else is given, each once and in the order promised."""
    with tempfile.TemporaryDirectory() as folder:
        memory = open_memory(Path(folder), how)
        for day, texts in enumerate(nights):
            add(memory, day, texts)
        found = memory.query(matrix(queried))
    known = [text for texts in nights for text in texts]
    assert plain(found) == by_definition(known, queried, how)
    assert found.capped == 0


@settings(max_examples=25)
@given(TEXTS, QUERIES, st.lists(st.integers(0, 8), max_size=3))
def test_it_does_not_matter_how_texts_are_spread(texts: Known, queried: list[Signatures], cuts: list[int]) -> None:
    """One segment or many: the same answer."""
    edges = [0, *sorted(cuts), len(texts)]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as several:
        whole, spread = open_memory(Path(one), SMALL), open_memory(Path(several), SMALL)
        add(whole, 0, texts)
        for day, (start, end) in enumerate(pairwise(edges)):
            add(spread, day, texts[start:end])
        assert plain(whole.query(matrix(queried))) == plain(spread.query(matrix(queried)))


class Model:
    """What a memory must hold, as a list of texts for each span of nights."""

    def __init__(self) -> None:
        self.spans: dict[tuple[date, date], Known] = {}

    @property
    def known(self) -> Known:
        """All texts."""
        return [text for texts in self.spans.values() for text in texts]

    @property
    def nights(self) -> set[date]:
        """All nights."""
        return {first + timedelta(n) for first, last in self.spans for n in range((last - first).days + 1)}

    def takes(self, day: date) -> bool:
        """Whether the night is in no merged week."""
        return not any(first < last and first <= day <= last for first, last in self.spans)

    def merge(self, before: date) -> None:
        """Join the spans of each week that is over."""
        weeks: dict[tuple[int, int], list[tuple[date, date]]] = {}
        for span in sorted(self.spans):
            year, week, _ = span[0].isocalendar()
            if date.fromisocalendar(year, week, 7) < before:
                weeks.setdefault((year, week), []).append(span)
        for spans in weeks.values():
            texts = [text for span in spans for text in self.spans.pop(span)]
            self.spans[spans[0][0], spans[-1][1]] = texts


CHANGES = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 16), TEXTS),
    st.tuples(st.just("delete"), st.lists(st.sampled_from("abcdefghz"), max_size=3)),
    st.tuples(st.just("expire"), st.integers(0, 17)),
    st.tuples(st.just("merge"), st.integers(0, 17)),
)


def apply(change: tuple[Any, ...], memory: Memory, model: Model) -> None:
    """Make a change to a memory and to the model of it."""
    match change:
        case "add", day, texts if model.takes(night(day)):
            add(memory, day, texts)
            model.spans[night(day), night(day)] = texts
        case "add", day, texts:
            with pytest.raises(StoreError, match="lies in the segment merged"):
                add(memory, day, texts)
        case "delete", ids:
            memory.delete(ids)
            model.spans = {span: [t for t in texts if t[0] not in ids] for span, texts in model.spans.items()}
        case "expire", day:
            memory.expire(night(day))
            model.spans = {span: texts for span, texts in model.spans.items() if span[1] >= night(day)}
        case "merge", day:
            memory.merge(night(day))
            model.merge(night(day))


@settings(max_examples=150)
@given(st.lists(CHANGES, max_size=10), QUERIES)
def test_any_changes_leave_what_they_should(changes: list[tuple[Any, ...]], queried: list[Signatures]) -> None:
    """Added, replaced, deleted, expired and merged in any order: the memory holds what a plain list would."""
    with tempfile.TemporaryDirectory() as folder:
        memory, model = open_memory(Path(folder), SMALL), Model()
        for change in changes:
            apply(change, memory, model)
            for same in (memory, open_memory(Path(folder), SMALL)):
                assert same.nights == model.nights
                assert same.size == len(model.known)
                assert plain(same.query(matrix(queried))) == by_definition(model.known, queried, SMALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A memory of two nights, three texts each: a0, b0, c0 on Monday, a1, b1, c1 on Tuesday."""
    memory = open_memory(tmp_path / "memory")
    for day in (0, 1):
        add(memory, day, [(f"{base}{day}", signature(at, 128 - day, 0)) for at, base in enumerate("abc")])
    return tmp_path / "memory"


def ids_found(memory: Memory) -> set[str]:
    """The ids of the texts known, by what they are like."""
    return set(memory.query(BASES).ids)


def test_nothing_is_like_anything_at_first(tmp_path: Path) -> None:
    """The first night has no memory, and looking for it makes none."""
    memory = open_memory(tmp_path / "memory")
    assert (memory.size, memory.nights) == (0, frozenset())
    assert plain(memory.query(BASES)) == []
    memory.delete(["a"])
    memory.expire(MONDAY)
    memory.merge(MONDAY)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_query_finds_nothing(folder: Path) -> None:
    """A night without articles has no copies."""
    found = open_memory(folder).query(BASES[:0])
    assert (found.rows.tolist(), found.ids, found.agreements.tolist(), found.capped) == ([], (), [], 0)
    assert [array.dtype.name for array in (found.rows, found.agreements)] == ["int64", "int64"]


def test_a_night_without_texts_is_held(folder: Path) -> None:
    """Else it would be looked for in the store every night."""
    open_memory(folder).add(night(2), [], BASES[:0])
    memory = open_memory(folder)
    assert memory.nights == {night(0), night(1), night(2)}
    assert memory.size == 6
    assert ids_found(memory) == {"a0", "b0", "c0", "a1", "b1", "c1"}


def test_a_night_added_twice_is_there_once(folder: Path) -> None:
    """A run that is repeated must not find its own articles, nor fill the disk."""
    memory = open_memory(folder)
    before, files = plain(memory.query(BASES)), len(list(folder.iterdir()))
    add(memory, 1, [(f"{base}1", signature(at, 127, 0)) for at, base in enumerate("abc")])
    assert (memory.size, len(list(folder.iterdir()))) == (6, files)
    assert plain(memory.query(BASES)) == before
    assert plain(open_memory(folder).query(BASES)) == before


def test_a_deleted_text_is_not_found(folder: Path) -> None:
    """What a person takes out of the store must not come up again; ids never heard of are nothing to stop for."""
    open_memory(folder).delete(["b0", "c1", "unheard of"])
    memory = open_memory(folder)
    assert memory.size == 4
    assert ids_found(memory) == {"a0", "c0", "a1", "b1"}
    assert memory.nights == {night(0), night(1)}


def test_what_is_deleted_stays_deleted(folder: Path) -> None:
    """Whatever is deleted, added or expired later."""
    memory = open_memory(folder)
    memory.delete(["a0"])
    memory.delete(["b0", "a0"])
    add(memory, 2, [("new", BASES[0])])
    memory.expire(night(0))
    for same in (memory, open_memory(folder)):
        assert same.size == 5
        assert ids_found(same) == {"c0", "a1", "b1", "c1", "new"}


def test_a_deleted_text_that_comes_again_is_found_as_it_is_now(folder: Path) -> None:
    """Its new signature counts, its old one stays deleted."""
    memory = open_memory(folder)
    memory.delete(["a0"])
    add(memory, 2, [("a0", signature(1, 128, 0))])
    assert memory.size == 6
    for same in (memory, open_memory(folder)):
        assert "a0" not in same.query(BASES[:1]).ids
        assert "a0" in same.query(BASES[1:2]).ids


def test_nothing_is_written_when_nothing_changes(folder: Path) -> None:
    """A night in which nothing is deleted or too old leaves the files alone."""
    before = (folder / "manifest.json").stat()
    memory = open_memory(folder)
    memory.delete(["unheard of"])
    memory.expire(night(0))
    memory.merge(night(1))
    after = (folder / "manifest.json").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_old_nights_expire(folder: Path) -> None:
    """The memory does not grow for ever: what ended before the date goes, with its files."""
    memory = open_memory(folder)
    memory.expire(night(1))
    for same in (memory, open_memory(folder)):
        assert same.nights == {night(1)}
        assert ids_found(same) == {"a1", "b1", "c1"}
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", "segment-000002"]


def test_a_merged_week_answers_as_before(folder: Path) -> None:
    """Seven segments become one; the week that is not over is left alone."""
    memory = open_memory(folder)
    add(memory, 7, [("next week", signature(0, 100, 1))])
    memory.delete(["b0"])
    before = plain(memory.query(BASES))
    memory.merge(night(7))
    for same in (memory, open_memory(folder)):
        assert plain(same.query(BASES)) == before
        assert same.nights == {night(0), night(1), night(7)}
        assert same.size == 6
    assert len(list(folder.glob("segment-*"))) == 2


def test_a_week_is_merged_when_it_is_over(folder: Path) -> None:
    """Its Sunday must be able to come in."""
    memory = open_memory(folder)
    memory.merge(night(6))
    assert len(list(folder.glob("segment-*"))) == 2
    add(memory, 6, [])
    memory.merge(night(7))
    assert memory.nights == {night(day) for day in range(7)}


def test_merging_takes_deleted_texts_off_the_disk(folder: Path) -> None:
    """What had to be deleted is gone, also when a week has but one segment."""
    memory = open_memory(folder)
    add(memory, 7, [("alone", BASES[0]), ("secret", BASES[1])])
    memory.delete(["secret", "b1"])
    memory.merge(night(14))
    content = b"".join(path.read_bytes() for path in folder.rglob("*.*"))
    assert b"secret" not in content
    assert b"b1" not in content
    assert b"alone" in content
    assert sum(len(np.load(path)) for path in folder.glob("segment-*/signatures.npy")) == memory.size == 6


def test_a_merged_week_takes_no_more_texts(folder: Path) -> None:
    """Its nights can no longer be told apart; a late night beside it is taken."""
    memory = open_memory(folder)
    memory.merge(night(7))
    with pytest.raises(StoreError) as error:
        add(memory, 1, [])
    assert str(error.value) == (
        f"memory {folder}: 2026-07-21 lies in the segment merged of 2026-07-20 to 2026-07-21, which takes no more "
        f"texts; leave that night as it is, or {ADVICE}"
    )
    add(memory, 2, [("late", BASES[0])])
    memory.merge(night(7))
    assert memory.nights == {night(0), night(1), night(2)}
    assert "late" in ids_found(memory)


def test_an_id_of_two_nights_is_one_match(tmp_path: Path) -> None:
    """An article that was changed is known in two forms; the closer one counts."""
    memory = open_memory(tmp_path)
    for day, kept in enumerate([60, 120, 90]):
        add(memory, day, [("a", signature(0, kept, 0))])
    assert plain(memory.query(BASES[:1])) == [(0, "a", 120)]
    assert memory.size == 3


def test_matches_are_in_order(tmp_path: Path) -> None:
    """By row, the closest first, then by id, wherever they are kept."""
    memory = open_memory(tmp_path)
    add(memory, 0, [("z", BASES[0]), ("ä", BASES[0]), ("m", signature(0, 100, 0)), ("1", BASES[1])])
    add(memory, 1, [("b", BASES[0]), ("😀", BASES[0]), ("Z", BASES[0])])
    found = plain(memory.query(BASES[[1, 0, 0]]))
    nearest = [("Z", 128), ("b", 128), ("z", 128), ("ä", 128), ("😀", 128), ("m", 100)]
    assert found == [(0, "1", 128), *[(row, key, same) for row in (1, 2) for key, same in nearest]]


@settings(max_examples=60)
@given(st.lists(st.text(), max_size=6))
@example(["", "\n", "\0", "a\0b\n", "\ud800", "é", "e\u0301", "😀"])
def test_ids_come_back_as_they_are(ids: list[str]) -> None:
    """An id is whatever a publisher made up."""
    with tempfile.TemporaryDirectory() as folder:
        open_memory(Path(folder)).add(MONDAY, ids, matrix([BASES[0]] * len(ids)))
        memory = open_memory(Path(folder))
        assert memory.query(BASES[:1]).ids == tuple(sorted(set(ids)))
        memory.delete(ids[:1])
        assert memory.query(BASES[:1]).ids == tuple(sorted(set(ids) - set(ids[:1])))


def test_a_large_bucket_is_cut_and_counted(tmp_path: Path) -> None:
    """A thousand copies of one page must not be a million pairs: the first of each segment are looked at."""
    memory = open_memory(tmp_path)
    most = segments.MOST_LOOKED_AT
    ids = [f"{number:03}" for number in range(most + 6)]
    memory.add(MONDAY, ids, matrix([BASES[0]] * len(ids)))
    found = memory.query(BASES[[0, 1, 0]])
    assert found.ids == (*ids[:most], *ids[:most])
    assert found.capped == 2 * BANDING.bands
    memory.add(MONDAY, ids[6:], matrix([BASES[0]] * most))
    memory.add(night(1), ids[:6], matrix([BASES[0]] * 6))
    found = memory.query(BASES[:1])
    assert (found.ids, found.capped) == (tuple(ids), 0)


def test_many_rows_may_meet_large_buckets(tmp_path: Path) -> None:
    """No pair is lost when there are more than there was room for at first."""
    memory = open_memory(tmp_path)
    ids = [f"{number:02}" for number in range(60)]
    memory.add(MONDAY, ids, matrix([BASES[0]] * 60))
    found = memory.query(BASES[[0, 1] * 50])
    assert found.rows.tolist() == [row for row in range(0, 100, 2) for _ in ids]
    assert found.ids == tuple(ids) * 50
    assert set(found.agreements.tolist()) == {PERMUTATIONS}


def test_a_pair_of_texts_is_compared_once(folder: Path) -> None:
    """Near-copies share nearly all bands: comparing them in each would cost 64 times as much."""
    opened = segments.open_segment(folder, segments.Listing("segment-000001", MONDAY, MONDAY, 3), BANDING)
    entries = sorted_entries(BASES, np.arange(3), BANDING, range(BANDING.bands))
    pairs, cut = opened.meeting(entries)
    assert (pairs.tolist(), cut) == ([[0, 0], [1, 1], [2, 2]], 0)


def test_a_bucket_ends_with_its_band(tmp_path: Path) -> None:
    """A text without words has the same key in all bands; its bucket must not run on into the next band."""
    memory = open_memory(tmp_path)
    nothing = np.full((segments.MOST_LOOKED_AT, PERMUTATIONS), 2**32 - 1, dtype=np.uint32)
    memory.add(MONDAY, [f"{number:02}" for number in range(len(nothing))], nothing)
    found = memory.query(nothing[:1])
    assert (len(found.ids), found.capped) == (len(nothing), 0)
    memory.add(MONDAY, ["one", "other"], nothing[:2])
    assert memory.query(nothing[:1]).capped == 0


def test_entries_are_those_of_the_search_within_a_night(folder: Path) -> None:
    """One way of cutting signatures: what shares a band within a night shares one across nights."""
    name = folder / "segment-000001"
    signatures, entries = np.load(name / "signatures.npy"), np.load(name / "entries.npy")
    assert np.array_equal(entries, sorted_entries(signatures, np.arange(3), BANDING, range(BANDING.bands)))


def test_an_open_memory_outlives_its_files(folder: Path) -> None:
    """Who reads while the night is written anew has the old state to the end."""
    reader = open_memory(folder)
    before = plain(reader.query(BASES))
    open_memory(folder).expire(night(9))
    assert not list(folder.glob("segment-*"))
    assert plain(reader.query(BASES)) == before


def test_matches_cannot_be_changed(folder: Path) -> None:
    """They are a record like all others."""
    found = open_memory(folder).query(BASES)
    with pytest.raises(FrozenInstanceError):
        found.capped = 1  # type: ignore[misc]  # it is frozen


def test_any_layout_of_signatures_will_do(folder: Path) -> None:
    """Slices of a larger array are what a caller has."""
    wide = np.asfortranarray(np.repeat(BASES, 2, axis=0))
    memory = open_memory(folder)
    assert plain(memory.query(wide[::2])) == plain(memory.query(BASES))


@pytest.mark.parametrize(
    ("ids", "signatures", "message"),
    [
        (["a"], BASES[:2], "1 ids for 2 signatures"),
        (["a"], BASES[0], r"these are uint32 in the shape \(128,\)"),
        (["a"], BASES[:1, :64], r"uint32 in the shape \(rows, 128\), these are uint32 in the shape \(1, 64\)"),
        (["a"], BASES[:1].astype(np.int64), r"these are int64 in the shape \(1, 128\)"),
    ],
)
def test_what_are_no_signatures_is_refused(folder: Path, ids: list[str], signatures: Signatures, message: str) -> None:
    """A caller's mistake would otherwise be kept for weeks."""
    with pytest.raises(ValueError, match=message):
        open_memory(folder).add(MONDAY, ids, signatures)
    assert open_memory(folder).size == 6


def edit(folder: Path, change: Callable[[Any], object]) -> None:
    """Change the manifest by hand."""
    document = json.loads((folder / "manifest.json").read_bytes())
    change(document)
    (folder / "manifest.json").write_text(json.dumps(document), encoding="utf-8")


def refusal(folder: Path, banding: Banding = BANDING) -> str:
    """What opening the memory is refused with."""
    with pytest.raises(DerivedError) as error:
        open_memory(folder, banding)
    return str(error.value)


PARAMETERS = {
    "hash": "multilinear-64",
    "scheme": "affine32",
    "seed": 1,
    "permutations": 128,
    "words": 5,
    "characters": 8,
    "normaliser": VERSION,
    "bands": 64,
    "rows": 2,
}


def test_the_manifest_says_how_signatures_were_made(folder: Path) -> None:
    """All that another version might do in another way; the format is for other programs too."""
    assert json.loads((folder / "manifest.json").read_bytes()) == {
        "format": 1,
        "parameters": PARAMETERS,
        "segments": [
            {"name": "segment-000001", "first": "2026-07-20", "last": "2026-07-20", "rows": 3, "deleted": []},
            {"name": "segment-000002", "first": "2026-07-21", "last": "2026-07-21", "rows": 3, "deleted": []},
        ],
    }


@pytest.mark.parametrize("name", PARAMETERS)
def test_signatures_made_otherwise_are_refused(folder: Path, name: str) -> None:
    """They would compare with nothing, and copies would be missed in silence."""
    edit(folder, lambda document: document["parameters"].update({name: "another"}))
    assert refusal(folder) == (
        f"memory {folder}: its {name} is 'another', this Newsfold has {PARAMETERS[name]!r}; {ADVICE}"
    )


def test_another_banding_is_refused(folder: Path) -> None:
    """All that differs is said at once; how many must agree is not part of what is stored."""
    assert refusal(folder, Banding(32, 4, 16)) == (
        f"memory {folder}: its bands is 64, this Newsfold has 32, its rows is 2, this Newsfold has 4; {ADVICE}"
    )
    assert len(open_memory(folder, BANDING._replace(least=128)).query(BASES).ids) == 3


def test_a_newer_format_is_refused(folder: Path) -> None:
    """Its files may mean something else; its other contents are not looked at."""
    edit(folder, lambda document: document.clear() or document.update({"format": 2}))
    assert refusal(folder) == f"memory {folder}: its format is 2, this Newsfold knows 1; {ADVICE}"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b"[]",
        b"7",
        b"{}",
        b'{"format": 1}',
        b'{"format": 1, "parameters": {}, "segments": []}',
        b'{"format": 1, "parameters": [], "segments": []}',
    ],
    ids="empty cut bytes deep list number nothing short other-parameters no-parameters".split(),
)
def test_a_damaged_manifest_is_refused(folder: Path, content: bytes) -> None:
    """Whatever a disk makes of it, the run says what to do."""
    (folder / "manifest.json").write_bytes(content)
    found = refusal(folder)
    assert found.startswith(f"memory {folder}: manifest.json is damaged (")
    assert found.endswith(f"; {ADVICE}")


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "../segment-000001"},
        {"name": 1},
        {"first": "yesterday"},
        {"first": 20260720},
        {"first": "2026-07-22"},
        {"deleted": [3]},
        {"deleted": [-1]},
        {"deleted": None},
        {"rows": "3", "deleted": [1]},
        {"colour": "red"},
    ],
    ids=repr,
)
def test_a_manifest_that_names_no_segment_is_refused(folder: Path, entry: dict[str, object]) -> None:
    """A path that leads out of the folder, or a row that is not there, must not be followed."""
    edit(folder, lambda document: document["segments"][0].update(entry))
    assert refusal(folder).startswith(f"memory {folder}: manifest.json is damaged (")


@pytest.mark.parametrize("name", ["signatures", "entries", "letters", "ends"])
@pytest.mark.parametrize("content", [None, b"", b"\x93NUMPY", b"no array"], ids=repr)
def test_a_file_that_is_missing_or_cut_is_refused(folder: Path, name: str, content: bytes | None) -> None:
    """A copied folder may lack some; which one is said."""
    path = folder / "segment-000001" / f"{name}.npy"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    found = refusal(folder)
    assert found.startswith(f"memory {folder}: segment-000001/{name}.npy cannot be read (")
    assert found.endswith(f"; {ADVICE}")


def test_pickled_objects_are_not_loaded(folder: Path) -> None:
    """A file from elsewhere must not run code."""
    np.save(folder / "segment-000001" / "ends.npy", np.array([{}] * 3), allow_pickle=True)
    assert "segment-000001/ends.npy cannot be read" in refusal(folder)


@pytest.mark.parametrize(
    ("name", "array", "theirs", "ours"),
    [
        ("signatures", np.zeros((2, 128), np.uint32), "uint32 in the shape (2, 128)", "uint32 in the shape (3, 128)"),
        ("signatures", np.zeros((3, 128), np.int32), "int32 in the shape (3, 128)", "uint32 in the shape (3, 128)"),
        ("entries", np.zeros((41, 3), np.uint64), "uint64 in the shape (41, 3)", "uint64 in the shape (64, 3)"),
        ("ends", np.array([2, 4, 5]), "uint8 in the shape (6,)", "uint8 in the shape (5,)"),
    ],
)
def test_a_file_of_another_shape_is_refused(folder: Path, name: str, array: Array, theirs: str, ours: str) -> None:
    """Files that do not belong together would give wrong answers."""
    np.save(folder / "segment-000001" / f"{name}.npy", array)
    file = "letters" if name == "ends" else name
    assert refusal(folder) == (
        f"memory {folder}: segment-000001/{file}.npy holds {theirs} and should hold {ours}; {ADVICE}"
    )


def test_an_entry_of_a_row_that_is_not_there_is_refused(folder: Path) -> None:
    """Damage inside a file must not make the compiled loops read foreign memory."""
    path = folder / "segment-000001" / "entries.npy"
    entries = np.load(path)
    np.save(path, np.where(entries & np.uint64(1), entries | np.uint64(0x7FFFFFFF), entries))
    with pytest.raises(DerivedError) as error:
        open_memory(folder).query(BASES)
    assert str(error.value) == (
        f"memory {folder}: segment-000001 is damaged (an entry names a row that is not there); {ADVICE}"
    )


def test_an_id_that_is_no_text_is_refused(folder: Path) -> None:
    """By every call that reads ids."""
    np.save(folder / "segment-000001" / "letters.npy", np.full(6, 0xFF, np.uint8))
    calls: list[Callable[[Memory], object]] = [
        lambda memory: memory.query(BASES),
        lambda memory: memory.delete(["a0"]),
        lambda memory: memory.merge(night(7)),
    ]
    for call in calls:
        with pytest.raises(DerivedError, match=f"segment-000001 is damaged .*; {ADVICE}"):
            call(open_memory(folder))
    assert open_memory(folder).size == 6


@pytest.mark.parametrize("change", [lambda keys: keys ^ np.uint64(1 << 40), np.zeros_like], ids=["other", "none"])
def test_entries_made_otherwise_are_refused(folder: Path, change: Callable[[Array], Array]) -> None:
    """A version that hashes bands in another way would find nothing among them, and nobody would know."""
    path = folder / "segment-000002" / "entries.npy"
    np.save(path, np.sort(change(np.load(path)), axis=1))
    assert refusal(folder) == (
        f"memory {folder}: segment-000002/entries.npy was not made in the way of this program; {ADVICE}"
    )


def test_what_only_cannot_be_read_is_not_thrown_away(tmp_path: Path, folder: Path) -> None:
    """Who makes again what is damaged must not do so for want of a permission or of memory."""
    path = folder / "segment-000001" / "ends.npy"
    path.unlink()
    path.mkdir()
    (tmp_path / "file").write_bytes(b"")
    for place, name in ((folder, "segment-000001/ends.npy"), (tmp_path / "file", "")):
        with pytest.raises(StoreError) as error:
            open_memory(place)
        assert not isinstance(error.value, DerivedError)
        assert re.fullmatch(rf"memory {place}: {name} ?cannot be read \(.*\); check its permissions", str(error.value))


def test_what_a_killed_run_left_is_removed(folder: Path) -> None:
    """By the next change, and nothing else with it."""
    (folder / "segment-000009").mkdir()
    (folder / "segment-000009" / "signatures.npy").write_bytes(b"half")
    for name in (".manifest.json.x1y2", "notes.txt"):
        (folder / name).write_bytes(b"")
    add(open_memory(folder), 2, [])
    assert sorted(path.name for path in folder.iterdir()) == [
        "manifest.json",
        "notes.txt",
        "segment-000001",
        "segment-000002",
        "segment-000010",
    ]


def test_a_change_by_another_program_is_not_lost(folder: Path) -> None:
    """Two runs at once would each forget what the other learnt."""
    late = open_memory(folder)
    add(open_memory(folder), 2, [("d", BASES[0])])
    with pytest.raises(StoreError) as error:
        add(late, 3, [])
    assert str(error.value) == (
        f"memory {folder}: another program changed it since it was opened; nothing was changed, run again"
    )
    assert open_memory(folder).nights == {night(0), night(1), night(2)}
