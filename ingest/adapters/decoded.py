"""
What an adapter is given and what it makes of it: the one shape into which every vendor's words are put.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from core.model.reader_event import ReaderEvent
from core.model.sensor_reading import SensorReading
from core.site import Reader
from core.wire.scan import TEXT_BYTES_MAX

MESSAGE_BYTES_MAX: Final = TEXT_BYTES_MAX
"""The longest message that is looked at. Zebra's longest is 256 kB; four times that is nobody's honest message."""


class BadMessage(ValueError):
    """The message as a whole cannot be read; the text says what is wrong and where. It becomes a dead letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a registered reader, as the broker gave it."""

    topic: str
    payload: bytes
    arrived_us: int
    reader: Reader


# Not frozen: that takes as long for each message as scanning ten of its reads.
@dataclass(slots=True, kw_only=True)
class DecodedReads:
    """
    Reads of one message in the reader's own words, n of them; what was not said stands as core.model.columns' sentinel.

    raw_us       int64[n]    when the tag was seen, by the reader's clock; microseconds UTC
    antenna      int32[n]    the port, NO_ANTENNA where none was named
    epc_hi       uint64[n]   upper half of the 128-bit EPC key (core.columns)
    epc_lo       uint64[n]   lower half
    rssi_dbm     float32[n]  UNHEARD_DBM where none
    phase_deg    float32[n]  NO_PHASE_DEG where none
    channel_mhz  float32[n]  NO_CHANNEL_MHZ where none
    count        int32[n]    radio reads folded into this one, at least 1
    """

    raw_us: npt.NDArray[np.int64]
    antenna: npt.NDArray[np.int32]
    epc_hi: npt.NDArray[np.uint64]
    epc_lo: npt.NDArray[np.uint64]
    rssi_dbm: npt.NDArray[np.float32]
    phase_deg: npt.NDArray[np.float32]
    channel_mhz: npt.NDArray[np.float32]
    count: npt.NDArray[np.int32]

    def __len__(self) -> int:
        """How many reads."""
        return int(self.raw_us.size)

    @classmethod
    def empty(cls) -> Self:
        """No reads at all, with the right dtypes."""
        return cls(**{name: np.empty(0, dtype) for name, dtype in DECODED_DTYPES.items()})

    def take(self, index: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Self:
        """The reads that an index or a mask names."""
        return type(self)(**{f.name: getattr(self, f.name)[index] for f in fields(self)})


DECODED_DTYPES: Final[dict[str, type[np.generic]]] = {
    "raw_us": np.int64,
    "antenna": np.int32,
    "epc_hi": np.uint64,
    "epc_lo": np.uint64,
    "rssi_dbm": np.float32,
    "phase_deg": np.float32,
    "channel_mhz": np.float32,
    "count": np.int32,
}


@dataclass(slots=True, kw_only=True)
class Decoded:
    """Everything that one message said."""

    reads: DecodedReads = field(default_factory=DecodedReads.empty)
    long_epcs: dict[tuple[int, int], str] = field(default_factory=dict)
    """Key -> hex of the EPCs in `reads` that are too long for their key to hold (over 112 bits)."""
    events: list[ReaderEvent] = field(default_factory=list)
    sensors: list[SensorReading] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    """Why bad reads of an otherwise good message were left out, with their places in it; the first few of them."""
    refused: dict[str, int] = field(default_factory=dict)
    """What was wrong, without places and values -> with how many reads; every bad read is counted here."""
    ignored: str = ""
    """What a legal message was that holds nothing for us, such as `ble`."""
    boot: str = ""
    """Which run of the reader's firmware `seq` counts in; '' where it doesn't say."""
    seq: int | None = None
    """The reader's own number of this message, one more than that of its last (native)."""
    event_nums: list[int] = field(default_factory=list)
    """The reader's own numbers of the tag events in this message (zebra), for gap accounting."""

    @property
    def bad(self) -> int:
        """How many bad reads were left out."""
        return sum(self.refused.values())


Adapter = Callable[[Message], Decoded]
"""Reads one vendor's messages. Raises BadMessage and nothing else."""
