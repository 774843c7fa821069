"""
What really happened: every stay of every tag in a zone, every passage, every theft.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from firmware_sim.arrays import Indices, Shorts
from firmware_sim.geometry import NOWHERE, OUTSIDE
from firmware_sim.plan import Plan
from firmware_sim.tags import Life, TagTable

COLUMNS: Final = ("epc", "from", "to", "zone", "x", "y", "door", "verdict", "direction")
EVENT_COLUMNS: Final = ("epc", "time", "door", "kind")
EventKind = Literal[
    # Left through a dock door on a shipment that was announced.
    "shipment",
    # Carried out through the staff exit.
    "theft_exit",
    # Driven out through a dock door, on no shipment.
    "theft_door",
    # Put into a lined bag where it stood.
    "theft_shielded",
    # A shielded tag that was taken out of the bag again.
    "unshielded",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """
    One stay of one tag in one zone; x and y are None where it was on the move.

    In a door's zone, verdict says what the tag did there: through, milling (carried, but not through) or static.
    """

    epc: str
    from_s: float
    to_s: float
    zone: str
    x: float | None
    y: float | None
    door: str = ""
    verdict: str = ""
    direction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Something that the engine ought to notice, or ought not to raise an alarm about."""

    epc: str
    time_s: float
    door: str
    kind: EventKind


class Truth:
    """Writes down stays as they end. Times inside are microseconds."""

    def __init__(self, plan: Plan, tags: TagTable) -> None:
        self._tags = tags
        self._zones = [zone.id for zone in plan.zones]
        self._door_of = {plan.zone_no(door.zone): door.id for door in plan.doors}
        self._since_us = np.zeros(tags.count, np.int64)
        self._came_from = np.full(tags.count, NOWHERE, np.int16)
        self.rest_x = np.zeros(tags.count, np.float32)
        self.rest_y = np.zeros(tags.count, np.float32)
        self._stays: list[Stay] = []
        self.planted: list[Planted] = []
        self.beside: list[tuple[Indices, str]] = []
        """Tags that stand beside a door, outside its zone, and the door."""
        self.start_us = 0
        """Unix time of the start; times in the table are since then."""

    def begin(self, tags: Indices, at_us: int, came_from: Shorts | None = None) -> None:
        """These tags are now in the zones that the table says."""
        self._since_us[tags] = at_us
        self._came_from[tags] = NOWHERE if came_from is None else came_from
        self.rest(tags)

    def rest(self, tags: Indices) -> None:
        """These tags have come to rest where they are."""
        self.rest_x[tags] = self._tags.x[tags]
        self.rest_y[tags] = self._tags.y[tags]

    def end(self, tags: Indices, at_us: int, goes_to: Shorts) -> None:
        """End the stays of these tags in the zones that the table says; each goes on to a zone of its own."""
        for tag, to in zip(tags.tolist(), goes_to.tolist(), strict=True):
            if self._tags.zone[tag] >= 0:
                self._stays.append(self._stay(tag, at_us, to))

    def _stay(self, tag: int, at_us: int, goes_to: int) -> Stay:
        zone = int(self._tags.zone[tag])
        came_from = int(self._came_from[tag])
        door = self._door_of.get(zone, "")
        out, into = goes_to == OUTSIDE, came_from == OUTSIDE
        passed, moving = out != into, bool(self._tags.moving[tag])
        verdict = "through" if passed else "milling" if moving else "static"
        return Stay(
            epc=self._tags.epc(tag),
            from_s=int(self._since_us[tag]) / 1e6,
            to_s=at_us / 1e6,
            zone=self._zones[zone],
            x=None if moving else round(float(self.rest_x[tag]), 2),
            y=None if moving else round(float(self.rest_y[tag]), 2),
            door=door,
            verdict=verdict if door else "",
            direction=(("out" if out else "in") if passed else "none") if door else "",
        )

    def _beside(self, tag: int, now_us: int, door: str) -> Stay:
        return Stay(
            epc=self._tags.epc(tag),
            from_s=0.0,
            to_s=now_us / 1e6,
            zone="",
            x=round(float(self.rest_x[tag]), 2),
            y=round(float(self.rest_y[tag]), 2),
            door=door,
            verdict="static",
            direction="none",
        )

    def stays(self, now_us: int) -> Iterator[Stay]:
        """All stays up to an instant; those still going on end then. Times are seconds since the start."""
        yield from self._stays
        here = np.flatnonzero((self._tags.life == Life.HERE) & (self._tags.zone >= 0))
        for tag in here.tolist():
            yield self._stay(tag, now_us, NOWHERE)
        for tags, door in self.beside:
            for tag in tags.tolist():
                yield self._beside(tag, now_us, door)

    def write(self, folder: Path, now_us: int) -> None:
        """Write truth.csv and events.csv."""
        with (folder / "truth.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            for s in self.stays(now_us):
                times = (self._unix(s.from_s), self._unix(s.to_s))
                place = ("" if s.x is None else s.x, "" if s.y is None else s.y)
                rows.writerow((s.epc, *times, s.zone, *place, s.door, s.verdict, s.direction))
        with (folder / "events.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(EVENT_COLUMNS)
            rows.writerows((p.epc, self._unix(p.time_s), p.door, p.kind) for p in self.planted)

    def _unix(self, at_s: float) -> str:
        seconds, rest = divmod(self.start_us + round(at_s * 1e6), 1_000_000)
        return f"{seconds}.{rest:06d}"
