"""From the wire to the database: every format, every kind of rubbish, on both brokers."""

import asyncio
import json
import resource
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from core import live
from core.mqtt import Session, open_broker
from core.site import Antenna, Reader
from core.store import open_store
from tests.integration.ingest_tools import (
    BAD,
    Rig,
    binary,
    columns,
    epc,
    impinj,
    native,
    now_us,
    plan,
    running_rig,
    zebra,
)
from tests.integration.mqtt_tools import own, take

pytestmark = pytest.mark.parametrize("edition", ["apache"], indirect=True)

READS = "SELECT count(*) FROM read WHERE site_id = %(site)s"
YEAR_US = 365 * 86_400_000_000


@pytest_asyncio.fixture
async def rig(database_url: str, mqtt_url: str) -> AsyncIterator[Rig]:
    """Run a line of one site on each broker in turn."""
    async with running_rig(database_url, mqtt_url) as rig:
        yield rig


@pytest.mark.slow
async def test_reads_of_every_format_become_reads_and_positions(rig: Rig) -> None:
    """
    Native rows, columns and records, Zebra and Impinj: each tag ends in the hall whose reader saw it.
    """
    for i in range(3):
        at = now_us()
        await rig.publish(rig.topic("native-1"), native([(at, epc(1))]))
        await rig.publish(rig.topic("native-1"), columns([(at, epc(2))]), binary([(at, epc(3))]))
        await rig.publish(f"zebra/{rig.site}/data", zebra(at, epc(4), i + 1))
        await rig.publish(f"impinj/{rig.site}/events", impinj(at, epc(5)))
        await rig.publish(rig.topic("native-2"), native([(at, epc(6))]))
        await asyncio.sleep(1.1)
    await rig.until(lambda: rig.number(READS) == 18)
    where = rig.rows(
        "SELECT t.epc, z.id FROM position p JOIN tag t USING (site_id, tag_id) JOIN zone z USING (site_id, zone_no)"
        " WHERE p.site_id = %(site)s ORDER BY 1"
    )
    assert where == [*((epc(n), "east") for n in range(1, 6)), (epc(6), "west")]


async def test_rubbish_is_kept_with_its_reason_while_good_reads_flow(rig: Rig) -> None:
    """
    Each bad message is one dead letter with a reason, and the reads between them all arrive.
    """
    topic = rig.topic("native-1")
    for n, payload in enumerate(BAD.values()):
        await rig.publish(topic, payload, native([(now_us(), epc(n))]))
    await rig.until(lambda: rig.number(READS) == len(BAD))
    reasons = rig.rows("SELECT reason, payload_bytes, reader FROM dead_letter ORDER BY dead_letter_id")
    assert [(size, reader) for _, size, reader in reasons] == [(len(p), "native-1") for p in BAD.values()]
    assert all(reason for reason, _, _ in reasons)
    ledger = rig.ledger("native-1")
    assert (ledger["messages"], ledger["stored"]) == (2 * len(BAD), len(BAD))
    assert ledger["quarantined"] >= len(BAD)


async def test_bad_reads_in_a_good_message_are_refused_one_by_one(rig: Rig) -> None:
    """
    A read of 1970 or 2099, or without an EPC in hex, is refused with its reason; its neighbours are kept.
    """
    at = now_us()
    good = [(at, epc(1)), (at, epc(2))]
    bad = [(0, epc(3)), (at + 70 * YEAR_US, epc(4)), (at, "no hex"), (at - 9 * 86_400_000_000, epc(5)), (at, "")]
    await rig.publish(rig.topic("native-1"), native([good[0], *bad, good[1]]))
    await rig.until(lambda: rig.number(READS) == 2)
    ((reason,),) = rig.rows("SELECT reason FROM dead_letter")
    assert rig.ledger("native-1")["quarantined"] == len(bad)
    assert reason.startswith("5 of 7 reads refused: ")


async def test_ledger_closes(rig: Rig) -> None:
    """
    Every read received is stored, a repeat, or late; what the reader skipped, threw away or said twice is counted too.
    """
    topic, at = rig.topic("native-1"), now_us()
    message = native([(at, epc(n)) for n in range(20)], boot="b", seq=1)
    await rig.publish(topic, message, message)
    await rig.publish(topic, native([(at - 60_000_000, epc(1))], boot="b", seq=2))
    await rig.publish(topic, native([(now_us(), epc(30))], boot="b", seq=3))
    await rig.publish(rig.topic("native-1", "events"), b'{"v":1,"event":"overflow","purged":12}')
    for purged in (5, 9, 9):
        await rig.publish(
            rig.topic("native-1", "status"), json.dumps({"v": 1, "status": "online", "purged": purged}).encode()
        )
    await rig.publish(topic, native([(at, epc(n)) for n in range(5)], boot="b", seq=6))
    await rig.until(lambda: rig.ledger("native-1")["messages"] == 8)
    ledger = rig.ledger("native-1")
    assert ledger == {
        "messages": 8,
        "received": 27,
        "stored": 21,
        "repeats": 5,
        "late": 1,
        "quarantined": 0,
        "resent": 20,
        "awaited": 2,
        "ignored": 0,
        "gaps": 0,
        "purged": 21,
    }


