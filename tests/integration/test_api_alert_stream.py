"""
The alert stream's socket: everything, in order, across every cut; or a snapshot that says that it is one.
"""

import asyncio
import json
from datetime import datetime
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from api import alert_session, outbox, socket_entry, socket_protocol
from core.model.alert import AlertRaised, AlertResolved, Severity
from core.store.tokens import Role
from tests.api_service import Api, close_code, next_message, until
from tests.faults.plodders import HELLO, Plodder
from tests.store_steps import START_US

pytestmark = pytest.mark.parametrize("edition", ["postgres"], indirect=True)


def raised(subject: str, title: str = "Look") -> AlertRaised:
    """A reason to act."""
    return AlertRaised(
        rule="missing", subject=subject, severity=Severity.HIGH, at_us=START_US, title=title, advice="Go and look"
    )


async def raise_alerts(api: Api, first: int, n: int, title: str = "Look") -> None:
    """Raise n alerts in one step."""
    await api.store.commit(api.steps.next(alerts=tuple(raised(f"tag {i}", title) for i in range(first, first + n))))


async def hello(socket: ClientConnection, resume: dict[str, Any] | None = None) -> dict[str, Any]:
    """Say hello and return the welcome."""
    await socket.send(json.dumps({"type": "hello", "resume": resume}))
    welcome = await next_message(socket)
    assert welcome["type"] == "welcome"
    return welcome


async def test_stream_begins_with_all_open_alerts(api: Api) -> None:
    """
    Without a place to resume from, a client gets every open alert and then each change, in order.
    """
    await raise_alerts(api, 1, 2)
    async with api.socket("alerts") as socket:
        welcome = await hello(socket)
        reset = await next_message(socket)
        await raise_alerts(api, 3, 1)
        resolved = AlertResolved(rule="missing", subject="tag 1", at_us=START_US, reason="seen again")
        await api.store.commit(api.steps.next(alerts=(resolved,)))
        changes = [await next_message(socket) for _ in range(2)]

    assert (welcome["recovered"], welcome["top_seq"]) == (False, 2)
    assert (reset["snapshot_seq"], [alert["subject"] for alert in reset["alerts"]]) == (2, ["tag 1", "tag 2"])
    assert [(change["seq"], change["change"], change["alert"]["subject"]) for change in changes] == [
        (3, "raised", "tag 3"),
        (4, "resolved", "tag 1"),
    ]
    assert {welcome["epoch"]} == {each["epoch"] for each in (reset, *changes)}


async def test_stream_shows_alerts_as_rest_does(api: Api) -> None:
    """
    An alert in the stream has the fields that it has in the list, and what a person does to it arrives.
    """
    await raise_alerts(api, 1, 1)
    (listed,) = (await api.get("/api/v1/sites/north/alerts")).json()["items"]
    async with api.socket("alerts") as socket:
        await hello(socket)
        (streamed,) = (await next_message(socket))["alerts"]
        answer = await api.post(f"/api/v1/sites/north/alerts/{listed['alert_id']}/acknowledge")
        change = await next_message(socket)

    assert listed.keys() == streamed.keys()
    assert [datetime.fromisoformat(listed["raised_at"]), "tag 1"] == [
        datetime.fromisoformat(streamed["raised_at"]),
        streamed["subject"],
    ]
    assert ("acknowledged", answer.json()["acknowledged_by"]) == (change["change"], change["alert"]["acknowledged_by"])


@pytest.mark.slow
async def test_stream_resumes_without_gap_at_every_cut(api: Api) -> None:
    """
    Wherever a connection is cut, the next one goes on with the very next change, even while more are raised.
    """
    await raise_alerts(api, 1, 12)
    epoch = (await api.rows("SELECT alert_epoch::text FROM site"))[0][0]
    for cut in range(13):
        async with api.socket("alerts") as socket:
            welcome = await hello(socket, {"epoch": epoch, "seq": cut})
            await raise_alerts(api, 100 + cut, 1)
            seqs = [(await next_message(socket))["seq"] for _ in range(13)]
        assert welcome["recovered"]
        assert list(range(cut + 1, cut + 14)) == seqs


async def test_stream_recovers_many_without_dropping_the_client(api: Api) -> None:
    """
    A client that missed more than may wait unread gets all of it, at its own pace.
    """
    for first in range(0, 1200, 300):
        await raise_alerts(api, first, 300, title="Look " * 50)
    epoch = (await api.rows("SELECT alert_epoch::text FROM site"))[0][0]
    async with api.socket("alerts") as socket:
        assert (await hello(socket, {"epoch": epoch, "seq": 0}))["recovered"]
        seqs = [(await next_message(socket))["seq"] for _ in range(1200)]

    assert list(range(1, 1201)) == seqs


