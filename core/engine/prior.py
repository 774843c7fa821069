"""
How likely a read is from each zone, worked out from the floor plan alone: the table that the engine starts with.

A tag may stand anywhere in its zone, so each zone's polygon is sampled on a grid. At each point, path loss gives the
RSSI that an antenna would report and the distance gives the chance that it reports at all. What counts is which of
the antennas that can hear the zone spoke, and how loud: a big zone, little of it covered, is not thereby less likely.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from shapely import Polygon

from core.engine.kernels_fold import RSSI_BIN_DB, RSSI_FLOOR_DBM
from core.engine.records import Floats, Floats32
from core.site import ReadPoint, Site, Zone

BINS: Final = 34
"""RSSI bins from RSSI_FLOOR_DBM up, and one more for reads without RSSI."""
EDGE_DBM: Final = -73.0
"""Where a passive tag, powered by the antenna alone, answers every other query: at the antenna's range."""
EDGE_WIDTH_DB: Final = 1.6
NEAR_M: Final = 0.3
TAG_HEIGHT_M: Final = 1.0
POINTS_MAX: Final = 150
BEAM_DEG: Final = 65.0
"""Off its axis by this much, a facing antenna hears 12 dB less."""
BACK_DB: Final = 12.0
"""And never more than this less: reflections reach its back."""
BELOW_M: Final = 0.5
"""Nearer than this a tag stands below the antenna and has no bearing."""
STRAY: Final = 0.02
"""Share of reads whose RSSI follows no model: reflections, bodies, metal."""
LIKELIHOOD_MIN: Final = 1e-5
COVERAGE_FLOOR: Final = 0.3
"""Keeps a zone that nothing covers from looking as if its rare reads were all there could be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Propagation:
    """How radio fades in a kind of building: dB per tenfold distance, and the spread around it, tags' own included."""

    decade_db: float
    spread_db: float


# Fits of a real fixed reader give 18..24 dB a decade and 3.5..4.5 dB of spread with the tags' own 3 dB.
ENVIRONMENTS: Final = {
    "open": Propagation(decade_db=20.0, spread_db=3.5),
    "warehouse": Propagation(decade_db=22.0, spread_db=4.5),
    "dense": Propagation(decade_db=26.0, spread_db=6.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """
    What the floor plan says: A read points, Z zones.

    loglik    float32[A, Z, BINS]  log likelihood of a read at the read point, with this RSSI, from a tag in the zone
    coverage  float64[A, Z]        chance that the read point hears a tag somewhere in the zone
    centre    float32[Z, 2]        metres
    """

    loglik: Floats32
    coverage: Floats
    centre: Floats32


def prior_of(site: Site) -> Prior:
    """Work the table out for a site."""
    points, zones = site.read_points, site.zones
    shape = (len(points), len(zones))
    heard, coverage = np.zeros((*shape, BINS)), np.zeros(shape)
    propagation = ENVIRONMENTS[site.engine.environment]
    samples = [sample(zone) for zone in zones]
    for a, point in enumerate(points):
        if point.antenna == 0 or point.zone < 0:
            continue  # not an antenna of its own, or one that has gone
        for z, zone in enumerate(zones):
            if not zone.retired:
                coverage[a, z], heard[a, z] = hearing(point, samples[z], propagation)
    _stand_in(points, heard, coverage)
    real = np.array([point.antenna != 0 for point in points], dtype=bool)
    total = coverage[real].sum(axis=0) + COVERAGE_FLOOR
    likelihood = heard / total[None, :, None] + LIKELIHOOD_MIN
    likelihood[:, [z for z, zone in enumerate(zones) if zone.retired]] = LIKELIHOOD_MIN
    centre = np.array([grid.mean(axis=0) for grid in samples], np.float32).reshape(-1, 2)
    return Prior(loglik=np.log(likelihood).astype(np.float32), coverage=coverage, centre=centre)


def sample(zone: Zone) -> Floats:
    """Points spread evenly over a zone, float64[n, 2] in metres; at least one."""
    polygon = Polygon(zone.polygon)
    step = max((polygon.area / POINTS_MAX) ** 0.5, 0.25)
    left, low, right, high = polygon.bounds
    xs, ys = np.arange(left + step / 2, right, step), np.arange(low + step / 2, high, step)
    x, y = (axis.ravel() for axis in np.meshgrid(xs, ys))
    inside = shapely.contains_xy(polygon, x, y)
    if not inside.any():
        middle = polygon.representative_point()
        return np.array([[middle.x, middle.y]])
    return np.column_stack((x[inside], y[inside]))


def hearing(point: ReadPoint, grid: Floats, propagation: Propagation) -> tuple[float, Floats]:
    """Chance that an antenna hears a tag on the grid at all, and the chance of each RSSI bin along with it."""
    dx, dy = grid[:, 0] - point.x, grid[:, 1] - point.y
    flat_m = np.hypot(dx, dy)
    loss_db = np.zeros_like(flat_m)
    if point.facing_deg is not None:
        off = (np.degrees(np.arctan2(dy, dx)) - point.facing_deg + 180.0) % 360.0 - 180.0
        loss_db = np.where(flat_m < BELOW_M, 0.0, np.minimum(BACK_DB, 12.0 * (off / BEAM_DEG) ** 2))
    away_m = np.maximum(np.hypot(flat_m, point.z - TAG_HEIGHT_M), NEAR_M)
    # A typical tag is at the edge of being heard at the antenna's range; nearer, it is louder by the path's loss.
    mean_dbm = EDGE_DBM + propagation.decade_db * np.log10(point.range_m / away_m) - loss_db
    middles = RSSI_FLOOR_DBM + RSSI_BIN_DB * (np.arange(BINS - 1) + 0.5)
    level = np.exp(-0.5 * ((middles[None, :] - mean_dbm[:, None]) / propagation.spread_db) ** 2)
    level /= level.sum(axis=1, keepdims=True) + 1e-12
    joint = level / (1.0 + np.exp(-(middles - EDGE_DBM) / EDGE_WIDTH_DB))[None, :]
    heard = joint.sum(axis=1)
    joint = (1.0 - STRAY) * joint + STRAY * heard[:, None] / (BINS - 1)
    bins = np.append(joint.mean(axis=0), heard.mean())
    return float(heard.mean()), bins


def _stand_in(points: Sequence[ReadPoint], heard: Floats, coverage: Floats) -> None:
    """Let a read that names no antenna count as one from the reader's antennas on average."""
    for a, point in enumerate(points):
        siblings = [p.index for p in points if p.reader == point.reader and p.antenna != 0 and p.zone >= 0]
        if point.antenna == 0 and siblings:
            heard[a], coverage[a] = heard[siblings].mean(axis=0), coverage[siblings].mean(axis=0)
