"""
Gaps in the numbers that a reader gives to its own messages or events: what it sent and we never got.
"""

from dataclasses import dataclass, field
from typing import Final

from msgspec import Struct

HOLES_MAX: Final = 256
"""Stretches of skipped numbers remembered, given up or not; of more, the oldest count as lost and are forgotten."""
JUMP_MAX: Final = 10_000_000
"""A reader whose numbers jump by more has begun to count elsewhere: nobody loses so much unnoticed."""
GIVE_UP_US: Final = 30_000_000
"""A number that has not come this long after it was skipped is lost, until it comes after all."""


class Hole(Struct, array_like=True):
    """Numbers first..end - 1, skipped at since_us (0: before a restart, so that the wait begins anew)."""

    first: int
    end: int
    since_us: int
    lost: bool = False


@dataclass(slots=True)
class Sequence:
    """The numbers of one run of one reader."""

    expected: int | None = None
    newest_raw_us: int = 0
    holes: list[Hole] = field(default_factory=list)

    @property
    def awaited(self) -> int:
        """How many numbers were skipped and are not given up."""
        return sum(hole.end - hole.first for hole in self.holes if not hole.lost)

    def observe(self, first: int, last: int, raw_us: int, arrived_us: int) -> int:
        """
        Take in the numbers first..last of one message and return how many more are now known to be lost.

        Fewer than none where numbers that were given up have come. Numbers that fall while the reader's time goes on
        are those of a reader that started anew.
        """
        lost = self.give_up(arrived_us)
        if self.expected is not None and self._starts_anew(first, last, raw_us):
            lost += self.awaited
            self.expected, self.holes = None, []
        if self.expected is not None and first > self.expected:
            self.holes.append(Hole(self.expected, first, arrived_us))
        elif self.holes:
            lost -= self._fill(first, last + 1)
        self.expected = max(self.expected or 0, last + 1)
        self.newest_raw_us = max(self.newest_raw_us, raw_us)
        return lost + self._forget()

    def give_up(self, now_us: int) -> int:
        """Return how many numbers have been awaited for too long by now: they are lost."""
        lost = 0
        for hole in self.holes:
            hole.since_us = hole.since_us or now_us
            if not hole.lost and now_us - hole.since_us >= GIVE_UP_US:
                hole.lost = True
                lost += hole.end - hole.first
        return lost

    def _starts_anew(self, first: int, last: int, raw_us: int) -> bool:
        assert self.expected is not None
        fell = last < self.expected - 1 and raw_us > self.newest_raw_us
        return fell or first - self.expected > JUMP_MAX

    def _fill(self, first: int, end: int) -> int:
        """Take numbers out of their holes; how many of them had been given up."""
        found, holes = 0, list[Hole]()
        for hole in self.holes:
            inside = min(end, hole.end) - max(first, hole.first)
            if inside <= 0:
                holes.append(hole)
                continue
            found += inside if hole.lost else 0
            rests = (hole.first, first), (end, hole.end)
            holes += [Hole(start, stop, hole.since_us, hole.lost) for start, stop in rests if start < stop]
        self.holes = holes
        return found

    def _forget(self) -> int:
        """Drop the oldest holes where there are too many; how many numbers are lost by that."""
        gone, self.holes = self.holes[:-HOLES_MAX], self.holes[-HOLES_MAX:]
        return sum(hole.end - hole.first for hole in gone if not hole.lost)
