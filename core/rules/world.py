"""What the rules may know besides the step: the plan, what was shipped, which readers are off, what things cost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.model.columns import UNHEARD_DBM
from core.model.step import Movement, Step
from core.site import Site


def nothing_shipped(_epc: str, _door_id: str) -> bool:
    """No shipment is open."""
    return False


def no_value(_epc: str) -> float | None:
    """Nobody said what the item is worth."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """
    What the rules may know besides the step.

    shipped(epc, door_id) says whether an open shipment lets this EPC out there; value(epc) is None where unknown.
    offline_readers are those offline once the step is settled (Engine.offline_readers).
    """

    site: Site
    shipped: Callable[[str, str], bool] = nothing_shipped
    offline_readers: frozenset[str] = frozenset()
    value: Callable[[str], float | None] = no_value


def offline_at(step: Step, world: World, at_us: int) -> frozenset[str]:
    """Give the readers that were offline at a time within the step: where the stream is cut must not matter."""
    offline = set(world.offline_readers)
    for change in reversed(step.reader_changes):
        if change.at_us > at_us:
            (offline.add if change.online else offline.discard)(change.reader)
    return frozenset(offline)


def zone_name(site: Site, zone: int) -> str:
    """Give a zone's name as people know it; a plain word for an unknown one."""
    return site.zones[zone].name if zone >= 0 else "an unknown place"


def zone_id(site: Site, zone: int) -> str:
    """Give a zone's id; empty for an unknown one."""
    return site.zones[zone].id if zone >= 0 else ""


def causes(movement: Movement, site: Site) -> list[dict[str, Any]]:
    """Give the reads that decided a movement, oldest first, in words that an alert can show."""
    return [
        {
            "seen_us": seen_us,
            "reader": site.read_points[point].reader,
            "antenna": site.read_points[point].antenna,
            "rssi_dbm": None if rssi_dbm <= UNHEARD_DBM else round(rssi_dbm, 1),
        }
        for seen_us, point, rssi_dbm in movement.trail
    ]
