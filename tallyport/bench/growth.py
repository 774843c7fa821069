"""What a step of the engine costs as tags, zones, antennas, sites and batches grow: processor's time, and memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product, zip_longest
from math import ceil, sqrt
from typing import Final

import numpy as np

from core.engine import Engine
from core.model.batch import Batch
from core.site import Antenna, Reader, Site, Zone, ZoneKind
from tallyport.bench.bursts import START_US, Timed, columns_of
from tallyport.bench.curve import Curve
from tallyport.bench.figure import rate_from

TAGS: Final = (10_000, 100_000, 1_000_000)
BIG_TAGS: Final = 10_000_000
ZONES: Final = (10, 50, 200)
ANTENNAS: Final = (1, 4, 16)
"""Over each zone."""
SITES: Final = (1, 4, 16)
BATCHES: Final = (500, 5_000, 50_000)
TURN_S: Final = 10
"""Each tag has its turn so often, however many there are, so that as much of all reads is news."""
TURN_READS: Final = 5
TURN_US: Final = 20_000
"""Between two reads of a turn; all but the first are repeats."""
STRETCH: Final = 100_000
"""Reads that are timed at once."""
RUNS: Final = 3
SIDE_M: Final = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """A warehouse of one size: zones in a grid, each with a reader that has some antennas."""

    tags: int = 100_000
    zones: int = 100
    antennas: int = 1
    batch: int = 5_000

    def site(self) -> Site:
        """Its plan."""
        row = ceil(sqrt(self.zones))
        zones, readers = [], []
        for i in range(self.zones):
            x, y, side = (i % row) * SIDE_M, (i // row) * SIDE_M, SIDE_M - 1
            corners = ((x, y), (x + side, y), (x + side, y + side), (x, y + side))
            zones.append(Zone(id=f"z{i}", name=f"Zone {i}", kind=ZoneKind.STORAGE, polygon=corners))
            hung = [x + side * (k + 0.5) / self.antennas for k in range(self.antennas)]
            antennas = tuple(Antenna(port=k + 1, x=at, y=y + side / 2, zone=f"z{i}") for k, at in enumerate(hung))
            readers.append(Reader(id=f"r{i}", name=f"r{i}", antennas=antennas))
        return Site(
            id="hall",
            name="Hall",
            timezone="UTC",
            width_m=row * SIDE_M,
            height_m=row * SIDE_M,
            zones=tuple(zones),
            readers=tuple(readers),
        )


class Turns:
    """An endless stream of a hall, in which each tag has its turn every few seconds, at an antenna of its zone."""

    def __init__(self, hall: Hall, site: Site) -> None:
        self._hall = hall
        places = product(range(hall.zones), range(1, hall.antennas + 1))
        self._points = np.array([site.read_point_index[f"r{zone}", port] for zone, port in places])
        self._rng = np.random.default_rng(14)
        self._order = self._rng.permutation(hall.tags)
        self._turns = 0

    def next(self, reads: int) -> list[Timed]:
        """Give so many reads, in batches as they arrive."""
        turn = np.repeat(self._turns + np.arange(reads // TURN_READS), TURN_READS)
        self._turns += reads // TURN_READS
        seen_us = START_US + turn * TURN_S * 1_000_000 // self._hall.tags
        seen_us += np.tile(np.arange(TURN_READS) * TURN_US, turn.size // TURN_READS)
        order = np.argsort(seen_us, kind="stable")
        tag, seen_us = self._order[turn[order] % self._hall.tags], seen_us[order]
        point = self._points[tag % self._points.size]
        level = (-52 + self._rng.normal(0, 3, tag.size)).astype(np.float32)
        batches = []
        for at in range(0, tag.size, self._hall.batch):
            cut, closed_us = slice(at, at + self._hall.batch), int(seen_us[at : at + self._hall.batch][-1]) + 1
            reads_of = columns_of(tag[cut], point[cut], level[cut], seen_us[cut], closed_us)
            batches.append((Batch(reads=reads_of), closed_us))
        return batches


def engine_curves(*, big: bool, stretch: int = STRETCH) -> Iterator[Curve]:
    """Time and memory against tags, and time against zones and reads a batch."""
    tags = (*TAGS, BIG_TAGS) if big else TAGS
    took, held = zip(*(measured(Hall(tags=n), stretch) for n in tags), strict=True)
    setting = {"zones": Hall().zones, "batch": Hall().batch}
    yield Curve(name="step/tags", against="tags", unit="us a read", sizes=tags, costs=took, setting=setting)
    yield Curve(name="memory/tags", against="tags", unit="MB", sizes=tags, costs=held, setting=setting)
    by_zones = [measured(Hall(zones=n), stretch)[0] for n in ZONES]
    setting = {"tags": Hall().tags, "batch": Hall().batch}
    yield Curve(name="step/zones", against="zones", unit="us a read", sizes=ZONES, costs=by_zones, setting=setting)
    by_antennas = [measured(Hall(zones=ZONES[1], antennas=n), stretch)[0] for n in ANTENNAS]
    setting = {"tags": Hall().tags, "zones": ZONES[1], "batch": Hall().batch}
    yield Curve(
        name="step/antennas",
        against="antennas a zone",
        unit="us a read",
        sizes=ANTENNAS,
        costs=by_antennas,
        setting=setting,
    )
    by_sites = [measured_together(n, stretch) for n in SITES]
    setting = {"tags of all": Hall().tags, "zones of each": Hall().zones, "batch": Hall().batch}
    yield Curve(name="step/sites", against="sites", unit="us a read", sizes=SITES, costs=by_sites, setting=setting)
    by_batch = [measured(Hall(batch=n), stretch)[0] * n / 1e3 for n in BATCHES]
    setting = {"tags": Hall().tags, "zones": Hall().zones}
    yield Curve(
        name="step/batch", against="reads a batch", unit="ms a batch", sizes=BATCHES, costs=by_batch, setting=setting
    )


def measured(hall: Hall, stretch: int) -> tuple[float, float]:
    """Microseconds a read of a step, and MB of tables, once every tag is known."""
    site = hall.site()
    engine, stream = Engine(site), Turns(hall, site)
    engine.warm_up()
    while engine.tags < hall.tags:
        _play(stream.next(stretch), engine)
    n = stretch // TURN_READS * TURN_READS
    reads_per_s = rate_from(lambda: stream.next(stretch), lambda timed: _play(timed, engine), n, RUNS)
    return 1e6 / reads_per_s, sum(rows * width for rows, width in engine.sizes().values()) / 1e6


def measured_together(sites: int, stretch: int) -> float:
    """Microseconds a read where as many tags and reads are those of several sites, whose engines take turns."""
    hall = Hall(tags=Hall().tags // sites)
    site = hall.site()
    streams = [(Turns(hall, site), Engine(site)) for _ in range(sites)]
    for stream, engine in streams:
        while engine.tags < hall.tags:
            _play(stream.next(stretch), engine)

    def prepare() -> list[tuple[list[Timed], Engine]]:
        return [(stream.next(stretch // sites), engine) for stream, engine in streams]

    def play(all_of: list[tuple[list[Timed], Engine]]) -> None:
        for batches in zip_longest(*(timed for timed, _ in all_of)):
            for one, (_, engine) in zip(batches, all_of, strict=True):
                if one is not None:
                    _play([one], engine)

    n = stretch // sites // TURN_READS * TURN_READS * sites
    return 1e6 / rate_from(prepare, play, n, RUNS)


def _play(timed: list[Timed], engine: Engine) -> None:
    for batch, closed_us in timed:
        engine.step(batch, closed_us)
