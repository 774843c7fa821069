"""Which reads are news: an exact table of (tag, read point) -> newest kept read."""

import numpy as np
import numpy.typing as npt

from core.engine.index import power_above
from core.engine.kernels_dedupe import KEPT, OVERTAKEN, POINT_BITS, keep_overtaken, note_kept, sort_out
from core.engine.pending import Pending
from core.engine.records import Ints
from core.model.columns import ReadColumns


class Dedupe:
    """Tells kept reads from repeats and late ones as they arrive; exact, at most half full."""

    def __init__(self, window_us: Ints) -> None:
        self.table: Ints = np.full((4096, 3), -1, np.int64)
        self.entries = 0
        self._window_us = window_us

    def sort(self, reads: ReadColumns, tag: Ints, verdict: npt.NDArray[np.uint8], pending: Pending) -> None:
        """Give each read that is not late its verdict, in order of arrival; kept ones make repeats of the next."""
        self._reserve(len(reads))
        added, overtaken = sort_out(
            tag, reads.read_point, reads.raw_us, reads.seen_us, self._window_us, self.table, verdict
        )
        self.entries += int(added)
        if overtaken:
            self._sort_overtaken(reads, pairs_of(tag, reads.read_point), verdict, pending)

    def note(self, reads: ReadColumns, tag: Ints) -> None:
        """Take reads that were kept in an earlier life."""
        self._reserve(len(reads))
        pair = pairs_of(tag, reads.read_point)
        self.entries += int(note_kept(pair, reads.raw_us, reads.seen_us, self.table))

    def sizes(self) -> tuple[int, int]:
        """Rows, and bytes a row."""
        return self.table.shape[0], self.table.nbytes // self.table.shape[0]

    def load(self, rows: Ints) -> None:
        """Take over the occupied rows of another one's table."""
        self._reserve(rows.shape[0])
        self.entries += int(self._place(rows))

    def _place(self, rows: Ints) -> int:
        pair, raw_us, seen_us = (np.ascontiguousarray(column) for column in rows.T)
        return note_kept(pair, raw_us, seen_us, self.table)

    def _sort_overtaken(self, reads: ReadColumns, pair: Ints, verdict: npt.NDArray[np.uint8], pending: Pending) -> None:
        overtaken = np.flatnonzero(verdict == OVERTAKEN)
        kept = verdict == KEPT
        held = pending.held()
        near = np.concatenate((pairs_of(held["tag"], held["read_point"]), pair[kept]))
        near_raw = np.concatenate((held["raw_us"], reads.raw_us[kept]))
        asked = np.isin(near, pair[overtaken])
        near, near_raw = near[asked], near_raw[asked]
        order = np.lexsort((near_raw, near))
        window_us = self._window_us[reads.read_point[overtaken]]
        decided = np.empty(overtaken.size, np.uint8)
        keep_overtaken(pair[overtaken], reads.raw_us[overtaken], window_us, near[order], near_raw[order], decided)
        verdict[overtaken] = decided
        kept_at = overtaken[decided == KEPT]
        self.entries += int(note_kept(pair[kept_at], reads.raw_us[kept_at], reads.seen_us[kept_at], self.table))

    def _reserve(self, more: int) -> None:
        if 2 * (self.entries + more) <= self.table.shape[0]:
            return
        old = self.table[self.table[:, 0] >= 0]
        self.table = np.full((power_above(4 * (self.entries + more)), 3), -1, np.int64)
        self._place(old)


def pairs_of(tag: Ints, read_point: npt.NDArray[np.int32]) -> Ints:
    """Tag and read point as one number."""
    return (tag << POINT_BITS) | read_point.astype(np.int64)
