"""
People at the alert stream: websocket clients that resume where they were, and an account of what each was told.
"""

import asyncio
import itertools
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

PAUSE_S: Final = (0.05, 0.5)
OPEN_S: Final = 5.0


@dataclass
class Client:
    """
    One client of `/ws/v1/alerts`.

    seen   numbers of the events that it was told
    told_s when (time.monotonic) it was told each
    known  number up to which the last snapshot covers everything
    begun  number of the first snapshot
    """

    seen: set[int] = field(default_factory=set)
    told_s: dict[int, float] = field(default_factory=dict)
    known: int = 0
    begun: int | None = None
    epoch: str = ""
    connections: int = 0
    back_s: float = 0.0
    """When (time.monotonic) it was last let in."""

    def missed(self, events: set[int]) -> int:
        """How many of these it was never told, by an event or a later snapshot."""
        return 0 if self.begun is None else len({seq for seq in events if seq > self.known} - self.seen)

    def hello(self) -> str:
        """What it says first: where it was, if it ever was anywhere."""
        resume = {"epoch": self.epoch, "seq": max(self.seen, default=self.known)}
        return json.dumps({"type": "hello", "resume": resume if self.begun is not None else None})

    def take(self, message: dict[str, Any]) -> None:
        """Note a message of the server."""
        if message["type"] == "alert":
            self.seen.add(message["seq"])
            self.told_s.setdefault(message["seq"], time.monotonic())
        elif message["type"] == "reset":
            self.known = message["snapshot_seq"]
            self.begun = self.known if self.begun is None else self.begun
        elif message["type"] == "welcome":
            self.epoch, self.back_s = message["epoch"], time.monotonic()
            self.connections += 1


class Clients:
    """Many of them, on a thread of their own."""

    def __init__(self, number: int, url: str, *tokens: str) -> None:
        self.all = [Client() for _ in range(number)]
        self._url = url
        self._tokens = tokens
        self._rng = random.Random(number)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="clients")

    def start(self) -> None:
        """Connect."""
        self._thread.start()

    def stop(self) -> None:
        """Hang up."""
        self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(self._loop)])
        self._thread.join()
        self._loop.close()

    def all_in(self, since_s: float = 0.0) -> bool:
        """Whether each has been let in since then and knows where it stands."""
        return all(client.begun is not None and client.back_s > since_s for client in self.all)

    def missed(self, events: set[int]) -> int:
        """Events that some client was never told."""
        return sum(client.missed(events) for client in self.all)

    def _run(self) -> None:
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._together())

    async def _together(self) -> None:
        tokens = itertools.cycle(self._tokens)
        await asyncio.gather(*(self._keep(client, token) for client, token in zip(self.all, tokens, strict=False)))

    async def _keep(self, client: Client, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        while True:
            with suppress(OSError, TimeoutError, ConnectionClosed, InvalidHandshake, EOFError):
                async with connect(
                    self._url, additional_headers=headers, compression=None, open_timeout=OPEN_S, close_timeout=1
                ) as socket:
                    await self._listen(client, socket)
            await asyncio.sleep(self._rng.uniform(*PAUSE_S))

    async def _listen(self, client: Client, socket: ClientConnection) -> None:
        await socket.send(client.hello())
        async for text in socket:
            client.take(json.loads(text))


class Lookers(Clients):
    """People at the live map, who only look on."""

    async def _listen(self, client: Client, socket: ClientConnection) -> None:
        client.begun, client.back_s = 0, time.monotonic()
        client.connections += 1
        async for _ in socket:
            pass


@contextmanager
def listening(number: int, url: str, *tokens: str) -> Iterator[Clients]:
    """Clients for as long as the block, which share these tokens."""
    with _staying(Clients(number, url, *tokens)) as clients:
        yield clients


@contextmanager
def looking(number: int, url: str, token: str) -> Iterator[Clients]:
    """Clients of the live map for as long as the block."""
    with _staying(Lookers(number, url, token)) as clients:
        yield clients


@contextmanager
def _staying(clients: Clients) -> Iterator[Clients]:
    clients.start()
    try:
        yield clients
    finally:
        clients.stop()