async def test_unknown_reader_waits_until_a_person_approves_it(rig: Rig) -> None:
    """
    An unregistered reader counts for nothing; once it is on the plan its reads are taken without a restart of ours.
    """
    topic = rig.topic("new-1")
    await rig.publish(topic, native([(now_us(), epc(1))]))
    await rig.until(lambda: rig.number("SELECT count(*) FROM pending_reader") == 1)
    pending = rig.rows("SELECT site, topic, reader, format, messages FROM pending_reader")
    before = rig.number(READS)
    assert rig.settings.database_url is not None
    reader = Reader(id="new-1", name="New", antennas=(Antenna(port=1, x=5.0, y=5.0, zone="east"),))
    async with open_store(rig.settings.database_url, role="api") as store:
        await store.approve_pending(rig.site, topic, "a test", reader)
    for _ in range(60):
        await rig.publish(topic, native([(now_us(), epc(2))]))
        await asyncio.sleep(0.3)
        if rig.number(READS):
            break
    assert (pending, before) == ([(rig.site, topic, "new-1", "native", 1)], 0)
    assert rig.number(READS) >= 1


async def test_topics_of_nobody_are_no_trouble(rig: Rig) -> None:
    """
    Odd and very long topics wait for approval under a name that can be kept, and the line goes on.
    """
    long = f"{rig.site}/" + "x" * 60_000
    await rig.publish(long, b"{}")
    await rig.publish(f"{rig.site}/ä/';DROP-TABLE-tag;--", b"\x00")
    await rig.publish(rig.topic("native-1"), native([(now_us(), epc(1))]))
    await rig.until(lambda: rig.number(READS) == 1 and rig.number("SELECT count(*) FROM pending_reader") == 2)
    topics = {topic for (topic,) in rig.rows("SELECT topic FROM pending_reader")}
    assert topics == {long[:512], f"{rig.site}/ä/';DROP-TABLE-tag;--"}


async def test_unknown_antenna_counts_as_the_reader_and_is_said_once(rig: Rig) -> None:
    """
    A read of an antenna that the plan doesn't have is kept as the reader's own, with one warning.
    """
    rows = [{"seen_us": now_us(), "epc": epc(n), "antenna": 7} for n in range(3)]
    await rig.publish(rig.topic("native-1"), json.dumps({"v": 1, "reads": rows}).encode())
    await rig.until(lambda: rig.number(READS) == 3)
    antennas = rig.rows(
        "SELECT DISTINCT p.reader, p.antenna FROM read r JOIN read_point p USING (site_id, read_point_no)"
        " WHERE r.site_id = %(site)s"
    )
    warnings = rig.rows("SELECT text, port FROM reader_event WHERE kind = 'warning' AND site_id = %(site)s")
    assert antennas == [("native-1", 0)]
    assert warnings == [("antenna 7 is not on the plan: add it, or correct the reader", 7)]


async def test_reader_with_a_clock_ahead_is_put_right(rig: Rig) -> None:
    """
    Reads of a reader that is 40 s ahead are stored at our time, with the reader's own beside it.
    """
    at = now_us()
    await rig.publish(rig.topic("native-1"), native([(at + 40_000_000, epc(1))]))
    await rig.until(lambda: rig.number(READS) == 1)
    ((seen_us, raw_us),) = rig.rows(
        "SELECT (extract(epoch FROM seen_at) * 1000000)::bigint, raw_us FROM read WHERE site_id = %(site)s"
    )
    (offset,) = rig.rows("SELECT clock_offset_us FROM reader WHERE site_id = %(site)s AND id = 'native-1'")
    assert raw_us == at + 40_000_000
    assert abs(seen_us - at) < 2_000_000
    assert offset == (seen_us - raw_us,)


