"""What waits to be sent to one alert socket: bounded in number and bytes."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

MESSAGES_MAX: Final = 256
BYTES_MAX: Final = 1 << 20
PATIENCE_S: Final = 5.0
"""A full outbox of which nothing is read for this long belongs to a client that is too slow."""


class TooSlow(Exception):
    """The outbox is full, and nothing of it is read."""


class Outbox:
    """Messages in order; `run` sends them one after the other."""

    def __init__(self, messages_max: int = MESSAGES_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._messages_max = messages_max
        self._bytes_max = bytes_max
        self._waiting: deque[str] = deque()
        self._bytes = 0
        self._sent = 0
        self._put = asyncio.Event()
        self._went = asyncio.Event()

    async def put(self, text: str) -> None:
        """Add a message once there is room for it; raises TooSlow. A single one may be of any size."""
        while not self.has_room(len(text)):
            sent = self._sent
            self._went.clear()
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._went.wait()
            except TimeoutError as exc:
                if sent == self._sent:
                    raise TooSlow from exc
        self._waiting.append(text)
        self._bytes += len(text)
        self._put.set()

    def has_room(self, size: int) -> bool:
        """Whether a message of this size may wait too."""
        if not self._waiting:
            return True
        return len(self._waiting) < self._messages_max and self._bytes + size <= self._bytes_max

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
                self._sent += 1
                self._went.set()
