"""
The lasting links of one reader's antennas, in the order in which its rounds go through them.
"""

from typing import Final

import numpy as np

from firmware_sim.arrays import Indices, Ints, Singles

_ROOM_MIN: Final = 1_024


class Ring:
    """Columns that grow; a link whose tag has moved since (another epoch) is stale and swept out in time."""

    def __init__(self) -> None:
        self.tag: Indices = np.zeros(_ROOM_MIN, np.int32)
        self.antenna: Indices = np.zeros(_ROOM_MIN, np.int32)
        self.level_dbm: Singles = np.zeros(_ROOM_MIN, np.float32)
        self.epoch: Indices = np.zeros(_ROOM_MIN, np.int32)
        self.size = 0
        self.stale = 0
        """Stale links met since the last sweep."""
        self._at = 0

    def add(self, tag: Indices, antenna: Indices, level_dbm: Singles, epoch: Indices) -> None:
        """Put links at the end."""
        end = self.size + int(tag.size)
        if end > self.tag.size:
            self._grow(max(end, 2 * self.tag.size))
        part = slice(self.size, end)
        self.tag[part], self.antenna[part], self.level_dbm[part], self.epoch[part] = tag, antenna, level_dbm, epoch
        self.size = end

    def next(self, slots: int) -> Ints:
        """Rows of the links that the next slots go to."""
        rows = (self._at + np.arange(slots)) % self.size
        self._at = (self._at + slots) % self.size
        return rows

    def sweep(self, epoch_now: Indices) -> None:
        """Throw the stale links out."""
        kept = np.flatnonzero(self.epoch[: self.size] == epoch_now[self.tag[: self.size]])
        for column in (self.tag, self.antenna, self.level_dbm, self.epoch):
            column[: kept.size] = column[kept]
        self.size = int(kept.size)
        self._at = self._at % max(self.size, 1)
        self.stale = 0

    def _grow(self, room: int) -> None:
        more = room - self.tag.size
        self.tag = np.concatenate((self.tag, np.zeros(more, np.int32)))
        self.antenna = np.concatenate((self.antenna, np.zeros(more, np.int32)))
        self.level_dbm = np.concatenate((self.level_dbm, np.zeros(more, np.float32)))
        self.epoch = np.concatenate((self.epoch, np.zeros(more, np.int32)))
