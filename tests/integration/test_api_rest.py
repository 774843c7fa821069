"""
What the REST interface answers, over a real database that the line's own commits have filled.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.model.alert import AlertRaised, Severity
from core.model.dead_letter import DeadLetter
from core.model.pending_reader import PendingReader
from core.model.sensor_reading import SensorReading
from core.model.step import LedgerRow, Movement, MovementKind
from core.store.tokens import Role
from tests.api_service import Api
from tests.store_steps import SECOND_US, START_US, Place, epc_of, positions_of, reads_of

pytestmark = pytest.mark.parametrize("edition", ["postgres"], indirect=True)
SITE = "/api/v1/sites/north"


def movement(tag_id: int, at_us: int = START_US) -> Movement:
    """An appearance in the hall."""
    return Movement(
        at_us=at_us,
        tag_id=tag_id,
        epc=epc_of(tag_id),
        kind=MovementKind.APPEAR,
        from_zone=-1,
        to_zone=0,
        read_point=1,
        confidence=0.9,
    )


async def stock_site(api: Api) -> None:
    """Five tags: three in the hall, one in packing, one gone through the dock."""
    places = [Place(tag_id=t) for t in range(3)] + [Place(tag_id=3, zone=1), Place(tag_id=4, zone=2, state=1)]
    await api.store.commit(
        api.steps.next(
            stored=reads_of([(t, 1, START_US + t) for t in range(5)]),
            positions=positions_of(places),
            movements=tuple(movement(t) for t in range(5)),
            ledger=(LedgerRow(reader="r1", messages=1, received=7, stored=5, repeats=2, last_arrived_us=START_US),),
            sensor_readings=tuple(
                SensorReading(
                    seen_us=START_US + i,
                    arrived_us=START_US,
                    reader="r1",
                    sensor="t1",
                    quantity="temperature_c",
                    value=i,
                )
                for i in range(3)
            ),
            dead_letters=(
                DeadLetter(
                    arrived_us=START_US,
                    topic="tallyport/v1/north/r1/reads",
                    reader="r1",
                    payload=b"{",
                    payload_bytes=1,
                    reason="no JSON",
                ),
            ),
            alerts=(alert("missing", epc_of(0)), alert("reader_offline", "r2")),
        )
    )


def alert(rule: str, subject: str) -> AlertRaised:
    """A reason to act."""
    return AlertRaised(
        rule=rule,
        subject=subject,
        severity=Severity.HIGH,
        at_us=START_US,
        title="Look",
        advice="Go and look",
        epc=subject if rule == "missing" else "",
        evidence={"reads": []},
    )


async def test_site_shows_the_plan(api: Api) -> None:
    """
    A site's plan has its zones and read points in index order.
    """
    plan = (await api.get(SITE)).json()

    assert [zone["id"] for zone in plan["zones"]] == ["hall", "pack", "dock"]
    assert [point["index"] for point in plan["read_points"]] == [0, 1, 2, 3]
    assert plan["doors"] == [{"id": "d1", "name": "Dock door 1", "zone": "dock", "kind": "dock"}]
    assert [site["id"] for site in (await api.get("/api/v1/sites")).json()["items"]] == ["north"]


async def test_positions_page_through_all_tags_once(api: Api) -> None:
    """
    Following next_cursor gives each position once, in order, and ends.
    """
    await stock_site(api)

    seen: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await api.get(f"{SITE}/positions", {"limit": 2, **cursor})).json()
        seen += [item["tag_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"zone": "hall"}, [0, 1, 2]),
        ({"state": "left"}, [4]),
        ({"epc": epc_of(3)}, [3]),
        ({"epc": epc_of(3).lower()}, [3]),
        ({"q": epc_of(2)[-10:]}, [2]),
        ({"q": "%"}, []),
        ({"q": "_"}, []),
        ({"sku": "nothing"}, []),
        ({"gtin": "nothing"}, []),
    ],
)
async def test_positions_are_filtered(api: Api, filters: dict[str, str], expected: list[int]) -> None:
    """
    Each filter keeps what it names; signs that mean something to SQL stand for themselves.
    """
    await stock_site(api)

    items = (await api.get(f"{SITE}/positions", filters)).json()["items"]
    assert expected == [item["tag_id"] for item in items]


async def test_tag_shows_alerts_and_history(api: Api) -> None:
    """
    A tag is found by its EPC and by its number, with its open alerts, its movements and its reads.
    """
    await stock_site(api)
    path = f"{SITE}/tags/{epc_of(0)}"
    by_epc, by_id = (await api.get(path)).json(), (await api.get(f"{SITE}/tags/by-id/0")).json()
    reads = (await api.get(f"{path}/reads", {"since": "2026-01-01T00:00:00Z"})).json()["items"]
    movements = (await api.get(f"{path}/movements")).json()["items"]

    assert by_epc == by_id
    assert (by_epc["zone"], by_epc["state"], by_epc["scheme"]) == ("hall", "present", "sgtin-96")
    assert [each["rule"] for each in by_epc["alerts"]] == ["missing"]
    assert [(read["rssi_dbm"], read["reader"], read["antenna"]) for read in reads] == [(-55.5, "r1", 1)]
    assert [each["kind"] for each in movements] == ["appear"]
    assert datetime.fromtimestamp(START_US / 1e6, UTC) == datetime.fromisoformat(by_epc["seen_at"])
    assert by_epc["seen_at"].endswith("Z")


@pytest.mark.parametrize(
    ("path", "n"),
    [("movements", 5), ("sensor-readings", 3), ("stock", 2), ("alerts", 2), ("dead-letters", 1)],
)
async def test_lists_page_through_everything(api: Api, path: str, n: int) -> None:
    """
    Pages of one hold together all there is, none of it twice.
    """
    await stock_site(api)

    seen: list[Any] = []
    cursor: dict[str, str] = {}
    for _ in range(n):
        page = (await api.get(f"{SITE}/{path}", {"limit": 1, **cursor})).json()
        seen += page["items"]
        cursor = {"cursor": page["next_cursor"]}
    assert page["next_cursor"] is None
    assert n == len({str(item) for item in seen}) == len(seen)


async def test_readers_show_health_and_ledger(api: Api) -> None:
    """
    Each reader comes with its antennas and what became of its reads since it was registered.
    """
    await stock_site(api)
    readers = (await api.get(f"{SITE}/readers")).json()["items"]

    assert [(r["id"], [a["port"] for a in r["antennas"]]) for r in readers] == [("r1", [1]), ("r2", [1])]
    assert tuple(readers[0]["ledger"][name] for name in ("received", "stored", "repeats")) == (7, 5, 2)


async def test_alert_is_acknowledged_then_resolved(api: Api) -> None:
    """
    An alert goes from open to acknowledged to resolved, once each, with who and why, into the stream and the audit.
    """
    await stock_site(api)
    (found,) = (await api.get(f"{SITE}/alerts", {"rule": "missing"})).json()["items"]
    path = f"{SITE}/alerts/{found['alert_id']}"
    acknowledged = await api.post(f"{path}/acknowledge", {"comment": "on my way"}, role=Role.OPERATOR)
    again = await api.post(f"{path}/acknowledge", {})
    resolved = await api.post(f"{path}/resolve", {"reason": "found it"}, role=Role.MANAGER)
    once_more = await api.post(f"{path}/resolve", {"reason": "found it"})

    assert tuple(acknowledged.json()[k] for k in ("state", "acknowledged_by")) == ("acknowledged", "test operator")
    assert tuple(resolved.json()[k] for k in ("state", "resolved_reason")) == ("resolved", "found it")
    assert [again.status_code, once_more.status_code] == [409, 409]
    assert await api.rows("SELECT change, seq FROM alert_event ORDER BY seq") == [
        ("raised", 1),
        ("raised", 2),
        ("acknowledged", 3),
        ("resolved", 4),
    ]
    assert await api.rows("SELECT actor, act FROM audit ORDER BY audit_id") == [
        ("test operator", "alert.acknowledge"),
        ("test manager", "alert.resolve"),
    ]
    assert resolved.json() == (await api.get(path)).json()


async def test_shipment_is_created_and_closed_once(api: Api) -> None:
    """
    A shipment's reference is taken once, its door must be there, and it ends once.
    """
    new = {"reference": "S-1", "door": "d1", "epcs": [epc_of(1).lower(), epc_of(2), epc_of(2)]}
    path = f"{SITE}/shipments"
    created = await api.post(path, new, role=Role.OPERATOR)
    again = await api.post(path, new)
    nowhere = await api.post(path, {"reference": "S-2", "door": "d9", "epcs": []})
    closed = await api.post(f"{path}/S-1/close")
    cancelled = await api.post(f"{path}/S-1/cancel")

    assert (201, [epc_of(1), epc_of(2)]) == (created.status_code, [item["epc"] for item in created.json()["epcs"]])
    assert [each.status_code for each in (again, nowhere, closed, cancelled)] == [409, 404, 200, 409]
    assert closed.json()["state"] == "closed"
    assert [(s["reference"], s["items"]) for s in (await api.get(path)).json()["items"]] == [("S-1", 2)]


async def test_pending_reader_is_approved_onto_the_plan(api: Api) -> None:
    """
    A reader that waits joins the plan with its antennas, and waits no more.
    """
    topic = "zebra/new/data"
    waiting = PendingReader(
        site="",
        topic=topic,
        reader="new",
        format="zebra",
        first_arrived_us=START_US,
        last_arrived_us=START_US + SECOND_US,
        messages=3,
        sample=b"{\x00\xff",
    )
    await api.store.note_pending([waiting])
    listed = (await api.get(f"{SITE}/pending-readers")).json()["items"]
    antennas = [{"port": 1, "x": 3.5, "y": 4, "zone": "pack"}]
    wrong = await api.post(
        f"{SITE}/pending-readers/approve", {"topic": topic, "antennas": [{**antennas[0], "zone": "x"}]}
    )
    approved = await api.post(f"{SITE}/pending-readers/approve", {"topic": topic, "antennas": antennas})
    again = await api.post(f"{SITE}/pending-readers/reject", {"topic": topic})

    assert [(topic, "zebra", 3)] == [(r["topic"], r["format"], r["messages"]) for r in listed]
    assert [wrong.status_code, approved.status_code, again.status_code] == [404, 204, 404]
    assert ("new", 3.5) in {
        (reader["id"], antenna["x"])
        for reader in (await api.get(f"{SITE}/readers")).json()["items"]
        for antenna in reader["antennas"]
    }


async def test_readiness_names_each_site(api: Api) -> None:
    """
    Ready means: database there, schema ours, sites loaded; each with how far it has come.
    """
    await stock_site(api)
    ready = (await api.get("/readyz", role=None)).json()

    assert (ready["status"], ready["edition"]) == ("ready", "postgres")
    assert [site["site"] for site in ready["sites"]] == ["north"]
    assert (await api.get("/healthz", role=None)).json() == {"status": "ok"}
    assert 'tallyport_site_seq{site="north"}' in (await api.get("/metrics", role=Role.DEVICE)).text
