"""
Plans come and go, numbers stay; readers wait for approval; acts are written down.
"""

from dataclasses import replace

import pytest

from core.model.pending_reader import PendingReader
from core.site import Antenna, PhotoEye, Reader, ReaderFormat, Site, Zone, ZoneKind
from core.store import Act, NotPending, Store, UnknownSite
from tests.integration.store_questions import rows
from tests.store_steps import START_US, small_site


async def test_site_comes_back_as_it_was_saved(store: Store) -> None:
    """
    A plan read back is the plan that saving it gave, down to every antenna.
    """
    saved = await store.save_site(small_site())
    assert saved == await store.site("north")
    plan = small_site()
    assert (plan.zones, plan.readers, plan.doors, plan.sensors, plan.engine) == (
        saved.zones,
        saved.readers,
        saved.doors,
        saved.sensors,
        saved.engine,
    )
    assert plan.read_points == saved.read_points
    assert await store.sites() == ["north"]


async def test_door_keeps_everything_the_plan_says(store: Store) -> None:
    """
    A door's way out and its light beams come back from the database, and are no change when they come again.
    """
    eyes = (PhotoEye(reader="r2", inside_port=1, outside_port=2),)
    doors = tuple(replace(door, facing_deg=270.0, photo_eyes=eyes) for door in small_site().doors)
    plan = replace(small_site(), doors=doors)
    await store.save_site(plan)
    version = await store.site_version("north")
    await store.save_site(plan)
    assert doors == (await store.site("north")).doors
    assert version == await store.site_version("north")


async def test_site_saved_again_unchanged_keeps_its_version(store: Store) -> None:
    """
    Importing the same file twice is no change of the plan.
    """
    before = await store.site_version("north")
    await store.save_site(small_site())
    assert before == await store.site_version("north")
    await store.save_site(replace(small_site(), name="North 2"))
    assert before + 1 == await store.site_version("north")


async def test_site_numbers_stay_when_the_plan_changes(store: Store) -> None:
    """
    What leaves the plan is retired under its number, what is new comes after, what returns has its old number.
    """
    plan = small_site()
    cold = Zone(id="cold", name="Cold", kind=ZoneKind.STORAGE, polygon=plan.zones[0].polygon)
    gate = Reader(id="gate", name="Gate", antennas=(Antenna(port=1, x=3.0, y=3.0, zone="cold"),))
    changed = replace(plan, zones=(cold, *plan.zones[1:]), readers=(gate, plan.readers[1]), sensors=())
    saved = await store.save_site(changed)
    assert [(zone.id, zone.retired) for zone in saved.zones] == [
        ("hall", True),
        ("pack", False),
        ("dock", False),
        ("cold", False),
    ]
    points = [(point.reader, point.antenna) for point in saved.read_points]
    assert points == [("r1", 0), ("r1", 1), ("r2", 0), ("r2", 1), ("gate", 0), ("gate", 1)]
    assert [reader.id for reader in (await store.site("north")).readers] == ["r2", "gate"]
    back = await store.save_site(plan)
    assert [zone.retired for zone in back.zones] == [False, False, False, True]
    assert points == [(point.reader, point.antenna) for point in back.read_points]
    loaded = await store.site("north")
    assert plan.readers == loaded.readers
    assert loaded.zones == back.zones
    assert await rows(store, "SELECT reader, retired FROM read_point WHERE retired") == [("gate", True), ("gate", True)]


async def test_site_that_nobody_imported_is_unknown(store: Store) -> None:
    """
    Asking for it says what to do.
    """
    with pytest.raises(UnknownSite, match="site import"):
        await store.site("nowhere")
    with pytest.raises(UnknownSite):
        await store.site_version("nowhere")


def waiting(topic: str = "rfid/x7", messages: int = 1) -> PendingReader:
    """An unknown reader's messages."""
    return PendingReader(
        site="",
        topic=topic,
        reader="x7",
        format="zebra",
        first_arrived_us=START_US,
        last_arrived_us=START_US + messages,
        messages=messages,
        sample=b"\0{}",
    )


async def test_pending_reader_waits_and_is_approved_once(store: Store) -> None:
    """
    Its messages add up while it waits; approved it is on the plan with its topic, and waits no more.
    """
    await store.note_pending([waiting(), waiting(messages=4)])
    assert [replace(waiting(messages=4), messages=5)] == await store.pending("north")
    plan: Site = await store.approve_pending("north", "rfid/x7", "ana")
    expected = Reader(id="x7", name="x7", format=ReaderFormat.ZEBRA, topics=("rfid/x7",))
    assert expected == plan.readers[-1]
    assert plan == await store.site("north")
    assert await store.pending("north") == []
    with pytest.raises(NotPending):
        await store.approve_pending("north", "rfid/x7", "ana")
    assert await rows(store, "SELECT actor, act, subject FROM audit") == [("ana", "reader.approve", "rfid/x7")]


async def test_pending_flood_is_bounded(store: Store) -> None:
    """
    Made-up topics fill the list up to its limit, and a reader that is on it still counts.
    """
    await store.note_pending([waiting(f"made/up/{n}") for n in range(1_010)])
    await store.note_pending([waiting("made/up/3")])
    assert await rows(store, "SELECT count(*) FROM pending_reader") == [(1_000,)]
    assert await rows(store, "SELECT messages FROM pending_reader WHERE topic = 'made/up/3'") == [(2,)]


async def test_audit_keeps_who_did_what(store: Store) -> None:
    """
    An act is a row with its details.
    """
    await store.audit(Act(actor="ana", act="site.import", subject="north", site="north", detail={"zones": 3}))
    assert await rows(store, "SELECT actor, site, detail FROM audit") == [("ana", "north", {"zones": 3})]
