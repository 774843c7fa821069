"""
Which zone a point lies in, and how one walks from one point to another.
"""

import itertools

import numpy as np

from firmware_sim.arrays import Shorts, Singles
from firmware_sim.plan import Plan

NOWHERE = -1
"""Inside the building, in no zone: a corridor."""
OUTSIDE = -2
"""Not in the building."""
_CELLS_PER_M = 2
_STRIDE = 1
Point = tuple[float, float]


class Floor:
    """The plan as a raster of half-metre cells; all zones' edges lie on it, so a look-up is exact."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._columns = int(plan.width_m * _CELLS_PER_M)
        self._rows = int(plan.height_m * _CELLS_PER_M)
        # A ring of cells around the building stands for outside.
        self._cells = np.full((self._columns + 2, self._rows + 2), OUTSIDE, np.int16)
        self._cells[1:-1, 1:-1] = NOWHERE
        for no, zone in enumerate(plan.zones):
            left, lower, right, upper = (
                round(edge * _CELLS_PER_M) + _STRIDE for edge in (zone.x0, zone.y0, zone.x1, zone.y1)
            )
            self._cells[left:right, lower:upper] = no

    def zone_at(self, x: Singles, y: Singles) -> Shorts:
        """Zone index of each point, NOWHERE or OUTSIDE."""
        column = np.clip(np.floor(x * _CELLS_PER_M).astype(np.int64) + _STRIDE, 0, self._columns + 1)
        row = np.clip(np.floor(y * _CELLS_PER_M).astype(np.int64) + _STRIDE, 0, self._rows + 1)
        found: Shorts = self._cells[column, row]
        return found

    def route(self, start: Point, end: Point) -> list[Point]:
        """Waypoints of the shortest way along lanes and crossings; straight on inside one zone."""
        here, there = (self._zone_near(point) for point in (start, end))
        if here == there:
            return [end]
        ways = [
            self._way(start, end, lanes, x)
            for lanes in itertools.product(self._lanes(here, start), self._lanes(there, end))
            for x in (self.plan.crossings if lanes[0] != lanes[1] else (start[0],))
        ]
        return min(ways, key=lambda way: _length(start, way))

    def _zone_near(self, point: Point) -> int:
        """Zone of a point; one outside a door belongs to the door's zone."""
        x = min(max(point[0], 0.01), self.plan.width_m - 0.01)
        y = min(max(point[1], 0.01), self.plan.height_m - 0.01)
        return int(self.zone_at(np.array([x], np.float32), np.array([y], np.float32))[0])

    def _lanes(self, zone: int, point: Point) -> tuple[float, ...]:
        return self.plan.zones[zone].lanes if zone >= 0 else (point[1],)

    def _way(self, start: Point, end: Point, lanes: tuple[float, float], x: float) -> list[Point]:
        enter_x, leave_x = self._inside(end)[0], self._inside(start)[0]
        way = [(leave_x, start[1]), (leave_x, lanes[0]), (x, lanes[0]), (x, lanes[1]), (enter_x, lanes[1])]
        return [*way, (enter_x, end[1]), end]

    def _inside(self, point: Point) -> Point:
        """Give the point itself, or the middle of the door's zone for one outside the right wall."""
        if point[0] <= self.plan.width_m:
            return point
        return self.plan.zones[self._zone_near(point)].middle


def _length(start: Point, way: list[Point]) -> float:
    return sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in itertools.pairwise([start, *way]))
