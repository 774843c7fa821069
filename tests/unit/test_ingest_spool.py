"""Messages that wait on disk: whole, in order, bounded, and damaged ones counted."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.mqtt_intake import Delivery, Intake, Limits
from ingest.spool import DAMAGED, Spool, SpoolBroken, SpoolFull, open_spool
from ingest.spooling import Spooling

ROOMY = 1 << 20


def delivery(n: int, acked: list[int] | None = None, payload: bytes = b"") -> Delivery:
    """Make a message that notes its acknowledgement."""
    ack = (lambda: None) if acked is None else (lambda: acked.append(n))
    payload = payload or f"message {n}".encode()
    return Delivery(topic=f"t/{n}", payload=payload, arrived_us=n, ack=ack, size=len(payload), redelivered=n % 2 == 1)


def told(deliveries: list[Delivery]) -> list[tuple[str, bytes, int, bool, str]]:
    """What a message says, without what became of it."""
    return [(d.topic, d.payload, d.arrived_us, d.redelivered, d.problem) for d in deliveries]


def edit(path: Path, statement: str) -> None:
    """Do something to a spool's file from outside."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(statement)
        db.commit()


def test_messages_come_back_in_order_after_a_restart(tmp_path: Path) -> None:
    """
    What was put is there when the file is opened again, word for word, and numbers go on where they ended.
    """
    messages = [delivery(n) for n in range(5)]
    first = Spool(tmp_path / "s.sqlite", ROOMY)
    first.put(messages)
    first.forget(2)
    first.close()
    again = Spool(tmp_path / "s.sqlite", ROOMY)
    found = again.after(0, 10)
    again.put([delivery(9)])
    assert told(found) == told(messages[2:])
    assert [d.spooled.number for d in again.after(4, 10) if d.spooled] == [5, 6]
    assert (again.count, again.id) == (4, first.id)


def test_spool_is_bounded_and_takes_all_or_none(tmp_path: Path) -> None:
    """
    Messages that would be too many are refused together, and what is there stays.
    """
    spool = Spool(tmp_path / "s.sqlite", 1_000)
    spool.put([delivery(0)])
    with pytest.raises(SpoolFull, match="1000 is the limit"):
        spool.put([delivery(1), delivery(2, payload=b"x" * 900)])
    assert told(spool.after(0, 10)) == told([delivery(0)])


def test_disk_without_room_refuses_and_loses_nothing(tmp_path: Path) -> None:
    """
    SQLite's own word for a full disk becomes ours; what was there before is still there, and later there is room.
    """
    spool = Spool(tmp_path / "s.sqlite", ROOMY)
    spool.put([delivery(0)])
    db = spool._db  # noqa: SLF001 - a limit of its own connection stands in for that of a disk
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(SpoolFull, match="no room on the disk"):
        spool.put([delivery(1, payload=b"x" * 50_000)])
    db.execute("PRAGMA max_page_count = 100000")
    spool.put([delivery(2)])
    assert told(spool.after(0, 10)) == told([delivery(0), delivery(2)])


def test_message_whose_bytes_changed_is_told(tmp_path: Path) -> None:
    """
    A changed payload comes with a problem in its place, and its neighbours as they were.
    """
    spool = Spool(tmp_path / "s.sqlite", ROOMY)
    spool.put([delivery(n) for n in range(3)])
    edit(tmp_path / "s.sqlite", "UPDATE message SET payload = x'00' WHERE number = 2")
    assert [d.problem for d in spool.after(0, 10)] == ["", DAMAGED, ""]


def test_damaged_page_costs_the_messages_on_it_and_no_others(tmp_path: Path) -> None:
    """
    Each number between the first and the last comes out: the message, or the word that it is damaged.
    """
    path = tmp_path / "s.sqlite"
    messages = [delivery(n, payload=bytes([n]) * 3_000) for n in range(20)]
    spool = Spool(path, ROOMY)
    spool.put(messages)
    edit(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    spool.close()
    damaged = bytearray(path.read_bytes())
    at = damaged.index(messages[10].payload[:500])
    page = at // 4096 * 4096
    damaged[page : page + 4096] = b"\xff" * 4096
    path.write_bytes(damaged)
    found = open_spool(path, ROOMY).after(0, 100)
    whole = {d.arrived_us for d in found if not d.problem}
    assert [d.spooled.number for d in found if d.spooled] == list(range(1, 21))
    assert whole == set(range(20)) - {d.spooled.number - 1 for d in found if d.problem and d.spooled}
    assert 1 <= sum(d.problem == DAMAGED for d in found) <= 2


def test_file_that_is_no_database_is_put_aside(tmp_path: Path) -> None:
    """
    The line starts all the same, and the file is kept for a person to look at.
    """
    path = tmp_path / "s.sqlite"
    path.write_bytes(b"no database at all" * 1_000)
    assert open_spool(path, ROOMY).count == 0
    assert [p.read_bytes()[:18] for p in tmp_path.glob("*.broken-*")] == [b"no database at all"]


def test_file_that_somebody_else_holds_stays_where_it_is(tmp_path: Path) -> None:
    """
    A former owner that is frozen in a write is waited for: its messages are not put aside.
    """
    path = tmp_path / "s.sqlite"
    Spool(path, ROOMY).close()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SpoolBroken, match="locked"):
            open_spool(path, ROOMY)
    assert (open_spool(path, ROOMY).count, list(tmp_path.glob("*.broken-*"))) == (0, [])


