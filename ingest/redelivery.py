"""Tells a message that the broker sends again from one that we have not taken yet."""

from collections import deque
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from core.mqtt import Delivery

REMEMBERED_MAX: Final = 100_000
"""Messages remembered: far more than a broker may have under way to one session."""


def mark_of(delivery: Delivery) -> int:
    """Tell a message by 64 bits of a digest of its topic and payload, the same in every process."""
    digest = blake2b(delivery.topic.encode("utf-8", "surrogatepass"), digest_size=8)
    digest.update(b"\0")
    digest.update(delivery.payload)
    return int.from_bytes(digest.digest(), "little", signed=True)


class Redeliveries:
    """
    Remembers what one site's line has taken, before its last restart too.

    A message comes a second time where its broker got no word from us (we were slow, or killed between a commit and
    its acknowledgement), where its reader got none from the broker, and where a killed broker forgot that it had our
    word: only in the first case does it say so. Taking it twice would change no state, but it would be work just when
    there is too much of it, and its reads would stand in the ledger twice.
    """

    def __init__(self, taken: Iterable[int] = ()) -> None:
        self._known: set[int] = set()
        self._order: deque[int] = deque()
        for mark in taken:
            self._remember(mark)

    def had(self, mark: int) -> bool:
        """Whether we have taken this before; else remember it."""
        if mark in self._known:
            return True
        self._remember(mark)
        return False

    def _remember(self, mark: int) -> None:
        if mark in self._known:
            return
        self._known.add(mark)
        self._order.append(mark)
        if len(self._order) > REMEMBERED_MAX:
            self._known.discard(self._order.popleft())
