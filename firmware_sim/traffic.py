"""
The traffic of the warehouse: what is to be done when, and who does it.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np

from firmware_sim import errands
from firmware_sim.arrays import Indices
from firmware_sim.chooser import Chooser
from firmware_sim.geometry import Point
from firmware_sim.population import spot_in
from firmware_sim.scenarios import NEVER_S, Scenario
from firmware_sim.shipment import Shipment
from firmware_sim.truth import EventKind
from firmware_sim.world import Mover, World

INBOUND_DOORS: Final = ("door-1", "door-2", "door-3")
OUTBOUND_DOORS: Final = ("door-4", "door-5", "door-6")
NOTICE_S: Final = 6.0
"""A shipment is announced at least this long before it is loaded."""
ORDERS_AHEAD: Final = 8
"""So many shipments are announced before they are loaded, where there is stock for them."""
ORDERS_STAGED: Final = 4
"""So many of the first ones stand in staging from the start."""
_LORRY_PALLETS: Final = 3
_JITTER: Final = 0.2


@dataclass(slots=True)
class _Timer:
    """Something that is done again and again."""

    due_us: int
    every_s: float
    do: Callable[[], None]


@dataclass(slots=True)
class _Wanted:
    """Work that waits for a free mover."""

    hands: errands.Hands
    task: errands.Task


@dataclass(slots=True)
class _Order:
    """A shipment that is still to be loaded."""

    door: str
    units: list[Indices]
    not_before_us: int


@dataclass(slots=True, kw_only=True)
class Traffic:
    """Keeps the warehouse busy. Everything it chooses comes from its own seeded generator."""

    world: World
    scenario: Scenario
    choose: Chooser
    shipments: list[Shipment] = field(default_factory=list)
    thefts_planted: int = 0
    _timers: list[_Timer] = field(default_factory=list)
    _once: list[tuple[int, Callable[[], None]]] = field(default_factory=list)
    _wanted: deque[_Wanted] = field(default_factory=deque)
    _orders: list[_Order] = field(default_factory=list)
    _shipped: int = 0
    _counts: dict[str, int] = field(default_factory=dict)
    _resting: bool = False

    def __post_init__(self) -> None:
        """Set the clocks, and announce what is to leave first."""
        self._hire()
        s = self.scenario
        first_theft_s = max((max(at) for at in s.thefts_at_s.values()), default=0.0) + s.theft_every_s
        jobs: tuple[tuple[float, float, Callable[[], None]], ...] = (
            (1.0, s.inbound_every_s, self._lorry),
            (NOTICE_S, s.ship_every_s, self._ship),
            (0.5, s.pick_every_s, self._pick),
            (2.0, s.tidy_every_s, self._tidy),
            (3.0, s.ship_every_s / 2, self._stage),
            (first_theft_s, s.theft_every_s, self._theft),
            (1.0, s.shuffle_every_s, self._shuffle),
            (4.0, s.linger_every_s, self._linger),
        )
        for first_s, every_s, do in jobs:
            if every_s < NEVER_S:
                self._timers.append(_Timer(self.world.now_us + int(first_s * 1e6), every_s, do))
        if s.ship_every_s < NEVER_S:
            self._order()
        thefts = [(at_s, kind) for kind, times in sorted(s.thefts_at_s.items()) for at_s in times]
        for at_s, kind in sorted(thefts):
            self._later(at_s, partial(self._steal, kind))

    def rest(self) -> None:
        """Stop all work that has not begun."""
        self._resting = True

    def tick(self) -> None:
        """Start what is due, and give free movers work."""
        if self._resting:
            return
        now_us = self.world.now_us
        for timer in self._timers:
            if timer.due_us <= now_us:
                timer.do()
                timer.due_us = now_us + int(timer.every_s * self.choose.rng.uniform(1 - _JITTER, 1 + _JITTER) * 1e6)
        due = [do for at_us, do in self._once if at_us <= now_us]
        self._once = [entry for entry in self._once if entry[0] > now_us]
        for do in due:
            do()
        self._assign()

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        self._once.append((self.world.now_us + int(seconds * 1e6), do))

    def _hire(self) -> None:
        plan = self.world.plan
        hands: tuple[tuple[errands.Hands, int, tuple[int, ...]], ...] = (
            ("forklift", self.scenario.forklifts, plan.zones_of("staging", "receiving")),
            ("person", self.scenario.people, plan.zones_of("picking", "packing")),
        )
        for kind, number, zones in hands:
            for i in range(number):
                x, y = spot_in(plan, zones[i % len(zones)], self.choose.rng)
                self.world.movers.append(Mover(kind=kind, x=x, y=y))

    def _assign(self) -> None:
        """First come, first served, for each kind of hands."""
        idle: dict[str, list[Mover]] = {"person": [], "forklift": []}
        for mover in self.world.movers:
            if mover.errand is None and not mover.way:
                idle[mover.kind].append(mover)
        waiting: deque[_Wanted] = deque()
        for wanted in self._wanted:
            if idle[wanted.hands]:
                mover = idle[wanted.hands].pop(0)
                mover.errand = wanted.task(self.world, mover)
            else:
                waiting.append(wanted)
        self._wanted = waiting

    def _want(self, hands: errands.Hands, task: errands.Task, *, urgent: bool = False) -> None:
        """Ask for somebody to do it; what is urgent goes before what waits."""
        if urgent:
            self._wanted.appendleft(_Wanted(hands, task))
        else:
            self._wanted.append(_Wanted(hands, task))

    # The jobs.

    def _lorry(self) -> None:
        """A lorry with a few pallets: to receiving, and later from there into the aisles."""
        door = self.world.plan.door(INBOUND_DOORS[self._next("lorry") % len(INBOUND_DOORS)])
        for _ in range(_LORRY_PALLETS):
            unit = self.choose.new_unit()
            if unit.size:
                self._want("forklift", partial(errands.bring_in, unit, door, self.choose.spot("receiving")))
        for _ in range(_LORRY_PALLETS - 1):
            self._carry("forklift", self.choose.unit_in("receiving"), self.choose.spot("storage"))

    def _order(self) -> None:
        """Keep a few shipments announced ahead of time; the first ones are staged already."""
        while len(self.shipments) - self._shipped < ORDERS_AHEAD:
            no = len(self.shipments)
            first, second = ("staging", "storage") if no < ORDERS_STAGED else ("storage", "staging")
            chosen = (self.choose.order(first) for _ in range(1 + no % 2))
            units = [unit for unit in chosen if unit.size] or [self.choose.order(second)]
            if not units[0].size:
                return
            shipment = Shipment(
                reference=f"SHP-{no + 1:05d}",
                door=OUTBOUND_DOORS[no % len(OUTBOUND_DOORS)],
                epcs=tuple(self.world.tags.epcs(np.concatenate(units))),
                announced_s=self.world.now_us / 1e6,
            )
            self.shipments.append(shipment)
            self._orders.append(_Order(shipment.door, units, self.world.now_us + int(NOTICE_S * 1e6)))

    def _stage(self) -> None:
        """Bring what is on order from the aisles to staging."""
        for order in self._orders:
            for unit in order.units:
                if self.choose.at_rest_in(unit, "storage"):
                    self._carry("forklift", self.choose.reserve(unit), self.choose.spot("staging"))
                    return

    def _ship(self) -> None:
        """Load the oldest shipment that is staged as a whole."""
        for order in self._orders:
            staged = all(self.choose.at_rest_in(unit, "staging") for unit in order.units)
            if staged and order.not_before_us <= self.world.now_us:
                break
        else:
            return
        self._orders.remove(order)
        self._shipped += 1
        door = self.world.plan.door(order.door)
        wait_s = self.scenario.wait_in_door_s * float(self.choose.rng.uniform(0.5, 1.5))
        for unit in order.units:
            take_out = partial(errands.take_out, self.choose.reserve(unit), door, "shipment", wait_s=wait_s)
            self._want("forklift", take_out, urgent=True)
        self._order()

    def _pick(self) -> None:
        """A few items from an aisle by way of picking to packing."""
        spots = [self.choose.spot("picking"), self.choose.spot("packing")]
        self._carry("person", self.choose.some_of(4, "storage"), *spots)

    def _tidy(self) -> None:
        """Returns, quarantine, roll cages and empty walks, in turn."""
        turn = self._next("tidy") % 4
        if turn == 0:
            self._carry("person", self.choose.some_of(3, "packing", "picking"), self.choose.spot("returns"))
        elif turn == 1:
            self._carry("person", self.choose.some_of(2, "receiving"), self.choose.spot("quarantine"))
        elif turn == 2:  # noqa: PLR2004
            self._carry("forklift", self.choose.unit_in("staging"), self.choose.spot("staging"))
        else:
            walk = [self.choose.spot("office"), self.choose.spot("picking", "packing")]
            self._want("person", partial(errands.stroll, walk, 3.0))

    def _shuffle(self) -> None:
        """A few tags from any zone to any other."""
        ids = [zone.id for zone in self.world.plan.zones]
        source, goal = (ids[i] for i in self.choose.rng.permutation(len(ids))[:2].tolist())
        self._carry("person", self.choose.some_of(6, source), self.choose.spot(goal))

    def _linger(self) -> None:
        """A forklift with a pallet drives into a portal, waits there, and drives back."""
        door = self.world.plan.door(OUTBOUND_DOORS[self._next("linger") % len(OUTBOUND_DOORS)])
        unit, back = self.choose.unit_in("staging"), self.choose.spot("staging")
        if unit.size:
            wait_s = float(self.choose.rng.uniform(10.0, 40.0))
            self._want("forklift", partial(errands.linger, unit, door, back, wait_s=wait_s))

    def _carry(self, hands: errands.Hands, tags: Indices, *spots: Point) -> None:
        if tags.size:
            self._want(hands, partial(errands.carry, tags, list(spots), 2.0))

    def _theft(self) -> None:
        kinds: tuple[EventKind, ...] = ("theft_exit", "theft_door", "theft_shielded")
        self._steal(kinds[self._next("theft") % len(kinds)])

    def _steal(self, kind: EventKind) -> None:
        """Plant a theft; the thief stands where the goods are and needs nobody's leave."""
        bagged = "cage" if self.thefts_planted % 2 == 0 else "storage"
        sources = {"theft_exit": "returns", "theft_door": "staging", "theft_shielded": bagged}
        tags = self.choose.some_of(3, sources[kind])
        if not tags.size:
            tags = self.choose.some_of(3, "packing", "storage")
        if not tags.size:
            return
        self.thefts_planted += 1
        thief = Mover(kind="person", x=0.0, y=0.0)
        thief.x, thief.y = errands.where(self.world, tags)
        if kind == "theft_shielded":
            back_s = 90.0 if self._next("bag") % 3 == 2 else None  # noqa: PLR2004
            task: errands.Task = partial(errands.bag, tags, back_s)
        else:
            doors = ("exit-1",) if kind == "theft_exit" else OUTBOUND_DOORS
            door = self.world.plan.door(doors[self._next("thief") % len(doors)])
            task = partial(errands.take_out, tags, door, kind)
        thief.errand = task(self.world, thief)
        self.world.movers.append(thief)

    def _next(self, what: str) -> int:
        """Count up from nought, for each thing by itself."""
        self._counts[what] = self._counts.get(what, -1) + 1
        return self._counts[what]
