"""
Who writes a site: one process, and what happens to the others.
"""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
import pytest_asyncio

from core.errors import StoreUnavailable
from core.store import SiteTaken, Store, open_store
from core.store.claims import WRITER_ROOM
from tests.integration.store_questions import rows
from tests.store_steps import Place, Steps, positions_of

WRITERS = (
    "SELECT pid, application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND classid = 1 AND datname = current_database()"
)


@pytest_asyncio.fixture
async def other(database_url: str) -> AsyncIterator[Store]:
    """Open a second process's store on the same database."""
    async with open_store(database_url, role="ingest") as other:
        yield other


async def cut(store: Store) -> None:
    """End the connections that own a site, as a network or an administrator may."""
    await rows(store, f"SELECT pg_terminate_backend(pid) FROM ({WRITERS}) AS owner")  # noqa: S608 - ours


async def claimed(store: Store) -> None:
    """Claim the site as soon as the server has noticed that its last writer's connection is closed."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await store.claim("north")
            except SiteTaken:
                await asyncio.sleep(0.02)


async def epoch(store: Store) -> int:
    """How many writers the site has had."""
    ((number,),) = await rows(store, "SELECT writer_epoch FROM site")
    return int(number)


async def test_claim_by_a_second_process_is_refused(store: Store, database_url: str) -> None:
    """
    A site has one writer; another may write once the first has gone.
    """
    async with open_store(database_url, role="ingest") as first:
        await first.claim("north")
        with pytest.raises(SiteTaken):
            await store.claim("north")
    await claimed(store)


async def test_writer_whose_connection_broke_goes_on_where_nobody_took_its_place(store: Store) -> None:
    """
    The site is claimed again, under the next number, and steps go on.
    """
    steps = Steps()
    await store.commit(steps.next(positions=positions_of([Place(tag_id=0)])))
    await cut(store)
    await store.commit(steps.next(positions=positions_of([Place(tag_id=1)])))
    await store.hold("north")
    assert (await store.live_seq("north"), await epoch(store)) == (2, 2)


async def test_writer_that_another_one_has_replaced_writes_nothing_any_more(store: Store, other: Store) -> None:
    """
    It lost its connection, another process took the site: its watch says so, and its next step does not go through.
    """
    steps = Steps()
    await store.commit(steps.next(positions=positions_of([Place(tag_id=0)])))
    await cut(store)
    await claimed(other)
    with pytest.raises(StoreUnavailable):
        await store.hold("north")
    with pytest.raises(SiteTaken):
        await store.hold("north")
    with pytest.raises(SiteTaken):
        await store.commit(steps.next(positions=positions_of([Place(tag_id=1)])))
    assert (await store.live_seq("north"), await epoch(store)) == (1, 2)


async def test_step_under_a_former_number_is_refused_even_by_a_live_connection(store: Store) -> None:
    """
    The number is checked by the very statement that takes a step, so there is no moment in between.
    """
    steps = Steps()
    await store.commit(steps.next(positions=positions_of([Place(tag_id=0)])))
    await rows(store, "UPDATE site SET writer_epoch = writer_epoch + 1 RETURNING 1")
    with pytest.raises(SiteTaken):
        await store.commit(steps.next(positions=positions_of([Place(tag_id=1)])))
    assert await rows(store, "SELECT tag_id FROM position") == [(0,)]


async def test_own_connection_that_the_server_still_holds_is_ended(store: Store, database_url: str) -> None:
    """
    A network that broke without a word leaves the old connection on the server with the lock, and it is ours to end.
    """
    steps = Steps()
    await store.commit(steps.next(positions=positions_of([Place(tag_id=0)])))
    ((_, name),) = await rows(store, WRITERS)
    await cut(store)
    ((row_id,),) = await rows(store, "SELECT site_id FROM site")
    async with await psycopg.AsyncConnection.connect(database_url, application_name=name, autocommit=True) as ghost:
        await ghost.execute("SELECT pg_advisory_lock(%s, %s)", (WRITER_ROOM, row_id))
        await store.commit(steps.next(positions=positions_of([Place(tag_id=1)])))
        with pytest.raises(psycopg.OperationalError):
            await ghost.execute("SELECT 1")
    assert await store.live_seq("north") == 2
