"""
Readers that publish and are not registered: remembered for a person to approve, counting for nothing until then.
"""

from dataclasses import dataclass, field
from typing import Final

from core.counters import count
from core.model.pending_reader import PendingReader
from ingest.decode import Taken, storable

TOPICS_MAX: Final = 200
"""Unknown topics remembered between two writes; a flood of made-up topics costs no more than this."""
SAMPLE_MAX: Final = 4096


@dataclass(slots=True)
class Pending:
    """What unknown topics have said since the last write."""

    _seen: dict[str, PendingReader] = field(default_factory=dict)

    def note(self, taken: list[Taken]) -> None:
        """Take in what a batch held from unknown readers."""
        for one in taken:
            unknown = one.pending
            if unknown is None:
                continue
            count("ingest.pending_messages")
            topic = storable(unknown.topic)[:512]
            before = self._seen.get(topic)
            if before is None and len(self._seen) >= TOPICS_MAX:
                continue
            arrived_us = one.delivery.arrived_us
            self._seen[topic] = PendingReader(
                site=unknown.site,
                topic=topic,
                reader=storable(unknown.reader),
                format=unknown.format,
                first_arrived_us=arrived_us if before is None else before.first_arrived_us,
                last_arrived_us=arrived_us,
                messages=1 + (0 if before is None else before.messages),
                sample=one.delivery.payload[:SAMPLE_MAX],
            )

    def take(self) -> list[PendingReader]:
        """Return what is to be written, and forget it."""
        seen, self._seen = self._seen, {}
        return list(seen.values())
