"""
Questions that tests ask the database itself.
"""

from typing import Any

from core.store import Store


async def rows(store: Store, question: str, *values: object) -> list[tuple[Any, ...]]:
    """The answer of the database."""
    async with store.connection() as conn:
        return await (await conn.execute(question, values)).fetchall()
