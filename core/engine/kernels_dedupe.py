"""Reads become kept reads, repeats and late ones here."""

from typing import Final

import numpy as np
import numpy.typing as npt

from core.engine.kernels_jit import njit
from core.engine.records import Ints

KEPT: Final = 0
REPEAT: Final = 1
LATE: Final = 2
OVERTAKEN: Final = 3
"""On time, but a newer read of the same tag and read point came first; keep_overtaken decides."""

Verdicts = npt.NDArray[np.uint8]
Points = npt.NDArray[np.int32]


@njit
def sort_out(
    pair: Ints, home: Ints, raw_us: Ints, seen_us: Ints, window_us: Ints, table: Ints, verdict: Verdicts
) -> int:
    """
    Tell kept reads from repeats. A repeat does not push the window back. Returns how many pairs are new.

    pair       int64[n]     tag and read point as one number, never negative
    home       int64[n]     where its search begins
    raw_us     int64[n]     the reader's own clock
    seen_us    int64[n]     the same, put right
    window_us  int64[n]     how long a read makes repeats of the next ones
    table      int64[S, 3]  state: pair (-1 free), raw_us and seen_us of the newest kept read
    verdict    uint8[n]     in: LATE where the read is not on time, which touches nothing; out
    """
    mask = table.shape[0] - 1
    added = 0
    for i in range(pair.size):
        if verdict[i] == LATE:
            continue
        at = home[i]
        while table[at, 0] >= 0 and table[at, 0] != pair[i]:
            at = (at + 1) & mask
        if table[at, 0] < 0:
            table[at, 0] = pair[i]
            added += 1
        elif raw_us[i] < table[at, 1]:
            verdict[i] = OVERTAKEN
            continue
        elif raw_us[i] - table[at, 1] < window_us[i]:
            verdict[i] = REPEAT
            continue
        table[at, 1] = raw_us[i]
        table[at, 2] = seen_us[i]
        verdict[i] = KEPT
    return added


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
def note_kept(pair: Ints, home: Ints, raw_us: Ints, seen_us: Ints, table: Ints) -> int:
    """
    Write reads that are kept already into the table of sort_out: overtaken ones, replayed ones, and all as it grows.

    The newest by the right clock stays, so that a reader whose clock was set back is not mute until it catches up.
    Returns how many pairs are new.

    pair, home, raw_us, seen_us  int64[n]     as in sort_out
    table                        int64[S, 3]  state
    """
    mask = table.shape[0] - 1
    added = 0
    for i in range(pair.size):
        at = home[i]
        while table[at, 0] >= 0 and table[at, 0] != pair[i]:
            at = (at + 1) & mask
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
