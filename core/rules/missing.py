"""Something has not been heard for longer than healthy antennas allow: ask a person to look for it."""

from collections.abc import Iterator
from typing import Final

from core.model.alert import AlertChange, AlertRaised, AlertResolved, Severity
from core.model.step import Movement, MovementKind, Step
from core.rules.world import World, causes, offline_at, zone_id, zone_name

RULE: Final = "missing"


def missing(step: Step, world: World) -> Iterator[AlertChange]:
    """Raise for each tag gone missing while the reader that heard it last is well; resolve when it is seen again."""
    for movement in step.movements:
        if movement.kind is MovementKind.MISSING:
            reader = world.site.read_points[movement.read_point].reader
            if reader not in offline_at(step, world, movement.at_us):
                yield _raised(movement, reader, world)
        elif movement.kind is MovementKind.APPEAR and movement.from_zone >= 0:
            reason = f"seen again in {zone_name(world.site, movement.to_zone)}"
            yield AlertResolved(rule=RULE, subject=movement.epc, at_us=movement.at_us, reason=reason)


def _raised(movement: Movement, reader: str, world: World) -> AlertRaised:
    place = zone_name(world.site, movement.from_zone)
    return AlertRaised(
        rule=RULE,
        subject=movement.epc,
        severity=Severity.MEDIUM,
        at_us=movement.at_us,
        title=f"{movement.epc} is missing from {place}",
        advice=f"Look for the item in {place}, where it was heard last, and in the zones beside it. "
        "The alert clears by itself when a reader hears it again.",
        zone=zone_id(world.site, movement.from_zone),
        tag_id=movement.tag_id,
        epc=movement.epc,
        reader=reader,
        evidence={"reads": causes(movement, world.site), "confidence": round(movement.confidence, 3)},
    )
