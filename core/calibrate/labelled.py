"""Reads of tags whose true whereabouts are known."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.engine.records import Floats, Ints
from core.model.columns import NEVER_US

NOT_KNOWN = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledReads:
    """
    n reads in time order.

    seen_us     int64[n]       event time
    tag         int64[n]       a number for each EPC, from 0
    read_point  int32[n]       index into Site.read_points
    rssi_dbm    float32[n]     UNHEARD_DBM where none was told
    zone        int16[n]       true zone, NOT_KNOWN where the truth says nothing
    xy          float64[n, 2]  true point in metres, NaN where the truth says none
    stay        int64[n]       which row of the truth it belongs to, NOT_KNOWN for none
    """

    seen_us: Ints
    tag: Ints
    read_point: npt.NDArray[np.int32]
    rssi_dbm: npt.NDArray[np.float32]
    zone: npt.NDArray[np.int16]
    xy: Floats
    stay: Ints

    def __len__(self) -> int:
        """How many reads."""
        return int(self.tag.size)

    def take(self, chosen: npt.NDArray[np.bool_]) -> "LabelledReads":
        """Some of them."""
        return LabelledReads(
            seen_us=self.seen_us[chosen],
            tag=self.tag[chosen],
            read_point=self.read_point[chosen],
            rssi_dbm=self.rssi_dbm[chosen],
            zone=self.zone[chosen],
            xy=self.xy[chosen],
            stay=self.stay[chosen],
        )

    def kept(self, window_us: Ints) -> "LabelledReads":
        """Those that the engine would keep: window_us[A] says for each read point how long a read makes repeats."""
        last: dict[tuple[int, int], int] = {}
        chosen = np.zeros(len(self), np.bool_)
        columns = (self.seen_us.tolist(), self.tag.tolist(), self.read_point.tolist())
        for i, (at_us, tag, point) in enumerate(zip(*columns, strict=True)):
            if at_us - last.get((tag, point), NEVER_US) >= window_us[point]:
                last[tag, point], chosen[i] = at_us, True
        return self.take(chosen)
