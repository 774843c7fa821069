"""How many frames of the live map the web service delivers, beside a server that does nothing but send the same."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from multiprocessing.process import BaseProcess
from typing import Final

import numpy as np

from core.live import DELTA, LiveFrame, encode
from core.model.step import PositionColumns
from core.mqtt import Broker, Session, open_broker
from core.settings import Settings
from core.store import Store, migrate, open_store
from core.store.tokens import Role, create_token
from tallyport.bench.cpu import cpu_s
from tallyport.bench.curve import Curve
from tallyport.bench.engine import ZONES, bench_site
from tallyport.bench.figure import Figure
from tallyport.bench.process import WAIT_S_MAX, ended, until
from tallyport.bench.service import running_api
from tallyport.bench.sockets import Crowd, Heard, Plain, Sender, listening, serving
from tallyport.services import running_services
from tallyport.services.process import LOOPBACK, free_port

CLIENTS: Final = 100
CROWD: Final = 1_000
CROWD_FRAMES_PER_S: Final = 10.0
CROWD_S: Final = 20.0
ROUNDS: Final = 2_000
SIZES: Final = (10, 100, 1_000)
FRAMES: Final = 200_000
"""Sent to all clients together for a point of the curve, if that takes no more than CURVE_ROUNDS_MAX rounds."""
CURVE_ROUNDS_MAX: Final = 4_000
"""The bench's clients answer no pings, and are let go after forty seconds."""
POSITIONS: Final = 200
SOCKETS_A_TOKEN: Final = 40
TAGS: Final = 40_000


async def fanout_figures(
    settings: Settings, clients: int = CLIENTS, rounds: int = ROUNDS, crowd_size: int = CROWD
) -> AsyncIterator[Figure]:
    """All clients reading, the same with one that never does, and a crowd by the clock."""
    async with _servers(settings, max(clients + 1, crowd_size)) as (chosen, tokens):
        url = _live(chosen)
        plain = {how: await _plain(how, clients, rounds) for how in (Sender.BROADCAST, Sender.ONE_BY_ONE)}
        for name, stuck in (("fanout", 0), ("fanout/one stuck", 1)):
            crowd = Crowd(url=url, tokens=tokens[: clients + stuck], stuck=stuck)
            figure = await _measure(name, chosen, crowd, rounds)
            yield replace(figure, limit=plain[Sender.BROADCAST], peers={"websockets, send": plain[Sender.ONE_BY_ONE]})
        crowd = Crowd(url=url, tokens=tokens[:crowd_size])
        yield replace(await _crowded(chosen, crowd), limit=plain[Sender.BROADCAST])


