"""
The kernels again, slow and plain: dicts, lists and Python's own numbers, to be checked by eye.

Each takes what its kernel takes. What a hash table looks like inside is the kernel's own affair and not compared.
"""

import math
from typing import Any

from core.engine.kernels_dedupe import KEPT, LATE, OVERTAKEN, REPEAT
from core.engine.records import APPEAR, MOVE, NO_MOVE, READ, TRAIL
from core.model.columns import NEVER_US
from tests import naive_belief, naive_portal
from tests.naive_silence import hear, rest, tell, write_move

PLACE_AT, LOSE_AT, MARGIN, DOORWAY = 0.4, 0.2, 2.0, 0.9
TOLD = ("zone", "state", "since_us", "confidence", "x_m", "y_m", "seen_us")


def touch(at: Any, rows: Any) -> None:
    for i in at:
        rows[i, ::8] += 1


def find_tags(hi: Any, lo: Any, _home: Any, slots: Any, keys: Any, _known: int, tag: Any) -> int:
    ids = {(int(keys[t, 0]), int(keys[t, 1])): int(t) for t in slots if t >= 0}
    for i, key in enumerate(zip(hi.tolist(), lo.tolist(), strict=True)):
        if key not in ids:
            ids[key] = len(ids)
            keys[ids[key]] = key
        tag[i] = ids[key]
    return len(ids)


def place_tags(_home: Any, tag: Any, slots: Any) -> None:
    free = [i for i, at in enumerate(slots) if at < 0]
    for i, t in zip(free, tag, strict=False):
        slots[i] = t


def sort_out(pair: Any, _home: Any, raw_us: Any, seen_us: Any, window_us: Any, table: Any, verdict: Any) -> int:
    last = {int(p): (int(raw), int(seen)) for p, raw, seen in table if p >= 0}
    before = len(last)
    for i, key in enumerate(pair.tolist()):
        gap = raw_us[i] - last[key][0] if key in last else math.inf
        if verdict[i] == LATE:
            continue
        verdict[i] = OVERTAKEN if gap < 0 else REPEAT if gap < window_us[i] else KEPT
        if verdict[i] == KEPT:
            last[key] = (int(raw_us[i]), int(seen_us[i]))
    _rewrite(table, last)
    return len(last) - before


def keep_overtaken(pair: Any, raw_us: Any, window_us: Any, near_pair: Any, near_raw_us: Any, verdict: Any) -> None:
    kept = list(zip(near_pair.tolist(), near_raw_us.tolist(), strict=True))
    for i, (p, raw) in enumerate(zip(pair.tolist(), raw_us.tolist(), strict=True)):
        near = [other for q, other in kept if q == p and abs(other - raw) < window_us[i]]
        verdict[i] = REPEAT if near else KEPT
        if not near:
            kept.append((p, raw))


def note_kept(pair: Any, _home: Any, raw_us: Any, seen_us: Any, table: Any) -> int:
    last = {int(p): (int(raw), int(seen)) for p, raw, seen in table if p >= 0}
    before = len(last)
    for key, raw, seen in zip(pair.tolist(), raw_us.tolist(), seen_us.tolist(), strict=True):
        if key not in last or seen > last[key][1]:
            last[key] = (raw, seen)
    _rewrite(table, last)
    return len(last) - before


def _rewrite(table: Any, last: dict[int, tuple[int, int]]) -> None:
    table[:] = -1
    for i, (key, (raw, seen)) in enumerate(last.items()):
        table[i] = key, raw, seen


def decide(tag: int, row: Any, belief: Any, plan: Any, scratch: Any) -> bool:
    was = int(row["zone"])
    best, likely, believed = naive_belief.likeliest(tag, belief, plan, scratch, was)
    door = naive_portal.doorway(row, row["seen_us"], plan)
    if door >= 0:
        best, likely, believed = door, DOORWAY, DOORWAY * (door == was)
    moves = best != was and likely >= max(MARGIN * believed, PLACE_AT if was < 0 else plan.change_at)
    row["zone"] = -1 if likely < LOSE_AT else best if moves else was
    row["confidence"] = believed if row["zone"] not in (-1, best) else likely
    changed = bool(row["zone"] != was)
    row["since_us"] = row["seen_us"] if changed else row["since_us"]
    return changed


