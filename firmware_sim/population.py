"""
The warehouse is filled here: pallets with cartons, loose items, roll cages, each in a zone of its own.
"""

from typing import Final

import numpy as np

from firmware_sim.arrays import Indices
from firmware_sim.epcs import SKUS
from firmware_sim.geometry import Floor
from firmware_sim.plan import Plan
from firmware_sim.radio import TAG_GAIN_SD_DB
from firmware_sim.tags import Kind, Life, TagTable

SHARES: Final = {
    "to come": 0.14,
    "staging": 0.12,
    "receiving": 0.06,
    "picking": 0.06,
    "packing": 0.03,
    "returns": 0.01,
    "quarantine": 0.01,
    "office": 0.005,
    "cage": 0.03,
    "storage": 1.0,
}
"""Which part of the tags starts where; storage takes what the others leave."""
UNIT_MAX: Final = 24
UNIT_MIN: Final = 4
UNITS_WANTED: Final = 120
"""With few tags, units are smaller rather than few."""
HARD_SHARE: Final = 0.03
HARD_LOSS_DB: Final = 12.0
"""Tags on metal, on liquid or behind another: of 61 in a published dense set, 3 were almost never read."""
_MARGIN_M: Final = 1.0
_SPREAD_M: Final = 0.5
_FACTORY_SHARE: Final = 0.04


def fill(plan: Plan, count: int, rng: np.random.Generator) -> tuple[TagTable, list[Indices]]:
    """Make this many tags and put them in their places. Gives the table, and the units: tags that belong together."""
    tags = TagTable(count)
    size = int(np.clip(count // UNITS_WANTED, UNIT_MIN, UNIT_MAX))
    starts = np.arange(0, count, size)
    units = [np.arange(start, min(start + size, count), dtype=np.int32) for start in starts.tolist()]
    zones = _zones_of_units(plan, len(units), rng)
    give_gains(tags, rng)
    for no, unit in enumerate(units):
        _make_up(tags, unit, loose=_is_loose(plan, int(zones[no])), rng=rng)
        tags.encode(unit, int(rng.integers(SKUS)))
    _place(plan, tags, units, zones, rng)
    return tags, units


def give_gains(tags: TagTable, rng: np.random.Generator) -> None:
    """Say how well each tag answers, and which way it points."""
    tags.gain_db[:] = rng.normal(0.0, TAG_GAIN_SD_DB, tags.count)
    tags.gain_db -= HARD_LOSS_DB * (rng.random(tags.count) < HARD_SHARE)
    tags.turn_rad[:] = rng.uniform(-np.pi, np.pi, tags.count)


def _zones_of_units(plan: Plan, count: int, rng: np.random.Generator) -> np.ndarray:
    """Deal the units out to zones; -1 for those on a lorry still to come."""
    aisles = [zone for zone in plan.zones_of("storage") if plan.zones[zone].id != "cage"]
    storage = tuple(aisles) or tuple(range(len(plan.zones)))
    places = {"to come": (-1,), "cage": plan.zones_of("cage"), "storage": storage}
    dealt: list[int] = []
    for place, share in SHARES.items():
        zones = places.get(place) or plan.zones_of(place)
        if not zones:
            continue
        number = min(max(round(share * count), 1), count - len(dealt))
        dealt += [zones[i % len(zones)] for i in range(number)]
    return rng.permutation(np.array(dealt[:count]))


def _is_loose(plan: Plan, zone: int) -> bool:
    """In some zones lie single items, not pallets."""
    return zone >= 0 and (plan.zones[zone].kind in {"picking", "packing", "returns", "office"} or _is_cage(plan, zone))


def _is_cage(plan: Plan, zone: int) -> bool:
    return plan.zones[zone].id == "cage"


def _make_up(tags: TagTable, unit: Indices, *, loose: bool, rng: np.random.Generator) -> None:
    """Say what each tag of a unit is fixed to: the first to the pallet or roll cage, the others to what is on it."""
    tags.kind[unit] = Kind.ITEM if loose else Kind.CARTON
    if rng.random() < _FACTORY_SHARE:
        tags.kind[unit] = Kind.FACTORY
    if not loose:
        tags.kind[unit[0]] = Kind.CAGE if rng.random() < 0.15 else Kind.PALLET  # noqa: PLR2004


def _place(plan: Plan, tags: TagTable, units: list[Indices], zones: np.ndarray, rng: np.random.Generator) -> None:
    """Give each unit a spot in its zone, and each of its tags a place about that."""
    of_tag = np.repeat(zones, [unit.size for unit in units])
    spots = np.array([_spot(plan, int(zone), rng) for zone in zones], np.float32)
    spot = np.repeat(spots, [unit.size for unit in units], axis=0)
    here = of_tag >= 0
    tags.x[here] = spot[here, 0] + rng.uniform(-_SPREAD_M, _SPREAD_M, int(here.sum()))
    tags.y[here] = spot[here, 1] + rng.uniform(-_SPREAD_M, _SPREAD_M, int(here.sum()))
    tags.z[:] = rng.uniform(0.2, 2.2, tags.count)
    tags.life[here] = Life.HERE
    tags.busy[~here] = True
    tags.zone[here] = Floor(plan).zone_at(tags.x[here], tags.y[here])


def _spot(plan: Plan, zone: int, rng: np.random.Generator) -> tuple[float, float]:
    return (0.0, -100.0) if zone < 0 else spot_in(plan, zone, rng)


def spot_in(plan: Plan, zone: int, rng: np.random.Generator) -> tuple[float, float]:
    """Choose a place for a pallet in a zone, clear of its edges."""
    box = plan.zones[zone]
    x = rng.uniform(box.x0 + _MARGIN_M, box.x1 - _MARGIN_M)
    y = rng.uniform(box.y0 + _MARGIN_M, box.y1 - _MARGIN_M)
    return float(x), float(y)
