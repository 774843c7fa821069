"""Objects whose keys are known become reads: row by row, or column by column."""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit, njit_inlined
from core.model.columns import NO_ANTENNA, NO_CHANNEL_MHZ, NO_PHASE_DEG, UNHEARD_DBM
from core.wire.kernels_text import blank, byte, number, plain, word
from core.wire.kernels_values import epc_base64, epc_hex, iso_text
from core.wire.records import (
    ANTENNA,
    ANY,
    BASE64,
    CHANNEL,
    COUNT,
    EVENT_NUM,
    HEX,
    INNER,
    INSIDE,
    NONE,
    OUTSIDE,
    PHASE,
    REAL,
    REFUSED,
    RSSI,
    SEEN,
    STAMP,
    TEXT,
    TIME,
    WHOLE,
    WORD,
    WORDS,
    Bytes,
    Record,
    Records,
)

MANTISSA_MAX: Final = 2**53
"""Up to here a float holds every whole number, so that dividing by a power of ten gives the nearest float (Clinger)."""

_POWERS: Final = np.array([10.0**i for i in range(19)])
_QUOTE, _COMMA, _COLON, _OPEN, _CLOSE, _LIST, _LIST_END = 34, 44, 58, 123, 125, 91, 93
_NULL: Final = np.uint64(int.from_bytes(b"null", "little"))
_NULL_BYTES: Final = 4
_FOUR_BYTES: Final = np.uint64(0xFFFFFFFF)
_TURN: Final = np.float32(360.0)
_ONE: Final = np.int64(1)


@njit_inlined
def forget(read: Record) -> None:
    """Make a read one of which nothing has been said."""
    read.raw_us = NONE
    read.stamp_us = NONE
    read.event_num = NONE
    read.epc_hi = 0
    read.epc_lo = 0
    read.antenna = NO_ANTENNA
    read.rssi_dbm = UNHEARD_DBM
    read.phase_deg = NO_PHASE_DEG
    read.channel_mhz = NO_CHANNEL_MHZ
    read.count = 1


@njit_inlined
def put_whole(read: Record, field: int, value: int) -> None:
    """Write a whole number to a field of READ; nowhere if it is none that takes one."""
    if field == SEEN:
        read.raw_us = value
    elif field == STAMP:
        read.stamp_us = value
    elif field == EVENT_NUM:
        read.event_num = value
    elif field == ANTENNA:
        read.antenna = value
    elif field == COUNT:
        read.count = max(value, 1)


@njit_inlined
def put_real(read: Record, field: int, value: float) -> None:
    """Write a number to a field of READ; a phase comes to lie in the first turn, but for the one that says none."""
    level = np.float32(value)
    if field == RSSI:
        read.rssi_dbm = level
    elif field == CHANNEL:
        read.channel_mhz = level
    elif field == PHASE:
        if level != NO_PHASE_DEG:
            level = np.float32(0.0) if abs(level) == _TURN else level
            level = level + _TURN if level < 0 else level
        read.phase_deg = level


@njit_inlined
def find_key(text: Bytes, at: int, keys: Records, scope: int, first: int) -> int:
    """
    Which name stands here, with both its quotes; REFUSED where none of the scope does.

    keys   KEY[K]
    first  where the search begins, at most K: messages keep to one order, so this is mostly the one
    """
    one, two, three = word(text, at), word(text, at + 8), word(text, at + 16)
    for i in range(keys.size):
        k = first + i if first + i < keys.size else first + i - keys.size
        key = keys[k]
        if one & key.mask[0] != key.name[0] or two & key.mask[1] != key.name[1] or key.scope != scope:
            continue
        if three & key.mask[2] == key.name[2]:
            return k
    return REFUSED


@njit_inlined
def take_number(text: Bytes, at: int, key: Record, read: Record) -> int:
    """Put a number where its key says and return where it ends; refused if it is not what the key allows."""
    whole, places, end = number(text, at)
    if end == REFUSED or key.kind == ANY:
        return end
    if key.kind == WHOLE:
        if places > 0 or whole < key.low or whole > key.high:
            return REFUSED
        put_whole(read, key.field, whole)
        return end
    value = whole / _POWERS[places]
    if key.kind != REAL or abs(whole) > MANTISSA_MAX or value < key.low or value > key.high:
        return REFUSED
    put_real(read, key.field, value if key.unit == 1.0 else value / key.unit)
    return end


@njit_inlined
def take_text(text: Bytes, at: int, keys: Records, k: int, read: Record) -> int:
    """Put a text where key k says and return where it ends; refused if it is not what the key allows."""
    key = keys[k]
    if key.kind == HEX:
        return epc_hex(text, at + 1, read)
    if key.kind == BASE64 and read.epc_hi == 0:  # hex goes before it, wherever it stands
        return epc_base64(text, at + 1, read)
    if key.kind == TIME:
        us, end = iso_text(text, at + 1)
        put_whole(read, key.field, us)
        return end
    if key.kind == WORD:
        found = find_key(text, at, keys, WORDS, 0)
        return at + keys[found].length if found != REFUSED else REFUSED
    return plain(text, at + 1) if key.kind in (TEXT, ANY, BASE64) else REFUSED


