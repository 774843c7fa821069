"""A passage gets its verdict here: by its own shape, by what went along with it, by light beams and readers' words."""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit_roomy
from core.engine.kernels_passage_shape import measure
from core.engine.records import Row
from core.engine.records_passage import (
    CROSSINGS,
    FEATURES,
    HIDDEN,
    INWARD,
    KINDS,
    MILLING,
    NO_WAY,
    OUTWARD,
    RECENT,
    REVIEW,
    STATIC,
    THROUGH,
    UNSAID,
    AtDoors,
    Doors,
    Told,
    Work,
)

LOOKS: Final = FEATURES + HIDDEN
FAR_OUT: Final = 4.0
"""No feature counts for more than this many of its spreads: what has never been seen is no proof."""
PALLET_US: Final = 1_500_000
"""Tags that are loudest within this time of each other may stand on one pallet."""
PALLET_TAGS: Final = 16
"""So many others are asked."""
UNDECIDED: Final = 0.04
"""With the two likeliest kinds closer than this a person should look."""
MAYBE_THROUGH: Final = 0.02
"""With at least this chance that it went through, the way that it would have gone is told."""
READS_MIN: Final = 3
"""Fewer reads are no passage, unless something else says so."""
CROSSED_US: Final = 5_000_000
"""A crossing of the beams this long before or after a tag's loudest read may have been its own."""
CROSSED_LOGIT: Final = 3.0
WORD_LOGIT: Final = 4.0
"""How much a crossing, and a reader's own word, speak for having gone through."""
EYE_US: Final = 6_000_000
"""Both beams broken within this time are one crossing."""


@njit_roomy
def look(door: int, doors: Doors, work: Work) -> None:
    """
    Standardise what was measured of a passage, and mix it.

    door   int
    doors  Doors
    work   Work   in: feature; out: looks
    """
    for f in range(FEATURES):
        off = (work.feature[f] - doors.centre[door, f]) / doors.scale[door, f]
        work.looks[f] = min(max(off, -FAR_OUT), FAR_OUT)
    for h in range(HIDDEN):
        mixed = doors.hidden[door, h, FEATURES]
        for f in range(FEATURES):
            mixed += doors.hidden[door, h, f] * work.looks[f]
        work.looks[FEATURES + h] = np.tanh(mixed)


@njit_roomy
def weigh_kinds(row: Row, door: int, doors: Doors, work: Work) -> float:
    """
    Say how a passage looks by itself. Returns the logit of its direction, positive for out.

    row    PASSAGE
    door   int
    doors  Doors
    work   Work     out: looks, logits
    """
    if row["levels"] == 0:
        # Without a level there is no shape: it was there, and that is all.
        work.logits[STATIC], work.logits[MILLING], work.logits[THROUGH] = 1.0, 0.0, 0.0
        return 0.0
    way = measure(row, door, doors, work)
    look(door, doors, work)
    for kind in range(KINDS):
        work.logits[kind] = doors.weights[door, kind, LOOKS]
        for f in range(LOOKS):
            work.logits[kind] += doors.weights[door, kind, f] * work.looks[f]
    return way


@njit_roomy
def likeliest_kind(logits: np.ndarray) -> int:
    """
    Give the likeliest kind.

    logits  float[KINDS]
    """
    best = 0
    for kind in range(1, KINDS):
        if logits[kind] > logits[best]:
            best = kind
    return best


@njit_roomy
def crossed(eyes: Row, peak_us: int) -> int:
    """
    Say which way the beams were crossed nearest to a time: INWARD, OUTWARD, or NO_WAY.

    eyes     EYES
    peak_us  int
    """
    way, nearest = NO_WAY, CROSSED_US + 1
    for k in range(CROSSINGS):
        crossed_us = abs(eyes["crossed_us"][k])
        away = abs(crossed_us - peak_us)
        if away < nearest:
            nearest = away
            way = OUTWARD if eyes["crossed_us"][k] > 0 else INWARD
    return way


@njit_roomy
def note_eye(door: int, outside: int, seen_us: int, at: AtDoors) -> None:
    """
    Take it that a beam was broken; the second of the two makes a crossing, away from the first.

    door     int
    outside  int      1 for the outer beam, 0 for the inner
    seen_us  int      not before what was folded last
    at       AtDoors  in and out: eyes
    """
    eyes = at.eyes[door]
    first_us = eyes["broken_us"][1 - outside]
    eyes["broken_us"][outside] = seen_us
    if seen_us - first_us > EYE_US:
        return
    # Stored with its way as its sign: times are long after 1970.
    eyes["crossed_us"][eyes["crossings"] % CROSSINGS] = seen_us if outside == 1 else -seen_us
    eyes["crossings"] += 1
    eyes["broken_us"][1 - outside] = seen_us - EYE_US - 1
    eyes["broken_us"][outside] = seen_us - EYE_US - 1


