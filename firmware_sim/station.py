"""
One reader as it stands in the warehouse: its firmware, its clock, its connection, and what goes wrong with them.
"""

from dataclasses import dataclass

import numpy as np

from firmware_sim.faults import Fault, FaultKind
from firmware_sim.mishaps import Mishaps
from firmware_sim.outgoing import SECOND_US, Firmware, Health, Outgoing
from firmware_sim.reads import Reads, folded, joined
from firmware_sim.store_forward import RETAINED_MAX, Retention

THROTTLE_PER_S = 500.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The reader's connection to the broker broke, or came back."""

    reader: str
    up: bool


Told = Outgoing | Link


class Station:
    """Turns what the antennas hear into messages, tick by tick. Times are Unix microseconds, `at_s` since the start."""

    def __init__(self, firmware: Firmware, faults: tuple[Fault, ...], seed: list[int]) -> None:
        self.firmware = firmware
        self.plan = firmware.plan
        self._faults = tuple(fault for fault in faults if fault.reader in {"*", self.plan.id})
        self._mishaps = Mishaps(self._faults, np.random.default_rng(seed))
        self._retention = Retention()
        self._held: list[Reads] = []
        self._held_until_us = 0
        self._powered = False
        self.linked = False
        self._up_since_us = 0
        self._heartbeat_us = 0
        self._sent_us = 0
        self._broken: frozenset[int] = frozenset()

    @property
    def duplicates(self) -> tuple[int, int]:
        """How many messages were told twice, and how many reads were in them."""
        return self._mishaps.duplicated

    def tick(self, reads: Reads | None, eyes: list[tuple[int, bool]], now_us: int, at_s: float) -> list[Told]:
        """Let one tick pass that ends now, in which this was heard and these inputs changed."""
        offset_us = self._clock_offset_us(at_s)
        told = self._power_and_link(now_us + offset_us, at_s)
        if not self._powered:
            return told
        said = self._antennas(now_us + offset_us, at_s)
        for port, low in eyes:
            said += self.firmware.gpi(port, now_us + offset_us, low=low)
        if reads is not None:
            self._held.append(self._audible(reads).shifted(offset_us))
        said += self._report(now_us, offset_us)
        said += self._beat(now_us + offset_us)
        return told + self.send(said, now_us, at_s)

    def send(self, said: list[Outgoing], now_us: int, at_s: float) -> list[Told]:
        """Put messages on the wire, or keep them until there is one."""
        seconds = self._seconds(now_us)
        if not self.linked:
            for message in said:
                if message.data:
                    self._retention.keep(message, now_us)
            return []
        told = self._retention.replay(seconds, self._setting("throttle_per_s", at_s))
        return list(self._mishaps.through(told + said, at_s))

    def answer(self, payload: bytes, now_us: int, at_s: float) -> list[Told]:
        """Take a command."""
        return self.send(self.firmware.answer(payload, now_us), now_us, at_s) if self.linked else []

    def drain(self) -> list[Told]:
        """Give what is still on the way: nothing is lost in the network."""
        return list(self._mishaps.drain()) if self.linked else []

    def health(self) -> Health:
        """Say how the reader is."""
        return Health(
            up_since_us=self._up_since_us,
            connected={antenna.port: antenna.port not in self._broken for antenna in self.plan.antennas},
            buffered=self._retention.reads,
            purged=self._retention.purged,
        )

    def _during(self, at_s: float, *kinds: FaultKind) -> Fault | None:
        return next((f for f in self._faults if f.kind in kinds and f.touches(self.plan.id, at_s)), None)

    def _setting(self, name: str, at_s: float) -> float:
        """Give a setting of the last connection fault so far, for it outlasts the fault."""
        past = [f for f in self._faults if f.kind in {"disconnect", "overflow"} and f.from_s <= at_s]
        return past[-1][name] if past else THROTTLE_PER_S

    def _seconds(self, now_us: int) -> float:
        seconds = (now_us - self._sent_us) / SECOND_US if self._sent_us else 0.0
        self._sent_us = now_us
        return seconds

    def _clock_offset_us(self, at_s: float) -> int:
        fault = self._during(at_s, "clock")
        if fault is None:
            return 0
        return int(fault["offset_s"] * 1e6 + fault["drift_ppm"] * (at_s - fault.from_s))

    def _power_and_link(self, now_us: int, at_s: float) -> list[Told]:
        """Notice when power or network go or come back."""
        told: list[Told] = []
        powered = self._during(at_s, "silence", "reboot") is None
        cut = self._during(at_s, "disconnect", "overflow")
        linked = powered and cut is None
        small = cut is not None and cut.kind == "overflow"
        self._retention.reads_max = int(cut["buffer_max"]) if cut is not None and small else RETAINED_MAX
        if powered != self._powered:
            self._powered = powered
            self._start(now_us)
        if linked != self.linked:
            self.linked = linked
            told.append(Link(reader=self.plan.id, up=linked))
            if linked:
                told += self._greet(now_us)
        return told

    def _start(self, now_us: int) -> None:
        if self._up_since_us and self._powered:
            self.firmware.reboot(now_us)
        self._up_since_us = now_us
        self._held.clear()
        self._retention.clear()

    def _greet(self, now_us: int) -> list[Outgoing]:
        self._heartbeat_us = now_us + int(self.plan.heartbeat_s * SECOND_US)
        said = self.firmware.birth(now_us, self.health())
        purged = self._retention.told_of_purge()
        if purged:
            span_us = self._retention.purged_span_us
            said += self.firmware.overflow(purged, self._retention.reads, span_us, now_us)
        return said

    def _antennas(self, now_us: int, at_s: float) -> list[Outgoing]:
        """Notice cables that come off or are put back."""
        broken = frozenset(
            int(f["port"]) for f in self._faults if f.kind == "antenna" and f.touches(self.plan.id, at_s)
        )
        said: list[Outgoing] = []
        for port in sorted(broken ^ self._broken):
            said += self.firmware.antenna(port, now_us, connected=port not in broken)
        self._broken = broken
        return said

    def _audible(self, reads: Reads) -> Reads:
        return reads.chosen(~np.isin(reads.port, list(self._broken))) if self._broken else reads

    def _report(self, now_us: int, offset_us: int) -> list[Outgoing]:
        """Tell what was heard, once in a reporting interval."""
        if now_us < self._held_until_us:
            return []
        self._held_until_us = now_us + int(self.plan.fold_s * SECOND_US)
        held, self._held = self._held, []
        heard = folded(joined(held)) if held else None
        return self.firmware.reads(heard, now_us + offset_us) if heard is not None and heard.size else []

    def _beat(self, now_us: int) -> list[Outgoing]:
        if now_us < self._heartbeat_us:
            return []
        self._heartbeat_us = now_us + int(self.plan.heartbeat_s * SECOND_US)
        return self.firmware.heartbeat(now_us, self.health())
