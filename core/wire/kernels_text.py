"""The words of JSON, read where they stand: each tells where it ends, or REFUSED."""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit_inlined as njit
from core.wire.records import REFUSED, Bytes

DIGITS_MAX: Final = 18
"""Digits of the longest number that is read; it fits in int64 whatever they are."""

_QUOTE, _BACKSLASH, _MINUS, _DOT, _ZERO, _NINE = 34, 92, 45, 46, 48, 57
_SPACE, _NEWLINE, _RETURN, _TAB, _TILDE = 32, 10, 13, 9, 126
_U64 = np.uint64
_TENS: Final = _U64(0xF0F0F0F0F0F0F0F0)
_DIGITS: Final = _U64(0x3030303030303030)
_PAST_NINE: Final = _U64(0x0606060606060606)
_BYTES: Final = _U64(0x000F000F000F000F)
_PAIRS: Final = _U64(0x0000FFFF0000FFFF)
_FOURS: Final = _U64(0x00000000FFFFFFFF)


@njit
def word(text: Bytes, at: int) -> np.uint64:
    """
    Eight bytes as one number, the first lowest; compiled, that is one load.

    text  uint8[L]  of which 8 follow `at`
    """
    first, found = _U64(at), _U64(0)
    for i in range(8):
        found |= _U64(text[first + _U64(i)]) << _U64(8 * i)
    return found


@njit
def byte(text: Bytes, at: int) -> int:
    """
    One byte as a number.

    An unsigned index spares the machine a look whether it is negative, for each byte.
    """
    return int(np.int64(text[_U64(at)]))


@njit
def blank(text: Bytes, at: int) -> int:
    """Where what is no white space begins."""
    here = byte(text, at)
    while here <= _SPACE and here in (_SPACE, _NEWLINE, _RETURN, _TAB):
        at += 1
        here = byte(text, at)
    return at


@njit
def plain(text: Bytes, at: int) -> int:
    """
    Where a text ends whose first quote lies before `at`: past its second quote.

    Refused if anything in it is not printable ASCII, or a backslash.
    """
    while _SPACE <= byte(text, at) <= _TILDE and byte(text, at) != _QUOTE and byte(text, at) != _BACKSLASH:
        at += 1
    return at + 1 if byte(text, at) == _QUOTE else REFUSED


@njit
def digits(text: Bytes, at: int, stop: int, value: int) -> tuple[int, int]:
    """
    Read digits behind those of `value`; (the value with them, where they end).

    stop   where reading ends though there be more digits; at most DIGITS_MAX of them make the value
    """
    while at + 8 <= stop:  # eight at once, added up in pairs, fours and eights
        w = word(text, at)
        if w & _TENS != _DIGITS or (w + _PAST_NINE) & _TENS != _DIGITS:
            break
        w = ((w >> _U64(8)) & _BYTES) + (w & _BYTES) * _U64(10)
        w = ((w >> _U64(16)) & _PAIRS) + (w & _PAIRS) * _U64(100)
        value = value * 100_000_000 + int(np.int64((w >> _U64(32)) + (w & _FOURS) * _U64(10_000)))
        at += 8
    while at < stop and _ZERO <= byte(text, at) <= _NINE:
        value = value * 10 + byte(text, at) - _ZERO
        at += 1
    return value, at


@njit
def number(text: Bytes, at: int) -> tuple[int, int, int]:
    """
    Read a number without exponent: (its digits as a whole number, how many of them stand behind the point, its end).

    Refused where JSON has no such number, and zero with a sign. What follows the number isn't looked at.
    """
    start = at + 1 if byte(text, at) == _MINUS else at
    whole, end = digits(text, start, start + DIGITS_MAX, 0)
    if end == start or (byte(text, start) == _ZERO and end > start + 1):
        return 0, 0, REFUSED
    places = 0
    if byte(text, end) == _DOT:
        point = end + 1
        whole, end = digits(text, point, start + DIGITS_MAX + 1, whole)
        places = end - point
        if places <= 0:
            return 0, 0, REFUSED
    if start > at:
        return (-whole, places, end) if whole else (0, 0, REFUSED)
    return whole, places, end
