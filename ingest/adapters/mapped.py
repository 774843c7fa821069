"""
Any other reader that publishes JSON, read by the map in its site file (docs/wire.md).
"""

import math
import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from core.model.reader_event import ReaderEventKind
from core.model.sensor_reading import SensorReading
from ingest.adapters.decoded import BadMessage, Decoded, Message
from ingest.adapters.epc_text import base64_hex, checked
from ingest.adapters.happenings import event, status_text
from ingest.adapters.mapping import Mapping, Maps, Scalar, TimeFormat, at_path
from ingest.adapters.payload import check_count, check_size, located, parse, quarantine
from ingest.adapters.rows import Read, add_reads, rows_of
from ingest.adapters.times import time_us

_ANY: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder()
_NUMBER: Final = re.compile(r"[+-]?\d{1,19}(\.\d{1,15})?", re.ASCII)
_NUMBER_MAX: Final = 10**19
_US_PER: Final[dict[TimeFormat, int]] = {"s": 1_000_000, "ms": 1_000, "us": 1}
_DBM_PER: Final = {"dbm": 1.0, "cdbm": 0.01}
_MHZ_PER: Final = {"mhz": 1.0, "khz": 1e-3, "hz": 1e-6}
_DEG_PER: Final = {"deg": 1.0, "rad": 180.0 / math.pi}
_SWITCH_WORDS: Final = {"open": 1.0, "closed": 0.0, "on": 1.0, "off": 0.0}
_MAPS: Final = Maps()


@dataclass(frozen=True, slots=True)
class _Item:
    """One read as it stands in a message: its own part of the JSON, the whole, and its place for error messages."""

    own: object
    root: object
    place: str

    def get(self, path: str | None) -> object:
        """What stands at a path: in the read, or in the whole message where the path begins with `$.`."""
        if path is None:
            return None
        value = at_path(self.root, path[2:]) if path.startswith("$.") else at_path(self.own, path)
        return None if value == "" else value

    def at(self, path: str) -> str:
        """Where a path of this read is."""
        return path if path.startswith("$.") else f"{self.place}.{path}".lstrip(".")


def decode(message: Message) -> Decoded:
    """Read one message by the reader's map; a top-level array is several messages in one."""
    check_size(message.payload)
    if not message.payload.strip():
        return Decoded(ignored="empty")
    said = status_text(message, any_words=False)
    if said is not None:
        return Decoded(events=[said])
    try:
        mapping = _MAPS.of(message.reader)
    except msgspec.ValidationError as exc:
        raise BadMessage(located(exc, "the reader's mapping")) from exc
    body = parse(_ANY, message.payload)
    roots = body if isinstance(body, list) else [body]
    check_count(len(roots))
    out = Decoded()
    items: list[_Item] = []
    for i, root in enumerate(roots):
        items += _items(message, mapping, _Item(root, root, f"[{i}]" if body is roots else ""), out)
    check_count(len(items))
    _add(message, mapping, items, out)
    return out


def _items(message: Message, mapping: Mapping, whole: _Item, out: Decoded) -> list[_Item]:
    """The reads of one message; what else it says goes into `out`."""
    if not isinstance(whole.root, dict):
        raise BadMessage(f"{whole.place or 'the message'} is not a JSON object")
    if not all(_is_one_of(whole.get(path), wanted) for path, wanted in mapping.only.items()):
        out.ignored = "not asked for"
        return []
    if mapping.status is not None and whole.get(mapping.status.path) is not None:
        _add_status(message, mapping, whole, out)
        return []
    _add_sensors(message, mapping, whole, out)
    if mapping.epc is None:
        return []
    if mapping.reads is None:
        return [whole]
    found = whole.get(mapping.reads)
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list):
        if found is None and mapping.sensors:
            return []
        raise BadMessage(f"{whole.at(mapping.reads)}: no array of reads stands there")
    return [_Item(own, whole.root, f"{whole.at(mapping.reads)}[{i}]") for i, own in enumerate(found)]


def _add(message: Message, mapping: Mapping, items: list[_Item], out: Decoded) -> None:
    reads: list[Read] = []
    places: list[str] = []
    for item in items:
        try:
            read = _read(mapping, item)
            if mapping.direction is not None:
                _add_direction(message, mapping, item, read, out)
        except BadMessage as exc:
            quarantine(out, str(exc))
            continue
        reads.append(read)
        places.append(item.at(mapping.epc or ""))
    add_reads(out, rows_of(reads), places.__getitem__)