@njit_inlined
def take_value(text: Bytes, at: int, keys: Records, k: int, read: Record) -> int:
    """Put the value of key k where the key says and return where it ends; refused if it is not what the key allows."""
    if byte(text, at) == _QUOTE:
        return take_text(text, at, keys, k, read)
    if word(text, at) & _FOUR_BYTES == _NULL:
        return at + _NULL_BYTES if keys[k].nullable else REFUSED
    return take_number(text, at, keys[k], read)


@njit_inlined
def take_object(text: Bytes, at: int, keys: Records, needed: int, read: Record) -> int:
    """
    Read an object, and the one inside it, that is one read, and return where it ends.

    at      behind its brace
    keys    KEY[K], K below 63
    needed  the keys that must be there, one bit each
    read    READ  out
    """
    forget(read)
    scope, seen, k = OUTSIDE, _ONE - _ONE, -1
    while True:
        at = blank(text, at)
        k = find_key(text, at, keys, scope, k + 1)
        if k == REFUSED or seen >> k & _ONE:
            return REFUSED
        seen |= _ONE << k
        at = blank(text, at + keys[k].length)
        if byte(text, at) != _COLON:
            return REFUSED
        at = blank(text, at + 1)
        if keys[k].kind == INNER and byte(text, at) == _OPEN:
            scope = INSIDE
            at += 1
            continue
        end = take_value(text, at, keys, k, read)
        if end == REFUSED:
            return REFUSED
        at = blank(text, end)
        if byte(text, at) == _CLOSE and scope == INSIDE:
            scope = OUTSIDE
            at = blank(text, at + 1)
        if byte(text, at) == _CLOSE:
            break
        if byte(text, at) != _COMMA:
            return REFUSED
        at += 1
    if read.raw_us == NONE:
        read.raw_us = read.stamp_us
    return at + 1 if seen & needed == needed and read.epc_hi != 0 else REFUSED


@njit
def take_rows(text: Bytes, at: int, keys: Records, needed: int, reads: Records) -> tuple[int, int]:
    """
    Read a list of objects, or one that stands alone: (how many, its end). REFUSED as the end if any is not known.

    text    uint8[L]  with PAD behind it
    at      at its bracket or brace
    keys    KEY[K]    needed  as for take_object
    reads   READ[n]   out; more than n are refused
    """
    if byte(text, at) == _OPEN and reads.size > 0:
        return 1, take_object(text, at + 1, keys, needed, reads[0])
    if byte(text, at) != _LIST:
        return 0, REFUSED
    n = 0
    while n < reads.size:
        at = blank(text, at + 1)
        if byte(text, at) != _OPEN:
            break
        end = take_object(text, at + 1, keys, needed, reads[n])
        if end == REFUSED:
            break
        n += 1
        at = blank(text, end)
        if byte(text, at) == _LIST_END:
            return n, at + 1
        if byte(text, at) != _COMMA:
            break
    return n, REFUSED


@njit
def take_column(text: Bytes, at: int, keys: Records, k: int, fresh: bool, reads: Records) -> tuple[int, int]:
    """
    Read a list of values of key k: (how many, where it ends); the end is REFUSED if any is not known.

    at     at its bracket
    fresh  whether nothing has been said of the reads before
    reads  READ[n]  out; more than n are refused
    """
    if byte(text, at) != _LIST:
        return 0, REFUSED
    n = 0
    while n < reads.size:
        if fresh:
            forget(reads[n])
        end = take_value(text, blank(text, at + 1), keys, k, reads[n])
        if end == REFUSED:
            break
        n += 1
        at = blank(text, end)
        if byte(text, at) == _LIST_END:
            return n, at + 1
        if byte(text, at) != _COMMA:
            break
    return n, REFUSED


@njit
def take_columns(text: Bytes, at: int, keys: Records, needed: int, reads: Records) -> tuple[int, int]:
    """
    Read an object of lists of one length: (their length, where it ends); the end is REFUSED if anything is not known.

    As take_rows, but `at` stands at the object's brace.
    """
    n, seen, k = -1, _ONE - _ONE, -1
    if byte(text, at) != _OPEN:
        return 0, REFUSED
    while True:
        at = blank(text, at + 1)
        k = find_key(text, at, keys, OUTSIDE, k + 1)
        if k == REFUSED or seen >> k & _ONE:
            return 0, REFUSED
        seen |= _ONE << k
        at = blank(text, at + keys[k].length)
        if byte(text, at) != _COLON:
            return 0, REFUSED
        length, end = take_column(text, blank(text, at + 1), keys, k, n < 0, reads)
        if end == REFUSED or n not in (-1, length):
            return 0, REFUSED
        n = length
        at = blank(text, end)
        if byte(text, at) == _CLOSE:
            return n, at + 1 if seen & needed == needed else REFUSED
        if byte(text, at) != _COMMA:
            return 0, REFUSED
