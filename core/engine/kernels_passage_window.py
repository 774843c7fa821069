"""When a passage happens: its quarter seconds, without the rests before and after it."""

from typing import Final

from core.engine.kernels_jit import njit
from core.engine.records import Row
from core.engine.records_passage import ANTENNAS, BIN_US, BINS, Work

REST_VAR: Final = 7.5
"""Levels that spread less than this (dB squared) are those of a tag at rest."""
REST_BINS: Final = 16
"""A rest of four seconds at either end of a passage is no part of it, but for the next to it."""
REST_KEPT: Final = 6


@njit
def bins_of(row: Row) -> int:
    """
    Say how many bins a passage has so far.

    row  PASSAGE
    """
    return int(min(BINS, (row["last_us"] - row["opened_us"]) // BIN_US + 1))


@njit
def still_bins(row: Row, n: int, backwards: bool, work: Work) -> int:
    """
    Count the bins at one end of a passage over which the tag is at rest; 0 if fewer than REST_BINS.

    row        PASSAGE
    n          int      its bins
    backwards  bool     from its end rather than its begin
    work       Work     wave is room
    """
    work.wave[:, :] = 0.0
    still = 0
    for i in range(n):
        b = n - 1 - i if backwards else i
        reads, spread, heard = 0.0, 0.0, 0.0
        for a in range(ANTENNAS):
            work.wave[a, 0] += row["count"][a, b]
            work.wave[a, 1] += row["sum"][a, b]
            work.wave[a, 2] += row["square"][a, b]
            if work.wave[a, 0] > 0:
                heard += 1.0
                reads += work.wave[a, 0]
                spread += work.wave[a, 2] - work.wave[a, 1] * work.wave[a, 1] / work.wave[a, 0]
        if spread <= REST_VAR * max(reads - heard, 1.0):
            still = i + 1
        elif i >= REST_BINS:
            break
    return still if still >= REST_BINS else 0


@njit
def window_of(row: Row, work: Work) -> tuple[int, int]:
    """
    Say between which bins a passage happens: without the rests before and after it, but for their nearest parts.

    row   PASSAGE
    work  Work     wave is room
    """
    n = bins_of(row)
    before = still_bins(row, n, False, work)
    after = still_bins(row, n, True, work)
    if before + after >= n:
        return 0, n
    return max(before - REST_KEPT, 0), n - max(after - REST_KEPT, 0)


@njit
def spread_of(row: Row, first: int, last: int) -> float:
    """
    Give the variance of the levels at each antenna, all antennas together, dB squared.

    row          PASSAGE
    first, last  int      the bins to look at
    """
    spread, reads = 0.0, 0.0
    for a in range(ANTENNAS):
        n, total, squares = 0.0, 0.0, 0.0
        for b in range(first, last):
            n += row["count"][a, b]
            total += row["sum"][a, b]
            squares += row["square"][a, b]
        if n > 0:
            spread += max(squares - total * total / n, 0.0)
            reads += n
    return spread / reads if reads > 0 else 0.0
