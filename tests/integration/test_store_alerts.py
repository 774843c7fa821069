"""
Alerts: one open at a time for a rule and subject, every change numbered without gaps in commit order.
"""

import asyncio
from typing import Any

from core.model.alert import AlertChange, AlertRaised, AlertResolved, Severity
from core.store import Store, open_store
from tests.integration.store_questions import rows
from tests.store_steps import START_US, Steps, small_site

EVENTS = "SELECT seq, change, body ->> 'subject' FROM alert_event ORDER BY seq"


def raised(subject: str, at_us: int = START_US, **evidence: Any) -> AlertRaised:  # noqa: ANN401 - JSON
    """Something is wrong with a subject."""
    return AlertRaised(
        rule="missing",
        subject=subject,
        severity=Severity.HIGH,
        at_us=at_us,
        title=f"{subject} is missing",
        advice="Look for it",
        epc=subject,
        evidence=evidence,
    )


def resolved(subject: str) -> AlertResolved:
    """It is well again."""
    return AlertResolved(rule="missing", subject=subject, at_us=START_US + 9, reason="seen again")


async def test_alert_lives_from_raised_to_resolved(store: Store) -> None:
    """
    Raised, said again and resolved are one alert and three events; then the next is a new one.
    """
    steps = Steps()
    for change in (raised("A", seen=1), raised("A", seen=2), resolved("A"), resolved("A"), raised("A")):
        result = await store.commit(steps.next(alerts=(change,)))
    assert result.alert_seq == 4
    expected = [(1, "raised", "A"), (2, "updated", "A"), (3, "resolved", "A"), (4, "raised", "A")]
    assert expected == await rows(store, EVENTS)
    found = await rows(store, "SELECT state, count, version, evidence, resolved_reason FROM alert ORDER BY alert_id")
    assert found == [("resolved", 2, 3, {"seen": 2}, "seen again"), ("open", 1, 1, {}, None)]


async def test_alert_body_is_what_the_api_shows(store: Store) -> None:
    """
    The event keeps the alert as it was then, with the api's names and times in UTC.
    """
    await store.commit(Steps().next(alerts=(raised("A", door="d1"),)))
    ((body,),) = await rows(store, "SELECT body FROM alert_event")
    names = (
        "alert_id rule subject severity state title advice zone tag_id epc reader evidence raised_at updated_at"
        " acknowledged_at acknowledged_by resolved_at resolved_reason count version"
    )
    assert set(names.split()) == set(body)
    assert body["evidence"] == {"door": "d1"}
    assert (body["severity"], body["state"], body["tag_id"]) == ("high", "open", None)
    assert body["raised_at"].endswith("+00:00")


async def test_alert_evidence_may_hold_anything(store: Store) -> None:
    """
    NUL in a text and numbers that are none never stop the line.
    """
    await store.commit(Steps().next(alerts=(raised("A\0", text="a\0\ud800", number=float("nan"), rows=[(1, 2.5)]),)))
    ((evidence,),) = await rows(store, "SELECT evidence FROM alert")
    assert evidence == {"text": "a\ufffd\ufffd", "number": None, "rows": [[1, 2.5]]}


async def test_step_without_alerts_leaves_the_counter_alone(store: Store) -> None:
    """
    The number stays, and the commit tells it all the same.
    """
    steps = Steps()
    assert (await store.commit(steps.next(alerts=(raised("A"), raised("B"))))).alert_seq == 2
    assert (await store.commit(steps.next(alerts=(resolved("C"),)))).alert_seq == 2


async def test_alerts_from_two_sides_at_once_are_one_and_numbered_without_gaps(store: Store, database_url: str) -> None:
    """
    However writers race, a subject has one open alert, and numbers run 1, 2, 3 with none missing.
    """
    await store.save_site(small_site("south"))
    subjects = ["A", "B", "C"]

    async def acknowledge(other: Store) -> None:
        for _ in range(20):
            async with other.transaction() as conn:
                await conn.execute("SELECT alert_seq FROM site WHERE id = 'north' FOR NO KEY UPDATE")
                await conn.execute(
                    "WITH a AS (UPDATE alert SET state = 'acknowledged', version = version + 1 WHERE state = 'open'"
                    "  RETURNING alert_id, site_id, alert_body(alert) AS body),"
                    " n AS (UPDATE site SET alert_seq = alert_seq + (SELECT count(*) FROM a) WHERE id = 'north'"
                    "  RETURNING alert_seq)"
                    " INSERT INTO alert_event (site_id, seq, alert_id, change, body)"
                    " SELECT site_id, alert_seq - row_number() OVER () + 1, alert_id, 'acknowledged', body FROM a, n"
                )

    async def raise_all() -> None:
        steps = Steps()
        for turn in range(30):
            changes: list[AlertChange] = [raised(subject) for subject in subjects]
            if turn % 5 == 4:
                changes.append(resolved(subjects[turn % 3]))
            await store.commit(steps.next(alerts=tuple(changes)))

    async with open_store(database_url, role="api") as other, asyncio.TaskGroup() as tasks:
        tasks.create_task(acknowledge(other), name="acknowledge")
        tasks.create_task(raise_all(), name="raise")
    numbers = [seq for seq, _, _ in await rows(store, EVENTS)]
    assert list(range(1, len(numbers) + 1)) == numbers
    found = await rows(store, "SELECT subject, count(*) FROM alert WHERE state <> 'resolved' GROUP BY subject")
    assert all(n == 1 for _, n in found)
    assert [(len(numbers),)] == await rows(store, "SELECT alert_seq FROM site WHERE id = 'north'")
