"""
Any other reader that publishes JSON, read by the map in its site file (docs/wire.md).
"""

from typing import Any, Final

import msgspec

from core.model.reader_event import ReaderEventKind
from core.model.sensor_reading import SensorReading
from ingest.adapters.decoded import BadMessage, Decoded, Message
from ingest.adapters.happenings import event, status_text
from ingest.adapters.mapped_reads import Item, number_of, read_items, time_of
from ingest.adapters.mapping import Direction, Mapping, Maps, Scalar
from ingest.adapters.payload import check_count, check_size, located, parse, quarantine
from ingest.adapters.rows import add_reads

_ANY: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder()
_SWITCH_WORDS: Final = {"open": 1.0, "closed": 0.0, "on": 1.0, "off": 0.0}
_MAPS: Final = Maps()


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
    items: list[Item] = []
    for i, root in enumerate(roots):
        items += _items(message, mapping, Item(root, root, f"[{i}]" if body is roots else ""), out)
    check_count(len(items))
    _add(message, mapping, items, out)
    return out


def _items(message: Message, mapping: Mapping, whole: Item, out: Decoded) -> list[Item]:
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
    place = whole.at(mapping.reads)
    return [Item(own, whole.root, place, i) for i, own in enumerate(found)]


def _add(message: Message, mapping: Mapping, items: list[Item], out: Decoded) -> None:
    rows, good = read_items(mapping, items, out)
    if mapping.direction is not None:
        for item, seen_us, epc in zip(good, rows.raw_us, rows.epc, strict=True):
            _add_direction(message, mapping.direction, item.get(mapping.direction.path), (seen_us, epc), out)
    add_reads(out, rows, lambda i: good[i].at(mapping.epc or ""))


def _is_one_of(value: object, wanted: Scalar | list[Scalar] | tuple[Scalar, ...]) -> bool:
    """JSON's 1 and true are two things, though Python's are one."""
    return any(
        value == one and type(value) is type(one) for one in (wanted if isinstance(wanted, list | tuple) else [wanted])
    )


def _add_status(message: Message, mapping: Mapping, whole: Item, out: Decoded) -> None:
    """Whether the reader is there. Its own time is left alone: a last will carries that of the connection."""
    assert mapping.status is not None
    value = whole.get(mapping.status.path)
    if _is_one_of(value, mapping.status.offline):
        out.events.append(event(message, ReaderEventKind.OFFLINE))
    elif _is_one_of(value, mapping.status.online):
        out.events.append(event(message, ReaderEventKind.ONLINE))
    else:
        out.ignored = "status"


def _add_direction(message: Message, direction: Direction, value: object, read: tuple[int, str], out: Decoded) -> None:
    """The reader's own verdict on which way a tag went; read is when it was seen, and its EPC."""
    if value is None:
        return
    inward, outward = (_is_one_of(value, words) for words in (direction.inward, direction.outward))
    text = "in" if inward else "out" if outward else "none"
    seen_us, epc = read
    out.events.append(event(message, ReaderEventKind.DIRECTION, seen_us, epc=epc, text=text))


def _add_sensors(message: Message, mapping: Mapping, whole: Item, out: Decoded) -> None:
    for at in mapping.sensors:
        value = whole.get(at.value)
        if value is None:
            continue
        path = at.value
        try:
            number = _switch(value)
            at_time = whole.get(path := mapping.time or "") if mapping.time else None
            seen_us = message.arrived_us if at_time is None else time_of(at_time, mapping.time_format)
        except ValueError as exc:
            quarantine(out, f"{whole.at(path)}: {exc}")
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


def _switch(value: object) -> float:
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and value.lower() in _SWITCH_WORDS:
        return _SWITCH_WORDS[value.lower()]
    return float(number_of(value))
