"""
What a reader keeps while it is cut off, and how it tells that later.
"""

from collections import deque
from typing import Final

from firmware_sim.outgoing import Outgoing

RETAINED_MAX: Final = 150_000
"""How many reads a reader keeps, unless a fault makes its store smaller."""


class Retention:
    """A bounded store of messages; the oldest are purged when it is full."""

    def __init__(self) -> None:
        self._kept: deque[tuple[int, Outgoing]] = deque()
        self.reads = 0
        self.reads_max = RETAINED_MAX
        self.purged = 0
        """Reads purged since the reader started."""
        self.purged_untold = 0
        self.purged_span_us = (0, 0)
        self._allowed = 0.0

    def keep(self, message: Outgoing, now_us: int) -> None:
        """Store one message."""
        self._kept.append((now_us, message))
        self.reads += message.reads
        while self.reads > self.reads_max:
            self._purge()

    def _purge(self) -> None:
        at_us, oldest = self._kept.popleft()
        self.reads -= oldest.reads
        self.purged += oldest.reads
        first_us = self.purged_span_us[0] if self.purged_untold else at_us
        self.purged_untold += oldest.reads
        self.purged_span_us = (first_us, at_us)

    def replay(self, seconds: float, throttle_per_s: float) -> list[Outgoing]:
        """Give as many stored messages as may be told in so much time, oldest first."""
        self._allowed = self._allowed + seconds * throttle_per_s if self._kept else 0.0
        told: list[Outgoing] = []
        while self._kept and self._allowed >= min(self._kept[0][1].reads, throttle_per_s):
            _, message = self._kept.popleft()
            self.reads -= message.reads
            self._allowed -= message.reads
            told.append(message)
        return told

    def told_of_purge(self) -> int:
        """Give how many purged reads nobody was told of yet; from now on they count as told."""
        untold, self.purged_untold = self.purged_untold, 0
        return untold

    def clear(self) -> None:
        """Forget everything, as after a loss of power."""
        self._kept.clear()
        self.reads = self.purged = self.purged_untold = 0
