"""
The kernels of the doors again, slow and plain: whole-array arithmetic and Python's own numbers, to be checked by eye.
"""

from typing import Any

import numpy as np

from core.engine.records import READ
from core.engine.records_passage import (
    ANTENNAS,
    BIN_US,
    BINS,
    CROSSINGS,
    EYE,
    LONGEST_US,
    MILLING,
    RECENT,
    REVIEW,
    SILENCE_US,
    STATIC,
    THROUGH,
    UNSAID,
    WORD,
)
from core.model.columns import NEVER_US, UNHEARD_DBM
from tests.naive_pallet import ask_pallet, chances, goes_on, likeliest_kind, weigh_alone


def visit_of(tag: int, door: int, at: Any) -> int:
    found = [v for v in range(at.n[0]) if (at.visits[v]["tag"], at.visits[v]["door"]) == (tag, door)]
    return found[0] if found else -1


def come(tag: int, door: int, at: Any) -> int:
    v = int(at.n[0])
    visit = at.visits[v]
    visit["tag"], visit["door"], visit["last_us"], visit["passage"], visit["stray"] = tag, door, NEVER_US, -1, 0
    visit["next"], at.head[tag] = at.head[tag], v
    at.n[0] += 1
    return v


def repoint(tag: int, old: int, new: int, at: Any) -> None:
    if at.head[tag] == old:
        at.head[tag] = new
    else:
        for visit in at.visits[: max(at.n[0], old + 1)]:
            if visit["tag"] == tag and visit["next"] == old:
                visit["next"] = new


def go(v: int, at: Any) -> None:
    repoint(int(at.visits[v]["tag"]), v, int(at.visits[v]["next"]), at)
    last = int(at.n[0]) - 1
    if v != last:
        repoint(int(at.visits[last]["tag"]), last, v, at)
        at.visits[v] = at.visits[last]
        if at.visits[v]["passage"] >= 0:
            at.open[at.visits[v]["passage"]]["visit"] = v
    at.n[0] = last


def begin(v: int, seen_us: int, at: Any) -> int:
    p = int(at.n[1])
    row = at.open[p]
    for name in ("n", "levels", "count", "sum", "square", "waited_us"):
        row[name] = 0
    row["visit"], row["opened_us"], row["last_us"], row["peak_us"] = v, seen_us, seen_us, seen_us
    row["peak_dbm"], row["rival_chance"], row["word"] = -100.0, 0.0, UNSAID
    row["rival_dbm"] = -100.0
    at.visits[v]["passage"], at.visits[v]["stray"] = p, 0
    at.n[1] += 1
    return p


