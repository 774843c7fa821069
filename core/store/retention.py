"""
What has served its time is forgotten here, on our own timer in every edition; one process at a time.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from core.store.connection import Connection
from core.store.edition import Edition, delete_before, drop_before
from core.store.queries import QUERIES

_ROOM: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long what is kept."""

    read_h: int = 48
    """Kept reads and late ones."""
    reader_event_days: int = 30
    sensor_reading_days: int = 400
    movement_days: int = 400
    passage_days: int = 400
    alert_event_days: int = 400
    ledger_days: int = 400
    dead_letters: int = 10_000
    """The newest so many."""


async def prune(conn: Connection, edition: Edition, keep: Retention) -> dict[str, int]:
    """
    Forget what is older than asked, in stream time; how many rows or chunks of each table went.

    Reads and events that a restart would replay stay for a week, so that a site out of use doesn't keep them for ever.
    Nothing happens while another process does this, or before the first step.
    """
    row = await (await conn.execute("SELECT pg_try_advisory_lock(%s, 0)", (_ROOM,))).fetchone()
    if row is None or not row[0]:
        return {}
    try:
        return await _forget(conn, edition, keep)
    finally:
        await conn.execute("SELECT pg_advisory_unlock(%s, 0)", (_ROOM,))


async def _forget(conn: Connection, edition: Edition, keep: Retention) -> dict[str, int]:
    row = await (await conn.execute(QUERIES["stream_time"])).fetchone()
    if row is None or row[0] is None:
        return {}
    now, needed = row
    reads_before = min(now - timedelta(hours=keep.read_h), needed)
    events_before = min(now - timedelta(days=keep.reader_event_days), needed)
    gone = {
        "read": await drop_before(conn, edition, "read", reads_before),
        "late_read": await delete_before(conn, "late_read", "arrived_at", reads_before),
        "reader_event": await delete_before(conn, "reader_event", "seen_at", events_before),
        "reader_ledger": await delete_before(conn, "reader_ledger", "at", now - timedelta(days=keep.ledger_days)),
    }
    days = {
        "sensor_reading": keep.sensor_reading_days,
        "movement": keep.movement_days,
        "passage": keep.passage_days,
        "alert_event": keep.alert_event_days,
    }
    for table, number in days.items():
        gone[table] = await drop_before(conn, edition, table, now - timedelta(days=number))
    cursor = await conn.execute(QUERIES["trim_dead_letters"], {"kept": keep.dead_letters})
    gone["dead_letter"] = cursor.rowcount
    return gone