@pytest.mark.parametrize("what", ["epoch", "future", "pruned", "too many"])
async def test_stream_resets_where_it_cannot_recover(api: Api, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    An unknown epoch, a place that is not there yet, changes that are gone or too many: a snapshot, said to be one.
    """
    await raise_alerts(api, 1, 5)
    resume = {"epoch": (await api.rows("SELECT alert_epoch::text FROM site"))[0][0], "seq": 1}
    if what == "epoch":
        resume["epoch"] = "another"
    if what == "future":
        resume["seq"] = 99
    if what == "pruned":
        await api.rows("DELETE FROM alert_event WHERE seq <= 3")
    if what == "too many":
        monkeypatch.setattr(alert_session, "RECOVERED_MAX", 3)
    async with api.socket("alerts") as socket:
        welcome = await hello(socket, resume)
        reset = await next_message(socket)

    assert not welcome["recovered"]
    assert (reset["type"], reset["snapshot_seq"], len(reset["alerts"])) == ("reset", 5, 5)


async def test_stream_that_began_anew_closes(api: Api) -> None:
    """
    When the database's stream is another one, clients of the old one are sent away to begin anew.
    """
    async with api.socket("alerts") as socket:
        await hello(socket)
        await api.rows("UPDATE site SET alert_epoch = gen_random_uuid()")
        assert await close_code(socket) == 4410


async def test_stream_remembers_acks(api: Api) -> None:
    """
    An ack is remembered for the token, at the latest when the socket closes; it never goes back.
    """
    await raise_alerts(api, 1, 4)
    for seq in (4, 2):
        async with api.socket("alerts") as socket:
            await hello(socket)
            await next_message(socket)
            await socket.send(json.dumps({"type": "ack", "seq": seq}))
        await until(lambda: api.app.state.watch.open == 0)

    assert await api.rows("SELECT seq FROM alert_cursor") == [(4,)]


async def test_stream_beats(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A heartbeat tells where the stream is.
    """
    monkeypatch.setattr(alert_session, "HEARTBEAT_S", 0.1)
    await raise_alerts(api, 1, 3)
    async with api.socket("alerts") as socket:
        await hello(socket)
        await next_message(socket)
        beat = json.loads(await socket.recv())

    assert (beat["type"], beat["top_seq"]) == ("heartbeat", 3)


@pytest.mark.parametrize(
    "words",
    ['{"type":"ack","seq":0}', "{", '{"type":"hello","extra":1}', b"\xff", "[" * 5000, '{"type":"hello","resume":5}'],
)
async def test_stream_wants_hello_first(api: Api, words: str | bytes) -> None:
    """
    Whatever is not a hello closes the socket.
    """
    async with api.socket("alerts") as socket:
        await socket.send(words)
        assert await close_code(socket) == 1003


async def test_stream_refuses_acks_of_what_was_not_sent(api: Api) -> None:
    """
    An ack beyond what was sent closes the socket.
    """
    async with api.socket("alerts") as socket:
        await hello(socket)
        await socket.send('{"type":"ack","seq":5}')
        assert await close_code(socket) == 1003


async def test_stream_does_not_wait_for_hello(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Who says nothing is closed.
    """
    monkeypatch.setattr(alert_session, "HELLO_S_MAX", 0.1)
    async with api.socket("alerts") as socket:
        assert await close_code(socket) == 4408


@pytest.mark.slow
async def test_stream_lets_a_slow_client_go(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A client that leaves a full outbox unread is closed, and resumes without a gap.
    """
    monkeypatch.setattr(outbox, "PATIENCE_S", 0.5)
    epoch = (await api.rows("SELECT alert_epoch::text FROM site"))[0][0]
    async with api.socket("alerts", max_queue=1) as slow:
        await hello(slow)
        for first in range(0, 600, 100):
            await raise_alerts(api, first, 100, title="Look " * 8_000)
        await until(lambda: api.app.state.watch.open == 0)
    async with api.socket("alerts") as socket:
        assert (await hello(socket, {"epoch": epoch, "seq": 0}))["recovered"]
        assert [(await next_message(socket))["seq"] for _ in range(3)] == [1, 2, 3]


@pytest.mark.slow
async def test_stream_hangs_up_on_a_client_that_reads_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    One that leaves everything unread, its close frame too, does not keep its connection.
    """
    monkeypatch.setattr(outbox, "PATIENCE_S", 0.2)
    monkeypatch.setattr(socket_entry, "CLOSING_S_MAX", 0.2)
    monkeypatch.setattr(socket_protocol, "LINGER_S", 0.2)
    plodder = await asyncio.to_thread(Plodder, api.port, "/ws/v1/alerts?site=north", api.tokens[Role.VIEWER][1], HELLO)
    try:
        for first in range(0, 400, 100):
            await raise_alerts(api, first, 100, title="Look " * 8_000)
        await until(lambda: not plodder.open)
    finally:
        plodder.close()
