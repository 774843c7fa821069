"""
The kept reads of a step go into `read`; what came late is compared with history first and completes it.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.model.columns import ReadColumns
from core.model.step import Step, StoredReads
from core.store.connection import Connection
from core.store.facts import SiteFacts
from core.store.packing import Column, copy_columns
from core.store.queries import QUERIES
from core.store.times import RANGE_US, timestamp

READ_TYPES: Final = (
    ("seen_at", "timestamptz"),
    ("arrived_at", "timestamptz"),
    ("raw_us", "bigint"),
    ("site_id", "integer"),
    ("seq", "bigint"),
    ("tag_id", "bigint"),
    ("read_point_no", "smallint"),
    ("rssi_dbm", "real"),
    ("phase_deg", "real"),
    ("channel_mhz", "real"),
    ("count", "integer"),
)
"""The columns of `read` with their types."""
_COPY: Final = f"COPY read ({', '.join(name for name, _ in READ_TYPES)}) FROM STDIN (FORMAT BINARY)"
_REACH_US: Final = 3_600_000_000
"""How far a read's put-right time may have moved between two deliveries; also where a search of history is cut."""


async def write_reads(conn: Connection, facts: SiteFacts, step: Step) -> None:
    """Store the kept reads."""
    if len(step.stored):
        await copy_columns(conn, _COPY, read_columns(step.stored, facts.row_id, step.seq, step.closed_us))


def read_columns(stored: StoredReads, row_id: int, seq: int, stream_us: int) -> list[Column]:
    """The columns of `read` in READ_TYPES order; a wild time is pulled in, so that it makes no wild chunk."""
    reads = stored.reads
    n = len(reads)
    values: tuple[npt.NDArray[Any], ...] = (
        np.clip(reads.seen_us, stream_us - RANGE_US, stream_us + RANGE_US),
        np.clip(reads.arrived_us, stream_us - RANGE_US, stream_us + RANGE_US),
        reads.raw_us,
        np.full(n, row_id),
        np.full(n, seq),
        stored.tag_id,
        reads.read_point,
        reads.rssi_dbm,
        reads.phase_deg,
        reads.channel_mhz,
        reads.count,
    )
    return [(type_, column) for (_, type_), column in zip(READ_TYPES, values, strict=True)]


async def write_late(conn: Connection, facts: SiteFacts, step: Step) -> dict[str, int]:
    """
    Complete history with the late candidates that are no repeats of a stored read; how many of each reader were.

    A candidate is a repeat if a stored read of its tag and read point lies at its own raw time or less than the
    dedupe time before it. Candidates of one step count for each other, in the order in which they arrived.
    """
    kept: Counter[str] = Counter()
    if not len(step.late):
        return {}
    for block in _blocks(step.late.reads.seen_us):
        late = StoredReads(reads=step.late.reads.take(block), tag_id=step.late.tag_id[block])
        fresh = _not_repeated(late, facts, await _repeats(conn, facts, late))
        kept.update(await _insert_late(conn, facts, step, late, fresh))
    return dict(kept)


def _blocks(seen_us: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.intp]]:
    """Indices of reads that lie together in time, arrival order kept in each: one search of history for each block."""
    order = np.argsort(seen_us, kind="stable")
    cuts = np.flatnonzero(np.diff(seen_us[order]) > _REACH_US) + 1
    for block in np.split(order, cuts):
        yield np.sort(block)


async def _repeats(conn: Connection, facts: SiteFacts, late: StoredReads) -> set[int]:
    """Which of these candidates a read in the database already covers."""
    reads = late.reads
    dedupe_us = facts.dedupe_us[reads.read_point]
    params = {
        "site_id": facts.row_id,
        "tag_id": late.tag_id.tolist(),
        "read_point_no": reads.read_point.tolist(),
        "raw_us": reads.raw_us.tolist(),
        "dedupe_us": dedupe_us.tolist(),
        "seen_from": timestamp(int(reads.seen_us.min()) - _REACH_US),
        "seen_to": timestamp(int(reads.seen_us.max()) + _REACH_US),
    }
    cursor = await conn.execute(QUERIES["late_repeats"], params, prepare=False)
    return {row[0] for row in await cursor.fetchall()}


def _not_repeated(late: StoredReads, facts: SiteFacts, covered: set[int]) -> list[int]:
    """Indices of the candidates that neither the database nor an earlier candidate covers."""
    kept: dict[tuple[int, int], list[int]] = {}
    fresh: list[int] = []
    reads = late.reads
    rows = zip(late.tag_id.tolist(), reads.read_point.tolist(), reads.raw_us.tolist(), strict=True)
    for i, (tag, point, raw_us) in enumerate(rows):
        before = kept.setdefault((tag, point), [])
        if i in covered or any(0 <= raw_us - other < facts.dedupe_us[point] for other in before):
            continue
        before.append(raw_us)
        fresh.append(i)
    return fresh


async def _insert_late(
    conn: Connection, facts: SiteFacts, step: Step, late: StoredReads, fresh: list[int]
) -> Counter[str]:
    if not fresh:
        return Counter()
    index = np.array(fresh)
    reads: ReadColumns = late.reads.take(index)
    low, high = step.closed_us - RANGE_US, step.closed_us + RANGE_US
    params = {
        "site_id": facts.row_id,
        "seq": step.seq,
        "seen_at": [timestamp(us) for us in np.clip(reads.seen_us, low, high).tolist()],
        "arrived_at": [timestamp(us) for us in np.clip(reads.arrived_us, low, high).tolist()],
        "raw_us": reads.raw_us.tolist(),
        "tag_id": late.tag_id[index].tolist(),
        "read_point_no": reads.read_point.tolist(),
        "rssi_dbm": reads.rssi_dbm.tolist(),
        "phase_deg": reads.phase_deg.tolist(),
        "channel_mhz": reads.channel_mhz.tolist(),
        "count": reads.count.tolist(),
    }
    cursor = await conn.execute(QUERIES["insert_late"], params)
    return Counter(facts.readers[row[0]] for row in await cursor.fetchall())
