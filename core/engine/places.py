"""
Where a tag may be: each zone that is no portal is one place, a few pieces, or many cells where a calibration says so.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Polygon

from core.engine.records import NEXT, Floats, Floats32
from core.model.columns import NOWHERE
from core.site import PORTALS, Site, Zone

POINTS_MAX: Final = 150
BESIDE_M: Final = 3.0
"""Zones no further apart than this lie beside each other: an aisle between them is no zone."""
FINE_M: Final = 1.5
"""Cells with longer sides than this are pieces of zones: too coarse to follow a tag's steps by."""
CELLS_BESIDE: Final = 1.6
"""Cells whose middles are no further apart than so many sides lie beside each other,"""
PIECES_BESIDE_M: Final = 9.6
"""and pieces no further apart than this: there may be an aisle between their zones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """
    The states of the zone filter, P of them.

    zone    int16[P]        the zone that a place lies in
    xy      float32[P, 2]   its middle, metres
    next    int16[P, NEXT]  places that a tag may go to from there, -1 where there are fewer
    grids   P arrays float64[n, 2]  points spread over each place, metres
    step_m  float           side of a cell, or about that of a piece; 0 if places are whole zones
    """

    zone: npt.NDArray[np.int16]
    xy: Floats32
    next: npt.NDArray[np.int16]
    grids: tuple[Floats, ...]
    step_m: float = 0.0

    @property
    def fine(self) -> bool:
        """Whether places are cells: small enough to follow a tag from one to the next."""
        return 0.0 < self.step_m <= FINE_M

    def __len__(self) -> int:
        """How many places."""
        return int(self.zone.size)


def places_of(site: Site, step_m: float = 0.0) -> Places:
    """
    The places of a site: whole zones, square cells of step_m in zones that have room for at least four, or pieces.

    Where step_m is above FINE_M, each zone is parted along both sides into pieces as near to that size as may be.

    Portals are no places: a tag is at a door only while the door's own antennas say so.
    """
    zones: list[int] = []
    grids: list[Floats] = []
    for index, zone in enumerate(site.zones):
        if zone.kind in PORTALS or zone.retired:
            continue
        for grid in _parts(zone, step_m):
            zones.append(index)
            grids.append(grid)
    xy = np.array([grid.mean(axis=0) for grid in grids], np.float32).reshape(-1, 2)
    zone_of = np.array(zones, np.int16)
    beside = _beside_cells(xy, step_m) if step_m else _beside_zones([site.zones[z] for z in zones])
    return Places(zone=zone_of, xy=xy, next=beside, grids=tuple(grids), step_m=step_m)


def _parts(zone: Zone, step_m: float) -> list[Floats]:
    if step_m > FINE_M:
        return _pieces(zone, step_m)
    return _cells(zone, step_m) if step_m else [sample(zone)]


def sample(zone: Zone) -> Floats:
    """Points spread evenly over a zone, float64[n, 2] in metres; at least one."""
    polygon = Polygon(zone.polygon)
    return _inside(polygon, max((polygon.area / POINTS_MAX) ** 0.5, 0.25))


def _cells(zone: Zone, step_m: float) -> list[Floats]:
    """The zone's points, a group for each cell of a grid that all zones share."""
    polygon = Polygon(zone.polygon)
    if polygon.area < 4.0 * step_m**2:
        return [sample(zone)]
    points = _inside(polygon, step_m / 4.0)
    _, cell = np.unique(np.floor(points / step_m).astype(np.int64), axis=0, return_inverse=True)
    cell = cell.ravel()
    return [points[cell == c] for c in range(int(cell.max()) + 1)]


def _pieces(zone: Zone, step_m: float) -> list[Floats]:
    """The zone's points, a group for each part of the box around it."""
    points = sample(zone)
    low, high = np.array(zone.polygon).min(axis=0), np.array(zone.polygon).max(axis=0)
    parts = np.maximum(np.round((high - low) / step_m), 1.0)
    at = np.minimum(np.floor((points - low) / (high - low) * parts), parts - 1.0)
    _, piece = np.unique(at, axis=0, return_inverse=True)
    piece = piece.ravel()
    return [points[piece == p] for p in range(int(piece.max()) + 1)]


def _inside(polygon: Polygon, step: float) -> Floats:
    left, low, right, high = polygon.bounds
    xs, ys = np.arange(left + step / 2, right, step), np.arange(low + step / 2, high, step)
    x, y = (axis.ravel() for axis in np.meshgrid(xs, ys))
    inside = shapely.contains_xy(polygon, x, y)
    if not inside.any():
        middle = polygon.representative_point()
        return np.array([[middle.x, middle.y]])
    return np.column_stack((x[inside], y[inside]))


def _beside_zones(zones: list[Zone]) -> npt.NDArray[np.int16]:
    shapes = [Polygon(zone.polygon) for zone in zones]
    away = np.array([[a.distance(b) for b in shapes] for a in shapes]).reshape(len(zones), len(zones))
    return _nearest(away, BESIDE_M)


def _beside_cells(xy: Floats32, step_m: float) -> npt.NDArray[np.int16]:
    away = np.hypot(*(xy[:, None, :] - xy[None, :, :]).transpose(2, 0, 1))
    return _nearest(away, CELLS_BESIDE * step_m if step_m <= FINE_M else PIECES_BESIDE_M)


def _nearest(away: Floats, within: float) -> npt.NDArray[np.int16]:
    """For each place the others that are near enough, nearest first."""
    beside = np.full((len(away), NEXT), NOWHERE, np.int16)
    for p, row in enumerate(away):
        near = [q for q in np.argsort(row, kind="stable") if q != p and row[q] <= within][:NEXT]
        beside[p, : len(near)] = near
    return beside
