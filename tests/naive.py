"""
The kernels again, slow and plain: dicts, lists and Python's own numbers, to be checked by eye.

Each takes what its kernel takes. What a hash table looks like inside is the kernel's own affair and not compared.
"""

import math
from typing import Any

import numpy as np

from core.engine.kernels_dedupe import KEPT, LATE, OVERTAKEN, REPEAT
from core.engine.kernels_index import FREE
from core.engine.records import APPEAR, MOVE, NO_MOVE, NOT_INSIDE, READ
from tests import naive_belief, naive_narrow, naive_portal
from tests.naive_offset import begin_spell, learn_offset
from tests.naive_silence import hear, rest, tell, write_move
from tests.naive_spot import spot_of

PLACE_AT, LOSE_AT, MARGIN, DOORWAY = 0.4, 0.2, 2.0, 0.9


def touch(at: Any, rows: Any) -> None:
    for i in at:
        rows[i, ::8] += 1


def ask_for_tag(tag: int, tags: Any, belief: Any) -> None:
    """A hint changes nothing."""


def slot_home_of(mixed: Any, slots: Any) -> int:
    return (int(mixed) >> 20) % len(slots)


def marked(mixed: Any, slots: Any) -> int:
    way = [(slot_home_of(mixed, slots) + step) % len(slots) for step in range(len(slots))]
    return next(at for at in way if slots[at] == FREE or int(slots[at]) >> 32 == int(mixed) >> 32)


def slot_of(key: Any, mixed: Any, slots: Any, keys: Any) -> int:
    way = [(slot_home_of(mixed, slots) + step) % len(slots) for step in range(len(slots))]
    return next(at for at in way if slots[at] == FREE or tuple(keys[int(slots[at]) % 2**32]) == key)


def find_tags(hi: Any, lo: Any, _mixed: Any, slots: Any, keys: Any, _known: int, tag: Any) -> int:
    ids = {tuple(keys[int(slot) % 2**32].tolist()): int(slot) % 2**32 for slot in slots if slot != FREE}
    for i, key in enumerate(zip(hi.tolist(), lo.tolist(), strict=True)):
        if key not in ids:
            ids[key] = len(ids)
            keys[ids[key]] = key
        tag[i] = ids[key]
    return len(ids)


def place_tags(mixed: Any, tag: Any, slots: Any) -> None:
    free = [i for i, slot in enumerate(slots) if slot == FREE]
    for i, m, t in zip(free, mixed.tolist(), tag.tolist(), strict=False):
        slots[i] = (m >> 32 << 32) + t


def mark_late(seen_us: Any, arrived_us: Any, settle_us: int, settled_us: int, verdict: Any) -> None:
    since_us = np.maximum(arrived_us - settle_us, settled_us)
    verdict[:] = np.where(seen_us < since_us, LATE, KEPT)


def pair_of(tag: int, read_point: int) -> int:
    return tag * 2**20 + read_point


