"""
The newest position of every tag of a site, as columns, with the version at which each last changed.

A client needs no mailbox of its own: the version up to which it has been told says what it still has to hear,
the newest of each tag, however slow it is.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from core.live import MORE_FOLLOWS, LiveFrame, encode
from core.model.step import PositionColumns, TagState

FRAME_POSITIONS_MAX: Final = 50_000
TAGS_MAX: Final = 20_000_000
_START: Final = 1_024
_DTYPES: Final[dict[str, type[np.generic]]] = {
    "zone": np.int16,
    "state": np.uint8,
    "confidence": np.float32,
    "x_m": np.float32,
    "y_m": np.float32,
    "seen_us": np.int64,
    "since_us": np.int64,
    "read_point": np.int32,
}
_NEVER: Final = 0
"""The version of a tag that has no position; versions start at 1."""


class PositionsTable:
    """Columns by tag id, growing by doubling."""

    def __init__(self) -> None:
        self._columns = {name: np.zeros(_START, dtype) for name, dtype in _DTYPES.items()}
        self._changed: npt.NDArray[np.int64] = np.full(_START, _NEVER, np.int64)
        self.version = 1
        self.tags_present = 0

    def apply(self, positions: PositionColumns) -> None:
        """Take newer positions over."""
        self.version += 1
        if len(positions) == 0:
            return
        tags = positions.tag_id
        assert int(tags.min()) >= 0
        self._grow(int(tags.max()) + 1)
        self.tags_present -= self._present(tags)
        for name, column in self._columns.items():
            column[tags] = getattr(positions, name)
        self._changed[tags] = self.version
        self.tags_present += self._present(tags)

    def after(self, version: int) -> PositionColumns:
        """Return all positions that changed after a version."""
        return self._take(np.flatnonzero(self._changed > version))

    def _take(self, tags: npt.NDArray[np.intp]) -> PositionColumns:
        columns = {name: column[tags] for name, column in self._columns.items()}
        return PositionColumns(tag_id=tags.astype(np.int64), **columns)

    def _present(self, tags: npt.NDArray[np.int64]) -> int:
        here = (self._columns["state"][tags] == TagState.PRESENT) & (self._changed[tags] != _NEVER)
        return int(np.count_nonzero(here))

    def _grow(self, size: int) -> None:
        room = self._changed.size
        if size <= room:
            return
        if size > TAGS_MAX:
            raise ValueError(f"tag id {size - 1} is beyond the {TAGS_MAX} tags that a live map can hold")
        more = max(size, min(2 * room, TAGS_MAX)) - room
        self._columns = {name: np.pad(column, (0, more)) for name, column in self._columns.items()}
        self._changed = np.pad(self._changed, (0, more))


def cut_frames(frame: LiveFrame, positions_max: int | None = None) -> list[bytes]:
    """Lay a frame out in parts that are not too long; all but the last say that more follows."""
    positions = frame.positions
    size = positions_max or FRAME_POSITIONS_MAX
    starts = range(0, max(1, len(positions)), size)
    return [
        encode(
            LiveFrame(
                kind=frame.kind,
                seq=frame.seq,
                closed_us=frame.closed_us,
                alert_seq=frame.alert_seq,
                reads=frame.reads if start == starts[-1] else 0,
                tags_present=frame.tags_present,
                flags=0 if start == starts[-1] else MORE_FOLLOWS,
                positions=_slice(positions, start, start + size),
            )
        )
        for start in starts
    ]


def _slice(positions: PositionColumns, start: int, stop: int) -> PositionColumns:
    names = ("tag_id", *_DTYPES)
    return PositionColumns(**{name: getattr(positions, name)[start:stop] for name in names})
