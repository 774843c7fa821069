"""How long questions take as the history grows: where a tag is, when it was read last, what is in a zone."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import numpy as np

from core.settings import Settings
from core.store import Store, migrate, open_store
from core.store.connection import Connection
from core.store.views_stock import list_positions, list_reads
from tallyport.bench.curve import Curve
from tallyport.bench.engine import ZONES, bench_site
from tallyport.bench.store import ROWS, TAGS, Steps
from tallyport.services import running_services

HISTORY: Final = (100_000, 1_000_000, 5_000_000)
"""Rows of `read`."""
MINUTE_US: Final = 60_000_000
"""Between two steps: the longest history is half a day's."""
ASKED: Final = 100
PAGE: Final = 100

Ask = Callable[[Connection, int, int], Awaitable[Any]]
"""Puts a question about tag or zone n of a site."""


async def query_curves(settings: Settings, history: Sequence[int] = HISTORY) -> list[Curve]:
    """Milliseconds of each question (the median of many) against the rows of history, on a real database."""
    async with running_services(settings) as services:
        await migrate(services.database_url)
        async with open_store(services.database_url, role="ingest") as store:
            await store.save_site(bench_site())
            steps = Steps(time.time_ns() // 1_000 - history[-1] // ROWS * MINUTE_US, MINUTE_US)
            for first in range(0, TAGS, ROWS):
                await store.commit(steps.new_tags(first))
            costs = [await _asked(store, steps, rows) for rows in np.diff(history, prepend=0).tolist()]
            setting = {"edition": str(store.edition.value), "tags": TAGS, "zones": ZONES}
    return [
        Curve(
            name=name, against="reads kept", unit="ms", sizes=history, costs=[c[name] for c in costs], setting=setting
        )
        for name in QUESTIONS
    ]


async def _asked(store: Store, steps: Steps, rows: int) -> dict[str, float]:
    """What each question takes once there are so many rows more."""
    for _ in range(0, rows, ROWS):
        await store.commit(steps.next(stored=True, placed=False))
    return {name: await _median_ms(store, ask) for name, ask in QUESTIONS.items()}


async def _median_ms(store: Store, ask: Ask) -> float:
    rng, took = np.random.default_rng(3), []
    async with store.connection() as conn:
        await conn.execute("ANALYZE")
        (site_id,) = await (await conn.execute("SELECT site_id FROM site")).fetchone() or (0,)
        for n in rng.integers(0, TAGS, ASKED).tolist():
            started = time.perf_counter()
            await ask(conn, site_id, n)
            took.append((time.perf_counter() - started) * 1e3)
    return float(np.median(took))


async def _where(conn: Connection, site_id: int, n: int) -> None:
    assert len(await list_positions(conn, site_id, 1, tag_id=n)) == 1


async def _last_read(conn: Connection, site_id: int, n: int) -> None:
    none = dict.fromkeys(("since", "until", "after_us", "after_point", "after_raw"))
    await list_reads(conn, site_id, n, 1, **none)


async def _in_zone(conn: Connection, site_id: int, n: int) -> None:
    assert len(await list_positions(conn, site_id, PAGE, zone=f"z{n % ZONES}")) == PAGE


QUESTIONS: Final[dict[str, Ask]] = {
    "query/where is a tag": _where,
    "query/last read of a tag": _last_read,
    "query/what is in a zone": _in_zone,
}
