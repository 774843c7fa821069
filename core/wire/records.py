"""What the scanner works on: the keys of a shape of message, and the reads that come of it."""

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Bytes: TypeAlias = npt.NDArray[np.uint8]
Records: TypeAlias = npt.NDArray[np.void]
Record: TypeAlias = Any
"""One of them: numba knows its fields, mypy doesn't."""

REFUSED: Final = -1
"""Instead of a place in the text: not one of the shapes that the scanner knows, whatever it is."""
NONE: Final = -1
"""A time or a number that was not said; none that is said is below 0."""
NAME_BYTES_MAX: Final = 24
"""A key's name with both its quotes."""
PAD: Final = bytes(2 * NAME_BYTES_MAX)
"""Stands behind the text: it is in no word, number or space, so that nothing needs to look for the end."""

# What a value must be.
WHOLE: Final = 0
REAL: Final = 1
HEX: Final = 2
BASE64: Final = 3
TIME: Final = 4
WORD: Final = 5
"""One of the names of scope WORDS."""
TEXT: Final = 6
"""A text that nobody looks at."""
ANY: Final = 7
"""A text or a number that nobody looks at."""
INNER: Final = 8
"""An object with the keys of scope INSIDE."""

# Where a key may stand.
OUTSIDE: Final = 0
INSIDE: Final = 1
WORDS: Final = 2

# Which field of READ a value goes to.
SEEN: Final = 0
STAMP: Final = 1
EVENT_NUM: Final = 2
ANTENNA: Final = 3
RSSI: Final = 4
PHASE: Final = 5
CHANNEL: Final = 6
COUNT: Final = 7
NOWHERE: Final = 8

KEY: Final = np.dtype(
    (
        np.record,
        [
            ("name", "u8", 3),
            ("mask", "u8", 3),
            ("length", "i8"),
            ("scope", "i8"),
            ("kind", "i8"),
            ("field", "i8"),
            ("low", "f8"),
            ("high", "f8"),
            ("unit", "f8"),
            ("nullable", "i8"),
        ],
    )
)
"""
A name that a shape knows.

name, mask  its bytes with both quotes, little-endian, and which of them count; length how many there are
low, high   what a number may be, before it is divided by `unit`
nullable    1 where null stands for nothing said
"""

READ: Final = np.dtype(
    (
        np.record,
        [
            ("raw_us", "i8"),
            ("stamp_us", "i8"),
            ("event_num", "i8"),
            ("epc_hi", "u8"),
            ("epc_lo", "u8"),
            ("antenna", "i4"),
            ("rssi_dbm", "f4"),
            ("phase_deg", "f4"),
            ("channel_mhz", "f4"),
            ("count", "i4"),
            ("reserved", "i4"),
        ],
    )
)
"""
One read, as in ingest's DecodedReads; also, NONE where it was not said:

stamp_us   the time of its message, which stands in for its own
event_num  the reader's own number of it
"""
