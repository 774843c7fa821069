"""A read changes what is said of its tag here: its zone, by belief or by a door, and its point on the map."""

from typing import Final

import numpy as np

from core.engine.kernels_belief import believe, forget, likeliest
from core.engine.kernels_jit import njit, njit_inlined
from core.engine.kernels_narrow import grain_of, remember
from core.engine.kernels_portal import doorway, note_inside
from core.engine.records import APPEAR, MOVE, NO_MOVE, NOT_INSIDE, SURE, Plan, Row
from core.engine.records_belief import WEIGHT_UNIT, Belief, Scratch
from core.model.columns import NOWHERE
from core.model.step import TagState

PLACE_AT: Final = np.float32(0.4)
LOSE_AT: Final = np.float32(0.2)
MARGIN: Final = np.float32(2.0)
"""A rival zone must be this many times as likely as the current one."""
DOORWAY: Final = 0.9
"""Belief in the door that has just heard a tag often and loudly."""
PRESENT: Final = int(TagState.PRESENT)
READS_MAX: Final = 255


@njit_inlined
def decide(tag: int, row: Row, belief: Belief, plan: Plan, scratch: Scratch) -> bool:
    """
    Choose the tag's zone: the doorway it is in, else the likeliest. Returns whether it changed.

    A first placement needs some belief, a change more and a margin; with no zone likely, NOWHERE.

    tag      int      its row in belief
    row      TAG      in: the last reads; in and out: zone, confidence, since_us
    belief   Belief   in
    plan     Plan
    scratch  Scratch  room
    """
    current, seen_us = row["zone"], row["seen_us"]
    best, likely, believed = likeliest(tag, belief, plan, scratch, current)
    door = doorway(row, plan)
    if door != NOWHERE:
        best, likely, believed = door, DOORWAY, DOORWAY if door == current else 0.0
    chosen = current
    enough = PLACE_AT if current == NOWHERE else plan.change_at
    if best != current and likely >= enough and likely >= MARGIN * believed:
        chosen = best
    if likely < LOSE_AT:
        chosen = NOWHERE
    row["confidence"] = min(round(SURE * (believed if chosen >= 0 and chosen != best else likely)), SURE)
    row["zone"] = chosen
    if chosen != current:
        row["since_us"] = seen_us
    return bool(chosen != current)


@njit_inlined
def note_read(row: Row, read: Row, plan: Plan) -> None:
    """
    Note a read on its tag: among the last ones, and in where the antennas are that hear it loudest.

    row   TAG       in and out: antenna_x, antenna_y, seen_us, reads, and the last reads
    read  EVIDENCE  the read just folded
    plan  Plan      antenna, corner and grain_m are used
    """
    loud = min(max(0.3 + (read["rssi_dbm"] + 60.0) * 0.02, 0.05), 0.9)
    x = grain_of(plan.antenna[read["read_point"], 0], plan.corner[0], plan.grain_m)
    y = grain_of(plan.antenna[read["read_point"], 1], plan.corner[1], plan.grain_m)
    if row["reads"] == 0:
        loud = 1.0
    row["antenna_x"] = round((1.0 - loud) * row["antenna_x"] + loud * x)
    row["antenna_y"] = round((1.0 - loud) * row["antenna_y"] + loud * y)
    remember(row, read)
    row["seen_us"] = read["seen_us"]
    row["reads"] = min(int(row["reads"]) + 1, READS_MAX)


@njit
def spot_of(tag: int, row: Row, belief: Belief, plan: Plan) -> tuple[float, float]:
    """
    Put a tag on the map: at the mean of the places it may be in, drawn to the antennas that hear it loudest.

    tag     int     its row in belief
    row     TAG     antenna_x and antenna_y are used
    belief  Belief
    plan    Plan    place_xy, antenna_pull, corner and grain_m are used
    """
    x, y, total = 0.0, 0.0, 0.0
    for k in range(belief.place.shape[1]):
        if belief.place[tag, k] >= 0:
            weight = float(belief.weight[tag, k] * WEIGHT_UNIT)
            x += weight * plan.place_xy[belief.place[tag, k], 0]
            y += weight * plan.place_xy[belief.place[tag, k], 1]
            total += weight
    # A reader without a place on the plan names no zone: the antenna is all there is.
    pull = plan.antenna_pull if total > 0.0 else 1.0
    rest = (1.0 - pull) / max(total, 1e-12)
    return (
        rest * x + pull * (plan.corner[0] + row["antenna_x"] * plan.grain_m),
        rest * y + pull * (plan.corner[1] + row["antenna_y"] * plan.grain_m),
    )


@njit
def revive(tag: int, row: Row, seen_us: int, belief: Belief) -> None:
    """
    Take a tag that had left or gone missing as seen for the first time again, but for the zone it went from.

    tag      int     its row in belief
    row      TAG     in and out
    seen_us  int     of the read that brings it back
    belief   Belief  out
    """
    row["was"] = row["zone"]
    row["zone"] = NOWHERE
    row["state"] = PRESENT
    row["inside_ms"] = NOT_INSIDE
    row["appeared"] = 0
    row["since_us"] = seen_us
    forget(tag, row, belief)


@njit
def fold_read(tag: int, row: Row, read: Row, belief: Belief, plan: Plan, scratch: Scratch) -> int:
    """
    Take one read into what is believed of its tag. Returns NO_MOVE, APPEAR or MOVE.

    tag      int       its row in belief
    row      TAG       in and out
    read     EVIDENCE  not older than the last one folded
    belief   Belief    in and out
    plan     Plan
    scratch  Scratch   room
    """
    if row["state"] != PRESENT:
        revive(tag, row, read["seen_us"], belief)
    if row["reads"] == 0:
        row["since_us"] = read["seen_us"]
    believe(tag, row, read, belief, plan, scratch)
    note_read(row, read, plan)
    changed = decide(tag, row, belief, plan, scratch)
    note_inside(row, plan)
    if not changed:
        return NO_MOVE
    if row["appeared"] == 0:
        row["appeared"] = 1
        return APPEAR
    return MOVE
