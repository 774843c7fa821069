"""
The other end of the fan-out figures: clients that only take what comes, and plain servers of the websockets library.
"""

import asyncio
import base64
import os
import selectors
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized, SynchronizedArray
from typing import Final
from urllib.parse import urlsplit

import numpy as np
from websockets.asyncio.server import ServerConnection, broadcast, serve

from core.live import DELTA, SNAPSHOT, decode
from tallyport.bench.process import counter, counters, start
from tallyport.services.process import LOOPBACK

RECEIVE_BYTES: Final = 1 << 18
DELAY_MS_MAX: Final = 10_000
_HEAD: Final = struct.Struct("<4sBBHQqQI")


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What all clients of one process have taken, told as they take it."""

    connected: "Synchronized[int]" = field(default_factory=counter)
    snapshots: "Synchronized[int]" = field(default_factory=counter)
    deltas: "Synchronized[int]" = field(default_factory=counter)
    up_to_date: "Synchronized[int]" = field(default_factory=counter)
    """Sum over all clients of the seq that each has been brought to."""
    delays_ms: "SynchronizedArray[int]" = field(default_factory=partial(counters, DELAY_MS_MAX))
    """How many positions came so many milliseconds after their last read; the last number counts all later ones."""

    def delay_ms(self, part: float) -> int:
        """The delay that this part of the positions did not exceed."""
        so_far = np.cumsum(self.delays_ms[:])
        return int(np.searchsorted(so_far, part * so_far[-1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Clients of one address: a token for each, and how many of them never read."""

    url: str
    tokens: Sequence[str]
    stuck: int = 0


def listening(crowd: Crowd, heard: Heard) -> BaseProcess:
    """Start a process with all clients of a crowd; it ends with its parent, or when told to."""
    return start(_listen, crowd, heard)


class Sender:
    """What a plain server does with a frame, by name."""

    BROADCAST: Final = "broadcast"
    ONE_BY_ONE: Final = "one by one"


@dataclass(frozen=True, kw_only=True)
class Plain:
    """One run of a plain server: what it sends and how, and what it says back."""

    how: str
    frame: bytes
    clients: int
    rounds: int
    port: "Synchronized[int]" = field(default_factory=counter)
    cpu_ns: "Synchronized[int]" = field(default_factory=counter)


def serving(plain: Plain, heard: Heard) -> BaseProcess:
    """Start a plain server; it ends once every client has taken every round."""
    return start(_serve, plain, heard)


def _listen(crowd: Crowd, heard: Heard) -> None:
    with selectors.EpollSelector() as selector:
        stuck = []  # held: a socket that nobody holds is closed
        for i, token in enumerate(crowd.tokens):
            client = _Client(crowd.url, token)
            heard.connected.value = i + 1
            if i < crowd.stuck:
                stuck.append(client)
            else:
                selector.register(client.socket, selectors.EVENT_READ, client)
                client.count(heard)
        while True:
            for key, _ in selector.select():
                client = key.data
                client.buffer += client.socket.recv(RECEIVE_BYTES)
                client.count(heard)


class _Client:
    """A socket that has been upgraded, and what of its frames has come. It answers no pings: runs are short."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=10.0)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        self.buffer = bytearray()
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.socket.recv(RECEIVE_BYTES)
        answer, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(answer.decode(errors="replace"))
        self.buffer = bytearray(rest)
        self._seq = 0

    def count(self, heard: Heard) -> None:
        """Count the frames that are whole; servers' frames are not masked."""
        while (size := self._size()) is not None:
            start, end = size
            if end - start >= _HEAD.size and self.buffer[start : start + 1] == b"T":
                _, kind, _, _, seq, _, _, _ = _HEAD.unpack_from(self.buffer, start)
                heard.snapshots.value += kind == SNAPSHOT
                heard.deltas.value += kind == DELTA
                if kind == DELTA:
                    self._note_delays(bytes(self.buffer[start:end]), heard)
                heard.up_to_date.value += seq - self._seq
                self._seq = seq
            del self.buffer[:end]

    def _note_delays(self, frame: bytes, heard: Heard) -> None:
        """Count how long after its last read each position came."""
        seen_us = decode(frame).positions.seen_us
        late_ms = np.clip((time.time_ns() // 1_000 - seen_us) // 1_000, 0, DELAY_MS_MAX - 1)
        counts = np.ctypeslib.as_array(heard.delays_ms.get_obj())
        counts += np.bincount(late_ms, minlength=DELAY_MS_MAX)

    def _size(self) -> tuple[int, int] | None:
        """Return where the first frame's payload starts and ends; None while it is not all there."""
        if len(self.buffer) < 2:  # noqa: PLR2004 - the least head of RFC 6455
            return None
        length, start = self.buffer[1] & 0x7F, 2
        extended = {126: 2, 127: 8}.get(length, 0)
        if extended:
            length, start = int.from_bytes(self.buffer[2 : 2 + extended], "big"), 2 + extended
        return None if len(self.buffer) < start + length else (start, start + length)


def _serve(plain: Plain, heard: Heard) -> None:
    asyncio.run(_serve_rounds(plain, heard))


async def _serve_rounds(plain: Plain, heard: Heard) -> None:
    """Send a round when all clients have taken the one before, and count the CPU time of sending alone."""
    connections: list[ServerConnection] = []

    async def stay(connection: ServerConnection) -> None:
        connections.append(connection)
        await connection.wait_closed()

    async with serve(stay, LOOPBACK, 0, compression=None) as server:
        plain.port.value = next(iter(server.sockets)).getsockname()[1]
        while len(connections) < plain.clients:  # noqa: ASYNC110 - others come
            await asyncio.sleep(0.01)
        for sent in range(1, plain.rounds + 1):
            started = time.process_time_ns()
            await _send(plain, connections)
            plain.cpu_ns.value += time.process_time_ns() - started
            while heard.deltas.value < sent * plain.clients:  # noqa: ASYNC110 - another process says so
                await asyncio.sleep(0.001)
        for connection in connections:
            connection.transport.abort()


async def _send(plain: Plain, connections: list[ServerConnection]) -> None:
    if plain.how == Sender.BROADCAST:
        broadcast(connections, plain.frame)
        return
    for connection in connections:
        await connection.send(plain.frame)
