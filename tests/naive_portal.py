"""The portal kernels once more, slow and plain."""

from typing import Any

from core.engine.kernels_portal import INSIDE_US, LAST_OWN, LAST_READS, PASS_DBM, PASS_READS, PASS_US, STAY_READS
from core.engine.records import TRAIL
from core.engine.records_passage import INWARD, MILLING, OUTWARD, STATIC, THROUGH
from core.model.columns import NEVER_US, UNHEARD_DBM


def trail(row: Any) -> list[tuple[int, int, float]]:
    """The reads in a tag's trail, newest first: when, where, how loud."""
    reads = int(row["reads"])
    places = [(reads - k) % TRAIL for k in range(1, min(reads, TRAIL) + 1)]
    return [(int(row["trail_us"][k]), int(row["trail_read_point"][k]), float(row["trail_dbm"][k])) for k in places]


def passes(row: Any, zone: int, seen_us: int, plan: Any) -> bool:
    late = [(plan.zone_of[point] == zone, dbm) for at, point, dbm in trail(row) if at >= seen_us - PASS_US]
    own = [dbm for is_own, dbm in late if is_own]
    told = [dbm for dbm in own if dbm != UNHEARD_DBM]
    if told and any(dbm > max(told) for is_own, dbm in late if not is_own):
        return False
    if zone == row["zone"]:
        return len(own) >= STAY_READS
    return len(own) >= PASS_READS and (len(told) < len(own) or bool(max(told) >= PASS_DBM))


def doorway(row: Any, seen_us: int, plan: Any) -> int:
    doors = [int(zone) for zone in (plan.zone_of[row["read_point"]], row["zone"]) if zone >= 0 and plan.portal[zone]]
    return next((zone for zone in doors if passes(row, zone, seen_us, plan)), -1)


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


def went_out(row: Any) -> bool:
    return (int(row["verdict"]), int(row["way"])) == (THROUGH, OUTWARD)


def stayed(row: Any) -> bool:
    return row["verdict"] in (STATIC, MILLING) or row["way"] == INWARD
