"""
The kernels that measure a passage again, slow and plain: whole arrays at once.
"""

from typing import Any

import numpy as np

from core.engine.records_passage import ANTENNAS, BIN_US, BINS, SEGMENTS, WAVES

COSINES = np.array([np.cos(np.pi * j * (np.arange(8) + 0.5) / 8) / 2.0 for j in range(WAVES)])


def bins_of(row: Any) -> int:
    return min(BINS, int(row["last_us"] - row["opened_us"]) // BIN_US + 1)


def still_bins(row: Any, n: int, backwards: bool, _work: Any) -> int:
    still = 0
    for i in range(n):
        some = slice(n - 1 - i, n) if backwards else slice(0, i + 1)
        reads, total, squares = (row[name][:, some].sum(axis=1, dtype=float) for name in ("count", "sum", "square"))
        heard = reads > 0
        spread = (squares[heard] - total[heard] ** 2 / reads[heard]).sum()
        if spread <= 7.5 * max(reads.sum() - heard.sum(), 1.0):
            still = i + 1
        elif i >= 16:
            break
    return still if still >= 16 else 0


def window_of(row: Any, work: Any) -> tuple[int, int]:
    n = bins_of(row)
    before, after = still_bins(row, n, False, work), still_bins(row, n, True, work)
    return (0, n) if before + after >= n else (max(before - 6, 0), n - max(after - 6, 0))


def spread_of(row: Any, first: int, last: int) -> float:
    reads, total, squares = (row[name][:, first:last].sum(axis=1, dtype=float) for name in ("count", "sum", "square"))
    heard = reads > 0
    spread = np.maximum(squares[heard] - total[heard] ** 2 / reads[heard], 0.0).sum()
    return float(spread / reads.sum()) if heard.any() else 0.0


def levels_of(row: Any, first: int, last: int, gain_db: Any, work: Any) -> int:
    part = (np.arange(first, last) - first) * SEGMENTS // (last - first)
    work.level[:] = 0.0
    for a in range(ANTENNAS):
        parts = 0
        for k in range(SEGMENTS):
            count, total = row["count"][a, first:last][part == k], row["sum"][a, first:last][part == k]
            if count.sum() > 0:
                work.level[a, k] = total.sum(dtype=float) / count.sum() - gain_db[a]
                parts += 1
        work.use[a] = parts >= 2
        bridge(work.level[a])
    return int(work.use.sum())


def bridge(level: Any) -> None:
    heard = np.flatnonzero(level)
    if heard.size:
        level[:] = np.interp(np.arange(SEGMENTS), heard, level[heard])


def bend(work: Any) -> None:
    varied = (work.level - work.level.mean(axis=1, keepdims=True)) * work.use[:, None]
    work.wave[:] = varied @ COSINES.T
    work.wave[:, 0] = 0.0


def time_peaks(row: Any, first: int, last: int, work: Any) -> None:
    b = np.arange(first, last)
    work.late[:] = 0.0
    moments = {}
    for a in range(ANTENNAS):
        count, total = row["count"][a, first:last], row["sum"][a, first:last].astype(float)
        heard = count > 0
        if work.use[a] and heard.any():
            loud = 10.0 ** ((total[heard] / count[heard] - row["peak_dbm"]) / 10.0)
            middle = (loud * b[heard]).sum() / loud.sum()
            moments[a] = loud.sum(), middle, (loud * (b[heard] - middle) ** 2).sum()
    if moments:
        power, middle, spread = (np.array(column) for column in zip(*moments.values(), strict=True))
        scale = np.sqrt(spread.sum() / power.sum()) + 1.0
        work.late[work.use > 0] = -middle.mean() / scale
        work.late[list(moments)] = (middle - middle.mean()) / scale


def lay_axes(door: int, doors: Any, work: Any) -> None:
    for i, place in enumerate((doors.along[door], doors.across[door])):
        middle = (place * work.use).sum() / max(work.use.sum(), 1.0)
        vector = (place - middle) * work.use
        length = np.linalg.norm(vector)
        work.axis[i] = vector / length if length >= 0.3 else 0.0


def trace(work: Any) -> None:
    mean = (work.level * work.use[:, None]).sum(axis=0) / max(work.use.sum(), 1.0)
    work.path[:2] = work.axis @ (work.level - mean)
    work.path[2] = mean


def shape_of(work: Any) -> None:
    n = max(work.use.sum(), 1.0)
    total = (((work.level - work.level.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) * work.use).sum()
    energy, together = (work.wave**2).sum(axis=0), work.wave.sum(axis=0) / np.sqrt(n)
    rest = np.maximum(energy - together**2 - (work.axis[0] @ work.wave) ** 2, 0.0)
    work.feature[5:8] = np.log(rest[1:] / n + 0.5) / 2.0
    work.feature[[15, 4]] = together[1], together[2]
    work.feature[1] = np.log(total / n + 0.5) / 2.0
    work.feature[8] = np.log(max(total - energy[1:].sum(), 0.0) / n + 0.5) / 2.0


def way_of(work: Any, weights: Any) -> float:
    path = work.path[0]
    first, last, after = work.feature[42:45]
    begins_and_ends = path[-2:].mean() - path[:2].mean()
    work.way[:3] = work.axis[0] @ work.late, -work.axis[0] @ work.wave[:, 1], begins_and_ends
    work.way[3:] = (last - first) / 20.0, -after
    return float(work.way @ weights)


def progress_of(work: Any, sign: float) -> None:
    path = work.path[0] * sign
    begin, end = -path[:2].mean(), path[-2:].mean()
    work.feature[[2, 3]] = sign * work.way[1], sign * work.way[0]
    work.feature[[9, 10, 11, 12]] = min(begin, end), abs(path[3:5].mean()), -path[1:3].mean(), path[5:7].mean()
    work.feature[13] = np.ptp(work.path[1])
    work.feature[17:25], work.feature[25:33], work.feature[33:41] = (
        path,
        work.path[2] - work.path[2].mean(),
        work.path[1],
    )
    used = work.late[work.use > 0]
    work.feature[16] = used.std() if used.size else 0.0


def measure(row: Any, door: int, doors: Any, work: Any) -> float:
    first, last = window_of(row, work)
    levels_of(row, first, last, doors.gain_db[door], work)
    bend(work)
    time_peaks(row, first, last, work)
    lay_axes(door, doors, work)
    trace(work)
    work.feature[0] = np.log(spread_of(row, first, last) + 0.5) / 2.0
    shape_of(work)
    contrast(row, work)
    logit = way_of(work, doors.direction[door])
    progress_of(work, 1.0 if logit >= 0.0 else -1.0)
    work.feature[14] = row["peak_dbm"]
    return logit


def lead(row: Any, first: int, last: int) -> float:
    count, total = row["count"][:, first:last], row["sum"][:, first:last].astype(float)
    heard = count > 0
    own = max([-100.0, *(total[heard] / count[heard]).tolist()])
    return float(np.clip(own - max([-100.0, *row["rival_dbm"][first:last].tolist()]), -20.0, 20.0))


def contrast(row: Any, work: Any) -> None:
    n = bins_of(row)
    work.feature[41:44] = lead(row, 0, n), lead(row, 0, min(8, n)), lead(row, max(n - 8, 0), n)
    heard = row["rival_dbm"] > -100.0
    work.feature[44] = 1.0 if heard[n:].any() else -float(heard.any())
