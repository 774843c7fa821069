"""
Short runs of the simulator, for tests that look at what it said and at what was true.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from firmware_sim.faults import Fault
from firmware_sim.outgoing import Outgoing
from firmware_sim.reads import Reads
from firmware_sim.simulation import Config, Warehouse
from firmware_sim.station import Link, Told

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

    def links(self, reader: str) -> list[tuple[float, bool]]:
        """When this reader's connection came and went."""
        return [(at_s, one.up) for at_s, one in self.told if isinstance(one, Link) and one.reader == reader]

    def of(self, reader: str) -> list[tuple[float, Outgoing]]:
        """What one reader published, and when."""
        return [(at_s, one) for at_s, one in self.told if isinstance(one, Outgoing) and one.reader == reader]


@lru_cache(maxsize=8)
def run(config: Config, ticks: int) -> Run:
    """Let so many tenths of a second pass."""
    warehouse = Warehouse(config, START_US)
    told: list[tuple[float, Told]] = []
    for _ in range(ticks):
        told += [(warehouse.at_s, one) for one in warehouse.tick()]
    told += [(warehouse.at_s, one) for one in warehouse.end()]
    return Run(warehouse, tuple(told))


def with_fault(fault: Fault, ticks: int) -> Run:
    """Run a small, quick warehouse in which this goes wrong besides the scenario's own mishaps."""
    return run(Config(tags=300, rate=1_500.0, scenario="shrinkage", faults=(fault,)), ticks)


def reads(tags: list[int], ports: list[int], levels_dbm: list[float], seen_us: list[int]) -> Reads:
    """Write reads by hand."""
    return Reads(
        tag=np.array(tags, np.int32),
        port=np.array(ports, np.int16),
        level_dbm=np.array(levels_dbm, np.float32),
        seen_us=np.array(seen_us, np.int64),
        count=np.ones(len(tags), np.int32),
    )
