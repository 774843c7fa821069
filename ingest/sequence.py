"""
Gaps in the numbers that a reader gives to its own messages or events: what it sent and we never got.
"""

from dataclasses import dataclass, field
from typing import Final

MISSING_MAX: Final = 1_000
"""Numbers remembered as missing for a while, for brokers redeliver out of order; more count as lost at once."""
GIVE_UP_US: Final = 30_000_000
"""A number that has not come this long after it was skipped is lost."""


@dataclass(slots=True)
class Sequence:
    """The numbers of one run of one reader."""

    run: str = ""
    expected: int | None = None
    newest_raw_us: int = 0
    missing: dict[int, int] = field(default_factory=dict)
    """Number -> when it was found missing."""

    def observe(self, run: str, first: int, last: int, raw_us: int, arrived_us: int) -> int:
        """
        Take in the numbers first..last of one message and return how many are now known to be lost.

        A run that changed, or a number that went down while the reader's time went on, is a reader that started anew.
        """
        lost = self._give_up(arrived_us)
        restarted = run != self.run or (
            self.expected is not None and last < self.expected - 1 and raw_us > self.newest_raw_us
        )
        if self.expected is None or restarted:
            lost += len(self.missing)
            self.missing.clear()
            self.run, self.expected, self.newest_raw_us = run, last + 1, raw_us
            return lost
        if first > self.expected:
            lost += self._skip(self.expected, first, arrived_us)
        for number in range(first, last + 1) if self.missing else ():
            self.missing.pop(number, None)
        self.expected = max(self.expected, last + 1)
        self.newest_raw_us = max(self.newest_raw_us, raw_us)
        return lost

    def _skip(self, start: int, end: int, arrived_us: int) -> int:
        room = max(0, MISSING_MAX - len(self.missing))
        remembered = min(end - start, room)
        self.missing.update(dict.fromkeys(range(end - remembered, end), arrived_us))
        return end - start - remembered

    def _give_up(self, now_us: int) -> int:
        gone = [number for number, since_us in self.missing.items() if now_us - since_us >= GIVE_UP_US]
        for number in gone:
            del self.missing[number]
        return len(gone)
