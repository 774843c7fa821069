"""The portal kernels once more, slow and plain."""

from typing import Any

from core.engine.kernels_portal import INSIDE_US, LAST_OWN, LAST_READS, PASS_DBM, PASS_READS, PASS_US
from core.engine.records import TRAIL
from core.model.columns import NEVER_US, UNHEARD_DBM


def trail(row: Any) -> list[tuple[int, int, float]]:
    """The reads in a tag's trail, newest first: when, where, how loud."""
    reads = int(row["reads"])
    places = [(reads - k) % TRAIL for k in range(1, min(reads, TRAIL) + 1)]
    return [(int(row["trail_us"][k]), int(row["trail_read_point"][k]), float(row["trail_dbm"][k])) for k in places]


def passes(row: Any, zone: int, seen_us: int, plan: Any) -> bool:
    own = [dbm for at, point, dbm in trail(row) if at >= seen_us - PASS_US and plan.zone_of[point] == zone]
    return len(own) >= PASS_READS and any(dbm >= PASS_DBM or dbm == UNHEARD_DBM for dbm in own)


def likeliest(row: Any, seen_us: int, plan: Any) -> tuple[int, float, float]:
    slots = {
        int(zone): float(weight)
        for zone, weight in zip(row["slot_zone"], row["slot_weight"], strict=True)
        if zone >= 0 and (not plan.portal[zone] or zone == row["zone"] or passes(row, zone, seen_us, plan))
    }
    total = sum(slots.values())
    if not total:
        return next(iter(slots), -1), 0.0, 0.0
    best = next(iter(slots))
    return best, slots[best] / total, slots.get(int(row["zone"]), 0.0) / total


def note_inside(row: Any, seen_us: int, plan: Any) -> None:
    zone = int(row["zone"])
    if row["inside"] or zone < 0:
        return
    if plan.portal[zone]:
        row["inside_us"] = NEVER_US
        return
    if row["inside_us"] == NEVER_US:
        row["inside_us"] = seen_us
    row["inside"] = seen_us - row["inside_us"] >= INSIDE_US


def may_leave(row: Any, plan: Any) -> bool:
    own = [point for _, point, _ in trail(row)[:LAST_READS] if plan.zone_of[point] == row["zone"]]
    return bool(row["inside"]) and len(own) >= LAST_OWN
