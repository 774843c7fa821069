"""
What came from the broker and is not done with yet: bounded by count and bytes, and when full the socket rests.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from core.counters import count, set_gauge
from core.model.spool_place import SpoolPlace

KEPT_OF_OVERSIZE = 4096
"""Bytes kept of a payload that is over the limit, for the person who looks at the dead letter."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    One message from the broker, and the only way to tell the broker that we are done with it.

    problem says why the message may not be read (too large, a topic that is no text); size is its true length.
    spooled says where on disk it has waited, if it has.
    """

    topic: str
    payload: bytes
    arrived_us: int
    ack: Callable[[], None]
    size: int = 0
    epoch: int = 0
    problem: str = ""
    retained: bool = False
    redelivered: bool = False
    spooled: SpoolPlace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may be under way at once. Past it the broker keeps the rest."""

    in_flight_max: int = 20_000
    in_flight_bytes_max: int = 64 << 20
    payload_bytes_max: int = 1 << 20
    publishes_max: int = 100
    """Publishes that may wait for the broker's word at once; the next one waits its turn."""


class Intake:
    """A queue of deliveries that goes on counting a message until it is acknowledged."""

    def __init__(self, limits: Limits, rest: Callable[[], None], wake: Callable[[], None]) -> None:
        self._limits = limits
        self._rest = rest
        self._wake = wake
        self._waiting: deque[Delivery] = deque()
        self._arrived = asyncio.Event()
        self._failure: Exception | None = None
        self._failed = asyncio.Event()
        self.in_flight = 0
        self.in_flight_bytes = 0
        self.resting = False

    @property
    def empty(self) -> bool:
        """Whether nothing waits to be taken."""
        return not self._waiting

    @property
    def full(self) -> bool:
        """Whether as much is under way as may be."""
        return self.in_flight >= self._limits.in_flight_max or self.in_flight_bytes >= self._limits.in_flight_bytes_max

    def put(self, delivery: Delivery) -> None:
        """Take in a message; the one that fills the intake makes the socket rest."""
        self.in_flight += 1
        self.in_flight_bytes += len(delivery.payload)
        self._waiting.append(delivery)
        self._arrived.set()
        if self.full:
            # Said again for each message that a connection made meanwhile may have brought.
            self._rest()
            count("mqtt.pauses", not self.resting)
            self.resting = True

    def take(self, limit: int) -> list[Delivery]:
        """Return what waits, oldest first, at most so many; empty where nothing does."""
        return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]

    def put_back(self, deliveries: list[Delivery]) -> None:
        """Let what was just taken wait again, before all else."""
        self._waiting.extendleft(reversed(deliveries))
        self._arrived.set()

    def done_with(self, payload_bytes: int) -> None:
        """Count a message out; once half is free the socket is read again."""
        self.in_flight -= 1
        self.in_flight_bytes -= payload_bytes
        half_free = (
            self.in_flight <= self._limits.in_flight_max // 2
            and self.in_flight_bytes <= self._limits.in_flight_bytes_max // 2
        )
        if self.resting and half_free:
            self.resting = False
            self._wake()

    def fail(self, exc: Exception) -> None:
        """End the stream: whoever takes the next delivery gets this instead."""
        self._failure = exc
        self._failed.set()
        self._arrived.set()

    async def failed(self) -> Exception:
        """Wait until the stream has ended and return why."""
        await self._failed.wait()
        assert self._failure is not None
        return self._failure

    async def next(self, timeout_s: float | None = None) -> Delivery | None:
        """Return the next delivery in order of arrival, or None after the time-out."""
        while not self._waiting:
            if self._failure is not None:
                raise self._failure
            self._arrived.clear()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._arrived.wait()
            except TimeoutError:
                return None
        return self._waiting.popleft()

    def show(self) -> None:
        """Set the gauges to what is under way now."""
        set_gauge("mqtt.in_flight", self.in_flight)
        set_gauge("mqtt.in_flight_bytes", self.in_flight_bytes)
