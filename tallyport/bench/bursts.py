"""A large warehouse as its readers hear it: a tag's turn is a burst of reads, and nearly all of them are repeats."""

from typing import Final

import numpy as np

from core.engine.records import Floats32, Ints
from core.model.batch import Batch
from core.model.columns import NO_CHANNEL_MHZ, NO_PHASE_DEG, ReadColumns
from core.site import Antenna, Door, Reader, Site, Zone, ZoneKind

Timed = tuple[Batch, int]
"""A batch, and the time at which it is closed."""
TAGS: Final = 1_000_000
BATCH: Final = 5_000
START_US: Final = 1_795_298_412_000_000
AISLES: Final = 90
DOORS: Final = 10
PORTS: Final = 4
ROW: Final = 10
"""Zones beside each other; the doors are the last row."""
SIDE_M: Final = 12.0
PACE: Final = 500_000
"""Reads in a second of the stream's own time: five thousand of each reader, as fast as the fastest."""
BURST_READS: Final = (12, 29)
BURST_US: Final = 200_000
STRAYS: Final = 0.004
"""Reads of a burst that another of the zone's antennas makes."""
AT_DOORS: Final = 0.005
"""Bursts that are a tag's way through a door, past one antenna after the other."""
DOOR_US: Final = 1_000_000


def bursts_site() -> Site:
    """Aisles in a grid, a row of dock doors, and a reader of four antennas in each: at doors along the way out."""
    zones, readers = [], []
    for i in range(AISLES + DOORS):
        x, y = (i % ROW) * SIDE_M, (i // ROW) * SIDE_M
        at_door = i >= AISLES
        corners = ((x, y), (x + SIDE_M - 1, y), (x + SIDE_M - 1, y + SIDE_M - 1), (x, y + SIDE_M - 1))
        kind = ZoneKind.DOCK_DOOR if at_door else ZoneKind.STORAGE
        zones.append(Zone(id=f"z{i}", name=f"Zone {i}", kind=kind, polygon=corners))
        square = [(x + 3 + 5 * (k % 2), y + 3 + 5 * (k // 2)) for k in range(PORTS)]
        hung = [(x + 5.5, y + 2 + 2 * k) for k in range(PORTS)] if at_door else square
        antennas = tuple(Antenna(port=k + 1, x=ax, y=ay, zone=f"z{i}") for k, (ax, ay) in enumerate(hung))
        readers.append(Reader(id=f"r{i}", name=f"r{i}", antennas=antennas))
    return Site(
        id="bursts",
        name="Bursts",
        timezone="UTC",
        width_m=ROW * SIDE_M,
        height_m=(AISLES + DOORS) // ROW * SIDE_M,
        zones=tuple(zones),
        readers=tuple(readers),
        doors=tuple(Door(id=f"d{i}", name=f"Door {i}", zone=f"z{AISLES + i}", facing_deg=90.0) for i in range(DOORS)),
    )


class Bursts:
    """An endless stream in which all tags have their turn, in an order drawn anew each time."""

    def __init__(self, tags: int = TAGS, pace: int = PACE) -> None:
        site = bursts_site()
        keys = ((f"r{i}", k + 1) for i in range(AISLES + DOORS) for k in range(PORTS))
        self._points = np.array([site.read_point_index[key] for key in keys]).reshape(-1, PORTS)
        self._rng = np.random.default_rng(12)
        self._order = np.zeros(0, np.int64)
        self._tags, self._pace = tags, pace
        self._at_us = START_US

    def once(self) -> list[Timed]:
        """Give each tag read once, where it is at home: so that all are known."""
        tag = self._turns(self._tags)
        seen_us = self._at_us + np.arange(tag.size) * 1_000_000 * BURST_READS[0] // self._pace
        return self._batches(tag, *self._home(tag), seen_us)

    def next(self, reads: int) -> list[Timed]:
        """Give about so many reads, in batches as they arrive."""
        rng = self._rng
        tag = self._turns(2 * reads // sum(BURST_READS))
        passing = rng.random(tag.size) < AT_DOORS
        starts_us = self._at_us + np.arange(tag.size) * 1_000_000 * sum(BURST_READS) // (2 * self._pace)
        burst = np.repeat(np.arange(tag.size), rng.integers(*BURST_READS, tag.size, endpoint=True))
        part = rng.random(burst.size)
        zone, port = self._home(tag[burst])
        port = (port + (rng.random(burst.size) < STRAYS)) % PORTS
        zone = np.where(passing[burst], AISLES + tag[burst] % DOORS, zone)
        port = np.where(passing[burst], (part * PORTS).astype(np.int64), port)
        seen_us = starts_us[burst] + (part * np.where(passing[burst], DOOR_US, BURST_US)).astype(np.int64)
        order = np.argsort(seen_us, kind="stable")
        return self._batches(tag[burst][order], zone[order], port[order], seen_us[order])

    def uniform(self, reads: int) -> list[Timed]:
        """Give so many reads of tags drawn blindly, each where it is at home."""
        tag = self._rng.integers(0, self._tags, reads)
        return self._batches(tag, *self._home(tag), self._at_us + np.arange(reads) * 1_000_000 // self._pace)

    def _home(self, tag: Ints) -> tuple[Ints, Ints]:
        """Which zone and which antenna of it a tag is nearest to."""
        return tag % AISLES, tag // AISLES % PORTS

    def _turns(self, n: int) -> Ints:
        while self._order.size < n:
            self._order = np.concatenate((self._order, self._rng.permutation(self._tags)))
        turns, self._order = self._order[:n], self._order[n:]
        return turns

    def _batches(self, tag: Ints, zone: Ints, port: Ints, seen_us: Ints) -> list[Timed]:
        self._at_us = int(seen_us[-1]) + 1
        level = (-52 + self._rng.normal(0, 3, tag.size)).astype(np.float32)
        point = self._points[zone, port]
        cuts = (slice(at, at + BATCH) for at in range(0, tag.size, BATCH))
        return [_batch(tag[cut], point[cut], level[cut], seen_us[cut]) for cut in cuts]


def columns_of(tag: Ints, point: Ints, rssi_dbm: Floats32, seen_us: Ints, arrived_us: int) -> ReadColumns:
    """Reads of tags by their number, as they come from the adapters."""
    n = tag.size
    return ReadColumns(
        seen_us=seen_us,
        raw_us=seen_us,
        arrived_us=np.full(n, arrived_us, np.int64),
        read_point=point.astype(np.int32),
        epc_hi=np.full(n, (24 << 56) | 0x30340242, np.uint64),
        epc_lo=tag.astype(np.uint64),
        rssi_dbm=rssi_dbm,
        phase_deg=np.full(n, NO_PHASE_DEG, np.float32),
        channel_mhz=np.full(n, NO_CHANNEL_MHZ, np.float32),
        count=np.ones(n, np.int32),
    )


def _batch(tag: Ints, point: Ints, rssi_dbm: Floats32, seen_us: Ints) -> Timed:
    closed_us = int(seen_us[-1]) + 1
    return Batch(reads=columns_of(tag, point, rssi_dbm, seen_us, closed_us)), closed_us
