"""A read changes what is said of its tag here: its zone, by belief or by a door, and its point on the map."""

from typing import Final

import numpy as np

from core.engine.kernels_belief import believe, forget, likeliest
from core.engine.kernels_jit import njit
from core.engine.kernels_portal import doorway, note_inside
from core.engine.records import APPEAR, MOVE, NO_MOVE, TRAIL, Plan, Row
from core.engine.records_belief import Belief, Scratch
from core.model.columns import NEVER_US, NOWHERE
from core.model.step import TagState

PLACE_AT: Final = np.float32(0.4)
LOSE_AT: Final = np.float32(0.2)
MARGIN: Final = np.float32(2.0)
"""A rival zone must be this many times as likely as the current one."""
DOORWAY: Final = 0.9
"""Belief in the door that has just heard a tag often and loudly."""
PRESENT: Final = int(TagState.PRESENT)


@njit
def decide(tag: int, row: Row, belief: Belief, plan: Plan, scratch: Scratch) -> bool:
    """
    Choose the tag's zone: the doorway it is in, else the likeliest. Returns whether it changed.

    A first placement needs some belief, a change more and a margin; with no zone likely, NOWHERE.

    tag      int      its row in belief
    row      TAG      in: the read just folded and the trail; in and out: zone, confidence, since_us
    belief   Belief   in
    plan     Plan
    scratch  Scratch  room
    """
    current, seen_us = row["zone"], row["seen_us"]
    best, likely, believed = likeliest(tag, belief, plan, scratch, current)
    door = doorway(row, seen_us, plan)
    if door != NOWHERE:
        best, likely, believed = door, DOORWAY, DOORWAY if door == current else 0.0
    chosen = current
    enough = PLACE_AT if current == NOWHERE else plan.change_at
    if best != current and likely >= enough and likely >= MARGIN * believed:
        chosen = best
    if likely < LOSE_AT:
        chosen = NOWHERE
    row["confidence"] = believed if chosen >= 0 and chosen != best else likely
    row["zone"] = chosen
    if chosen != current:
        row["since_us"] = seen_us
    return bool(chosen != current)


@njit
def place(tag: int, row: Row, read: Row, belief: Belief, plan: Plan) -> None:
    """
    Put the tag on the map: at the mean of the places it may be in, drawn to the antennas that hear it loudest.

    tag     int       its row in belief
    row     TAG       out: x_m, y_m, antenna_x, antenna_y, seen_us, read_point, reads and the trail
    read    EVIDENCE  the read just folded
    belief  Belief    in
    plan    Plan      place_xy, antenna and antenna_pull are used
    """
    point = read["read_point"]
    loud = np.float32(min(max(0.3 + (read["rssi_dbm"] + 60.0) * 0.02, 0.05), 0.9))
    if row["reads"] == 0:
        loud = np.float32(1.0)
    row["antenna_x"] += loud * (plan.antenna[point, 0] - row["antenna_x"])
    row["antenna_y"] += loud * (plan.antenna[point, 1] - row["antenna_y"])
    x, y, total = np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for k in range(belief.place.shape[1]):
        if belief.place[tag, k] >= 0:
            x += belief.weight[tag, k] * plan.place_xy[belief.place[tag, k], 0]
            y += belief.weight[tag, k] * plan.place_xy[belief.place[tag, k], 1]
            total += belief.weight[tag, k]
    # A reader without a place on the plan names no zone: the antenna is all there is.
    pull = np.float32(plan.antenna_pull) if total > 0.0 else np.float32(1.0)
    rest = (np.float32(1.0) - pull) / max(total, np.float32(1e-12))
    row["x_m"] = rest * x + pull * row["antenna_x"]
    row["y_m"] = rest * y + pull * row["antenna_y"]
    at = row["reads"] % TRAIL
    row["trail_us"][at] = read["seen_us"]
    row["trail_read_point"][at] = point
    row["trail_dbm"][at] = read["rssi_dbm"]
    row["seen_us"] = read["seen_us"]
    row["read_point"] = point
    row["reads"] += 1


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
    row["inside"] = 0
    row["inside_us"] = NEVER_US
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
    place(tag, row, read, belief, plan)
    changed = decide(tag, row, belief, plan, scratch)
    note_inside(row, read["seen_us"], plan)
    if not changed:
        return NO_MOVE
    if row["appeared"] == 0:
        row["appeared"] = 1
        return APPEAR
    return MOVE
