"""
Short runs of the simulator, for tests that look at what it said and at what was true.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np

from firmware_sim.arrays import Indices
from firmware_sim.faults import Fault
from firmware_sim.firmwares import firmware_for
from firmware_sim.outgoing import Outgoing
from firmware_sim.reads import Reads
from firmware_sim.simulation import TICK_US, Config, Warehouse
from firmware_sim.station import Link, Station, Told

START_US = 1_795_298_412_820_000


@dataclass(frozen=True)
class Run:
    """A warehouse after some time, and all that its readers told, with the second in which they did."""

    warehouse: Warehouse
    told: tuple[tuple[float, Told], ...]

    @property
    def messages(self) -> list[Outgoing]:
        """What was published."""
        return [one for _, one in self.told if isinstance(one, Outgoing)]


@dataclass(frozen=True)
class Alone:
    """One reader after some time, and all that it told, with the second in which it did."""

    station: Station
    told: tuple[tuple[float, Told], ...]

    @property
    def links(self) -> list[tuple[float, bool]]:
        """When the connection came and went."""
        return [(at_s, one.up) for at_s, one in self.told if isinstance(one, Link)]

    @property
    def messages(self) -> list[tuple[float, Outgoing]]:
        """What was published, and when."""
        return [(at_s, one) for at_s, one in self.told if isinstance(one, Outgoing)]

    @property
    def batches(self) -> list[tuple[float, Outgoing]]:
        """The messages with reads among them."""
        return [(at_s, message) for at_s, message in self.messages if message.reads]

    def told_on(self, level: str) -> list[dict[str, Any]]:
        """What was said on the topic that ends so."""
        return [msgspec.json.decode(m.payload) for _, m in self.messages if m.topic.endswith(f"/{level}")]


@lru_cache(maxsize=8)
def run(config: Config, ticks: int) -> Run:
    """Let so many tenths of a second pass."""
    warehouse = Warehouse(config, START_US)
    told: list[tuple[float, Told]] = []
    for _ in range(ticks):
        told += [(warehouse.at_s, one) for one in warehouse.tick()]
    told += [(warehouse.at_s, one) for one in warehouse.end()]
    return Run(warehouse, tuple(told))


@lru_cache(maxsize=1)
def heard() -> tuple[Warehouse, tuple[dict[str, Reads], ...]]:
    """Twelve seconds of a small, quick warehouse: what each reader's antennas heard in each tick."""
    warehouse = Warehouse(Config(tags=300, rate=1_500.0), START_US)
    ids = [reader.id for reader in warehouse.plan.readers]
    ticks = []
    nobody: Indices = np.zeros(0, np.int32)
    for tick in range(120):
        lots = warehouse.air.listen(nobody, tick * TICK_US, TICK_US)
        ticks.append({reader: lot.shifted(START_US) for reader, lot in zip(ids, lots, strict=True) if lot is not None})
    return warehouse, tuple(ticks)


def with_fault(reader: str, fault: Fault | None, ticks: int) -> Alone:
    """Let one reader tell what it hears for so many ticks, while this goes wrong."""
    warehouse, lots = heard()
    plan = next(plan for plan in warehouse.plan.readers if plan.id == reader)
    firmware = firmware_for(plan, "demo", warehouse.tags.epcs, START_US)
    station = Station(firmware, (fault,) if fault else (), [7])
    told: list[tuple[float, Told]] = []
    for tick in range(ticks):
        at_us = (tick + 1) * TICK_US
        said = station.tick(lots[tick].get(reader), [], START_US + at_us, at_us / 1e6)
        told += [(at_us / 1e6, one) for one in said]
    return Alone(station, tuple(told))


def reads(tags: list[int], ports: list[int], levels_dbm: list[float], seen_us: list[int]) -> Reads:
    """Write reads by hand."""
    return Reads(
        tag=np.array(tags, np.int32),
        port=np.array(ports, np.int16),
        level_dbm=np.array(levels_dbm, np.float32),
        seen_us=np.array(seen_us, np.int64),
        count=np.ones(len(tags), np.int32),
    )
