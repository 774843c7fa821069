"""
The live frame (docs/protocol.md): positions as bytes that ingest publishes, the api keeps and a browser draws.
"""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from core.model.step import PositionColumns

MAGIC: Final = b"TPL1"
SNAPSHOT, DELTA, HEARTBEAT = 0, 1, 2
MORE_FOLLOWS: Final = 1
CONFIDENCE_ONE: Final = 200
"""The byte that stands for a confidence of 1.0."""

_HEADER: Final = struct.Struct("<4sBBHQqQIIII")
_COLUMNS: Final = (
    ("seen_us", "<i8"),
    ("since_us", "<i8"),
    ("tag_id", "<u4"),
    ("x_m", "<f4"),
    ("y_m", "<f4"),
    ("zone", "<i2"),
    ("read_point", "<i2"),
    ("state", "u1"),
    ("confidence", "u1"),
)


class BadFrame(ValueError):
    """The bytes are not a live frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFrame:
    """One snapshot or delta of a site's positions, with what the header says."""

    kind: int
    seq: int
    closed_us: int
    positions: PositionColumns
    alert_seq: int = 0
    reads: int = 0
    tags_present: int = 0
    flags: int = 0


def encode(frame: LiveFrame) -> bytes:
    """Lay a frame out as bytes; columns are padded to 8 so that typed arrays fit over them."""
    positions = frame.positions
    parts = [
        _HEADER.pack(
            MAGIC,
            frame.kind,
            frame.flags,
            0,
            frame.seq,
            frame.closed_us,
            frame.alert_seq,
            len(positions),
            frame.reads,
            frame.tags_present,
            0,
        )
    ]
    for name, dtype in _COLUMNS:
        column: npt.NDArray[np.generic] = getattr(positions, name)
        if name == "confidence":
            column = np.rint(positions.confidence * CONFIDENCE_ONE)
        data = column.astype(dtype).tobytes()
        parts += [data, b"\0" * (-len(data) % 8)]
    return b"".join(parts)


def decode(data: bytes) -> LiveFrame:
    """Read a frame back; raises BadFrame where the bytes are not one."""
    if len(data) < _HEADER.size:
        raise BadFrame(f"{len(data)} bytes are too few for a header of {_HEADER.size}")
    magic, kind, flags, _, seq, closed_us, alert_seq, n, reads, tags_present, _ = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise BadFrame(f"it begins with {magic!r}, not {MAGIC!r}")
    columns: dict[str, npt.NDArray[np.generic]] = {}
    offset = _HEADER.size
    for name, dtype in _COLUMNS:
        size = np.dtype(dtype).itemsize * n
        if offset + size > len(data):
            raise BadFrame(f"column {name} of {n} positions is cut off")
        columns[name] = np.frombuffer(data, dtype, n, offset)
        offset += size + (-size % 8)
    return LiveFrame(
        kind=kind,
        flags=flags,
        seq=seq,
        closed_us=closed_us,
        alert_seq=alert_seq,
        reads=reads,
        tags_present=tags_present,
        positions=PositionColumns(
            seen_us=columns["seen_us"].astype(np.int64),
            since_us=columns["since_us"].astype(np.int64),
            tag_id=columns["tag_id"].astype(np.int64),
            x_m=columns["x_m"].astype(np.float32),
            y_m=columns["y_m"].astype(np.float32),
            zone=columns["zone"].astype(np.int16),
            read_point=columns["read_point"].astype(np.int32),
            state=columns["state"].astype(np.uint8),
            confidence=columns["confidence"].astype(np.float32) / np.float32(CONFIDENCE_ONE),
        ),
    )
