"""
Deliveries are gathered into batches here, closed by reads, bytes or age; now and then an empty one lets time go on.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Protocol

from core.clock import Clock
from core.mqtt import Delivery
from ingest.decode import Taken


class Source(Protocol):
    """Where deliveries come from: a broker."""

    @property
    def empty(self) -> bool:
        """Whether nothing waits to be taken."""

    async def next(self, timeout_s: float | None = None) -> Delivery | None:
        """Return the next delivery, or None after the time-out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    """When a batch is closed."""

    reads_enough: int = 5_000
    """With so many reads a batch is closed as soon as no other is being committed: till then it could only wait."""
    reads_max: int = 20_000
    bytes_max: int = 4 << 20
    age_ms_max: int = 100
    idle_ms_max: int = 250
    """With nothing to gather, an empty batch is made this often, so that evidence settles without new reads."""


@dataclass(slots=True)
class Gathered:
    """
    Messages taken together, in order of arrival.

    closed_us is our clock's time up to which everything that has arrived is in this batch or an earlier one.
    backlog says that more was waiting when the batch closed.
    """

    taken: list[Taken] = field(default_factory=list)
    closed_us: int = 0
    backlog: bool = False

    def ack(self) -> None:
        """Tell the broker that all of it is done with. Only after the commit."""
        for taken in self.taken:
            taken.delivery.ack()

    @property
    def opened_us(self) -> int:
        """When the oldest message arrived."""
        return self.taken[0].delivery.arrived_us if self.taken else self.closed_us


def _never() -> bool:
    return False


async def batches(
    source: Source,
    decode: Callable[[Delivery], Taken],
    limits: BatchLimits,
    clock: Clock,
    committing: Callable[[], bool] = _never,
) -> AsyncIterator[Gathered]:
    """Gather deliveries until a batch is full or old enough, or has enough and no other is committing; without end."""
    while True:
        batch = Gathered()
        first = await source.next(limits.idle_ms_max / 1_000)
        if first is not None:
            await _fill(batch, first, source, decode, limits, committing=committing)
        _close(batch, source, clock)
        yield batch


async def _fill(
    batch: Gathered,
    first: Delivery,
    source: Source,
    decode: Callable[[Delivery], Taken],
    limits: BatchLimits,
    *,
    committing: Callable[[], bool],
) -> None:
    loop = asyncio.get_running_loop()
    closes = loop.time() + limits.age_ms_max / 1_000
    reads, weight = 0, 0
    delivery: Delivery | None = first
    while delivery is not None:
        taken = decode(delivery)
        batch.taken.append(taken)
        reads += taken.reads
        weight += len(delivery.payload)
        left_s = closes - loop.time()
        if reads >= limits.reads_max or weight >= limits.bytes_max or left_s <= 0:
            return
        if reads >= limits.reads_enough and not committing():
            return
        delivery = await source.next(left_s)


def _close(batch: Gathered, source: Source, clock: Clock) -> None:
    """What still waits arrived after the last one taken; where nothing waits, all up to now is in."""
    batch.backlog = not source.empty
    now = clock()
    batch.closed_us = batch.taken[-1].delivery.arrived_us if batch.backlog and batch.taken else now
