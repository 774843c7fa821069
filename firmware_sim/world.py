"""
The warehouse as it is at one instant: tags, and the people and forklifts that carry them about.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from firmware_sim.air import Air
from firmware_sim.arrays import Indices
from firmware_sim.attitude import AT_REST
from firmware_sim.geometry import OUTSIDE, Floor, Point
from firmware_sim.plan import Plan
from firmware_sim.tags import Life, TagTable
from firmware_sim.truth import EventKind, Planted, Truth

WALK_M_S: Final = 1.5
DRIVE_M_S: Final = 2.6
STROLL_M_S: Final = 0.5
_ARM_M: Final = 0.4
_SPEED_M_S: Final = {"forklift": DRIVE_M_S, "person": WALK_M_S, "walker": STROLL_M_S}
"""A walker carries reference tags, slowly."""

Errand = Generator[Point | float, None, None]
"""What a mover is to do: a point to go to, or seconds to wait, one after the other."""


@dataclass(slots=True, kw_only=True, eq=False)
class Mover:
    """A person, a forklift or a slow walker, perhaps with something in hand."""

    kind: Literal["person", "forklift", "walker"]
    x: float
    y: float
    errand: Errand | None = None
    load: Indices = field(default_factory=lambda: np.zeros(0, np.int32))
    way: list[Point] = field(default_factory=list)
    wait_until_us: int = 0
    heading_rad: float = 0.0

    @property
    def speed_m_s(self) -> float:
        """How fast it goes."""
        return _SPEED_M_S[self.kind]


class World:
    """Tags, movers and the truth about them. `now_us` is simulated time."""

    def __init__(self, plan: Plan, tags: TagTable, air: Air, now_us: int) -> None:
        self.plan = plan
        self.floor = Floor(plan)
        self.tags = tags
        self.air = air
        self.truth = Truth(plan, tags)
        self.now_us = now_us
        self.movers: list[Mover] = []

    # What an errand may do with its mover.

    def take(self, mover: Mover, tags: Indices) -> None:
        """Pick these tags up."""
        table = self.tags
        tags = tags[table.life[tags] == Life.HERE]
        mover.load = np.concatenate((mover.load, tags)).astype(np.int32)
        table.moving[tags] = True
        table.busy[tags] = True
        table.epoch[tags] += 1
        table.carrier_rad[tags] = mover.heading_rad
        spread = np.linspace(-_ARM_M, _ARM_M, max(tags.size, 1))[: tags.size].astype(np.float32)
        table.x[tags] = mover.x + spread
        table.y[tags] = mover.y + spread[::-1] * (np.arange(tags.size) % 2)
        table.z[tags] = 0.4 + 1.2 * (np.arange(tags.size) % 5) / 5

    def put_down(self, mover: Mover) -> None:
        """Leave the load where it is."""
        tags, mover.load = mover.load, np.zeros(0, np.int32)
        table = self.tags
        table.moving[tags] = False
        table.busy[tags] = False
        table.epoch[tags] += 1
        table.carrier_rad[tags] = AT_REST
        self.truth.rest(tags)
        self.air.settle(tags)

    def drive_off(self, mover: Mover) -> None:
        """Leave the load outside: it is out of the warehouse's sight for good."""
        tags, mover.load = mover.load, np.zeros(0, np.int32)
        self._retire(tags, Life.GONE)

    def arrive(self, tags: Indices, at: Point) -> None:
        """Let tags from a lorry come to be, outside a door."""
        table = self.tags
        table.life[tags] = Life.HERE
        table.zone[tags] = OUTSIDE
        table.x[tags], table.y[tags] = at
        table.epoch[tags] += 1

    def shield(self, tags: Indices) -> None:
        """Put tags into a lined bag where they are."""
        self._end(tags)
        self._retire(tags, Life.SHIELDED)

    def unshield(self, tags: Indices) -> None:
        """Take tags out of the bag again, where they were."""
        table = self.tags
        table.life[tags] = Life.HERE
        table.busy[tags] = False
        table.zone[tags] = self.floor.zone_at(table.x[tags], table.y[tags])
        self.truth.begin(tags, self.now_us)
        self.air.settle(tags)

    def plant(self, tags: Indices, kind: EventKind, door: str = "") -> None:
        """Write down that this happened to these tags now."""
        now_s = self.now_us / 1e6
        self.truth.planted += [Planted(epc=epc, time_s=now_s, door=door, kind=kind) for epc in self.tags.epcs(tags)]

    def _end(self, tags: Indices) -> None:
        self.truth.end(tags, self.now_us, np.full(tags.size, -1, np.int16))

    def _retire(self, tags: Indices, life: Life) -> None:
        table = self.tags
        table.moving[tags] = False
        table.busy[tags] = True
        table.life[tags] = life
        table.zone[tags] = OUTSIDE
        table.epoch[tags] += 1

    # The passing of time.

    def tick(self, tick_us: int) -> Indices:
        """Let time pass. Gives the tags on the move at the end of it."""
        self.now_us += tick_us
        for mover in self.movers:
            self._advance(mover, tick_us / 1e6)
        loads = [mover.load for mover in self.movers if mover.load.size]
        moving = np.concatenate(loads) if loads else np.zeros(0, np.int32)
        self._note_zones(moving)
        return moving

    def _advance(self, mover: Mover, seconds: float) -> None:
        before = mover.x, mover.y
        self._next_steps(mover)
        left = mover.speed_m_s * seconds
        while mover.way and left > 0.0:
            goal_x, goal_y = mover.way[0]
            distance = float(np.hypot(goal_x - mover.x, goal_y - mover.y))
            if distance <= left:
                mover.x, mover.y = goal_x, goal_y
                mover.way.pop(0)
                left -= distance
            else:
                mover.x += (goal_x - mover.x) * left / distance
                mover.y += (goal_y - mover.y) * left / distance
                left = 0.0
        if mover.load.size:
            self._carry_on(mover, mover.x - before[0], mover.y - before[1])

    def _carry_on(self, mover: Mover, dx: float, dy: float) -> None:
        """The load goes where its mover goes, and turns as it turns."""
        load = mover.load
        self.tags.x[load] += np.float32(dx)
        self.tags.y[load] += np.float32(dy)
        if dx or dy:
            heading = float(np.arctan2(dy, dx))
            self.tags.turn_rad[load] += np.float32(heading - mover.heading_rad)
            mover.heading_rad = heading
            self.tags.carrier_rad[load] = heading

    def _next_steps(self, mover: Mover) -> None:
        """Ask the errand what comes next, until that takes time."""
        while mover.errand is not None and not mover.way and mover.wait_until_us <= self.now_us:
            step = next(mover.errand, None)
            if step is None:
                mover.errand = None
            elif isinstance(step, tuple):
                mover.way = self.floor.route((mover.x, mover.y), step)
            else:
                mover.wait_until_us = self.now_us + int(step * 1e6)

    def _note_zones(self, moving: Indices) -> None:
        table = self.tags
        zone = self.floor.zone_at(table.x[moving], table.y[moving])
        changed = zone != table.zone[moving]
        if not changed.any():
            return
        tags, zone = moving[changed], zone[changed]
        came_from = table.zone[tags]
        self.truth.end(tags, self.now_us, zone)
        table.zone[tags] = zone
        self.truth.begin(tags, self.now_us, came_from)
