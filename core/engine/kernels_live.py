"""Pending evidence becomes a look ahead here: how the tags just read look on the live map."""

from typing import Final

from core.engine.ahead import ask_for
from core.engine.kernels_fold import fold_read, spot_of
from core.engine.kernels_jit import njit
from core.engine.kernels_narrow import CLOCK, MS_US, grain_of
from core.engine.kernels_pending import first_read
from core.engine.records import SURE, Ints, Plan, Records, Row, Waiting
from core.engine.records_belief import Belief, Scratch

SHOWN_CONFIDENCE: Final = 0.05
SHOWN_MS: Final = 5_000
AHEAD: Final = 8
"""How many tags ahead memory is asked for what is looked at of them."""
SHOWN_SURE: Final = 255
"""How a confidence of 1 is kept in SHOWN."""


@njit
def look_ahead(
    tags: Ints, first: int, waiting: Waiting, rows: Records, belief: Belief, plan: Plan, scratch: Scratch
) -> None:
    """
    Fold the pending reads of some tags into copies of their rows.

    tags     int64[m]  which tags; no other's reads are folded
    first    int       rows of `waiting` before this one wait no more
    waiting  Waiting   in; its room is used
    rows     TAG[m]    in and out
    belief   Belief    in and out, m rows
    plan     Plan
    scratch  Scratch   room
    """
    mask = waiting.newest.size - 1
    for i in range(tags.size):
        soon = waiting.newest[tags[min(i + AHEAD, tags.size - 1)] & mask]
        if soon >= first:
            ask_for(waiting.rows, soon)
            ask_for(waiting.before, soon)
        at = first_read(tags[i], first, waiting)
        while at >= 0:
            fold_read(i, rows[i], waiting.rows[at], belief, plan, scratch)
            at = waiting.after[at]


@njit
def is_news(row: Row, spot: tuple[float, float], plan: Plan, last: Row) -> bool:
    """
    Say whether a tag looks different from what was last told of it. A still tag is told again every few seconds.

    row   TAG     how the tag looks now
    spot  (x, y)  and where, metres
    plan  Plan    told_m, corner and grain_m are used
    last  SHOWN
    """
    told = plan.told_m / plan.grain_m
    return bool(
        row["zone"] != last["zone"]
        or row["state"] != last["state"]
        or abs(row["confidence"] / SURE - last["confidence"] / SHOWN_SURE) > SHOWN_CONFIDENCE
        or ((row["seen_us"] // MS_US - int(last["seen_ms"])) & CLOCK) >= SHOWN_MS
        or abs(grain_of(spot[0], plan.corner[0], plan.grain_m) - int(last["x"])) >= told
        or abs(grain_of(spot[1], plan.corner[1], plan.grain_m) - int(last["y"])) >= told
    )


@njit
def tell_news(tags: Ints, rows: Records, belief: Belief, plan: Plan, shown: Records, looks: Records) -> int:
    """
    Tell the tags that look different from what was last told of them. Returns how many.

    tags    int64[m]  whose
    rows    TAG[m]    how they look now
    belief  Belief    m rows
    plan    Plan
    shown   SHOWN[T]  in and out
    looks   LOOK[m]   out
    """
    n = 0
    for i in range(tags.size):
        ask_for(shown, tags[min(i + AHEAD, tags.size - 1)])
        row, last = rows[i], shown[tags[i]]
        spot = spot_of(i, row, belief, plan)
        if not is_news(row, spot, plan, last):
            continue
        look = looks[n]
        n += 1
        look["tag"] = tags[i]
        look["seen_us"], look["since_us"] = row["seen_us"], row["since_us"]
        look["confidence"] = row["confidence"] / SURE
        look["x_m"], look["y_m"] = spot
        look["read_point"], look["zone"], look["state"] = row["point"][0], row["zone"], row["state"]
        last["seen_ms"] = (row["seen_us"] // MS_US) & CLOCK
        last["x"] = grain_of(spot[0], plan.corner[0], plan.grain_m)
        last["y"] = grain_of(spot[1], plan.corner[1], plan.grain_m)
        last["confidence"] = round(row["confidence"] / SURE * SHOWN_SURE)
        last["zone"], last["state"] = row["zone"], row["state"]
    return n
