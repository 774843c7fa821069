"""
The live state of each site, and the frames that all its clients share.

Order is everything here: listen to the broker first, then load what the database holds, then apply what is newer.
A gap in seq, a broker that is away, a line that could not publish: each time the database says what was missed.
"""

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from websockets.frames import Frame, Opcode

from api.alert_tail import AlertTail
from api.positions_table import PositionsTable, cut_frames
from core.errors import BrokerRefused, StoreUnavailable
from core.live import DELTA, HEARTBEAT, SNAPSHOT, BadFrame, LiveFrame, decode, encode
from core.model.step import PositionColumns
from core.mqtt import Broker, Session, open_broker
from core.settings import Settings
from core.store import Store
from core.store.views_live import LiveChanges, LiveHead, live_changes, live_heads

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0
"""How often the database is asked whether it is ahead of what the broker told."""
HEARTBEAT_S: Final = 5.0
BEAT_EVERY_S: Final = 1.0
_BEFORE_ALL: Final = -1

Push = Callable[[bytes], bool]
"""Writes frames, as they go over the wire, to a client; False, and nothing written, where there is no room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How far a client has been told."""

    version: int
    reads: int


class Hub:
    """One site: its positions, its newest frame, and the word that there is something new."""

    def __init__(self, site: str, site_id: int, store: Store) -> None:
        self.site = site
        self.site_id = site_id
        self.seq = _BEFORE_ALL
        self.closed_us = 0
        self.alert_seq = 0
        self.tail = AlertTail(store, site_id)
        self.loaded = asyncio.Event()
        self._store = store
        self._table = PositionsTable()
        self._reads = 0
        self._frames: dict[Told | None, list[bytes]] = {}
        self._in_step: dict[Push, asyncio.Future[Told]] = {}
        self._told_s = 0.0
        self._catching_up = asyncio.Lock()
        self._behind_since_seq: int | None = None

    @property
    def told(self) -> Told:
        """What a client knows that has been told everything."""
        return Told(version=self._table.version, reads=self._reads)

    async def follow(self, push: Push) -> Told:
        """
        Write what is new to a client that has been told everything, as soon as it is there, until it doesn't fit.

        Returns what it had been told before that. Nobody waits for a client here, and a frame is laid out once for all:
        that is why it is written from here, and not by a task of each client's own.
        """
        behind: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._in_step[push] = behind
        try:
            return await behind
        finally:
            self._in_step.pop(push, None)

    def beat(self) -> None:
        """Tell those who follow that nothing has happened for a while, if so."""
        if self._in_step and asyncio.get_running_loop().time() - self._told_s >= HEARTBEAT_S:
            self._push([encode(self._frame(HEARTBEAT, self._table.after(self._table.version), 0))], self.told)

    def snapshot(self) -> list[bytes]:
        """Return everything, in parts; made once a version however many ask."""
        return self._shared(None)

    def delta(self, told: Told) -> list[bytes]:
        """Return the newest position of each tag that changed since; made once for all clients in step."""
        return self._shared(told)

    async def take(self, frame: LiveFrame) -> None:
        """Apply a frame of the line; a gap is filled from the database."""
        if not self.loaded.is_set() or frame.seq <= self.seq:
            return
        if frame.seq > self.seq + 1:
            await self.catch_up()
        if frame.seq == self.seq + 1:
            self._apply(frame.positions, frame.seq, frame.closed_us, frame.alert_seq, frame.reads)

    async def catch_up(self) -> None:
        """Read from the database what was written after the last step known here."""
        async with self._catching_up:
            async with self._store.transaction() as conn:
                changes: LiveChanges = await live_changes(conn, self.site_id, self.seq)
            head = changes.head
            if head.seq > self.seq or not self.loaded.is_set():
                self._apply(changes.positions, head.seq, head.closed_us, head.alert_seq, 0)
            self.loaded.set()

    async def look(self, head: LiveHead) -> None:
        """See whether the database is ahead, for the second time in a row: then the broker has not told us."""
        self.tail.found(head.alert_epoch, head.alert_seq)
        self._note_alerts(head.alert_seq)
        if not self.loaded.is_set():
            await self.catch_up()
            return
        behind, self._behind_since_seq = self._behind_since_seq, None
        if head.seq <= self.seq:
            return
        if behind == self.seq:
            await self.catch_up()
        else:
            self._behind_since_seq = self.seq

    def _apply(self, positions: PositionColumns, seq: int, closed_us: int, alert_seq: int, reads: int) -> None:
        before = self.told
        self._table.apply(positions)
        self.seq, self.closed_us = seq, max(closed_us, self.closed_us)
        self._reads += reads
        self._frames.clear()
        self._note_alerts(alert_seq)
        if self._in_step:
            self._push(self._shared(before), before)

    def _push(self, frames: list[bytes], before: Told) -> None:
        """Write frames to all who follow; whoever has no room for them follows no more."""
        self._told_s = asyncio.get_running_loop().time()
        wire = b"".join(Frame(Opcode.BINARY, frame).serialize(mask=False) for frame in frames)
        behind = [push for push in self._in_step if not push(wire)]
        for push in behind:
            waiting = self._in_step.pop(push)
            if not waiting.done():  # it is where its client has just gone
                waiting.set_result(before)

    def _note_alerts(self, alert_seq: int) -> None:
        self.alert_seq = max(alert_seq, self.alert_seq)
        self.tail.wake(alert_seq)

    def _shared(self, told: Told | None) -> list[bytes]:
        if told not in self._frames:
            kind, version = (SNAPSHOT, 0) if told is None else (DELTA, told.version)
            reads = 0 if told is None else self._reads - told.reads
            self._frames[told] = cut_frames(self._frame(kind, self._table.after(version), reads))
        return self._frames[told]

    def _frame(self, kind: int, positions: PositionColumns, reads: int) -> LiveFrame:
        return LiveFrame(
            kind=kind,
            seq=max(self.seq, 0),
            closed_us=self.closed_us,
            alert_seq=self.alert_seq,
            reads=reads,
            tags_present=self._table.tags_present,
            positions=positions,
        )


