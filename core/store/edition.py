"""
The three editions of the database, and everything in which they differ.

`community` is TimescaleDB under its own licence, `apache` is TimescaleDB's Apache build, `postgres` has no extension.
"""

import logging
from datetime import datetime
from enum import StrEnum
from typing import Final, LiteralString

from psycopg import AsyncConnection, errors, sql

log = logging.getLogger(__name__)


class Edition(StrEnum):
    """What the database can do for us."""

    COMMUNITY = "community"
    """Hypertables, columnstore and policies."""
    APACHE = "apache"
    """Hypertables; old chunks are dropped on our timer."""
    POSTGRES = "postgres"
    """Plain tables; old rows are deleted."""


HYPERTABLES: Final[dict[LiteralString, tuple[LiteralString, LiteralString]]] = {
    "read": ("seen_at", "1 hour"),
    "movement": ("at", "1 day"),
    "passage": ("closed_at", "1 day"),
    "sensor_reading": ("seen_at", "1 day"),
    "alert_event": ("at", "1 day"),
}
"""Table -> its time column and the span of a chunk."""

_COLUMNSTORE: Final[dict[LiteralString, LiteralString]] = {
    "movement": "site_id, tag_id",
    "passage": "site_id, door",
    "sensor_reading": "sensor",
}
"""Tables worth compressing once no late row can come, with the columns that segment them."""


async def detect_edition(conn: AsyncConnection) -> Edition:
    """Find the edition of the database that we are connected to."""
    cursor = await conn.execute(
        "SELECT current_setting('timescaledb.license', true),"
        " EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')"
    )
    row = await cursor.fetchone()
    assert row is not None
    license_name, installed = row
    if not installed:
        return Edition.POSTGRES
    return Edition.COMMUNITY if license_name == "timescale" else Edition.APACHE


async def install_extension(conn: AsyncConnection) -> None:
    """Put TimescaleDB into this database where the server has it loaded; go on without it where we may not."""
    # The loader's own setting: the licence is not known before the extension is in the database.
    cursor = await conn.execute(
        "SELECT current_setting('timescaledb.max_background_workers', true) IS NOT NULL"
        " AND EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')"
    )
    row = await cursor.fetchone()
    assert row is not None
    if not row[0]:
        return
    try:
        await conn.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    except errors.InsufficientPrivilege:
        log.warning(
            "TimescaleDB is there and this role may not install it: plain tables are used",
            extra={"action": "timescaledb_not_installed"},
        )


async def make_hypertables(conn: AsyncConnection, edition: Edition) -> None:
    """Turn the history tables into hypertables; those that already are stay as they are."""
    if edition is Edition.POSTGRES:
        return
    for table, (column, span) in HYPERTABLES.items():
        await conn.execute(
            "SELECT create_hypertable(%s::regclass, %s::name, chunk_time_interval => %s::interval,"
            " create_default_indexes => false, if_not_exists => true, migrate_data => true)",
            (table, column, span),
        )
    if edition is Edition.COMMUNITY:
        for table, segment in _COLUMNSTORE.items():
            await _compress_later(conn, table, segment)


async def _compress_later(conn: AsyncConnection, table: LiteralString, segment: LiteralString) -> None:
    column, _ = HYPERTABLES[table]
    settings = sql.SQL(
        "ALTER TABLE {} SET (timescaledb.compress, timescaledb.compress_segmentby = {},"
        " timescaledb.compress_orderby = {})"
    )
    try:
        async with conn.transaction():
            await conn.execute(settings.format(sql.Identifier(table), segment, f"{column} DESC"))
            await conn.execute(
                "SELECT add_compression_policy(%s::regclass, interval '10 days', if_not_exists => true)", (table,)
            )
    except errors.FeatureNotSupported:
        log.warning("no columnstore for %s here", table, extra={"action": "no_columnstore", "table": table})


async def drop_before(conn: AsyncConnection, edition: Edition, table: LiteralString, before: datetime) -> int:
    """Forget the rows of a history table older than this; how many chunks or rows went."""
    if edition is not Edition.POSTGRES and table in HYPERTABLES:
        # No cutting inside a chunk: what is kept is up to one chunk's span more than asked.
        cursor = await conn.execute("SELECT count(*) FROM drop_chunks(%s::regclass, %s::timestamptz)", (table, before))
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])
    return await delete_before(conn, table, HYPERTABLES[table][0], before)


async def delete_before(conn: AsyncConnection, table: LiteralString, column: LiteralString, before: datetime) -> int:
    """Delete the rows of a plain table older than this; how many went."""
    statement = sql.SQL("DELETE FROM {} WHERE {} < %s").format(sql.Identifier(table), sql.Identifier(column))
    return (await conn.execute(statement, (before,))).rowcount
