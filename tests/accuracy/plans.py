"""Floor plans of recorded rooms: rectangles, and readers hung into them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.site import Antenna, EngineParameters, Reader, Site, Zone, ZoneKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangular zone, metres; kind matters to the engine only where a tag may leave the building."""

    id: str
    left: float
    low: float
    right: float
    high: float
    kind: ZoneKind = ZoneKind.PICKING

    def zone(self) -> Zone:
        """The box as a zone of a site."""
        corners = ((self.left, self.low), (self.right, self.low), (self.right, self.high), (self.left, self.high))
        return Zone(id=self.id, name=self.id, kind=self.kind, polygon=corners)

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in it; the left and the low edge belong to it."""
        return self.left <= x < self.right and self.low <= y < self.high


def room(name: str, boxes: Sequence[Box], readers: Sequence[Reader], engine: EngineParameters | None = None) -> Site:
    """Put a site together whose plan is as large as its boxes."""
    return Site(
        id=name,
        name=name,
        timezone="UTC",
        width_m=max(box.right for box in boxes),
        height_m=max(box.high for box in boxes),
        zones=tuple(box.zone() for box in boxes),
        readers=tuple(readers),
        engine=engine or EngineParameters(),
    )


def reader(name: str, *antennas: Antenna) -> Reader:
    """Name a native reader with its antennas."""
    return Reader(id=name, name=name, antennas=antennas)


def nearest_box(boxes: Sequence[Box], x: float, y: float) -> str:
    """Name the box that a point lies in, or else the nearest one."""

    def away(box: Box) -> float:
        dx = max(box.left - x, 0.0, x - box.right)
        dy = max(box.low - y, 0.0, y - box.high)
        return math.hypot(dx, dy)

    return min(boxes, key=lambda box: (not box.holds(x, y), away(box))).id
