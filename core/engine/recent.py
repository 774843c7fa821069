"""Whether a reader has said this before: events and sensor readings that a broker delivers twice."""

import json
from collections.abc import Iterable
from typing import Final

from core.model.reader_event import ReaderEvent
from core.model.sensor_reading import SensorReading

REMEMBER_US: Final = 600_000_000
"""Stream time for which a word is remembered; a broker redelivers within seconds."""
FORGET_FROM: Final = 20_000

Key = tuple[str | int | float, ...]


class Recent:
    """The words of the last minutes by all that they say, with the stream time at which each first arrived."""

    def __init__(self) -> None:
        self._arrived_us: dict[Key, int] = {}

    def new_events(self, events: Iterable[ReaderEvent]) -> tuple[ReaderEvent, ...]:
        """Drop the events that arrived before, in their order."""
        return tuple(e for e in events if self._is_new(_event_key(e), e.arrived_us))

    def new_readings(self, readings: Iterable[SensorReading]) -> tuple[SensorReading, ...]:
        """Drop the sensor readings that arrived before, in their order."""
        return tuple(r for r in readings if self._is_new(_reading_key(r), r.arrived_us))

    def dump(self) -> bytes:
        """All that is remembered, as JSON."""
        return json.dumps([[list(key), at] for key, at in self._arrived_us.items()]).encode()

    def load(self, body: bytes) -> None:
        """Take over what another one dumped."""
        self._arrived_us = {tuple(key): at for key, at in json.loads(body)}

    def _is_new(self, key: Key, arrived_us: int) -> bool:
        known_us = self._arrived_us.get(key)
        if known_us is not None and arrived_us - known_us <= REMEMBER_US:
            return False
        self._arrived_us.pop(key, None)
        self._arrived_us[key] = arrived_us
        if len(self._arrived_us) > FORGET_FROM:
            self._forget(arrived_us)
        return True

    def _forget(self, now_us: int) -> None:
        """Oldest first, so the search ends at the first one that is young enough."""
        old = []
        for key, at in self._arrived_us.items():
            if now_us - at <= REMEMBER_US:
                break
            old.append(key)
        for key in old:
            del self._arrived_us[key]


def _event_key(e: ReaderEvent) -> Key:
    return ("event", e.seen_us, e.reader, e.kind.value, e.port, e.value, e.epc, e.text)


def _reading_key(r: SensorReading) -> Key:
    return ("reading", r.seen_us, r.reader, r.sensor, r.quantity, r.value)
