"""
Committing a step: all of it or nothing, once, and what late reads, bad text and wild clocks do to it.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.model.dead_letter import DeadLetter
from core.model.reader_event import ReaderEvent, ReaderEventKind
from core.model.sensor_reading import SensorReading
from core.model.step import LedgerRow, Movement, MovementKind, ReaderChange
from core.store import StepOutOfOrder, Store, UnknownSite
from core.store.times import microseconds
from tests.integration.store_questions import rows
from tests.store_steps import SECOND_US, START_US, Place, Steps, epc_of, passage_of, positions_of, reads_of, small_site

EVERYTHING = (
    "tag position stock_level read late_read movement passage reader_event sensor_reading ingest_progress dead_letter"
    " alert alert_event reader site"
)


async def contents(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """All that is in the tables that a step writes."""
    return {t: sorted(await rows(store, f"SELECT * FROM {t}"), key=repr) for t in EVERYTHING.split()}  # noqa: S608


def full_step(steps: Steps) -> Any:  # noqa: ANN401 - a Step
    """A step with something of everything."""
    return steps.next(
        stored=reads_of([(0, 1, START_US), (1, 3, START_US + 5)]),
        positions=positions_of([Place(tag_id=0), Place(tag_id=1, zone=2)]),
        movements=(
            Movement(
                at_us=START_US,
                tag_id=0,
                epc=epc_of(0),
                kind=MovementKind.APPEAR,
                from_zone=-1,
                to_zone=0,
                read_point=1,
                confidence=0.9,
            ),
        ),
        passages=(passage_of(1),),
        reader_changes=(ReaderChange(at_us=START_US, reader="r1", online=True, reason="heard"),),
        reader_events=(
            ReaderEvent(seen_us=START_US, arrived_us=START_US, reader="r1", kind=ReaderEventKind.HEARTBEAT),
            ReaderEvent(seen_us=START_US, arrived_us=START_US, reader="r1", kind=ReaderEventKind.ANTENNA_DOWN, port=1),
        ),
        sensor_readings=(
            SensorReading(
                seen_us=START_US, arrived_us=START_US, reader="r1", sensor="t1", quantity="temperature_c", value=4.5
            ),
        ),
        dead_letters=(
            DeadLetter(arrived_us=START_US, topic="t", reader="r1", payload=b"{", payload_bytes=1, reason="no JSON"),
        ),
        ledger=(
            LedgerRow(
                reader="r1",
                messages=2,
                received=5,
                stored=2,
                repeats=3,
                last_arrived_us=START_US,
                clock_offset_us=-7,
            ),
        ),
    )


async def test_commit_twice_changes_nothing(store: Store) -> None:
    """
    A step committed again is told so, and every table is as it was.
    """
    steps = Steps()
    step = full_step(steps)
    first = await store.commit(step)
    before = await contents(store)
    second = await store.commit(step)
    assert (first.already, second.already) == (False, True)
    assert (first.tags_present, second.tags_present) == (2, 2)
    assert before == await contents(store)


async def test_commit_writes_every_part(store: Store) -> None:
    """
    What a step holds is in the database afterwards, in the words of the schema.
    """
    await store.commit(full_step(Steps()))
    assert await rows(store, "SELECT scheme, owner, tag_id FROM tag ORDER BY tag_id") == [
        ("sgtin-96", "", 0),
        ("sgtin-96", "", 1),
    ]
    found = await rows(
        store, "SELECT online, clock_offset_us, antennas_down, received, repeats FROM reader ORDER BY id"
    )
    assert found == [(True, -7, [1], 5, 3), (None, 0, [], 0, 0)]
    assert await rows(store, "SELECT value, sensor FROM sensor_reading") == [(4.5, "t1")]
    assert await rows(store, "SELECT payload_bytes, reason, payload FROM dead_letter") == [(1, "no JSON", b"{")]
    assert await rows(store, "SELECT kind, from_zone_no, to_zone_no FROM movement") == [("appear", -1, 0)]
    found = await rows(store, "SELECT tag_id, rssi_dbm, phase_deg, raw_us, seq FROM read ORDER BY tag_id")
    assert found == [(0, -55.5, 12.25, START_US, 1), (1, -55.5, 12.25, START_US + 5, 1)]


async def test_sensor_reading_told_again_is_one(store: Store) -> None:
    """
    A reading that comes again in a later step, as after a crash, is not stored twice.
    """
    steps = Steps()
    first = full_step(steps)
    await store.commit(first)
    later = SensorReading(
        seen_us=START_US + 1, arrived_us=START_US, reader="r1", sensor="t1", quantity="temperature_c", value=4.6
    )
    await store.commit(steps.next(sensor_readings=(*first.sensor_readings, later)))

    assert await rows(store, "SELECT value FROM sensor_reading ORDER BY seen_at") == [(4.5,), (4.6,)]


async def test_commit_adds_to_the_ledger(store: Store) -> None:
    """
    Each step's counts are added to the reader's, several rows of one reader in one step too.
    """
    steps = Steps()
    row = LedgerRow(reader="r1", messages=1, received=4, stored=1, repeats=2, late=0, gaps=1, last_arrived_us=START_US)
    await store.commit(steps.next(ledger=(row, row)))
    await store.commit(steps.next(ledger=(row,)))
    assert await rows(store, "SELECT messages, received, stored, repeats, gaps FROM reader WHERE id = 'r1'") == [
        (3, 12, 3, 6, 3)
    ]


async def test_commit_remembers_how_far_readers_have_numbered(store: Store) -> None:
    """
    What the newest row of a reader says stays until a row says more.
    """
    steps = Steps()
    row = LedgerRow(reader="r1", messages=1, last_arrived_us=START_US, numbering=b"1")
    await store.commit(steps.next(ledger=(row, row._replace(numbering=b"2"))))
    await store.commit(steps.next(ledger=(row._replace(numbering=b""), LedgerRow(reader="r2", messages=1))))
    assert await store.numberings("north") == {"r1": b"2"}


async def test_commit_out_of_order_is_refused(store: Store) -> None:
    """
    A step that skips one is not taken: this engine is not the one that the database knows.
    """
    steps = Steps()
    await store.commit(full_step(steps))
    steps.seq = 2
    with pytest.raises(StepOutOfOrder):
        await store.commit(steps.next(positions=positions_of([Place(tag_id=0)])))
    assert await rows(store, "SELECT live_seq FROM site") == [(1,)]


async def test_commit_of_unknown_site_is_refused(store: Store) -> None:
    """
    A site that nobody imported has nowhere to store anything.
    """
    with pytest.raises(UnknownSite):
        await store.commit(Steps(site="nowhere").next(positions=positions_of([])))


async def test_position_older_word_on_the_same_place_is_ignored(store: Store) -> None:
    """
    The newest word stands; an older one counts only where it puts zone or state right.
    """
    steps = Steps()
    await store.commit(steps.next(positions=positions_of([Place(tag_id=0, seen_us=START_US + 9)])))
    await store.commit(steps.next(positions=positions_of([Place(tag_id=0, seen_us=START_US + 4)])))
    assert await rows(store, "SELECT zone_no, seq FROM position") == [(0, 1)]
    await store.commit(steps.next(positions=positions_of([Place(tag_id=0, zone=1, seen_us=START_US + 4)])))
    assert await rows(store, "SELECT zone_no, seq FROM position") == [(1, 3)]


async def test_late_reads_complete_history_without_repeats(store: Store) -> None:
    """
    A late read is kept unless a stored one of its tag and read point lies at it or less than the dedupe time before it.
    """
    steps = Steps()
    await store.commit(steps.next(stored=reads_of([(0, 1, START_US)])))
    half = SECOND_US // 2
    late = reads_of(
        [
            (0, 1, START_US),  # the stored read again
            (0, 1, START_US + half),  # less than a second after it
            (0, 1, START_US + 2 * half),  # a second after it: kept
            (0, 1, START_US + 3 * half),  # covered by the one before
            (0, 1, START_US - half),  # before all: kept
            (0, 3, START_US),  # another read point: kept
            (1, 1, START_US - 5 * 3_600 * SECOND_US),  # another tag, long ago: kept
        ]
    )
    ledger = (
        LedgerRow(reader="r1", received=6, late=6, last_arrived_us=START_US),
        LedgerRow(reader="r2", received=1, late=1, last_arrived_us=START_US),
    )
    result = await store.commit(steps.next(late=late, ledger=ledger))
    assert result.late_stored == {"r1": 3, "r2": 1}
    again = await store.commit(steps.next(late=late, ledger=ledger))
    assert again.late_stored == {}
    found = await rows(store, "SELECT id, received, late, repeats FROM reader ORDER BY id")
    assert found == [("r1", 12, 3, 9), ("r2", 2, 1, 1)]
    assert await rows(store, "SELECT count(*) FROM late_read") == [(4,)]


async def test_late_reads_at_a_door_have_the_doors_patience(store: Store) -> None:
    """
    The dedupe time is that of the read point: a quarter second at a door.
    """
    step = Steps().next(late=reads_of([(0, 3, START_US), (0, 3, START_US + 300_000), (0, 1, START_US)]))
    assert (await store.commit(step)).late_stored == {"r1": 1, "r2": 2}


async def test_text_that_postgresql_refuses_is_stored_all_the_same(store: Store) -> None:
    """
    NUL, half a surrogate pair, an impossible port and NaN from a reader never stop the line.
    """
    bad = "a\0b\ud800c"
    event = ReaderEvent(
        seen_us=START_US,
        arrived_us=START_US,
        reader=bad,
        kind=ReaderEventKind.ERROR,
        port=1_000_000,
        value=float("nan"),
        text=bad,
    )
    letter = DeadLetter(
        arrived_us=START_US, topic=bad, reader=bad, payload=b"\0" * 9000, payload_bytes=9000, reason=bad
    )
    reading = SensorReading(
        seen_us=START_US, arrived_us=START_US, reader=bad, sensor=bad, quantity=bad, value=float("inf")
    )
    ledger = (LedgerRow(reader=bad, quarantined=1),)
    step = Steps().next(reader_events=(event,), dead_letters=(letter,), sensor_readings=(reading,), ledger=ledger)
    await store.commit(step)
    assert await rows(store, "SELECT text FROM reader_event") == [("a\ufffdb\ufffdc",)]
    assert await rows(store, "SELECT length(payload), payload_bytes FROM dead_letter") == [(4096, 9000)]


async def test_wild_times_make_no_wild_chunks(store: Store) -> None:
    """
    A time from another century that slipped through the line is pulled near the stream's time.
    """
    year_us = 366 * 86_400 * SECOND_US
    wild = reads_of([(0, 1, START_US + 70 * year_us), (1, 1, START_US - 50 * year_us)])
    await store.commit(Steps().next(stored=wild))
    found = await rows(store, "SELECT seen_at FROM read")
    assert all(abs(microseconds(at) - START_US) < 31 * 86_400 * SECOND_US for (at,) in found)
    assert [(START_US - 50 * year_us,), (START_US + 70 * year_us,)] == await rows(
        store, "SELECT raw_us FROM read ORDER BY raw_us"
    )


async def test_plan_changed_while_the_line_runs_is_noticed(store: Store) -> None:
    """
    After a new import the next step knows the new read points.
    """
    steps = Steps()
    await store.commit(full_step(steps))
    site = small_site()
    extra = replace(site.readers[0], id="r3", name="Reader 3")
    saved = await store.save_site(replace(site, readers=(*site.readers, extra)))
    point = saved.read_point_index["r3", 1]
    result = await store.commit(steps.next(late=reads_of([(0, point, START_US - SECOND_US)])))
    assert result.late_stored == {"r3": 1}


async def test_tags_present_is_the_whole_sites(store: Store) -> None:
    """
    Each commit says how many tags are present, tags that left or went missing not counted.
    """
    steps = Steps()
    seen = []
    for places in ([(0, 0), (1, 0)], [(1, 1)], [(2, 0), (1, 1)], [(1, 0)], [(0, 2), (1, 2), (2, 2)]):
        late_us = START_US + steps.seq
        parts = [Place(tag_id=tag, state=state, seen_us=late_us) for tag, state in places]
        seen.append((await store.commit(steps.next(positions=positions_of(parts)))).tags_present)
    assert seen == [2, 1, 2, 3, 0]


async def test_tags_come_back_by_number(store: Store) -> None:
    """
    The engine's index is loaded from what was committed.
    """
    await store.commit(full_step(Steps()))
    assert [(0, epc_of(0)), (1, epc_of(1))] == await store.tags("north")
    assert np.array_equal([tag for tag, _ in await store.tags("north")], np.arange(2))
