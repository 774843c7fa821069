"""Reads become kept reads, repeats and late ones here."""

from typing import Final

import numpy as np
import numpy.typing as npt

from core.engine.ahead import ask_for
from core.engine.kernels_jit import njit
from core.engine.records import Ints

KEPT: Final = 0
REPEAT: Final = 1
LATE: Final = 2
OVERTAKEN: Final = 3
"""On time, but a newer read of the same tag and read point came first; keep_overtaken decides."""

POINT_BITS: Final = 20
SPREAD: Final = 0x9E3779B1
POINT_SPREAD: Final = 0x5851F42D
"""Odd, so that neighbouring ids begin far from each other; small, so that no product overflows."""
AHEAD: Final = 16
"""How many reads ahead memory is asked for a row."""

Verdicts = npt.NDArray[np.uint8]
Points = npt.NDArray[np.int32]


@njit
def mark_late(seen_us: Ints, arrived_us: Ints, settle_us: int, settled_us: int, verdict: Verdicts) -> None:
    """
    Mark the reads that can't be folded any more: they came too long after they were made, or what follows is settled.

    seen_us, arrived_us  int64[n]  when each was made, and when it reached us
    settle_us            int       how long after it was made a read is on time
    settled_us           int       the watermark
    verdict              uint8[n]  out: KEPT or LATE
    """
    for i in range(verdict.size):
        on_time = seen_us[i] >= arrived_us[i] - settle_us and seen_us[i] >= settled_us
        verdict[i] = KEPT if on_time else LATE


@njit
def pair_of(tag: int, read_point: int) -> int:
    """
    Tag and read point as one number.

    tag, read_point  int  ids; below 2^31 and 2^20
    """
    return (tag << POINT_BITS) | read_point


@njit
def home_of(pair: int, table: Ints) -> int:
    """
    Say in which row the search for a pair begins. Tags of one read point, numbered as they came, never share one.

    pair   int          of pair_of
    table  int64[S, 3]  of sort_out
    """
    tag, point = pair >> POINT_BITS, pair & ((1 << POINT_BITS) - 1)
    return int((tag * SPREAD + point * POINT_SPREAD) & (table.shape[0] - 1))


@njit
def row_of(pair: int, table: Ints) -> int:
    """
    Find the row of a pair, or else the free one where it would stand.

    pair   int          of pair_of
    table  int64[S, 3]  of sort_out
    """
    at, mask = home_of(pair, table), table.shape[0] - 1
    while table[at, 0] >= 0 and table[at, 0] != pair:
        at = (at + 1) & mask
    return at


@njit
def sort_out(
    tag: Ints, read_point: Points, raw_us: Ints, seen_us: Ints, window_us: Ints, table: Ints, verdict: Verdicts
) -> tuple[int, int]:
    """
    Tell kept reads from repeats. A repeat does not push the window back. Returns how many pairs are new, and overtaken.

    tag, read_point  int64[n], int32[n]  whose reads they are, and where they were made
    raw_us           int64[n]     the reader's own clock
    seen_us          int64[n]     the same, put right
    window_us        int64[A]     how long a read of each read point makes repeats of the next ones
    table            int64[S, 3]  state: pair (-1 free), raw_us and seen_us of the newest kept read; S a power of two
    verdict          uint8[n]     in: LATE where the read is not on time, which touches nothing; out
    """
    added, overtaken = 0, 0
    for i in range(tag.size):
        soon = min(i + AHEAD, tag.size - 1)
        ask_for(table, home_of(pair_of(tag[soon], read_point[soon]), table))
        if verdict[i] == LATE:
            continue
        pair = pair_of(tag[i], read_point[i])
        at = row_of(pair, table)
        if table[at, 0] < 0:
            table[at, 0] = pair
            added += 1
        elif raw_us[i] < table[at, 1]:
            verdict[i] = OVERTAKEN
            overtaken += 1
            continue
        elif raw_us[i] - table[at, 1] < window_us[read_point[i]]:
            verdict[i] = REPEAT
            continue
        table[at, 1] = raw_us[i]
        table[at, 2] = seen_us[i]
        verdict[i] = KEPT
    return added, overtaken


@njit
def keep_overtaken(
    pair: Ints, raw_us: Ints, window_us: Ints, near_pair: Ints, near_raw_us: Ints, verdict: Verdicts
) -> None:
    """
    Decide on reads that a newer one overtook: a repeat if a kept read lies within the window, before or after.

    An on-time read is newer than the watermark, so its own earlier copy, if any, is still among the pending ones.

    pair, raw_us, window_us  int64[m]  the overtaken reads, as they arrived
    near_pair, near_raw_us   int64[p]  the pending kept reads, sorted by pair, then raw_us
    verdict                  uint8[m]  out: KEPT or REPEAT
    """
    for i in range(pair.size):
        low, high = 0, near_pair.size
        while low < high:
            mid = (low + high) // 2
            if near_pair[mid] < pair[i] or (near_pair[mid] == pair[i] and near_raw_us[mid] <= raw_us[i] - window_us[i]):
                low = mid + 1
            else:
                high = mid
        near = low < near_pair.size and near_pair[low] == pair[i] and near_raw_us[low] < raw_us[i] + window_us[i]
        for j in range(i):
            same = pair[j] == pair[i] and verdict[j] == KEPT
            near = near or (same and abs(raw_us[j] - raw_us[i]) < window_us[i])
        verdict[i] = REPEAT if near else KEPT


@njit
def note_kept(pair: Ints, raw_us: Ints, seen_us: Ints, table: Ints) -> int:
    """
    Write reads that are kept already into the table of sort_out: overtaken ones, replayed ones, and all as it grows.

    The newest by the right clock stays, so that a reader whose clock was set back is not mute until it catches up.
    Returns how many pairs are new.

    pair             int64[n]     tag and read point of each
    raw_us, seen_us  int64[n]     as in sort_out
    table            int64[S, 3]  state
    """
    added = 0
    for i in range(pair.size):
        at = row_of(pair[i], table)
        added += table[at, 0] < 0
        if table[at, 0] < 0 or seen_us[i] > table[at, 2]:
            table[at, 0] = pair[i]
            table[at, 1] = raw_us[i]
            table[at, 2] = seen_us[i]
    return added


@njit
def count_verdicts(read_point: Points, verdict: Verdicts, reader_of: Points, counts: Ints) -> None:
    """
    Count what became of each reader's reads.

    read_point  int32[n]         where each was made
    verdict     uint8[n]         what became of it: KEPT, REPEAT or LATE
    reader_of   int32[A]         whose each read point is, -1 for nobody's
    counts      int64[R + 1, 3]  in and out; the last row counts nobody's
    """
    for i in range(verdict.size):
        counts[reader_of[read_point[i]], verdict[i]] += 1
