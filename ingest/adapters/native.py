"""
Our own format (docs/wire.md): JSON rows, JSON columns and fixed binary records; status, events and sensors.
"""

from collections.abc import Callable
from typing import Annotated, Final, Literal

import msgspec
import numpy as np
from msgspec import Meta, Raw, Struct

from core.model.reader_event import ReaderEvent, ReaderEventKind
from core.model.sensor_reading import SensorReading
from ingest.adapters.decoded import BadMessage, Decoded, Message
from ingest.adapters.happenings import SINCE_BOOT, antenna_state, event
from ingest.adapters.native_binary import MAGIC, decode_binary
from ingest.adapters.native_scan import scan
from ingest.adapters.payload import check_count, check_size, clean, each_good, parse
from ingest.adapters.rows import Antenna, ChannelMhz, Count, PhaseDeg, Read, Rows, RssiDbm, TimeUs, add_reads, rows_of

Version = Literal[1]
Name = Annotated[str, Meta(pattern=r"\A[^\x00-\x1f\x7f]{1,64}\Z")]
Seq = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Port = Annotated[int, Meta(ge=0, le=32_767)]
Number = Annotated[float, Meta(ge=-1e15, le=1e15)]


class _Columns(Struct):
    seen_us: list[TimeUs]
    epc: list[str]
    antenna: list[Antenna | None] = []
    rssi_dbm: list[RssiDbm | None] = []
    phase_deg: list[PhaseDeg | None] = []
    channel_mhz: list[ChannelMhz | None] = []
    count: list[Count | None] = []


class _Reads(Struct):
    v: Version = 1
    boot: str | None = None
    seq: Seq | None = None
    reads: list[Read] | None = None
    columns: _Columns | None = None


class _ReadsUnchecked(Struct):
    v: Version = 1
    boot: str | None = None
    seq: Seq | None = None
    reads: list[Raw] | None = None
    columns: dict[str, list[Raw]] | None = None


class _Status(Struct):
    status: Literal["online", "offline"]
    v: Version = 1
    seen_us: TimeUs | None = None
    firmware: str | None = None
    antennas: dict[str, Literal["connected", "disconnected"]] | None = None
    purged: Count | None = None


class _Event(Struct):
    event: Literal["gpi", "gpo", "antenna", "overflow", "warning", "error"]
    v: Version = 1
    seen_us: TimeUs | None = None
    port: Port = 0
    state: Literal["high", "low", "connected", "disconnected", ""] = ""
    purged: Count = 0
    message: str = ""


class _Sensor(Struct):
    seen_us: TimeUs
    sensor: Name
    quantity: Name
    value: Number


class _Sensors(Struct):
    readings: list[Raw]
    v: Version = 1


_READS: Final = msgspec.json.Decoder(_Reads)
_READS_UNCHECKED: Final = msgspec.json.Decoder(_ReadsUnchecked)
_READ: Final = msgspec.json.Decoder(Read)
_STATUS: Final = msgspec.json.Decoder(_Status)
_EVENT: Final = msgspec.json.Decoder(_Event)
_SENSORS: Final = msgspec.json.Decoder(_Sensors)
_SENSOR: Final = msgspec.json.Decoder(_Sensor)


def decode(message: Message) -> Decoded:
    """Read one native message; the last level of its topic says what it is."""
    check_size(message.payload)
    what = message.topic.rpartition("/")[2]
    if what not in _KINDS:
        raise BadMessage(f"topic: {clean(what)!r} is none of {', '.join(_KINDS)}")
    if not message.payload:
        return Decoded(ignored="empty")  # how a retained message is taken back
    return _KINDS[what](message)


def _reads(message: Message) -> Decoded:
    if message.payload.startswith(MAGIC):
        return decode_binary(message.payload)
    return scan(message.payload) or _reads_of_any_json(message)


def _reads_of_any_json(message: Message) -> Decoded:
    try:
        body = _READS.decode(message.payload)
    except (ValueError, RecursionError):
        return _reads_with_bad_ones(message)
    out = Decoded(boot=clean(body.boot or ""), seq=body.seq)
    if body.reads is not None:
        check_count(len(body.reads))
        add_reads(out, rows_of(body.reads), lambda i: f"reads[{i}].epc")
    elif body.columns is not None:
        check_count(len(body.columns.epc))
        add_reads(out, _rows_of_columns(body.columns), lambda i: f"columns.epc[{i}]")
    else:
        raise BadMessage("neither `reads` nor `columns` is there")
    return out