async def test_live_frame_shows_what_is_stored(rig: Rig) -> None:
    """
    After a commit its positions go out, numbered by the commit.
    """
    assert rig.settings.mqtt_url is not None
    wanted = Session(client_id=own("page"), subscriptions=[(f"tallyport/v1/{rig.site}/live", 0)], clean=True, wait_s=20)
    async with open_broker(rig.settings.mqtt_url, wanted) as page:
        await rig.publish(rig.topic("native-1"), native([(now_us(), epc(n)) for n in range(4)]))
        (first,) = await take(page, 1)
        first.ack()
    frame = live.decode(first.payload)
    committed = rig.number("SELECT max(seq) FROM read WHERE site_id = %(site)s")
    assert (frame.seq, frame.kind, len(frame.positions), frame.reads) == (committed, live.DELTA, 4, 4)


def resident_mib() -> float:
    """Memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


async def watch_memory(held_mib: list[float]) -> None:
    """Note what is held, twenty times a second: a process's own high-water mark may be another test's."""
    while True:
        held_mib.append(resident_mib())
        await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_flood_of_rubbish_leaves_memory_and_the_line_alone(rig: Rig) -> None:
    """
    Thousands of bad messages keep some dead letters and no memory, and the good read behind them arrives.
    """
    topic = rig.topic("native-1")
    await rig.publish(topic, *[b"{"] * 200)
    n = 2_000
    rubbish = [b"[" * 20_000, b'{"v":1,"reads":[' + b"1," * 5_000 + b"1]}"] * (n // 2)
    held_mib = [resident_mib()]
    watching = asyncio.create_task(watch_memory(held_mib))
    for i in range(0, n, 500):
        await rig.publish(topic, *rubbish[i : i + 500])
    await rig.publish(topic, native([(now_us(), epc(1))]))
    await rig.until(lambda: rig.number(READS) == 1, wait_s=120)
    watching.cancel()
    assert rig.number(READS) == 1
    assert max(held_mib) - held_mib[0] < 96
    assert rig.ledger("native-1")["messages"] == 200 + n + 1


@pytest.mark.slow
@pytest.mark.parametrize("broker_kind", ["nats"], indirect=True)
async def test_plan_that_changes_is_taken_up(rig: Rig) -> None:
    """
    A zone renamed while the line runs is followed by a line on the new plan, and nothing is lost meanwhile.
    """
    assert rig.settings.database_url is not None
    changed = replace(plan(rig.site), name="Renamed")
    async with open_store(rig.settings.database_url, role="api") as store:
        await store.save_site(changed)
    for n in range(30):
        await rig.publish(rig.topic("native-1"), native([(now_us(), epc(n))]))
        await asyncio.sleep(0.2)
    await rig.until(lambda: rig.number(READS) == 30)
    assert rig.number(READS) == 30


@pytest.mark.parametrize("broker_kind", ["nats"], indirect=True)
async def test_database_that_goes_away_holds_the_line_and_loses_nothing(
    rig: Rig,
) -> None:
    """
    While its connections are cut again and again nothing is acknowledged that is not stored, and all arrives.
    """
    topic = rig.topic("native-1")
    for n in range(40):
        await rig.publish(topic, native([(now_us(), epc(n))]))
        if n % 8 == 0:
            rig.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        await asyncio.sleep(0.05)
    await rig.until(lambda: rig.number(READS) == 40)
    ledger = rig.ledger("native-1")
    assert (rig.number(READS), ledger["received"]) == (40, ledger["stored"] + ledger["repeats"] + ledger["late"])


async def test_reads_that_only_the_database_refuses_are_found_and_left_out(rig: Rig) -> None:
    """
    What nobody foresaw costs the reads that have it, a dead letter each message, and no others.
    """
    await rig.publish(rig.topic("native-2"), native([(now_us(), epc(99))]))
    await rig.until(lambda: rig.number(READS) == 1)
    rig.database.execute("ALTER TABLE read ADD CONSTRAINT odd CHECK (raw_us % 1000 <> 777) NOT VALID")
    start_us = now_us() // 1_000 * 1_000
    topic = rig.topic("native-1")
    good = [native([(start_us + n, epc(n))]) for n in range(10)]
    mixed = native([(start_us + offset, epc(20 + n)) for n, offset in enumerate((1, 777, 2, 777, 3))])
    await rig.publish(topic, *good[:5], mixed, *good[5:])
    await rig.until(lambda: rig.ledger("native-1")["messages"] == 11)
    ledger = rig.ledger("native-1")
    letters = rig.rows("SELECT reason FROM dead_letter")
    assert (rig.number(READS), ledger["stored"], ledger["quarantined"], ledger["messages"]) == (14, 13, 2, 11)
    assert [("2 of 5 reads refused" in reason, '"odd"' in reason) for (reason,) in letters] == [(True, True)]
