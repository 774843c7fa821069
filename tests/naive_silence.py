"""The kernels of silence again, slow and plain, as in tests/naive.py."""

import math
from typing import Any

import numpy as np

from core.engine.kernels_silence import LEAVE_GAPS, MISSING_GAPS, NO_TICK_US
from core.engine.records import (
    ANTENNA_DOWN,
    ANTENNA_UP,
    FELL_SILENT,
    GONE,
    HEARD,
    LEAVE,
    MISSING,
    RESTARTED,
    SAID_GOODBYE,
    STARTED,
    STOPPED,
    TRAIL,
)
from core.model.columns import NEVER_US
from tests.naive_portal import may_leave


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


def rest(tag: int, row: Any, silence: Any, health: Any, plan: Any) -> None:
    zone, before = row["zone"], silence.zone[tag]
    silence.zone[tag] = zone
    if zone < 0:
        return
    gap, mean = health.exposure[zone] - silence.heard[tag], silence.gap_s[tag]
    silence.gap_s[tag] = 0.0 if before != zone else gap if mean == 0.0 else 0.8 * mean + 0.2 * gap
    silence.heard[tag], silence.heard_s[tag] = health.exposure[zone], health.ears_s[row["read_point"]]
    through = plan.portal[zone] and may_leave(row, plan)
    patience_s, gaps = (plan.leave_s, LEAVE_GAPS) if through else (plan.missing_s[zone], MISSING_GAPS)
    need = max(patience_s, gaps * silence.gap_s[tag])
    silence.due[tag] = health.exposure[zone] + need
    silence.zone_due[zone] = min(silence.zone_due[zone], silence.due[tag])


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
        need = silence.due[tag] - silence.heard[tag]
        listened = health.ears_s[row["read_point"]] - silence.heard_s[tag]
        if zone >= 0 and health.exposure[zone] >= silence.due[tag] and listened >= need:
            if out.n[0] == out.moves.size:
                silence.zone_due[:] = -math.inf
                return False
            through = plan.portal[zone] and may_leave(row, plan)
            row["state"], row["since_us"], silence.zone[tag] = (1 if through else 2), at_us, -1
            write_move(tag, row, at_us, LEAVE if through else MISSING, zone, out)
        elif zone >= 0:
            silence.zone_due[zone] = min(silence.zone_due[zone], silence.due[tag])
    return True


def next_deadline(patience_us: int, health: Any) -> int:
    online = [int(row["mark_us"]) + patience_us for row in health.readers if row["online"] == 1]
    return min((math.ceil(due / 1_000_000) * 1_000_000 for due in online), default=NO_TICK_US)


def miss_readers(at_us: int, patience_us: int, health: Any, out: Any) -> None:
    for reader, row in enumerate(health.readers):
        if row["online"] == 1 and at_us - int(row["mark_us"]) >= patience_us:
            tell_change(reader, at_us, 0, FELL_SILENT, health, out)
