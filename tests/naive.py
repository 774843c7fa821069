"""
The kernels again, slow and plain: dicts, lists and Python's own numbers, to be checked by eye.

Each takes what its kernel takes. What a hash table looks like inside is the kernel's own affair and not compared.
"""

import math
from typing import Any

from core.engine.kernels_dedupe import KEPT, LATE, OVERTAKEN, REPEAT
from core.engine.records import APPEAR, MOVE, NO_MOVE, READ, SLOTS, TRAIL
from core.model.columns import NEVER_US
from tests import naive_ears, naive_portal
from tests.naive_silence import hear, rest, tell, write_move

PLACE_AT, LOSE_AT, MARGIN = 0.4, 0.2, 2.0
FADE, FADE_S, FOLLOW, ALIKE_DB, TYPICAL_DBM = 0.05, 60.0, 0.4, 4.0, -70.0


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


def gather(row: Any, read: Any, plan: Any, scratch: Any) -> int:
    zones = [int(z) for z in [*row["slot_zone"], *plan.nearby[read["read_point"]]] if z >= 0]
    for k, zone in enumerate(dict.fromkeys(zones)):
        scratch.zone[k] = zone
    return len(set(zones))


def temper(row: Any, read: Any) -> float:
    gaps = [
        read["seen_us"] - row["trail_us"][k] for k in range(TRAIL) if row["trail_read_point"][k] == read["read_point"]
    ]
    return float(min([1.0, *(gap / 1e6 / 0.8 for gap in gaps)]))


def keep_best(row: Any, scratch: Any, n: int) -> None:
    pairs = sorted(zip(scratch.weight[:n].tolist(), scratch.zone[:n].tolist(), strict=True), key=lambda p: -p[0])[
        :SLOTS
    ]
    total = sum(weight for weight, _ in pairs)
    row["slot_zone"] = [zone for _, zone in pairs] + [-1] * (SLOTS - len(pairs))
    row["slot_weight"] = [weight / total for weight, _ in pairs] + [0.0] * (SLOTS - len(pairs))


def outlasts(row: Any, best: int, seen_us: int) -> bool:
    if row["rival"] != best:
        row["rival"], row["rival_reads"], row["rival_us"] = best, 0, seen_us
    row["rival_reads"] += 1
    return bool(row["rival_reads"] >= 3 or seen_us - row["rival_us"] >= 2_000_000)


def decide(row: Any, seen_us: int, plan: Any) -> bool:
    current = int(row["zone"])
    best, likely, believed = naive_portal.likeliest(row, seen_us, plan)
    clear = best != current and likely >= PLACE_AT and likely >= MARGIN * believed
    moves = clear and (current == -1 or outlasts(row, best, seen_us))
    if moves or not clear:
        row["rival"] = -1
    row["zone"] = -1 if likely < LOSE_AT else best if moves else current
    row["confidence"] = believed if row["zone"] not in (-1, best) else likely
    if row["zone"] != current:
        row["since_us"] = seen_us
    return bool(row["zone"] != current)


def place(row: Any, read: Any, plan: Any) -> None:
    point, first = read["read_point"], row["reads"] == 0
    loud = 1.0 if first else min(max(0.3 + (float(read["rssi_dbm"]) + 60.0) * 0.02, 0.05), 0.9)
    slots = [(float(w), plan.centre[z]) for z, w in zip(row["slot_zone"], row["slot_weight"], strict=True) if z >= 0]
    for axis, name in enumerate(("x", "y")):
        ear = row[f"antenna_{name}"] + loud * (plan.antenna[point, axis] - row[f"antenna_{name}"])
        row[f"antenna_{name}"] = ear
        row[f"{name}_m"] = (sum(w * float(c[axis]) for w, c in slots) + ear) / 2 if slots else ear
    at = row["reads"] % TRAIL
    row["trail_us"][at], row["trail_read_point"][at], row["trail_dbm"][at] = read["seen_us"], point, read["rssi_dbm"]
    row["seen_us"], row["read_point"] = read["seen_us"], point
    row["reads"] += 1


def revive(row: Any, seen_us: int) -> None:
    row["was"] = row["zone"]
    row["zone"], row["state"], row["appeared"], row["rival"], row["since_us"] = -1, 0, 0, -1, seen_us
    row["slot_zone"], row["inside"], row["inside_us"] = -1, 0, NEVER_US
    row["ear_point"] = -1


def fold_read(row: Any, read: Any, plan: Any, scratch: Any) -> int:
    if row["state"] != 0:
        revive(row, read["seen_us"])
    if row["reads"] == 0:
        row["since_us"] = read["seen_us"]
    naive_ears.listen(row, read, temper(row, read))
    n = gather(row, read, plan, scratch)
    naive_ears.weigh(row, read["seen_us"], plan.loudest, scratch, n)
    keep_best(row, scratch, n)
    place(row, read, plan)
    changed = decide(row, read["seen_us"], plan)
    naive_portal.note_inside(row, read["seen_us"], plan)
    kind = NO_MOVE if not changed else MOVE if row["appeared"] else APPEAR
    row["appeared"] |= changed
    return kind


def goes_before(a: Any, b: Any) -> bool:
    return _order(a) < _order(b)


def _order(e: Any) -> tuple[int, ...]:
    return int(e["seen_us"]), int(e["kind"] == READ), int(e["read_point"]), int(e["tag"]), int(e["raw_us"])


def merge(old: Any, new: Any, out: Any) -> None:
    for i, row in enumerate(sorted([*old, *new], key=_order)):
        out[i] = row


def settle(evidence: Any, tags: Any, silence: Any, health: Any, plan: Any, scratch: Any, out: Any) -> None:
    for read in evidence:
        if read["kind"] != READ:
            tell(read, health, plan, out)
            continue
        reader, row = plan.reader_of[read["read_point"]], tags[read["tag"]]
        hear(reader, read["seen_us"], True, health, plan, out)
        health.readers[reader]["listening"] = 1
        before = int(row["zone"])
        kind = fold_read(row, read, plan, scratch)
        rest(read["tag"], row, silence, health, plan)
        if kind != NO_MOVE:
            write_move(read["tag"], row, read["seen_us"], kind, row["was"] if kind == APPEAR else before, out)


def look_ahead(evidence: Any, place_of: Any, rows: Any, plan: Any, scratch: Any) -> None:
    for read in evidence:
        if read["kind"] == READ and place_of[read["tag"]] >= 0:
            fold_read(rows[place_of[read["tag"]]], read, plan, scratch)


def tell_news(rows: Any, tag: Any, shown: Any, news: Any) -> None:
    for i, (row, t) in enumerate(zip(rows, tag, strict=True)):
        last = shown[t]
        same = all(row[name] == last[name] for name in ("zone", "state", "since_us"))
        close = abs(row["confidence"] - last["confidence"]) <= 0.05 and row["seen_us"] - last["seen_us"] < 5_000_000
        news[i] = not (same and close)
        if news[i]:
            for name in ("zone", "state", "since_us", "confidence", "seen_us"):
                last[name] = row[name]
