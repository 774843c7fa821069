"""
Reads in our own JSON, as documented, straight to columns.
"""

import re
from dataclasses import replace
from typing import Final

from core.wire.records import ANTENNA, CHANNEL, COUNT, HEX, PHASE, RSSI, SEEN
from core.wire.scan import Key, Shape
from ingest.adapters import rows
from ingest.adapters.decoded import Decoded
from ingest.adapters.scanned import BLANKS, columns_of, number

_SHAPE: Final = Shape.of(
    replace(number("seen_us", SEEN, rows.TimeUs), needed=True, nullable=False),
    Key(name="epc", kind=HEX, needed=True),
    number("antenna", ANTENNA, rows.Antenna),
    number("rssi_dbm", RSSI, rows.RssiDbm),
    number("phase_deg", PHASE, rows.PhaseDeg),
    number("channel_mhz", CHANNEL, rows.ChannelMhz),
    number("count", COUNT, rows.Count),
)
_HEAD: Final = re.compile(
    rb'_\{_(?:"v"_:_1_,_|"boot"_:_"([ !#-\[\]-~]{0,64})"_,_|"seq"_:_(0|[1-9][0-9]{0,17})_,_)*+'
    rb'(?:"(reads)"_:_(?=\[)|"columns"_:_)'.replace(b"_", rb"[ \t\n\r]*+")
)
"""What stands before the reads: boot, seq, and `reads` unless they are in columns."""


def scan(payload: bytes) -> Decoded | None:
    """Read a message of reads; None where it isn't one that is known for certain to be good."""
    head = _HEAD.match(payload)
    if head is None:
        return None
    boot, seq, in_rows = head.groups()
    take = _SHAPE.rows if in_rows else _SHAPE.columns
    found = take(payload, head.end())
    if found is None or payload[found[1] :].strip(BLANKS) != b"}":
        return None
    return Decoded(reads=columns_of(found[0]), boot=(boot or b"").decode(), seq=None if seq is None else int(seq))
