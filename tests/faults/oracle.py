"""
The oracle: it stands outside the service, gives out every read that is published, and notes which are owed.
"""

import threading
import time
from typing import NamedTuple

from tests.integration.ingest_tools import epc, now_us


class ReadId(NamedTuple):
    """One read as readers tell it: no two have the same three."""

    reader: str
    epc: str
    at_us: int


class Oracle:
    """
    Knows what was issued, and what the broker answered for. It is never faulted.

    A read is issued before it is published. At the broker's PUBACK it becomes an obligation: from then on its
    publisher has forgotten it, and whatever breaks, it must be stored once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_us = 0
        self.issued: set[ReadId] = set()
        self.owed: dict[ReadId, float] = {}
        """Obligations, with the moment of the PUBACK (time.monotonic)."""
        self.poison = 0
        """Messages published that nobody can read."""

    def issue(self, reader: str, tag: int, at_us: int | None = None, *, ahead_us: int = 0) -> ReadId:
        """Give out a read that has never been given out, as of now where no time is given, by a clock so far ahead."""
        with self._lock:
            self._last_us = max(self._last_us + 1, now_us())
            read = ReadId(reader, epc(tag), (self._last_us if at_us is None else at_us) + ahead_us)
            assert read not in self.issued
            self.issued.add(read)
        return read

    def owe(self, reads: tuple[ReadId, ...]) -> None:
        """Note that the broker has answered for these."""
        now_s = time.monotonic()
        with self._lock:
            for read in reads:
                self.owed.setdefault(read, now_s)

    def obligations(self) -> set[ReadId]:
        """What is owed as of now."""
        with self._lock:
            return set(self.owed)