def portray(row: Any, visit: Any) -> None:
    end = min(BINS, int(row["last_us"] - row["opened_us"]) // BIN_US + 1)
    spread = reads = 0.0
    for a in range(ANTENNAS):
        start = max(end - 12, 0)
        while start > 0 and not row["count"][a, start:end].any():
            start -= 1
        n, total, squares = (float(row[name][a, start:end].sum()) for name in ("count", "sum", "square"))
        visit["mean"][a] = total / n if n else 0.0
        if n:
            spread += max(squares - total * total / n, 0.0)
            reads += n
    visit["var"], visit["strange"] = max(spread / max(reads, 1.0), 6.0), 1.0


def departs(visit: Any, slot: int, dbm: float) -> bool:
    if dbm <= UNHEARD_DBM:
        return False
    known = float(visit["mean"][slot])
    if known == 0.0:
        visit["mean"][slot] = dbm
        return False
    strange = min((dbm - known) ** 2 / float(visit["var"]), 12.0)
    visit["strange"] = 0.7 * float(visit["strange"]) + 0.3 * strange
    visit["mean"][slot] = 0.98 * known + 0.02 * dbm
    return bool(visit["strange"] > 5.0)


def note_level(row: Any, slot: int, seen_us: int, dbm: float) -> None:
    row["n"], row["last_us"] = row["n"] + 1, seen_us
    if dbm > UNHEARD_DBM:
        b = min(int(seen_us - row["opened_us"]) // BIN_US, BINS - 1)
        row["levels"] += 1
        for name, value in (("count", 1), ("sum", dbm), ("square", dbm * dbm)):
            row[name][slot, b] += value
        if dbm > row["peak_dbm"]:
            row["peak_dbm"], row["peak_us"] = dbm, seen_us


def finish(p: int, doors: Any, at: Any, work: Any, told: Any) -> None:
    row = at.open[p]
    visit = at.visits[row["visit"]]
    kind = close_passage(p, doors, at, work, told)
    lasted_us = int(row["last_us"] - row["opened_us"])
    sparse = kind in (STATIC, -1) and lasted_us >= 700_000 * int(row["n"])
    visit["stray"] = lasted_us >= LONGEST_US - SILENCE_US or sparse
    portray(row, visit)
    visit["passage"] = -1
    last = int(at.n[1]) - 1
    if p != last:
        at.open[p] = at.open[last]
        at.visits[at.open[p]["visit"]]["passage"] = p
    at.n[1] = last


def fold_passage(read: Any, doors: Any, at: Any, work: Any, told: Any) -> None:
    door, slot = int(doors.door_of[read["read_point"]]), int(doors.slot_of[read["read_point"]])
    seen_us, dbm = int(read["seen_us"]), float(read["rssi_dbm"])
    if door < 0:
        return
    v = visit_of(int(read["tag"]), door, at)
    v = come(int(read["tag"]), door, at) if v < 0 else v
    visit = at.visits[v]
    silent_us = seen_us - int(visit["last_us"])
    p = int(visit["passage"])
    if p >= 0 and (silent_us >= SILENCE_US or not goes_on(p, seen_us, doors, at, work)):
        finish(p, doors, at, work, told)
        p = -1
    visit["last_us"] = seen_us
    patience_us = 60_000_000 if visit["stray"] else SILENCE_US
    if p < 0:
        if silent_us < patience_us and not departs(visit, slot, dbm):
            return
        p = begin(v, seen_us, at)
    note_level(at.open[p], slot, seen_us, dbm)


def count_at_doors(evidence: Any, doors: Any) -> int:
    at_doors = (evidence["kind"] == READ) & (doors.door_of[evidence["read_point"]] >= 0)
    return int((at_doors | np.isin(evidence["kind"], (EYE, WORD))).sum())


def fold_doors(evidence: Any, doors: Any, at: Any, work: Any, told: Any) -> None:
    for one in evidence:
        door = int(doors.door_of[one["read_point"]])
        if one["kind"] == 0:
            note_rival(int(one["tag"]), door, int(one["seen_us"]), float(one["rssi_dbm"]), at)
            fold_passage(one, doors, at, work, told)
        elif one["kind"] == EYE:
            note_eye(*divmod(int(one["tag"]), 2), int(one["seen_us"]), at)
        elif one["kind"] == WORD and door >= 0:
            note_word(int(one["tag"]), door, int(one["rssi_dbm"]), at)


def note_word(tag: int, door: int, way: int, at: Any) -> None:
    v = visit_of(tag, door, at)
    if v >= 0 and at.visits[v]["passage"] >= 0:
        at.open[at.visits[v]["passage"]]["word"] = way


def next_close(at: Any) -> int:
    rows = at.open[: at.n[1]]
    ends: list[int] = [*(rows["last_us"] + SILENCE_US).tolist(), *(rows["opened_us"] + LONGEST_US).tolist()]
    return min([2**62, *ends])


def close_due(at_us: int, doors: Any, at: Any, work: Any, told: Any) -> None:
    p = 0
    while p < at.n[1]:
        if at_us >= at.open[p]["last_us"] + SILENCE_US or not goes_on(p, at_us, doors, at, work):
            finish(p, doors, at, work, told)
        else:
            p += 1
    v = 0
    while v < at.n[0]:
        visit = at.visits[v]
        if visit["passage"] < 0 and at_us - visit["last_us"] >= (60_000_000 if visit["stray"] else SILENCE_US):
            go(v, at)
        else:
            v += 1


def crossed(eyes: Any, peak_us: int) -> int:
    near = [(abs(abs(int(c)) - peak_us), 1 if c > 0 else -1) for c in eyes["crossed_us"]]
    away, way = min(near, key=lambda one: one[0])
    return way if away <= 5_000_000 else 0


def note_eye(door: int, outside: int, seen_us: int, at: Any) -> None:
    eyes = at.eyes[door]
    if seen_us - eyes["broken_us"][1 - outside] > 6_000_000:
        eyes["broken_us"][outside] = seen_us
        return
    eyes["crossed_us"][eyes["crossings"] % CROSSINGS] = seen_us if outside else -seen_us
    eyes["crossings"] += 1
    eyes["broken_us"] = seen_us - 6_000_001


def remember(p: int, alone: Any, at: Any) -> None:
    row = at.open[p]
    door = int(at.visits[row["visit"]]["door"])
    kept = at.closed[door, at.turn[door] % RECENT]
    for name in ("peak_us", "opened_us", "last_us", "waited_us"):
        kept[name] = row[name]
    kept["logits"] = alone
    at.turn[door] += 1


def judge(p: int, doors: Any, at: Any, work: Any) -> int:
    row = at.open[p]
    own = weigh_alone(p, doors, at, work)
    alone = own.copy()
    ask_pallet(p, doors, at, work, own)
    if likeliest_kind(alone[:3]) != STATIC:
        remember(p, alone, at)
    beams = crossed(at.eyes[at.visits[row["visit"]]["door"]], int(row["peak_us"]))
    word = int(row["word"])
    own[THROUGH] += 3.0 * abs(beams) + {UNSAID: 0.0, 0: -4.0}.get(word, 4.0)
    work.logits[:] = own[:3]
    if word in (-1, 1):
        return word
    return beams or int(np.sign(own[3]))


def write_verdict(p: int, way: int, doors: Any, at: Any, work: Any, told: Any) -> int:
    row, chance = at.open[p], chances(work.logits)
    second, first = np.sort(chance)[-2:]
    likeliest = likeliest_kind(chance)
    rival = elsewhere(p, float(chance[THROUGH]), doors, at, work)
    one = told.verdicts[told.n[0]]
    one["opened_us"], one["closed_us"], one["n"] = row["opened_us"] - row["waited_us"], row["last_us"], row["n"]
    one["tag"], one["door"] = at.visits[row["visit"]]["tag"], at.visits[row["visit"]]["door"]
    maybe = chance[THROUGH] >= 0.005
    one["verdict"], one["direction"] = REVIEW if first - second < 0.04 else likeliest, way if maybe else 0
    one["confidence"], one["through"], one["outdone"] = first, chance[THROUGH], rival > chance[THROUGH]
    if one["outdone"] and likeliest == THROUGH:
        one["verdict"], one["confidence"] = MILLING, rival
    told.n[0] += 1
    return likeliest


def elsewhere(p: int, chance: float, doors: Any, at: Any, work: Any) -> float:
    tag = at.visits[at.open[p]["visit"]]["tag"]
    best = float(at.open[p]["rival_chance"])
    for q in range(at.n[1]):
        visit = at.visits[at.open[q]["visit"]]
        if visit["tag"] == tag and q != p:
            own = weigh_alone(q, doors, at, work)
            ask_pallet(q, doors, at, work, own)
            best = max(best, float(chances(own[:3])[THROUGH]))
            at.open[q]["rival_chance"] = max(float(at.open[q]["rival_chance"]), chance)
    return best


def close_passage(p: int, doors: Any, at: Any, work: Any, told: Any) -> int:
    row = at.open[p]
    if row["n"] < 3 and row["word"] not in (-1, 1):
        return -1
    return write_verdict(p, judge(p, doors, at, work), doors, at, work, told)


def note_rival(tag: int, door: int, seen_us: int, dbm: float, at: Any) -> None:
    for row in at.open[: at.n[1]]:
        visit = at.visits[row["visit"]]
        b = (seen_us - int(row["opened_us"])) // BIN_US
        if visit["tag"] == tag and visit["door"] != door and dbm > UNHEARD_DBM and 0 <= b < BINS:
            row["rival_dbm"][b] = max(row["rival_dbm"][b], dbm)
