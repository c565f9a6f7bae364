"""Signatures are datasketch's, bit for bit, for any text and any set, and find their way into its objects."""

from __future__ import annotations

import random

import numpy as np
import pytest
import xxhash
from datasketch import MinHash, MinHashLSH
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from pipeline.compiled import compiled
from pipeline.minhash.documents import ignoring
from pipeline.minhash.hashing import PERMUTATIONS, SCHEME, SEED, shingle_hash, shingle_hash64
from pipeline.minhash.signatures import shingle_sets, signatures, sketch, to_index, to_lean, to_minhash
from pipeline.text.words import shingles, words

SETS = st.lists(st.lists(st.text(max_size=8), max_size=8), max_size=6)
TEXTS = st.lists(st.text(max_size=60), max_size=6)
ALPHABETS = [
    "abc ",
    "Straße ŒUVRE ﬁle ",
    "e\u0301 u\u0308 n\u0303 ",
    "港口议会 投票",
    "การประชุมสภา ",
    "각한 ᄀ\u1161\u11a8 ",
    "हिन्दी समाचार ",
    "½ ™ ² ﷺ …",
    "😀🇫🇷\u200d ",
    "\x00\n\t. ",
    "אבג العربية ",
    "\ud7ff\ue000\U0010ffff\U00020000 ",
    "\ud800 \udfff x",
    "_1.5'a-b ",
]


def by_datasketch(elements: list[str]) -> list[int]:
    """The signature datasketch gives to a set hashed with xxh32, element by element."""
    found = MinHash(num_perm=PERMUTATIONS, seed=SEED, scheme=SCHEME, hashfunc=xxhash.xxh32_intdigest)
    for element in elements:
        found.update(element.encode())
    return [int(value) for value in found.hashvalues]


def of_text_by_datasketch(text: str) -> list[int]:
    """The signature datasketch gives to the shingles of a text."""
    found = MinHash(num_perm=PERMUTATIONS, seed=SEED, scheme=SCHEME, hashfunc=shingle_hash)
    for shingle in shingles(text.encode("utf-8", "replace").decode()):
        found.update(shingle.encode())
    return [int(value) for value in found.hashvalues]


def random_texts(count: int) -> list[str]:
    """Texts of one to three scripts, from none to some hundred characters, always the same."""
    chance = random.Random(7)  # noqa: S311 - a fixed sequence is the point
    return [
        "".join(chance.choices("".join(chance.sample(ALPHABETS, chance.randint(1, 3))), k=chance.randint(0, 300)))
        for _ in range(count)
    ]


def counted(texts: list[str]) -> list[set[int]]:
    """The shingle hashes of every text, as the exact overlap counts them; none of a text stands twice."""
    rows, unfolded = np.arange(len(texts)), np.zeros(len(texts), dtype=np.bool_)
    found = shingle_sets(texts, rows, unfolded, ignoring(np.full(len(texts), -1)))
    parts = [found.hashes[start : start + size].tolist() for start, size in zip(found.starts, found.sizes, strict=True)]
    assert all(len(set(part)) == len(part) for part in parts)
    return [set(part) for part in parts]


def test_signatures_of_texts_are_datasketchs() -> None:
    """Users load them into datasketch objects; another bit would be another index. Every script, folded or not."""
    texts = ["", " ", "one", "one two three four", *random_texts(1_200)]
    sketches = sketch(texts)
    assert sketches.signatures.dtype == np.uint32
    assert 0 < sketches.folded.sum() < len(texts)
    for text, found in zip(texts, sketches.signatures.tolist(), strict=True):
        assert found == of_text_by_datasketch(text), text


@given(TEXTS)
def test_any_text_has_datasketchs_signature(texts: list[str]) -> None:
    """The same for whatever hypothesis thinks of."""
    assert sketch(texts, threads=1).signatures.tolist() == [of_text_by_datasketch(text) for text in texts]


def test_characters_that_fold_to_many_letters_have_room() -> None:
    """A third of Han and numerals of four letters in three bytes: as many units as bytes can make, and no more room."""
    text = "".join(chr(0x4E00 + at) for at in range(20_001)) + "Ⅷ" * 10_000
    sketches = sketch([text, text + "x", "Ⅷ " * 30_000])
    assert sketches.units.tolist() == [60_001, 60_002, 30_000]
    assert not sketches.folded.any()
    assert sketches.signatures[0].tolist() == of_text_by_datasketch(text)
    assert counted([text]) == [{max(shingle_hash64(shingle.encode()), 1) for shingle in shingles(text)}]


