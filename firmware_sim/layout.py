"""
The demo warehouse is laid out here: 80 by 50 metres, 36 zones, 31 readers.

Along the lower wall lie six dock doors, three for goods in and three for goods out; behind them receiving and staging,
then picking and packing, then two rows of storage aisles; on the right the staff exit, returns, quarantine, the cage
for what is easily stolen, and the office.
"""

from typing import Final

from firmware_sim.layout_readers import readers
from firmware_sim.plan import DoorPlan, Plan, SensorPlan, Wall, ZonePlan

LANE_DOCK: Final = 5.0
LANE_FRONT: Final = 13.0
LANE_MIDDLE: Final = 21.0
LANE_AISLES: Final = 35.0
LANE_BACK: Final = 49.0
DOOR_X: Final = (7.0, 17.0, 27.0, 39.0, 50.0, 61.0)


TWIN_X: Final = (7.0, 12.0, 27.0, 39.0, 44.0, 61.0)
"""Middles of the dock doors where two pairs of them stand side by side."""


def demo_plan(door_x: tuple[float, ...] = DOOR_X) -> Plan:
    """Lay out the warehouse, with its dock doors' middles here."""
    zones = (*_docks(door_x), *_floor(), *_aisles(), *_right_side())
    return Plan(
        name="Demo warehouse",
        timezone="Europe/Berlin",
        width_m=80.0,
        height_m=50.0,
        zones=zones,
        readers=readers(zones),
        doors=_doors(door_x),
        sensors=_sensors(door_x),
        walls=_walls(door_x),
        crossings=(1.0, 33.0, 69.0),
    )


def _zone(zone_id: str, name: str, kind: str, box: tuple[float, float, float, float], *lanes: float) -> ZonePlan:
    x0, y0, x1, y1 = box
    return ZonePlan(id=zone_id, name=name, kind=kind, x0=x0, y0=y0, x1=x1, y1=y1, lanes=lanes)


def _docks(door_x: tuple[float, ...]) -> list[ZonePlan]:
    return [
        _zone(f"dock-door-{n}", f"Dock door {n}", "dock_door", (x - 2.5, 0.0, x + 2.5, 4.0), LANE_DOCK)
        for n, x in enumerate(door_x, start=1)
    ]


def _floor() -> list[ZonePlan]:
    front, middle = (LANE_DOCK, LANE_FRONT), (LANE_FRONT, LANE_MIDDLE)
    return [
        _zone("receiving-1", "Receiving 1", "receiving", (2.0, 6.0, 17.0, 12.0), *front),
        _zone("receiving-2", "Receiving 2", "receiving", (17.0, 6.0, 32.0, 12.0), *front),
        _zone("staging-1", "Staging 1", "staging", (34.0, 6.0, 45.0, 12.0), *front),
        _zone("staging-2", "Staging 2", "staging", (45.0, 6.0, 56.0, 12.0), *front),
        _zone("staging-3", "Staging 3", "staging", (56.0, 6.0, 67.0, 12.0), *front),
        _zone("picking-1", "Picking 1", "picking", (2.0, 14.0, 17.0, 20.0), *middle),
        _zone("picking-2", "Picking 2", "picking", (17.0, 14.0, 32.0, 20.0), *middle),
        _zone("packing-1", "Packing 1", "packing", (34.0, 14.0, 50.0, 20.0), *middle),
        _zone("packing-2", "Packing 2", "packing", (50.0, 14.0, 67.0, 20.0), *middle),
    ]


def _aisles() -> list[ZonePlan]:
    lefts = [2.0 + 7.5 * i for i in range(4)] + [34.0 + 8.0 * i for i in range(4)]
    rights = [9.5 + 7.5 * i for i in range(4)] + [42.0 + 8.0 * i for i in range(4)]
    return [
        _zone(
            f"aisle-{row}{letter}",
            f"Aisle {row}{letter.upper()}",
            "storage",
            (left, 22.0, right, 34.0) if row == 1 else (left, 36.0, right, 48.0),
            *((LANE_MIDDLE, LANE_AISLES) if row == 1 else (LANE_AISLES, LANE_BACK)),
        )
        for row in (1, 2)
        for letter, left, right in zip("abcdefgh", lefts, rights, strict=True)
    ]


