"""
The floor plan of one warehouse: zones, readers and antennas, doors, sensors. Frozen once loaded.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any


class ZoneKind(StrEnum):
    """What a zone is for."""

    RECEIVING = "receiving"
    STORAGE = "storage"
    PICKING = "picking"
    PACKING = "packing"
    STAGING = "staging"
    DOCK_DOOR = "dock_door"
    EXIT = "exit"
    RETURNS = "returns"
    QUARANTINE = "quarantine"
    OFFICE = "office"


PORTALS = frozenset({ZoneKind.DOCK_DOOR, ZoneKind.EXIT})
"""Zones through which things leave the building."""


class ReaderFormat(StrEnum):
    """Whose words a reader speaks."""

    NATIVE = "native"
    ZEBRA = "zebra"
    IMPINJ = "impinj"
    MAPPED = "mapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineParameters:
    """How patient the engine is; seconds. docs/site-file.md says what each is for."""

    settle_s: float = 2.0
    dedupe_s: float = 0.25
    door_dedupe_s: float = 0.05
    leave_after_s: float = 4.0
    missing_after_s: float = 1800.0
    reader_offline_after_s: float = 60.0
    environment: str = "warehouse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A part of the floor. polygon is its corners in metres, in order, the first not repeated."""

    id: str
    name: str
    kind: ZoneKind
    polygon: tuple[tuple[float, float], ...]
    capacity: int | None = None
    missing_after_s: float | None = None
    retired: bool = False
    """No longer on the plan; kept because history points at its index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Antenna:
    """One antenna of a reader; metres, and degrees counter-clockwise from the x axis."""

    port: int
    x: float
    y: float
    zone: str
    z: float = 3.0
    facing_deg: float | None = None
    range_m: float = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A reader, or a gateway of IoT sensors. topics are exact; a native reader's follow from its id."""

    id: str
    name: str
    format: ReaderFormat = ReaderFormat.NATIVE
    topics: tuple[str, ...] = ()
    command_topic: str = ""
    heartbeat_s: float = 10.0
    mapping: dict[str, Any] = field(default_factory=dict)
    antennas: tuple[Antenna, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoEye:
    """Two light beams across a door, on inputs of a reader."""

    reader: str
    inside_port: int
    outside_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A way out of the building, with the zone that tags are in while they pass."""

    id: str
    name: str
    zone: str
    kind: str = "dock"
    photo_eyes: tuple[PhotoEye, ...] = ()
    facing_deg: float | None = None
    """Which way is out, degrees counter-clockwise from the x axis; left out, core/door_axis.py works it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """An IoT sensor and its place."""

    id: str
    reader: str
    quantity: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPoint:
    """
    A reader with one of its antennas, as the engine counts them: `index` is dense in the site.

    Each reader also has a read point with antenna 0, for reads that name no antenna or one that the plan
    doesn't have; it stands at the middle of the reader's antennas.
    """

    index: int
    reader: str
    antenna: int
    x: float
    y: float
    z: float
    zone: int
    """Index of the antenna's own zone; that of the first antenna for antenna 0; -1 for a reader without antennas."""
    range_m: float
    facing_deg: float | None


# Not slotted: the derived tables are cached on the instance.
@dataclass(frozen=True, kw_only=True)
class Site:
    """One warehouse. The order of zones and read points is part of its identity: indexes into them are stored."""

    id: str
    name: str
    timezone: str
    width_m: float
    height_m: float
    zones: tuple[Zone, ...]
    readers: tuple[Reader, ...]
    doors: tuple[Door, ...] = ()
    sensors: tuple[Sensor, ...] = ()
    engine: EngineParameters = field(default_factory=EngineParameters)
    read_point_order: tuple[tuple[str, int], ...] = ()
    """(reader, antenna) of the read points that already have a stored index, in index order."""

    @cached_property
    def zone_index(self) -> dict[str, int]:
        """Zone id -> its index."""
        return {zone.id: i for i, zone in enumerate(self.zones)}

    @cached_property
    def reader_index(self) -> dict[str, int]:
        """Reader id -> its index."""
        return {reader.id: i for i, reader in enumerate(self.readers)}

    @cached_property
    def read_points(self) -> tuple[ReadPoint, ...]:
        """All read points: those already numbered in that order, then for each reader antenna 0 and its antennas."""
        planned = {
            (reader.id, antenna.port): antenna
            for reader in self.readers
            for antenna in (_whole_reader(reader), *reader.antennas)
        }
        order = dict.fromkeys((*self.read_point_order, *planned))
        return tuple(self._read_point(i, key, planned.get(key, _RETIRED)) for i, key in enumerate(order))

    def _read_point(self, index: int, key: tuple[str, int], antenna: Antenna) -> ReadPoint:
        return ReadPoint(
            index=index,
            reader=key[0],
            antenna=key[1],
            x=antenna.x,
            y=antenna.y,
            z=antenna.z,
            zone=self.zone_index.get(antenna.zone, -1),
            range_m=antenna.range_m,
            facing_deg=antenna.facing_deg,
        )

    @cached_property
    def read_point_index(self) -> dict[tuple[str, int], int]:
        """(reader id, antenna port) -> index of the read point."""
        return {(point.reader, point.antenna): point.index for point in self.read_points}

    @cached_property
    def door_of_zone(self) -> dict[int, Door]:
        """Zone index -> the door that it belongs to."""
        return {self.zone_index[door.zone]: door for door in self.doors}


_RETIRED = Antenna(port=0, x=0.0, y=0.0, zone="")


def _whole_reader(reader: Reader) -> Antenna:
    """The stand-in for reads without an antenna: in the middle of the reader's antennas, reaching as far as they do."""
    n = len(reader.antennas)
    if n == 0:
        return Antenna(port=0, x=0.0, y=0.0, zone="")
    x = sum(a.x for a in reader.antennas) / n
    y = sum(a.y for a in reader.antennas) / n
    spread = max(((a.x - x) ** 2 + (a.y - y) ** 2) ** 0.5 for a in reader.antennas)
    return Antenna(
        port=0,
        x=x,
        y=y,
        z=reader.antennas[0].z,
        zone=reader.antennas[0].zone,
        range_m=spread + max(a.range_m for a in reader.antennas),
    )
