"""
What makes a warehouse hard from the start: tags that hardly answer, and pallets left beside a door.
"""

from typing import Final

import numpy as np

from firmware_sim.arrays import Indices
from firmware_sim.tags import Life, TagTable
from firmware_sim.world import World

WEAK_ANSWERS: Final = 0.25
"""On metal or liquid a tag answers one query in four that it would answer elsewhere."""
WEAK_LOSS_DB: Final = 4.0
BESIDE_M: Final = (0.7, 1.6)
"""How far from the edge of a door's zone a pallet is left."""
_DEPTH_M: Final = (1.0, 3.5)
_SPREAD_M: Final = 0.4


def weaken(tags: TagTable, share: float, rng: np.random.Generator) -> None:
    """Put this share of the tags on metal or liquid."""
    if not share:
        return
    weak = rng.random(tags.count) < share
    tags.answers[weak] = WEAK_ANSWERS
    tags.gain_db[weak] -= WEAK_LOSS_DB


def put_beside_doors(world: World, units: list[Indices], count: int, rng: np.random.Generator) -> None:
    """Stand so many units beside each dock door, where they stay; they are noted in the truth."""
    if not count:
        return
    table, plan = world.tags, world.plan
    stored = plan.zones_of("storage")
    spare = [unit for unit in units if table.life[unit[0]] == Life.HERE and int(table.zone[unit[0]]) in stored]
    for door in plan.doors:
        zone = plan.zones[plan.zone_no(door.zone)]
        for no in range(count if door.kind == "dock" else 0):
            if not spare:
                return
            unit = spare.pop()
            away = float(rng.uniform(*BESIDE_M))
            x = zone.x0 - away if no % 2 else zone.x1 + away
            table.x[unit] = x + rng.uniform(-_SPREAD_M, _SPREAD_M, unit.size)
            table.y[unit] = rng.uniform(*_DEPTH_M) + rng.uniform(-_SPREAD_M, _SPREAD_M, unit.size)
            table.zone[unit] = world.floor.zone_at(table.x[unit], table.y[unit])
            table.busy[unit] = True  # nobody takes them away
            world.truth.beside.append((unit, door.id))
