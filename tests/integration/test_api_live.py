"""
The live map's socket: a snapshot, then deltas, the same in the end whoever tells the api and however slowly one reads.
"""

import asyncio
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection

from api import hub, live_session
from core.live import DELTA, HEARTBEAT, MORE_FOLLOWS, SNAPSHOT, LiveFrame, encode
from core.model.step import Step
from core.mqtt import Session, open_broker
from core.settings import Settings
from core.store import CommitResult, Store
from tests.api_service import WAIT_S, Api, close_code, next_frame, running_api, until
from tests.store_steps import START_US, Place, positions_of

pytestmark = pytest.mark.parametrize("edition", ["postgres"], indirect=True)
World = dict[int, tuple[Any, ...]]
NAMES = ("zone", "state", "x_m", "y_m", "seen_us", "since_us", "read_point")


def merge(world: World, frame: LiveFrame) -> None:
    """Apply a frame as a page does."""
    positions = frame.positions
    columns = zip(*(getattr(positions, name).tolist() for name in NAMES), strict=True)
    world.update(zip(positions.tag_id.tolist(), columns, strict=True))


async def follow(socket: ClientConnection, seq: int) -> tuple[World, list[LiveFrame]]:
    """Read until the socket has told everything up to a step."""
    world: World = {}
    frames: list[LiveFrame] = []
    while not frames or frames[-1].seq < seq or frames[-1].flags & MORE_FOLLOWS:
        frame = await next_frame(socket)
        if frame.kind == SNAPSHOT and not (frames and frames[-1].flags & MORE_FOLLOWS):
            world.clear()
        merge(world, frame)
        frames.append(frame)
    return world, frames


def told(step: Step, result: CommitResult) -> LiveFrame:
    """The frame that ingest publishes of a step."""
    return LiveFrame(
        kind=DELTA,
        seq=step.seq,
        closed_us=step.closed_us,
        positions=step.positions,
        alert_seq=result.alert_seq,
        reads=3,
        tags_present=result.tags_present,
    )


async def commit(api: Api, places: list[Place], *, tell: bool = True) -> Step:
    """Commit positions as the line does, and tell the hub of it as the broker does."""
    step = api.steps.next(positions=positions_of(places))
    result = await api.store.commit(step)
    if tell:
        await api.app.state.hubs.hub("north", 1).take(told(step, result))
    return step


async def test_live_begins_with_a_snapshot_and_goes_on_with_deltas(api: Api) -> None:
    """
    What was there comes as a snapshot, what happens as deltas with growing seq.
    """
    await commit(api, [Place(tag_id=t) for t in range(3)])
    await until(lambda: api.app.state.hubs.hub("north", 1).seq == 1)
    async with api.socket("live") as socket:
        first = await next_frame(socket)
        step = await commit(api, [Place(tag_id=1, zone=1, seen_us=START_US + 9), Place(tag_id=3, state=1)])
        second = await next_frame(socket)

    assert (first.kind, first.seq, first.positions.tag_id.tolist(), first.tags_present) == (SNAPSHOT, 1, [0, 1, 2], 3)
    assert (second.kind, second.seq, second.positions.tag_id.tolist(), second.tags_present) == (DELTA, 2, [1, 3], 3)
    assert ([1, 0], 3, step.closed_us) == (second.positions.zone.tolist(), second.reads, second.closed_us)


async def test_live_is_right_while_commits_go_on(api: Api) -> None:
    """
    Clients that come in the middle of commits all end with what the database holds.
    """
    rng = np.random.default_rng(7)

    async def commits() -> None:
        for i in range(60):
            tags = sorted(set(rng.integers(0, 40, 5).tolist()))
            await commit(api, [Place(tag_id=t, zone=int(rng.integers(3)), seen_us=START_US + i) for t in tags])

    async def client(delay_s: float) -> World:
        await asyncio.sleep(delay_s)
        async with api.socket("live") as socket:
            return (await follow(socket, 60))[0]

    worlds, _ = await asyncio.gather(asyncio.gather(*(client(0.05 * i) for i in range(6))), commits())
    rows = await api.rows("SELECT tag_id, zone_no, state FROM position ORDER BY tag_id")
    for world in worlds:
        assert rows == [(tag, *world[tag][:2]) for tag in sorted(world)]


async def test_live_fills_gaps_from_the_database(api: Api) -> None:
    """
    A frame that comes after lost ones brings what they held as well.
    """
    await commit(api, [Place(tag_id=0)])
    async with api.socket("live") as socket:
        await next_frame(socket)
        await commit(api, [Place(tag_id=1)], tell=False)
        await commit(api, [Place(tag_id=2)], tell=False)
        await commit(api, [Place(tag_id=0, zone=1)])
        world, _ = await follow(socket, 4)

    assert {0, 1, 2} >= set(world) >= {1, 2}
    assert api.app.state.hubs.hub("north", 1).seq == 4


