"""The one place that asks the system what time it is; it never goes back."""

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


def scaled_clock(speed: float, base: Clock | None = None) -> Clock:
    """Make a clock that runs `speed` times as fast as the base, starting at the base's now."""
    clock = base or system_clock()
    start_us = clock()

    def now_us() -> int:
        return start_us + int((clock() - start_us) * speed)

    return now_us


now_us: Clock = system_clock()
"""The service's clock."""
