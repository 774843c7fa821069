"""A site becomes the arrays that the kernels look things up in."""

from typing import Any, Final

import numpy as np

from core.engine.calibration import Calibration
from core.engine.hearing import Hearing
from core.engine.kernels_narrow import GRAINS
from core.engine.manner import Manner
from core.engine.places import Places, places_of
from core.engine.prior import coverage_of, prior_of
from core.engine.records import CELL_SLOTS, PIECE_SLOTS, SLOTS, Floats, Plan
from core.engine.sway import Sway, no_sway
from core.model.columns import NOWHERE
from core.site import PORTALS, Site

COVERED: Final = 0.01
"""Chance of being heard from which a zone counts as covered by a read point."""
FAINT: Final = np.log(COVERED)
ZONE_PULL: Final = 0.5
"""A whole zone says too little of where in it a tag is: its point is drawn halfway to the antennas that hear it."""
TOLD_M: Final = 1.5
TOLD_CELLS: Final = 0.1
"""How far a tag goes before it is told of again: metres where places are zones, parts of a cell's side where cells."""
PATIENCE_S_MAX: Final = 4_000_000.0
"""Silences are told apart up to 49 days of listening; a site that would wait longer waits 46."""
DEFAULT: Final = Manner()


def plan_of(
    site: Site,
    places: Places | None = None,
    hearing: Hearing | None = None,
    manner: Manner = DEFAULT,
    sway: Sway | None = None,
) -> Plan:
    """Lay a site out as arrays: as its floor plan has it, or as it was learned."""
    places = places or places_of(site)
    hearing = hearing or prior_of(site, places)
    sway = sway or no_sway(len(site.read_points), len(places))
    portal = np.array([zone.kind in PORTALS for zone in site.zones], dtype=bool)
    missing = site.engine.missing_after_s
    patience = [missing if zone.missing_after_s is None else zone.missing_after_s for zone in site.zones]
    corner, far = _box(site)
    share = _share(site, coverage_of(site))
    reader_of = [site.reader_index.get(point.reader, -1) for point in site.read_points]
    return Plan(
        hears=np.stack((hearing.dbm, hearing.up_db**2, hearing.down_db**2, hearing.chance), axis=2),
        nearby=_nearby(hearing, _slots(places)),
        place_zone=places.zone,
        place_xy=places.xy,
        next_place=places.next,
        antenna_pull=0.0 if places.step_m else ZONE_PULL,
        told_m=TOLD_CELLS * places.step_m if places.fine else TOLD_M,
        antenna=np.array([(p.x, p.y) for p in site.read_points], np.float32).reshape(-1, 2),
        corner=corner.astype(np.float32),
        grain_m=max(float((far - corner).max()), 1.0) / GRAINS,
        missing_s=np.minimum(np.array(patience, np.float64), PATIENCE_S_MAX),
        leave_s=site.engine.leave_after_s,
        portal=portal,
        zone_of=np.array([point.zone for point in site.read_points], np.int32),
        share=share,
        covers=_covers(share),
        reader_of=np.array(reader_of, np.int32),
        points=_points(reader_of, len(site.readers)),
        offset_db=np.zeros((3, len(site.read_points)), np.float32),
        offset_spell=np.zeros(1, np.int64),
        **_weighing(manner, sway),
    )


def _weighing(manner: Manner, sway: Sway) -> dict[str, Any]:
    """How what is heard is weighed, as a plan has it."""
    return {
        "leave_per_s": manner.leave_per_s,
        "evidence": manner.evidence,
        "temper_s": manner.temper_s,
        "gain_var": manner.gain_db**2,
        "change_at": manner.change_at,
        "sway": sway.cov,
        "noise": sway.noise,
        "ear_of": sway.ear_of,
        "sway_s": sway.keeps_s,
    }


def taught_plan(site: Site, calibration: Calibration | None) -> Plan:
    """Lay a site out as it was learned, if it was. Raises BadCalibration for one of another plan."""
    if calibration is None:
        return plan_of(site)
    places, hearing, sway = calibration.laid_on(site)
    return plan_of(site, places, hearing, calibration.manner, sway)


def dedupe_us_of(site: Site) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """For each read point, how long a read makes repeats of the next ones: int64[A]."""
    door_us, other_us = round(site.engine.door_dedupe_s * 1e6), round(site.engine.dedupe_s * 1e6)
    at_door = [point.zone >= 0 and site.zones[point.zone].kind in PORTALS for point in site.read_points]
    return np.where(np.array(at_door, dtype=bool), door_us, other_us).astype(np.int64)


def _box(site: Site) -> tuple[Floats, Floats]:
    """The lower left and the upper right corner of all zones and antennas, metres."""
    spots = [(point.x, point.y) for point in site.read_points]
    spots += [corner for zone in site.zones for corner in zone.polygon]
    at = np.array(spots, np.float64).reshape(-1, 2)
    return at.min(axis=0, initial=0.0), at.max(axis=0, initial=0.0)


def _slots(places: Places) -> int:
    """In how many places at once a tag may be."""
    if places.fine:
        return CELL_SLOTS
    return PIECE_SLOTS if places.step_m else SLOTS


def _nearby(hearing: Hearing, slots: int) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    """For each read point the places it hears, best first."""
    nearby = np.full((hearing.chance.shape[0], slots), NOWHERE, np.int16)
    for row, chance in zip(nearby, hearing.chance, strict=True):
        order = np.argsort(-chance, kind="stable")[:slots]
        heard = order[chance[order] >= FAINT]
        row[: heard.size] = heard
    return nearby


def _share(site: Site, coverage: Floats) -> Floats:
    """Each antenna's part of each zone's coverage; the stand-in for reads without an antenna listens to nothing."""
    real = np.array([point.antenna != 0 for point in site.read_points], dtype=bool)
    share = np.where(real[:, None] & (coverage >= COVERED), coverage, 0.0)
    total = share.sum(axis=0)
    return share / np.where(total > 0.0, total, 1.0)


def _covers(share: Floats) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    """For each read point the zones that it has a share of."""
    own = [np.flatnonzero(row) for row in share]
    covers = np.full((len(own), max([1, *map(len, own)])), NOWHERE, np.int16)
    for row, zones in zip(covers, own, strict=True):
        row[: len(zones)] = zones
    return covers


def _points(reader_of: list[int], n_readers: int) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    own = [[a for a, reader in enumerate(reader_of) if reader == r] for r in range(n_readers)]
    points = np.full((n_readers, max([1, *map(len, own)])), -1, np.int32)
    for r, indexes in enumerate(own):
        points[r, : len(indexes)] = indexes
    return points
