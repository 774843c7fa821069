"""Reads at a door become passages here: when one begins, what is kept of it, when it ends, and who is a mere stray."""

from typing import Final

from core.engine.kernels_jit import njit_roomy
from core.engine.kernels_rival import note_rival
from core.engine.kernels_stray import departs, portray
from core.engine.kernels_verdict import close_passage, note_eye
from core.engine.kernels_visits import come, go, visit_of
from core.engine.kernels_wait import goes_on
from core.engine.records import READ, Records, Row
from core.engine.records_passage import (
    ANTENNAS,
    BIN_US,
    BINS,
    EYE,
    LONGEST_US,
    SILENCE_US,
    SILENT_DBM,
    STATIC,
    UNSAID,
    WORD,
    AtDoors,
    Doors,
    Told,
    Work,
)
from core.model.columns import UNHEARD_DBM

SPARSE_US: Final = 700_000
"""A tag at rest that is read less often than this is heard from afar, with gaps: a stray as well."""
GONE_US: Final = 60_000_000
"""A tag that a door has not heard for this long is not at it any more."""
NO_CLOSE_US: Final = 2**62
"""Nothing is open: after every tick."""


@njit_roomy
def begin(v: int, seen_us: int, at: AtDoors) -> int:
    """
    Open a passage. Returns which.

    v        int      of a visit without one
    seen_us  int      of its first read
    at       AtDoors  in and out; room for one more
    """
    p = at.n[1]
    at.n[1] += 1
    row = at.open[p]
    row["visit"], row["opened_us"], row["last_us"], row["peak_us"] = v, seen_us, seen_us, seen_us
    row["n"], row["levels"], row["word"], row["waited_us"] = 0, 0, UNSAID, 0
    row["peak_dbm"], row["rival_chance"] = SILENT_DBM, 0.0
    row["rival_dbm"][:] = SILENT_DBM
    for a in range(ANTENNAS):
        for b in range(BINS):
            row["count"][a, b], row["sum"][a, b], row["square"][a, b] = 0, 0.0, 0.0
    at.visits[v]["passage"], at.visits[v]["stray"] = p, 0
    return int(p)


@njit_roomy
def finish(p: int, doors: Doors, at: AtDoors, work: Work, told: Told) -> None:
    """
    Close a passage: its verdict, what its tag looks like from now on, and the last passage takes its place.

    p      int      of an open passage
    doors  Doors
    at     AtDoors  in and out
    work   Work     room
    told   Told     one more, if there was enough to say
    """
    row = at.open[p]
    visit = at.visits[row["visit"]]
    kind = close_passage(p, doors, at, work, told)
    lasted_us = row["last_us"] - row["opened_us"]
    sparse = kind in (STATIC, -1) and lasted_us >= SPARSE_US * row["n"]
    visit["stray"] = lasted_us >= LONGEST_US - SILENCE_US or sparse
    portray(row, visit)
    visit["passage"] = -1
    at.n[1] -= 1
    last = at.n[1]
    if p != last:
        at.open[p] = at.open[last]
        at.visits[at.open[p]["visit"]]["passage"] = p


