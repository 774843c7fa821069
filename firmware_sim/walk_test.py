"""
The walk test: reference tags are carried slowly through every zone, so that a site can be calibrated.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from firmware_sim.arrays import Indices
from firmware_sim.plan import ZonePlan
from firmware_sim.record_warehouse import Recorder
from firmware_sim.recording import Recording, TruthRow
from firmware_sim.simulation import Config
from firmware_sim.tags import Life
from firmware_sim.world import Errand, Mover, World

WALKERS: Final = 6
TAGS_EACH: Final = 8
LANES_M: Final = 2.0
"""Distance of the lanes in which a zone is walked."""
SPOT_US: Final = 2_000_000
"""The truth tells a place this often."""
HIGHEST_M, LOWEST_M = 2.1, 0.3
LONGEST_S: Final = 3_600.0


class NoWalkTest(ValueError):
    """There can't be a walk test: too few tags, or no warehouse."""


def record_walk_test(config: Config, for_s: float | None) -> Recording:
    """Record until every zone has been walked, or for so many seconds: the reads of the reference tags alone."""
    taped = Recorder(config, healthy=True)
    world = taped.warehouse.world
    taped.warehouse.traffic.rest()
    walkers = _walkers(world)
    track = _Track(world, np.concatenate([walker.load for walker in walkers]))
    end_us = (for_s or LONGEST_S) * 1e6
    while world.now_us < end_us and any(walker.errand is not None for walker in walkers):
        taped.tick()
        track.note()
    return taped.recording(track.rows(), only=track.tags)


def _walkers(world: World) -> list[Mover]:
    """Send people out, each with reference tags at several heights, to zones of their own."""
    spare = np.flatnonzero(world.tags.life == Life.TO_COME).astype(np.int32)
    if spare.size < WALKERS * TAGS_EACH:
        raise NoWalkTest(f"{spare.size} tags to spare: a walk test takes {WALKERS * TAGS_EACH}; give more --tags")
    walkers = []
    for no in range(min(WALKERS, len(world.plan.zones))):
        zones = world.plan.zones[no::WALKERS]
        walker = Mover(kind="walker", x=zones[0].middle[0], y=zones[0].middle[1])
        tags = spare[no * TAGS_EACH : (no + 1) * TAGS_EACH]
        world.arrive(tags, (walker.x, walker.y))
        world.take(walker, tags)
        world.tags.z[tags] = np.linspace(LOWEST_M, HIGHEST_M, TAGS_EACH)
        walker.errand = _through(zones)
        world.movers.append(walker)
        walkers.append(walker)
    return walkers


def _through(zones: tuple[ZonePlan, ...]) -> Errand:
    """Walk each zone up and down in lanes."""
    for zone in zones:
        lanes = max(round((zone.x1 - zone.x0) / LANES_M), 1)
        for lane in range(lanes):
            x = zone.x0 + (lane + 0.5) * (zone.x1 - zone.x0) / lanes
            ends = (zone.y0 + 0.4, zone.y1 - 0.4)
            for y in ends if lane % 2 == 0 else ends[::-1]:
                yield (x, y)


class _Track:
    """Where the reference tags are, a row for each stretch in a zone of at most SPOT_US."""

    def __init__(self, world: World, tags: Indices) -> None:
        self._world = world
        self.tags = tags
        self._places: list[tuple[int, tuple[float, ...], tuple[float, ...], tuple[int, ...]]] = []
        self._epcs = world.tags.epcs(tags)
        self._rows: list[TruthRow] = []

    def note(self) -> None:
        """Take down where they are now, and end a stretch that is long enough or whose zone has changed."""
        table = self._world.tags
        x, y, zone = (tuple(column[self.tags].tolist()) for column in (table.x, table.y, table.zone))
        if self._places and (self._world.now_us - self._places[0][0] >= SPOT_US or zone != self._places[-1][3]):
            self._end()
        self._places.append((self._world.now_us, x, y, zone))

    def rows(self) -> list[TruthRow]:
        """All stretches."""
        self._end()
        return self._rows

    def _end(self) -> None:
        places, self._places = self._places, []
        if not places:
            return
        x, y = (np.mean([place[axis] for place in places], axis=0) for axis in (1, 2))
        for no, (epc, zone) in enumerate(zip(self._epcs, places[0][3], strict=True)):
            row = TruthRow(epc=epc, from_us=places[0][0], to_us=self._world.now_us, zone=self._name(zone))
            self._rows += [replace(row, x=float(x[no]), y=float(y[no]))] if zone >= 0 else []

    def _name(self, zone: int) -> str:
        return self._world.plan.zones[zone].id if zone >= 0 else ""
