"""The kernels of silence again, slow and plain, as in tests/naive.py."""

import math
from typing import Any

from core.engine.kernels_presence import SPREADS
from core.engine.kernels_silence import LEAVE_SPANS, MISSING_SPANS, NO_TICK_US
from core.engine.records import (
    AGO_MAX,
    ANTENNA_DOWN,
    ANTENNA_UP,
    FELL_SILENT,
    GONE,
    HEARD,
    LEAVE,
    MISSING,
    MOVE,
    RESTARTED,
    SAID_GOODBYE,
    STARTED,
    STOPPED,
)
from core.engine.records_passage import THROUGH
from core.model.columns import NEVER_US
from tests.naive_narrow import clock_ms, dbm_of, elapsed_s, last_reads
from tests.naive_portal import is_inside, may_leave, stayed, went_out
from tests.naive_presence import allowed_after_read, change_clock
from tests.naive_spot import spot_of


def tell_change(reader: int, at_us: int, online: int, reason: int, health: Any, out: Any) -> None:
    if health.readers[reader]["online"] != online:
        health.readers[reader]["online"] = online
        out.changes[out.n[1]] = (at_us, reader, online, reason)
        out.n[1] += 1


def hear(reader: int, at_us: int, counts: bool, health: Any, plan: Any, out: Any) -> None:
    row = health.readers[reader]
    gap_us = int(at_us) - int(row["mark_us"])
    row["mark_us"] = at_us
    tell_change(reader, at_us, 1, HEARD, health, out)
    if counts and row["listening"] and gap_us <= 3 * row["heartbeat_us"]:
        for point in (p for p in plan.points[reader] if p >= 0 and health.up[p]):
            listen(point, gap_us / 1e6, health, plan)


def listen(point: int, gap_s: float, health: Any, plan: Any) -> None:
    health.ears_s[point] += gap_s
    health.exposure[:] += gap_s * plan.share[point]


def tell(word: Any, health: Any, plan: Any, out: Any) -> None:
    kind, point = word["kind"], word["read_point"]
    reader = plan.reader_of[point]
    if kind == GONE:
        health.readers[reader]["mark_us"] = NEVER_US
        tell_change(reader, word["seen_us"], 0, SAID_GOODBYE, health, out)
        return
    hear(reader, word["seen_us"], kind != RESTARTED, health, plan, out)
    listening = {STOPPED: 0, STARTED: 1, RESTARTED: 1}
    health.readers[reader]["listening"] = listening.get(int(kind), health.readers[reader]["listening"])
    health.up[point] = {ANTENNA_DOWN: 0, ANTENNA_UP: 1}.get(int(kind), health.up[point])


def rest(tag: int, row: Any, before: int, health: Any, plan: Any, out: Any) -> None:
    zone = int(row["zone"])
    row["verdict"] = -1 if row["verdict"] == THROUGH else row["verdict"]
    if math.isinf(row["quiet_s"]):
        row["quiet_s"] = 0.0
        write_quiet(tag, row["seen_us"], 0, 1.0, out)
    if zone < 0:
        return
    if before != zone:
        change_clock(row)
    gap_s = elapsed_s(health.exposure[zone], row["heard_ms"]) if before == zone else -1.0
    row["quiet_s"] = allowed_after_read(row, gap_s, SPREADS)
    through = plan.portal[zone] and may_leave(row, plan)
    patience_s, spans = (plan.leave_s, LEAVE_SPANS) if through else (plan.missing_s[zone], MISSING_SPANS)
    row["due_s"] = max(patience_s, spans * row["quiet_s"])
    begin_silence(row, health)


def begin_silence(row: Any, health: Any) -> None:
    zone = int(row["zone"])
    row["heard_ms"] = clock_ms(health.exposure[zone])
    row["ears_ms"] = clock_ms(health.ears_s[row["point"][0]])
    first_s = float(min(row["due_s"], row["quiet_s"]))
    health.zone_due[zone] = min(health.zone_due[zone], health.exposure[zone] + first_s)


