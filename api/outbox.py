"""What waits to be sent to one alert socket: bounded in number and bytes."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

MESSAGES_MAX: Final = 256
BYTES_MAX: Final = 1 << 20


class TooSlow(Exception):
    """More waits than may."""


class Outbox:
    """Messages in order; `run` sends them one after the other."""

    def __init__(self, messages_max: int = MESSAGES_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._messages_max = messages_max
        self._bytes_max = bytes_max
        self._waiting: deque[str] = deque()
        self._bytes = 0
        self._put = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def put(self, text: str) -> None:
        """Add a message; raises TooSlow where too much waits already. A single one may be of any size."""
        if self._waiting and (len(self._waiting) >= self._messages_max or self._bytes + len(text) > self._bytes_max):
            raise TooSlow
        self._waiting.append(text)
        self._bytes += len(text)
        self._empty.clear()
        self._put.set()

    async def emptied(self) -> None:
        """Wait until everything has gone."""
        await self._empty.wait()

    async def run(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Send what comes, for ever."""
        while True:
            await self._put.wait()
            self._put.clear()
            while self._waiting:
                text = self._waiting[0]
                await send(text)
                self._waiting.popleft()
                self._bytes -= len(text)
            self._empty.set()
