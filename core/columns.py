"""
EPC hex text becomes a 128-bit key here, and a key becomes text again.

A key is two uint64, `hi` and `lo`. An EPC of up to 112 bits is its own key: the number of hex digits stands in the top
byte of `hi`, the value in the 112 bits below. A longer one has 0xFF in the top byte and 120 bits of the blake2b-128 of
its upper-case hex below; its text travels beside the keys in a dict `long`, {(hi, lo): hex}.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt

EPC_DIGITS_MIN: Final = 2
EPC_DIGITS_MAX: Final = 124
"""Hex digits of the longest EPC that Gen2 allows: 496 bits."""
EPC_DIGITS_IN_KEY: Final = 28
"""Hex digits of the longest EPC that is its own key: 112 bits."""

_LONG: Final = 0xFF
_TOP: Final = np.uint64(56)
_LOW_48: Final = np.uint64((1 << 48) - 1)
_HEX_DIGITS: Final = frozenset("0123456789abcdefABCDEF")

U64 = npt.NDArray[np.uint64]
LongEpcs = dict[tuple[int, int], str]


@dataclass(frozen=True, slots=True)
class EpcKeys:
    """Keys of n texts: hi, lo uint64[n]; the text of the long ones; and why which text is no EPC (its key is 0)."""

    hi: U64
    lo: U64
    long: LongEpcs
    bad: dict[int, str]


def key_of(text: str) -> tuple[int, int]:
    """The key of one EPC given as upper-case hex."""
    if len(text) <= EPC_DIGITS_IN_KEY:
        key = len(text) << 120 | int(text, 16)
    else:
        key = _LONG << 120 | int.from_bytes(blake2b(text.encode(), digest_size=16).digest()[:15])
    return key >> 64, key & 0xFFFF_FFFF_FFFF_FFFF


def problem(text: str) -> str:
    """Say why a text is no EPC in hex; '' if it is one."""
    if not text:
        return "is empty"
    if not _HEX_DIGITS.issuperset(text):
        return f"{text[:40]!r} is not hex"
    if not EPC_DIGITS_MIN <= len(text) <= EPC_DIGITS_MAX:
        return f"has {len(text)} hex digits; an EPC has {EPC_DIGITS_MIN} to {EPC_DIGITS_MAX}"
    return ""


def parse_keys(texts: Sequence[str]) -> EpcKeys:
    """
    Find the key of each text, in either case, and say which are no EPC.

    Texts of one even length and no error, the common batch, take one pass of C code over all of them.
    """
    n = len(texts)
    if n == 0:
        return EpcKeys(np.empty(0, np.uint64), np.empty(0, np.uint64), {}, {})
    digits = len(texts[0])
    if EPC_DIGITS_MIN <= digits <= EPC_DIGITS_IN_KEY and digits % 2 == 0:
        raw = _bytes_of(texts, digits)
        if raw is not None:
            hi, lo = _keys_of_bytes(raw, digits)
            return EpcKeys(hi, lo, {}, {})
    return _parse_each(texts)


def keys_from_hex(texts: Sequence[bytes | str]) -> tuple[U64, U64, LongEpcs]:
    """(hi, lo, long) of EPCs in hex, in either case. Raises ValueError where one is no EPC."""
    keys = parse_keys([t.decode("latin-1") if isinstance(t, bytes) else t for t in texts])
    if keys.bad:
        index, reason = next(iter(keys.bad.items()))
        raise ValueError(f"EPC {index} {reason}")
    return keys.hi, keys.lo, keys.long


def hex_from_key(hi: int, lo: int, long: LongEpcs) -> str:
    """The upper-case hex of one key."""
    digits = int(hi) >> 56
    if digits == _LONG:
        return long[int(hi), int(lo)]
    value = (int(hi) & 0xFFFF_FFFF_FFFF) << 64 | int(lo)
    return f"{value:0{digits}X}"


def hexes_from_keys(hi: U64, lo: U64, long: LongEpcs) -> list[str]:
    """The upper-case hex of each key."""
    return [hex_from_key(h, low, long) for h, low in zip(hi.tolist(), lo.tolist(), strict=True)]


def keys_from_bits(first: U64, second: U64, bits: npt.NDArray[np.uint16]) -> tuple[U64, U64, LongEpcs]:
    """
    Find the keys of EPCs given as 128 bits, first bit first; bits[n], a multiple of 4 from 8 to 128, is how many count.

    What lies past an EPC's last bit is not looked at.
    """
    drop = (128 - bits.astype(np.int64)).astype(np.uint64)  # bits past the end
    near = drop < 64  # noqa: PLR2004 - half a key
    zero = np.uint64(0)
    by = np.where(near, drop, drop - np.uint64(64))
    carried = np.where(by > zero, first << ((np.uint64(64) - by) & np.uint64(63)), zero)
    lo = np.where(near, (second >> by) | carried, first >> by)
    hi = np.where(near, first >> by, zero)
    hi = (hi & _LOW_48) | (bits.astype(np.uint64) >> np.uint64(2)) << _TOP
    long: LongEpcs = {}
    for i in np.flatnonzero(bits > EPC_DIGITS_IN_KEY * 4).tolist():
        text = f"{int(first[i]) << 64 | int(second[i]):032X}"[: int(bits[i]) // 4]
        hi[i], lo[i] = key_of(text)
        long[int(hi[i]), int(lo[i])] = text
    return hi, lo, long


def _bytes_of(texts: Sequence[str], digits: int) -> npt.NDArray[np.uint8] | None:
    """uint8[n, digits / 2], or None where the texts are not all of this length, or not all hex."""
    if any(len(text) != digits for text in texts):
        return None
    joined = "".join(texts)
    try:
        raw = bytes.fromhex(joined)
    except ValueError:
        return None
    if 2 * len(raw) != len(joined):  # fromhex leaves out spaces
        return None
    return np.frombuffer(raw, np.uint8).reshape(len(texts), digits // 2)


def _keys_of_bytes(raw: npt.NDArray[np.uint8], digits: int) -> tuple[U64, U64]:
    wide = np.zeros((raw.shape[0], 16), np.uint8)
    wide[:, 16 - raw.shape[1] :] = raw
    wide[:, 0] = digits
    halves = wide.view(">u8").astype(np.uint64)
    return np.ascontiguousarray(halves[:, 0]), np.ascontiguousarray(halves[:, 1])


def _parse_each(texts: Sequence[str]) -> EpcKeys:
    hi = np.zeros(len(texts), np.uint64)
    lo = np.zeros(len(texts), np.uint64)
    long: LongEpcs = {}
    bad: dict[int, str] = {}
    for i, text in enumerate(texts):
        reason = problem(text)
        if reason:
            bad[i] = reason
            continue
        upper = text.upper()
        hi[i], lo[i] = key = key_of(upper)
        if len(upper) > EPC_DIGITS_IN_KEY:
            long[key] = upper
    return EpcKeys(hi, lo, long, bad)
