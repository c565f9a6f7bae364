"""Compiled sets of 64-bit hashes: open addressing with linear probing (Knuth 1998, 6.4), 0 marking an empty slot.

Shingle hashes are spread evenly already, so a hash's lower bits are its slot. A hash that is 0 itself counts as 1.
"""

import numpy as np
import numpy.typing as npt
from numba import uint64

from pipeline.compiled import Integer, compiled, inlined

Hashes = npt.NDArray[np.uint64]


@compiled
def slots_for(count: Integer, each: Integer = 4) -> Integer:
    """How many slots a set of so many hashes gets: a power of two, at least that many for each.

    A probe that ends at once is predicted by the processor, one that goes on now and then is not: room is cheap.
    """
    size = 2
    while size < each * count:
        size *= 2
    return size


@inlined
def slot_of(slots: Hashes, value: Integer) -> Integer:
    """The slot where a set has a hash, or would have it: then the slot is empty."""
    value = max(value, uint64(1))
    mask = uint64(len(slots) - 1)
    slot = value & mask
    while slots[slot] != uint64(0) and slots[slot] != value:
        slot = (slot + uint64(1)) & mask
    return slot


@inlined
def place(slots: Hashes, value: Integer) -> Integer:
    """Put a hash into a set; whether it was new."""
    slot = slot_of(slots, value)
    new = slots[slot] == uint64(0)
    slots[slot] = max(value, uint64(1))
    return new


@inlined
def holds(slots: Hashes, value: Integer) -> Integer:
    """Whether a hash is in a set."""
    return slots[slot_of(slots, value)] != uint64(0)


@compiled
def distinct(hashes: Hashes, count: Integer, slots: Hashes) -> Integer:
    """Move the distinct hashes of `hashes[:count]` to its front, in order; how many there are. `slots` is used up."""
    kept = 0
    for at in range(count):
        if place(slots, hashes[at]):
            hashes[kept] = hashes[at]
            kept += 1
    return kept


@compiled
def shared(hashes: Hashes, slots: Hashes) -> Integer:
    """How many of some distinct hashes are in a set."""
    found = 0
    for value in hashes:
        found += holds(slots, value)
    return found


@compiled
def built(hashes: Hashes, each: Integer = 4) -> Hashes:
    """The set of some hashes, with at least so many slots for each."""
    slots = np.zeros(slots_for(len(hashes), each), dtype=np.uint64)
    for value in hashes:
        place(slots, value)
    return slots
