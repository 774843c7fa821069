"""
A look at a database from outside, before anything relies on it: which server, which edition, how far its schema is.
"""

from dataclasses import dataclass

from core.errors import SchemaMismatch
from core.store.connection import Role, connect
from core.store.edition import Edition, detect_edition
from core.store.failures import store_errors
from core.store.migrate import check_schema


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """What a database says about itself."""

    version: str
    major: int
    edition: Edition
    now_us: int
    """The server's clock."""
    schema_problem: str
    """Why this version can't work with its schema; empty where it can."""


async def look_at(dsn: str) -> DatabaseFacts:
    """Ask a database about itself. Raises StoreUnavailable where it can't be reached."""
    with store_errors():
        async with await connect(dsn, Role.MIGRATE) as conn:
            cursor = await conn.execute(
                "SELECT current_setting('server_version'), current_setting('server_version_num')::int / 10000,"
                " (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
            )
            row = await cursor.fetchone()
            assert row is not None
            try:
                await check_schema(conn)
                problem = ""
            except SchemaMismatch as exc:
                problem = str(exc)
            return DatabaseFacts(
                version=row[0].split()[0],
                major=row[1],
                edition=await detect_edition(conn),
                now_us=row[2],
                schema_problem=problem,
            )
