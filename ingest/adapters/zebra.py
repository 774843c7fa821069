"""
Zebra IoT Connector (FX7500, FX9600, FXR60/90, ATR7000): tag data and management events, alone or in batches.
"""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Raw, Struct

from core.wire.records import (
    ANTENNA,
    ANY,
    CHANNEL,
    COUNT,
    EVENT_NUM,
    HEX,
    INNER,
    INSIDE,
    NONE,
    PHASE,
    RSSI,
    SEEN,
    TIME,
    WHOLE,
    WORD,
)
from core.wire.scan import Key, Shape
from ingest.adapters.decoded import BadMessage, Decoded, Message
from ingest.adapters.happenings import status_text
from ingest.adapters.payload import check_count, check_size, clean, parse, quarantine
from ingest.adapters.rows import Antenna, ChannelMhz, Count, PhaseDeg, Rows, RssiDbm, add_reads
from ingest.adapters.scanned import all_rows, columns_of, number
from ingest.adapters.times import iso_us, time_us
from ingest.adapters.zebra_events import DIRECTIONALITY, MANAGEMENT, direction_events, management_events

TAG_TYPES: Final = frozenset({"SIMPLE", "INVENTORY", "PORTAL", "CONVEYOR", "CUSTOM", DIRECTIONALITY})
IGNORED: Final = {
    "BLE_DATA": "ble",
    "DIRECTIONALITY_RAW": "bearing",
    "firmwareUpdateProgress": "firmware update",
    "userapp": "user application",
}
_EVENT_NUM_MAX: Final = 2**62

_Reads = Annotated[float, Meta(ge=0.0, le=2**31 - 1)]
"""Zebra's schema has a number where an integer is meant."""


# TID and USER may hold an error sentence instead of hex; they are not looked at.
class _Tag(Struct, gc=False):
    eventNum: int | float | None = None  # noqa: N815 - the vendor's name
    idHex: str | None = None  # noqa: N815
    antenna: Antenna | None = None
    peakRssi: RssiDbm | None = None  # noqa: N815
    rssi: RssiDbm | None = None  # ATR7000
    phase: PhaseDeg | None = None
    channel: ChannelMhz | None = None
    reads: _Reads | None = None
    tagId: str | None = None  # noqa: N815 - DIRECTIONALITY, as are the next two
    state: str | None = None
    zone: Antenna | None = None


class _TagEvent(Struct, gc=False):
    type: str
    timestamp: str
    data: _Tag


class _Head(Struct):
    type: str | None = None
    timestamp: str | None = None
    eventNum: int | float | None = None  # noqa: N815
    data: Raw = Raw(b"null")
    command: str | None = None


_SHAPE: Final = Shape.of(
    Key(name="data", kind=INNER, needed=True),
    Key(name="CRC", kind=ANY, scope=INSIDE),
    Key(name="PC", kind=ANY, scope=INSIDE),
    Key(name="TID", kind=ANY, scope=INSIDE),
    Key(name="USER", kind=ANY, scope=INSIDE),
    Key(name="XPC", kind=ANY, scope=INSIDE),
    number("antenna", ANTENNA, Antenna, scope=INSIDE),
    number("channel", CHANNEL, ChannelMhz, scope=INSIDE),
    Key(name="eventNum", kind=WHOLE, field=EVENT_NUM, scope=INSIDE, high=_EVENT_NUM_MAX, nullable=True),
    Key(name="format", kind=ANY, scope=INSIDE),
    Key(name="idHex", kind=HEX, scope=INSIDE, needed=True),
    number("peakRssi", RSSI, RssiDbm, scope=INSIDE),
    number("phase", PHASE, PhaseDeg, scope=INSIDE),
    number("reads", COUNT, Count, scope=INSIDE),
    Key(name="timestamp", kind=TIME, field=SEEN, needed=True),
    Key(name="type", kind=WORD, needed=True),
    words=sorted(TAG_TYPES - {DIRECTIONALITY}),
)
"""Tag reads as documented; those of an ATR7000, which may be verdicts as well, are not among them."""
_FAST: Final = msgspec.json.Decoder(_TagEvent | list[_TagEvent])
_APART: Final = msgspec.json.Decoder(list[Raw])
_HEAD: Final = msgspec.json.Decoder(_Head)
_TAG_EVENT: Final = msgspec.json.Decoder(_TagEvent)


