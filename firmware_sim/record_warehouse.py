"""
A warehouse is recorded here: what its readers would report, with no broker and no clock to wait for.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from firmware_sim.arrays import Bools, Floats, Indices
from firmware_sim.diary import Diary
from firmware_sim.faults import Fault
from firmware_sim.outgoing import SECOND_US
from firmware_sim.plan import ReaderPlan
from firmware_sim.reads import Reads, folded, joined
from firmware_sim.recording import START_US, Heard, Recording, TruthRow, joined_heard
from firmware_sim.simulation import Config, Warehouse
from firmware_sim.tags import TagTable
from firmware_sim.truth import Stay

FOR_S: Final = 300.0
"""How long a warehouse is recorded unless something else is asked for."""
FINE_DB, COARSE_DB = 0.5, 1.0
"""In which steps readers tell the level: Zebra in whole dBm."""


class Tape:
    """What one reader reports, with what goes wrong in it."""

    def __init__(self, plan: ReaderPlan, no: int, faults: tuple[Fault, ...]) -> None:
        self.plan = plan
        self._no = no
        self._faults = tuple(fault for fault in faults if fault.reader in {"*", plan.id})
        self._held: list[Reads] = []
        self._report_us = 0
        self._lots: list[Heard] = []
        self.diary = Diary(plan, self._faults)

    def hear(self, reads: Reads | None, now_us: int) -> None:
        """Take what the antennas heard in the tick that ends now; report it when the interval is over."""
        if reads is not None:
            heard = self._audible(reads, now_us / SECOND_US)
            self._held += [heard] if heard.size else []
        if now_us >= self._report_us:
            self._report_us = now_us + int(self.plan.fold_s * SECOND_US)
            self._report(now_us)

    def say(self, eyes: list[tuple[int, bool]], now_us: int) -> None:
        """Take down what the reader says of itself in the tick that ends now, in which these inputs changed."""
        self.diary.note(eyes, now_us, self._offset_us(now_us / SECOND_US))

    def lots(self, now_us: int) -> list[Heard]:
        """All that was reported."""
        self._report(now_us)
        return self._lots

    def _audible(self, reads: Reads, at_s: float) -> Reads:
        """Leave out what a reader without power or an antenna without a cable doesn't hear."""
        now = [fault for fault in self._faults if fault.touches(self.plan.id, at_s)]
        if any(fault.kind in {"silence", "reboot"} for fault in now):
            return reads.chosen(np.zeros(reads.size, np.bool_))
        broken = [int(fault["port"]) for fault in now if fault.kind == "antenna"]
        whole: Bools = ~np.isin(reads.port, broken)
        return reads.chosen(whole) if broken else reads

    def _report(self, now_us: int) -> None:
        held, self._held = self._held, []
        if not held:
            return
        reads = folded(joined(held))
        step = COARSE_DB if self.plan.firmware == "zebra" else FINE_DB
        nothing = np.full(reads.size, np.nan)
        self._lots.append(
            Heard(
                seen_us=reads.seen_us + self._offset_us(now_us / SECOND_US),
                reader=np.full(reads.size, self._no, np.int16),
                port=reads.port,
                tag=reads.tag,
                level_dbm=_stepped(reads.level_dbm.astype(np.float64), step),
                phase_deg=nothing,
                channel_mhz=nothing,
            )
        )

    def _offset_us(self, at_s: float) -> int:
        """How far the reader's clock is ahead."""
        clocks = [fault for fault in self._faults if fault.kind == "clock" and fault.touches(self.plan.id, at_s)]
        return sum(int(f["offset_s"] * 1e6 + f["drift_ppm"] * (at_s - f.from_s)) for f in clocks)


def _stepped(level_dbm: Floats, step: float) -> Floats:
    stepped: Floats = np.round(level_dbm / step) * step
    return stepped


class Labels:
    """The EPCs that tags have had: a tag long gone may come again with a new one."""

    def __init__(self, tags: TagTable) -> None:
        self._tags = tags
        self._encoded = tags.encoded
        self._before = (tags.hi.copy(), tags.lo.copy())
        everyone = np.arange(tags.count, dtype=np.int32)
        self.epcs = tags.epcs(everyone)
        self.now = everyone
        """For each tag, the index of its EPC in epcs."""

    def update(self) -> None:
        """Notice new EPCs."""
        tags = self._tags
        if tags.encoded == self._encoded:
            return
        changed = np.flatnonzero((tags.hi != self._before[0]) | (tags.lo != self._before[1])).astype(np.int32)
        self.now[changed] = len(self.epcs) + np.arange(changed.size)
        self.epcs += tags.epcs(changed)
        self._encoded, self._before = tags.encoded, (tags.hi.copy(), tags.lo.copy())


class Recorder:
    """A warehouse, and a tape for each of its readers."""

    def __init__(self, config: Config, *, healthy: bool = False) -> None:
        self.warehouse = Warehouse(config, START_US)
        faults = () if healthy else self.warehouse.faults
        self.tapes = [Tape(plan, no, faults) for no, plan in enumerate(self.warehouse.plan.readers)]
        self._labels = Labels(self.warehouse.tags)

    def tick(self) -> None:
        """Let a tenth of a second pass."""
        heard = self.warehouse.hear()
        eyes = self.warehouse.beams()
        self._labels.update()
        for tape, reads in zip(self.tapes, heard, strict=True):
            labelled = None if reads is None else replace(reads, tag=self._labels.now[reads.tag])
            tape.hear(labelled, self.warehouse.world.now_us)
            tape.say(eyes.get(tape.plan.id, []), self.warehouse.world.now_us)

    def recording(self, truth: list[TruthRow], only: Indices | None = None) -> Recording:
        """Put together what was reported so far, perhaps of some tags only."""
        now_us = self.warehouse.world.now_us
        heard = joined_heard([lot for tape in self.tapes for lot in tape.lots(now_us)])
        return Recording(
            site_toml=self.warehouse.site_toml(),
            readers=[reader.id for reader in self.warehouse.plan.readers],
            epcs=self._labels.epcs,
            heard=heard if only is None else heard.part(np.isin(heard.tag, only)),
            truth=truth,
            words=[word for tape in self.tapes for word in tape.diary.words],
        )


def record_warehouse(config: Config, for_s: float = FOR_S) -> Recording:
    """Record so many seconds of a scenario, with every stay and every passage in the truth."""
    taped = Recorder(config)
    world = taped.warehouse.world
    while world.now_us < for_s * 1e6:
        taped.tick()
    rows = [_row(stay) for stay in world.truth.stays(world.now_us)]
    return replace(taped.recording(rows), planted=world.truth.planted, shipments=taped.warehouse.shipments())


def _row(stay: Stay) -> TruthRow:
    row = TruthRow(epc=stay.epc, from_us=round(stay.from_s * 1e6), to_us=round(stay.to_s * 1e6), zone=stay.zone)
    return replace(row, x=stay.x, y=stay.y, door=stay.door, verdict=stay.verdict, direction=stay.direction)
