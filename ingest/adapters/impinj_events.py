"""
What Impinj readers say besides tag reads.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from msgspec import Meta, Raw, Struct

from core.model.reader_event import ReaderEvent, ReaderEventKind
from ingest.adapters.decoded import BadMessage, Message
from ingest.adapters.epc_text import base64_hex, checked
from ingest.adapters.happenings import antenna_state, event
from ingest.adapters.times import time_us

HEARTBEAT: Final = ReaderEventKind.HEARTBEAT

Port = Annotated[int, Meta(ge=0, le=32_767)]


class AntennaChanged(Struct, rename="camel"):
    """An antenna came, went or began to transmit; the name is there where the reader is told to use names."""

    antenna_port: Port = 0
    antenna_name: str = ""


class InventoryStatus(Struct, rename="camel"):
    """`status` by the vendor's document; one client in the field reads `inventoryStatus`."""

    status: str = ""
    inventory_status: str = ""


class Overflow(Struct, rename="camel"):
    """The reader's buffer ran over."""

    events_purged: Annotated[int, Meta(ge=-(2**53), le=2**53)] = 0


class GpiTransition(Struct):
    """An input changed; only later firmware may send it."""

    gpi: Port = 0
    transition: str = ""


class Sector(Struct):
    """Where, by the reader's own sectors, and when."""

    sector: str = ""
    timestamp: str | None = None


class Direction(Struct, rename="camel"):
    """A tag came into sight, moved, or went out of sight."""

    event_type: str
    epc: str | None = None
    epc_hex: str | None = None
    first_seen: Sector | None = None
    last_seen: Sector | None = None


class EventKeys(Struct, rename="camel", kw_only=True):
    """The keys that a reader event may have besides those of tag reads; exactly one is there."""

    antenna_connected_event: AntennaChanged | None = None
    antenna_disconnected_event: AntennaChanged | None = None
    antenna_activation_event: AntennaChanged | None = None
    inventory_status_event: InventoryStatus | None = None
    inventory_terminated_event: dict[str, Raw] | None = None
    diagnostic_event: dict[str, Raw] | None = None
    overflow_event: Overflow | None = None
    gpi_transition_event: GpiTransition | None = None
    tag_location_exit_event: dict[str, Raw] | None = None
    direction_event: Direction | None = None


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A tag that was seen somewhere before the reader."""

    epc: str
    seen_us: int


@dataclass(slots=True, kw_only=True)
class Said:
    """What one reader event comes to."""

    events: list[ReaderEvent] = field(default_factory=list)
    sighting: Glimpse | None = None
    ignored: str = ""


def reader_event(message: Message, body: EventKeys, at: int) -> Said:
    """Put a reader event that is no tag read into our words."""
    for key, handle in _HANDLERS.items():
        value = getattr(body, key)
        if value is not None:
            return handle(message, value, at)
    raise BadMessage("none of the events that an Impinj reader sends is in it")


def _connected(message: Message, antenna: AntennaChanged, at: int) -> Said:
    return Said(events=[antenna_state(message, at, _port(message, antenna), connected=True)])


def _disconnected(message: Message, antenna: AntennaChanged, at: int) -> Said:
    return Said(events=[antenna_state(message, at, _port(message, antenna), connected=False)])


def _activated(message: Message, antenna: AntennaChanged, at: int) -> Said:
    return Said(events=[event(message, HEARTBEAT, at, port=_port(message, antenna), text="antenna active")])


def _terminated(message: Message, _: object, at: int) -> Said:
    return Said(events=[event(message, ReaderEventKind.INVENTORY_STOPPED, at, text="terminated")])


def _overflow(message: Message, overflow: Overflow, at: int) -> Said:
    return Said(events=[event(message, ReaderEventKind.OVERFLOW, at, value=float(max(overflow.events_purged, 0)))])


def _diagnostic(*_: object) -> Said:
    return Said(ignored="diagnostic")


def _location_exit(*_: object) -> Said:
    return Said(ignored="location exit")


def _port(message: Message, antenna: AntennaChanged) -> int:
    names: dict[str, int] = message.reader.mapping.get("antennas", {})
    return antenna.antenna_port or names.get(antenna.antenna_name, 0)


def _inventory(message: Message, status: InventoryStatus, at: int) -> Said:
    said = status.status or status.inventory_status
    if not said:
        return Said(ignored="inventory status")
    if said not in ("idle", "running", "armed"):
        raise BadMessage(f"inventoryStatusEvent.status: {said[:40]!r} is none of idle, running, armed")
    kind = ReaderEventKind.INVENTORY_STARTED if said == "running" else ReaderEventKind.INVENTORY_STOPPED
    return Said(events=[event(message, kind, at, text=said)])


def _gpi(message: Message, gpi: GpiTransition, at: int) -> Said:
    if not gpi.transition:
        return Said(ignored="input")
    if gpi.transition not in ("high-to-low", "low-to-high"):
        raise BadMessage(f"gpiTransitionEvent.transition: {gpi.transition[:40]!r} is no transition")
    high = float(gpi.transition == "low-to-high")
    return Said(events=[event(message, ReaderEventKind.GPI, at, port=gpi.gpi, value=high)])


def _direction(message: Message, body: Direction, at: int) -> Said:
    """
    A tag in sight is a sighting; one that has gone out of sight is the reader's verdict.

    Sectors have names of the installer's choice: the reader's mapping says which of them lie inside.
    """
    epc = _direction_epc(body)
    last = body.last_seen or Sector()
    seen_us = at if last.timestamp is None else time_us(last.timestamp, "directionEvent.lastSeen.timestamp")
    if body.event_type != "exit":
        return Said(sighting=Glimpse(epc, seen_us))
    inside: list[str] = message.reader.mapping.get("inside_sectors", [])
    first = body.first_seen or Sector()
    began, ended = first.sector in inside, last.sector in inside
    text = "none" if began == ended else "in" if ended else "out"
    return Said(events=[event(message, ReaderEventKind.DIRECTION, seen_us, epc=epc, text=text)])


def _direction_epc(body: Direction) -> str:
    epc = body.epc_hex if body.epc_hex is not None else base64_hex(body.epc or "", "directionEvent.epc")
    return checked(epc, "directionEvent.epc")


_HANDLERS: Final[dict[str, Callable[[Message, Any, int], Said]]] = {
    "inventory_status_event": _inventory,
    "inventory_terminated_event": _terminated,
    "antenna_connected_event": _connected,
    "antenna_disconnected_event": _disconnected,
    "antenna_activation_event": _activated,
    "overflow_event": _overflow,
    "gpi_transition_event": _gpi,
    "direction_event": _direction,
    "diagnostic_event": _diagnostic,
    "tag_location_exit_event": _location_exit,
}
