"""What it takes to be at a door, and to leave by it: the door's own antennas have to say so, and lately."""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit
from core.engine.kernels_narrow import dbm_of
from core.engine.records import LAST, NOT_INSIDE, UNJUDGED, Plan, Row
from core.engine.records_passage import NO_WAY, OUTWARD, THROUGH
from core.model.columns import NOWHERE, UNHEARD_DBM

PASS_MS: Final = 2_500
"""A tag that passes a door is heard there often within this time; a stray read comes now and then."""
PASS_READS: Final = 3
STAY_READS: Final = 2
"""A tag that is at a door stays there while this many are the door's: other antennas hear it in between."""
PASS_DBM: Final = np.float32(-66.0)
"""At least one of those reads is this loud: a tag in the doorway is near, one on the floor behind it is not."""
INSIDE_MS: Final = 10_000
"""Only what has been inside this long can leave: goods that have just come in fall silent behind the door too."""
LAST_READS: Final = 3
LAST_OWN: Final = 2
"""Of a tag's last three reads, two are the door's own if it left there: what an aisle hears afterwards is inside."""


@njit
def passes(row: Row, zone: int, plan: Plan) -> bool:
    """
    Say whether a tag is in a portal's doorway: by the reads of the portal's own antennas, and none that is louder.

    A read without a level may be loud, and isn't drowned by others. A tag that is there already has less to show.

    row   TAG   zone and the last reads
    zone  int   a portal
    plan  Plan  zone_of is used
    """
    own, loud, mine, other = 0, False, float(UNHEARD_DBM), float(UNHEARD_DBM)
    for k in range(min(LAST, row["reads"])):
        dbm = dbm_of(row["level"][k])
        if row["ago_ms"][k] > PASS_MS:
            continue
        if plan.zone_of[row["point"][k]] == zone:
            own += 1
            loud = bool(loud or dbm >= PASS_DBM or dbm == UNHEARD_DBM)
            mine = max(mine, dbm)
        else:
            other = max(other, dbm)
    loudest = mine >= other or mine == UNHEARD_DBM
    if row["zone"] == zone:
        return bool(own >= STAY_READS and loudest)
    return bool(own >= PASS_READS and loud and loudest)


@njit
def doorway(row: Row, plan: Plan) -> int:
    """
    Give the portal whose doorway a tag is in: that of the newest read, or the one it was in; NOWHERE if it is in none.

    row   TAG   zone and the last reads are used
    plan  Plan  portal and zone_of are used
    """
    heard, was = plan.zone_of[row["point"][0]], row["zone"]
    if heard >= 0 and plan.portal[heard] and passes(row, heard, plan):
        return int(heard)
    if was >= 0 and plan.portal[was] and passes(row, was, plan):
        return int(was)
    return NOWHERE


@njit
def note_inside(row: Row, plan: Plan) -> None:
    """
    Keep account of how long a tag has been inside the building, in any zone that is no portal.

    row   TAG   in: zone and the last reads; in and out: inside_ms
    plan  Plan  portal is used
    """
    if row["zone"] == NOWHERE or is_inside(row):
        return
    if plan.portal[row["zone"]]:
        row["inside_ms"] = NOT_INSIDE
    elif row["inside_ms"] == NOT_INSIDE:
        row["inside_ms"] = 0
    else:
        row["inside_ms"] = min(int(row["inside_ms"]) + int(row["ago_ms"][1]), INSIDE_MS)


@njit
def is_inside(row: Row) -> bool:
    """
    Say whether a tag has been inside the building for long enough to leave it.

    row  TAG  inside_ms is used
    """
    return bool(INSIDE_MS <= row["inside_ms"] < NOT_INSIDE)


@njit
def may_leave(row: Row, plan: Plan) -> bool:
    """
    Say whether silence at a portal can mean that the tag has gone through it.

    row   TAG   in a portal; inside_ms and the last reads are used
    plan  Plan  zone_of is used
    """
    own = 0
    for k in range(min(LAST_READS, row["reads"])):
        own += plan.zone_of[row["point"][k]] == row["zone"]
    return bool(is_inside(row) and own >= LAST_OWN)


@njit
def went_out(row: Row) -> bool:
    """
    Say whether a tag's last passage at a door led out of the building, and nothing has heard it since.

    row  TAG  verdict and way are used
    """
    return bool(row["verdict"] == THROUGH and row["way"] == OUTWARD)


@njit
def stayed(row: Row) -> bool:
    """
    Say whether a tag's last passage at a door did not lead out of the building.

    One that went through a door which can't tell the way, having a single antenna, may have led out.

    row  TAG  verdict and way are used
    """
    untold = row["verdict"] == THROUGH and row["way"] == NO_WAY
    return bool(row["verdict"] != UNJUDGED and row["way"] != OUTWARD and not untold)
