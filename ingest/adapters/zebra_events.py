"""
What Zebra readers say besides tag reads: heartbeats, inputs, warnings, and the ATR7000's word on a tag's direction.
"""

import re
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from core.model.reader_event import ReaderEvent, ReaderEventKind
from ingest.adapters.decoded import Message
from ingest.adapters.epc_text import checked
from ingest.adapters.happenings import SINCE_BOOT, antenna_state, event
from ingest.adapters.payload import parse
from ingest.adapters.times import time_us

DIRECTIONALITY: Final = "DIRECTIONALITY"
MANAGEMENT: Final = frozenset({"heartbeat", "gpi", "gpo", "error", "warning"})

Pin = Annotated[int, Meta(ge=0, le=32_767)]

_PORT_TEXT: Final = re.compile(r"Antenna (Disconnected|Reconnected) on Port (\d{1,4})", re.ASCII | re.IGNORECASE)
_FAILED_PORT: Final = re.compile(r"\(PA\) Failure on Port (\d{1,4})", re.ASCII | re.IGNORECASE)
_DIRECTIONS: Final = {"IN": "in", "OUT": "out"}
_DROPPED: Final = "numDataMessagesDropped"


class _Io(Struct):
    pin: Pin
    state: Literal["HIGH", "LOW"]


class _Words(Struct):
    message: str = ""


# Firmwares differ in what a heartbeat holds and in its types: only what we need is looked at, and leniently.
class _Heartbeat(Struct):
    radio_control: Any = None
    reader_gateway: Any = None
    system: Any = None


class _TimedOut(Struct):
    tagId: str  # noqa: N815 - the vendor's name
    direction: str | None = None
    lastSeenTimestamp: str | None = None  # noqa: N815


_IO: Final = msgspec.json.Decoder(_Io)
_WORDS: Final = msgspec.json.Decoder(_Words)
_HEARTBEAT: Final = msgspec.json.Decoder(_Heartbeat)
_TIMED_OUT: Final = msgspec.json.Decoder(_TimedOut)


def management_events(message: Message, kind: str, timestamp: str | None, data: Raw) -> list[ReaderEvent]:
    """Everything that one management event says."""
    at = time_us(timestamp or "", "timestamp")
    if kind == "heartbeat":
        return _heartbeat(message, at, parse(_HEARTBEAT, data, "data"))
    if kind in ("gpi", "gpo"):
        io = parse(_IO, data, "data")
        return [event(message, ReaderEventKind(kind), at, port=io.pin, value=float(io.state == "HIGH"))]
    return [_words(message, kind, at, parse(_WORDS, data, "data").message)]


def direction_events(message: Message, timestamp: str, data: Raw) -> list[ReaderEvent]:
    """The verdict on a tag that has gone out of sight; which way it went counts from when it was last seen."""
    said = parse(_TIMED_OUT, data, "data")
    epc = checked(said.tagId, "data.tagId")
    at = time_us(said.lastSeenTimestamp or timestamp, "data.lastSeenTimestamp")
    text = _DIRECTIONS.get(said.direction or "", "none")
    return [event(message, ReaderEventKind.DIRECTION, at, epc=epc, text=text)]


def _words(message: Message, kind: str, at: int, text: str) -> ReaderEvent:
    port = _PORT_TEXT.search(text)
    if port is not None:
        return antenna_state(message, at, int(port[2]), connected=port[1].lower() == "reconnected")
    failed = _FAILED_PORT.search(text)
    return event(message, ReaderEventKind(kind), at, port=int(failed[1]) if failed else 0, text=text)


def _heartbeat(message: Message, at: int, data: _Heartbeat) -> list[ReaderEvent]:
    """It lives (`value`: by how many ms its clock is off, as it thinks), which antennas it has, what it has dropped."""
    offset = _number(_within(_within(data.system, "ntp"), "offset"))
    events = [event(message, ReaderEventKind.HEARTBEAT, at, value=offset)]
    antennas = _within(data.radio_control, "antennas")
    for port, state in antennas.items() if isinstance(antennas, dict) else ():
        if port.isascii() and port.isdecimal() and len(port) <= len("9999") and state in ("connected", "disconnected"):
            events.append(antenna_state(message, at, int(port), connected=state == "connected"))
    dropped = _dropped(data.reader_gateway)
    if dropped > 0:
        events.append(event(message, ReaderEventKind.OVERFLOW, at, value=dropped, text=SINCE_BOOT))
    return events


def _dropped(gateway: object) -> float:
    """Older firmware counts once, newer once a data path."""
    paths = _within(gateway, "dataPathStatistics")
    if isinstance(paths, list):
        return sum(_number(_within(path, _DROPPED)) for path in paths)
    return _number(_within(gateway, _DROPPED))


def _within(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _number(value: object) -> float:
    """A number that some firmwares write as text; 0 where it is neither."""
    try:
        number = float(value) if isinstance(value, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return 0.0
    return number if abs(number) < float(2**53) else 0.0
