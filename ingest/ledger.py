"""
The line's half of the loss ledger: what came from each reader, what was refused, and what never came.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from core.counters import count
from core.model.reader_event import ReaderEvent, ReaderEventKind
from core.model.step import LedgerRow
from ingest.adapters.decoded import Decoded
from ingest.adapters.happenings import SINCE_BOOT
from ingest.numbering import Numbering


@dataclass(slots=True)
class _Row:
    messages: int = 0
    received: int = 0
    quarantined: int = 0
    resent: int = 0
    ignored: int = 0
    gaps: int = 0
    purged: int = 0
    last_arrived_us: int = 0
    clock_offset_us: int = 0


@dataclass(slots=True)
class Ledger:
    """Counts of the batch under way, and what must be remembered between batches to count gaps and losses."""

    _rows: dict[str, _Row] = field(default_factory=dict)
    _numberings: dict[str, Numbering] = field(default_factory=dict)

    def go_on(self, numberings: Mapping[str, bytes]) -> None:
        """Go on where an earlier line ended: what its readers lost meanwhile counts. Unreadable: begin anew."""
        for reader, numbering in numberings.items():
            with contextlib.suppress(msgspec.DecodeError):
                known = self._numberings[reader] = msgspec.json.decode(numbering, type=Numbering)
                known.wait_anew()

    def row(self, reader: str) -> _Row:
        """The counts of one reader in this batch."""
        row = self._rows.get(reader)
        if row is None:
            row = self._rows[reader] = _Row()
        return row

    def dead(self, reader: str, arrived_us: int) -> None:
        """Count a message that could not be read."""
        row = self.row(reader)
        row.messages += 1
        row.quarantined += 1
        row.last_arrived_us = arrived_us
        count("ingest.quarantined")

    def resent(self, reader: str, reads: int, arrived_us: int) -> None:
        """Count the reads of a message that had come before, byte for byte."""
        row = self.row(reader)
        row.resent += reads
        row.last_arrived_us = arrived_us
        count("ingest.resent", reads)

    def sequence(self, reader: str, decoded: Decoded, raw_us: int, arrived_us: int) -> None:
        """Count the numbers that a reader skipped; numbers that were given up and came after all are taken back."""
        lost = 0
        if decoded.seq is not None:
            numbers = decoded.seq, decoded.seq
            lost += self._numbering(reader).observe(f"seq {decoded.boot}", numbers, raw_us, arrived_us)
        nums = decoded.event_nums
        if nums:
            holes = nums[-1] - nums[0] + 1 - len(nums)
            numbers = nums[0], nums[-1]
            lost += self._numbering(reader).observe(f"event {decoded.boot}", numbers, raw_us, arrived_us)
            lost += holes if 0 < holes < len(nums) * 1_000 else 0
        if lost:
            self.row(reader).gaps += lost
            count("ingest.gaps", max(lost, 0))

    def _numbering(self, reader: str) -> Numbering:
        return self._numberings.setdefault(reader, Numbering())

    def purged(self, event: ReaderEvent) -> int:
        """Return how many reads a reader newly says it threw away; some say a total since they started."""
        if event.kind is not ReaderEventKind.OVERFLOW:
            return 0
        total = int(event.value)
        new = total
        if event.text == SINCE_BOOT:
            numbering = self._numbering(event.reader)
            new = total - numbering.purged if total >= numbering.purged else total
            numbering.purged = total
        self.row(event.reader).purged += new
        count("ingest.purged", new)
        return new

    def take(self) -> tuple[LedgerRow, ...]:
        """Return the batch's counts, and begin the next batch's."""
        rows = tuple(
            LedgerRow(
                reader=reader,
                messages=row.messages,
                received=row.received,
                quarantined=row.quarantined,
                resent=row.resent,
                ignored=row.ignored,
                gaps=row.gaps,
                purged=row.purged,
                last_arrived_us=row.last_arrived_us,
                clock_offset_us=row.clock_offset_us,
                **self._numbers(reader),
            )
            for reader, row in self._rows.items()
        )
        self._rows = {}
        return rows

    def _numbers(self, reader: str) -> dict[str, Any]:
        numbering = self._numberings.get(reader)
        if numbering is None:
            return {}
        return {"numbering": msgspec.json.encode(numbering), "awaited": numbering.awaited}
