"""
How each read point hears the cells of zones, learned from reads of tags whose point is known.

Levels between the points are found by Gaussian process regression around a path-loss trend: near a point its own level
counts, far from all the trend does (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.calibrate.labelled import LabelledReads
from core.calibrate.levels import middles, variances
from core.engine.hearing import Hearing
from core.engine.places import Places
from core.engine.prior import CHANCE_MIN, TAG_HEIGHT_M
from core.engine.records import Floats
from core.model.columns import UNHEARD_DBM
from core.site import ReadPoint, Site

POINT_M: Final = 0.5
"""Reads of tags no further apart than this are of one point."""
REACH_M: Final = 3.0
"""How far the difference of a level from the trend carries."""
POINT_VAR: Final = 4.0
"""Variance of a point's own level around the smooth field, dB squared."""
NEARBY_M: Final = 1.5
"""How far the frequency of reads carries."""
LEANS_TRIED: Final = (1.0, 2.0, 3.5, 5.0)
BLOCK_M: Final = 1.5
BLOCKS_APART: Final = 3
FOLDS: Final = 8
"""Blocks of points that are left out together are three steps apart, or further."""
POINTS_MIN: Final = 30
AWAY_M: Final = 0.3
CELLS_MAX: Final = 400
STEP_MAX_M: Final = 1.5
ROOMY: Final = 9.0
HEARERS_MIN: Final = 3.0
"""Antennas that hear a point on average: fewer cannot tell cells apart."""


@dataclass(frozen=True, slots=True)
class Points:
    """Where tags stood: xy float64[m, 2]; and for each read point the reads, group = read point * m + point."""

    xy: Floats
    group: np.ndarray[tuple[int], np.dtype[np.intp]]
    level: Floats


def points_of(reads: LabelledReads) -> Points:
    """Gather reads by where the tag stood."""
    told = np.isfinite(reads.xy).all(axis=1) & (reads.rssi_dbm > UNHEARD_DBM)
    reads = reads.take(told)
    square = np.floor(reads.xy / POINT_M).astype(np.int64)
    _, at = np.unique(square, axis=0, return_inverse=True)
    at = at.ravel()
    m = int(at.max(initial=-1)) + 1
    n = np.maximum(np.bincount(at, minlength=m), 1)
    xy = np.column_stack([np.bincount(at, reads.xy[:, axis], minlength=m) / n for axis in (0, 1)])
    return Points(xy, reads.read_point.astype(np.intp) * m + at, reads.rssi_dbm.astype(np.float64))


def hearing_of_cells(points: Points, places: Places, site: Site) -> Hearing:
    """Learn the table over cells."""
    stands = _stands(points, len(site.read_points), lean_of(points, site))
    cells = places.xy.astype(np.float64)
    dbm, unsure = _field(stands, points.xy, cells, site)
    up, down = stands.spread
    table = {"dbm": dbm, "up_db": (up + unsure) ** 0.5, "down_db": (down + unsure) ** 0.5}
    table["chance"] = _chances(points.xy, stands.n, cells)
    return Hearing(**{name: value.astype(np.float32) for name, value in table.items()})


def lean_of(points: Points, site: Site) -> float:
    """
    How much more what is heard loudly says of a point than what is heard faintly: as reads of points left out say.

    How fading skews levels differs from site to site: with a carrier's body, a tag's make, a reader's averaging.
    """
    return max(LEANS_TRIED, key=lambda lean: _worth(points, site, _stands(points, len(site.read_points), lean)))


@dataclass(frozen=True, slots=True)
class _Stands:
    """What was heard at m points: reads n and middle level, float64[A, m]; variances above and below the middle."""

    n: Floats
    middle: Floats
    spread: tuple[Floats, Floats]


def _stands(points: Points, n_points: int, lean: float) -> _Stands:
    groups = n_points * len(points.xy)
    n = np.bincount(points.group, minlength=groups).astype(np.float64)
    middle = middles(points.level, points.group, groups, lean)
    off = points.level - middle[points.group]
    spread = variances(off, np.zeros(off.size, np.intp), 1, np.array([8.0, 16.0]), 1.0)
    return _Stands(n.reshape(n_points, -1), middle.reshape(n_points, -1), spread)