def _read(mapping: Mapping, item: _Item) -> Read:
    values = {
        "seen_us": _time(item, mapping.time or "", mapping.time_format),
        "epc": _epc(mapping, item),
        "antenna": _antenna(mapping, item),
        "rssi_dbm": _scaled(item, mapping.rssi, _DBM_PER[mapping.rssi_unit]),
        "phase_deg": _scaled(item, mapping.phase, _DEG_PER[mapping.phase_unit]),
        "channel_mhz": _scaled(item, mapping.frequency, _MHZ_PER[mapping.frequency_unit]),
        "count": _whole(item, mapping.count),
    }
    try:
        return msgspec.convert(values, Read)
    except msgspec.ValidationError as exc:
        raise BadMessage(located(exc, item.place)) from exc


def _epc(mapping: Mapping, item: _Item) -> str:
    path = mapping.epc or ""
    value = item.get(path)
    if not isinstance(value, str):
        raise BadMessage(f"{item.at(path)}: {'is not there' if value is None else 'is not text'}")
    return checked(base64_hex(value, item.at(path)) if mapping.epc_encoding == "base64" else value, item.at(path))


def _antenna(mapping: Mapping, item: _Item) -> int | None:
    """The port. A name that the map doesn't have is no antenna: the tag was still seen by this reader."""
    if mapping.antenna is None:
        return None
    value = item.get(mapping.antenna)
    if isinstance(value, str) and value in mapping.antennas:
        return mapping.antennas[value]
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    return _whole(item, mapping.antenna)


def _time(item: _Item, path: str, form: TimeFormat) -> int:
    value = item.get(path)
    if value is None:
        raise BadMessage(f"{item.at(path)}: is not there")
    if form == "iso":
        if not isinstance(value, str):
            raise BadMessage(f"{item.at(path)}: is not an ISO 8601 time in quotes")
        return time_us(value, item.at(path))
    number = _number(value, item.at(path))
    if form == "ns":
        return int(number // 1_000)
    return round(number * _US_PER[form])


def _scaled(item: _Item, path: str | None, factor: float) -> float | None:
    value = item.get(path)
    return None if value is None or path is None else _number(value, item.at(path)) * factor


def _whole(item: _Item, path: str | None) -> int | None:
    value = item.get(path)
    if value is None or path is None:
        return None
    number = _number(value, item.at(path))
    if number != int(number):
        raise BadMessage(f"{item.at(path)}: {number} is not a whole number")
    return int(number)


def _number(value: object, place: str) -> float:
    """A number, or one in quotes, as some templates write it; whole ones stay exact."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        said = repr(value[:40]) if isinstance(value, str) else f"a {type(value).__name__}"
        raise BadMessage(f"{place}: {said} is not a number")
    if abs(value) > _NUMBER_MAX:
        raise BadMessage(f"{place}: the number is too large")
    return value


def _is_one_of(value: object, wanted: Scalar | list[Scalar] | tuple[Scalar, ...]) -> bool:
    """JSON's 1 and true are two things, though Python's are one."""
    return any(
        value == one and type(value) is type(one) for one in (wanted if isinstance(wanted, list | tuple) else [wanted])
    )


def _add_status(message: Message, mapping: Mapping, whole: _Item, out: Decoded) -> None:
    """Whether the reader is there. Its own time is left alone: a last will carries that of the connection."""
    assert mapping.status is not None
    value = whole.get(mapping.status.path)
    if _is_one_of(value, mapping.status.offline):
        out.events.append(event(message, ReaderEventKind.OFFLINE))
    elif _is_one_of(value, mapping.status.online):
        out.events.append(event(message, ReaderEventKind.ONLINE))
    else:
        out.ignored = "status"


def _add_direction(message: Message, mapping: Mapping, item: _Item, read: Read, out: Decoded) -> None:
    assert mapping.direction is not None
    value = item.get(mapping.direction.path)
    if value is None:
        return
    inward, outward = (_is_one_of(value, words) for words in (mapping.direction.inward, mapping.direction.outward))
    text = "in" if inward else "out" if outward else "none"
    out.events.append(event(message, ReaderEventKind.DIRECTION, read.seen_us, epc=read.epc, text=text))


def _add_sensors(message: Message, mapping: Mapping, whole: _Item, out: Decoded) -> None:
    for at in mapping.sensors:
        value = whole.get(at.value)
        if value is None:
            continue
        try:
            timed = mapping.time is not None and whole.get(mapping.time) is not None
            seen_us = _time(whole, mapping.time or "", mapping.time_format) if timed else message.arrived_us
            number = _switch(value, whole.at(at.value))
        except BadMessage as exc:
            quarantine(out, str(exc))
            continue
        out.sensors.append(
            SensorReading(
                seen_us=seen_us,
                arrived_us=message.arrived_us,
                reader=message.reader.id,
                sensor=at.sensor,
                quantity=at.quantity,
                value=number,
            )
        )


def _switch(value: object, place: str) -> float:
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and value.lower() in _SWITCH_WORDS:
        return _SWITCH_WORDS[value.lower()]
    return float(_number(value, place))
