"""
A delivery becomes what its reader said, or a dead letter that says why not.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from core.counters import count
from core.model.dead_letter import PAYLOAD_KEPT_MAX, TOPIC_KEPT_MAX, DeadLetter
from core.mqtt import Delivery
from core.site import Reader, ReaderFormat
from ingest.adapters.decoded import Adapter, BadMessage, Decoded, Message
from ingest.redelivery import Redeliveries, mark_of
from ingest.registry import Known, Registry, Unknown

log = logging.getLogger(__name__)

REASON_MAX = 500
"""Characters of a reason that are kept."""


@dataclass(frozen=True, slots=True)
class Taken:
    """
    One delivery and what became of it: decoded, dead or pending; none of them where it isn't ours, or is no news.
    """

    delivery: Delivery
    mark: int = 0
    """What it is known by if it comes again; 0 where that doesn't matter."""
    reader: Reader | None = None
    decoded: Decoded | None = None
    dead: DeadLetter | None = None
    pending: Unknown | None = None
    resent: int = 0
    """Reads of a message that we had before, byte for byte, and that nobody says is sent again."""

    @property
    def reads(self) -> int:
        """How many reads it carries."""
        return 0 if self.decoded is None else len(self.decoded.reads)


class Decoder:
    """Reads messages of one site's readers."""

    def __init__(
        self, registry: Registry, adapters: Mapping[ReaderFormat, Adapter], redeliveries: Redeliveries
    ) -> None:
        self._registry = registry
        self._adapters = adapters
        self._redeliveries = redeliveries

    def __call__(self, delivery: Delivery) -> Taken:
        """Find the reader by the topic and read the message in its words; never raises."""
        mark = mark_of(delivery)
        had = self._redeliveries.had(mark)
        if had and delivery.redelivered:
            count("ingest.redelivered")
            return Taken(delivery)
        if delivery.problem:
            return Taken(delivery, mark, dead=dead_letter(delivery, "", delivery.problem))
        found = self._registry.find(delivery.topic)
        if isinstance(found, Unknown):
            return Taken(delivery, pending=found)
        if not isinstance(found, Known):
            return Taken(delivery)
        taken = self._read(delivery, mark, found.reader)
        # Reads carry the reader's own times: the same bytes are the same reads, whoever sent them a second time.
        return Taken(delivery, reader=found.reader, resent=taken.reads) if had and taken.reads else taken

    def _read(self, delivery: Delivery, mark: int, reader: Reader) -> Taken:
        message = Message(topic=delivery.topic, payload=delivery.payload, arrived_us=delivery.arrived_us, reader=reader)
        try:
            decoded = self._adapters[reader.format](message)
        except BadMessage as exc:
            return Taken(delivery, mark, reader=reader, dead=dead_letter(delivery, reader.id, str(exc)))
        except Exception as exc:
            # An adapter's own mistake must not stop the line: the message is kept and the log has the rest.
            log.exception("adapter failed", extra={"action": "adapter_failed", "reader": reader.id})
            reason = f"our own reading of it failed: {type(exc).__name__}"
            return Taken(delivery, mark, reader=reader, dead=dead_letter(delivery, reader.id, reason))
        return Taken(delivery, mark, reader=reader, decoded=decoded)


def dead_letter(delivery: Delivery, reader: str, reason: str) -> DeadLetter:
    """Keep what a person needs to see why a message was refused."""
    count("ingest.dead_letters")
    return DeadLetter(
        arrived_us=delivery.arrived_us,
        topic=storable(delivery.topic)[:TOPIC_KEPT_MAX],
        reader=reader,
        payload=delivery.payload[:PAYLOAD_KEPT_MAX],
        payload_bytes=delivery.size,
        reason=storable(reason)[:REASON_MAX],
    )


def storable(text: str) -> str:
    """Write out what a database's text cannot hold: NUL and lone surrogates."""
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()
