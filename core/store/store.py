"""
The database in a few verbs.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from core.store.connection import Connection, Pool, Role, connect, open_pool
from core.store.edition import Edition, detect_edition
from core.store.failures import store_errors
from core.store.migrate import check_schema


class Store:
    """An open database of this version's schema. Made by open_store."""

    def __init__(self, pool: Pool, edition: Edition) -> None:
        self.edition = edition
        self._pool = pool

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection in autocommit; the driver's errors leave as ours."""
        with store_errors():
            async with self._pool.connection() as conn:
                yield conn

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection inside a transaction, which commits where the block ends well."""
        async with self.connection() as conn, conn.transaction():
            yield conn


@asynccontextmanager
async def open_store(dsn: str, *, role: Literal["ingest", "api"]) -> AsyncIterator[Store]:
    """
    Open the database. Raises StoreUnavailable where it can't be reached, SchemaMismatch where it is not ours.
    """
    with store_errors():
        # A single connection first: it says at once what is wrong, where a pool would try until its time is up.
        async with await connect(dsn, Role(role)) as conn:
            await check_schema(conn)
            edition = await detect_edition(conn)
    async with open_pool(dsn, Role(role)) as pool:
        yield Store(pool, edition)
