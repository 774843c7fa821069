"""Something went out through a door and no shipment lets it: tell a person at once."""

from collections.abc import Iterator
from typing import Final

from core.model.alert import AlertChange, AlertRaised, AlertResolved, Severity
from core.model.step import Movement, MovementKind, Step
from core.rules.world import World, causes, zone_id, zone_name
from core.site import PORTALS

RULE: Final = "left_without_shipment"
CRITICAL_VALUE: Final = 500.0
"""Worth from which such a loss is critical, in the products' currency."""


def left_without_shipment(step: Step, world: World) -> Iterator[AlertChange]:
    """Raise for each tag that left unshipped; resolve when one is seen again inside."""
    for movement in step.movements:
        if movement.kind is MovementKind.LEAVE:
            yield from _left(movement, world)
        elif _came_in(movement, world):
            reason = f"seen again inside, in {zone_name(world.site, movement.to_zone)}"
            yield AlertResolved(rule=RULE, subject=movement.epc, at_us=movement.at_us, reason=reason)


def _left(movement: Movement, world: World) -> Iterator[AlertRaised]:
    zone = movement.to_zone
    door = world.site.door_of_zone.get(zone)
    door_id, door_name = (door.id, door.name) if door else (zone_id(world.site, zone), zone_name(world.site, zone))
    if world.shipped(movement.epc, door_id):
        return
    value = world.value(movement.epc)
    point = world.site.read_points[movement.read_point]
    yield AlertRaised(
        rule=RULE,
        subject=movement.epc,
        severity=Severity.CRITICAL if value is not None and value >= CRITICAL_VALUE else Severity.HIGH,
        at_us=movement.at_us,
        title=f"{movement.epc} left through {door_name} without a shipment",
        advice=f"Go to {door_name} and look for the item, also outside. If it was meant to leave, "
        "add it to its shipment and acknowledge this alert.",
        zone=zone_id(world.site, zone),
        tag_id=movement.tag_id,
        epc=movement.epc,
        reader=point.reader,
        evidence={
            "door": door_id,
            "reads": causes(movement, world.site),
            "confidence": round(movement.confidence, 3),
        },
    )


def _came_in(movement: Movement, world: World) -> bool:
    """Whether a tag is now in the building that was at, or beyond, a door before."""
    zones = world.site.zones
    back = movement.kind in (MovementKind.APPEAR, MovementKind.MOVE) and movement.from_zone >= 0
    return (
        back
        and movement.to_zone >= 0
        and zones[movement.from_zone].kind in PORTALS
        and zones[movement.to_zone].kind not in PORTALS
    )
