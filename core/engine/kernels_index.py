"""EPC keys become dense tag ids here."""

from typing import Final

import numpy as np
import numpy.typing as npt

from core.engine.ahead import ask_for
from core.engine.kernels_jit import njit
from core.engine.records import Ints

Keys = npt.NDArray[np.uint64]

FREE: Final = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
"""A slot without an id."""
MARK: Final = np.uint64(0xFFFF_FFFF_0000_0000)
"""The half of a taken slot that repeats the key's hash; its id is the other: four thousand million tags."""
HOME: Final = np.uint64(20)
"""The bits of the hash from which a search begins: above this many."""
BLOCK: Final = 64
"""Reads for which memory is asked at once."""


@njit
def home_of(mixed: np.uint64, slots: Keys) -> int:
    """
    Say in which slot the search for a key begins.

    mixed  uint64     its hash
    slots  uint64[S]  of find_tags
    """
    return int(np.int64((mixed >> HOME) & np.uint64(slots.size - 1)))


@njit
def marked(mixed: np.uint64, slots: Keys) -> int:
    """
    Find the first slot for a key's hash that bears its mark, or else the free one where it would stand.

    mixed  uint64     the hash
    slots  uint64[S]  of find_tags
    """
    at = home_of(mixed, slots)
    while slots[at] != FREE and (slots[at] ^ mixed) & MARK:
        at = (at + 1) & (slots.size - 1)
    return int(at)


@njit
def slot_of(key: tuple[np.uint64, np.uint64], mixed: np.uint64, slots: Keys, keys: Keys) -> int:
    """
    Find the slot of a key, or else the free one where it would stand.

    key          (hi, lo)
    mixed        uint64    its hash
    slots, keys            of find_tags
    """
    at = marked(mixed, slots)
    while slots[at] != FREE:
        tag = np.int64(slots[at] & ~MARK)
        if keys[tag, 0] == key[0] and keys[tag, 1] == key[1]:
            break
        at = (at + 1) & (slots.size - 1)
    return int(at)


@njit
def find_tags(hi: Keys, lo: Keys, mixed: Keys, slots: Keys, keys: Keys, known: int, tag: Ints) -> int:
    """
    Find the id of each EPC; an EPC never seen takes the next one. Returns how many are known now.

    Most are known, and where they stand is far apart in memory: a block of reads at a time asks for its slots, then for
    the keys of the tags that the slots mean, and only then compares.

    hi, lo  uint64[n]     the EPC's key
    mixed   uint64[n]     its hash
    slots   uint64[S]     open addressing, S a power of two and more than twice known + n: the upper half of a hash with
                          an id, or FREE
    keys    uint64[T, 2]  the key of each id, T at least known + n
    known   int           ids given so far
    tag     int64[n]      out: the ids
    """
    for start in range(0, hi.size, BLOCK):
        end = min(start + BLOCK, hi.size)
        for i in range(start, end):
            ask_for(slots, home_of(mixed[i], slots))
        for i in range(start, end):
            slot = slots[marked(mixed[i], slots)]
            tag[i] = -1 if slot == FREE else np.int64(slot & ~MARK)
            ask_for(keys, max(tag[i], 0))
        for i in range(start, end):
            if tag[i] >= 0 and keys[tag[i], 0] == hi[i] and keys[tag[i], 1] == lo[i]:
                continue
            at = slot_of((hi[i], lo[i]), mixed[i], slots, keys)
            if slots[at] == FREE:
                slots[at] = (mixed[i] & MARK) | np.uint64(known)
                keys[known, 0] = hi[i]
                keys[known, 1] = lo[i]
                known += 1
            tag[i] = np.int64(slots[at] & ~MARK)
    return known


@njit
def place_tags(mixed: Keys, tag: Ints, slots: Keys) -> None:
    """
    Put ids, none of them there yet, into the table of find_tags: at start and when it grows.

    mixed  uint64[n]  the hash of the id's key
    tag    int64[n]   the ids
    slots  uint64[S]  in and out
    """
    for i in range(tag.size):
        at = home_of(mixed[i], slots)
        while slots[at] != FREE:
            at = (at + 1) & (slots.size - 1)
        slots[at] = (mixed[i] & MARK) | np.uint64(tag[i])
