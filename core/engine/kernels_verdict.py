"""A passage gets its verdict here: by its shape, by what passes together with it, by light beams and readers' words."""

from typing import Final

from core.engine.kernels_jit import njit_roomy
from core.engine.kernels_kind import chances, likeliest_kind
from core.engine.kernels_pallet import ask_pallet, weigh_alone
from core.engine.records import Floats, Row
from core.engine.records_passage import (
    CROSSINGS,
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

UNDECIDED: Final = 0.04
"""With the two likeliest kinds closer than this a person should look."""
MAYBE_THROUGH: Final = 0.005
"""With at least this chance that it went through, the way that it would have gone is told, whatever the verdict."""
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
def remember(p: int, alone: Floats, at: AtDoors) -> None:
    """
    Keep how a passage that closes looked by itself, for those that pass together with it.

    p      int                 of an open passage
    alone  float64[KINDS + 1]
    at     AtDoors             in and out: closed, turn
    """
    row = at.open[p]
    door = at.visits[row["visit"]]["door"]
    kept = at.closed[door, at.turn[door] % RECENT]
    kept["peak_us"], kept["opened_us"], kept["last_us"] = row["peak_us"], row["opened_us"], row["last_us"]
    kept["waited_us"] = row["waited_us"]
    kept["logits"][:] = alone
    at.turn[door] += 1


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
    own = weigh_alone(p, doors, at, work)
    alone = own.copy()
    ask_pallet(p, doors, at, work, own)
    if likeliest_kind(alone[:KINDS]) != STATIC:
        remember(p, alone, at)
    beams = crossed(at.eyes[at.visits[row["visit"]]["door"]], row["peak_us"])
    own[THROUGH] += CROSSED_LOGIT * abs(beams)
    if row["word"] != UNSAID:
        own[THROUGH] += WORD_LOGIT if row["word"] != NO_WAY else -WORD_LOGIT
    work.logits[:] = own[:KINDS]
    if row["word"] in (INWARD, OUTWARD):
        return int(row["word"])
    if beams != NO_WAY:
        return beams
    return NO_WAY if own[KINDS] == 0.0 else OUTWARD if own[KINDS] > 0.0 else INWARD


@njit_roomy
def elsewhere(p: int, chance: float, doors: Doors, at: AtDoors, work: Work) -> float:
    """
    Give the best chance that the tag of a passage that closes goes through another door meanwhile.

    p       int      of an open passage
    chance  float    that it went through here, which the tag's passages elsewhere are told
    doors   Doors
    at      AtDoors  in and out: rival_chance of the others
    work    Work     room
    """
    row = at.open[p]
    best = float(row["rival_chance"])
    v = at.head[at.visits[row["visit"]]["tag"]]
    while v >= 0:
        q = at.visits[v]["passage"]
        if q >= 0 and q != p:
            own = weigh_alone(q, doors, at, work)
            ask_pallet(q, doors, at, work, own)
            best = max(best, chances(own[:KINDS])[THROUGH])
            at.open[q]["rival_chance"] = max(at.open[q]["rival_chance"], chance)
        v = at.visits[v]["next"]
    return best


@njit_roomy
def write_verdict(p: int, way: int, doors: Doors, at: AtDoors, work: Work, told: Told) -> int:
    """
    Write down what a passage was. Returns the likeliest kind.

    A tag goes through one door at a time: what likelier went through another one only came past this one.

    p      int      of an open passage
    way    int      from judge
    doors  Doors
    at     AtDoors
    work   Work     in: logits; and room
    told   Told     one more
    """
    row, chance = at.open[p], chances(work.logits)
    through, kind = chance[THROUGH], likeliest_kind(chance)
    rival = elsewhere(p, through, doors, at, work)
    second = 0.0
    for k in range(KINDS):
        if k != kind:
            second = max(second, chance[k])
    one = told.verdicts[told.n[0]]
    one["opened_us"], one["closed_us"] = row["opened_us"] - row["waited_us"], row["last_us"]
    one["tag"], one["door"] = at.visits[row["visit"]]["tag"], at.visits[row["visit"]]["door"]
    one["verdict"] = REVIEW if chance[kind] - second < UNDECIDED else kind
    one["direction"] = way if through >= MAYBE_THROUGH else NO_WAY
    one["n"], one["outdone"] = row["n"], 1 if rival > through else 0
    one["confidence"], one["through"] = chance[kind], through
    if kind == THROUGH and rival > through:
        one["verdict"], one["confidence"] = MILLING, rival
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
