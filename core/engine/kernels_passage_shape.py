"""A passage becomes numbers here: levels over its parts, their shape in time, and their order along the way out."""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit_roomy
from core.engine.kernels_passage_window import spread_of, window_of
from core.engine.kernels_rival import CLEAR_DB, RIVAL, contrast
from core.engine.records import Row
from core.engine.records_passage import ANTENNAS, SEGMENTS, WAVES, Doors, Work

ENOUGH_PARTS: Final = 2
"""An antenna that hears a passage in fewer parts of it tells no shape."""
FLOOR: Final = 0.5
"""Added before logarithms, dB squared: less than rounding to whole dB does."""
ACROSS_M_MIN: Final = 0.3
"""Antennas that are spread less than this along an axis tell nothing of it."""
ALONG: Final = 17
"""The features from here on are the path along the way out, then the mean level, then the path across; part by part."""
RISE: Final = 1
HUMP: Final = 2
COSINES: Final = (
    np.cos(np.pi * np.arange(WAVES)[:, None] * (np.arange(SEGMENTS) + 0.5) / SEGMENTS) * (2.0 / SEGMENTS) ** 0.5
)


@njit_roomy
def levels_of(row: Row, first: int, last: int, gain_db: np.ndarray, work: Work) -> int:
    """
    Cut a passage into parts and give each antenna's mean level in each; gaps are bridged. Returns how many are of use.

    row          PASSAGE
    first, last  int                the bins to look at
    gain_db      float64[ANTENNAS]  taken off
    work         Work               out: level, use
    """
    work.level[:, :] = 0.0
    used, length = 0, last - first
    for a in range(ANTENNAS):
        parts = 0
        for k in range(SEGMENTS):
            begin = first + (k * length + SEGMENTS - 1) // SEGMENTS
            end = first + ((k + 1) * length + SEGMENTS - 1) // SEGMENTS
            reads = row["count"][a, begin:end].sum()
            if reads > 0:
                work.level[a, k] = row["sum"][a, begin:end].sum() / reads - gain_db[a]
                parts += 1
        work.use[a] = 1.0 if parts >= ENOUGH_PARTS else 0.0
        used += parts >= ENOUGH_PARTS
        bridge(work.level[a])
    return used


@njit_roomy
def bridge(level: np.ndarray) -> None:
    """
    Fill the parts in which an antenna heard nothing (0 dB) from those next to them, on a straight line.

    level  float64[SEGMENTS]  in and out
    """
    before = -1
    for k in range(SEGMENTS):
        if level[k] == 0.0:
            continue
        for gap in range(before + 1, k):
            share = (gap - before) / (k - before) if before >= 0 else 1.0
            level[gap] = level[k] * share + (level[before] * (1.0 - share) if before >= 0 else 0.0)
        before = k
    for gap in range(before + 1, SEGMENTS):
        level[gap] = level[before] if before >= 0 else 0.0


@njit_roomy
def bend(work: Work) -> None:
    """
    Write each used antenna's levels as cosines over the passage.

    work  Work  in: level, use; out: wave; 0 for antennas that are of no use
    """
    work.wave[:, :] = 0.0
    for a in range(ANTENNAS):
        if work.use[a] == 0.0:
            continue
        mean = work.level[a].mean()
        for k in range(SEGMENTS):
            for j in range(1, WAVES):
                work.wave[a, j] += (work.level[a, k] - mean) * COSINES[j, k]


@njit_roomy
def time_peaks(row: Row, first: int, last: int, work: Work) -> None:
    """
    Say when each used antenna hears the tag best: the middle of its power in time, as a part of how that spreads.

    row          PASSAGE
    first, last  int      the bins to look at
    work         Work     in: use; out: late, around nought; 0 for antennas that are of no use
    """
    used, middle, spread, all_power = 0.0, 0.0, 0.0, 0.0
    work.late[:] = 0.0
    for a in range(ANTENNAS):
        power, moment, square = 0.0, 0.0, 0.0
        for b in range(first, last):
            if work.use[a] > 0.0 and row["count"][a, b] > 0:
                loud = 10.0 ** ((row["sum"][a, b] / row["count"][a, b] - row["peak_dbm"]) / 10.0)
                power += loud
                moment += loud * b
                square += loud * b * b
        if power > 0.0:
            work.late[a] = moment / power
            middle += work.late[a]
            used += 1.0
            spread += max(square - moment * moment / power, 0.0)
            all_power += power
    if used == 0.0:
        return
    scale = np.sqrt(spread / all_power) + 1.0
    for a in range(ANTENNAS):
        work.late[a] = (work.late[a] - middle / used) / scale if work.use[a] > 0.0 else 0.0


@njit_roomy
def lay_axes(door: int, doors: Doors, work: Work) -> None:
    """
    Give the used antennas' places along and across the way out, as unit vectors around their middle.

    door   int
    doors  Doors  along and across are used
    work   Work   in: use; out: axis
    """
    n = max(work.use.sum(), 1.0)
    for i in range(2):
        place = doors.along[door] if i == 0 else doors.across[door]
        middle = (place * work.use).sum() / n
        length = 0.0
        for a in range(ANTENNAS):
            work.axis[i, a] = (place[a] - middle) * work.use[a]
            length += work.axis[i, a] ** 2
        length = np.sqrt(length)
        for a in range(ANTENNAS):
            work.axis[i, a] = work.axis[i, a] / length if length >= ACROSS_M_MIN else 0.0


