"""The portal kernels once more, slow and plain."""

from typing import Any

from core.engine.kernels_portal import LAST_OWN, LAST_READS, PASS_DBM, PASS_MS, PASS_READS, STAY_READS
from core.engine.records import NOT_INSIDE
from core.engine.records_passage import OUTWARD, THROUGH
from core.model.columns import UNHEARD_DBM
from tests.naive_narrow import dbm_of, last_reads


def trail(row: Any) -> list[tuple[int, int, float]]:
    """A tag's last reads, newest first: how long before the newest, where, how loud."""
    return [(ago_ms, point, dbm_of(level)) for point, ago_ms, level in last_reads(row)[: int(row["reads"])]]


def passes(row: Any, zone: int, plan: Any) -> bool:
    late = [(plan.zone_of[point] == zone, dbm) for ago_ms, point, dbm in trail(row) if ago_ms <= PASS_MS]
    own = [dbm for is_own, dbm in late if is_own]
    told = [dbm for dbm in own if dbm != UNHEARD_DBM]
    if told and any(dbm > max(told) for is_own, dbm in late if not is_own):
        return False
    if zone == row["zone"]:
        return len(own) >= STAY_READS
    return len(own) >= PASS_READS and (len(told) < len(own) or bool(max(told) >= PASS_DBM))


def doorway(row: Any, plan: Any) -> int:
    doors = [int(zone) for zone in (plan.zone_of[row["point"][0]], row["zone"]) if zone >= 0 and plan.portal[zone]]
    return next((zone for zone in doors if passes(row, zone, plan)), -1)


def note_inside(row: Any, plan: Any) -> None:
    zone, inside_ms = int(row["zone"]), int(row["inside_ms"])
    if zone < 0 or is_inside(row):
        return
    if plan.portal[zone]:
        row["inside_ms"] = NOT_INSIDE
        return
    row["inside_ms"] = 0 if inside_ms == NOT_INSIDE else min(inside_ms + int(row["ago_ms"][1]), 10_000)


def is_inside(row: Any) -> bool:
    return int(row["inside_ms"]) in range(10_000, NOT_INSIDE)


def may_leave(row: Any, plan: Any) -> bool:
    own = [point for _, point, _ in trail(row)[:LAST_READS] if plan.zone_of[point] == row["zone"]]
    return is_inside(row) and len(own) >= LAST_OWN


def went_out(row: Any) -> bool:
    return (int(row["verdict"]), int(row["way"])) == (THROUGH, OUTWARD)


def stayed(row: Any) -> bool:
    judged = (int(row["verdict"]), int(row["way"]))
    return judged[0] != -1 and judged[1] != OUTWARD and judged != (THROUGH, 0)