def home_of(pair: int, table: Any) -> int:
    return (pair // 2**20 * 0x9E3779B1 + pair % 2**20 * 0x5851F42D) % len(table)


def row_of(pair: int, table: Any) -> int:
    way = [(home_of(pair, table) + step) % len(table) for step in range(len(table))]
    return next(at for at in way if table[at, 0] in (pair, -1))


def sort_out(
    tag: Any, read_point: Any, raw_us: Any, seen_us: Any, window_us: Any, table: Any, verdict: Any
) -> tuple[int, int]:
    last = {int(p): (int(raw), int(seen)) for p, raw, seen in table if p >= 0}
    before, overtaken = len(last), 0
    for i, key in enumerate((tag * 2**20 + read_point).tolist()):
        gap = raw_us[i] - last[key][0] if key in last else math.inf
        if verdict[i] == LATE:
            continue
        verdict[i] = OVERTAKEN if gap < 0 else REPEAT if gap < window_us[read_point[i]] else KEPT
        overtaken += gap < 0
        if verdict[i] == KEPT:
            last[key] = (int(raw_us[i]), int(seen_us[i]))
    _rewrite(table, last)
    return len(last) - before, overtaken


def keep_overtaken(pair: Any, raw_us: Any, window_us: Any, near_pair: Any, near_raw_us: Any, verdict: Any) -> None:
    kept = list(zip(near_pair.tolist(), near_raw_us.tolist(), strict=True))
    for i, (p, raw) in enumerate(zip(pair.tolist(), raw_us.tolist(), strict=True)):
        near = [other for q, other in kept if q == p and abs(other - raw) < window_us[i]]
        verdict[i] = REPEAT if near else KEPT
        if not near:
            kept.append((p, raw))


def note_kept(pair: Any, raw_us: Any, seen_us: Any, table: Any) -> int:
    last = {int(p): (int(raw), int(seen)) for p, raw, seen in table if p >= 0}
    before = len(last)
    for key, raw, seen in zip(pair.tolist(), raw_us.tolist(), seen_us.tolist(), strict=True):
        if key not in last or seen > last[key][1]:
            last[key] = (raw, seen)
    _rewrite(table, last)
    return len(last) - before


def count_verdicts(read_point: Any, verdict: Any, reader_of: Any, counts: Any) -> None:
    for reader, became in zip(reader_of[read_point].tolist(), verdict.tolist(), strict=True):
        counts[len(counts) - 1 if reader < 0 else reader][became] += 1


def _rewrite(table: Any, last: dict[int, tuple[int, int]]) -> None:
    table[:] = -1
    for i, (key, (raw, seen)) in enumerate(last.items()):
        table[i] = key, raw, seen


def decide(tag: int, row: Any, belief: Any, plan: Any, scratch: Any) -> bool:
    was = int(row["zone"])
    best, likely, believed = naive_belief.likeliest(tag, belief, plan, scratch, was)
    door = naive_portal.doorway(row, plan)
    if door >= 0:
        best, likely, believed = door, DOORWAY, DOORWAY * (door == was)
    moves = best != was and likely >= max(MARGIN * believed, PLACE_AT if was < 0 else plan.change_at)
    row["zone"] = -1 if likely < LOSE_AT else best if moves else was
    row["confidence"] = min(round(65_535 * float(believed if row["zone"] not in (-1, best) else likely)), 65_535)
    changed = bool(row["zone"] != was)
    row["since_us"] = row["seen_us"] if changed else row["since_us"]
    return changed


def note_read(row: Any, read: Any, plan: Any) -> None:
    first, antenna = row["reads"] == 0, plan.antenna[read["read_point"]]
    loud = 1.0 if first else min(max(0.3 + (float(read["rssi_dbm"]) + 60.0) * 0.02, 0.05), 0.9)
    for axis, name in enumerate(("antenna_x", "antenna_y")):
        at = naive_narrow.grain_of(antenna[axis], plan.corner[axis], plan.grain_m)
        row[name] = round((1.0 - loud) * int(row[name]) + loud * at)
    naive_narrow.remember(row, read)
    row["seen_us"] = read["seen_us"]
    row["reads"] = min(int(row["reads"]) + 1, 255)


def revive(tag: int, row: Any, seen_us: int, belief: Any) -> None:
    row["was"] = row["zone"]
    row["zone"], row["state"], row["appeared"], row["since_us"] = -1, 0, 0, seen_us
    row["inside_ms"] = NOT_INSIDE
    naive_belief.forget(tag, row, belief)


def fold_read(tag: int, row: Any, read: Any, belief: Any, plan: Any, scratch: Any) -> int:
    if row["state"] != 0:
        revive(tag, row, read["seen_us"], belief)
    if row["reads"] == 0:
        row["since_us"] = read["seen_us"]
    naive_belief.believe(tag, row, read, belief, plan, scratch)
    note_read(row, read, plan)
    changed = decide(tag, row, belief, plan, scratch)
    naive_portal.note_inside(row, plan)
    kind = NO_MOVE if not changed else MOVE if row["appeared"] else APPEAR
    row["appeared"] |= changed
    return kind


def tell_zones(evidence: Any, tags: Any, belief: Any, plan: Any, scratch: Any, zone: Any) -> None:
    for i, read in enumerate(evidence):
        fold_read(read["tag"], tags[read["tag"]], read, belief, plan, scratch)
        zone[i] = tags[read["tag"]]["zone"]


def settle(evidence: Any, tags: Any, belief: Any, health: Any, plan: Any, scratch: Any, out: Any) -> None:
    for read in evidence:
        if read["kind"] != READ:
            tell(read, health, plan, out)
            continue
        tag, reader = int(read["tag"]), plan.reader_of[read["read_point"]]
        hear(reader, read["seen_us"], True, health, plan, out)
        health.readers[reader]["listening"] = 1
        row, before = tags[tag], int(tags[tag]["zone"]) if tags[tag]["state"] == 0 else -1
        begin_spell(int(read["seen_us"]), plan)
        kind = fold_read(tag, row, read, belief, plan, scratch)
        learn_offset(tag, row, read, belief, plan)
        rest(tag, row, before, health, plan, out)
        if kind != NO_MOVE:
            came_from, spot = row["was"] if kind == APPEAR else before, spot_of(tag, row, belief, plan)
            write_move(tag, row, read["seen_us"], kind, came_from, spot, out)


def look_ahead(tags: Any, first: int, waiting: Any, rows: Any, belief: Any, plan: Any, scratch: Any) -> None:
    copy_of = {int(tag): i for i, tag in enumerate(tags)}
    for read in waiting.rows[first:]:
        if read["kind"] == READ and int(read["tag"]) in copy_of:
            copy = copy_of[int(read["tag"])]
            fold_read(copy, rows[copy], read, belief, plan, scratch)


def is_news(row: Any, spot: tuple[float, float], plan: Any, last: Any) -> bool:
    if row["zone"] != last["zone"] or row["state"] != last["state"]:
        return True
    sure, was_sure = int(row["confidence"]) / 65_535, int(last["confidence"]) / 255
    silent_ms = (int(row["seen_us"]) // 1000 - int(last["seen_ms"])) % 2**32
    now = [naive_narrow.grain_of(spot[axis], plan.corner[axis], plan.grain_m) for axis in (0, 1)]
    gone = max(abs(now[0] - int(last["x"])), abs(now[1] - int(last["y"])))
    return abs(sure - was_sure) > 0.05 or silent_ms >= 5_000 or gone >= plan.told_m / plan.grain_m


def tell_news(tags: Any, rows: Any, belief: Any, plan: Any, shown: Any, looks: Any) -> int:
    n = 0
    for i, (tag, row) in enumerate(zip(tags, rows, strict=True)):
        spot, sure = spot_of(i, row, belief, plan), int(row["confidence"]) / 65_535
        if is_news(row, spot, plan, shown[tag]):
            looks[n] = tag, row["seen_us"], row["since_us"], sure, *spot, row["point"][0], row["zone"], row["state"]
            x, y = (naive_narrow.grain_of(spot[axis], plan.corner[axis], plan.grain_m) for axis in (0, 1))
            seen_ms = int(row["seen_us"]) // 1000 % 2**32
            shown[tag] = seen_ms, x, y, row["zone"], round(255 * sure), row["state"]
            n += 1
    return n