@njit_roomy
def trace(work: Work) -> None:
    """
    Follow the tag along and across the way out: by how much the antennas there hear it louder than the others.

    work  Work  in: level, use, axis; out: path, with what they all hear
    """
    n = max(work.use.sum(), 1.0)
    for k in range(SEGMENTS):
        mean = 0.0
        for a in range(ANTENNAS):
            mean += work.level[a, k] * work.use[a] / n
        work.path[2, k] = mean
        for i in range(2):
            work.path[i, k] = 0.0
            for a in range(ANTENNAS):
                work.path[i, k] += work.axis[i, a] * (work.level[a, k] - mean)


@njit_roomy
def shape_of(work: Work) -> None:
    """
    Put down how the levels rise and fall: all together, along the way out, and otherwise.

    work  Work  in: level, use, wave, axis; out: features 1, 4 to 8, 15
    """
    n = max(work.use.sum(), 1.0)
    total, known = 0.0, 0.0
    for a in range(ANTENNAS):
        if work.use[a] > 0.0:
            mean = work.level[a].mean()
            for k in range(SEGMENTS):
                total += (work.level[a, k] - mean) ** 2
    for j in range(1, WAVES):
        energy, together, along = 0.0, 0.0, 0.0
        for a in range(ANTENNAS):
            energy += work.wave[a, j] ** 2
            together += work.wave[a, j] / np.sqrt(n)
            along += work.wave[a, j] * work.axis[0, a]
        known += energy
        rest = max(energy - together**2 - along**2, 0.0)
        work.feature[4 + j] = np.log(rest / n + FLOOR) / 2.0
        if j == RISE:
            work.feature[15] = together
        elif j == HUMP:
            work.feature[4] = together
    work.feature[1] = np.log(total / n + FLOOR) / 2.0
    work.feature[8] = np.log(max(total - known, 0.0) / n + FLOOR) / 2.0


@njit_roomy
def way_of(work: Work, weights: np.ndarray) -> float:
    """
    Put down the evidence of the direction. Returns its logit, positive for out.

    work     Work                 in: wave, axis, late, path, features of rivals; out: way
    weights  float64[DIRECTIONS]
    """
    work.way[0] = (work.axis[0] * work.late).sum()
    work.way[1] = -(work.axis[0] * work.wave[:, 1]).sum()
    work.way[2] = (work.path[0, SEGMENTS - 2 :] - work.path[0, :2]).sum() / 2.0
    work.way[3] = (work.feature[RIVAL + 2] - work.feature[RIVAL + 1]) / CLEAR_DB
    work.way[4] = -work.feature[RIVAL + 3]
    return float((work.way * weights).sum())


@njit_roomy
def progress_of(work: Work, sign: float) -> None:
    """
    Put down how far the tag comes along the way it goes, and how straight; and the levels as they went.

    work  Work   in: way, path, late, use; out: features 2, 3, 9 to 13, 16 to 40
    sign  float  1 for out, -1 for in
    """
    path = work.path[0]
    work.feature[2] = sign * work.way[1]
    work.feature[3] = sign * work.way[0]
    begin, end = -sign * (path[0] + path[1]) / 2.0, sign * (path[SEGMENTS - 2] + path[SEGMENTS - 1]) / 2.0
    work.feature[9] = min(begin, end)
    work.feature[10] = abs(path[3] + path[4]) / 2.0
    work.feature[11] = -sign * (path[1] + path[2]) / 2.0
    work.feature[12] = sign * (path[5] + path[6]) / 2.0
    work.feature[13] = work.path[1].max() - work.path[1].min()
    level = work.path[2].mean()
    for k in range(SEGMENTS):
        work.feature[ALONG + k] = sign * path[k]
        work.feature[ALONG + SEGMENTS + k] = work.path[2, k] - level
        work.feature[ALONG + 2 * SEGMENTS + k] = work.path[1, k]
    n = max(work.use.sum(), 1.0)
    middle = (work.late * work.use).sum() / n
    work.feature[16] = np.sqrt(((work.late - middle) ** 2 * work.use).sum() / n)


@njit_roomy
def measure(row: Row, door: int, doors: Doors, work: Work) -> float:
    """
    Measure a passage. Returns the logit of its direction, positive for out; 0 where its antennas tell none.

    row    PASSAGE  with at least one level
    door   int
    doors  Doors
    work   Work     out: feature, and all the rest
    """
    first, last = window_of(row, work)
    levels_of(row, first, last, doors.gain_db[door], work)
    bend(work)
    time_peaks(row, first, last, work)
    lay_axes(door, doors, work)
    trace(work)
    work.feature[0] = np.log(spread_of(row, first, last) + FLOOR) / 2.0
    shape_of(work)
    contrast(row, work)
    logit = way_of(work, doors.direction[door])
    progress_of(work, 1.0 if logit >= 0.0 else -1.0)
    work.feature[14] = row["peak_dbm"]
    return logit
