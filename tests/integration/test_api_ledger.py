"""
The loss ledger over a real database: sums over spans of time, whether they close, and who says so.
"""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from core.model.step import LedgerRow
from core.store.tokens import Role, create_token
from core.store.views_ledger import LEDGER, SPELL
from tallyport.cli import app
from tallyport.doctor import check_ledgers
from tests.api_service import Api
from tests.store_steps import SECOND_US, START_US

pytestmark = pytest.mark.parametrize("edition", ["postgres"], indirect=True)
PATH: Final = "/api/v1/sites/north/ledger"
SPELL_US: Final = int(SPELL.total_seconds()) * SECOND_US
FIRST_US: Final = START_US // SPELL_US * SPELL_US
ROW: Final = LedgerRow(
    reader="r1", messages=3, received=11, stored=7, repeats=3, late=0, quarantined=1, gaps=2, resent=4, numbering=b"1"
)


def moment(us: int) -> str:
    """A time as a caller writes it."""
    return datetime.fromtimestamp(us / 1e6, UTC).isoformat()


async def fill(api: Api, *rows: LedgerRow) -> None:
    """Commit a step for each row."""
    for row in rows:
        await api.store.commit(api.steps.next(ledger=(row,)))


async def five_minutes_twice(api: Api) -> None:
    """Two steps of r1 in the same five minutes, one in the next; one of r2, which awaits three numbers."""
    await fill(
        api,
        ROW._replace(repeats=4, last_arrived_us=FIRST_US),
        ROW._replace(repeats=4, last_arrived_us=FIRST_US + SPELL_US - 1),
        ROW._replace(repeats=4, purged=9, last_arrived_us=FIRST_US + SPELL_US),
        LedgerRow(reader="r2", messages=1, received=2, stored=2, last_arrived_us=FIRST_US, awaited=3, numbering=b"2"),
    )


async def ask(api: Api, **query: str) -> dict[str, Any]:
    """The ledger as the service shows it."""
    answer: dict[str, Any] = (await api.get(PATH, query)).json()
    return answer


async def test_ledger_adds_up_over_a_span(api: Api) -> None:
    """
    Published is what came and what is lost, all of it in accounts; five minutes count whole, from the one asked for.
    """
    await five_minutes_twice(api)
    found = await ask(api, since=moment(FIRST_US + 1), until=moment(FIRST_US + SPELL_US))

    r1, r2 = found["items"]
    accounts = ("stored", "repeats", "late", "quarantined", "lost")
    assert tuple(r1[name] for name in ("published", *accounts)) == (28, 14, 8, 0, 2, 4)
    assert (r1["resent"], r1["name"], r1["difference"], r1["closes"]) == (8, "Reader 1", 0, True)
    assert (r2["published"], r2["stored"], r2["awaited"]) == (2, 2, 3)
    assert found["total"]["published"] == 30 == sum(found["total"][name] for name in accounts)
    assert found["closes"]
    assert datetime.fromisoformat(found["since"]) == datetime.fromtimestamp(FIRST_US / 1e6, UTC)


async def test_ledger_without_end_goes_on_to_now(api: Api) -> None:
    """
    What a reader threw away and the numbers that it skipped are the same loss: the greater count is it.
    """
    await five_minutes_twice(api)
    found = await ask(api, since=moment(FIRST_US), reader="r1")

    (r1,) = found["items"]
    assert (found["until"], r1["messages"], r1["gaps"], r1["purged"], r1["lost"]) == (None, 9, 6, 9, 9)
    assert r1["published"] == r1["received"] + r1["quarantined"] + r1["lost"] == 45


async def test_ledger_is_of_the_last_day_unless_asked(api: Api) -> None:
    """
    Readers that said nothing in the span are there, with nothing.
    """
    await five_minutes_twice(api)
    found = await ask(api)
    assert [item["reader"] for item in found["items"]] == ["r1", "r2"]
    assert {found["total"][name] for name in LEDGER} == {0}
    assert (await ask(api, reader="nobody"))["items"] == []


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_ledger_of_times_that_no_calendar_has(api: Api, since: str) -> None:
    """
    A time at the edge of all calendars is no error.
    """
    answer = await api.get(PATH, {"since": since, "until": since})
    assert answer.status_code == 200


async def test_ledger_that_does_not_close_says_so_everywhere(
    api: Api, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A read in no account is told by the service, its figures, the command and the doctor.
    """
    await fill(api, ROW._replace(last_arrived_us=START_US), LedgerRow(reader="r2", received=1, stored=1))
    found = await ask(api, since=moment(START_US))
    metrics = (await api.get("/metrics", role=Role.DEVICE)).text
    finding = await check_ledgers(database_url)
    monkeypatch.setenv("TALLYPORT_DATABASE_URL", database_url)
    since = moment(START_US)[:19]
    said = await asyncio.to_thread(CliRunner().invoke, app, ["ledger", "--since", since])
    told = await asyncio.to_thread(CliRunner().invoke, app, ["ledger", "--since", since, "--json"])

    assert [(item["difference"], item["closes"]) for item in found["items"]] == [(1, False), (0, True)]
    assert not found["closes"]
    assert 'tallyport_ledger_difference{reader="r1",site="north"} 1.0' in metrics
    assert 'tallyport_ledger_stored_total{reader="r1",site="north"} 7.0' in metrics
    assert (finding.ok, "north/r1 by 1 reads" in finding.detail) == (False, True)
    assert (said.exit_code, "r1: reads are in no account" in said.output.replace("\n", " ")) == (1, True)
    assert (told.exit_code, json.loads(told.output)["total"]["difference"]) == (1, 1)


async def test_ledger_that_closes_is_no_finding(api: Api, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What is known to be lost is counted, and is no error.
    """
    await five_minutes_twice(api)
    monkeypatch.setenv("TALLYPORT_DATABASE_URL", database_url)
    finding = await check_ledgers(database_url)
    since = moment(FIRST_US)[:19]
    said = await asyncio.to_thread(CliRunner().invoke, app, ["ledger", "--since", since])
    unknown = await asyncio.to_thread(CliRunner().invoke, app, ["ledger", "--reader", "nobody"])

    assert (finding.ok, finding.detail) == (True, "every one of 47 reads is accounted for, 9 of them as lost")
    assert (said.exit_code, "12 more came a second time" in said.output) == (0, True)
    assert (unknown.exit_code, "tallyport reader list" in unknown.output) == (1, True)


async def test_metrics_show_ledgers_of_the_sites_that_a_token_is_for(api: Api) -> None:
    """
    A token for another site sees no reader of this one.
    """
    await five_minutes_twice(api)
    async with api.store.connection() as conn:
        _, token = await create_token(conn, name="south", role=Role.DEVICE, sites=("south",))
    async with api.client(text=token) as client:
        figures = (await client.get("/metrics")).text
    assert "# TYPE tallyport_ledger_stored_total counter" in figures
    assert "tallyport_ledger_stored_total{" not in figures
