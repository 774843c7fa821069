"""What it takes to be at a door, and to leave by it: the door's own antennas have to say so, and lately."""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit
from core.engine.records import TRAIL, Plan, Row
from core.model.columns import NEVER_US, NOWHERE, UNHEARD_DBM

PASS_US: Final = 2_500_000
"""A tag that passes a door is heard there often within this time; a stray read comes now and then."""
PASS_READS: Final = 3
PASS_DBM: Final = -67.0
"""At least one of those reads is this loud: a tag in the doorway is near, one on the floor behind it is not."""
INSIDE_US: Final = 10_000_000
"""Only what has been inside this long can leave: goods that have just come in fall silent behind the door too."""
LAST_READS: Final = 3
LAST_OWN: Final = 2
"""Of a tag's last three reads, two are the door's own if it left there: what an aisle hears afterwards is inside."""


@njit
def passes(row: Row, zone: int, seen_us: int, plan: Plan) -> bool:
    """
    Say whether a tag is in a portal's doorway, by the last reads of the portal's own antennas.

    row      TAG   its trail, the newest read included
    zone     int   a portal
    seen_us  int   of the newest read
    plan     Plan  zone_of is used
    """
    own, loud = 0, False
    for k in range(min(TRAIL, row["reads"])):
        if row["trail_us"][k] >= seen_us - PASS_US and plan.zone_of[row["trail_read_point"][k]] == zone:
            own += 1
            loud = loud or row["trail_dbm"][k] >= PASS_DBM or row["trail_dbm"][k] == UNHEARD_DBM
    return bool(own >= PASS_READS and loud)


@njit
def likeliest(row: Row, seen_us: int, plan: Plan) -> tuple[int, float, float]:
    """
    Find the likeliest zone that a tag can be said to be in; a portal only while it passes, or is there already.

    Returns that zone or NOWHERE, the belief in it and the belief in the current zone, as shares of what remains.

    row      TAG   slots, zone and trail are used
    seen_us  int   of the newest read
    plan     Plan  portal and zone_of are used
    """
    best, likely, believed, total = NOWHERE, np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for k in range(row["slot_zone"].size):
        zone, weight = row["slot_zone"][k], row["slot_weight"][k]
        if zone < 0 or (plan.portal[zone] and zone != row["zone"] and not passes(row, zone, seen_us, plan)):
            continue
        total += weight
        if best == NOWHERE:
            best, likely = int(zone), weight
        if zone == row["zone"]:
            believed = weight
    if total == 0:
        return best, 0.0, 0.0
    return best, float(likely / total), float(believed / total)


@njit
def note_inside(row: Row, seen_us: int, plan: Plan) -> None:
    """
    Keep account of how long a tag has been inside the building, in any zone that is no portal.

    row      TAG   in: zone; in and out: inside_us, inside
    seen_us  int   of the newest read
    plan     Plan  portal is used
    """
    if row["inside"] == 1 or row["zone"] == NOWHERE:
        return
    if plan.portal[row["zone"]]:
        row["inside_us"] = NEVER_US
    elif row["inside_us"] == NEVER_US:
        row["inside_us"] = seen_us
    elif seen_us - row["inside_us"] >= INSIDE_US:
        row["inside"] = 1


@njit
def may_leave(row: Row, plan: Plan) -> bool:
    """
    Say whether silence at a portal can mean that the tag has gone through it.

    row   TAG   in a portal; inside and the trail are used
    plan  Plan  zone_of is used
    """
    own = 0
    for k in range(1, min(LAST_READS, row["reads"]) + 1):
        own += plan.zone_of[row["trail_read_point"][(row["reads"] - k) % TRAIL]] == row["zone"]
    return bool(row["inside"] == 1 and own >= LAST_OWN)
