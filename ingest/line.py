"""
The line of one site: read, decide, remember, acknowledge, show.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.clock import Clock
from core.counters import count, set_gauge
from core.engine import Engine
from core.model.shipped import ShipmentIndex
from core.model.step import Step
from core.mqtt import Broker, Delivery
from core.rules import World, evaluate
from core.store import StepRefused, Store
from ingest.assembly import Assembly
from ingest.batch import BatchLimits, Gathered, batches
from ingest.decode import Taken
from ingest.live import Live
from ingest.pending import Pending
from ingest.poison import find_poison
from ingest.refusals import Refusals
from ingest.spool import Spool
from ingest.spooling import Spooling
from ingest.stream_clock import StreamClock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLimits:
    """How the line is paced."""

    batch: BatchLimits
    catch_up_us: int
    checkpoint_every_s: float
    spool_after_s: float


class Line:
    """One site's readers, engine and store, in that order."""

    def __init__(
        self,
        engine: Engine,
        decode: Callable[[Delivery], Taken],
        refusals: Refusals,
        shipments: ShipmentIndex,
        *,
        clock: Clock,
        limits: LineLimits,
    ) -> None:
        self.site = engine.site
        self.engine = engine
        self.shipments = shipments
        self.pending = Pending()
        self._clock = clock
        self._limits = limits
        self._decode = decode
        self._refusals = refusals
        # A fresh engine has no past that could come again, so its stream time starts at once.
        self._stream = StreamClock(engine.closed_us if engine.seq else None, limits.catch_up_us)
        self._assembly = Assembly(engine.site, self._stream)
        self._committing: asyncio.Task[None] | None = None
        self._commit_began_s: float | None = None
        self._checkpoint_due_s = time.monotonic() + limits.checkpoint_every_s

    def go_on(self, numberings: Mapping[str, bytes]) -> None:
        """Count what readers lost on from the last committed step."""
        self._assembly.go_on(numberings)

    async def run(self, broker: Broker, store: Store, spool: Spool) -> None:
        """
        Take batches one after the other, for ever.

        While one commits, the next is received, decoded and decided; never more than these two are under way. While
        one is stuck, what comes waits on disk.
        """
        if spool.count:
            self._stream.expect_past()
        live = Live(broker, self.site.id)
        source = Spooling(broker.intake, spool, self._stuck)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(source.keep(), name="ingest.spool")
            async for gathered in batches(source, self._take, self._limits.batch, self._clock, self._is_committing):
                step = self._decide(gathered, broker)
                checkpoint = self._checkpoint_if_due()
                if self._committing is not None:
                    await self._committing
                self._committing = tasks.create_task(self._finish(gathered, step, store, live), name="ingest.commit")
                if checkpoint is not None:
                    tasks.create_task(self._keep(checkpoint, store, self._committing), name="ingest.checkpoint")

    def _is_committing(self) -> bool:
        return self._committing is not None and not self._committing.done()

    def _take(self, delivery: Delivery) -> Taken:
        return self._refusals.apply(self._decode(delivery))

    def _decide(self, gathered: Gathered, broker: Broker) -> Step:
        """Bytes in, a value out; nothing is done yet."""
        self._stream.watch(
            time.monotonic_ns() // 1_000, connected=broker.connected, epoch=broker.epoch, resumed=broker.session_present
        )
        self.pending.note(gathered.taken)
        batch = self._assembly.batch(gathered)
        newest_us = int(batch.reads.seen_us.max()) if len(batch.reads) else 0
        closed_us = self._stream.close(
            gathered.closed_us, backlog=gathered.backlog, reads=len(batch.reads), newest_seen_us=newest_us
        )
        set_gauge("ingest.catching_up", self._stream.catching_up)
        step = self.engine.step(batch, closed_us)
        world = World(site=self.site, shipped=self.shipments.shipped, offline_readers=self.engine.offline_readers)
        return evaluate(step, world)

    async def _finish(self, gathered: Gathered, step: Step, store: Store, live: Live) -> None:
        """Remember, then acknowledge, then show. Until the commit the broker keeps the messages."""
        if step.is_empty:
            gathered.ack()
            return
        self._commit_began_s = time.monotonic()
        try:
            committed = await store.commit(step)
        except StepRefused:
            for mark, refusal in (await find_poison(store, self.site, gathered.taken)).items():
                self._refusals.note(mark, refusal)
            raise
        self._commit_began_s = None
        gathered.ack()
        _note(step, self._clock() - gathered.opened_us)
        await live.publish(step, committed)

    def _stuck(self) -> bool:
        """Whether a commit takes so long that the database must be away."""
        began_s = self._commit_began_s
        return began_s is not None and time.monotonic() - began_s > self._limits.spool_after_s

    def _checkpoint_if_due(self) -> tuple[int, bytes] | None:
        """The engine's state as of the step just decided."""
        if time.monotonic() < self._checkpoint_due_s:
            return None
        self._checkpoint_due_s = time.monotonic() + self._limits.checkpoint_every_s
        return self.engine.seq, self.engine.checkpoint()

    async def _keep(self, checkpoint: tuple[int, bytes], store: Store, committing: asyncio.Task[None]) -> None:
        """Save a checkpoint once its step is committed; a checkpoint ahead of the store would lose that step."""
        await asyncio.wait({committing})
        if committing.cancelled() or committing.exception() is not None:
            return
        seq, body = checkpoint
        await store.save_checkpoint(self.site.id, seq, body)
        count("ingest.checkpoints")


def _note(step: Step, lag_us: int) -> None:
    count("ingest.steps")
    count("ingest.stored", sum(row.stored for row in step.ledger))
    count("ingest.repeats", sum(row.repeats for row in step.ledger))
    count("ingest.late", sum(row.late for row in step.ledger))
    set_gauge("ingest.commit_lag_s", lag_us / 1e6)
    set_gauge("ingest.last_commit_time_s", step.closed_us / 1e6)
