"""What the narrow numbers in a tag's row mean, and the list of its last reads."""

from typing import Final

from core.engine.kernels_jit import njit
from core.engine.records import AGO_MAX, LAST, Row
from core.model.columns import UNHEARD_DBM

LEVELS: Final = 2.0
"""Levels are kept in halves of a dB below 0."""
NO_LEVEL: Final = 255
CLOCK: Final = 0xFFFF_FFFF
"""Clocks of milliseconds begin anew after 49 days of listening: what is compared is nearer than that."""
GRAINS: Final = 65_535
MS_US: Final = 1_000


@njit
def clock_ms(at_s: float) -> int:
    """
    Give a clock's milliseconds as they are kept: 32 bits of them.

    at_s  float  seconds of listening, in all
    """
    return int(at_s * 1000.0) & CLOCK


@njit
def elapsed_s(at_s: float, then_ms: int) -> float:
    """
    Say how long ago something was.

    at_s     float  seconds of listening by now
    then_ms  int    clock_ms of then
    """
    return ((int(at_s * 1000.0) - int(then_ms)) & CLOCK) / 1000.0


@njit
def level_of(dbm: float) -> int:
    """
    Give a level as it is kept.

    dbm  float  UNHEARD_DBM for a read without one
    """
    if dbm <= UNHEARD_DBM:
        return NO_LEVEL
    return int(min(max(round(-dbm * LEVELS), 0), NO_LEVEL - 1))


@njit
def dbm_of(level: int) -> float:
    """
    Give a level that is kept in dBm; UNHEARD_DBM for none.

    level  int  0..255
    """
    return float(UNHEARD_DBM) if level == NO_LEVEL else level / -LEVELS


@njit
def grain_of(at_m: float, corner_m: float, grain_m: float) -> int:
    """
    Say in which grain of the plan something is, along one axis.

    at_m      float  metres
    corner_m  float  where the plan begins
    grain_m   float  how long a grain is
    """
    return int(min(max(round((at_m - corner_m) / grain_m), 0), GRAINS))


@njit
def remember(row: Row, read: Row) -> None:
    """
    Put a read in front of a tag's last ones. The oldest is forgotten.

    row   TAG       in: seen_us, still that of the read before; in and out: point, ago_ms, level
    read  EVIDENCE  not older than the last one
    """
    gap_ms = min((read["seen_us"] - row["seen_us"] + MS_US // 2) // MS_US, AGO_MAX)
    for k in range(LAST - 1, 0, -1):
        row["point"][k] = row["point"][k - 1]
        row["ago_ms"][k] = min(int(row["ago_ms"][k - 1]) + gap_ms, AGO_MAX)
        row["level"][k] = row["level"][k - 1]
    row["point"][0] = read["read_point"]
    row["ago_ms"][0] = 0
    row["level"][0] = level_of(read["rssi_dbm"])
