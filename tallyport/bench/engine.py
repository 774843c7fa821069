"""From columns to decisions, on one core: removing repeats, and a whole step."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from core.engine import Engine
from core.engine.dedupe import Dedupe
from core.engine.index import TagIndex, home_of
from core.engine.pending import Pending
from core.engine.plan import dedupe_us_of
from core.engine.records import Ints
from core.model.batch import Batch
from core.model.columns import NO_CHANNEL_MHZ, NO_PHASE_DEG, ReadColumns
from core.site import Antenna, EngineParameters, Reader, Site, Zone, ZoneKind
from tallyport.bench.figure import Figure, rate, rate_from
from tallyport.bench.stream import READERS

TAGS: Final = 40_000
BATCH: Final = 5_000
START_US: Final = 1_795_298_412_000_000
ZONES: Final = READERS
STRAYS: Final = 0.1
WINDOW_US: Final = 1_000_000
FIRST: Final = 60
TIMED: Final = 60
"""Batches before the time starts, and after."""

Timed = tuple[Batch, int]
Lists = tuple[list[int], list[int], list[int]]


def engine_figures() -> Iterator[Figure]:
    """Streams with mostly repeats, as readers send them, and with hardly any; the tags are known before."""
    for name, tags, step_us in (("repeats", 400, 1_000), ("kept", TAGS, 400_000)):
        batches = _stream(tags, step_us, FIRST + TIMED)
        first, timed = batches[:FIRST], batches[FIRST:]
        reads = sum(len(batch.reads) for batch, _ in timed)
        setting = {"tags": tags, "batch": BATCH, "read_points": ZONES}
        loop = rate_from(partial(_loop, first), partial(_take_loops, _lists(timed)), reads, runs=3)
        yield Figure(
            name=f"dedupe/{name}",
            ours=rate_from(partial(_sieve, first), partial(_sift, timed), reads, runs=3),
            unit="reads/s",
            peers={"dict loop": loop},
            limit=rate_from(partial(_places, first, timed), _look_up, reads, runs=3),
            setting={**setting, "limit": "numpy looking up one number in the same table a read"},
        )
        yield Figure(
            name=f"step/{name}",
            ours=rate_from(partial(_engine, first), partial(_play, timed), reads, runs=3),
            unit="reads/s",
            peers={"dict loop, repeats only": loop},
            limit=rate(partial(_sort_all, [batch.reads.epc_lo for batch, _ in timed]), reads),
            setting={**setting, "limit": "sorting the keys with numpy"},
        )


def bench_site() -> Site:
    """A hall of zones in a row, an antenna in each."""
    zones = tuple(
        Zone(
            id=f"z{i}",
            name=f"Zone {i}",
            kind=ZoneKind.STORAGE,
            polygon=((i * 6.0, 0.0), (i * 6.0 + 5.9, 0.0), (i * 6.0 + 5.9, 8.0), (i * 6.0, 8.0)),
        )
        for i in range(ZONES)
    )
    readers = tuple(
        Reader(id=f"r{i}", name=f"r{i}", antennas=(Antenna(port=1, x=i * 6.0 + 3.0, y=4.0, zone=f"z{i}"),))
        for i in range(ZONES)
    )
    return Site(
        id="bench",
        name="Bench",
        timezone="UTC",
        width_m=ZONES * 6.0,
        height_m=8.0,
        zones=zones,
        readers=readers,
        engine=EngineParameters(),
    )


def _engine(first: list[Timed]) -> Engine:
    engine = Engine(bench_site())
    _play(first, engine)
    return engine


def _play(batches: list[Timed], engine: Engine) -> None:
    for batch, closed_us in batches:
        engine.step(batch, closed_us)


class _Sieve:
    """The part of the engine that tells kept reads from repeats."""

    def __init__(self) -> None:
        self.index = TagIndex()
        self.dedupe = Dedupe(dedupe_us_of(bench_site()))
        self._pending = Pending()

    def sift(self, reads: ReadColumns) -> None:
        """Find each read's tag and give it its verdict."""
        tag = self.index.find(reads.epc_hi, reads.epc_lo, {})
        self.dedupe.sort(reads, tag, np.ones(len(reads), np.bool_), self._pending)


def _sieve(first: list[Timed]) -> _Sieve:
    sieve = _Sieve()
    _sift(first, sieve)
    return sieve


def _sift(batches: list[Timed], sieve: _Sieve) -> None:
    for batch, _ in batches:
        sieve.sift(batch.reads)


def _places(first: list[Timed], timed: list[Timed]) -> tuple[Ints, list[Ints]]:
    """The table as it stands before the time starts, and where in it each read would be looked for."""
    table = _sieve(first).dedupe.table
    return table, [home_of(batch.reads.epc_hi, batch.reads.epc_lo, table.shape[0]) for batch, _ in timed]


def _look_up(places: tuple[Ints, list[Ints]]) -> None:
    table, homes = places
    for home in homes:
        table[home, 0]


def _stream(tags: int, step_us: int, n: int) -> list[Timed]:
    """N batches in which each tag is heard by the antenna of its zone and now and then by a neighbour's."""
    rng = np.random.default_rng(11)
    site = bench_site()
    main = np.array([site.read_point_index[f"r{i}", 1] for i in range(ZONES)])
    batches = []
    for i in range(n):
        tag = rng.integers(0, tags, BATCH)
        zone = np.clip(tag % ZONES + (rng.random(BATCH) < STRAYS) * rng.choice((-1, 1), BATCH), 0, ZONES - 1)
        seen_us = START_US + i * step_us + np.sort(rng.integers(0, step_us, BATCH))
        reads = ReadColumns(
            seen_us=seen_us,
            raw_us=seen_us,
            arrived_us=np.full(BATCH, START_US + (i + 1) * step_us, np.int64),
            read_point=main[zone].astype(np.int32),
            epc_hi=np.full(BATCH, (24 << 56) | 0x30340242, np.uint64),
            epc_lo=tag.astype(np.uint64),
            rssi_dbm=(-55 - 8 * (zone != tag % ZONES) + rng.normal(0, 3, BATCH)).astype(np.float32),
            phase_deg=np.full(BATCH, NO_PHASE_DEG, np.float32),
            channel_mhz=np.full(BATCH, NO_CHANNEL_MHZ, np.float32),
            count=np.ones(BATCH, np.int32),
        )
        batches.append((Batch(reads=reads), START_US + (i + 1) * step_us))
    return batches


def _lists(batches: list[Timed]) -> list[Lists]:
    return [(b.reads.epc_lo.tolist(), b.reads.read_point.tolist(), b.reads.seen_us.tolist()) for b, _ in batches]


def _loop(first: list[Timed]) -> dict[tuple[int, int], int]:
    last: dict[tuple[int, int], int] = {}
    _take_loops(_lists(first), last)
    return last


def _take_loops(columns: list[Lists], last: dict[tuple[int, int], int]) -> None:
    """The peer: what one would write first, removing repeats and deciding nothing."""
    for tags, points, times in columns:
        for tag, point, at_us in zip(tags, points, times, strict=True):
            if at_us - last.get((tag, point), 0) >= WINDOW_US:
                last[tag, point] = at_us


def _sort_all(keys: list[npt.NDArray[np.uint64]]) -> None:
    for column in keys:
        np.sort(column)
