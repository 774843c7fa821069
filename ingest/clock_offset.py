"""
How wrong a reader's clock is, told from the least delay that its messages ever had.
"""

from dataclasses import dataclass, field
from typing import Final

BUCKET_US: Final = 300_000_000
"""The least is taken over this one bucket of time and the one before it, so that old words wear off."""
FLAG_US_MIN: Final = 2_000_000
"""An offset up to this is the network's and is left alone."""
FLAG_US_MAX: Final = 300_000_000
"""An offset past this is no clock that drifts: replayed reads, or a clock never set. It is left to the range check."""
STEP_US: Final = 250_000
"""Corrections are whole steps, and move only when they are wrong by more than one, so that they stand still."""
SURE_AFTER_US: Final = 20_000_000
"""A reader that seems slow may be sending old reads; it must seem so for this long. One that is ahead cannot be."""
RIGHT_AFTER_US: Final = 2_000_000
"""A clock that was wrong, and seems right for so long, has been set: old reads come with any time, seldom with ours."""
_NONE: Final = 2**62


@dataclass(slots=True)
class _Estimate:
    """What one reader's messages have told: least (arrival - raw) of this bucket and the last."""

    first_us: int
    bucket_us: int
    least: int = _NONE
    least_before: int = _NONE
    right_us: int | None = None
    """Since when every message came with our time, though the clock is held to be wrong."""
    offset_us: int = 0


@dataclass(slots=True)
class ClockOffsets:
    """Each reader's offset: what to add to its raw time to get ours; 0 while its clock is good."""

    _estimates: dict[str, _Estimate] = field(default_factory=dict)

    def observe(self, reader: str, arrived_us: int, newest_raw_us: int) -> int:
        """Take in one message's arrival and newest raw time; return the reader's offset."""
        e = self._estimates.get(reader)
        if e is None:
            e = self._estimates[reader] = _Estimate(first_us=arrived_us, bucket_us=arrived_us)
        if arrived_us - e.bucket_us >= BUCKET_US:
            e.least_before = e.least if arrived_us - e.bucket_us < 2 * BUCKET_US else _NONE
            e.least, e.bucket_us = _NONE, arrived_us
        self._notice_setting(e, arrived_us, arrived_us - newest_raw_us)
        e.least = min(e.least, arrived_us - newest_raw_us)
        least = min(e.least, e.least_before)
        sure = least < 0 or arrived_us - e.first_us >= SURE_AFTER_US
        wrong = FLAG_US_MIN < abs(least) <= FLAG_US_MAX
        if not (sure and wrong):
            e.offset_us = 0
        elif abs(least - e.offset_us) > STEP_US:
            e.offset_us = round(least / STEP_US) * STEP_US
        return e.offset_us

    def of(self, reader: str) -> int:
        """The reader's offset now."""
        e = self._estimates.get(reader)
        return 0 if e is None else e.offset_us

    @staticmethod
    def _notice_setting(e: _Estimate, arrived_us: int, delay_us: int) -> None:
        """Notice that a clock that was ahead has been set right, and forget how wrong it was."""
        if e.offset_us >= 0 or abs(delay_us) > FLAG_US_MIN:
            e.right_us = None
        elif e.right_us is None:
            e.right_us = arrived_us
        elif arrived_us - e.right_us >= RIGHT_AFTER_US:
            e.least, e.least_before, e.bucket_us, e.right_us = _NONE, _NONE, arrived_us, None
