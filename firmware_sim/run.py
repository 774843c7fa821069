"""
A simulation is run against a broker here, in step with the clock, and summed up.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from firmware_sim.publish import Fleet
from firmware_sim.shipment import Shipment
from firmware_sim.simulation import TICK_US, Config, Warehouse
from firmware_sim.truth import Planted, Stay

__all__ = ["Config", "Progress", "Simulation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is."""

    at_s: float
    behind_s: float
    """How far simulated time lags behind; above nought the machine is too slow for the load."""
    reads: int
    messages: int
    tags_here: int
    thefts: int
    readers_down: int


class Simulation:
    """
    A warehouse that can be run. Make it, post its shipments, then call run (in a thread, or a process of its own).

    All of it but run is safe to call before the run and after it; shipments also while it runs.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.warehouse = Warehouse(config, time.time_ns() // 1_000)
        self._reads: Counter[str] = Counter()
        self._messages = self._acked = self._not_sent = 0
        self._reads_sent = 0
        self._ran_s = self._busy_s = self._behind_s = 0.0

    def site_toml(self) -> str:
        """Write the floor plan as a site file."""
        return self.warehouse.site_toml()

    def shipments(self) -> list[Shipment]:
        """All shipments announced so far; each is announced some seconds before it is loaded."""
        return self.warehouse.shipments()

    def run(
        self,
        mqtt_url: str,
        stop: threading.Event,
        *,
        for_s: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_shipment: Callable[[Shipment], None] | None = None,
    ) -> None:
        """
        Run until stop is set, or for so many simulated seconds, publishing to this broker.

        on_progress is called about once a second; on_shipment for each shipment when it is announced, the
        first ones before anything moves. Both are called in this thread and should be quick.
        """
        warehouse, speed = self.warehouse, self.config.speed
        warehouse.begin_at(self._begin_us())
        fleet = Fleet(mqtt_url, [station.firmware for station in warehouse.stations], self.config.site_id)
        announced = _Announcer(self, on_shipment)
        announced()
        started_s = time.monotonic()
        ticks = int(for_s * 1e6 / TICK_US) if for_s is not None else None
        n = 0
        try:
            while not stop.is_set() and (ticks is None or n < ticks):
                n += 1
                self._behind_s = -_wait_until(started_s + n * TICK_US / 1e6 / speed, stop)
                self._tick(fleet)
                announced()
                if on_progress is not None and n % max(round(10 * speed), 1) == 0:
                    on_progress(self._progress(fleet))
            fleet.send(warehouse.end())
        finally:
            fleet.close()
            self._sum(fleet)
            self._ran_s = time.monotonic() - started_s

    def _begin_us(self) -> int:
        """Now, by a clock that has run at the simulation's speed since it agreed with ours."""
        now_us = time.time_ns() // 1_000
        since_s = self.config.since_s
        return now_us if since_s is None else int(since_s * 1e6 + (now_us - since_s * 1e6) * self.config.speed)

    def _tick(self, fleet: Fleet) -> None:
        began_s = time.thread_time()
        warehouse = self.warehouse
        fleet.send(warehouse.tick())
        for reader, payload in fleet.collect():
            station = next(s for s in warehouse.stations if s.plan.id == reader)
            fleet.send(station.answer(payload, warehouse.now_us, warehouse.at_s))
        self._busy_s += time.thread_time() - began_s

    def _progress(self, fleet: Fleet) -> Progress:
        warehouse = self.warehouse
        self._sum(fleet)
        return Progress(
            at_s=warehouse.at_s,
            behind_s=max(self._behind_s, 0.0),
            reads=sum(self._reads.values()),
            messages=self._acked,
            tags_here=warehouse.tags_here(),
            thefts=len(self.thefts()),
            readers_down=warehouse.readers_down(),
        )

    def _sum(self, fleet: Fleet) -> None:
        fleet.collect()
        by_firmware: Counter[str] = Counter()
        for reader in self.warehouse.plan.readers:
            by_firmware[reader.firmware] += fleet.reads_acked[reader.id]
        self._reads = by_firmware
        self._messages, self._acked, self._not_sent = fleet.sent, fleet.acked, fleet.not_sent
        self._reads_sent = sum(fleet.reads_sent.values())

    def truth_rows(self) -> list[Stay]:
        """Every stay so far; those still going on end now. Times are seconds since `warehouse.start_us`."""
        return list(self.warehouse.world.truth.stays(self.warehouse.world.now_us))

    def planted(self) -> list[Planted]:
        """Thefts and shipments that have happened: times are seconds since `warehouse.start_us`."""
        return list(self.warehouse.world.truth.planted)

    def thefts(self) -> list[Planted]:
        """Those of them that were thefts."""
        return [planted for planted in self.planted() if planted.kind.startswith("theft")]

    def summary(self) -> dict[str, Any]:
        """Sum the run up. `reads` counts tag reads in messages that the broker confirmed, told twice or not."""
        duplicates = [station.duplicates for station in self.warehouse.stations]
        return {
            "seed": self.config.seed,
            "scenario": self.config.scenario,
            "tags": self.config.tags,
            "simulated_s": round(self.warehouse.at_s, 1),
            "ran_s": round(self._ran_s, 2),
            "busy_s": round(self._busy_s, 2),
            "reads": dict(sorted(self._reads.items())),
            "reads_total": sum(self._reads.values()),
            "reads_sent": self._reads_sent,
            "messages": self._messages,
            "acked": self._acked,
            "not_sent": self._not_sent,
            "duplicate_messages": sum(messages for messages, _ in duplicates),
            "duplicate_reads": sum(reads for _, reads in duplicates),
            "purged_reads": sum(station.health().purged for station in self.warehouse.stations),
            "thefts": dict(sorted(Counter(theft.kind for theft in self.thefts()).items())),
            "shipments": len(self.shipments()),
        }

    def prepare(self, folder: Path) -> None:
        """Write what is known before the run: site.toml, readers.json and shipments.json."""
        folder.mkdir(parents=True, exist_ok=True)
        readers = [
            {"id": r.id, "name": r.name, "format": r.firmware, "style": r.style, "antennas": len(r.antennas)}
            for r in self.warehouse.plan.readers
        ]
        _replace(folder / "readers.json", readers)
        (folder / "site.toml").write_text(self.site_toml(), encoding="utf-8")
        self.write_shipments(folder)

    def write(self, folder: Path) -> None:
        """Write all there is after the run: truth.csv, events.csv, faults.json and, last, summary.json as well."""
        self.prepare(folder)
        self.warehouse.world.truth.write(folder, self.warehouse.world.now_us)
        _replace(folder / "faults.json", self._faults())
        _replace(folder / "summary.json", self.summary())

    def _faults(self) -> list[dict[str, Any]]:
        """What went wrong by itself, with Unix times."""
        start_s = self.warehouse.start_us / 1e6
        return [
            {"kind": f.kind, "reader": f.reader, "from": start_s + f.from_s, "to": start_s + f.to_s}
            for f in self.warehouse.faults
            if f.from_s < self.warehouse.at_s
        ]

    def write_shipments(self, folder: Path) -> None:
        """Write shipments.json; announced_s is Unix time."""
        start_s = self.warehouse.start_us / 1e6
        rows = [{**asdict(s), "announced_s": s.announced_s + start_s} for s in self.shipments()]
        _replace(folder / "shipments.json", rows)


class _Announcer:
    """Calls back once for each new shipment."""

    def __init__(self, simulation: Simulation, call: Callable[[Shipment], None] | None) -> None:
        self._shipments = simulation.warehouse.traffic.shipments
        self._call = call
        self._told = 0

    def __call__(self) -> None:
        while self._call is not None and self._told < len(self._shipments):
            self._call(self._shipments[self._told])
            self._told += 1


def _replace(path: Path, value: object) -> None:
    """Write a JSON file so that whoever reads it meanwhile sees the old one or the new one, whole."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    part.replace(path)


def _wait_until(at_s: float, stop: threading.Event) -> float:
    """Wait until a monotonic time. Gives how much of the time was left, negative when it was past."""
    left_s = at_s - time.monotonic()
    if left_s > 0:
        stop.wait(left_s)
    return left_s