def _right_side() -> list[ZonePlan]:
    return [
        _zone("exit-staff", "Staff exit", "exit", (75.0, 4.0, 80.0, 9.0), LANE_FRONT),
        _zone("returns", "Returns", "returns", (71.0, 14.0, 80.0, 20.0), LANE_FRONT, LANE_MIDDLE),
        _zone("quarantine", "Quarantine", "quarantine", (71.0, 22.0, 80.0, 28.0), LANE_MIDDLE),
        _zone("cage", "Cage", "storage", (71.0, 29.0, 80.0, 34.0), LANE_AISLES),
        _zone("office", "Office", "office", (71.0, 40.0, 80.0, 48.0), LANE_AISLES, LANE_BACK),
    ]


def _doors(door_x: tuple[float, ...]) -> tuple[DoorPlan, ...]:
    # An Impinj reader tells nothing of its inputs over MQTT, so door 5 and the exit have no photo-eyes.
    docks = (
        DoorPlan(
            id=f"door-{n}",
            name=f"Dock door {n}",
            zone=f"dock-door-{n}",
            kind="dock",
            outside=(x, -6.0),
            eyes_reader="" if n == 5 else f"dock-{n}",  # noqa: PLR2004
        )
        for n, x in enumerate(door_x, start=1)
    )
    leave = DoorPlan(id="exit-1", name="Staff exit", zone="exit-staff", kind="exit", outside=(86.0, 6.5))
    return (*docks, leave)


def _sensors(door_x: tuple[float, ...]) -> tuple[SensorPlan, ...]:
    contacts = (
        SensorPlan(id=f"contact-door-{n}", reader="env-1", quantity="contact", x=x, y=0.5, base=0.0, swing=0.0)
        for n, x in enumerate(door_x, start=1)
    )
    return (
        SensorPlan(id="temp-aisle-1", reader="env-1", quantity="temperature_c", x=18.0, y=28.0, base=18.5, swing=1.5),
        SensorPlan(id="temp-aisle-2", reader="env-1", quantity="temperature_c", x=50.0, y=42.0, base=17.8, swing=1.2),
        SensorPlan(id="temp-cage", reader="env-1", quantity="temperature_c", x=75.0, y=31.0, base=4.2, swing=0.6),
        SensorPlan(id="humid-aisle-1", reader="env-1", quantity="humidity_pct", x=18.0, y=28.0, base=46.0, swing=5.0),
        SensorPlan(id="humid-cage", reader="env-1", quantity="humidity_pct", x=75.0, y=31.0, base=61.0, swing=4.0),
        *contacts,
    )


def _walls(door_x: tuple[float, ...]) -> tuple[Wall, ...]:
    """Outer walls with the doors left open, a wall between the halls, the cage's mesh and the office's walls."""
    edges = [0.0, *(edge for x in door_x for edge in (x - 2.5, x + 2.5)), 80.0]
    lower = [Wall(x0=edges[i], y0=0.0, x1=edges[i + 1], y1=0.0, loss_db=10.0) for i in range(0, len(edges), 2)]
    return (
        *lower,
        Wall(x0=80.0, y0=0.0, x1=80.0, y1=4.0, loss_db=10.0),
        Wall(x0=80.0, y0=9.0, x1=80.0, y1=50.0, loss_db=10.0),
        Wall(x0=70.0, y0=0.0, x1=70.0, y1=11.0, loss_db=8.0),
        Wall(x0=70.0, y0=14.0, x1=70.0, y1=20.0, loss_db=6.0),
        Wall(x0=70.0, y0=21.5, x1=70.0, y1=34.0, loss_db=8.0),
        Wall(x0=70.0, y0=28.5, x1=80.0, y1=28.5, loss_db=8.0),
        Wall(x0=70.5, y0=39.5, x1=80.0, y1=39.5, loss_db=8.0),
        Wall(x0=70.5, y0=39.5, x1=70.5, y1=48.0, loss_db=8.0),
        Wall(x0=33.0, y0=0.0, x1=33.0, y1=4.0, loss_db=8.0),
    )
