"""
What happens to messages on the way: some come twice, some late, some in another order.
"""

from collections import deque

import numpy as np

from firmware_sim.faults import Fault
from firmware_sim.outgoing import Outgoing


class Mishaps:
    """The stretch of network between one reader and the broker."""

    def __init__(self, faults: tuple[Fault, ...], rng: np.random.Generator) -> None:
        self._faults = tuple(fault for fault in faults if fault.kind in {"duplicate", "delay", "reorder"})
        self._rng = rng
        self._late: deque[tuple[float, Outgoing]] = deque()
        self._shuffled: list[Outgoing] = []
        self._shuffled_until_s = 0.0
        self.duplicated = (0, 0)

    def through(self, messages: list[Outgoing], at_s: float) -> list[Outgoing]:
        """Give what comes out now when these messages go in now."""
        if not self._faults:
            return messages
        by_kind = {fault.kind: fault for fault in self._faults if fault.from_s <= at_s < fault.to_s}
        if "duplicate" in by_kind:
            messages = self._twice(messages, by_kind["duplicate"]["probability"])
        messages = self._delayed(messages, at_s, by_kind.get("delay"))
        return self._reordered(messages, at_s, by_kind.get("reorder"))

    def drain(self) -> list[Outgoing]:
        """Give all that is still on the way."""
        rest = [message for _, message in self._late] + self._shuffled
        self._late.clear()
        self._shuffled = []
        return rest

    def _twice(self, messages: list[Outgoing], probability: float) -> list[Outgoing]:
        told: list[Outgoing] = []
        for message in messages:
            told.append(message)
            if message.data and self._rng.random() < probability:
                told.append(message)
                self.duplicated = (self.duplicated[0] + 1, self.duplicated[1] + message.reads)
        return told

    def _delayed(self, messages: list[Outgoing], at_s: float, fault: Fault | None) -> list[Outgoing]:
        for message in messages:
            due_s = at_s + (fault["seconds"] * float(self._rng.random()) if fault else 0.0)
            earliest_s = self._late[-1][0] if self._late else 0.0
            self._late.append((max(due_s, earliest_s), message))
        told: list[Outgoing] = []
        while self._late and self._late[0][0] <= at_s:
            told.append(self._late.popleft()[1])
        return told

    def _reordered(self, messages: list[Outgoing], at_s: float, fault: Fault | None) -> list[Outgoing]:
        self._shuffled += messages
        if fault and at_s < self._shuffled_until_s:
            return []
        self._shuffled_until_s = at_s + (fault["window_s"] if fault else 0.0)
        told, self._shuffled = self._shuffled, []
        return [told[i] for i in self._rng.permutation(len(told))] if fault else told
