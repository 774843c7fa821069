"""
The newest changes of a site's alerts as the text that goes out: read once, sent to every socket.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import msgspec

from api.together import Together
from core.store import Store
from core.store.alert_stream import AlertEvent, events_after, open_alerts, stream_head
from core.store.views import see_one_moment

KEPT_MAX: Final = 1_000
PAGE: Final = 200


class StreamGap(Exception):
    """Changes that were asked for are no longer all there."""


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One change, ready to be sent."""

    seq: int
    text: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All open alerts, and the place in the stream at which they are so."""

    epoch: str
    seq: int
    alerts: list[dict[str, Any]]


class AlertTail:
    """One site's alert stream from a little before its end on."""

    def __init__(self, store: Store, site_id: int) -> None:
        self._store = store
        self._site_id = site_id
        self._kept: deque[AlertLine] = deque(maxlen=KEPT_MAX)
        self._news = asyncio.Event()
        self._reading = asyncio.Lock()
        self._snapshot = Snapshot("", -1, [])
        self._heads = Together(self._find_head)
        self._snapshots = Together(self._take_snapshot)
        self.epoch = ""
        self.top_seq = 0

    def found(self, epoch: str, top_seq: int) -> None:
        """Note what the database says; another epoch is another stream."""
        if epoch != self.epoch:
            self.epoch, self.top_seq = epoch, top_seq
            self._kept.clear()
            self._tell()

    def wake(self, top_seq: int) -> None:
        """Note that the stream has come this far."""
        if top_seq > self.top_seq:
            self.top_seq = top_seq
            self._tell()

    async def changed(self, epoch: str, seq: int) -> None:
        """Wait until there is something after `seq`, or another epoch."""
        while self.epoch == epoch and self.top_seq <= seq:
            await self._news.wait()

    async def head(self) -> tuple[str, int]:
        """Ask the database for the epoch and the newest sequence number, once for all who ask meanwhile."""
        return await self._heads.ask(())

    async def _find_head(self, _: tuple[()]) -> tuple[str, int]:
        async with self._store.connection() as conn:
            epoch, top_seq = await stream_head(conn, self._site_id)
        self.found(epoch, top_seq)
        self.wake(top_seq)
        return epoch, top_seq

    async def snapshot(self) -> Snapshot:
        """All open alerts; read once for all who ask before anything else happens."""
        kept = self._snapshot
        if (kept.epoch, kept.seq) != (self.epoch, self.top_seq):
            kept = self._snapshot = await self._snapshots.ask((self.epoch, self.top_seq))
        return kept

    async def _take_snapshot(self, _asked_at: tuple[str, int]) -> Snapshot:
        async with self._store.transaction() as conn:
            await see_one_moment(conn)
            epoch, top_seq = await stream_head(conn, self._site_id)
            return Snapshot(epoch, top_seq, await open_alerts(conn, self._site_id))

    async def after(self, seq: int) -> list[AlertLine]:
        """Return the next changes, at most a page; raises StreamGap where there should be more and the next is gone."""
        async with self._reading:
            lines = self._from_kept(seq)
            if lines:
                return lines
            epoch = self.epoch
            async with self._store.connection() as conn:
                events = await events_after(conn, self._site_id, seq, PAGE)
            lines = [_line(epoch, event) for event in events]
            expected = range(seq + 1, seq + 1 + len(lines))
            if [line.seq for line in lines] != list(expected) or (not lines and seq < self.top_seq):
                raise StreamGap(seq)
            self._keep(lines)
            return lines

    def _from_kept(self, seq: int) -> list[AlertLine]:
        if not self._kept or not self._kept[0].seq <= seq + 1 <= self._kept[-1].seq:
            return []
        start = seq + 1 - self._kept[0].seq
        return list(islice(self._kept, start, start + PAGE))

    def _keep(self, lines: list[AlertLine]) -> None:
        if not lines:
            return
        if self._kept and lines[0].seq != self._kept[-1].seq + 1:
            if lines[-1].seq <= self._kept[-1].seq:
                return  # somebody far behind reads old pages
            self._kept.clear()
        self._kept.extend(lines)

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


def _line(epoch: str, event: AlertEvent) -> AlertLine:
    message = {"type": "alert", "epoch": epoch, "seq": event.seq, "change": event.change, "alert": event.body}
    return AlertLine(event.seq, msgspec.json.encode(message).decode())
