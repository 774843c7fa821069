"""A read changes what is believed of its tag here: which antennas hear it loudest, and a slow hand on the output."""

from typing import Final

import numpy as np

from core.engine.kernels_ears import listen, weigh
from core.engine.kernels_jit import njit
from core.engine.kernels_portal import likeliest, note_inside
from core.engine.records import APPEAR, EARS, MOVE, NO_MOVE, SLOTS, TRAIL, Plan, Row, Scratch
from core.model.columns import NEVER_US, NOWHERE
from core.model.step import TagState

TEMPER_S: Final = np.float32(0.8)
"""Reads of one antenna closer than this say less than a whole read each: they are not independent."""
PLACE_AT: Final = np.float32(0.4)
LOSE_AT: Final = np.float32(0.2)
MARGIN: Final = np.float32(2.0)
"""A rival zone must be this many times as likely as the current one."""
RIVAL_READS: Final = 3
RIVAL_US: Final = 2_000_000
PRESENT: Final = int(TagState.PRESENT)
SECOND_US: Final = 1e6


@njit
def gather(row: Row, read: Row, plan: Plan, scratch: Scratch) -> int:
    """
    List the zones a tag may be in: those believed so far, and those the read point covers. Returns how many.

    row      TAG       the tag
    read     EVIDENCE  a read of it
    plan     Plan      nearby is used
    scratch  Scratch   out: the zones
    """
    n = 0
    for k in range(SLOTS):
        if row["slot_zone"][k] >= 0:
            scratch.zone[n] = row["slot_zone"][k]
            n += 1
    believed = n
    for c in range(plan.nearby.shape[1]):
        zone = plan.nearby[read["read_point"], c]
        known = zone < 0
        for k in range(believed):
            known = known or scratch.zone[k] == zone
        if not known:
            scratch.zone[n] = zone
            n += 1
    return n


@njit
def temper(row: Row, read: Row) -> float:
    """
    Say how much a read counts, 0..1: less if the same read point spoke of the tag a moment ago.

    row   TAG       the tag; its trail is looked at
    read  EVIDENCE  the read
    """
    alpha = np.float32(1.0)
    for k in range(TRAIL):
        if row["trail_read_point"][k] == read["read_point"]:
            gap_s = np.float32((read["seen_us"] - row["trail_us"][k]) / SECOND_US)
            alpha = min(alpha, gap_s / TEMPER_S)
    return float(alpha)


@njit
def keep_best(row: Row, scratch: Scratch, n: int) -> None:
    """
    Keep the likeliest candidates as the tag's slots, best first, their weights summing to 1.

    row      TAG      out: slot_zone, slot_weight
    scratch  Scratch  n candidates; used up. Of equal ones, the first stays first
    """
    total = np.float32(0.0)
    kept = min(n, SLOTS)
    for k in range(SLOTS):
        row["slot_zone"][k] = NOWHERE
        row["slot_weight"][k] = 0.0
    for k in range(kept):
        best = 0
        for c in range(1, n):
            if scratch.weight[c] > scratch.weight[best]:
                best = c
        row["slot_zone"][k] = scratch.zone[best]
        row["slot_weight"][k] = scratch.weight[best]
        total += scratch.weight[best]
        scratch.weight[best] = -1.0
    for k in range(kept):
        row["slot_weight"][k] /= total


@njit
def outlasts(row: Row, best: int, seen_us: int) -> bool:
    """
    Note that `best` challenges the tag's zone, and say whether it has done so for long enough to take its place.

    row      TAG  in and out: rival, rival_reads, rival_us
    best     int  the likeliest zone, not the current one
    seen_us  int  of this read
    """
    if row["rival"] != best:
        row["rival"] = best
        row["rival_reads"] = 0
        row["rival_us"] = seen_us
    row["rival_reads"] += 1
    return bool(row["rival_reads"] >= RIVAL_READS or seen_us - row["rival_us"] >= RIVAL_US)