def _worth(points: Points, site: Site, stands: _Stands) -> float:
    """How likely the reads of points are, on average, as the field of all but those beside them has it; a logarithm."""
    block = np.floor(points.xy / BLOCK_M).astype(np.int64)
    fold = (block[:, 0] + BLOCKS_APART * block[:, 1]) % FOLDS
    dbm, unsure = np.zeros_like(stands.middle), np.zeros_like(stands.middle)
    for one in np.unique(fold):
        own, rest = fold == one, fold != one
        learned = _Stands(stands.n[:, rest], stands.middle[:, rest], stands.spread)
        dbm[:, own], unsure[:, own] = _field(learned, points.xy[rest], points.xy[own], site)
    off = points.level - dbm.ravel()[points.group]
    up, down = (side[0] + unsure.ravel()[points.group] for side in stands.spread)
    log = 0.5 * off**2 / np.where(off > 0.0, up, down) + np.log(np.sqrt(up) + np.sqrt(down))
    return -float(log.mean())


def _field(stands: _Stands, xy: Floats, cells: Floats, site: Site) -> tuple[Floats, Floats]:
    """Level at each cell, and how unsure it is, dB squared: float64[A, P] twice."""
    dbm = np.zeros((len(site.read_points), len(cells)))
    unsure = np.zeros_like(dbm)
    for point in site.read_points:
        a = point.index
        dbm[a], unsure[a] = _levels(point, xy, stands.middle[a], stands.n[a], cells)
    return dbm, unsure


def _levels(point: ReadPoint, xy: Floats, middle: Floats, n: Floats, cells: Floats) -> tuple[Floats, Floats]:
    """Level at each cell and how unsure it is, dB squared, for one read point."""
    heard = n > 0
    if heard.sum() < 3:  # noqa: PLR2004 - a trend needs that many
        return np.full(len(cells), float(middle[heard].mean()) if heard.any() else -73.0), np.full(len(cells), 25.0)
    trend, *_ = np.linalg.lstsq(_trend(point, xy[heard]), middle[heard], rcond=None)
    rest = middle[heard] - _trend(point, xy[heard]) @ trend
    var = max(float(rest.var()) - POINT_VAR, 1.0)
    noise = POINT_VAR + 16.0 / n[heard]
    kernel = var * _alike(xy[heard], xy[heard]) + np.diag(noise)
    across = var * _alike(cells, xy[heard])
    level = _trend(point, cells) @ trend + across @ np.linalg.solve(kernel, rest)
    known = np.einsum("ij,ji->i", across, np.linalg.solve(kernel, across.T))
    return level, np.maximum(var - known, 0.0) + POINT_VAR


def _trend(point: ReadPoint, xy: Floats) -> Floats:
    away = np.hypot(np.hypot(xy[:, 0] - point.x, xy[:, 1] - point.y), point.z - TAG_HEIGHT_M)
    return np.column_stack((np.ones(len(xy)), np.log10(np.maximum(away, AWAY_M))))


def _alike(a: Floats, b: Floats) -> Floats:
    alike: Floats = np.exp(-np.hypot(*(a[:, None, :] - b[None, :, :]).transpose(2, 0, 1)) / REACH_M)
    return alike


def _chances(xy: Floats, n: Floats, cells: Floats) -> Floats:
    """Log share of the reads at each cell that each read point makes."""
    away = np.hypot(*(cells[:, None, :] - xy[None, :, :]).transpose(2, 0, 1))
    weight = np.exp(-0.5 * (away / NEARBY_M) ** 2) + 1e-6
    share = (n / np.maximum(n.sum(axis=0), 1.0)) @ weight.T / weight.sum(axis=1)
    chances: Floats = np.log(share + CHANCE_MIN)
    return chances


def cell_side(points: Points, zone_areas: Sequence[float]) -> float:
    """Side of the cells that the points can tell apart, in metres; 0 if whole zones are all that can be told."""
    total = sum(zone_areas)
    step = max(1.0, (total / CELLS_MAX) ** 0.5)
    hearers = np.unique(points.group).size / max(len(points.xy), 1)
    roomy = any(area >= ROOMY * step**2 for area in zone_areas)
    if len(points.xy) < POINTS_MIN or step > STEP_MAX_M or hearers < HEARERS_MIN or not roomy:
        return 0.0
    return float(round(step, 2))
