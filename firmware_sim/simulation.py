"""
The whole simulated warehouse, one tick at a time, with no network and no clock: the same seed tells the same bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from firmware_sim.air import Air
from firmware_sim.arrays import Indices
from firmware_sim.chooser import Chooser
from firmware_sim.faults import Fault
from firmware_sim.firmwares import firmware_for
from firmware_sim.geometry import OUTSIDE
from firmware_sim.hardship import put_beside_doors, weaken
from firmware_sim.layout import TWIN_X, demo_plan
from firmware_sim.layout_hall import hall_plan
from firmware_sim.native import NativeFirmware
from firmware_sim.outgoing import SECOND_US
from firmware_sim.plan import Plan
from firmware_sim.population import fill
from firmware_sim.reads import Reads
from firmware_sim.scenarios import SCENARIOS, Layout
from firmware_sim.senses import PhotoEyes, Sensors
from firmware_sim.shipment import Shipment
from firmware_sim.site_file import site_toml
from firmware_sim.station import Station, Told
from firmware_sim.tags import Life
from firmware_sim.traffic import Traffic
from firmware_sim.world import World

TICK_US: Final = 100_000
LAYOUTS: Final[dict[Layout, Callable[[], Plan]]] = {
    "warehouse": demo_plan,
    "twin doors": partial(demo_plan, TWIN_X),
    "hall": hall_plan,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What to simulate."""

    seed: int = 7
    scenario: str = "standard"
    tags: int = 4_000
    rate: float | None = 3_000.0
    """Reads a second to aim at, over all readers; None lets the readers' own pace decide."""
    site_id: str = "demo"
    faults: tuple[Fault, ...] = ()
    """Besides those that the scenario brings."""
    speed: float = 1.0
    since_s: float | None = None
    """Unix time since which simulated time has run at that speed; None: since the run begins."""


class Warehouse:
    """World, traffic, radio and readers together. `start_us` is the Unix time at which it begins."""

    def __init__(self, config: Config, start_us: int = 0) -> None:
        self.config = config
        self.scenario = SCENARIOS[config.scenario]
        self.plan: Plan = LAYOUTS[self.scenario.layout]()
        rng = np.random.default_rng([config.seed, 1])
        self.tags, units = fill(self.plan, min(config.tags, self.scenario.tags_max), rng)
        rate = self.scenario.rate_max if config.rate is None else min(config.rate, self.scenario.rate_max)
        self.air = Air(self.plan, self.tags, config.seed, rate if np.isfinite(rate) else None)
        self.world = World(self.plan, self.tags, self.air, 0)
        weaken(self.tags, self.scenario.weak_share, rng)
        put_beside_doors(self.world, units, self.scenario.beside_doors, rng)
        here = np.flatnonzero(self.tags.life == Life.HERE).astype(np.int32)
        self.world.truth.begin(here, 0)
        self.air.settle(here)
        self.traffic = Traffic(world=self.world, scenario=self.scenario, choose=Chooser(self.world, units, rng))
        self.faults = (*self.scenario.faults, *config.faults)
        self._eyes = PhotoEyes(self.plan)
        self._sensors = Sensors(self.plan, config.seed)
        self.start_us = start_us
        self.stations: list[Station] = []
        self.begin_at(start_us)

    def begin_at(self, start_us: int) -> None:
        """Set when it all begins; call this before the first tick."""
        assert self.world.now_us == 0
        self.start_us = start_us
        self.world.truth.start_us = start_us
        self.stations = [
            Station(
                firmware_for(reader, self.config.site_id, self.tags.epcs, start_us),
                self.faults,
                [self.config.seed, 3, no],
            )
            for no, reader in enumerate(self.plan.readers)
        ]

    @property
    def now_us(self) -> int:
        """Simulated Unix time."""
        return self.start_us + self.world.now_us

    @property
    def at_s(self) -> float:
        """Seconds since the start."""
        return self.world.now_us / SECOND_US

    def hear(self) -> list[Reads | None]:
        """Let a tenth of a second pass, and give what each reader's antennas hear in it, at times since the start."""
        self.traffic.tick()
        from_us = self.world.now_us
        moving = self.world.tick(TICK_US)
        return self.air.listen(moving, from_us, TICK_US)

    def beams(self) -> dict[str, list[tuple[int, bool]]]:
        """Light beams that have been broken or come clear since last asked: (input, broken) for each reader."""
        return self._eyes.changes(self.world.movers)

    def tick(self) -> list[Told]:
        """Let a tenth of a second pass, and give what the readers tell in it."""
        heard = self.hear()
        eyes = self.beams()
        told: list[Told] = []
        for station, reads in zip(self.stations, heard, strict=True):
            shifted = None if reads is None else reads.shifted(self.start_us)
            told += station.tick(shifted, eyes.get(station.plan.id, []), self.now_us, self.at_s)
        return told + self._sense()

    def _sense(self) -> list[Told]:
        told: list[Told] = []
        for station in self.stations:
            readings = self._sensors.due(station.plan.id, self.world.movers, self.at_s)
            if readings and isinstance(station.firmware, NativeFirmware):
                told += station.send(station.firmware.sensors(readings, self.now_us), self.now_us, self.at_s)
        return told

    def end(self) -> list[Told]:
        """Give what is still on the way."""
        return [told for station in self.stations for told in station.drain()]

    def site_toml(self) -> str:
        """Write the floor plan as a site file."""
        return site_toml(
            self.plan,
            self.config.site_id,
            missing_after_s=self.scenario.missing_after_s,
            reader_offline_after_s=self.scenario.reader_offline_after_s,
        )

    def shipments(self) -> list[Shipment]:
        """All shipments announced so far, the first ones before the first tick."""
        return [replace(shipment) for shipment in self.traffic.shipments]

    def tags_here(self) -> int:
        """How many tags are in the building now."""
        return int(np.count_nonzero((self.tags.life == Life.HERE) & (self.tags.zone != OUTSIDE)))

    def readers_down(self) -> int:
        """How many readers are without connection now."""
        return sum(not station.linked for station in self.stations)

    def zone_of(self, tags: Indices) -> list[str]:
        """Where these tags really are now; nothing for a corridor or outside."""
        return [self.plan.zones[zone].id if zone >= 0 else "" for zone in self.tags.zone[tags].tolist()]
