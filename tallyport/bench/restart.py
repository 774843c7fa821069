"""How soon a line that was killed is ready again, with many tags and a long history: with a checkpoint, and without."""

import time
from collections.abc import AsyncIterator, Iterator
from typing import Final

import numpy as np

from core.engine import Engine
from core.model.batch import Batch
from core.settings import Settings
from core.store import Store, migrate, open_store
from tallyport.bench.bursts import Timed, columns_of
from tallyport.bench.engine import ZONES, bench_site
from tallyport.bench.figure import Figure
from tallyport.bench.service import running_ingest
from tallyport.services import running_services

TAGS: Final = 1_000_000
READS: Final = 10
"""Kept reads of each tag."""
AT_ONCE: Final = 20_000
"""Tags of a step."""
APART_US: Final = 300_000
"""Between two reads of a tag: all are kept."""
AFTER: Final = 0.05
"""Part of the history that came after the last checkpoint."""


async def restart_figures(settings: Settings, tags: int = TAGS) -> AsyncIterator[Figure]:
    """Build a history through the engine and the store, and start `python -m ingest` on it twice."""
    async with running_services(settings) as services:
        await migrate(services.database_url)
        addresses = {"database_url": services.database_url, "mqtt_url": services.mqtt_url, "sites": ("bench",)}
        chosen = settings.model_copy(update=addresses)
        async with open_store(services.database_url, role="ingest") as store:
            await store.save_site(bench_site())
            await _remember(store, tags)
            limit = await _rows_out(store)
        for name, after in (("restart", AFTER), ("restart/no checkpoint", 1.0)):
            if after == 1.0:
                await _forget_checkpoints(services.database_url)
            folder = settings.data_dir / name.replace("/", "-").replace(" ", "-")
            seconds = await _ready_s(chosen.model_copy(update={"data_dir": folder}))
            yield Figure(
                name=name,
                ours=tags * READS / seconds,
                unit="kept reads/s",
                limit=limit,
                setting={
                    "seconds": round(seconds, 1),
                    "tags": tags,
                    "kept_reads": tags * READS,
                    "after_the_checkpoint": round(tags * READS * after),
                    "limit": "COPY of all kept reads out of the database, unsorted",
                },
            )


async def _forget_checkpoints(url: str) -> None:
    async with open_store(url, role="api") as store, store.connection() as conn:
        await conn.execute("DELETE FROM engine_checkpoint")


async def _ready_s(settings: Settings) -> float:
    """Seconds from starting the line to its word that it is ready."""
    started = time.perf_counter()
    async with running_ingest(settings):
        return time.perf_counter() - started


async def _remember(store: Store, tags: int) -> None:
    """Take the whole history through the engine and commit it, as the line does, with one checkpoint near its end."""
    engine = Engine(bench_site())
    engine.warm_up()
    steps = list(range(0, tags, AT_ONCE))
    checkpoint_at = round(len(steps) * (1 - AFTER))
    for n, (batch, closed_us) in enumerate(_history(tags)):
        await store.commit(engine.step(batch, closed_us))
        if n == checkpoint_at:
            await store.save_checkpoint("bench", engine.seq, engine.checkpoint())


def _history(tags: int) -> Iterator[Timed]:
    """A step for some tags at a time, which ends now: each read so often by its own antenna."""
    site, rng = bench_site(), np.random.default_rng(9)
    points = np.array([site.read_point_index[f"r{i}", 1] for i in range(ZONES)])
    length_us = READS * APART_US
    now_us = time.time_ns() // 1_000 - length_us * (-(-tags // AT_ONCE))
    for first in range(0, tags, AT_ONCE):
        some = np.arange(first, min(first + AT_ONCE, tags))
        tag = np.tile(some, READS)
        seen_us = now_us + np.repeat(np.arange(READS) * APART_US, some.size) + np.tile(some - first, READS)
        level = (-52 + rng.normal(0, 3, tag.size)).astype(np.float32)
        now_us += length_us
        yield Batch(reads=columns_of(tag, points[tag % ZONES], level, seen_us, now_us)), now_us


async def _rows_out(store: Store) -> float:
    """Rows a second of the whole table as it comes out."""
    rows, started = 0, time.perf_counter()
    async with store.connection() as conn:
        cursor = await conn.execute("SELECT count(*) FROM read")
        rows = int((await cursor.fetchall())[0][0])
        started = time.perf_counter()
        async with conn.cursor() as cursor, cursor.copy("COPY (SELECT * FROM read) TO STDOUT (FORMAT BINARY)") as copy:
            async for _ in copy:
                pass
    return rows / (time.perf_counter() - started)
