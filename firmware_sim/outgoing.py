"""
What a reader wants to tell the broker: a message, how many tag reads are in it, and its place in the order.
"""

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

from firmware_sim.arrays import Indices
from firmware_sim.plan import ReaderPlan
from firmware_sim.reads import Reads

SECOND_US: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message on its way to the broker."""

    reader: str
    topic: str
    payload: bytes
    reads: int = 0
    retain: bool = False
    data: bool = False
    """Tag data, which a reader stores while it is cut off; what it says of its own state it doesn't."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a reader knows of itself."""

    up_since_us: int
    connected: dict[int, bool]
    buffered: int = 0
    purged: int = 0
    clock_offset_ms: int = 0


class Epcs(Protocol):
    """Looks up what these tags carry, as upper-case hex."""

    def __call__(self, tags: Indices, /) -> list[str]:
        """Give the EPC of each."""


class Firmware(Protocol):
    """A reader's own words. Times are by the reader's clock."""

    plan: ReaderPlan

    def will(self) -> Outgoing | None:
        """Give what the broker is to say when the connection breaks."""

    def birth(self, now_us: int, health: Health) -> list[Outgoing]:
        """Say that the reader has started or come back."""

    def heartbeat(self, now_us: int, health: Health) -> list[Outgoing]:
        """Say that it lives."""

    def reads(self, reads: Reads, now_us: int) -> list[Outgoing]:
        """Tell what was read."""

    def gpi(self, port: int, now_us: int, *, low: bool) -> list[Outgoing]:
        """Tell that an input changed."""

    def antenna(self, port: int, now_us: int, *, connected: bool) -> list[Outgoing]:
        """Tell that an antenna came or went."""

    def overflow(self, purged: int, remaining: int, span_us: tuple[int, int], now_us: int) -> list[Outgoing]:
        """Tell that stored reads, of this span of time, had to be thrown away."""

    def reboot(self, now_us: int) -> None:
        """Forget everything, as after a loss of power."""

    def command_topic(self) -> str:
        """Give the topic on which it takes commands, or nothing."""

    def answer(self, payload: bytes, now_us: int) -> list[Outgoing]:
        """Do what a command says, and answer it."""


def utc(at_us: int, suffix: str, digits: int = 3) -> str:
    """Write a time as ISO 8601 in UTC with this many digits after the second, and what the maker ends it with."""
    seconds, rest = divmod(at_us, SECOND_US)
    return f"{_second(seconds)}.{rest:06d}"[: 20 + digits] + suffix


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    """Write a whole second; the same one comes many times over."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def uptime(seconds: int) -> str:
    """Write a duration as hours, minutes and seconds."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
