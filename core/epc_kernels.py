"""
EPC keys become company prefix, reference and serial here, a batch at a time.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

OPAQUE, SGTIN, SSCC, SGLN, GRAI, GIAI = 0, 1, 2, 3, 4, 5
NO_GTIN: Final = -1
SCHEME, FILTER, DIGITS = 0, 1, 2
"""Columns of `labels`: which scheme, the filter value, how many digits the company prefix has."""
COMPANY, REFERENCE, SERIAL = 0, 1, 2
"""Columns of `numbers`."""

_DIGITS_96: Final = 24
_FIRST_HEADER: Final = 0x30
_COMPANY_BITS: Final = np.array([40, 37, 34, 30, 27, 24, 20], np.int64)
# By header 0x30 to 0x34, in the order of the scheme numbers: bits of company and reference together, their digits
# together (no GIAI reaches its 25), and bits of the serial, which ends the EPC but for an SSCC's last 24 bits.
_BOTH_BITS: Final = np.array([44, 58, 41, 44, 82], np.int64)
_BOTH_DIGITS: Final = np.array([13, 17, 12, 12, 25], np.int64)
_SERIAL_BITS: Final = np.array([38, 0, 41, 38, 0], np.int64)
_FILTER_AT, _PARTITION_AT, _BODY_BITS = 85, 82, 82
_POW10: Final = np.array([10**i for i in range(19)], np.int64)

_F = TypeVar("_F", bound=Callable[..., Any])
Bytes2 = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]


def _njit(function: _F) -> _F:
    return cast("_F", numba.njit(nogil=True)(function))


@_njit
def field(top: np.uint64, low: np.uint64, shift: int, width: int) -> np.int64:
    """
    Take `width` bits, at most 63, that stand `shift` bits from the right in top:low.

    top, low  uint64  the EPC, 64 bits in low
    """
    if shift >= 64:  # noqa: PLR2004 - bits of a word
        value = top >> np.uint64(shift - 64)
    elif shift == 0:
        value = low
    else:
        value = (low >> np.uint64(shift)) | (top << np.uint64(64 - shift))
    return np.int64(value & ((np.uint64(1) << np.uint64(width)) - np.uint64(1)))


@_njit
def read_keys(hi: Keys, lo: Keys, labels: Bytes2, numbers: Ints) -> None:
    """
    Read keys of 96-bit EPCs; a number with more digits than its partition allows makes the key opaque.

    hi, lo   uint64[n]    EPC keys (core.columns)
    labels   uint8[n, 3]  out: SCHEME, FILTER, DIGITS; all 0 where opaque
    numbers  int64[n, 3]  out: COMPANY, REFERENCE, SERIAL; all 0 where opaque
    """
    for i in range(hi.size):
        labels[i, :] = OPAQUE
        numbers[i, :] = 0
        top, low = hi[i] & np.uint64(0xFFFFFFFF), lo[i]
        kind = np.int64(top >> np.uint64(24)) - _FIRST_HEADER
        partition = field(top, low, _PARTITION_AT, 3)
        if np.int64(hi[i] >> np.uint64(56)) != _DIGITS_96 or kind < 0 or kind >= _BOTH_BITS.size:
            continue
        if partition >= _COMPANY_BITS.size:
            continue
        used = _COMPANY_BITS[partition]
        company = field(top, low, _BODY_BITS - used, used)
        reference = field(top, low, _BODY_BITS - _BOTH_BITS[kind], _BOTH_BITS[kind] - used)
        digits = min(_BOTH_DIGITS[kind] - 12 + partition, _POW10.size - 1)
        if company >= _POW10[12 - partition] or (kind != GIAI - SGTIN and reference >= _POW10[digits]):
            continue
        labels[i, SCHEME], labels[i, FILTER], labels[i, DIGITS] = (
            kind + SGTIN,
            field(top, low, _FILTER_AT, 3),
            12 - partition,
        )
        numbers[i, COMPANY], numbers[i, REFERENCE] = company, reference
        numbers[i, SERIAL] = field(top, low, 0, _SERIAL_BITS[kind])


@_njit
def read_gtins(labels: Bytes2, numbers: Ints, gtin: Ints) -> None:
    """
    Put the GTIN-14 together: the indicator, which is the reference's first digit, company, the rest, check digit.

    labels   uint8[n, 3]  from read_keys
    numbers  int64[n, 3]  from read_keys
    gtin     int64[n]     out: NO_GTIN where the scheme isn't SGTIN
    """
    for i in range(gtin.size):
        gtin[i] = NO_GTIN
        if labels[i, SCHEME] != SGTIN:
            continue
        rest = 12 - np.int64(labels[i, DIGITS])
        indicator, item = numbers[i, REFERENCE] // _POW10[rest], numbers[i, REFERENCE] % _POW10[rest]
        number = indicator * _POW10[12] + numbers[i, COMPANY] * _POW10[rest] + item
        total = np.int64(0)
        for place in range(13):
            total += (number // _POW10[place]) % 10 * (3 if place % 2 == 0 else 1)
        gtin[i] = number * 10 + (-total) % 10
