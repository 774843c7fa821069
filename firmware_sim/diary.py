"""
What a recorded reader says of itself: that it lives, that it goes and comes back, what its cables and inputs do.
"""

from dataclasses import dataclass
from typing import Final, Literal

from firmware_sim.faults import Fault
from firmware_sim.outgoing import SECOND_US
from firmware_sim.plan import ReaderPlan

WordKind = Literal["online", "offline", "heartbeat", "antenna_up", "antenna_down", "gpi"]
HIGH, LOW = 1.0, 0.0
WITH_WILL: Final = {"native", "impinj"}
"""Readers for which the broker says that they have gone; Zebra documents no last will."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One thing that a reader said of itself; times are microseconds since the recording's start, by its clock."""

    seen_us: int
    reader: str
    kind: WordKind
    port: int = 0
    value: float = 0.0


class Diary:
    """All that one reader said, tick by tick."""

    def __init__(self, plan: ReaderPlan, faults: tuple[Fault, ...]) -> None:
        self.words: list[Word] = []
        self._plan = plan
        self._faults = faults
        self._powered = False
        self._heartbeat_us = 0
        self._broken: frozenset[int] = frozenset()

    def note(self, eyes: list[tuple[int, bool]], now_us: int, offset_us: int) -> None:
        """Note what it says in the tick that ends now; eyes are inputs whose light beam broke or came clear."""
        going_on = [fault for fault in self._faults if fault.touches(self._plan.id, now_us / SECOND_US)]
        at_us = now_us + offset_us
        self._power(at_us, powered=not any(fault.kind in {"silence", "reboot"} for fault in going_on))
        if not self._powered:
            return
        broken = frozenset(int(fault["port"]) for fault in going_on if fault.kind == "antenna")
        for port in sorted(broken ^ self._broken):
            self._say(at_us, "antenna_down" if port in broken else "antenna_up", port)
        self._broken = broken
        for port, dark in eyes:
            self._say(at_us, "gpi", port, LOW if dark else HIGH)
        if at_us >= self._heartbeat_us:
            self._beat(at_us, "heartbeat")

    def _power(self, at_us: int, *, powered: bool) -> None:
        if powered and not self._powered:
            self._beat(at_us, "online")
        elif self._powered and not powered and self._plan.firmware in WITH_WILL:
            self._say(at_us, "offline")
        self._powered = powered

    def _beat(self, at_us: int, kind: WordKind) -> None:
        self._heartbeat_us = at_us + int(self._plan.heartbeat_s * SECOND_US)
        self._say(at_us, kind)

    def _say(self, at_us: int, kind: WordKind, port: int = 0, value: float = 0.0) -> None:
        self.words.append(Word(seen_us=at_us, reader=self._plan.id, kind=kind, port=port, value=value))
