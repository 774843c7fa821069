"""
What the messages of one batch said becomes the columns that the engine takes, with every time put right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from core.counters import count
from core.model.batch import Batch
from core.model.columns import ReadColumns
from core.model.dead_letter import DeadLetter
from core.model.reader_event import ReaderEvent, ReaderEventKind
from core.model.sensor_reading import SensorReading
from core.site import Reader, Site
from ingest.adapters.decoded import Decoded, DecodedReads
from ingest.adapters.happenings import SINCE_BOOT
from ingest.batch import Gathered
from ingest.clock_offset import ClockOffsets
from ingest.decode import Taken, dead_letter
from ingest.ledger import Ledger
from ingest.stream_clock import StreamClock

PAST_US_MAX: Final = 8 * 86_400_000_000
"""Reads older than this on arrival are refused: readers keep a week at most."""
FUTURE_US_MAX: Final = 300_000_000
"""Reads further ahead of us than this are refused."""
DEAD_LETTERS_MAX: Final = 100
"""Dead letters kept of one batch; more are counted only."""
REASONS_MAX: Final = 3
"""Reasons spelled out of one message with bad reads in it."""
PORT_MAX: Final = 32_767
_SAID: Final = ("raw_us", "epc_hi", "epc_lo", "rssi_dbm", "phase_deg", "channel_mhz", "count")
"""What a read says itself."""

Ports = npt.NDArray[np.int32]


class Assembly:
    """Makes batches of one site; remembers clocks, sequences and warnings between them."""

    def __init__(self, site: Site, stream: StreamClock) -> None:
        self._stream = stream
        self._offsets = ClockOffsets()
        self._ledger = Ledger()
        self._points = {reader.id: _point_table(site, reader) for reader in site.readers}
        self._warned: set[tuple[str, int]] = set()

    def go_on(self, numberings: Mapping[str, bytes]) -> None:
        """Count on from where readers' own numbers were when the last step was committed."""
        self._ledger.go_on(numberings)

    def batch(self, gathered: Gathered) -> Batch:
        """Put one batch together, in order of arrival."""
        work = _Work()
        for taken in gathered.taken:
            if taken.dead is not None:
                self._dead(work, taken, taken.dead)
            elif taken.reader is not None and taken.resent:
                self._ledger.resent(taken.reader.id, taken.resent, taken.delivery.arrived_us)
            elif taken.reader is not None and taken.decoded is not None:
                self._take(work, taken, taken.reader, taken.decoded)
        return Batch(
            reads=_columns(work.parts),
            events=tuple(work.events),
            sensor_readings=tuple(work.sensors),
            dead_letters=tuple(work.dead),
            ledger=self._ledger.take(),
            long_epcs=work.long_epcs,
            spooled=next((t.delivery.spooled for t in reversed(gathered.taken) if t.delivery.spooled), None),
            messages=np.array([taken.mark for taken in gathered.taken if taken.mark], np.int64),
        )

    def _dead(self, work: "_Work", taken: Taken, letter: DeadLetter) -> None:
        work.keep(letter)
        if taken.reader is not None:
            self._ledger.dead(taken.reader.id, taken.delivery.arrived_us)

    def _take(self, work: "_Work", taken: Taken, reader: Reader, decoded: Decoded) -> None:
        arrived_us = taken.delivery.arrived_us
        row = self._ledger.row(reader.id)
        row.messages += 1
        row.ignored += bool(decoded.ignored)
        row.last_arrived_us = arrived_us
        good, insane_us, first_us, newest_us = _of_their_time(decoded.reads, arrived_us)
        if newest_us:
            self._offsets.observe(reader.id, arrived_us, newest_us)
        row.clock_offset_us = self._offsets.of(reader.id)
        self._ledger.sequence(reader.id, decoded, newest_us, arrived_us)
        bad = decoded.bad + insane_us.size
        if bad:
            row.quarantined += bad
            count("ingest.quarantined", bad)
            reason = _summary(decoded, insane_us, arrived_us, bad)
            work.keep(dead_letter(taken.delivery, reader.id, reason))
        row.received += len(good)
        count("ingest.reads", len(good))
        if len(good):
            stream_us = self._stream.at(arrived_us, first_us)
            point = self._read_points(work, reader, good.antenna, arrived_us)
            work.parts.append(_Part(good, point, row.clock_offset_us, stream_us))
        work.long_epcs.update(decoded.long_epcs)
        self._happenings(work, taken, decoded)

    def _read_points(self, work: "_Work", reader: Reader, antenna: Ports, arrived_us: int) -> Ports:
        table = self._points[reader.id]
        point = table.take(antenna, mode="clip")
        if point.min() < 0:
            unknown = point < 0
            point = np.where(unknown, table[0], point)
            self._warn(work, reader, antenna[unknown], arrived_us)
        return point

    def _warn(self, work: "_Work", reader: Reader, ports: Ports, arrived_us: int) -> None:
        """Say once for each antenna that the plan doesn't have it; its reads count as the reader's own."""
        count("ingest.unknown_antennas", len(ports))
        for port in np.unique(ports).tolist():
            if (reader.id, port) in self._warned:
                continue
            self._warned.add((reader.id, port))
            work.events.append(
                ReaderEvent(
                    seen_us=arrived_us,
                    arrived_us=self._stream.at(arrived_us),
                    reader=reader.id,
                    kind=ReaderEventKind.WARNING,
                    port=min(max(port, 0), PORT_MAX),
                    text=f"antenna {port} is not on the plan: add it, or correct the reader",
                )
            )

    def _happenings(self, work: "_Work", taken: Taken, decoded: Decoded) -> None:
        arrived_us = taken.delivery.arrived_us
        stream_us = self._stream.at(arrived_us)
        for event in decoded.events:
            seen_us = self._put_right(event.reader, event.seen_us, arrived_us)
            if seen_us is None and taken.delivery.retained:
                continue  # a word that the broker has kept for longer than anything else is kept
            purged = self._ledger.purged(event)
            if event.text == SINCE_BOOT and event.kind is ReaderEventKind.OVERFLOW:
                if not purged:
                    continue
                event = replace(event, value=float(purged), text="")  # noqa: PLW2901 - the same event, as a difference
            work.events.append(replace(event, seen_us=arrived_us if seen_us is None else seen_us, arrived_us=stream_us))
        for reading in decoded.sensors:
            seen_us = self._put_right(reading.reader, reading.seen_us, arrived_us)
            work.sensors.append(
                replace(reading, seen_us=arrived_us if seen_us is None else seen_us, arrived_us=stream_us)
            )

    def _put_right(self, reader: str, seen_us: int, arrived_us: int) -> int | None:
        """Return a time as our clock would have it; None where it is no time at which this can have been."""
        if not arrived_us - PAST_US_MAX <= seen_us <= arrived_us + FUTURE_US_MAX:
            return None
        # A time that we gave ourselves (the reader said none) is right already.
        return seen_us if seen_us == arrived_us else seen_us + self._offsets.of(reader)


