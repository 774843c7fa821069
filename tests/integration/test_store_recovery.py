"""
What is committed survives whatever happens to the connection or the server, and comes back step by step.
"""

import asyncio
import contextlib
from random import Random

import numpy as np
import psycopg
import pytest

from core.model.columns import READ_DTYPES
from core.model.reader_event import ReaderEvent, ReaderEventKind
from core.model.step import LedgerRow, Step
from core.store import ReplayStep, Retention, Store, migrate, open_store
from core.store.packing import HEADER, TRAILER, pack, unpack
from core.store.write_reads import READ_TYPES, read_columns
from tallyport.services.postgres import PostgresServer
from tests.integration.store_questions import rows
from tests.store_steps import SECOND_US, START_US, Place, Steps, positions_of, reads_of, small_site

HOUR_US = 3_600 * SECOND_US


def random_step(steps: Steps, random: Random) -> Step:
    """A step with some reads, positions, events and a ledger that fits them; now and then with nothing but an event."""
    now_us = START_US + (steps.seq + 1) * SECOND_US
    tags = random.sample(range(40), random.choice([0, 1, 20]))
    event = ReaderEvent(
        seen_us=now_us,
        arrived_us=now_us + 7,
        reader="r1",
        kind=random.choice(list(ReaderEventKind)),
        port=random.randrange(4),
        value=random.random(),
        text=str(random.random()),
    )
    return steps.next(
        stored=reads_of([(tag, random.choice([1, 3]), now_us + i) for i, tag in enumerate(tags)]),
        positions=positions_of([Place(tag_id=t, zone=random.randrange(3), seen_us=now_us) for t in tags]),
        reader_events=(event,) * random.randrange(3),
        ledger=(LedgerRow(reader="r1", received=len(tags), stored=len(tags), last_arrived_us=now_us),),
    )


def rows_of(step: Step | ReplayStep) -> list[tuple[float, ...]]:
    """The reads of a step with every column, as a sorted list."""
    stored = step.stored if isinstance(step, Step) else step.reads
    columns = [stored.tag_id, *(getattr(stored.reads, name) for name in READ_DTYPES)]
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


async def replayed(store: Store, after_seq: int) -> list[ReplayStep]:
    """All steps after one."""
    return [step async for step in store.replay("north", after_seq)]


async def test_replay_of_all_needs_no_checkpoint(store: Store) -> None:
    """
    Steps before the oldest checkpoint come back with what they brought, should no checkpoint be readable.
    """
    steps, random = Steps(), Random(4)
    committed = [random_step(steps, random) for _ in range(30)]
    for step in committed:
        await store.commit(step)
    for seq in (10, 20, 25, 30):
        await store.save_checkpoint("north", seq, b"unreadable")
    found = await replayed(store, 0)
    expected = [step for step in committed if step.seq >= 20 or len(step.stored.reads) or step.reader_events]
    assert [step.seq for step in expected] == [step.seq for step in found]
    assert [rows_of(step) for step in expected] == [rows_of(step) for step in found]
    assert [step.reader_events for step in expected] == [step.events for step in found]


async def test_replay_gives_back_exactly_what_was_committed(store: Store) -> None:
    """
    The steps after any one come back with their reads, events and stream time, those without reads too.
    """
    steps, random = Steps(), Random(3)
    committed = [random_step(steps, random) for _ in range(30)]
    for step in committed:
        await store.commit(step)
    for after in (0, 1, 17, 30):
        found = await replayed(store, after)
        expected = committed[after:]
        assert [(s.seq, s.closed_us) for s in expected] == [(s.seq, s.closed_us) for s in found]
        assert [rows_of(s) for s in expected] == [rows_of(s) for s in found]
        assert [s.reader_events for s in expected] == [s.events for s in found]
        assert all(s.reads.reads.seen_us.dtype == np.int64 for s in found)


async def test_replay_of_steps_larger_than_a_piece(store: Store) -> None:
    """
    A step whose reads come in several pieces is put together again.
    """
    steps = Steps()
    big = [reads_of([(tag, 1, START_US + seq * SECOND_US + tag) for tag in range(9_000)]) for seq in range(3)]
    committed = [steps.next(stored=reads) for reads in big]
    for step in committed:
        await store.commit(step)
    assert [rows_of(s) for s in committed] == [rows_of(s) for s in await replayed(store, 0)]


async def test_replay_keeps_each_tags_own_order(store: Store) -> None:
    """
    Within a step the reads of a tag at a read point come back in the order of the reader's clock.
    """
    await store.commit(Steps().next(stored=reads_of([(0, 1, START_US + i * SECOND_US) for i in range(50)])))
    (step,) = await replayed(store, 0)
    assert np.all(np.diff(step.reads.reads.raw_us) > 0)


async def test_replay_reaches_back_to_backlog_reads(store: Store) -> None:
    """
    While a backlog is caught up stream time stands still and reads run ahead of it: they come back all the same.
    """
    steps = Steps()
    await store.commit(steps.next(at_us=START_US, stored=reads_of([(0, 1, START_US)])))
    ahead = steps.next(at_us=START_US, stored=reads_of([(0, 1, START_US + 30 * HOUR_US)]))
    await store.commit(ahead)
    assert [rows_of(ahead)] == [rows_of(step) for step in await replayed(store, 1)]


