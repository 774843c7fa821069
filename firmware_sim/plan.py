"""
What a floor plan is made of, as the simulator needs it: rectangles, antennas, doors, walls.
"""

from dataclasses import dataclass
from typing import Literal

Firmware = Literal["native", "zebra", "impinj"]
Style = Literal[
    # Native payload forms.
    "rows",
    "columns",
    "binary",
    # Zebra operating modes.
    "SIMPLE",
    "INVENTORY",
    "PORTAL",
    "CONVEYOR",
    "CUSTOM",
    "DIRECTIONALITY",
    # Impinj: an event for each read.
    "events",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonePlan:
    """A rectangle of floor, and the lanes (y of corridors) from which one walks into it."""

    id: str
    name: str
    kind: str
    x0: float
    y0: float
    x1: float
    y1: float
    lanes: tuple[float, ...]
    capacity: int | None = None

    @property
    def middle(self) -> tuple[float, float]:
        """The centre of the rectangle."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AntennaPlan:
    """One antenna: where it hangs, what it is there for, and how much weaker than usual it transmits."""

    port: int
    x: float
    y: float
    zone: str
    z: float = 4.0
    range_m: float = 8.0
    facing_deg: float | None = None
    back_off_db: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderPlan:
    """A reader: its firmware, how that is set, and its antennas."""

    id: str
    name: str
    firmware: Firmware
    style: Style
    antennas: tuple[AntennaPlan, ...] = ()
    heartbeat_s: float = 5.0
    rounds_per_s: float = 150.0
    """Inventory slots that it spends on tags at rest in a second."""
    newcomers_per_s: float = 50.0
    """Reads of tags on the move that it gets through in a second."""
    fold_s: float = 0.1
    """Reporting interval: reads of one tag by one antenna within it are told as one."""
    newer: bool = False
    """Zebra: speaks as newer firmware does (key order, heartbeat shape)."""
    topic_root: str = ""
    """Zebra and Impinj: where the operator lets it publish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorPlan:
    """A way out: the zone one passes, where outside is, and the reader whose inputs see the light beams."""

    id: str
    name: str
    zone: str
    kind: Literal["dock", "exit"]
    outside: tuple[float, float]
    eyes_reader: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorPlan:
    """An IoT sensor on a gateway."""

    id: str
    reader: str
    quantity: str
    x: float
    y: float
    base: float
    swing: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """A wall from one point to another, and what it takes from a signal."""

    x0: float
    y0: float
    x1: float
    y1: float
    loss_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole floor."""

    name: str
    timezone: str
    width_m: float
    height_m: float
    zones: tuple[ZonePlan, ...]
    readers: tuple[ReaderPlan, ...]
    doors: tuple[DoorPlan, ...]
    sensors: tuple[SensorPlan, ...]
    walls: tuple[Wall, ...]
    crossings: tuple[float, ...]
    """x of the corridors that join the lanes."""

    def zone_no(self, zone_id: str) -> int:
        """Index of a zone."""
        return next(i for i, zone in enumerate(self.zones) if zone.id == zone_id)

    def zones_of(self, *kinds: str) -> tuple[int, ...]:
        """Indexes of the zones of these kinds, or with these ids."""
        return tuple(i for i, zone in enumerate(self.zones) if zone.kind in kinds or zone.id in kinds)

    def door(self, door_id: str) -> DoorPlan:
        """Find a door by its id."""
        return next(door for door in self.doors if door.id == door_id)
