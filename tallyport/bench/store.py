"""How fast steps become durable on one connection, beside a bare COPY of the same rows into a table without index."""

import time
from collections.abc import AsyncIterator
from typing import Final

import numpy as np

from core.model.columns import NO_CHANNEL_MHZ, NO_PHASE_DEG, ReadColumns
from core.model.step import NewTag, PositionColumns, Step, StoredReads
from core.settings import Settings
from core.store import Store, migrate, open_store
from core.store.packing import copy_columns
from core.store.write_reads import READ_TYPES, read_columns
from tallyport.bench.engine import ZONES, bench_site
from tallyport.bench.figure import Figure
from tallyport.services import running_services

TAGS: Final = 100_000
ROWS: Final = 10_000
STEPS: Final = 12


async def store_figures(settings: Settings) -> AsyncIterator[Figure]:
    """Kept reads, and positions that change, in steps of ten thousand."""
    async with running_services(settings) as services:
        await migrate(services.database_url)
        async with open_store(services.database_url, role="ingest") as store:
            await store.save_site(bench_site())
            steps = Steps(time.time_ns() // 1_000)
            for first in range(0, TAGS, ROWS):
                await store.commit(steps.new_tags(first))
            bare = Steps(time.time_ns() // 1_000)
            limit = await _bare_copy(store, bare, "bare")
            indexed = await _bare_copy(store, bare, "indexed", "USING brin (seen_at)", "(tag_id, seen_at)")
            for name, stored, placed in (("store_copy", True, False), ("store_upsert", False, True)):
                seconds = [await _commit(store, steps.next(stored=stored, placed=placed)) for _ in range(STEPS)]
                yield Figure(
                    name=name,
                    ours=ROWS / float(np.median(seconds)),
                    unit="rows/s",
                    limit=limit,
                    peers={"COPY, with our indexes": indexed} if stored else {},
                    lost=len(await store.recount_stock("bench")),
                    setting={
                        "edition": str(store.edition.value),
                        "rows_a_commit": ROWS,
                        "tags": TAGS,
                        "commit_ms_p99": round(float(np.quantile(seconds, 0.99)) * 1e3, 1),
                        "limit": "a bare COPY of the same packed rows into a plain table without an index, as durable",
                    },
                )


async def _commit(store: Store, step: Step) -> float:
    started = time.perf_counter()
    await store.commit(step)
    return time.perf_counter() - started


async def _bare_copy(store: Store, steps: "Steps", table: str, *indexes: str) -> float:
    """Rows a second of nothing but a COPY of the same packed rows into a plain table, each step durable by itself."""
    columns = ", ".join(f"{name} {type_}" for name, type_ in READ_TYPES)
    copy = f"COPY {table} ({', '.join(name for name, _ in READ_TYPES)}) FROM STDIN (FORMAT BINARY)"
    async with store.connection() as conn:
        await conn.execute(f"CREATE TABLE {table} ({columns})")
        for index in indexes:
            await conn.execute(f"CREATE INDEX ON {table} {index}")
        seconds = []
        for _ in range(STEPS):
            step = steps.next(stored=True, placed=False)
            rows = read_columns(step.stored, 1, step.seq, step.closed_us)
            started = time.perf_counter()
            async with conn.transaction():
                await copy_columns(conn, copy, rows)
            seconds.append(time.perf_counter() - started)
    return ROWS / float(np.median(seconds))


class Steps:
    """Makes steps of one site, in order, some time apart."""

    def __init__(self, start_us: int, apart_us: int = 1_000_000) -> None:
        self._seq = 0
        self._now_us, self._apart_us = start_us, apart_us
        self._rng = np.random.default_rng(5)

    def new_tags(self, first: int) -> Step:
        """The tags from `first` on, seen for the first time and placed."""
        tags = np.arange(first, first + ROWS)
        new = tuple(NewTag(tag_id=int(t), epc=f"3034257BF7194E40{t:08X}", first_seen_us=self._now_us) for t in tags)
        return self._step(tags, stored=False, placed=True, new=new)

    def next(self, *, stored: bool, placed: bool) -> Step:
        """Some of the tags, read again or moved."""
        tags = np.sort(self._rng.choice(TAGS, ROWS, replace=False))
        return self._step(tags, stored=stored, placed=placed)

    def _step(self, tags: np.ndarray, *, stored: bool, placed: bool, new: tuple[NewTag, ...] = ()) -> Step:
        self._seq += 1
        self._now_us += self._apart_us
        none = tags[:0]
        return Step(
            site="bench",
            seq=self._seq,
            closed_us=self._now_us,
            settled_us=self._now_us - 2_000_000,
            stored=self._reads(tags if stored else none),
            late=self._reads(none),
            new_tags=new,
            positions=self._positions(tags if placed else none),
            movements=(),
            reader_changes=(),
        )

    def _reads(self, tags: np.ndarray) -> StoredReads:
        n = tags.size
        now = np.full(n, self._now_us, np.int64)
        reads = ReadColumns(
            seen_us=now,
            raw_us=now,
            arrived_us=now,
            read_point=np.ones(n, np.int32),
            epc_hi=np.zeros(n, np.uint64),
            epc_lo=tags.astype(np.uint64),
            rssi_dbm=np.full(n, -60, np.float32),
            phase_deg=np.full(n, NO_PHASE_DEG, np.float32),
            channel_mhz=np.full(n, NO_CHANNEL_MHZ, np.float32),
            count=np.ones(n, np.int32),
        )
        return StoredReads(reads=reads, tag_id=tags.astype(np.int64))

    def _positions(self, tags: np.ndarray) -> PositionColumns:
        n = tags.size
        return PositionColumns(
            tag_id=tags.astype(np.int64),
            zone=self._rng.integers(0, ZONES, n).astype(np.int16),
            state=np.zeros(n, np.uint8),
            confidence=np.full(n, 0.9, np.float32),
            x_m=np.ones(n, np.float32),
            y_m=np.ones(n, np.float32),
            seen_us=np.full(n, self._now_us, np.int64),
            since_us=np.full(n, self._now_us, np.int64),
            read_point=np.ones(n, np.int32),
        )
