"""Evidence that has arrived and is not settled yet, in the one order in which it will be folded."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import numpy as np

from core.engine.kernels_settle import merge
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


BROKEN: Final = 0
"""The level of an input while its light beam is broken."""
WAYS: Final = {"in": INWARD, "out": OUTWARD}


class Pending:
    """Sorted evidence, EVIDENCE[n], and before it the last of what was settled: reads to come may still repeat it."""

    def __init__(self) -> None:
        self._rows: Records = np.zeros(1024, EVIDENCE)
        self._tail_at, self._at, self._end = 0, 0, 0

    def __len__(self) -> int:
        """How much evidence waits."""
        return self._end - self._at

    @property
    def evidence(self) -> Records:
        """What waits: a view, until more is added."""
        return self._rows[self._at : self._end]

    @property
    def tail(self) -> Records:
        """The last of what was settled: a view."""
        return self._rows[self._tail_at : self._at]

    def add(self, *parts: Records) -> None:
        """Put evidence in its place."""
        new = join(EVIDENCE, *parts)
        if new.size == 0:
            return
        is_read = new["kind"] == READ
        new = new[np.lexsort((new["raw_us"], new["tag"], new["read_point"], is_read, new["seen_us"]))]
        self._reserve(new.size)
        merge(self._rows[self._at : self._end + new.size], new)
        self._end += new.size

    def ready(self, watermark_us: int) -> int:
        """How much of it lies before the watermark: nothing on time can come before it any more."""
        return int(np.searchsorted(self.evidence["seen_us"], watermark_us, side="left"))

    def take(self, n: int) -> Records:
        """Remove the first n: a view."""
        self._at += n
        return self._rows[self._at - n : self._at]

    def retire(self, before_us: int) -> None:
        """Forget what was taken and is older than this."""
        self._tail_at += int(np.searchsorted(self.tail["seen_us"], before_us))

    def restore(self, tail: Records, evidence: Records) -> None:
        """Begin with what another one held."""
        self._tail_at, self._at, self._end = 0, tail.size, tail.size
        self._rows = join(EVIDENCE, tail)
        self.add(evidence)

    def held(self) -> Records:
        """Reads that a read to come may repeat."""
        both = self._rows[self._tail_at : self._end]
        reads: Records = both[both["kind"] == READ]
        return reads

    def _reserve(self, more: int) -> None:
        """Make room at the end. What was taken is not moved while somebody may still look at it."""
        if self._end + more <= self._rows.size:
            return
        held = self._rows[self._tail_at : self._end]
        self._rows = np.zeros(2 * (held.size + more), EVIDENCE)
        self._rows[: held.size] = held
        self._at, self._end, self._tail_at = self._at - self._tail_at, held.size, 0


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
