"""
Reads of one message, a list a column, become numpy columns here; a read whose EPC is none stays behind.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Annotated, Final, Self

import numpy as np
import numpy.typing as npt
from msgspec import Meta, Struct

from core.columns import parse_keys
from core.model.columns import NO_ANTENNA, NO_CHANNEL_MHZ, NO_PHASE_DEG, UNHEARD_DBM
from ingest.adapters.decoded import Decoded, DecodedReads
from ingest.adapters.payload import quarantine

TIME_US_MAX: Final = 2**62
"""Microseconds past which a difference of two times might not fit in int64."""

TimeUs = Annotated[int, Meta(ge=-TIME_US_MAX, le=TIME_US_MAX)]
Antenna = Annotated[int, Meta(ge=0, le=32_767)]
RssiDbm = Annotated[float, Meta(ge=-200.0, le=100.0)]
PhaseDeg = Annotated[float, Meta(ge=-360.0, le=360.0)]
ChannelMhz = Annotated[float, Meta(ge=0.0, le=100_000.0)]
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class Read(Struct, gc=False):
    """One read in our own names and units, which is how the native format has it."""

    seen_us: TimeUs
    epc: str
    antenna: Antenna | None = None
    rssi_dbm: RssiDbm | None = None
    phase_deg: PhaseDeg | None = None
    channel_mhz: ChannelMhz | None = None
    count: Count | None = None


@dataclass(slots=True, kw_only=True)
class Rows:
    """
    Reads of one message, n of them, each already known to be in range.

    An optional list is empty where no read has the value, and holds None where one read hasn't.
    """

    raw_us: list[int] = field(default_factory=list)
    epc: list[str] = field(default_factory=list)
    antenna: list[int | None] = field(default_factory=list)
    rssi_dbm: list[float | None] = field(default_factory=list)
    phase_deg: list[float | None] = field(default_factory=list)
    channel_mhz: list[float | None] = field(default_factory=list)
    count: list[int | None] = field(default_factory=list)

    def take(self, index: list[int]) -> Self:
        """The reads that an index names."""
        columns = {f.name: getattr(self, f.name) for f in fields(self)}
        return type(self)(**{name: [column[i] for i in index] if column else [] for name, column in columns.items()})


def rows_of(reads: list[Read]) -> Rows:
    """Turn reads into lists, one a column."""
    return Rows(
        raw_us=[r.seen_us for r in reads],
        epc=[r.epc for r in reads],
        antenna=[r.antenna for r in reads],
        rssi_dbm=[r.rssi_dbm for r in reads],
        phase_deg=[r.phase_deg for r in reads],
        channel_mhz=[r.channel_mhz for r in reads],
        count=[r.count for r in reads],
    )


def add_reads(out: Decoded, rows: Rows, place: Callable[[int], str]) -> None:
    """Put the rows into `out` as columns; place(i) is where row i's EPC stands in the message."""
    n = len(rows.epc)
    if n == 0:
        return
    keys = parse_keys(rows.epc)
    phase = _floats(rows.phase_deg, n, NO_PHASE_DEG)
    reads = DecodedReads(
        raw_us=np.array(rows.raw_us, np.int64),
        antenna=_ints(rows.antenna, n, NO_ANTENNA),
        epc_hi=keys.hi,
        epc_lo=keys.lo,
        rssi_dbm=_floats(rows.rssi_dbm, n, UNHEARD_DBM),
        phase_deg=np.where(phase == NO_PHASE_DEG, phase, np.mod(phase, np.float32(360.0))),
        channel_mhz=_floats(rows.channel_mhz, n, NO_CHANNEL_MHZ),
        count=np.maximum(_ints(rows.count, n, 1), 1),
    )
    if keys.bad:
        good = np.ones(n, np.bool_)
        good[list(keys.bad)] = False
        reads = reads.take(good)
        for i, reason in keys.bad.items():
            quarantine(out, f"{place(i)}: {reason}")
    out.reads = reads
    out.long_epcs.update(keys.long)


def _floats(values: list[float | None], n: int, missing: np.float32) -> npt.NDArray[np.float32]:
    """JSON knows no NaN, so that a NaN can only be numpy's word for None."""
    if not values:
        return np.full(n, missing)
    array = np.array(values, np.float32)
    array[np.isnan(array)] = missing
    return array


def _ints(values: list[int | None], n: int, missing: int) -> npt.NDArray[np.int32]:
    if not values:
        return np.full(n, missing, np.int32)
    return np.array([missing if value is None else value for value in values], np.int32)
