"""
Reads and reader events as numpy columns: the shape in which they cross from ingest into the engine.

Every array of one value has the same length n. There is no None and no NaN in here: each optional column has a
named sentinel, chosen so that arithmetic on it stays harmless.
"""

from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
import numpy.typing as npt

UNHEARD_DBM: Final = np.float32(-200.0)
"""The RSSI of a read whose reader gave none: quieter than any radio."""
NO_PHASE_DEG: Final = np.float32(-1.0)
"""The phase of a read whose reader gave none; real phases lie in [0, 360)."""
NO_CHANNEL_MHZ: Final = np.float32(0.0)
"""The channel of a read whose reader gave none."""
NO_ANTENNA: Final = 0
"""The antenna of a read whose reader named none; real ports start at 1."""
NOWHERE: Final = -1
"""The zone of a tag that is not placed: an honest unknown."""
NEVER_US: Final = -(2**62)
"""Before every read; a difference with now still fits in int64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadColumns:
    """
    Reads of one site, n of them, in the order they arrived.

    seen_us      int64[n]    when the tag was seen, the reader's word put right for a wrong clock
    raw_us       int64[n]    the same in the reader's own words: part of the key that tells a redelivery
    arrived_us   int64[n]    stream time at which the read reached us; never goes back
    read_point   int32[n]    index into Site.read_points
    epc_hi       uint64[n]   upper half of the 128-bit EPC key (core.epc.keys)
    epc_lo       uint64[n]   lower half
    rssi_dbm     float32[n]  UNHEARD_DBM where the reader gave none
    phase_deg    float32[n]  NO_PHASE_DEG where none
    channel_mhz  float32[n]  NO_CHANNEL_MHZ where none
    count        int32[n]    radio reads that the reader folded into this one, at least 1
    """

    seen_us: npt.NDArray[np.int64]
    raw_us: npt.NDArray[np.int64]
    arrived_us: npt.NDArray[np.int64]
    read_point: npt.NDArray[np.int32]
    epc_hi: npt.NDArray[np.uint64]
    epc_lo: npt.NDArray[np.uint64]
    rssi_dbm: npt.NDArray[np.float32]
    phase_deg: npt.NDArray[np.float32]
    channel_mhz: npt.NDArray[np.float32]
    count: npt.NDArray[np.int32]

    def __len__(self) -> int:
        """How many reads."""
        return int(self.seen_us.size)

    @classmethod
    def empty(cls) -> Self:
        """No reads at all, with the right dtypes."""
        return cls(**{name: np.empty(0, dtype) for name, dtype in READ_DTYPES.items()})

    @classmethod
    def concat(cls, parts: "list[Self]") -> Self:
        """All reads of the parts, in the parts' order."""
        if not parts:
            return cls.empty()
        return cls(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)})

    def take(self, index: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Self:
        """The reads that an index or a mask names."""
        return type(self)(**{f.name: getattr(self, f.name)[index] for f in fields(self)})


READ_DTYPES: Final[dict[str, type[np.generic]]] = {
    "seen_us": np.int64,
    "raw_us": np.int64,
    "arrived_us": np.int64,
    "read_point": np.int32,
    "epc_hi": np.uint64,
    "epc_lo": np.uint64,
    "rssi_dbm": np.float32,
    "phase_deg": np.float32,
    "channel_mhz": np.float32,
    "count": np.int32,
}
