"""
Connections to the database, each role with its own limits, so that a slow report never starves the line.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool

from core.errors import StoreUnavailable

Connection = AsyncConnection[tuple[Any, ...]]
Pool = AsyncConnectionPool[Connection]


class Role(StrEnum):
    """Who is connected."""

    INGEST = "ingest"
    """The line: one writer, and a few connections for what runs beside it."""
    API = "api"
    """The web service: many short questions."""
    MIGRATE = "migrate"
    """Changes of the schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How patient a role's connections are and how many there may be."""

    statement_ms: int
    pool_max: int = 4
    waiting_max: int = 64
    wait_s: float = 5.0


LIMITS: Final = {
    Role.INGEST: Limits(statement_ms=10_000, pool_max=4, wait_s=10.0),
    Role.API: Limits(statement_ms=5_000, pool_max=8, waiting_max=64, wait_s=3.0),
    Role.MIGRATE: Limits(statement_ms=0),
}

_CONNECT_S: Final = 5
_KEEPALIVES: Final = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}


def conninfo(dsn: str, role: Role) -> str:
    """The address with this role's session settings; what the address itself says of them comes first."""
    settings = {
        "statement_timeout": LIMITS[role].statement_ms,
        "lock_timeout": 2_000,
        "idle_in_transaction_session_timeout": 30_000,
        "timezone": "UTC",
        # Compiling a step's upsert takes half a second, running it a twentieth (tests/bench/bench_store.py).
        "jit": "off",
    }
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError as exc:
        raise StoreUnavailable(f"not a database address: {exc}; write postgresql://user@host:port/name") from exc
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    merged: dict[str, Any] = {"application_name": f"tallyport-{role}", "connect_timeout": _CONNECT_S, **_KEEPALIVES}
    merged |= given
    merged["options"] = f"{options} {given.get('options') or ''}".strip()
    return make_conninfo("", **merged)


async def connect(dsn: str, role: Role) -> Connection:
    """Open one connection of this role; each statement is its own transaction unless one is opened."""
    return await AsyncConnection.connect(conninfo(dsn, role), autocommit=True)


@asynccontextmanager
async def open_pool(dsn: str, role: Role) -> AsyncIterator[Pool]:
    """Open a pool that checks a connection before it lends it, and refuses rather than queues without end."""
    limits = LIMITS[role]
    pool: Pool = AsyncConnectionPool(
        conninfo(dsn, role),
        kwargs={"autocommit": True},
        min_size=1,
        max_size=limits.pool_max,
        max_waiting=limits.waiting_max,
        timeout=limits.wait_s,
        check=AsyncConnectionPool.check_connection,
        name=f"tallyport-{role}",
        open=False,
    )
    async with pool:
        yield pool


@asynccontextmanager
async def lend(pool: Pool) -> AsyncIterator[Connection]:
    """
    Lend a connection, and heed a cancel that comes while one is waited for.

    The pool waits with asyncio.wait_for, which in Python 3.11 loses a cancel that comes in the same turn of the loop as
    the connection; the task would go on, and whoever waits for its end would wait for ever.
    """
    task = asyncio.current_task()
    assert task is not None
    cancels = task.cancelling()  # not always 0 in a task that goes on: a task group may leave one behind
    async with pool.connection() as conn:
        if task.cancelling() > cancels:
            raise asyncio.CancelledError
        yield conn
