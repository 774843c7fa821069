"""Evidence that has arrived and is not settled yet, in the one order in which it will be folded."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import numpy as np

from core.engine.index import power_above
from core.engine.kernels_pending import link, merge
from core.engine.records import (
    ALIVE,
    ANTENNA_DOWN,
    ANTENNA_UP,
    EVIDENCE,
    GONE,
    READ,
    RESTARTED,
    STARTED,
    STOPPED,
    Ints,
    Records,
    Waiting,
    join,
)
from core.engine.records_passage import EYE, INWARD, NO_WAY, OUTWARD, WORD
from core.model.columns import NO_ANTENNA, UNHEARD_DBM, ReadColumns
from core.model.reader_event import ReaderEvent, ReaderEventKind

KINDS: Final = {
    ReaderEventKind.ONLINE: RESTARTED,
    ReaderEventKind.OVERFLOW: RESTARTED,
    ReaderEventKind.OFFLINE: GONE,
    ReaderEventKind.ANTENNA_UP: ANTENNA_UP,
    ReaderEventKind.ANTENNA_DOWN: ANTENNA_DOWN,
    ReaderEventKind.INVENTORY_STARTED: STARTED,
    ReaderEventKind.INVENTORY_STOPPED: STOPPED,
}
"""What an event is evidence of; all others say that the reader lives."""


ROOM: Final = 1024
"""Evidence that there is room for at first."""
BROKEN: Final = 0
"""The level of an input while its light beam is broken."""
WAYS: Final = {"in": INWARD, "out": OUTWARD}


class Pending:
    """Sorted evidence, EVIDENCE[n], and before it the last of what was settled: reads to come may still repeat it."""

    def __init__(self) -> None:
        self.waiting = _room_for(ROOM)
        """Its rows, of which those from `first` on wait."""
        self._tail_at, self.first, self._end = 0, 0, 0

    def __len__(self) -> int:
        """How much evidence waits."""
        return self._end - self.first

    @property
    def evidence(self) -> Records:
        """What waits: a view, until more is added."""
        return self.waiting.rows[self.first : self._end]

    @property
    def tail(self) -> Records:
        """The last of what was settled: a view."""
        return self.waiting.rows[self._tail_at : self.first]

    def add(self, *parts: Records) -> None:
        """Put evidence in its place."""
        told = [part for part in parts if part.size]
        if not told:
            return
        new = told[0] if len(told) == 1 else join(EVIDENCE, *told)
        is_read = new["kind"] == READ
        # Taken, not indexed: numpy takes many times as long to index records.
        new = new.take(np.lexsort((new["raw_us"], new["tag"], new["read_point"], is_read, new["seen_us"])))
        self._reserve(new.size)
        merge(self.first, self._end, new, self.waiting)
        self._end += new.size

    def ready(self, watermark_us: int) -> int:
        """How much of it lies before the watermark: nothing on time can come before it any more."""
        return int(np.searchsorted(self.evidence["seen_us"], watermark_us, side="left"))

    def take(self, n: int) -> Records:
        """Remove the first n: a view."""
        self.first += n
        return self.waiting.rows[self.first - n : self.first]

    def retire(self, before_us: int) -> None:
        """Forget what was taken and is older than this."""
        self._tail_at += int(np.searchsorted(self.tail["seen_us"], before_us))

    def restore(self, tail: Records, evidence: Records) -> None:
        """Begin with what another one held."""
        self._tail_at, self.first, self._end = 0, 0, 0
        self._reserve(tail.size)
        self.waiting.rows[: tail.size] = tail
        self.first = self._end = tail.size
        self.add(evidence)

    def held(self) -> Records:
        """Reads that a read to come may repeat."""
        both = self.waiting.rows[self._tail_at : self._end]
        reads: Records = both[both["kind"] == READ]
        return reads

    def _reserve(self, more: int) -> None:
        """Make room at the end. What was taken is not moved while somebody may still look at it."""
        if self._end + more <= self.waiting.rows.size:
            return
        held = self.waiting.rows[self._tail_at : self._end]
        self.waiting = _room_for(2 * (held.size + more))
        self.waiting.rows[: held.size] = held
        self.first, self._end, self._tail_at = self.first - self._tail_at, held.size, 0
        link(self.first, self._end, self.waiting)


def _room_for(n: int) -> Waiting:
    room = np.zeros((2, n), np.int64)
    chains = np.full(power_above(n), -1, np.int64)
    return Waiting(rows=np.zeros(n, EVIDENCE), before=room[0], after=room[1], newest=chains)


def evidence_of_reads(reads: ReadColumns, tag: Ints) -> Records:
    """Kept reads as evidence."""
    rows = np.zeros(len(reads), EVIDENCE)
    rows["seen_us"], rows["raw_us"], rows["tag"] = reads.seen_us, reads.raw_us, tag
    rows["read_point"], rows["rssi_dbm"] = reads.read_point, reads.rssi_dbm
    return rows


def evidence_of_events(
    events: Iterable[ReaderEvent],
    points: Mapping[tuple[str, int], int],
    eyes: Mapping[tuple[str, int], tuple[int, int]],
    tag_of: Callable[[str], int | None],
) -> Records:
    """
    Events of the site's readers as evidence; an antenna that the plan doesn't have stands for its reader.

    eyes says which door's light beam an input is, tag_of which tag an EPC is, if it is known.
    """
    told = [event for event in events if (event.reader, NO_ANTENNA) in points]
    rows = np.zeros(len(told), EVIDENCE)
    for row, event in zip(rows, told, strict=True):
        kind, port = _meaning(event, points)
        row["seen_us"] = row["raw_us"] = event.seen_us
        row["tag"] = row["kind"] = kind
        row["read_point"], row["rssi_dbm"] = points[event.reader, port], UNHEARD_DBM
        if event.kind == ReaderEventKind.GPI and event.value == BROKEN and (event.reader, event.port) in eyes:
            door, outside = eyes[event.reader, event.port]
            row["kind"], row["tag"] = EYE, 2 * door + outside
        elif event.kind == ReaderEventKind.DIRECTION and (tag := tag_of(event.epc)) is not None:
            row["kind"], row["tag"], row["rssi_dbm"] = WORD, tag, WAYS.get(event.text, NO_WAY)
    return rows


def _meaning(event: ReaderEvent, points: Mapping[tuple[str, int], int]) -> tuple[int, int]:
    kind = KINDS.get(event.kind, ALIVE)
    if kind not in (ANTENNA_UP, ANTENNA_DOWN):
        return kind, NO_ANTENNA
    return (kind, event.port) if (event.reader, event.port) in points else (ALIVE, NO_ANTENNA)
