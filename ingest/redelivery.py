"""Tells a message that the broker sends again from one that we have not taken yet."""

from collections import deque
from typing import Final

from core.mqtt import Delivery

REMEMBERED_MAX: Final = 100_000
"""Messages remembered: far more than a broker may have under way to one session."""


class Redeliveries:
    """
    Remembers what one line has taken since it started.

    A broker that waits too long for our word sends a message again. Taking it twice would change no state, but it
    would be work just when there is too much of it, and its reads would stand in the ledger twice. After a restart
    nothing is remembered and everything is taken: what was committed before is then told by its reads.
    """

    def __init__(self) -> None:
        self._known: set[int] = set()
        self._order: deque[int] = deque()

    def again(self, delivery: Delivery) -> bool:
        """Whether the broker says that it sends this again and we have it; else remember it."""
        mark = hash((delivery.topic, delivery.payload))
        if mark in self._known:
            return delivery.redelivered
        self._known.add(mark)
        self._order.append(mark)
        if len(self._order) > REMEMBERED_MAX:
            self._known.discard(self._order.popleft())
        return False
