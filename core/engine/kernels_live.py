"""Pending evidence becomes a look ahead here: how the tags just read look on the live map."""

from typing import Final

from core.engine.kernels_fold import fold_read, spot_of
from core.engine.kernels_jit import njit
from core.engine.kernels_narrow import CLOCK, MS_US, grain_of
from core.engine.records import READ, SURE, Ints, Plan, Records, Row
from core.engine.records_belief import Belief, Scratch

SHOWN_CONFIDENCE: Final = 0.05
SHOWN_MS: Final = 5_000
SHOWN_SURE: Final = 255
"""How a confidence of 1 is kept in SHOWN."""
SPREAD: Final = 0x9E3779B1
"""Odd, so that neighbouring ids have seats far from each other."""


@njit
def seat_of(tag: int, tags: Ints, seats: Ints) -> int:
    """
    Find the seat of a tag: where its place in `tags` stands, or else the free one where it would.

    tag    int
    tags   int64[m]
    seats  int64[S]  places in tags, -1 for free; S a power of two, more than m. As wide as a tag's id, or all that
                     fold_read calls would be compiled twice
    """
    at = (tag * SPREAD) & (seats.size - 1)
    while seats[at] >= 0 and tags[seats[at]] != tag:
        at = (at + 1) & (seats.size - 1)
    return int(at)


@njit
def take_seats(tags: Ints, seats: Ints) -> None:
    """
    Give each tag a seat.

    tags   int64[m]  none twice
    seats  int64[S]  in: all -1; out
    """
    for i in range(tags.size):
        seats[seat_of(tags[i], tags, seats)] = i


@njit
def look_ahead(
    evidence: Records, tags: Ints, seats: Ints, rows: Records, belief: Belief, plan: Plan, scratch: Scratch
) -> None:
    """
    Fold the pending reads of some tags into copies of their rows.

    evidence  EVIDENCE[n]  pending, sorted
    tags      int64[m]     which tags; no other's reads are folded
    seats     int64[S]     of take_seats
    rows      TAG[m]       in and out
    belief    Belief       in and out, m rows
    plan      Plan
    scratch   Scratch      room
    """
    for i in range(evidence.size):
        read = evidence[i]
        if read["kind"] == READ:
            copy = seats[seat_of(read["tag"], tags, seats)]
            if copy >= 0:
                fold_read(copy, rows[copy], read, belief, plan, scratch)


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
