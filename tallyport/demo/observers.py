"""
Two ordinary clients of the api, as a browser is one: they time what reaches a screen.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from websockets.asyncio.client import connect

from core import live
from core.clock import Clock, now_us
from core.model.columns import NEVER_US
from core.model.step import PositionColumns, TagState

LATENCIES_MAX: Final = 2_000_000
"""Latencies kept; past it the run is long enough for its quantiles."""


@dataclass(slots=True)
class LiveObserver:
    """Watches the live map and notes how old each read was when its position arrived."""

    clock: Clock = now_us
    frames: int = 0
    latencies_us: list[npt.NDArray[np.int64]] = field(default_factory=list)
    kept: int = 0
    _last_us: npt.NDArray[np.int64] = field(default_factory=lambda: np.full(1024, NEVER_US, np.int64))

    async def watch(self, url: str, token: str) -> None:
        """Follow the socket until cancelled."""
        async with connect(
            url, additional_headers={"Authorization": f"Bearer {token}"}, max_size=None, compression=None
        ) as socket:
            async for data in socket:
                if isinstance(data, bytes):
                    self._take(live.decode(data))

    def quantile_ms(self, q: float) -> float | None:
        """A quantile (0..1) of the latency from a tag's read to this client's frame, in milliseconds."""
        if not self.kept:
            return None
        return round(float(np.quantile(np.concatenate(self.latencies_us), q)) / 1_000, 1)

    def _take(self, frame: live.LiveFrame) -> None:
        if frame.kind != live.DELTA:
            return
        self.frames += 1
        news = self._news(frame.positions)
        age_us = self.clock() - frame.positions.seen_us[news]
        if self.kept < LATENCIES_MAX:
            self.latencies_us.append(age_us)
            self.kept += age_us.size

    def _news(self, positions: PositionColumns) -> npt.NDArray[np.bool_]:
        """Which positions tell of a read not told before: a settled correction repeats an old read's time."""
        if len(positions) and positions.tag_id.max() >= self._last_us.size:
            grown = np.full(2 * int(positions.tag_id.max()) + 1, NEVER_US, np.int64)
            grown[: self._last_us.size] = self._last_us
            self._last_us = grown
        newer = positions.seen_us > self._last_us[positions.tag_id]
        self._last_us[positions.tag_id[newer]] = positions.seen_us[newer]
        return np.asarray(newer & (positions.state == TagState.PRESENT))


@dataclass(slots=True)
class AlertObserver:
    """Watches the alerts and notes when each was first seen here."""

    clock: Clock = now_us
    alerts: dict[int, dict[str, Any]] = field(default_factory=dict)
    first_seen_us: dict[int, int] = field(default_factory=dict)
    seqs: list[int] = field(default_factory=list)

    async def watch(self, url: str, token: str) -> None:
        """Follow the socket from its beginning until cancelled, acknowledging receipt as a good client does."""
        async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}, compression=None) as socket:
            await socket.send(json.dumps({"type": "hello", "resume": None}))
            async for text in socket:
                seq = self._read(json.loads(text))
                if seq is not None:
                    await socket.send(json.dumps({"type": "ack", "seq": seq}))

    def _read(self, message: dict[str, Any]) -> int | None:
        """Take a message in; the sequence number to acknowledge, if it has one."""
        for alert in message.get("alerts", ()):
            self._take(alert)
        if message["type"] != "alert":
            return None
        self._take(message["alert"])
        self.seqs.append(message["seq"])
        return int(message["seq"])

    def _take(self, alert: dict[str, Any]) -> None:
        self.alerts[alert["alert_id"]] = alert
        self.first_seen_us.setdefault(alert["alert_id"], self.clock())


async def until_cancelled(observer: LiveObserver | AlertObserver, url: str, token: str) -> None:
    """Watch; a cancelled watch is a watch well ended."""
    try:
        await observer.watch(url, token)
    except asyncio.CancelledError:
        return