@njit_roomy
def note_level(row: Row, slot: int, seen_us: int, dbm: float) -> None:
    """
    Add a read's level to a passage.

    row      PASSAGE  in and out
    slot     int      the antenna
    seen_us  int
    dbm      float    UNHEARD_DBM for a read without one
    """
    row["n"] += 1
    row["last_us"] = seen_us
    if dbm <= UNHEARD_DBM:
        return
    b = min((seen_us - row["opened_us"]) // BIN_US, BINS - 1)
    row["levels"] += 1
    row["count"][slot, b] += 1
    row["sum"][slot, b] += dbm
    row["square"][slot, b] += dbm * dbm
    if dbm > row["peak_dbm"]:
        row["peak_dbm"] = dbm
        row["peak_us"] = seen_us


@njit_roomy
def fold_passage(read: Row, doors: Doors, at: AtDoors, work: Work, told: Told) -> None:
    """
    Take a read at a door; one anywhere else is none of its business.

    read   EVIDENCE  not older than what was folded last
    doors  Doors
    at     AtDoors   in and out; room for one more visit and one more passage
    work   Work      room
    told   Told      room for one more: the verdict on what this read shows to be over
    """
    point = read["read_point"]
    door, slot, seen_us = doors.door_of[point], doors.slot_of[point], read["seen_us"]
    if door < 0:
        return
    v = visit_of(read["tag"], door, at)
    if v < 0:
        v = come(read["tag"], door, at)
    visit = at.visits[v]
    p, silent_us = visit["passage"], seen_us - visit["last_us"]
    if p >= 0 and (silent_us >= SILENCE_US or not goes_on(p, seen_us, doors, at, work)):
        finish(p, doors, at, work, told)
        p = -1
    visit["last_us"] = seen_us
    if p < 0:
        waits = silent_us < (GONE_US if visit["stray"] == 1 else SILENCE_US)
        if waits and not departs(visit, slot, read["rssi_dbm"]):
            return
        p = begin(v, seen_us, at)
    note_level(at.open[p], slot, seen_us, read["rssi_dbm"])


@njit_roomy
def note_word(tag: int, door: int, way: int, at: AtDoors) -> None:
    """
    Take a reader's own word on a tag's direction, for the passage that is open.

    tag, door  int
    way        int      INWARD, OUTWARD, or NO_WAY for a tag that came and went by the same side
    at         AtDoors  in and out
    """
    v = visit_of(tag, door, at)
    if v >= 0 and at.visits[v]["passage"] >= 0:
        at.open[at.visits[v]["passage"]]["word"] = way


@njit_roomy
def count_at_doors(evidence: Records, doors: Doors) -> int:
    """
    Count what of some evidence is for the doors: reads at one of them, broken beams, readers' words on direction.

    evidence  EVIDENCE[n]
    doors     Doors        door_of is used
    """
    n = 0
    for i in range(evidence.size):
        kind = evidence[i]["kind"]
        n += kind in (EYE, WORD) or (kind == READ and doors.door_of[evidence[i]["read_point"]] >= 0)
    return n


@njit_roomy
def fold_doors(evidence: Records, doors: Doors, at: AtDoors, work: Work, told: Told) -> None:
    """
    Take evidence in its order: reads, broken beams and readers' words on direction; all else passes by.

    evidence  EVIDENCE[n]
    doors     Doors
    at        AtDoors   in and out; room for a visit and a passage more for each read at a door
    work      Work      room
    told      Told      room for as many verdicts
    """
    for i in range(evidence.size):
        one = evidence[i]
        if one["kind"] == READ:
            door = doors.door_of[one["read_point"]]
            note_rival(one["tag"], door, one["seen_us"], one["rssi_dbm"], at)
            if door >= 0:
                fold_passage(one, doors, at, work, told)
        elif one["kind"] == EYE:
            note_eye(one["tag"] // 2, one["tag"] % 2, one["seen_us"], at)
        elif one["kind"] == WORD and doors.door_of[one["read_point"]] >= 0:
            note_word(one["tag"], doors.door_of[one["read_point"]], int(one["rssi_dbm"]), at)


@njit_roomy
def next_close(at: AtDoors) -> int:
    """
    Give the time at which the first open passage ends if nothing more is heard; NO_CLOSE_US with none open.

    at  AtDoors
    """
    soonest = NO_CLOSE_US
    for p in range(at.n[1]):
        row = at.open[p]
        soonest = min(soonest, row["last_us"] + SILENCE_US, row["opened_us"] + LONGEST_US)
    return soonest


@njit_roomy
def close_due(at_us: int, doors: Doors, at: AtDoors, work: Work, told: Told) -> None:
    """
    Close what is over at a time, and forget who is gone.

    at_us  int      not before what was folded last
    doors  Doors
    at     AtDoors  in and out
    work   Work     room
    told   Told     room for as many verdicts as there are open passages
    """
    p = 0
    while p < at.n[1]:
        if at_us - at.open[p]["last_us"] >= SILENCE_US or not goes_on(p, at_us, doors, at, work):
            finish(p, doors, at, work, told)
        else:
            p += 1
    v = 0
    while v < at.n[0]:
        visit = at.visits[v]
        if visit["passage"] < 0 and at_us - visit["last_us"] >= (GONE_US if visit["stray"] == 1 else SILENCE_US):
            go(v, at)
        else:
            v += 1