async def test_live_goes_on_without_a_broker(api: Api) -> None:
    """
    What nobody tells the api it finds in the database within seconds.
    """
    async with api.socket("live") as socket:
        await next_frame(socket)
        await commit(api, [Place(tag_id=0), Place(tag_id=5)], tell=False)
        world, _ = await follow(socket, 1)

    assert {0, 5} == set(world)


@pytest.mark.parametrize("broker_kind", ["nats"], indirect=True)
async def test_live_hears_the_broker(store: Store, database_url: str, mqtt_url: str) -> None:
    """
    A frame that ingest publishes reaches a client at once, byte for byte what was committed.
    """
    settings = Settings(database_url=database_url, mqtt_url=mqtt_url)
    async with running_api(store, settings) as api, open_broker(mqtt_url, Session(client_id="api-live-test")) as broker:
        await until(lambda: api.app.state.hubs.broker_connected)
        hub = api.app.state.hubs.hub("north", 1)
        async with api.socket("live") as socket:
            await next_frame(socket)
            step = await commit(api, [Place(tag_id=0), Place(tag_id=1, zone=1)], tell=False)
            frame = told(step, CommitResult(alert_seq=0, tags_present=2, already=False, late_stored={}))
            await broker.publish("tallyport/v1/north/live", b"not a frame", qos=0)
            await broker.publish("tallyport/v1/north/live", encode(frame), qos=0)
            got = await next_frame(socket)

    assert (got.positions.tag_id.tolist(), got.positions.zone.tolist(), got.reads) == ([0, 1], [0, 1], 3)
    assert hub.seq == 1


async def test_live_snapshot_comes_in_parts(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A large snapshot is cut into frames, and all but the last say that more follows.
    """
    monkeypatch.setattr("api.positions_table.FRAME_POSITIONS_MAX", 4)
    await commit(api, [Place(tag_id=t) for t in range(10)])
    await until(lambda: api.app.state.hubs.hub("north", 1).seq == 1)
    async with api.socket("live") as socket:
        frames = [await next_frame(socket) for _ in range(3)]

    assert [len(frame.positions) for frame in frames] == [4, 4, 2]
    assert [frame.flags for frame in frames] == [MORE_FOLLOWS, MORE_FOLLOWS, 0]
    assert {(SNAPSHOT, 1)} == {(frame.kind, frame.seq) for frame in frames}


async def test_live_slow_client_gets_the_newest_and_holds_nobody_up(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A client that reads nothing for a while skips what is outdated, gets one snapshot, and ends right; the others
    hear everything at once all the while.
    """
    monkeypatch.setattr(live_session, "SLOW_S", 0.5)
    n = 30_000  # a delta of all is a megabyte: a few of them fill every buffer on the way
    hub = api.app.state.hubs.hub("north", 1)
    await until(hub.loaded.is_set)
    async with api.socket("live", max_queue=1) as slow, api.socket("live") as quick:
        await next_frame(quick)
        for i in range(20):
            step = api.steps.next(positions=positions_of([Place(tag_id=t, seen_us=START_US + i) for t in range(n)]))
            await hub.take(told(step, CommitResult(alert_seq=0, tags_present=n, already=False, late_stored={})))
            assert i + 1 == (await next_frame(quick)).seq
        await asyncio.sleep(0.6)
        world, frames = await follow(slow, 20)

    assert len(frames) < 20
    assert SNAPSHOT in [frame.kind for frame in frames[1:]]
    assert {START_US + 19} == {row[4] for row in world.values()}
    assert n == len(world)


async def test_live_heartbeat_says_that_nothing_happens(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    When nothing happens a heartbeat comes, with nothing in it.
    """
    monkeypatch.setattr(hub, "HEARTBEAT_S", 0.1)
    async with api.socket("live") as socket:
        await next_frame(socket)
        beat = await next_frame(socket)

    assert (beat.kind, len(beat.positions)) == (HEARTBEAT, 0)


@pytest.mark.parametrize("words", ['{"type":"hello"}', "x" * 1000, b"\x00", "[" * 500])
async def test_live_understands_ping_only(api: Api, words: str | bytes) -> None:
    """
    Ping gets pong; anything else closes the socket.
    """
    async with api.socket("live") as socket:
        await next_frame(socket)
        await socket.send('{"type": "ping"}')
        async with asyncio.timeout(WAIT_S):
            assert await socket.recv() == '{"type":"pong"}'
        await socket.send(words)
        assert await close_code(socket) == 1003
