"""
What an antenna heard, before any firmware puts it into words.
"""

from dataclasses import dataclass

import numpy as np

from firmware_sim.arrays import Bools, Indices, Ints, Shorts, Singles


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """Reads of one reader in order of time, as columns."""

    tag: Indices
    port: Shorts
    level_dbm: Singles
    seen_us: Ints
    count: Indices

    @property
    def size(self) -> int:
        """How many there are."""
        return int(self.tag.size)

    def chosen(self, which: Bools | Ints) -> "Reads":
        """Keep only these."""
        return Reads(
            tag=self.tag[which],
            port=self.port[which],
            level_dbm=self.level_dbm[which],
            seen_us=self.seen_us[which],
            count=self.count[which],
        )

    def shifted(self, offset_us: int) -> "Reads":
        """Tell the same by a clock that is this far off."""
        return Reads(
            tag=self.tag,
            port=self.port,
            level_dbm=self.level_dbm,
            seen_us=self.seen_us + offset_us,
            count=self.count,
        )


def joined(parts: list[Reads]) -> Reads:
    """Put several lots together, in order of time."""
    seen_us = np.concatenate([part.seen_us for part in parts])
    order = np.argsort(seen_us, kind="stable")
    return Reads(
        tag=np.concatenate([part.tag for part in parts])[order],
        port=np.concatenate([part.port for part in parts])[order],
        level_dbm=np.concatenate([part.level_dbm for part in parts])[order],
        seen_us=seen_us[order],
        count=np.concatenate([part.count for part in parts])[order],
    )


def folded(reads: Reads) -> Reads:
    """Tell a tag once for each antenna: its strongest level, its last time, and how often."""
    if reads.size == 0:
        return reads
    key = reads.tag.astype(np.int64) << 16 | reads.port.astype(np.int64)
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    last = order[np.append(starts[1:], order.size) - 1]
    one = Reads(
        tag=reads.tag[last],
        port=reads.port[last],
        level_dbm=np.maximum.reduceat(reads.level_dbm[order], starts),
        seen_us=reads.seen_us[last],
        count=np.add.reduceat(reads.count[order], starts).astype(np.int32),
    )
    return one.chosen(np.argsort(one.seen_us, kind="stable"))