def write_quiet(tag: int, at_us: int, quiet: int, presence: float, out: Any) -> None:
    out.quiet[out.n[2]] = (at_us, tag, quiet, presence)
    out.n[2] += 1


def go_out(tag: int, at_us: int, zone: int, row: Any, belief: Any, health: Any, plan: Any, out: Any) -> None:
    if row["state"] == 0 and is_inside(row) and went_out(row):
        was, row["zone"] = int(row["zone"]), zone
        if was != zone:
            row["since_us"] = at_us
            write_move(tag, row, at_us, MOVE, was, spot_of(tag, row, belief, plan), out)
        row["due_s"] = row["quiet_s"] = plan.leave_s
        begin_silence(row, health)


def fall_quiet(tag: int, at_us: int, row: Any, health: Any, out: Any) -> None:
    over_s = elapsed_s(health.exposure[row["zone"]], row["heard_ms"]) - row["quiet_s"]
    if over_s >= 0.0 and elapsed_s(health.ears_s[row["point"][0]], row["ears_ms"]) >= row["quiet_s"]:
        row["quiet_s"] = math.inf
        write_quiet(tag, at_us - int(min(over_s, 1.0) * 1e6), 1, 0.5, out)


def any_due(health: Any) -> bool:
    return bool((health.exposure >= health.zone_due).any())


def write_move(tag: int, row: Any, at_us: int, kind: int, from_zone: int, spot: tuple[float, float], out: Any) -> None:
    move = out.moves[out.n[0]]
    told = (at_us, tag, kind, from_zone, row["zone"], row["point"][0], int(row["confidence"]) / 65_535, *spot)
    names = ("at_us", "tag", "kind", "from_zone", "to_zone", "read_point", "confidence", "x_m", "y_m")
    for name, value in zip(names, told, strict=True):
        move[name] = value
    for k, (point, ago_ms, level) in enumerate(reversed(last_reads(row))):
        lately = ago_ms < AGO_MAX
        move["trail_us"][k] = int(row["seen_us"]) - 1000 * ago_ms if lately else 0
        move["trail_read_point"][k], move["trail_dbm"][k] = point if lately else -1, dbm_of(level)
    out.n[0] += 1


def sweep(at_us: int, tags: Any, health: Any, plan: Any, out: Any) -> bool:
    health.zone_due[:] = math.inf
    for tag, row in enumerate(tags):
        zone = int(row["zone"])
        if zone < 0 or row["state"] != 0:
            continue
        if out.n[0] == out.moves.size or out.n[2] == out.quiet.size:
            health.zone_due[:] = -math.inf
            return False
        fall_quiet(tag, at_us, row, health, out)
        silent_s = elapsed_s(health.exposure[zone], row["heard_ms"])
        listened_s = elapsed_s(health.ears_s[row["point"][0]], row["ears_ms"])
        through = bool(plan.portal[zone] and (may_leave(row, plan) or went_out(row)))
        if min(silent_s, listened_s) >= row["due_s"] and through and stayed(row):
            through, row["due_s"] = False, plan.missing_s[zone]
            listened_s = math.inf
        if min(silent_s, listened_s) >= row["due_s"]:
            row["state"], row["since_us"] = (1 if through else 2), at_us
            write_move(tag, row, at_us, LEAVE if through else MISSING, zone, (0.0, 0.0), out)
        else:
            due = health.exposure[zone] - silent_s + float(min(row["due_s"], row["quiet_s"]))
            health.zone_due[zone] = min(health.zone_due[zone], due)
    return True


def next_deadline(patience_us: int, health: Any) -> int:
    online = [int(row["mark_us"]) + patience_us for row in health.readers if row["online"] == 1]
    return min((math.ceil(due / 1_000_000) * 1_000_000 for due in online), default=NO_TICK_US)


def miss_readers(at_us: int, patience_us: int, health: Any, out: Any) -> None:
    for reader, row in enumerate(health.readers):
        if row["online"] == 1 and at_us - int(row["mark_us"]) >= patience_us:
            tell_change(reader, at_us, 0, FELL_SILENT, health, out)
