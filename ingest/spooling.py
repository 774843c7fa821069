"""
The line's source of messages: the broker, and before it what waits on disk.

In normal running nothing touches the disk. While a commit is stuck, what comes is put there and acknowledged, so that
no broker has to hold it for us; later it is given out in order, before what came after it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from core.counters import count, set_gauge
from core.mqtt import Delivery
from core.mqtt_intake import Intake
from ingest.spool import Spool, SpoolBroken, SpoolFull

log = logging.getLogger(__name__)

T = TypeVar("T")

AT_ONCE: Final = 1_000
"""Messages written, or read, in one go: one sync for all of them."""
LOOK_S: Final = 0.1
"""How often we look whether the line is stuck."""
FULL_S: Final = 1.0
"""How long to wait where there is no room; meanwhile the broker keeps what comes."""
NEARLY_DONE: Final = 5_000
"""With fewer than this on disk, what comes may wait in memory until they are taken."""


class Spooling:
    """Messages in order of arrival, from disk as long as any wait there, then from the broker."""

    def __init__(self, intake: Intake, spool: Spool, stuck: Callable[[], bool]) -> None:
        self._intake = intake
        self._spool = spool
        self._stuck = stuck
        self._disk = ThreadPoolExecutor(1, "spool")
        self._ahead: deque[Delivery] = deque()
        self._given = self._done = spool.forgotten
        self._still = asyncio.Event()
        """Set while nothing is on its way to the disk."""
        self._still.set()
        self._full = False

    @property
    def empty(self) -> bool:
        """Whether nothing waits to be taken."""
        return not self._ahead and self._all_given() and self._intake.empty

    def _all_given(self) -> bool:
        return self._given >= self._spool.newest

    async def next(self, timeout_s: float | None = None) -> Delivery | None:
        """Return the next delivery in order of arrival, or None after the time-out. Raises SpoolBroken."""
        while not self._ahead:
            # What is being written now came before what comes next.
            await self._still.wait()
            if self._all_given():
                return await self._intake.next(timeout_s)
            await self._read()
        return self._ahead.popleft()

    async def keep(self) -> None:
        """Put on disk what comes while the line is stuck, and forget there what it has done with; for ever."""
        try:
            while True:
                await self._forget()
                set_gauge("ingest.spool_messages", self._spool.count)
                if (self._stuck() or self._spool.count > NEARLY_DONE) and not self._intake.empty:
                    await self._write()
                else:
                    await asyncio.sleep(LOOK_S)
                if self._full:
                    await asyncio.sleep(FULL_S)
        finally:
            self._disk.shutdown()

    async def _read(self) -> None:
        """Fetch the next messages from disk."""
        newest = self._spool.newest
        found = await self._on_disk(partial(self._spool.after, self._given, AT_ONCE))
        if not found:
            self._given = newest
        for delivery in found:
            assert delivery.spooled is not None
            self._given = delivery.spooled.number
            self._ahead.append(replace(delivery, ack=partial(self._done_with, self._given)))

    async def _write(self) -> None:
        taken = self._intake.take(AT_ONCE)
        self._still.clear()
        try:
            await self._on_disk(partial(self._spool.put, taken))
        except (SpoolFull, SpoolBroken) as exc:
            self._intake.put_back(taken)
            if not self._full:
                log.warning("nothing is put on disk, the broker keeps it: %s", exc, extra={"action": "spool_full"})
            self._full = True
        else:
            for delivery in taken:
                delivery.ack()
            count("ingest.spooled", len(taken))
            self._full = False
        finally:
            self._still.set()
        set_gauge("ingest.spool_full", self._full)

    async def _forget(self) -> None:
        if self._done > self._spool.forgotten:
            await self._on_disk(partial(self._spool.forget, self._done))

    def _done_with(self, number: int) -> None:
        self._done = max(self._done, number)

    async def _on_disk(self, act: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, act)
