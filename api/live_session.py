"""One client of the live map: a snapshot, then what is new, as fast as the client reads and no faster."""

import asyncio
from typing import Final

from fastapi import WebSocket

from api.hub import Hub, Push
from api.socket_entry import NOT_UNDERSTOOD, TOO_SLOW, TRY_AGAIN_LATER, Close, Visitor, until_first, until_withdrawn
from api.socket_protocol import PUSH

SLOW_S: Final = 5.0
"""A client that took longer than this over one frame gets a snapshot next."""
STUCK_S: Final = 60.0
"""One that takes longer than this is let go."""
LOADING_S_MAX: Final = 10.0
MESSAGE_MAX: Final = 200
PING: Final = '{"type":"ping"}'
PONG: Final = '{"type":"pong"}'


async def serve_live(socket: WebSocket, visitor: Visitor) -> None:
    """Serve the client until it goes, or may no longer stay."""
    await until_first(_send(socket, visitor.hub), _receive(socket), until_withdrawn(visitor.admitted))


async def _send(socket: WebSocket, hub: Hub) -> None:
    try:
        async with asyncio.timeout(LOADING_S_MAX):
            await hub.loaded.wait()
    except TimeoutError as exc:
        raise Close(TRY_AGAIN_LATER, "the site is not loaded yet") from exc
    push: Push = socket.scope["extensions"][PUSH]
    told, frames = hub.told, hub.snapshot()
    while True:
        took_s = await _send_frames(socket, frames)
        # Nothing awaits between the next lines: who has been told everything follows, and misses nothing.
        if hub.told == told:
            told, took_s = await hub.follow(push), 0.0
        # The frames are exactly what brings the client to `now`.
        now = hub.told
        frames = hub.snapshot() if took_s > SLOW_S else hub.delta(told)
        told = now


async def _send_frames(socket: WebSocket, frames: list[bytes]) -> float:
    """Send, and say how long it took; a frame waits here while the client reads slowly."""
    started = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(STUCK_S):
            for frame in frames:
                await socket.send_bytes(frame)
    except TimeoutError as exc:
        raise Close(TOO_SLOW, "nothing was read for a minute") from exc
    return asyncio.get_running_loop().time() - started


async def _receive(socket: WebSocket) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        if text is None or len(text) > MESSAGE_MAX or text.replace(" ", "") != PING:
            raise Close(NOT_UNDERSTOOD, "this socket understands ping and nothing else")
        await socket.send_text(PONG)
