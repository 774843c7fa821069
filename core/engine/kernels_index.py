"""EPC keys become dense tag ids here."""

import numpy as np
import numpy.typing as npt

from core.engine.kernels_jit import njit
from core.engine.records import Ints

Keys = npt.NDArray[np.uint64]


@njit
def find_tags(hi: Keys, lo: Keys, home: Ints, slots: Ints, keys: Keys, known: int, tag: Ints) -> int:
    """
    Find the id of each EPC; an EPC never seen takes the next one. Returns how many are known now.

    hi, lo  uint64[n]     the EPC's key
    home    int64[n]      where its search begins, 0 <= home < S
    slots   int64[S]      open addressing, S a power of two and more than twice known + n; -1 is free
    keys    uint64[T, 2]  the key of each id, T at least known + n
    known   int           ids given so far
    tag     int64[n]      out: the ids
    """
    mask = slots.size - 1
    for i in range(hi.size):
        at = home[i]
        while slots[at] >= 0 and (keys[slots[at], 0] != hi[i] or keys[slots[at], 1] != lo[i]):
            at = (at + 1) & mask
        if slots[at] < 0:
            slots[at] = known
            keys[known, 0] = hi[i]
            keys[known, 1] = lo[i]
            known += 1
        tag[i] = slots[at]
    return known


@njit
def place_tags(home: Ints, tag: Ints, slots: Ints) -> None:
    """
    Put ids, none of them there yet, into the table of find_tags: at start and when it grows.

    home   int64[n]  where the search for the id's key begins
    tag    int64[n]  the ids
    slots  int64[S]  in and out
    """
    mask = slots.size - 1
    for i in range(tag.size):
        at = home[i]
        while slots[at] >= 0:
            at = (at + 1) & mask
        slots[at] = tag[i]
