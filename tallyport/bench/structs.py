"""
A peer of the adapters: what one would write with msgspec, a Struct a read and then a numpy column a field.

It takes the fields that the messages of the bench hold, checks no range and no EPC, and keeps no bad read apart.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

Columns = tuple[npt.NDArray[np.generic], ...]
_EPC_BYTES: Final = 12


class _Read(msgspec.Struct, gc=False):
    seen_us: int
    epc: str
    antenna: int
    rssi_dbm: float


class _Rows(msgspec.Struct):
    reads: list[_Read]


class _Columns(msgspec.Struct):
    seen_us: list[int]
    epc: list[str]
    antenna: list[int]
    rssi_dbm: list[float]


class _InColumns(msgspec.Struct):
    columns: _Columns


class _Zebra(msgspec.Struct, gc=False, rename="camel"):
    id_hex: str
    antenna: int
    peak_rssi: float


class _ZebraEvent(msgspec.Struct, gc=False):
    timestamp: str
    data: _Zebra


class _Impinj(msgspec.Struct, gc=False, rename="camel"):
    epc_hex: str
    antenna_port: int
    peak_rssi_cdbm: float


class _ImpinjEvent(msgspec.Struct, gc=False, rename="camel"):
    timestamp: str
    tag_inventory_event: _Impinj


_ROWS: Final = msgspec.json.Decoder(_Rows)
_IN_COLUMNS: Final = msgspec.json.Decoder(_InColumns)
_ZEBRA: Final = msgspec.json.Decoder(list[_ZebraEvent])
_IMPINJ: Final = msgspec.json.Decoder(_ImpinjEvent)


def _rows(payload: bytes) -> Columns:
    reads = _ROWS.decode(payload).reads
    return _columns(
        [r.seen_us for r in reads], [r.epc for r in reads], [r.antenna for r in reads], [r.rssi_dbm for r in reads]
    )


def _in_columns(payload: bytes) -> Columns:
    said = _IN_COLUMNS.decode(payload).columns
    return _columns(said.seen_us, said.epc, said.antenna, said.rssi_dbm)


def _zebra(payload: bytes) -> Columns:
    events = _ZEBRA.decode(payload)
    data = [e.data for e in events]
    seen = [_us(e.timestamp) for e in events]
    return _columns(seen, [d.id_hex for d in data], [d.antenna for d in data], [d.peak_rssi for d in data])


def _impinj(payload: bytes) -> Columns:
    event = _IMPINJ.decode(payload)
    tag = event.tag_inventory_event
    return _columns([_us(event.timestamp)], [tag.epc_hex], [tag.antenna_port], [tag.peak_rssi_cdbm / 100])


def _us(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1e6)


def _columns(seen_us: Sequence[int], epcs: Sequence[str], antennas: Sequence[int], rssi: Sequence[float]) -> Columns:
    """Arrays of all of it; an EPC as the engine has it, two 64-bit halves."""
    wide = np.zeros((len(epcs), 16), np.uint8)
    wide[:, 16 - _EPC_BYTES :] = np.frombuffer(bytes.fromhex("".join(epcs)), np.uint8).reshape(-1, _EPC_BYTES)
    halves = wide.view(">u8").astype(np.uint64)
    return (
        np.array(seen_us, np.int64),
        halves[:, 0],
        halves[:, 1],
        np.array(antennas, np.int32),
        np.array(rssi, np.float32),
    )


STRUCTS: Final[dict[str, Callable[[bytes], Columns]]] = {
    "rows": _rows,
    "columns": _in_columns,
    "zebra": _zebra,
    "impinj": _impinj,
}
"""By the name of the shape."""