def _rows_of_columns(columns: _Columns) -> Rows:
    values = msgspec.structs.asdict(columns)
    _check_lengths({name: len(column) for name, column in values.items()})
    return Rows(raw_us=values.pop("seen_us"), **values)


def _check_lengths(lengths: dict[str, int]) -> None:
    n = lengths.get("epc", 0)
    for name, length in lengths.items():
        if length != n and (length or name == "seen_us"):
            raise BadMessage(f"columns.{name}: {length} entries where columns.epc has {n}")


def _reads_with_bad_ones(message: Message) -> Decoded:
    """Take the message apart again, read by read, so that the good ones are kept."""
    body = parse(_READS_UNCHECKED, message.payload)
    out = Decoded(boot=clean(body.boot or ""), seq=body.seq)
    if body.reads is not None:
        reads, numbers = each_good(_READ, body.reads, lambda i: f"reads[{i}]", out)
        add_reads(out, rows_of(reads), lambda i: f"reads[{numbers[i]}].epc")
        return out
    columns = body.columns or {}
    known = {name: columns[name] for name in _Columns.__struct_fields__ if name in columns}
    _check_lengths({name: len(column) for name, column in known.items()})
    reads, numbers = each_good(_READ, _across(known), lambda i: f"columns[{i}]", out)
    add_reads(out, rows_of(reads), lambda i: f"columns.epc[{numbers[i]}]")
    return out


def _across(columns: dict[str, list[Raw]]) -> list[Raw]:
    """Columns of JSON values, as rows of JSON objects."""
    kept = {name: column for name, column in columns.items() if column}
    n = len(kept.get("epc", ()))
    check_count(n)
    return [
        Raw(b"{" + b",".join(b'"%s":%s' % (name.encode(), bytes(column[i])) for name, column in kept.items()) + b"}")
        for i in range(n)
    ]


def _status(message: Message) -> Decoded:
    body = parse(_STATUS, message.payload)
    if body.status == "offline":
        return Decoded(events=[event(message, ReaderEventKind.OFFLINE, body.seen_us)])
    events = [event(message, ReaderEventKind.HEARTBEAT, body.seen_us, text=body.firmware or "")]
    for port, state in (body.antennas or {}).items():
        if not (port.isascii() and port.isdecimal() and int(port[:6]) <= np.iinfo(np.int16).max):
            raise BadMessage(f"antennas: {clean(port)!r} is not a port")
        events.append(antenna_state(message, body.seen_us, int(port), connected=state == "connected"))
    if body.purged:
        events.append(event(message, ReaderEventKind.OVERFLOW, body.seen_us, value=body.purged, text=SINCE_BOOT))
    return Decoded(events=events)


def _event(message: Message) -> Decoded:
    return Decoded(events=[_event_of(message, parse(_EVENT, message.payload))])


def _event_of(message: Message, body: _Event) -> ReaderEvent:
    at = body.seen_us
    if body.event in ("gpi", "gpo"):
        if body.state not in ("high", "low"):
            raise BadMessage(f"state: {body.state!r} is neither high nor low")
        return event(message, ReaderEventKind(body.event), at, port=body.port, value=float(body.state == "high"))
    if body.event == "antenna":
        if body.state not in ("connected", "disconnected"):
            raise BadMessage(f"state: {body.state!r} is neither connected nor disconnected")
        return antenna_state(message, at, body.port, connected=body.state == "connected")
    if body.event == "overflow":
        return event(message, ReaderEventKind.OVERFLOW, at, value=body.purged)
    return event(message, ReaderEventKind(body.event), at, port=body.port, text=body.message)


def _sensor(message: Message) -> Decoded:
    out = Decoded()
    readings, _ = each_good(_SENSOR, parse(_SENSORS, message.payload).readings, lambda i: f"readings[{i}]", out)
    out.sensors = [
        SensorReading(
            seen_us=r.seen_us,
            arrived_us=message.arrived_us,
            reader=message.reader.id,
            sensor=r.sensor,
            quantity=r.quantity,
            value=r.value,
        )
        for r in readings
    ]
    return out


def _answer(_: Message) -> Decoded:
    return Decoded(ignored="answer")


_KINDS: Final[dict[str, Callable[[Message], Decoded]]] = {
    "reads": _reads,
    "status": _status,
    "events": _event,
    "sensor": _sensor,
    "resp": _answer,
}
