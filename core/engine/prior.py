"""
Which antenna hears a tag loudest from each zone, worked out from the floor plan: the table that the engine starts with.

A tag may stand anywhere in its zone, so each zone's polygon is sampled on a grid. At each point, path loss gives the
level that each antenna would report of a typical tag. Tags differ by more than zones do, but a weak tag is weak at all
antennas: which of them hears it loudest does not depend on the tag. That is what counts, and not the level as such; nor
how often an antenna speaks, since that is a matter of how crowded its reader is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from shapely import Polygon

from core.engine.records import Floats, Floats32
from core.site import ReadPoint, Site, Zone

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
TAG_DB: Final = 3.0
"""Spread of tags among themselves: part of the spread at any one antenna, but not of that between antennas."""
GUMBEL: Final = 0.78
"""Scale of the distribution of extremes that has a standard deviation of 1."""
UNSPOKEN: Final = 0.1
"""How often the loudest so far is just one of those that hear the tag, because the loudest has not spoken yet."""
LIKELIHOOD_MIN: Final = 1e-4
COVERAGE_FLOOR: Final = 0.1
"""Keeps a zone that nothing covers from looking as if its rare reads were all there could be."""
LEVELS: Final = np.arange(-89.0, -23.0, 2.0)
"""Levels over which the chance of being heard is summed, dBm."""
NEVER_DBM: Final = -300.0


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

    loudest   float32[A, Z]  log chance that, of all that hear a tag in the zone, the read point does so loudest
    coverage  float64[A, Z]  chance that the read point hears a tag somewhere in the zone
    centre    float32[Z, 2]  metres
    """

    loudest: Floats32
    coverage: Floats
    centre: Floats32


def prior_of(site: Site) -> Prior:
    """Work the table out for a site."""
    points, zones = site.read_points, site.zones
    first, coverage = np.zeros((len(points), len(zones))), np.zeros((len(points), len(zones)))
    propagation = ENVIRONMENTS[site.engine.environment]
    samples = [sample(zone) for zone in zones]
    for z, zone in enumerate(zones):
        if not zone.retired:
            first[:, z], coverage[:, z] = hearing(points, samples[z], propagation)
    _stand_in(points, first, coverage)
    real = np.array([point.antenna != 0 for point in points], dtype=bool)
    any_of_them = coverage / (coverage[real].sum(axis=0) + COVERAGE_FLOOR)
    likelihood = (1.0 - UNSPOKEN) * first + UNSPOKEN * any_of_them + LIKELIHOOD_MIN
    centre = np.array([grid.mean(axis=0) for grid in samples], np.float32).reshape(-1, 2)
    return Prior(loudest=np.log(likelihood).astype(np.float32), coverage=coverage, centre=centre)


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


def hearing(points: Sequence[ReadPoint], grid: Floats, propagation: Propagation) -> tuple[Floats, Floats]:
    """For a tag on the grid, each read point's chance to hear it loudest, if any does, and to hear it at all."""
    level = np.array([level_dbm(point, grid, propagation) for point in points]).reshape(len(points), len(grid))
    heard = chance_heard(level, propagation.spread_db)
    between_db = max(propagation.spread_db**2 - TAG_DB**2, 1.0) ** 0.5
    odds = np.exp((level - level.max(axis=0, initial=NEVER_DBM)) / (GUMBEL * between_db)) * (level > NEVER_DBM)
    first = odds / (odds.sum(axis=0) + 1e-12)
    someone = heard.max(axis=0, initial=0.0)
    return (first * someone).sum(axis=1) / (someone.sum() + COVERAGE_FLOOR * len(grid)), heard.mean(axis=1)


def level_dbm(point: ReadPoint, grid: Floats, propagation: Propagation) -> Floats:
    """RSSI that an antenna reports of a typical tag at each point; NEVER_DBM if it isn't one, or has gone."""
    if point.antenna == 0 or point.zone < 0:
        return np.full(len(grid), NEVER_DBM)
    dx, dy = grid[:, 0] - point.x, grid[:, 1] - point.y
    flat_m = np.hypot(dx, dy)
    loss_db = np.zeros_like(flat_m)
    if point.facing_deg is not None:
        off = (np.degrees(np.arctan2(dy, dx)) - point.facing_deg + 180.0) % 360.0 - 180.0
        loss_db = np.where(flat_m < BELOW_M, 0.0, np.minimum(BACK_DB, 12.0 * (off / BEAM_DEG) ** 2))
    away_m = np.maximum(np.hypot(flat_m, point.z - TAG_HEIGHT_M), NEAR_M)
    # A typical tag is at the edge of being heard at the antenna's range; nearer, it is louder by the path's loss.
    level: Floats = EDGE_DBM + propagation.decade_db * np.log10(point.range_m / away_m) - loss_db
    return level


def chance_heard(level: Floats, spread_db: float) -> Floats:
    """Chance that a tag is heard at all where a typical one has this level."""
    spread = np.exp(-0.5 * ((LEVELS - level[..., None]) / spread_db) ** 2)
    heard = spread / (1.0 + np.exp(-(LEVELS - EDGE_DBM) / EDGE_WIDTH_DB))
    chance: Floats = heard.sum(axis=-1) / (spread.sum(axis=-1) + 1e-12)
    return chance


def _stand_in(points: Sequence[ReadPoint], first: Floats, coverage: Floats) -> None:
    """Let a read that names no antenna count as one from the reader's antennas on average."""
    for a, point in enumerate(points):
        siblings = [p.index for p in points if p.reader == point.reader and p.antenna != 0 and p.zone >= 0]
        if point.antenna == 0 and siblings:
            first[a], coverage[a] = first[siblings].mean(axis=0), coverage[siblings].mean(axis=0)
