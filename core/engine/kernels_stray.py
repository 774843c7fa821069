"""A tag that a door goes on hearing after its verdict: what it looks like, and when that changes."""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit
from core.engine.records import Row
from core.engine.records_passage import ANTENNAS, BIN_US, BINS
from core.model.columns import UNHEARD_DBM

STRAY_VAR_MIN: Final = 6.0
"""The least spread (dB squared) that is allowed a stray."""
STRAY_FOLLOW: Final = np.float32(0.02)
STRANGE_FOLLOW: Final = np.float32(0.3)
STRANGE_MAX: Final = np.float32(12.0)
STRANGE_AT: Final = 5.0
"""A stray whose reads lie this far off, in units of its spread, has begun to move; one read is not enough."""
LATEST_BINS: Final = 12
"""What a stray looks like is what it looked like in its last three seconds."""


@njit
def portray(row: Row, visit: Row) -> None:
    """
    Keep what a tag looks like: its last levels at each antenna, and how they spread.

    row    PASSAGE
    visit  VISIT    out: mean, var, strange
    """
    end = min(BINS, (row["last_us"] - row["opened_us"]) // BIN_US + 1)
    spread, reads = 0.0, 0.0
    for a in range(ANTENNAS):
        visit["mean"][a] = 0.0
        n, total, squares = 0.0, 0.0, 0.0
        for i in range(end):
            b = end - 1 - i
            if i >= LATEST_BINS and n > 0:
                break
            n += row["count"][a, b]
            total += row["sum"][a, b]
            squares += row["square"][a, b]
        if n > 0:
            visit["mean"][a] = total / n
            spread += max(squares - total * total / n, 0.0)
            reads += n
    visit["var"] = max(spread / max(reads, 1.0), STRAY_VAR_MIN)
    visit["strange"] = 1.0


@njit
def departs(visit: Row, slot: int, dbm: float) -> bool:
    """
    Compare a stray's read with what the stray looks like, and say whether it has begun to move.

    visit  VISIT  in and out: mean, strange
    slot   int    the antenna
    dbm    float
    """
    if dbm <= UNHEARD_DBM:
        return False
    if visit["mean"][slot] == 0.0:
        visit["mean"][slot] = dbm
        return False
    off = np.float32(dbm) - visit["mean"][slot]
    strange = min(off * off / visit["var"], STRANGE_MAX)
    visit["strange"] += STRANGE_FOLLOW * (strange - visit["strange"])
    visit["mean"][slot] += STRAY_FOLLOW * off
    return bool(visit["strange"] > STRANGE_AT)
