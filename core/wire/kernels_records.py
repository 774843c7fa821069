"""Fixed binary records (docs/wire.md) become reads here."""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit
from core.wire.kernels_objects import forget
from core.wire.kernels_text import byte, word
from core.wire.records import REFUSED, Bytes, Record, Records

RECORD_BYTES: Final = 40
TIME_US_MAX: Final = 2**62

_EPC, _BITS, _ANTENNA, _RSSI, _PHASE, _CHANNEL, _COUNT = 8, 24, 26, 28, 30, 32, 36
_BITS_MIN, _BITS_MAX = 8, 112
_ANTENNA_MAX: Final = 32_767
_NO_RSSI, _NO_PHASE = 0x8000, 0xFFFF
_U64 = np.uint64
_LOW_48: Final = _U64((1 << 48) - 1)
_HUNDREDTH: Final = np.float32(0.01)
_THOUSANDTH: Final = np.float32(0.001)
_TURN: Final = np.float32(360.0)


@njit
def big_word(text: Bytes, at: int) -> np.uint64:
    """Eight bytes as one number, the first highest."""
    first, found = _U64(at), _U64(0)
    for i in range(8):
        found = found << _U64(8) | _U64(text[first + _U64(i)])
    return found


@njit
def pair(text: Bytes, at: int) -> int:
    """Two bytes as one number, the first lower."""
    return byte(text, at) | byte(text, at + 1) << 8


@njit
def put_epc(first: np.uint64, second: np.uint64, bits: int, read: Record) -> None:
    """Write the key of an EPC given as 128 bits, first bit first, of which `bits` count: 8 to 112."""
    drop = 128 - bits
    if drop < 64:  # noqa: PLR2004 - half a key
        second = second >> _U64(drop) | first << _U64(64 - drop)
        first = first >> _U64(drop)
    else:
        second = first >> _U64(drop - 64)
        first = _U64(0)
    read.epc_hi = (first & _LOW_48) | _U64(bits >> 2) << _U64(56)
    read.epc_lo = second


@njit
def put_radio(rssi: int, phase: int, channel: int, read: Record) -> None:
    """Write what the radio said, in 1/100 dBm, 1/100 degree and kHz, unless it is the word for nothing."""
    if rssi != _NO_RSSI:
        read.rssi_dbm = np.float32(rssi - (rssi & _NO_RSSI) * 2) * _HUNDREDTH
    if phase != _NO_PHASE:
        degrees = np.float32(phase) * _HUNDREDTH
        read.phase_deg = degrees - _TURN if degrees >= _TURN else degrees
    if channel != 0:
        read.channel_mhz = np.float32(channel) * _THOUSANDTH


@njit
def take_records(text: Bytes, at: int, reads: Records) -> int:
    """
    Read a row of records and return where it ends; refused if any says what can't be, or its EPC is no key by itself.

    text   uint8[L]  with at least 40 bytes a read behind `at`
    reads  READ[n]   out
    """
    for i in range(reads.size):
        read = reads[i]
        seen_us, bits, antenna = np.int64(word(text, at)), pair(text, at + _BITS), pair(text, at + _ANTENNA)
        if seen_us < 0 or seen_us > TIME_US_MAX or antenna > _ANTENNA_MAX:
            return REFUSED
        if bits < _BITS_MIN or bits > _BITS_MAX or bits & 3 != 0:
            return REFUSED
        forget(read)
        read.raw_us = seen_us
        read.antenna = antenna
        put_epc(big_word(text, at + _EPC), big_word(text, at + _EPC + 8), bits, read)
        channel = pair(text, at + _CHANNEL) | pair(text, at + _CHANNEL + 2) << 16
        put_radio(pair(text, at + _RSSI), pair(text, at + _PHASE), channel, read)
        read.count = max(pair(text, at + _COUNT), 1)
        at += RECORD_BYTES
    return at
