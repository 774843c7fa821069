"""
Signals that ask the process to end are turned into an event that the run looks at.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stop_on_signals(stop: threading.Event) -> Iterator[None]:
    """Set the event on SIGINT and SIGTERM, and put the old handlers back at the end."""

    def asked(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    old = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
