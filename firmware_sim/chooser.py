"""
What is to be moved next is chosen here: units and loose tags at rest, and free spots to put them.
"""

from typing import Final

import numpy as np

from firmware_sim.arrays import Indices
from firmware_sim.epcs import SKUS
from firmware_sim.geometry import Point
from firmware_sim.population import spot_in
from firmware_sim.tags import Kind, Life
from firmware_sim.world import World

NO_TAGS: Final = np.zeros(0, np.int32)


class Chooser:
    """Chooses by its own seeded generator, and reserves what it has chosen."""

    def __init__(self, world: World, units: list[Indices], rng: np.random.Generator) -> None:
        self.world = world
        self.units = units
        self.rng = rng
        self._firsts = np.array([unit[0] for unit in units], np.int32)

    def unit_in(self, *kinds: str) -> Indices:
        """A unit at rest in a zone of one of these kinds, and reserve it; no tags if there is none."""
        table = self.world.tags
        at_rest = ~table.busy[self._firsts] & ~table.ordered[self._firsts] & (table.life[self._firsts] == Life.HERE)
        zones = self.world.plan.zones_of(*kinds)
        found = np.flatnonzero(at_rest & np.isin(table.zone[self._firsts], zones))
        if not found.size:
            return NO_TAGS
        unit = self.units[int(self.rng.choice(found))]
        free = ~table.busy[unit] & (table.life[unit] == Life.HERE) & (table.zone[unit] == table.zone[unit[0]])
        chosen: Indices = unit[free]
        table.busy[chosen] = True
        return chosen

    def order(self, *kinds: str) -> Indices:
        """Put a unit on order: it stays where it is, and is left alone until it is shipped."""
        unit = self.unit_in(*kinds)
        self.world.tags.ordered[unit] = True
        self.world.tags.busy[unit] = False
        return unit

    def at_rest_in(self, unit: Indices, *kinds: str) -> bool:
        """Whether a unit lies in a zone of one of these kinds, and nobody is on the way to it."""
        table = self.world.tags
        resting = not bool(table.busy[unit].any())
        return resting and int(table.zone[unit[0]]) in self.world.plan.zones_of(*kinds)

    def reserve(self, unit: Indices) -> Indices:
        """Reserve a unit by name."""
        self.world.tags.busy[unit] = True
        return unit

    def some_of(self, most: int, *kinds: str) -> Indices:
        """Take a few loose tags from a unit in a zone of one of these kinds, and reserve them."""
        unit = self.unit_in(*kinds)
        table = self.world.tags
        loose = unit[(table.kind[unit] != Kind.PALLET) & (table.kind[unit] != Kind.CAGE)]
        # Never the first: it stands for where the unit is.
        chosen: Indices = loose[loose != unit[0]][: int(self.rng.integers(1, most + 1))] if unit.size else NO_TAGS
        table.busy[np.setdiff1d(unit, chosen)] = False
        return chosen

    def new_unit(self) -> Indices:
        """Give a unit that comes in by lorry; when all have come, tags long gone come again with new EPCs."""
        table = self.world.tags
        for life in (Life.TO_COME, Life.GONE):
            found = np.flatnonzero(table.life[self._firsts] == life)
            if found.size:
                unit = self.units[int(found[0])]
                chosen: Indices = unit[table.life[unit] == life]
                table.life[chosen] = Life.SHIELDED  # no other lorry may bring them
                table.ordered[chosen] = False
                if life == Life.GONE:
                    table.encode(chosen, int(self.rng.integers(SKUS)))
                return chosen
        return NO_TAGS

    def spot(self, *kinds: str) -> Point:
        """Choose a place in a zone of one of these kinds."""
        zones = self.world.plan.zones_of(*kinds)
        return spot_in(self.world.plan, int(self.rng.choice(zones)), self.rng)
