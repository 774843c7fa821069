"""Tags that pass a door together have a say in each other's verdict: they may stand on one pallet."""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit_roomy
from core.engine.kernels_kind import likeliest_kind, weigh_kinds
from core.engine.records import Floats, Row
from core.engine.records_passage import KINDS, RECENT, STATIC, AtDoors, Doors, Work

PALLET_US: Final = 1_500_000
"""Tags that are loudest within this time of each other may stand on one pallet."""
PALLET_TAGS: Final = 16
"""So many others are asked."""
SAY: Final = 0.5
"""What the others' word counts for when many of them came and went with the tag,"""
HALF_SAY: Final = 0.5
"""and how many of them it takes for half of that."""


@njit_roomy
def together(one: Row, other: Row) -> float:
    """
    Say how far two passages happen together: what both last of the time that either lasts; 0 if not loudest together.

    one, other  PASSAGE or CLOSED
    """
    if abs(one["peak_us"] - other["peak_us"]) >= PALLET_US:
        return 0.0
    began, began_too = one["opened_us"] - one["waited_us"], other["opened_us"] - other["waited_us"]
    both = min(one["last_us"], other["last_us"]) - max(began, began_too)
    either = max(one["last_us"], other["last_us"]) - min(began, began_too)
    return float(max(both, 0) / max(either, 1))


@njit_roomy
def ask_closed(p: int, door: int, at: AtDoors, total: Floats) -> float:
    """
    Add up what passages that have closed looked like, as far as they happened together with one. Returns their number.

    p      int      of an open passage
    door   int
    at     AtDoors
    total  float64[KINDS + 1]  in and out: logits of the kinds, and that of the direction
    """
    n = 0.0
    for k in range(RECENT):
        one = at.closed[door, k]
        weight = together(one, at.open[p])
        if weight > 0.0:
            total += weight * one["logits"]
            n += weight
    return n


@njit_roomy
def ask_open(p: int, door: int, doors: Doors, at: AtDoors, work: Work, total: Floats) -> float:
    """
    Add up what other open passages look like, as far as they happen together with one. Returns their number.

    p      int      of an open passage
    door   int
    doors  Doors
    at     AtDoors
    work   Work     room
    total  float64[KINDS + 1]  in and out
    """
    n, asked = 0.0, 0
    for q in range(at.n[1]):
        row = at.open[q]
        if asked >= PALLET_TAGS or q == p or at.visits[row["visit"]]["door"] != door:
            continue
        weight = together(row, at.open[p])
        if weight > 0.0:
            way = weigh_kinds(row, door, doors, work)
            asked += 1
            if likeliest_kind(work.logits) != STATIC:
                total[:KINDS] += weight * work.logits
                total[KINDS] += weight * way
                n += weight
    return n


@njit_roomy
def ask_pallet(p: int, doors: Doors, at: AtDoors, work: Work, own: Floats) -> None:
    """
    Let those that pass together with a tag have their say, each as far as it came and went with it.

    A weak tag in a moving pallet is read a few times, and looks by itself like one that stands there. What stands by
    the door comes and goes at other times, and what looks like standing has no say itself.

    p      int                 of an open passage
    doors  Doors
    at     AtDoors
    work   Work                room
    own    float64[KINDS + 1]  in and out: the passage's logits, as weigh_alone gives them
    """
    door = at.visits[at.open[p]["visit"]]["door"]
    total = np.zeros(KINDS + 1)
    n = ask_closed(p, door, at, total) + ask_open(p, door, doors, at, work, total)
    if n > 0.0:
        say = SAY * n / (n + HALF_SAY)
        own[:] = own * (1.0 - say) + total / n * say


@njit_roomy
def weigh_alone(p: int, doors: Doors, at: AtDoors, work: Work) -> Floats:
    """
    Say how an open passage looks by itself: logits of its kinds and its direction (out), float64[KINDS + 1].

    p      int      of an open passage
    doors  Doors
    at     AtDoors
    work   Work     room
    """
    own = np.zeros(KINDS + 1)
    row = at.open[p]
    own[KINDS] = weigh_kinds(row, at.visits[row["visit"]]["door"], doors, work)
    own[:KINDS] = work.logits
    return own