@asynccontextmanager
async def spooling(intake: Intake, spool: Spool, stuck: asyncio.Event) -> AsyncIterator[Spooling]:
    """Run a source whose line is stuck while the event is set."""
    source = Spooling(intake, spool, stuck.is_set)
    keeping = asyncio.create_task(source.keep())
    try:
        yield source
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping


async def until_spooled(spool: Spool, n: int) -> None:
    """Wait until so many messages have been put."""
    async with asyncio.timeout(10):
        while spool.newest < n:  # noqa: ASYNC110 - a file has no asyncio.Event
            await asyncio.sleep(0.01)


def new_intake() -> Intake:
    """Make an empty intake."""
    return Intake(Limits(), rest=lambda: None, wake=lambda: None)


async def test_messages_pass_the_disk_by_while_the_line_runs(tmp_path: Path) -> None:
    """
    Nothing is written, and nothing acknowledged but by whoever takes a message.
    """
    intake, spool, acked = new_intake(), Spool(tmp_path / "s.sqlite", ROOMY), list[int]()
    async with spooling(intake, spool, asyncio.Event()) as source:
        intake.put(delivery(0, acked))
        await asyncio.sleep(0.3)
        taken = await source.next(1.0)
    assert (taken is not None and taken.arrived_us, spool.newest, acked) == (0, 0, [])


async def test_stuck_line_lets_the_broker_forget_and_later_takes_all_in_order(tmp_path: Path) -> None:
    """
    What comes is acknowledged once it is on disk, comes out before what came later, and is dropped when done with.
    """
    intake, spool, acked, stuck = new_intake(), Spool(tmp_path / "s.sqlite", ROOMY), list[int](), asyncio.Event()
    stuck.set()
    async with spooling(intake, spool, stuck) as source:
        for n in range(3):
            intake.put(delivery(n, acked))
        await until_spooled(spool, 3)
        stuck.clear()
        await asyncio.sleep(0.2)
        intake.put(delivery(3, acked))
        assert (acked, source.empty) == ([0, 1, 2], False)
        taken = [await source.next(1.0) for _ in range(4)]
        for one in taken:
            assert one is not None
            one.ack()
        await asyncio.sleep(0.3)
    assert [one.arrived_us for one in taken if one] == [0, 1, 2, 3]
    assert (acked, spool.count) == ([0, 1, 2, 3], 0)


async def test_full_spool_leaves_the_rest_to_the_broker(tmp_path: Path) -> None:
    """
    What finds no room is not acknowledged, waits in memory, and comes out in its place.
    """
    intake, spool, acked, stuck = new_intake(), Spool(tmp_path / "s.sqlite", 250), list[int](), asyncio.Event()
    stuck.set()
    async with spooling(intake, spool, stuck) as source:
        intake.put(delivery(0, acked))
        await until_spooled(spool, 1)
        for n in (1, 2):
            intake.put(delivery(n, acked))
        await asyncio.sleep(0.3)
        assert acked == [0]
        taken = [await source.next(1.0) for _ in range(3)]
    assert [one.arrived_us for one in taken if one] == [0, 1, 2]


def test_messages_of_a_killed_process_are_whole_up_to_the_last_commit(tmp_path: Path) -> None:
    """
    A log that was torn anywhere after the last sync gives back all that was synced.
    """
    path = tmp_path / "s.sqlite"
    spool = Spool(path, ROOMY)
    spool.put([delivery(n) for n in range(3)])
    wal = path.with_name("s.sqlite-wal")
    synced = wal.stat().st_size
    spool.put([delivery(3)])
    whole, body = wal.read_bytes(), path.read_bytes()
    spool.close()
    for cut in range(synced, len(whole), 997):
        copy = tmp_path / f"torn-{cut}.sqlite"
        copy.write_bytes(body)
        copy.with_name(copy.name + "-wal").write_bytes(whole[:cut])
        with contextlib.closing(sqlite3.connect(copy)):
            assert told(Spool(copy, ROOMY).after(0, 10)) == told([delivery(n) for n in range(3)])