def decode(message: Message) -> Decoded:
    """Read one message: what it says is told by `type`, not by its topic, which is free text."""
    check_size(message.payload)
    if not message.payload.strip():
        return Decoded(ignored="empty")
    scanned = all_rows(_SHAPE, message.payload)
    if scanned is not None:
        numbers = scanned["event_num"].tolist()
        return Decoded(reads=columns_of(scanned), event_nums=[n for n in numbers if n != NONE])
    return _any_json(message)


def _any_json(message: Message) -> Decoded:
    try:
        body = _FAST.decode(message.payload)
        events = body if isinstance(body, list) else [body]
        if all(e.type in TAG_TYPES and _is_sighting(e) for e in events):
            check_count(len(events))
            return _tags(events, range(len(events)), Decoded())
    except (ValueError, RecursionError):
        pass
    return _one_by_one(message)


def _one_by_one(message: Message) -> Decoded:
    """Take a message apart that isn't tag reads and nothing else; a bad part is quarantined, the others kept."""
    if message.payload.lstrip()[:1] != b"[":
        return _alone(message)
    items = parse(_APART, message.payload)
    check_count(len(items))
    out = Decoded()
    tags: list[_TagEvent] = []
    numbers: list[int] = []
    for i, item in enumerate(items):
        try:
            tag = _take(message, item, out)
        except BadMessage as exc:
            quarantine(out, f"[{i}].{exc}")
            continue
        if tag is not None:
            tags.append(tag)
            numbers.append(i)
    return _tags(tags, numbers, out)


def _alone(message: Message) -> Decoded:
    out = Decoded()
    if message.payload.lstrip()[:1] != b"{":
        said = status_text(message, any_words=False)
        if said is not None:
            return Decoded(events=[said])
    head = parse(_HEAD, message.payload)
    try:
        tag = _take(message, message.payload, out)
    except BadMessage as exc:
        if head.type not in TAG_TYPES:
            raise
        quarantine(out, str(exc))
        return out
    return out if tag is None else _tags([tag], None, out)


def _take(message: Message, item: bytes | Raw, out: Decoded) -> _TagEvent | None:
    """Put one envelope into `out`, or return it if it is a sighting of a tag."""
    head = parse(_HEAD, item)
    if head.type in TAG_TYPES:
        tag = parse(_TAG_EVENT, item)
        time_us(tag.timestamp, "timestamp")
        if _is_sighting(tag):
            return tag
        out.events += direction_events(message, tag.timestamp, head.data)
        out.event_nums += _event_nums([tag.data])
    elif head.type in MANAGEMENT:
        out.events += management_events(message, head.type, head.timestamp, head.data)
    elif head.type in IGNORED:
        out.ignored = IGNORED[head.type]
    elif head.command is not None:
        out.ignored = "answer"
    else:
        said = "is not there" if head.type is None else f"{clean(head.type)!r} is not one that Zebra readers send"
        raise BadMessage(f"type: {said}")
    return None


def _is_sighting(event: _TagEvent) -> bool:
    """A tag that an ATR7000 has not seen for a while is its verdict on the past, and no sighting."""
    return event.type != DIRECTIONALITY or event.data.state != "TIMED_OUT"


def _tags(events: Sequence[_TagEvent], numbers: Sequence[int] | None, out: Decoded) -> Decoded:
    """
    Put sightings into columns; numbers[i] is the place of event i in its message, None where it stands alone.

    An ATR7000 names no antenna: the zone of its own that it saw the tag in stands for one.
    """
    data = [e.data for e in events]
    rows = Rows(
        raw_us=[iso_us(e.timestamp) for e in events],
        epc=[d.idHex if d.idHex is not None else d.tagId or "" for d in data],
        antenna=[d.antenna if d.antenna is not None else d.zone for d in data],
        rssi_dbm=[d.peakRssi if d.peakRssi is not None else d.rssi for d in data],
        phase_deg=[d.phase for d in data],
        channel_mhz=[d.channel for d in data],
        count=[None if d.reads is None else int(d.reads) for d in data],
    )
    add_reads(out, rows, lambda i: "data.idHex" if numbers is None else f"[{numbers[i]}].data.idHex")
    out.event_nums += _event_nums(data)
    return out


def _event_nums(data: list[_Tag]) -> list[int]:
    return [int(d.eventNum) for d in data if d.eventNum is not None and 0 <= d.eventNum <= _EVENT_NUM_MAX]