def place(tag: int, row: Any, read: Any, belief: Any, plan: Any) -> None:
    point, first = read["read_point"], row["reads"] == 0
    loud = 1.0 if first else min(max(0.3 + (float(read["rssi_dbm"]) + 60.0) * 0.02, 0.05), 0.9)
    slots = [(weight, plan.place_xy[at]) for at, weight, _ in naive_belief.held(tag, belief)]
    total, pull = sum(weight for weight, _ in slots), plan.antenna_pull if slots else 1.0
    for axis, name in enumerate(("x", "y")):
        ear = row[f"antenna_{name}"] + loud * (plan.antenna[point, axis] - row[f"antenna_{name}"])
        mean = sum(weight * float(xy[axis]) for weight, xy in slots) / total if slots else 0.0
        row[f"antenna_{name}"], row[f"{name}_m"] = ear, pull * float(ear) + (1.0 - pull) * mean
    at = row["reads"] % TRAIL
    row["trail_us"][at], row["trail_read_point"][at], row["trail_dbm"][at] = read["seen_us"], point, read["rssi_dbm"]
    row["seen_us"], row["read_point"] = read["seen_us"], point
    row["reads"] += 1


def revive(tag: int, row: Any, seen_us: int, belief: Any) -> None:
    row["was"] = row["zone"]
    row["zone"], row["state"], row["appeared"], row["since_us"] = -1, 0, 0, seen_us
    row["inside"], row["inside_us"] = 0, NEVER_US
    naive_belief.forget(tag, row, belief)


def fold_read(tag: int, row: Any, read: Any, belief: Any, plan: Any, scratch: Any) -> int:
    if row["state"] != 0:
        revive(tag, row, read["seen_us"], belief)
    if row["reads"] == 0:
        row["since_us"] = read["seen_us"]
    naive_belief.believe(tag, row, read, belief, plan, scratch)
    place(tag, row, read, belief, plan)
    changed = decide(tag, row, belief, plan, scratch)
    naive_portal.note_inside(row, read["seen_us"], plan)
    kind = NO_MOVE if not changed else MOVE if row["appeared"] else APPEAR
    row["appeared"] |= changed
    return kind


def tell_zones(evidence: Any, tags: Any, belief: Any, plan: Any, scratch: Any, zone: Any) -> None:
    for i, read in enumerate(evidence):
        fold_read(read["tag"], tags[read["tag"]], read, belief, plan, scratch)
        zone[i] = tags[read["tag"]]["zone"]


def goes_before(a: Any, b: Any) -> bool:
    return _order(a) < _order(b)


def _order(e: Any) -> tuple[int, ...]:
    return int(e["seen_us"]), int(e["kind"] == READ), int(e["read_point"]), int(e["tag"]), int(e["raw_us"])


def merge(old: Any, new: Any, out: Any) -> None:
    for i, row in enumerate(sorted([*old, *new], key=_order)):
        out[i] = row


def settle(evidence: Any, tags: Any, belief: Any, silence: Any, health: Any, plan: Any, scratch: Any, out: Any) -> None:
    for read in evidence:
        if read["kind"] != READ:
            tell(read, health, plan, out)
            continue
        tag, reader = int(read["tag"]), plan.reader_of[read["read_point"]]
        hear(reader, read["seen_us"], True, health, plan, out)
        health.readers[reader]["listening"] = 1
        row, before = tags[tag], int(tags[tag]["zone"])
        kind = fold_read(tag, row, read, belief, plan, scratch)
        rest(tag, row, silence, health, plan, out)
        if kind != NO_MOVE:
            write_move(tag, row, read["seen_us"], kind, row["was"] if kind == APPEAR else before, out)


def look_ahead(evidence: Any, copy_of: Any, rows: Any, belief: Any, plan: Any, scratch: Any) -> None:
    for read in evidence:
        copy = copy_of[read["tag"]] if read["kind"] == READ else -1
        if copy >= 0:
            fold_read(copy, rows[copy], read, belief, plan, scratch)


def tell_news(rows: Any, tag: Any, told_m: float, shown: Any, news: Any) -> None:
    for i, (row, t) in enumerate(zip(rows, tag, strict=True)):
        last = shown[t]
        same = all(row[name] == last[name] for name in ("zone", "state", "since_us"))
        close = abs(row["confidence"] - last["confidence"]) <= 0.05 and row["seen_us"] - last["seen_us"] < 5_000_000
        near = max(abs(row[axis] - last[axis]) for axis in ("x_m", "y_m")) < told_m
        news[i] = not (same and close and near)
        if news[i]:
            for name in TOLD:
                last[name] = row[name]
