"""The whole line as one would write it first: json, a dict of last times, and executemany into the same database."""

import json
from datetime import UTC, datetime
from typing import Final

import psycopg

from tallyport.bench.stream import WINDOW_US

TABLE: Final = "bench_plain_read"
_INSERT: Final = f"INSERT INTO {TABLE} (seen_at, epc, antenna, rssi_dbm) VALUES (%s, %s, %s, %s)"  # noqa: S608 - ours
_CREATE: Final = f"""
DROP TABLE IF EXISTS {TABLE};
CREATE TABLE {TABLE} (seen_at timestamptz NOT NULL, epc text NOT NULL, antenna integer NOT NULL, rssi_dbm real)
"""
_HYPERTABLE: Final = f"SELECT create_hypertable('{TABLE}', 'seen_at') FROM pg_extension WHERE extname = 'timescaledb'"  # noqa: S608


class Pipeline:
    """Takes a message and returns once its new reads are durable, for paho acknowledges it then; decides nothing."""

    def __init__(self, database_url: str) -> None:
        self._last: dict[tuple[str, int], int] = {}
        self._conn = psycopg.connect(database_url)
        self._conn.execute(_CREATE)
        self._conn.execute(_HYPERTABLE)
        self._conn.commit()

    def __call__(self, payload: bytes) -> None:
        """Take a message of JSON columns."""
        columns = json.loads(payload)["columns"]
        rows = []
        for seen_us, epc, antenna, rssi_dbm in zip(*columns.values(), strict=True):
            if seen_us - self._last.get((epc, antenna), 0) >= WINDOW_US:
                self._last[epc, antenna] = seen_us
                rows.append((datetime.fromtimestamp(seen_us / 1e6, UTC), epc, antenna, rssi_dbm))
        if rows:
            with self._conn.cursor() as cursor:
                cursor.executemany(_INSERT, rows)
            self._conn.commit()


def forget(database_url: str) -> None:
    """Leave nothing of it in the database."""
    with psycopg.connect(database_url) as conn:
        conn.execute(f"DROP TABLE IF EXISTS {TABLE}")