@njit
def decide(row: Row, seen_us: int, plan: Plan) -> bool:
    """
    Choose the tag's zone from its slots. Returns whether it changed.

    A first placement is immediate; a change needs a margin, thrice or for two seconds; with no zone likely, NOWHERE.

    row      TAG   in: slots and trail; in and out: zone, confidence, since_us and the rival
    seen_us  int   of the read just folded
    plan     Plan  for portals
    """
    best, likely, believed = likeliest(row, seen_us, plan)
    current = row["zone"]
    chosen = current
    if best == current or likely < PLACE_AT or likely < MARGIN * believed:
        row["rival"] = NOWHERE
    elif current == NOWHERE or outlasts(row, best, seen_us):
        chosen = best
        row["rival"] = NOWHERE
    if likely < LOSE_AT:
        chosen = NOWHERE
    row["confidence"] = believed if chosen >= 0 and chosen != best else likely
    row["zone"] = chosen
    if chosen != current:
        row["since_us"] = seen_us
    return bool(chosen != current)


@njit
def place(row: Row, read: Row, plan: Plan) -> None:
    """
    Put the tag on the map: halfway between the middle of its likely zones and the antennas that hear it loudest.

    row   TAG       in: slots; out: x_m, y_m, antenna_x, antenna_y, seen_us, read_point, reads and the trail
    read  EVIDENCE  the read just folded
    plan  Plan      centre and antenna are used
    """
    point = read["read_point"]
    loud = np.float32(min(max(0.3 + (read["rssi_dbm"] + 60.0) * 0.02, 0.05), 0.9))
    if row["reads"] == 0:
        loud = np.float32(1.0)
    row["antenna_x"] += loud * (plan.antenna[point, 0] - row["antenna_x"])
    row["antenna_y"] += loud * (plan.antenna[point, 1] - row["antenna_y"])
    x, y, total = np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for k in range(SLOTS):
        if row["slot_zone"][k] >= 0:
            x += row["slot_weight"][k] * plan.centre[row["slot_zone"][k], 0]
            y += row["slot_weight"][k] * plan.centre[row["slot_zone"][k], 1]
            total += row["slot_weight"][k]
    # A reader without a place on the plan names no zone: the antenna is all there is.
    row["x_m"] = np.float32(0.5) * (x + row["antenna_x"]) if total > 0 else row["antenna_x"]
    row["y_m"] = np.float32(0.5) * (y + row["antenna_y"]) if total > 0 else row["antenna_y"]
    at = row["reads"] % TRAIL
    row["trail_us"][at] = read["seen_us"]
    row["trail_read_point"][at] = point
    row["trail_dbm"][at] = read["rssi_dbm"]
    row["seen_us"] = read["seen_us"]
    row["read_point"] = point
    row["reads"] += 1


@njit
def revive(row: Row, seen_us: int) -> None:
    """
    Take a tag that had left or gone missing as seen for the first time again, but for the zone it went from.

    row      TAG  in and out
    seen_us  int  of the read that brings it back
    """
    row["was"] = row["zone"]
    row["zone"] = NOWHERE
    row["state"] = PRESENT
    row["inside"] = 0
    row["inside_us"] = NEVER_US
    row["appeared"] = 0
    row["rival"] = NOWHERE
    row["since_us"] = seen_us
    for k in range(SLOTS):
        row["slot_zone"][k] = NOWHERE
    for k in range(EARS):
        row["ear_point"][k] = NOWHERE


@njit
def fold_read(row: Row, read: Row, plan: Plan, scratch: Scratch) -> int:
    """
    Take one read into what is believed of its tag. Returns NO_MOVE, APPEAR or MOVE.

    row      TAG       in and out
    read     EVIDENCE  not older than the last one folded
    plan     Plan
    scratch  Scratch   room
    """
    if row["state"] != PRESENT:
        revive(row, read["seen_us"])
    if row["reads"] == 0:
        row["since_us"] = read["seen_us"]
    listen(row, read, temper(row, read))
    n = gather(row, read, plan, scratch)
    weigh(row, read["seen_us"], plan.loudest, scratch, n)
    keep_best(row, scratch, n)
    place(row, read, plan)
    changed = decide(row, read["seen_us"], plan)
    note_inside(row, read["seen_us"], plan)
    if not changed:
        return NO_MOVE
    if row["appeared"] == 0:
        row["appeared"] = 1
        return APPEAR
    return MOVE
