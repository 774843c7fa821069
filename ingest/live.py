"""
What a commit changed goes out to the pages: published after it, so what is seen is what is stored.
"""

from typing import Protocol

from core import live
from core.counters import count
from core.model.step import Step
from core.mqtt import Broker


class Committed(Protocol):
    """What the frame needs to know of a commit."""

    @property
    def alert_seq(self) -> int:
        """Seq of the site's last alert event."""

    @property
    def tags_present(self) -> int:
        """Tags present now in the whole site."""


class Live:
    """The live feed of one site; a frame that cannot go out is no loss, for a gap in seq means a new snapshot."""

    def __init__(self, broker: Broker, site_id: str) -> None:
        self._broker = broker
        self._topic = f"tallyport/v1/{site_id}/live"

    async def publish(self, step: Step, committed: Committed) -> None:
        """Publish one step's changed positions, numbered by its seq."""
        frame = live.LiveFrame(
            kind=live.DELTA,
            seq=step.seq,
            closed_us=step.closed_us,
            positions=step.positions,
            alert_seq=committed.alert_seq,
            reads=sum(row.received for row in step.ledger),
            tags_present=committed.tags_present,
        )
        if not await self._broker.publish(self._topic, live.encode(frame), qos=0):
            count("ingest.live_dropped")
