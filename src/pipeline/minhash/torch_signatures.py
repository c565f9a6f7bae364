"""The same signatures by torch, so that a GPU can permute what the CPU has hashed: equal bit for bit.

Nothing uses them by default: see `benchmarks/torch_signatures.py` for when they win.
"""

import numpy as np
import torch

from pipeline.minhash.hashing import tables
from pipeline.minhash.kernels import Signatures
from pipeline.minhash.signatures import ShingleSets

HASHES_AT_ONCE = 1 << 18
"""Hashes permuted at a time: 128 permutations of 32 bits each make 128 MiB of them."""
_LARGEST = -1
_SIGN = -(1 << 31)


def torch_signatures(sets: ShingleSets, device: str = "cpu") -> Signatures:
    """One signature per set, shape (sets, 128), as `signatures.sketch` makes them; sets follow each other.

    Everything is done in 32 bits that wrap, as the permutations of datasketch's scheme `affine32` do; torch has no
    unsigned minimum, so numbers are compared with their highest bit turned round.
    """
    slopes, shifts = (_on(table, device) for table in (tables().slopes, tables().shifts))
    found = torch.full((len(sets.sizes), len(slopes)), _LARGEST ^ _SIGN, dtype=torch.int32, device=device)
    owners = np.repeat(np.arange(len(sets.sizes)), sets.sizes)
    # The lower halves are what is permuted.
    hashes = sets.hashes.astype(np.uint32)
    for start in range(0, len(hashes), HASHES_AT_ONCE):
        part = slice(start, start + HASHES_AT_ONCE)
        values = _mixed(_on(hashes[part], device))
        permuted = (values[:, None] * slopes[None, :] + shifts[None, :]) ^ _SIGN
        at = torch.from_numpy(owners[part]).to(device)[:, None].expand(-1, len(slopes))
        found.scatter_reduce_(0, at, permuted, "amin")
    return np.ascontiguousarray((found ^ _SIGN).cpu().numpy()).view(np.uint32)


def _on(numbers: Signatures, device: str) -> torch.Tensor:
    """Unsigned numbers as tensors of the same bits."""
    return torch.from_numpy(np.ascontiguousarray(numbers).view(np.int32)).to(device)


def _mixed(values: torch.Tensor) -> torch.Tensor:
    """`kernels._mixed32` (the finalizer of MurmurHash3, Appleby 2011)."""
    values = (values ^ _shifted(values, 16)) * _signed(0x85EBCA6B)
    values = (values ^ _shifted(values, 13)) * _signed(0xC2B2AE35)
    return values ^ _shifted(values, 16)


def _shifted(values: torch.Tensor, places: int) -> torch.Tensor:
    """Bits moved to the right, zeros following: torch's own shift would repeat the sign."""
    return (values >> places) & ((1 << (32 - places)) - 1)


def _signed(number: int) -> int:
    """The signed number of the same 32 bits."""
    return number - (1 << 32) if number >> 31 else number
