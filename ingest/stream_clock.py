"""
Stream time: how far the stream has come. It follows the newest read, and our clock where nothing comes.

It is not simply our clock's time of arrival, for two reasons. When this machine is late, however long, reads are not:
they wait in order, and stream time waits with them. And after a start or a reconnect it is held still while the broker
hands over what it kept for us: reads that were taken before a crash and not committed come again, after newer ones.
Meanwhile they are on time, are folded by event time like all others, and the crash changes nothing.
"""

from typing import Final

PENDING_READS_MAX: Final = 500_000
"""Past so many reads without settling, stream time follows event time even while catching up."""
SLACK_US: Final = 300_000
"""How far stream time may be ahead of the newest read: no further than readers that report in turn are apart."""
QUIET_BATCHES: Final = 3
"""After so many batches in a row without a read, nothing is on its way and stream time is our clock's."""
LIVE_US: Final = 2_000_000
"""A batch whose newest read is no older than this is no backlog."""


class StreamClock:
    """Stream time of one site; never goes back."""

    def __init__(self, committed_us: int | None, catch_up_us: int) -> None:
        self._catch_up_us = catch_up_us
        self._now_us = 0 if committed_us is None else committed_us
        self._newest_us = self._now_us
        self._quiet = 0
        self._started = committed_us is not None
        self._held = self._started
        self._connected_us: int | None = None
        self._waited = False
        self._reads_held = 0
        self._epoch = 0

    @property
    def now_us(self) -> int:
        """Stream time as far as it has come."""
        return self._now_us

    @property
    def catching_up(self) -> bool:
        """Whether stream time is held."""
        return self._held

    def watch(self, timer_us: int, *, connected: bool, epoch: int, resumed: bool = False) -> None:
        """
        Note the connection's state by a plain timer: without one, or with a new one, time is held.

        resumed says that the broker knew our session: what it kept for us came before any step was committed, perhaps.
        """
        self._started = self._started or resumed
        if not connected:
            self._hold()
            self._connected_us = None
        elif epoch != self._epoch or self._connected_us is None:
            self._epoch = epoch
            self._connected_us = timer_us
            self._hold()
        self._waited = self._connected_us is not None and timer_us - self._connected_us >= self._catch_up_us

    def expect_past(self) -> None:
        """Hold time until it is caught up with: messages wait that came before any step was committed."""
        self._started = True
        self._hold()

    def _hold(self) -> None:
        # On a fresh database, to a broker that doesn't know us, there is nothing that could come again.
        if self._started and not self._held:
            self._held = True
            self._reads_held = 0

    def at(self, arrived_us: int, seen_us: int | None = None) -> int:
        """
        Return the stream time of a message that arrived, and whose first read was made, then.

        The very first message starts it: as it arrives, or, where it may be one that comes again, with its reads.
        """
        if self._now_us == 0 and self._held:
            if seen_us is None:
                return arrived_us
            arrived_us = min(arrived_us, seen_us)
        self._now_us = self._now_us or arrived_us
        return self._now_us

    def close(self, closed_us: int, *, backlog: bool, reads: int, newest_seen_us: int) -> int:
        """
        Return the stream time at which a batch closes.

        closed_us       our clock's time up to which everything that has arrived is in this batch or an earlier one
        backlog         more was waiting when the batch closed
        reads           how many it holds
        newest_seen_us  event time of the newest of them
        """
        self._started = True
        self._quiet = 0 if reads else self._quiet + 1
        if reads:
            # A reader whose clock runs ahead must not take stream time with it.
            self._newest_us = max(self._newest_us, min(newest_seen_us, closed_us))
        if self._held:
            self._reads_held += reads
            caught_up = not backlog or closed_us - newest_seen_us < LIVE_US
            self._held = not (caught_up and self._waited)
        if not self._held:
            quiet = self._quiet >= QUIET_BATCHES or self._now_us == 0
            self._now_us = max(self._now_us, closed_us if quiet else min(closed_us, self._newest_us + SLACK_US))
        elif self._reads_held > PENDING_READS_MAX:
            self._now_us = max(self._now_us, min(closed_us, self._newest_us) - self._catch_up_us)
        return self._now_us
