"""Which way is out through a door, and where its antennas stand along that way: worked out from the floor plan."""

import math
from dataclasses import dataclass

from core.model.columns import NO_ANTENNA
from core.site import Door, ReadPoint, Site

Vector = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorAxis:
    """A door's antennas, with metres along the way out and across it (to its left), from the antennas' middle."""

    points: tuple[int, ...]
    along_m: tuple[float, ...]
    across_m: tuple[float, ...]


def axis_of(site: Site, door: Door) -> DoorAxis:
    """Lay a door's antennas out along the way out. A door without antennas has an empty one."""
    zone = site.zone_index[door.zone]
    points = [point for point in site.read_points if point.zone == zone and _is_real(site, point)]
    if not points:
        return DoorAxis(points=(), along_m=(), across_m=())
    ux, uy = out_of(site, door)
    x, y = _middle([(point.x, point.y) for point in points])
    return DoorAxis(
        points=tuple(point.index for point in points),
        along_m=tuple((p.x - x) * ux + (p.y - y) * uy for p in points),
        across_m=tuple((p.y - y) * ux - (p.x - x) * uy for p in points),
    )


def out_of(site: Site, door: Door) -> Vector:
    """
    Give the unit vector that points out through a door.

    That is `facing_deg` where the plan says it. Otherwise it is along x or y, towards the edge of the plan that the
    door's zone lies nearest to; in the middle of a plan, away from the middle of the other zones.
    """
    if door.facing_deg is not None:
        angle = math.radians(door.facing_deg)
        return math.cos(angle), math.sin(angle)
    corners = site.zones[site.zone_index[door.zone]].polygon
    x, y = _middle(corners)
    left, low = min(c[0] for c in corners), min(c[1] for c in corners)
    right, high = site.width_m - max(c[0] for c in corners), site.height_m - max(c[1] for c in corners)
    inside_x, inside_y = _inside(site, door)
    ways: list[tuple[float, float, Vector]] = [
        (left, inside_x - x, (-1.0, 0.0)),
        (right, x - inside_x, (1.0, 0.0)),
        (low, inside_y - y, (0.0, -1.0)),
        (high, y - inside_y, (0.0, 1.0)),
    ]
    # Nearest edge first; of two equally near ones, the one that leads further from where the goods are.
    return min(ways, key=lambda way: (max(round(way[0], 1), 0.0), -way[1]))[2]


def _inside(site: Site, door: Door) -> Vector:
    others = [zone for zone in site.zones if zone.id != door.zone and not zone.retired]
    if not others:
        return site.width_m / 2, site.height_m / 2
    return _middle([_middle(zone.polygon) for zone in others])


def _middle(places: "tuple[Vector, ...] | list[Vector]") -> Vector:
    return sum(x for x, _ in places) / len(places), sum(y for _, y in places) / len(places)


def _is_real(site: Site, point: ReadPoint) -> bool:
    """Whether it is an antenna, and still on the plan."""
    return point.antenna != NO_ANTENNA and point.reader in site.reader_index
