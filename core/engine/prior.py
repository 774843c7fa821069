"""
What the floor plan says each read point hears of each place: the table that the engine starts with.

A tag may stand anywhere in a place, so each place is sampled on a grid. At each point, path loss gives the level that
the antenna would report of a typical tag, and that level the chance to be heard at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Polygon

from core.engine.hearing import Hearing
from core.engine.places import Places, sample
from core.engine.records import Floats
from core.site import ReadPoint, Site, ZoneKind

EDGE_DBM: Final = -73.0
"""Where a passive tag, powered by the antenna alone, answers every other query: at the antenna's range."""
EDGE_WIDTH_DB: Final = 1.6
NEAR_M: Final = 0.3
EDGE_M: Final = 0.3
"""An antenna that hangs this near a zone's edge looks into it."""
TAG_HEIGHT_M: Final = 1.0
BEAM_DEG: Final = 65.0
"""Off its axis by this much, a facing antenna hears 12 dB less."""
BACK_DB: Final = 12.0
"""And never more than this less: reflections reach its back."""
BELOW_M: Final = 0.5
"""Nearer than this a tag stands below the antenna and has no bearing."""
NOISE_DB: Final = 4.0
"""Spread of the levels of one tag at one point: fading, and the model's own error."""
LEAN: Final = 2.0
"""How much more surprising a level is above the expected one than as far below it, as a ratio of variances."""
CHANCE_MIN: Final = 1e-3
LEVELS: Final = np.arange(-89.0, -23.0, 2.0)
"""Levels over which the chance of being heard is summed, dBm."""
NEVER_DBM: Final = -300.0
UNHEARD_DBM: Final = -73.0
"""The level told for places that are out of a read point's reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Propagation:
    """
    How radio fades in a kind of building.

    decade_db  dB per tenfold distance
    spread_db  the spread around it, tags' own included
    racks_db   what is lost on the way into a zone of racks or out of it
    """

    decade_db: float
    spread_db: float
    racks_db: float


# Fits of a real fixed reader give 18..24 dB a decade and 3.5..4.5 dB of spread with the tags' own 3 dB. Across a rack
# of 5 m, 2 to 4 dB are lost to loosely packed paper, 4 to 6 dB to small metal parts, 6 dB to tightly packed paper
# (Rappaport, Wireless Communications, losses by building material, at 1.3 GHz).
ENVIRONMENTS: Final = {
    "open": Propagation(decade_db=20.0, spread_db=3.5, racks_db=0.0),
    "warehouse": Propagation(decade_db=22.0, spread_db=4.5, racks_db=4.0),
    "dense": Propagation(decade_db=26.0, spread_db=6.0, racks_db=6.0),
}


def prior_of(site: Site, places: Places) -> Hearing:
    """Work the table out for a site."""
    points = site.read_points
    dbm = np.full((len(points), len(places)), UNHEARD_DBM)
    chance = np.zeros_like(dbm)
    propagation = ENVIRONMENTS[site.engine.environment]
    for p, grid in enumerate(places.grids):
        level = levels_dbm(site, grid, int(places.zone[p]), propagation)
        chance[:, p] = chance_heard(level, propagation.spread_db).mean(axis=1)
        dbm[:, p] = _heard_dbm(level, propagation.spread_db)
    _stand_in(points, dbm, chance)
    return Hearing(
        dbm=dbm.astype(np.float32),
        up_db=np.full_like(dbm, NOISE_DB / LEAN**0.5, np.float32),
        down_db=np.full_like(dbm, NOISE_DB, np.float32),
        chance=np.log(chance + CHANCE_MIN).astype(np.float32),
    )


def coverage_of(site: Site) -> Floats:
    """Chance that a read point hears a tag somewhere in a zone, portals included: float64[A, Z]."""
    propagation = ENVIRONMENTS[site.engine.environment]
    coverage = np.zeros((len(site.read_points), len(site.zones)))
    for z, zone in enumerate(site.zones):
        if not zone.retired:
            level = levels_dbm(site, sample(zone), z, propagation)
            coverage[:, z] = chance_heard(level, propagation.spread_db).mean(axis=1)
    _stand_in(site.read_points, coverage)
    return coverage


def levels_dbm(site: Site, grid: Floats, zone: int, propagation: Propagation) -> Floats:
    """RSSI that each read point reports of a typical tag at each point of a grid in one zone, float64[A, n]."""
    points = site.read_points
    levels = [level_dbm(point, grid, propagation) for point in points]
    through_db = propagation.racks_db * _behind_racks(site, zone)
    return np.array(levels).reshape(len(points), len(grid)) - through_db[:, None]


def _behind_racks(site: Site, there: int) -> npt.NDArray[np.bool_]:
    """Whether goods stand between each read point and a zone: racks fill a zone of storage to its sides, bool[A]."""
    here = np.array([point.zone for point in site.read_points], np.int64)
    stored = np.array([zone.kind == ZoneKind.STORAGE for zone in site.zones], bool)
    xy = np.array([(point.x, point.y) for point in site.read_points], np.float64).reshape(-1, 2)
    away_m = shapely.distance(Polygon(site.zones[there].polygon), shapely.points(xy))
    between: npt.NDArray[np.bool_] = (here >= 0) & (here != there) & (stored[here] | stored[there]) & (away_m > EDGE_M)
    return between


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
    spread, answers = _answers(level, spread_db)
    chance: Floats = (spread * answers).sum(axis=-1) / (spread.sum(axis=-1) + 1e-12)
    return chance


def _heard_dbm(level: Floats, spread_db: float) -> Floats:
    """Mean level of the tags of a place that are heard, float64[A]; UNHEARD_DBM where none are."""
    spread, answers = _answers(level, spread_db)
    told = (spread * answers).sum(axis=1)
    total = told.sum(axis=1)
    return np.where(total > 0.0, (told * LEVELS).sum(axis=1) / (total + 1e-12), UNHEARD_DBM)


def _answers(level: Floats, spread_db: float) -> tuple[Floats, Floats]:
    """How tags' levels spread around a typical one's, and how often a tag of each level answers."""
    spread = np.exp(-0.5 * ((LEVELS - level[..., None]) / spread_db) ** 2)
    return spread, 1.0 / (1.0 + np.exp(-(LEVELS - EDGE_DBM) / EDGE_WIDTH_DB))


def _stand_in(points: Sequence[ReadPoint], *tables: Floats) -> None:
    """Let a read that names no antenna count as one from the reader's antennas on average."""
    for point in points:
        if point.antenna == 0:
            own = [other.index for other in points if other.reader == point.reader and other.antenna != 0]
            for table in tables:
                table[point.index] = table[own].mean(axis=0) if own else table[point.index]