async def client_curve(settings: Settings, sizes: Sequence[int] = SIZES, frames: int = FRAMES) -> Curve:
    """The web service's processor time a frame and client, against how many look on."""
    costs = []
    async with _servers(settings, max(sizes)) as (chosen, tokens):
        for size in sizes:
            figure = await _measure(
                "clients", chosen, Crowd(url=_live(chosen), tokens=tokens[:size]), min(CURVE_ROUNDS_MAX, frames // size)
            )
            costs.append(1e6 / figure.ours)
    return Curve(
        name="fanout/clients",
        against="websocket clients",
        unit="us a frame and client",
        sizes=sizes,
        costs=costs,
        setting={"positions_a_frame": POSITIONS},
    )


@asynccontextmanager
async def _servers(settings: Settings, clients: int) -> AsyncIterator[tuple[Settings, list[str]]]:
    """A database with the bench's site, a broker, and a token for each client; the settings that lead to them."""
    async with running_services(settings) as services:
        await migrate(services.database_url)
        addresses = {"database_url": services.database_url, "mqtt_url": services.mqtt_url, "api_port": free_port()}
        async with open_store(services.database_url, role="api") as store:
            await store.save_site(bench_site())
            tokens = await viewers(store, clients)
        yield settings.model_copy(update=addresses), tokens


def _live(settings: Settings) -> str:
    return f"ws://{settings.api_host}:{settings.api_port}/ws/v1/live?site=bench"


async def viewers(store: Store, clients: int) -> list[str]:
    """A token for each client; one opens a bounded number of sockets."""
    tokens: list[str] = []
    async with store.connection() as conn:
        while len(tokens) < clients:
            _, token = await create_token(conn, name=f"bench {len(tokens)}", role=Role.VIEWER)
            tokens += [token] * SOCKETS_A_TOKEN
    return tokens


async def _measure(name: str, settings: Settings, crowd: Crowd, rounds: int) -> Figure:
    """Publish a frame when every client that reads has the one before, so that none is left out or put together."""
    clients = len(crowd.tokens) - crowd.stuck
    heard = Heard()
    assert settings.mqtt_url is not None
    session = Session(client_id="bench-live", clean=True)
    async with running_api(settings) as api, open_broker(settings.mqtt_url, session) as broker:
        with ended(listening(crowd, heard)) as process:
            await until(lambda: heard.snapshots.value >= clients, process)
            used_s, started = cpu_s(api.pid), time.monotonic()
            await _publish(broker, heard, process, clients, rounds)
            took_s, used_s = time.monotonic() - started, max(1e-3, cpu_s(api.pid) - used_s)
    return Figure(
        name=name,
        ours=clients * rounds / used_s,
        unit="frames/s of CPU",
        lost=clients * rounds - heard.up_to_date.value,
        setting={
            "clients": clients,
            "stuck": crowd.stuck,
            "positions_a_frame": POSITIONS,
            "bytes_a_frame": len(_frame(1)),
            "frames_per_s": round(heard.deltas.value / took_s),
            "positions_per_s": round(heard.deltas.value * POSITIONS / took_s),
            "api_cores": round(used_s / took_s, 2),
            "limit": "websockets.broadcast of the same frame, nothing else",
        },
    )


async def _crowded(settings: Settings, crowd: Crowd) -> Figure:
    """A thousand open maps, ten frames a second for each, by the clock: how late they come."""
    heard, clients, frames = Heard(), len(crowd.tokens), round(CROWD_FRAMES_PER_S * CROWD_S)
    assert settings.mqtt_url is not None
    session = Session(client_id="bench-live", clean=True)
    async with running_api(settings) as api, open_broker(settings.mqtt_url, session) as broker:
        with ended(listening(crowd, heard)) as process:
            await until(lambda: heard.snapshots.value >= clients, process)
            used_s, started = cpu_s(api.pid), time.monotonic()
            for seq in range(1, frames + 1):
                await broker.publish("tallyport/v1/bench/live", _frame(seq), qos=0)
                await asyncio.sleep(max(0.0, started + seq / CROWD_FRAMES_PER_S - time.monotonic()))
            await until(partial(_all_have, heard, frames * clients), process)
            took_s, used_s = time.monotonic() - started, max(1e-3, cpu_s(api.pid) - used_s)
    return Figure(
        name=f"fanout/{clients} maps",
        ours=heard.deltas.value / used_s,
        unit="frames/s of CPU",
        lost=clients * frames - heard.up_to_date.value,
        setting={
            "clients": clients,
            "frames_per_s": round(heard.deltas.value / took_s),
            "bytes_a_frame": len(_frame(1)),
            "api_cores": round(used_s / took_s, 2),
            "delay_ms_p50": heard.delay_ms(0.5),
            "delay_ms_p99": heard.delay_ms(0.99),
            "limit": "websockets.broadcast of the same frame, nothing else",
        },
    )


async def _publish(broker: Broker, heard: Heard, process: BaseProcess, clients: int, rounds: int) -> None:
    for seq in range(1, rounds + 1):
        await broker.publish("tallyport/v1/bench/live", _frame(seq), qos=0)
        await until(partial(_all_have, heard, seq * clients), process)


async def _plain(how: str, clients: int, rounds: int) -> float:
    """Frames a second of CPU that a plain server sends."""
    heard, plain = Heard(), Plain(how=how, frame=_frame(1), clients=clients, rounds=rounds)
    with ended(serving(plain, heard)) as server:
        await until(lambda: plain.port.value, server)
        crowd = Crowd(url=f"ws://{LOOPBACK}:{plain.port.value}/?plain", tokens=["none"] * clients)
        with ended(listening(crowd, heard)):
            await asyncio.to_thread(server.join, WAIT_S_MAX)
    return clients * rounds / max(1e-3, plain.cpu_ns.value / 1e9)


def _frame(seq: int) -> bytes:
    """A delta as the line publishes it: other tags each time."""
    tags = (np.arange(POSITIONS, dtype=np.int64) + seq * POSITIONS) % TAGS
    now = np.full(POSITIONS, time.time_ns() // 1_000, np.int64)
    half = np.full(POSITIONS, 0.5, np.float32)
    positions = PositionColumns(
        tag_id=tags,
        zone=(tags % ZONES).astype(np.int16),
        state=np.zeros(POSITIONS, np.uint8),
        confidence=half,
        x_m=half,
        y_m=half,
        seen_us=now,
        since_us=now,
        read_point=np.ones(POSITIONS, np.int32),
    )
    return encode(LiveFrame(kind=DELTA, seq=seq, closed_us=int(now[0]), positions=positions, reads=POSITIONS))


def _all_have(heard: Heard, told: int) -> bool:
    return heard.up_to_date.value >= told
