"""The kernels of silence again, slow and plain, as in tests/naive.py."""

import math
from typing import Any

import numpy as np

from core.engine.kernels_presence import SPREADS
from core.engine.kernels_silence import LEAVE_SPANS, MISSING_SPANS, NO_TICK_US
from core.engine.records import (
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
    TRAIL,
)
from core.engine.records_passage import THROUGH
from core.model.columns import NEVER_US
from tests.naive_portal import may_leave, stayed, went_out
from tests.naive_presence import change_clock, due_after_read


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
            health.ears_s[point] += gap_us / 1e6
            health.exposure[:] += gap_us / 1e6 * plan.share[point]


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


def rest(tag: int, row: Any, silence: Any, health: Any, plan: Any, out: Any) -> None:
    zone, before = row["zone"], silence.zone[tag]
    silence.zone[tag] = zone
    row["verdict"] = -1 if row["verdict"] == THROUGH else row["verdict"]
    if row["quiet"]:
        row["quiet"] = 0
        write_quiet(tag, row["seen_us"], 0, 1.0, out)
    if zone < 0:
        return
    if before != zone:
        change_clock(row)
    heard = silence.heard[tag] if before == zone else -1.0
    silence.quiet[tag] = due_after_read(row, heard, health.exposure[zone], SPREADS)
    silence.heard[tag], silence.heard_s[tag] = health.exposure[zone], health.ears_s[row["read_point"]]
    through = plan.portal[zone] and may_leave(row, plan)
    patience_s, spans = (plan.leave_s, LEAVE_SPANS) if through else (plan.missing_s[zone], MISSING_SPANS)
    need = max(patience_s, spans * (silence.quiet[tag] - silence.heard[tag]))
    silence.due[tag] = health.exposure[zone] + need
    silence.zone_due[zone] = min(silence.zone_due[zone], silence.due[tag], silence.quiet[tag])


def write_quiet(tag: int, at_us: int, quiet: int, presence: float, out: Any) -> None:
    out.quiet[out.n[2]] = (at_us, tag, quiet, presence)
    out.n[2] += 1


def go_out(tag: int, at_us: int, zone: int, row: Any, silence: Any, health: Any, plan: Any, out: Any) -> None:
    if row["state"] == 0 and row["inside"] and went_out(row):
        was, row["zone"] = int(row["zone"]), zone
        if was != zone:
            row["since_us"] = at_us
            write_move(tag, row, at_us, MOVE, was, out)
        now, silence.zone[tag] = health.exposure[zone], zone
        silence.heard[tag], silence.heard_s[tag] = now, health.ears_s[row["read_point"]]
        silence.due[tag] = silence.quiet[tag] = now + plan.leave_s
        silence.zone_due[zone] = min(silence.zone_due[zone], now + plan.leave_s)


def fall_quiet(tag: int, at_us: int, row: Any, silence: Any, health: Any, out: Any) -> None:
    over_s = health.exposure[silence.zone[tag]] - silence.quiet[tag]
    listened = health.ears_s[row["read_point"]] - silence.heard_s[tag]
    if over_s >= 0.0 and listened >= silence.quiet[tag] - silence.heard[tag]:
        row["quiet"], silence.quiet[tag] = 1, math.inf
        write_quiet(tag, at_us - int(min(over_s, 1.0) * 1e6), 1, 0.5, out)


def any_due(silence: Any, health: Any) -> bool:
    return bool((health.exposure >= silence.zone_due).any())


def write_move(tag: int, row: Any, at_us: int, kind: int, from_zone: int, out: Any) -> None:
    move = out.moves[out.n[0]]
    move["at_us"], move["tag"], move["kind"], move["from_zone"], move["to_zone"] = (
        at_us,
        tag,
        kind,
        from_zone,
        row["zone"],
    )
    for name in ("read_point", "confidence", "x_m", "y_m"):
        move[name] = row[name]
    for name in ("trail_us", "trail_read_point", "trail_dbm"):
        move[name] = np.roll(row[name], -int(row["reads"] % TRAIL))
    out.n[0] += 1


def sweep(at_us: int, tags: Any, silence: Any, health: Any, plan: Any, out: Any) -> bool:
    silence.zone_due[:] = math.inf
    for tag, row in enumerate(tags):
        zone = silence.zone[tag]
        if zone < 0:
            continue
        if out.n[0] == out.moves.size or out.n[2] == out.quiet.size:
            silence.zone_due[:] = -math.inf
            return False
        fall_quiet(tag, at_us, row, silence, health, out)
        need = silence.due[tag] - silence.heard[tag]
        listened = health.ears_s[row["read_point"]] - silence.heard_s[tag]
        if health.exposure[zone] >= silence.due[tag] and listened >= need:
            through = plan.portal[zone] and (may_leave(row, plan) or went_out(row))
            if through and stayed(row):
                through = False
                silence.due[tag] = silence.heard[tag] + plan.missing_s[zone]
                if silence.due[tag] > health.exposure[zone]:
                    silence.zone_due[zone] = min(silence.zone_due[zone], silence.due[tag], silence.quiet[tag])
                    continue
            row["state"], row["since_us"], silence.zone[tag] = (1 if through else 2), at_us, -1
            write_move(tag, row, at_us, LEAVE if through else MISSING, zone, out)
        else:
            silence.zone_due[zone] = min(silence.zone_due[zone], silence.due[tag], silence.quiet[tag])
    return True


def next_deadline(patience_us: int, health: Any) -> int:
    online = [int(row["mark_us"]) + patience_us for row in health.readers if row["online"] == 1]
    return min((math.ceil(due / 1_000_000) * 1_000_000 for due in online), default=NO_TICK_US)


def miss_readers(at_us: int, patience_us: int, health: Any, out: Any) -> None:
    for reader, row in enumerate(health.readers):
        if row["online"] == 1 and at_us - int(row["mark_us"]) >= patience_us:
            tell_change(reader, at_us, 0, FELL_SILENT, health, out)
