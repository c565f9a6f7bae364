"""Signatures by torch are those of the compiled loops, bit for bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles import soup
from pipeline.minhash import torch_signatures as module
from pipeline.minhash.documents import ignoring
from pipeline.minhash.signatures import shingle_sets, sketch
from pipeline.minhash.torch_signatures import torch_signatures

TEXTS = st.lists(st.text(st.sampled_from("abcdé \n漢字"), max_size=60), max_size=8)


def by_torch(texts: list[str], device: str = "cpu") -> np.ndarray:
    """Signatures of texts through their shingle sets."""
    count = len(texts)
    sets = shingle_sets(texts, np.arange(count), np.zeros(count, dtype=np.bool_), ignoring(np.full(count, -1)))
    return torch_signatures(sets, device)


@given(TEXTS)
def test_any_texts_have_the_same_signatures(texts: list[str]) -> None:
    """Of words and of characters, of texts without either too."""
    assert np.array_equal(by_torch(texts), sketch(texts).signatures)


def test_a_text_longer_than_a_part_has_the_same_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes are permuted part by part, and parts end inside of texts."""
    monkeypatch.setattr(module, "HASHES_AT_ONCE", 7)
    texts = [" ".join(soup(f"w{at}x", 5 + 9 * at)) for at in range(6)]
    assert np.array_equal(by_torch(texts), sketch(texts).signatures)


def test_a_gpu_gives_the_same_signatures() -> None:
    """Where there is one."""
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    texts = [" ".join(soup(f"w{at}x", 200)) for at in range(50)]
    assert np.array_equal(by_torch(texts, "cuda"), sketch(texts).signatures)