class Hubs:
    """The hubs of all sites, kept up by the broker's live feed and by a look at the database every second."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._hubs: dict[str, Hub] = {}
        self.looked = False
        """Whether the database has said which sites there are."""
        self._broker: Broker | None = None
        self._asked = asyncio.Event()

    def look_now(self) -> None:
        """Look at the database without waiting for the second to end: something has just been written here."""
        self._asked.set()

    @property
    def broker_connected(self) -> bool:
        """Whether the broker tells us of commits now."""
        return self._broker is not None and self._broker.connected

    def all(self) -> list[Hub]:
        """Return the hubs that there are."""
        return list(self._hubs.values())

    def hub(self, site: str, site_id: int) -> Hub:
        """Return a site's hub; a new one loads at the next look."""
        return self._hubs.setdefault(site, Hub(site, site_id, self._store))

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Hubs"]:
        """Keep the hubs up until the block ends."""
        async with AsyncExitStack() as stack:
            works = ((self._listen, "api.listen"), (self._look, "api.look"), (self._beat, "api.beat"))
            for work, name in works:
                task = asyncio.create_task(work(), name=name)
                stack.push_async_callback(_end, task)
            yield self

    async def _listen(self) -> None:
        """Take the live frames of all sites from the broker; without one, the looks at the database do."""
        if self._settings.mqtt_url is None:
            return
        session = Session(
            client_id=f"tallyport-api-{os.getpid()}-{secrets.token_hex(4)}",
            subscriptions=[("tallyport/v1/+/live", 0)],
            clean=True,
            keepalive_s=self._settings.mqtt_keepalive_s,
            ca_file=self._settings.mqtt_ca_file,
        )
        try:
            async with open_broker(self._settings.mqtt_url, session) as broker:
                self._broker = broker
                async for delivery in broker.deliveries():
                    delivery.ack()
                    await self._take(delivery.topic, delivery.payload)
        except BrokerRefused as exc:
            log.warning("no live feed; the database is polled instead: %s", exc, extra={"action": "live_refused"})

    async def _take(self, topic: str, payload: bytes) -> None:
        hub = self._hubs.get(topic.split("/")[2])
        if hub is None:
            return
        try:
            await hub.take(decode(payload))
        except BadFrame as exc:
            log.warning("not a live frame: %s", exc, extra={"action": "live_bad_frame", "topic": topic})
        except StoreUnavailable:
            log.warning("cannot fill a gap yet", extra={"action": "live_gap", "site": hub.site})

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_EVERY_S)
            for hub in self.all():
                hub.beat()

    async def _look(self) -> None:
        while True:
            try:
                async with self._store.connection() as conn:
                    heads = await live_heads(conn)
                for head in heads:
                    await self.hub(head.site, head.site_id).look(head)
                self.looked = True
            except StoreUnavailable as exc:
                log.warning("cannot look at the database: %s", exc, extra={"action": "live_look"})
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._asked.wait()
            self._asked.clear()


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
