"""From columns to decisions, on one core: removing repeats, and a whole step."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from core.engine import Engine
from core.model.batch import Batch
from core.model.columns import NO_CHANNEL_MHZ, NO_PHASE_DEG, ReadColumns
from core.site import Antenna, EngineParameters, Reader, Site, Zone, ZoneKind
from tallyport.bench.figure import Figure, rate

TAGS: Final = 40_000
BATCH: Final = 5_000
START_US: Final = 1_795_298_412_000_000
ZONES: Final = 24
STRAYS: Final = 0.1
WINDOW_US: Final = 1_000_000


def engine_figures() -> Iterator[Figure]:
    """Streams with mostly repeats, as readers send them, and with hardly any."""
    # One pass and no warm-up round: an engine that has taken a stream is not the engine that will take it again.
    for name, tags, step_us in (("repeats", 400, 1_000), ("kept", TAGS, 400_000)):
        batches = _stream(tags, step_us, n=60)
        reads = sum(len(batch.reads) for batch, _ in batches)
        columns = [(b.reads.epc_lo.tolist(), b.reads.read_point.tolist(), b.reads.seen_us.tolist()) for b, _ in batches]
        lows = [batch.reads.epc_lo for batch, _ in batches]
        yield Figure(
            name=f"step/{name}",
            ours=rate(partial(_play, batches), reads, runs=3),
            unit="reads/s",
            peers={"dict loop, repeats only": rate(partial(_dict_loop, columns), reads, runs=3)},
            limit=rate(partial(_sort_all, lows), reads),
            setting={"tags": tags, "batch": BATCH, "zones": ZONES, "limit": "sorting the keys with numpy"},
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


def _play(batches: list[tuple[Batch, int]]) -> None:
    engine = Engine(bench_site())
    for batch, closed_us in batches:
        engine.step(batch, closed_us)


def _stream(tags: int, step_us: int, n: int) -> list[tuple[Batch, int]]:
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


def _dict_loop(columns: list[tuple[list[int], list[int], list[int]]]) -> int:
    """The peer: what one would write first, removing repeats and deciding nothing."""
    last: dict[tuple[int, int], int] = {}
    kept = 0
    for tags, points, times in columns:
        for tag, point, at_us in zip(tags, points, times, strict=True):
            if at_us - last.get((tag, point), 0) >= WINDOW_US:
                last[tag, point] = at_us
                kept += 1
    return kept


def _sort_all(keys: list[npt.NDArray[np.uint64]]) -> None:
    for column in keys:
        np.sort(column)
