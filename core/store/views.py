"""
The statements of sql/views.sql, with rows by column name: how the api reads.
"""

import re
from typing import Any, Final

from psycopg.rows import dict_row

from core.store.connection import Connection
from core.store.queries import load_queries

Row = dict[str, Any]
"""One row, by column name."""

_VIEWS: Final = load_queries("views.sql")


async def ask(conn: Connection, name: str, /, **params: object) -> list[Row]:
    """Run the named statement and return all its rows."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        # Each filter may be absent: one plan kept for all cases would be a bad one for most.
        await cursor.execute(_VIEWS[name], params, prepare=False)
        return await cursor.fetchall() if cursor.description else []


async def ask_one(conn: Connection, name: str, /, **params: object) -> Row | None:
    """Run the named statement and return its first row, if it has one."""
    rows = await ask(conn, name, **params)
    return rows[0] if rows else None


async def ask_tuples(conn: Connection, name: str, /, **params: object) -> list[tuple[Any, ...]]:
    """Run the named statement for many rows, without the cost of naming each column."""
    async with conn.cursor(binary=True) as cursor:
        await cursor.execute(_VIEWS[name], params, prepare=False)
        return await cursor.fetchall()


async def see_one_moment(conn: Connection) -> None:
    """Let all statements of the transaction just begun see the database as it is now."""
    await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def like(text: str | None) -> str | None:
    """Make a pattern that finds the text anywhere; its own % and _ stand for themselves."""
    return None if text is None else "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"
