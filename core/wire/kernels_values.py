"""Texts that are more than text: EPCs in hex or base64, and times."""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit_inlined as njit
from core.wire.kernels_text import byte, digits, word
from core.wire.records import REFUSED, Bytes, Record

EPC_DIGITS_MIN: Final = 2
EPC_DIGITS_MAX: Final = 28
"""Hex digits of the longest EPC that is its own key (core.columns)."""
YEAR_MIN: Final = 1970
NO_TWO_DIGITS: Final = 1_000_000
"""Later than any year, month, day, hour, minute or second, whatever it is added to."""
FRACTION_MAX: Final = 9
"""Digits of the finest fraction of a second that readers write."""

_QUOTE, _DOT, _MINUS, _COLON, _T, _Z, _PLUS, _ZERO = 34, 46, 45, 58, 84, 90, 43, 48
_U64 = np.uint64
_TOP: Final = _U64(0x8080808080808080)
_LOW: Final = _U64(0x0F0F0F0F0F0F0F0F)
_SMALL: Final = _U64(0x2020202020202020)
# Added to a byte below 0x80, its top bit says: from '0' on, past '9', from 'a' on, past 'f'.
_FROM_ZERO: Final = _U64(0x5050505050505050)
_PAST_NINE: Final = _U64(0x4646464646464646)
_FROM_A: Final = _U64(0x1F1F1F1F1F1F1F1F)
_PAST_F: Final = _U64(0x1919191919191919)
_PAIRS: Final = _U64(0x00FF00FF00FF00FF)
_FOURS: Final = _U64(0x0000FFFF0000FFFF)
_HALF: Final = _U64(0x00000000FFFFFFFF)
_NO_DIGIT: Final = 255
_POWERS: Final = np.array([10**i for i in range(7)], np.int64)
_MONTH_DAYS: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)
_DAYS_BEFORE_MONTH: Final = np.concatenate([_MONTH_DAYS[:1], np.cumsum(_MONTH_DAYS)[:-1]])
_LEAP_DAYS_BEFORE_1970: Final = 1969 // 4 - 1969 // 100 + 1969 // 400


def _digit_values(alphabets: tuple[bytes, ...]) -> Bytes:
    """Byte -> digit, _NO_DIGIT where it is none."""
    values = np.full(256, _NO_DIGIT, np.uint8)
    for alphabet in alphabets:
        for value, letter in enumerate(alphabet):
            values[letter] = value
    return values


_BASE_62: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_OF_HEX: Final = _digit_values((b"0123456789ABCDEF", b"0123456789abcdef"))
_OF_BASE64: Final = _digit_values((_BASE_62 + b"+/", _BASE_62 + b"-_"))


@njit
def eight_hex(text: Bytes, at: int) -> int:
    """Eight hex digits of either case as a number, REFUSED where they are not all digits."""
    w = word(text, at)
    small = w | _SMALL  # capitals become small letters, digits stay
    digit = (w + _FROM_ZERO) & ~(w + _PAST_NINE)
    letter = (small + _FROM_A) & ~(small + _PAST_F)
    if w & _TOP or (digit | letter) & _TOP != _TOP:
        return REFUSED
    nibbles = (w & _LOW) + ((letter & _TOP) >> _U64(7)) * _U64(9)
    pairs = (nibbles << _U64(4) | nibbles >> _U64(8)) & _PAIRS
    fours = (pairs << _U64(8) | pairs >> _U64(16)) & _FOURS
    return int(np.int64((fours << _U64(16) | fours >> _U64(32)) & _HALF))


@njit
def epc_hex(text: Bytes, at: int, read: Record) -> int:
    """
    Read an EPC in hex that stands between quotes, the first of them before `at`, and return where the text ends.

    read  READ  its epc_hi, epc_lo: out, the key
    """
    hi, lo, end = _U64(0), _U64(0), at
    while end - at < EPC_DIGITS_MAX:
        eight = eight_hex(text, end)
        if eight == REFUSED:
            break
        hi, lo = hi << _U64(32) | lo >> _U64(32), lo << _U64(32) | _U64(eight)
        end += 8
    value = _OF_HEX[_U64(byte(text, end))]
    while value != _NO_DIGIT and end - at <= EPC_DIGITS_MAX:
        hi, lo = hi << _U64(4) | lo >> _U64(60), lo << _U64(4) | _U64(value)
        end += 1
        value = _OF_HEX[_U64(byte(text, end))]
    return end_epc(text, end, end - at, hi, lo, read)


