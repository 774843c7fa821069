"""
What isn't radio: light beams across the doors, and sensors of temperature, humidity and doors.
"""

from typing import Final

import numpy as np

from firmware_sim.plan import DoorPlan, Plan, ZonePlan
from firmware_sim.world import Mover

INSIDE_PORT, OUTSIDE_PORT = 1, 2
_BEAMS_Y: Final = {INSIDE_PORT: 3.2, OUTSIDE_PORT: 0.8}
_HALF_WIDTH_M: Final = 0.5
"""A mover breaks a beam while its middle is this near."""
EVERY_S: Final = 5.0
_OPEN_Y: Final = 5.0
_DAY_S: Final = 86_400.0


class PhotoEyes:
    """Two beams in each dock door that has them."""

    def __init__(self, plan: Plan) -> None:
        self._doors = [(door, plan.zones[plan.zone_no(door.zone)]) for door in plan.doors if door.eyes_reader]
        self._broken: dict[tuple[str, int], bool] = {}

    def changes(self, movers: list[Mover]) -> dict[str, list[tuple[int, bool]]]:
        """Beams that have been broken or have come clear again: (input, broken) for each reader."""
        x = np.array([mover.x for mover in movers])
        y = np.array([mover.y for mover in movers])
        found: dict[str, list[tuple[int, bool]]] = {}
        for door, zone in self._doors:
            within = y[(x > zone.x0) & (x < zone.x1)]
            for port, beam_y in _BEAMS_Y.items():
                broken = bool((np.abs(within - beam_y) < _HALF_WIDTH_M).any())
                if broken != self._broken.get((door.eyes_reader, port), False):
                    self._broken[door.eyes_reader, port] = broken
                    found.setdefault(door.eyes_reader, []).append((port, broken))
        return found


class Sensors:
    """Slow values with a little noise, told every few seconds; a door's contact at once when it changes."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self._plan = plan
        self._rng = np.random.default_rng([seed, 4])
        self._due_s: dict[str, float] = {}
        self._open: dict[str, bool] = {}

    def due(self, reader: str, movers: list[Mover], at_s: float) -> list[tuple[str, str, float]]:
        """Values that a gateway has to tell now: (sensor, quantity, value)."""
        mine = [sensor for sensor in self._plan.sensors if sensor.reader == reader]
        if not mine:
            return []
        regular = at_s >= self._due_s.get(reader, 0.0)
        if regular:
            self._due_s[reader] = at_s + EVERY_S
        told: list[tuple[str, str, float]] = []
        for sensor in mine:
            if sensor.quantity == "contact":
                opened = self._is_open(sensor.id.removeprefix("contact-"), movers)
                if regular or opened != self._open.get(sensor.id):
                    told.append((sensor.id, sensor.quantity, float(opened)))
                self._open[sensor.id] = opened
            elif regular:
                swing = sensor.swing * np.sin(2 * np.pi * at_s / _DAY_S) + 0.05 * self._rng.normal()
                told.append((sensor.id, sensor.quantity, round(sensor.base + float(swing), 2)))
        return told

    def _is_open(self, door_id: str, movers: list[Mover]) -> bool:
        door: DoorPlan = self._plan.door(door_id)
        zone: ZonePlan = self._plan.zones[self._plan.zone_no(door.zone)]
        return any(zone.x0 < mover.x < zone.x1 and mover.y < _OPEN_Y for mover in movers)
