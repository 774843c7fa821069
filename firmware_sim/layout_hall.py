"""
One open hall of 16 by 16 metres: four squares, four antennas of one reader, each of which hears every square.
"""

from typing import Final

from firmware_sim.plan import AntennaPlan, Plan, ReaderPlan, ZonePlan

SIDE_M: Final = 16.0
_HALF_M: Final = SIDE_M / 2
_SQUARES: Final = (("south-west", 0, 0), ("south-east", 1, 0), ("north-west", 0, 1), ("north-east", 1, 1))


def hall_plan() -> Plan:
    """Lay out the hall; there is a gateway's reader too, which only lives."""
    zones = tuple(_square(name, column * _HALF_M, row * _HALF_M) for name, column, row in _SQUARES)
    antennas = tuple(
        AntennaPlan(port=port, x=zone.middle[0], y=zone.middle[1], zone=zone.id, range_m=12.0)
        for port, zone in enumerate(zones, start=1)
    )
    reader = ReaderPlan(
        id="hall-1", name="Hall", firmware="native", style="rows", antennas=antennas, rounds_per_s=400.0
    )
    return Plan(
        name="Open hall",
        timezone="Europe/Berlin",
        width_m=SIDE_M,
        height_m=SIDE_M,
        zones=zones,
        readers=(reader, ReaderPlan(id="env-1", name="Sensor gateway", firmware="native", style="rows")),
        doors=(),
        sensors=(),
        walls=(),
        crossings=(_HALF_M,),
    )


def _square(name: str, x: float, y: float) -> ZonePlan:
    title = name.replace("-", " ").capitalize()
    lanes = (_HALF_M,)
    return ZonePlan(id=name, name=title, kind="picking", x0=x, y0=y, x1=x + _HALF_M, y1=y + _HALF_M, lanes=lanes)