@dataclass(slots=True)
class _Part:
    """The reads of one message, where each was made, and the times that they have in common."""

    reads: DecodedReads
    point: Ports
    offset_us: int
    stream_us: int


class _Work:
    """The parts of one batch."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.events: list[ReaderEvent] = []
        self.sensors: list[SensorReading] = []
        self.dead: list[DeadLetter] = []
        self.long_epcs: dict[tuple[int, int], str] = {}

    def keep(self, letter: DeadLetter) -> None:
        """Keep a dead letter if there is room."""
        if len(self.dead) < DEAD_LETTERS_MAX:
            self.dead.append(letter)
        else:
            count("ingest.dead_letters_dropped")


def _columns(parts: Sequence[_Part]) -> ReadColumns:
    """All reads of a batch. What a message's reads have in common is laid out here, once for all messages."""
    if not parts:
        return ReadColumns.empty()
    sizes = [len(part.reads) for part in parts]
    said = {name: np.concatenate([getattr(part.reads, name) for part in parts]) for name in _SAID}
    return ReadColumns(
        seen_us=said["raw_us"] + np.repeat(np.array([part.offset_us for part in parts], np.int64), sizes),
        arrived_us=np.repeat(np.array([part.stream_us for part in parts], np.int64), sizes),
        read_point=np.concatenate([part.point for part in parts]),
        **said,
    )


def _of_their_time(reads: DecodedReads, arrived_us: int) -> tuple[DecodedReads, npt.NDArray[np.int64], int, int]:
    """
    Reads that can have been seen when they say, the times of those that can't, and the good ones' first and last.

    0 and 0 where none is good.
    """
    raw, oldest, newest = reads.raw_us, arrived_us - PAST_US_MAX, arrived_us + FUTURE_US_MAX
    if not raw.size:
        return reads, raw, 0, 0
    first, last = int(raw.min()), int(raw.max())
    if first >= oldest and last <= newest:
        return reads, raw[:0], first, last
    sane = (raw >= oldest) & (raw <= newest)
    good = reads.take(sane)
    ends = (int(good.raw_us.min()), int(good.raw_us.max())) if len(good) else (0, 0)
    return good, raw[~sane], *ends


def _point_table(site: Site, reader: Reader) -> npt.NDArray[np.int32]:
    """Antenna port -> read point, -1 where the plan has no such antenna; the last stands for all ports above."""
    table = np.full(max((a.port for a in reader.antennas), default=0) + 2, -1, np.int32)
    for port in (0, *(a.port for a in reader.antennas)):
        table[port] = site.read_point_index[reader.id, port]
    return table


def _summary(decoded: Decoded, insane_us: npt.NDArray[np.int64], arrived_us: int, bad: int) -> str:
    """The first few reasons word for word, and where there are more, how many reads were bad in which way."""
    kinds = dict(decoded.refused)
    told = decoded.quarantined[:REASONS_MAX]
    for past, what in ((True, "more than 8 days old"), (False, "more than 5 minutes ahead")):
        these = insane_us[(insane_us < arrived_us) == past]
        advice = f"{what}: set the reader's clock"
        told += [f"read at {at} us is {advice}" for at in these[:REASONS_MAX].tolist()]
        kinds |= {f"is {advice}": len(these)} if len(these) else {}
    told = told[:REASONS_MAX]
    reads = len(decoded.reads) + decoded.bad
    said = f"{bad} of {reads} reads refused: {'; '.join(told)}"
    if bad == len(told):
        return said
    most = sorted(kinds.items(), key=lambda kind: -kind[1])[:REASONS_MAX]
    return f"{said} and {bad - len(told)} more ({', '.join(f'{n} x {kind}' for kind, n in most)})"