async def test_connections_killed_in_the_middle_lose_and_double_nothing(store: Store, database_url: str) -> None:
    """
    However often the server drops the writer, every step is there once when its commit returns.
    """

    async def kill() -> None:
        random = Random(11)
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as conn:
            for _ in range(25):
                await asyncio.sleep(random.random() * 0.08)
                await conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'tallyport-ingest' AND pid <> pg_backend_pid()"
                )

    steps, random = Steps(), Random(5)
    committed = [random_step(steps, random) for _ in range(60)]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(kill(), name="kill")
        for step in committed:
            await store.commit(step)
    with contextlib.suppress(Exception):  # connections of the pool that were killed are found out here
        await store.sites()
    assert [rows_of(s) for s in committed] == [rows_of(s) for s in await replayed(store, 0)]
    received = sum(row.received for step in committed for row in step.ledger)
    assert [(received, received)] == await rows(store, "SELECT received, stored FROM reader WHERE id = 'r1'")
    assert await store.recount_stock("north") == []


@pytest.mark.slow
async def test_server_killed_and_brought_back_goes_on_by_itself(own_postgres: PostgresServer) -> None:
    """
    A commit that meets a dead server returns once the server is back, and what was committed before is there.
    """
    await migrate(own_postgres.url)
    async with open_store(own_postgres.url, role="ingest") as store:
        await store.save_site(small_site())
        steps, random = Steps(), Random(8)
        committed = [random_step(steps, random) for _ in range(10)]
        for step in committed[:5]:
            await store.commit(step)
        own_postgres.child.kill()
        waiting = asyncio.create_task(store.commit(committed[5]), name="commit")
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await asyncio.to_thread(own_postgres.prepare)
        await asyncio.to_thread(own_postgres.start)
        await asyncio.to_thread(own_postgres.wait_ready)
        assert not (await waiting).already
        for step in committed[6:]:
            await store.commit(step)
        assert [rows_of(s) for s in committed] == [rows_of(s) for s in await replayed(store, 0)]


async def test_checkpoints_newest_whole_ones_are_kept(store: Store) -> None:
    """
    Three are kept, newest first; one whose bytes changed on disk is left out.
    """
    for seq in range(1, 6):
        await store.save_checkpoint("north", seq, b"state %d" % seq)
    assert await store.checkpoints("north") == [(5, b"state 5"), (4, b"state 4"), (3, b"state 3")]
    async with store.connection() as conn:
        await conn.execute("UPDATE engine_checkpoint SET body = 'torn' WHERE seq = 5")
    assert await store.checkpoints("north") == [(4, b"state 4"), (3, b"state 3")]


async def test_checkpoint_forgets_steps_that_nobody_replays(store: Store) -> None:
    """
    The record of steps reaches back to the oldest checkpoint and no further.
    """
    steps = Steps()
    for seq in range(1, 8):
        await store.commit(steps.next(positions=positions_of([Place(tag_id=0, seen_us=START_US + seq)])))
        await store.save_checkpoint("north", seq, b"")
    assert await rows(store, "SELECT seq FROM ingest_progress ORDER BY seq") == [(5,), (6,), (7,)]


async def test_prune_keeps_what_a_restart_needs(store: Store) -> None:
    """
    Old reads, movements and dead letters go by stream time; reads that would be replayed stay.
    """
    steps = Steps()
    times = [START_US + hours * HOUR_US for hours in (0, 60, 100)]
    for at_us in times:
        await store.commit(steps.next(at_us=at_us, stored=reads_of([(0, 1, at_us)])))
    await store.prune(Retention(read_h=48))
    assert await rows(store, "SELECT count(*) FROM read") == [(3,)]
    await store.save_checkpoint("north", 3, b"")
    gone = await store.prune(Retention(read_h=48))
    assert [(times[1],), (times[2],)] == await rows(store, "SELECT raw_us FROM read ORDER BY raw_us")
    assert gone["read"] == 1


async def test_prune_forgets_the_ledger_of_long_ago(store: Store) -> None:
    """
    The ledger of a span goes when it is old; the sums since the reader was registered stay.
    """
    steps = Steps()
    for at_us in (START_US, START_US + 24 * 3 * HOUR_US):
        row = LedgerRow(reader="r1", received=1, stored=1, last_arrived_us=at_us)
        await store.commit(steps.next(at_us=at_us, stored=reads_of([(0, 1, at_us)]), ledger=(row,)))
    gone = await store.prune(Retention(ledger_days=2))
    assert gone["reader_ledger"] == 1
    assert await rows(store, "SELECT sum(stored) FROM reader_ledger") == [(1,)]
    assert await rows(store, "SELECT stored FROM reader WHERE id = 'r1'") == [(2,)]


def test_packed_columns_come_back() -> None:
    """
    What is laid out for a binary COPY reads back as the same columns, first and last times included.
    """
    stored = reads_of([(tag, 1, START_US + tag) for tag in range(5)])
    columns = read_columns(stored, 7, 9, START_US)
    body = pack(columns).removeprefix(HEADER).removesuffix(TRAILER)
    for (_, expected), found in zip(columns, unpack(body, [type_ for _, type_ in READ_TYPES]), strict=True):
        assert np.array_equal(expected, found)
