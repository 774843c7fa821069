"""
How fast steps commit on one connection: `python -m tests.bench.bench_store postgresql://…/empty_database`.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Sequence

import numpy as np

from core.store import Store, migrate, open_store
from tests.store_steps import SECOND_US, START_US, Place, Steps, positions_of, reads_of, small_site

TAGS = 100_000


async def measure(dsn: str, *, batch: int, steps: int) -> list[dict[str, object]]:
    """Commit steps of kept reads, of positions and of both; the figures of each."""
    await migrate(dsn)
    found: list[dict[str, object]] = []
    async with open_store(dsn, role="ingest") as store:
        await store.save_site(small_site())
        maker = Steps()
        everything = np.arange(TAGS)
        for first in range(0, TAGS, 10_000):
            tags = everything[first : first + 10_000].tolist()
            await store.commit(maker.next(positions=positions_of([Place(tag_id=tag) for tag in tags])))
        for name, parts in (("reads", (True, False)), ("positions", (False, True)), ("both", (True, True))):
            seconds = await _commit(store, maker, parts, batch=batch, steps=steps)
            rate = batch * steps / sum(seconds)
            p50, p99 = np.percentile(seconds, [50, 99])
            found.append(
                {
                    "name": f"store_commit/{name}",
                    "ours": round(rate),
                    "unit": "rows/s",
                    "setting": {"edition": store.edition.value, "batch": batch, "tags": TAGS},
                    "commit_ms": {"p50": round(p50 * 1e3, 1), "p99": round(p99 * 1e3, 1)},
                }
            )
        assert await store.recount_stock("north") == []
    return found


async def _commit(store: Store, maker: Steps, parts: Sequence[bool], *, batch: int, steps: int) -> list[float]:
    random = np.random.default_rng(1)
    seconds = []
    for _ in range(steps):
        now_us = START_US + (maker.seq + 1) * SECOND_US
        tags = np.sort(random.choice(TAGS, batch, replace=False)).tolist()
        zones = random.choice(2, batch, p=[0.95, 0.05]).tolist()
        stored = reads_of([(tag, 1, now_us + i) for i, tag in enumerate(tags)] if parts[0] else [])
        places = [Place(tag_id=t, zone=z, seen_us=now_us) for t, z in zip(tags, zones, strict=True)]
        step = maker.next(stored=stored, positions=positions_of(places if parts[1] else []))
        began = time.perf_counter()
        await store.commit(step)
        seconds.append(time.perf_counter() - began)
    return seconds


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dsn")
    parser.add_argument("--batch", type=int, default=5_000)
    parser.add_argument("--steps", type=int, default=40)
    given = parser.parse_args()
    print(json.dumps(asyncio.run(measure(given.dsn, batch=given.batch, steps=given.steps)), indent=1))  # noqa: T201


if __name__ == "__main__":
    main()