def test_the_exact_overlap_counts_the_same_shingles() -> None:
    """A shingle has one hash, whether Python or the compiled loop makes it."""
    texts = random_texts(300)
    for text, found in zip(texts, counted(texts), strict=True):
        expected = shingles(text.encode("utf-8", "replace").decode())
        assert found == {max(shingle_hash64(shingle.encode()), 1) for shingle in expected}


def test_units_are_words_or_characters() -> None:
    """What a text's length is measured in."""
    assert sketch(["", "Dr. No's 2nd _try_", "港口议会x"]).units.tolist() == [0, 5, 5]


@given(st.lists(st.sampled_from(["a b c", "A  b. C", "a b", "c b a", "ﬁ", "fi", "", "."]), max_size=8))
def test_fingerprints_tell_sequences_of_words_apart(texts: list[str]) -> None:
    """Equal words in equal order, equal fingerprints, and only then."""
    prints = sketch(texts, threads=1).prints.tolist()
    for one, print_of_one in zip(texts, prints, strict=True):
        for other, print_of_other in zip(texts, prints, strict=True):
            assert (print_of_one == print_of_other) == (words(one) == words(other))


def test_the_number_of_threads_changes_nothing() -> None:
    """A night on another machine gives the same copies."""
    texts = random_texts(700)
    one, several = sketch(texts, threads=1), sketch(texts, threads=3)
    assert one.signatures.tolist() == several.signatures.tolist()
    assert one.prints.tolist() == several.prints.tolist()


def test_a_batch_ends_where_its_bytes_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Huge texts are read one at a time, half characters and all; how texts are batched changes nothing."""
    texts = random_texts(200)
    expected = sketch(texts, threads=1).signatures.tolist()
    monkeypatch.setattr("pipeline.minhash.documents.CHARACTERS", 50)
    assert sketch(texts, threads=1).signatures.tolist() == expected


def test_a_shingle_of_too_many_words_is_refused() -> None:
    """Its hash would not be what the compiled loop gives for anything."""
    with pytest.raises(ValueError, match="shorter"):
        shingle_hash(b"1 2 3 4 5 6 7 8 9")


def test_signatures_of_sets_are_datasketchs() -> None:
    """For sets of terms as for texts."""
    sets = [[], [""], *(text.encode("utf-8", "replace").decode().split() for text in random_texts(220))]
    found = signatures(sets)
    assert found.shape == (222, PERMUTATIONS)
    assert found.tolist() == [by_datasketch(elements) for elements in sets]


@settings(max_examples=40)
@given(SETS)
def test_any_strings_have_datasketchs_signatures(sets: list[list[str]]) -> None:
    """The same for whatever hypothesis thinks of."""
    assert signatures(sets).tolist() == [by_datasketch(elements) for elements in sets]


@settings(max_examples=40)
@given(st.lists(st.text(max_size=8), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(elements: list[str], chance: random.Random) -> None:
    """A signature is a set's."""
    other = elements + elements[:2]
    chance.shuffle(other)
    one, two = signatures([elements, other])
    assert one.tolist() == two.tolist()


def test_an_empty_set_has_the_largest_signature() -> None:
    """And nothing has none."""
    assert set(signatures([[]])[0].tolist()) == {2**32 - 1}
    assert set(sketch(["?!"]).signatures[0].tolist()) == {2**32 - 1}
    assert signatures([]).shape == sketch([]).signatures.shape == (0, PERMUTATIONS)


def test_signatures_go_into_datasketch() -> None:
    """As a MinHash that can be updated, as a LeanMinHash, and into an index that answers."""
    texts = ["the quay closes on monday before the storms", "the bank lifts its rate by a quarter point"]
    found = sketch([*texts, texts[0] + " arrive"]).signatures
    updated = to_minhash(found[0])
    updated.update(b"monday before the storms arrive")
    updated.update(b"before the storms arrive".replace(b"before", b"monday before"))
    assert updated.hashvalues.tolist() == found[2].tolist()
    assert to_lean(found[0]).jaccard(to_minhash(found[0])) == 1.0
    index = to_index(found[:2], ["quay", "bank"], threshold=0.5)
    assert isinstance(index, MinHashLSH)
    assert index.query(to_lean(found[0])) == ["quay"]
    with pytest.raises(ValueError, match="longer"):
        to_index(found, ["quay"], threshold=0.5)


def test_loops_compile_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only installation without a home folder costs seconds each night, and works."""

    def no_place(**options: bool) -> object:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return njit(**options)  # type: ignore[call-overload]  # any options

    monkeypatch.setattr("pipeline.compiled.njit", no_place)
    assert compiled(lambda number: number + 1)(1) == 2
