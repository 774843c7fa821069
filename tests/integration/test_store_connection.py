"""
Connections that the store lends.
"""

import asyncio
from contextlib import AsyncExitStack

import pytest

from core.store import Store
from core.store.connection import LIMITS, Role

TURNS = range(12)
"""Turns of the loop between a connection's coming free and the cancel."""


@pytest.mark.parametrize("edition", ["postgres"], indirect=True)
async def test_cancel_is_heeded_whenever_it_comes(store: Store) -> None:
    """
    A task that is cancelled while a connection comes free for it ends as cancelled, in whichever turn that is.
    """
    async with AsyncExitStack() as all_but_one:
        for _ in range(LIMITS[Role.INGEST].pool_max - 1):
            await all_but_one.enter_async_context(store.connection())
        assert [await _ends(store, turns) for turns in TURNS] == ["cancelled" for _ in TURNS]


async def _ends(store: Store, turns: int) -> str:
    """How a borrower ends that is cancelled so many turns after the connection it waits for is given back."""

    async def borrow() -> str:
        async with store.connection():
            await asyncio.sleep(1.0)
        return "went on"

    async with store.connection():
        borrower = asyncio.create_task(borrow())
        await asyncio.sleep(0.05)
    for _ in range(turns):
        await asyncio.sleep(0)
    borrower.cancel()
    await asyncio.wait({borrower})
    return "cancelled" if borrower.cancelled() else borrower.result()