@njit_roomy
def ask_pallet(p: int, door: int, doors: Doors, at: AtDoors, work: Work, own: np.ndarray) -> None:
    """
    Let the tags that are loudest at about the same time have their say: those that move, together, as much as itself.

    Another pallet may pass the door at that time, and a tag's own passage is what tells them apart.

    p      int             of the passage, which moves itself
    door   int
    doors  Doors
    at     AtDoors
    work   Work            room
    own    float64[KINDS + 1]  in and out: the passage's logits, the last that of its direction
    """
    total, n, asked = np.zeros(KINDS + 1), 0, 0
    peak_us = at.open[p]["peak_us"]
    for k in range(RECENT):
        one = at.closed[door, k]
        if (
            n < PALLET_TAGS
            and abs(one["peak_us"] - peak_us) < PALLET_US
            and likeliest_kind(one["logits"][:KINDS]) != STATIC
        ):
            total += one["logits"]
            n += 1
    for q in range(at.n[1]):
        row = at.open[q]
        if asked >= PALLET_TAGS or q == p or abs(row["peak_us"] - peak_us) >= PALLET_US:
            continue
        if at.visits[row["visit"]]["door"] == door:
            way = weigh_kinds(row, door, doors, work)
            asked += 1
            if n < PALLET_TAGS and likeliest_kind(work.logits) != STATIC:
                total[:KINDS] += work.logits
                total[KINDS] += way
                n += 1
    if n > 0:
        own[:] = (own + total / n) / 2.0


@njit_roomy
def judge(p: int, doors: Doors, at: AtDoors, work: Work) -> int:
    """
    Say what a passage was and which way it went. Returns INWARD, OUTWARD or NO_WAY; the way of what goes through.

    p      int      of an open passage
    doors  Doors
    at     AtDoors  in and out: closed, turn
    work   Work     out: logits
    """
    row = at.open[p]
    door = at.visits[row["visit"]]["door"]
    own = np.zeros(KINDS + 1)
    own[KINDS] = weigh_kinds(row, door, doors, work)
    own[:KINDS] = work.logits
    alone = own.copy()
    if likeliest_kind(work.logits) != STATIC:
        ask_pallet(p, door, doors, at, work, own)
        ring = at.closed[door, at.turn[door] % RECENT]
        ring["peak_us"] = row["peak_us"]
        ring["logits"][:] = alone
        at.turn[door] += 1
    way = own[KINDS]
    beams = crossed(at.eyes[door], row["peak_us"])
    own[THROUGH] += CROSSED_LOGIT * abs(beams)
    if row["word"] != UNSAID:
        own[THROUGH] += WORD_LOGIT if row["word"] != NO_WAY else -WORD_LOGIT
    work.logits[:] = own[:KINDS]
    if row["word"] in (INWARD, OUTWARD):
        return int(row["word"])
    if beams != NO_WAY:
        return beams
    return NO_WAY if way == 0.0 else OUTWARD if way > 0.0 else INWARD


@njit_roomy
def outdone(p: int, chance: float, doors: Doors, at: AtDoors, work: Work) -> int:
    """
    Compare a passage that closes with its tag's at other doors. Returns 1 if it is likelier to have gone through there.

    p       int      of an open passage
    chance  float    that it went through
    doors   Doors
    at      AtDoors  in and out: rival_chance of the others
    work    Work     room
    """
    row = at.open[p]
    best = row["rival_chance"]
    v = at.head[at.visits[row["visit"]]["tag"]]
    while v >= 0:
        q = at.visits[v]["passage"]
        if q >= 0 and q != p:
            other = at.open[q]
            weigh_kinds(other, at.visits[v]["door"], doors, work)
            odds = np.exp(work.logits - work.logits.max())
            best = max(best, odds[THROUGH] / odds.sum())
            other["rival_chance"] = max(other["rival_chance"], chance)
        v = at.visits[v]["next"]
    return 1 if best > chance else 0


@njit_roomy
def write_verdict(p: int, way: int, doors: Doors, at: AtDoors, work: Work, told: Told) -> int:
    """
    Write down what a passage was. Returns the likeliest kind.

    p      int      of an open passage
    way    int      from judge
    doors  Doors
    at     AtDoors
    work   Work     in: logits; and room
    told   Told     one more
    """
    row, odds = at.open[p], np.exp(work.logits - work.logits.max())
    chance = odds / odds.sum()
    kind = likeliest_kind(chance)
    second = 0.0
    for k in range(KINDS):
        if k != kind:
            second = max(second, chance[k])
    one = told.verdicts[told.n[0]]
    one["opened_us"], one["closed_us"] = row["opened_us"], row["last_us"]
    one["tag"], one["door"] = at.visits[row["visit"]]["tag"], at.visits[row["visit"]]["door"]
    one["verdict"] = REVIEW if chance[kind] - second < UNDECIDED else kind
    one["direction"] = way if kind != STATIC and chance[THROUGH] >= MAYBE_THROUGH else NO_WAY
    one["n"], one["outdone"] = row["n"], outdone(p, chance[THROUGH], doors, at, work)
    one["confidence"], one["through"] = chance[kind], chance[THROUGH]
    told.n[0] += 1
    return kind


@njit_roomy
def close_passage(p: int, doors: Doors, at: AtDoors, work: Work, told: Told) -> int:
    """
    End a passage with its verdict. Returns the likeliest kind, or -1 if it was too little to say.

    p      int      of an open passage
    doors  Doors
    at     AtDoors  in and out
    work   Work     room
    told   Told     one more, unless there is nothing to say
    """
    row = at.open[p]
    if row["n"] < READS_MIN and row["word"] not in (INWARD, OUTWARD):
        return -1
    way = judge(p, doors, at, work)
    return write_verdict(p, way, doors, at, work, told)
