"""The one place that asks the system what time it is; it never goes back."""

import os
import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Microseconds UTC since the Unix epoch, never less than the time before."""


def system_clock() -> Clock:
    """Make a clock that starts at the system's time and runs on the monotonic timer, so that it never goes back."""
    start_us = time.time_ns() // 1_000 - time.monotonic_ns() // 1_000

    def now_us() -> int:
        return start_us + time.monotonic_ns() // 1_000

    return now_us


def scaled_clock(speed: float, since_us: int, base: Clock) -> Clock:
    """Make a clock that agreed with the base at `since_us` and has run `speed` times as fast from then on."""

    def now_us() -> int:
        return since_us + int((base() - since_us) * speed)

    return now_us


def clock_of(text: str) -> Clock:
    """
    Make the service's clock: the system's, or for a simulation `SPEED@UNIX_SECONDS`, such as `10@1795298412.5`.

    All processes that are told the same text agree on the time.
    """
    if not text:
        return system_clock()
    speed, _, since_s = text.partition("@")
    return scaled_clock(float(speed), round(float(since_s) * 1e6), system_clock())


now_us: Clock = clock_of(os.environ.get("TALLYPORT_CLOCK", ""))
"""The service's clock."""
