"""
The fixed binary records of our own format (docs/wire.md) become columns here.
"""

import struct
from typing import Final

import numpy as np
import numpy.typing as npt

from core.columns import keys_from_bits
from core.model.columns import NO_CHANNEL_MHZ, NO_PHASE_DEG, UNHEARD_DBM
from core.wire import scan
from ingest.adapters.decoded import BadMessage, Decoded, DecodedReads
from ingest.adapters.payload import check_count, quarantine
from ingest.adapters.rows import TIME_US_MAX
from ingest.adapters.scanned import columns_of

MAGIC: Final = b"TPR1"
_HEADER: Final = struct.Struct("<4sIQQ")
_RECORD: Final = np.dtype(
    [
        ("seen_us", "<i8"),
        ("epc", ">u8", (2,)),
        ("bits", "<u2"),
        ("antenna", "<u2"),
        ("rssi", "<i2"),
        ("phase", "<u2"),
        ("channel", "<u4"),
        ("count", "<u2"),
        ("reserved", "<u2"),
    ]
)
_NO_RSSI: Final = -32_768
_NO_PHASE: Final = 65_535
_BITS_MIN, _BITS_MAX = 8, 128
_ANTENNA_MAX: Final = 32_767
_SEQ_MAX: Final = 2**63 - 1


def decode_binary(payload: bytes) -> Decoded:
    """Read a message of fixed records. A record with an impossible EPC length or antenna is quarantined."""
    if len(payload) < _HEADER.size:
        raise BadMessage(f"{len(payload)} bytes are too few for the binary header of {_HEADER.size}")
    _, n, seq, boot = _HEADER.unpack_from(payload)
    check_count(n)
    expected = _HEADER.size + n * _RECORD.itemsize
    if len(payload) != expected:
        raise BadMessage(f"{len(payload)} bytes where {n} binary records make {expected}")
    if seq > _SEQ_MAX:
        raise BadMessage(f"seq: {seq} is more than {_SEQ_MAX}")
    scanned = scan.records(payload, _HEADER.size, n)
    if scanned is not None:
        return Decoded(reads=columns_of(scanned), seq=seq, boot=f"{boot:x}")
    out = Decoded(seq=seq, boot=f"{boot:x}")
    records = np.frombuffer(payload, _RECORD, n, _HEADER.size)
    good = _good(records, out)
    if not good.all():
        records = records[good]
    out.reads, out.long_epcs = _columns(records)
    return out


def _good(records: npt.NDArray[np.void], out: Decoded) -> npt.NDArray[np.bool_]:
    bits, antenna = records["bits"], records["antenna"]
    bits_good = (bits >= _BITS_MIN) & (bits <= _BITS_MAX) & (bits % 4 == 0)
    time_good = np.abs(records["seen_us"] // 2) <= TIME_US_MAX // 2
    good: npt.NDArray[np.bool_] = bits_good & time_good & (antenna <= _ANTENNA_MAX)
    for i in np.flatnonzero(~good).tolist():
        if not bits_good[i]:
            quarantine(out, f"records[{i}].epc: {bits[i]} bits; it is a multiple of 4 from {_BITS_MIN} to {_BITS_MAX}")
        elif not time_good[i]:
            quarantine(out, f"records[{i}].seen_us: {records['seen_us'][i]} is no time")
        else:
            quarantine(out, f"records[{i}].antenna: {antenna[i]} is more than {_ANTENNA_MAX}")
    return good


def _columns(records: npt.NDArray[np.void]) -> tuple[DecodedReads, dict[tuple[int, int], str]]:
    words = records["epc"].astype(np.uint64)
    hi, lo, long_epcs = keys_from_bits(words[:, 0], words[:, 1], records["bits"])
    rssi, phase, channel = records["rssi"], records["phase"], records["channel"]
    hundredth = np.float32(0.01)
    reads = DecodedReads(
        raw_us=records["seen_us"].astype(np.int64),
        antenna=records["antenna"].astype(np.int32),
        epc_hi=hi,
        epc_lo=lo,
        rssi_dbm=np.where(rssi == _NO_RSSI, UNHEARD_DBM, rssi.astype(np.float32) * hundredth),
        phase_deg=np.where(
            phase == _NO_PHASE, NO_PHASE_DEG, np.mod(phase.astype(np.float32) * hundredth, np.float32(360.0))
        ),
        channel_mhz=np.where(channel == 0, NO_CHANNEL_MHZ, channel.astype(np.float32) * np.float32(0.001)),
        count=np.maximum(records["count"].astype(np.int32), 1),
    )
    return reads, long_epcs
