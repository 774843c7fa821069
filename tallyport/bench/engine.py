"""From columns to decisions, on one core: removing repeats, and a whole step."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from core.engine import Engine
from core.engine.dedupe import Dedupe
from core.engine.index import TagIndex, mixed
from core.engine.kernels_dedupe import mark_late
from core.engine.kernels_touch import touch
from core.engine.pending import Pending
from core.engine.plan import dedupe_us_of
from core.engine.records import Ints
from core.model.batch import Batch
from core.model.columns import NEVER_US, ReadColumns
from core.site import Antenna, EngineParameters, Reader, Site, Zone, ZoneKind
from tallyport.bench.bursts import BATCH, START_US, Bursts, Timed, bursts_site, columns_of
from tallyport.bench.figure import Figure, rate, rate_from
from tallyport.bench.peers import peer_rates
from tallyport.bench.stream import READERS

TAGS: Final = 40_000
ZONES: Final = READERS
STRAYS: Final = 0.1
WINDOW_US: Final = 1_000_000
SETTLE_US: Final = 2_000_000
FIRST: Final = 60
TIMED: Final = 60
"""Batches before the time starts, and after."""

MANY: Final = 1_000_000
"""Tags of a large warehouse."""
STRETCH: Final = 1_000_000
"""Reads in a stretch of it that is timed."""
RUNS: Final = 3
WORD: Final = 8
"""Bytes."""

Lists = tuple[list[int], list[int], list[int]]


def engine_figures() -> Iterator[Figure]:
    """Few tags or many, mostly repeats or hardly any, and a large warehouse; the tags are known before."""
    for name, tags, step_us in (("repeats", 400, 1_000), ("kept", TAGS, 400_000)):
        batches = _stream(tags, step_us, FIRST + TIMED)
        first, timed = batches[:FIRST], batches[FIRST:]
        reads = sum(len(batch.reads) for batch, _ in timed)
        setting = {"tags": tags, "batch": BATCH, "read_points": ZONES}
        loop = rate_from(partial(_loop, first), partial(_take_loops, _lists(timed)), reads, runs=3)
        peers = {"dict loop": loop, **peer_rates(first, timed, WINDOW_US)}
        yield Figure(
            name=f"dedupe/{name}",
            ours=rate_from(partial(_sieve, first), partial(_sift, timed), reads, runs=3),
            unit="reads/s",
            peers=peers,
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
    yield uniform_figure(MANY, STRETCH)
    yield bursts_figure(MANY, STRETCH)


def uniform_figure(tags: int, reads: int) -> Figure:
    """
    Removing repeats where any of many tags may be next, each at its own read point.

    Whoever removes repeats must look at the EPC that it knows, to tell that it is the same, and at when that tag was
    kept there last, and write that if the read is kept. So the limit is a loop that does no more than touch a row of
    both tables, at once for as many reads as memory can serve; what finds the rows, such as an index, is no part of it.
    """
    stream, sieve = Bursts(tags), _Sieve(bursts_site())
    _sift(stream.once(), sieve)
    stretches = [stream.uniform(reads) for _ in range(RUNS + 1)]
    sizes, lists = sieve.sizes(), _lists(stretches[0])
    n = sum(len(batch.reads) for batch, _ in stretches[0])
    return Figure(
        name="dedupe/uniform",
        ours=rate_from(iter(stretches).__next__, partial(_sift, sieve=sieve), n, RUNS),
        unit="reads/s",
        peers={"dict loop": rate_from(dict, partial(_take_loops, lists), n, runs=1)},
        limit=_touched(stretches[0], sizes),
        setting={
            "tags": tags,
            "batch": BATCH,
            "limit": "a loop that touches rows of the same size: of EPCs and repeats",
        },
    )


def bursts_figure(tags: int, reads: int) -> Figure:
    """A whole step in a large warehouse, doors and all, beside a loop that only touches the same rows."""
    stream, engine = Bursts(tags), Engine(bursts_site())
    engine.warm_up()
    _play(stream.once(), engine)
    stretches = [stream.next(reads) for _ in range(RUNS + 1)]
    sizes, lists = engine.sizes(), _lists(stretches[0])
    n, kept = sum(len(batch.reads) for batch, _ in stretches[0]), []

    def play(timed: list[Timed]) -> None:
        kept.append(sum(engine.step(batch, closed_us).stored.tag_id.size for batch, closed_us in timed))

    return Figure(
        name="step/bursts",
        ours=rate_from(iter(stretches).__next__, play, n, RUNS),
        unit="reads/s",
        peers={"dict loop, repeats only": rate_from(dict, partial(_take_loops, lists), n, runs=1)},
        limit=_touched(stretches[0], sizes),
        setting={
            "tags": tags,
            "batch": BATCH,
            "read_points": len(engine.site.read_points),
            "repeats": round(1 - float(np.mean(kept)) / n, 3),
            "bytes_a_tag": {name: round(rows * width / tags, 1) for name, (rows, width) in sizes.items()},
            "state_bytes_a_tag": sizes["tags"][1],
            "limit": "a loop that touches the same rows: of EPCs, repeats and tags",
        },
    )


def _touched(timed: list[Timed], sizes: dict[str, tuple[int, int]]) -> float:
    """Reads a second of a loop that only touches each read's row of tables of such sizes, one table after the other."""
    n, took_s = sum(len(batch.reads) for batch, _ in timed), 0.0
    for rows, width in sizes.values():
        # Which row is a tag's is no matter, as long as they are spread over the whole table.
        at = np.concatenate(_spread(timed, 1 << (rows.bit_length() - 1)))
        took_s += 1 / rate(partial(touch, at, np.zeros((rows, -(-width // WORD)), np.int64)), n, RUNS)
    return 1 / took_s


def _spread(timed: list[Timed], rows: int) -> list[Ints]:
    """For each batch, a row of each read's tag; there are a power of two of them."""
    hashes = [mixed(batch.reads.epc_hi, batch.reads.epc_lo) for batch, _ in timed]
    return [((each >> np.uint64(20)) & np.uint64(rows - 1)).astype(np.int64) for each in hashes]


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

    def __init__(self, site: Site) -> None:
        self.index = TagIndex()
        self.dedupe = Dedupe(dedupe_us_of(site))
        self._pending = Pending()

    def sift(self, reads: ReadColumns) -> None:
        """Find each read's tag and give it its verdict."""
        tag, verdict = self.index.find(reads.epc_hi, reads.epc_lo, {}), np.empty(len(reads), np.uint8)
        mark_late(reads.seen_us, reads.arrived_us, SETTLE_US, NEVER_US, verdict)
        self.dedupe.sort(reads, tag, verdict, self._pending)

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Rows, and bytes a row, of what says which EPC a tag is, and when it was kept."""
        return {"epcs": self.index.sizes()["epcs"], "repeats": self.dedupe.sizes()}


def _sieve(first: list[Timed]) -> _Sieve:
    sieve = _Sieve(bench_site())
    _sift(first, sieve)
    return sieve


def _sift(batches: list[Timed], sieve: _Sieve) -> None:
    for batch, _ in batches:
        sieve.sift(batch.reads)


def _places(first: list[Timed], timed: list[Timed]) -> tuple[Ints, list[Ints]]:
    """The table as it stands before the time starts, and where in it each read would be looked for."""
    table = _sieve(first).dedupe.table
    return table, _spread(timed, table.shape[0])


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
        level = (-55 - 8 * (zone != tag % ZONES) + rng.normal(0, 3, BATCH)).astype(np.float32)
        reads = columns_of(tag, main[zone], level, seen_us, START_US + (i + 1) * step_us)
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
