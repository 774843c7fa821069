"""
Impinj R700 and R720 (IoT Device Interface): one reader event a message over MQTT, an array of them from a webhook.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Raw, Struct

from core.site import Reader
from core.wire.records import ANTENNA, ANY, BASE64, CHANNEL, HEX, INNER, INSIDE, PHASE, RSSI, SEEN, STAMP, TEXT, TIME
from core.wire.scan import Key, Shape
from ingest.adapters.decoded import BadMessage, Decoded, Message
from ingest.adapters.epc_text import base64_hex
from ingest.adapters.happenings import event, status_text
from ingest.adapters.impinj_events import HEARTBEAT, EventKeys, reader_event
from ingest.adapters.payload import check_count, check_size, parse, quarantine
from ingest.adapters.rows import Antenna, PhaseDeg, Rows, add_reads
from ingest.adapters.scanned import all_rows, columns_of, number
from ingest.adapters.times import time_us

RssiCdbm = Annotated[float, Meta(ge=-20_000, le=10_000)]
FrequencyKhz = Annotated[float, Meta(ge=0, le=100_000_000)]


class _Tag(Struct, rename="camel", gc=False):
    epc: str | None = None
    epc_hex: str | None = None
    antenna_port: Antenna | None = None
    antenna_name: str | None = None
    peak_rssi_cdbm: RssiCdbm | None = None
    frequency: FrequencyKhz | None = None
    phase_angle: PhaseDeg | None = None
    last_seen_time: str | None = None


class _Event(EventKeys, rename="camel"):
    timestamp: str
    tag_inventory_event: _Tag | None = None
    tag_location_entry_event: _Tag | None = None
    tag_location_update_event: _Tag | None = None


class _Keys(Struct, rename="camel"):
    tag_inventory_event: dict[str, Raw] | None = None
    tag_location_entry_event: dict[str, Raw] | None = None
    tag_location_update_event: dict[str, Raw] | None = None


class _Sighting(Struct, gc=False):
    """A tag that was seen: the tag event, when it was seen, its EPC in hex, and where it stands in the message."""

    tag: _Tag
    seen_us: int
    epc: str
    place: str


_SHAPE: Final = Shape.of(
    Key(name="timestamp", kind=TIME, field=STAMP, needed=True),
    Key(name="hostname", kind=ANY),
    Key(name="eventType", kind=ANY),
    Key(name="tagInventoryEvent", kind=INNER, needed=True),
    Key(name="epc", kind=BASE64, scope=INSIDE),
    Key(name="epcHex", kind=HEX, scope=INSIDE),
    Key(name="tid", kind=ANY, scope=INSIDE),
    Key(name="tidHex", kind=ANY, scope=INSIDE),
    replace(number("antennaPort", ANTENNA, Antenna, scope=INSIDE), needed=True, nullable=False),
    Key(name="antennaName", kind=TEXT, scope=INSIDE),
    Key(name="transmitPowerCdbm", kind=ANY, scope=INSIDE),
    number("peakRssiCdbm", RSSI, RssiCdbm, scope=INSIDE, unit=100.0),
    number("frequency", CHANNEL, FrequencyKhz, scope=INSIDE, unit=1_000.0),
    Key(name="pc", kind=ANY, scope=INSIDE),
    Key(name="lastSeenTime", kind=TIME, field=SEEN, scope=INSIDE),
    number("phaseAngle", PHASE, PhaseDeg, scope=INSIDE),
)
"""Tag events as documented that name their antenna's port; names of antennas are looked up elsewhere."""
_ONE: Final = msgspec.json.Decoder(_Event)
_KEYS: Final = msgspec.json.Decoder(_Keys)
_APART: Final = msgspec.json.Decoder(list[Raw])


def decode(message: Message) -> Decoded:
    """Read one message: which key is there tells what it is. Words that are no JSON are a will or a greeting."""
    check_size(message.payload)
    scanned = all_rows(_SHAPE, message.payload)
    return _any_json(message) if scanned is None else Decoded(reads=columns_of(scanned))


def _any_json(message: Message) -> Decoded:
    head = message.payload.lstrip()[:1]
    if not head:
        return Decoded(ignored="keep-alive")
    if head == b"[":
        return _many(message)
    if head != b"{":
        said = status_text(message, any_words=True)
        if said is not None:
            return Decoded(events=[said])
    out = Decoded()
    sightings: list[_Sighting] = []
    try:
        _take(message, message.payload, "", out, sightings)
    except BadMessage as exc:
        if not _holds_tag(message.payload):
            raise
        quarantine(out, str(exc))
    return _columns(sightings, message.reader, out)


def _many(message: Message) -> Decoded:
    items = parse(_APART, message.payload)
    check_count(len(items))
    if not items:
        return Decoded(events=[event(message, HEARTBEAT)])
    out = Decoded()
    sightings: list[_Sighting] = []
    for i, item in enumerate(items):
        try:
            _take(message, item, f"[{i}]", out, sightings)
        except BadMessage as exc:
            quarantine(out, str(exc))
    return _columns(sightings, message.reader, out)


def _take(message: Message, item: bytes | Raw, place: str, out: Decoded, sightings: list[_Sighting]) -> None:
    """Put one reader event into `out`, or onto the sightings if it says that a tag was seen."""
    body = parse(_ONE, item, place)
    at = time_us(body.timestamp, f"{place}.timestamp")
    tag = body.tag_inventory_event or body.tag_location_entry_event or body.tag_location_update_event
    if tag is not None:
        seen_us = at if tag.last_seen_time is None else time_us(tag.last_seen_time, f"{place}.lastSeenTime")
        sightings.append(_Sighting(tag, seen_us, _epc(tag, place), place))
        return
    said = reader_event(message, body, at)
    out.events += said.events
    out.ignored = said.ignored or out.ignored
    if said.sighting is not None:
        sightings.append(_Sighting(_Tag(), said.sighting.seen_us, said.sighting.epc, place))


def _holds_tag(payload: bytes) -> bool:
    """Whether a message that can't be read was at least meant to be a tag read."""
    try:
        return any(getattr(parse(_KEYS, payload), name) is not None for name in _Keys.__struct_fields__)
    except BadMessage:
        return False


def _columns(sightings: Sequence[_Sighting], reader: Reader, out: Decoded) -> Decoded:
    names: dict[str, int] = reader.mapping.get("antennas", {})
    tags = [s.tag for s in sightings]
    rows = Rows(
        raw_us=[s.seen_us for s in sightings],
        epc=[s.epc for s in sightings],
        antenna=[t.antenna_port if t.antenna_port is not None else names.get(t.antenna_name or "") for t in tags],
        rssi_dbm=[None if t.peak_rssi_cdbm is None else t.peak_rssi_cdbm / 100 for t in tags],
        phase_deg=[t.phase_angle for t in tags],
        channel_mhz=[None if t.frequency is None else t.frequency / 1_000 for t in tags],
    )
    add_reads(out, rows, lambda i: f"{sightings[i].place}.epc".lstrip("."))
    return out


def _epc(tag: _Tag, place: str) -> str:
    """The EPC in hex; without epcHex it is base64 in either alphabet, with or without its padding."""
    if tag.epc_hex is not None:
        return tag.epc_hex
    if tag.epc is None:
        raise BadMessage(f"{place}.epc: neither epc nor epcHex is there; switch one on in the reader".lstrip("."))
    return base64_hex(tag.epc, f"{place}.epc".lstrip("."))