@njit
def epc_base64(text: Bytes, at: int, read: Record) -> int:
    """Read an EPC in base64 of either alphabet, in whole groups of four without padding; otherwise as epc_hex."""
    hi, lo, end = _U64(0), _U64(0), at
    value = _OF_BASE64[_U64(byte(text, end))]
    while value != _NO_DIGIT and end - at <= EPC_DIGITS_MAX:
        hi, lo = hi << _U64(6) | lo >> _U64(58), lo << _U64(6) | _U64(value)
        end += 1
        value = _OF_BASE64[_U64(byte(text, end))]
    return end_epc(text, end, (end - at) // 4 * 6, hi, lo, read) if (end - at) % 4 == 0 else REFUSED


@njit
def end_epc(text: Bytes, at: int, size: int, hi: np.uint64, lo: np.uint64, read: Record) -> int:
    """Put the key of an EPC of so many hex digits together; refused where it is too short, too long or not all."""
    if byte(text, at) != _QUOTE or size < EPC_DIGITS_MIN or size > EPC_DIGITS_MAX:
        return REFUSED
    read.epc_hi = hi | _U64(size) << _U64(56)
    read.epc_lo = lo
    return at + 1


@njit
def two_digits(text: Bytes, at: int) -> int:
    """Two digits as a number, and a number above all of them where they are none."""
    tens, ones = byte(text, at) - _ZERO, byte(text, at + 1) - _ZERO
    return 10 * tens + ones if 0 <= tens <= 9 and 0 <= ones <= 9 else NO_TWO_DIGITS  # noqa: PLR2004


@njit
def date_days(text: Bytes, at: int) -> int:
    """
    Days since 1970 of `YYYY-MM-DD`; refused before that, and where there is no such day.

    The leap days before a year are counted as in the Gregorian calendar: every fourth, no hundredth, every 400th.
    """
    year, month = 100 * two_digits(text, at) + two_digits(text, at + 2), two_digits(text, at + 5)
    day = two_digits(text, at + 8)
    if byte(text, at + 4) != _MINUS or byte(text, at + 7) != _MINUS or not YEAR_MIN <= year <= 9999:  # noqa: PLR2004
        return REFUSED
    leap = 1 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 0
    if not 1 <= month <= 12 or not 1 <= day <= _MONTH_DAYS[month] + (leap if month == 2 else 0):  # noqa: PLR2004
        return REFUSED
    before = year - 1
    days = 365 * (year - YEAR_MIN) + before // 4 - before // 100 + before // 400 - _LEAP_DAYS_BEFORE_1970 + day - 1
    return int(days + _DAYS_BEFORE_MONTH[month] + (leap if month > 2 else 0))  # noqa: PLR2004


@njit
def iso_text(text: Bytes, at: int) -> tuple[int, int]:
    """
    Read `YYYY-MM-DDTHH:MM:SS` with or without a fraction, in UTC: (microseconds since 1970, where the text ends).

    Behind it stands `Z`, `+0000` or `+00:00`, and a quote; digits past the microsecond are cut off.
    """
    days = date_days(text, at)
    hour, minute, second = two_digits(text, at + 11), two_digits(text, at + 14), two_digits(text, at + 17)
    if days < 0 or byte(text, at + 10) != _T or byte(text, at + 13) != _COLON or byte(text, at + 16) != _COLON:
        return 0, REFUSED
    if hour > 23 or minute > 59 or second > 59:  # noqa: PLR2004
        return 0, REFUSED
    micros, end = 0, at + 19
    if byte(text, end) == _DOT:
        point = end + 1
        micros, end = digits(text, point, point + 6, 0)
        if end == point:
            return 0, REFUSED
        micros *= _POWERS[6 - (end - point)]
        _, end = digits(text, end, point + FRACTION_MAX, 0)
    return ((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + micros, utc_end(text, end)


@njit
def utc_end(text: Bytes, at: int) -> int:
    """Where a time ends whose zone begins here, past its quote; refused where that is none of three ways to say UTC."""
    if byte(text, at) == _Z:
        at += 1
    elif byte(text, at) == _PLUS and two_digits(text, at + 1) == 0:
        at += 4 if byte(text, at + 3) == _COLON else 3
        if two_digits(text, at) != 0:
            return REFUSED
        at += 2
    else:
        return REFUSED
    return at + 1 if byte(text, at) == _QUOTE else REFUSED
