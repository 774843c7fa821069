"""Which rule had the last word on where a tag is: the kernels' own rules, asked once more and put into words."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from core.engine.kernels_belief import likeliest
from core.engine.kernels_fold import LOSE_AT, MARGIN, PLACE_AT, PRESENT
from core.engine.kernels_narrow import dbm_of, elapsed_s
from core.engine.kernels_portal import (
    LAST_READS,
    PASS_DBM,
    PASS_MS,
    PASS_READS,
    STAY_READS,
    doorway,
    is_inside,
    may_leave,
    stayed,
    went_out,
)
from core.engine.kernels_presence import SPREADS, allowed_s, presence
from core.engine.records import LAST, Plan, Row
from core.engine.records_passage import INWARD, MILLING, STATIC
from core.engine.settled import Settled
from core.engine.weighing import Copy
from core.model.columns import NOWHERE, UNHEARD_DBM
from core.model.passage import Passage
from core.model.step import TagState
from core.model.why import Hold, HoldRule, Quiet
from core.site import Site

PASS_S: Final = PASS_MS / 1e3
JUDGED: Final = {STATIC: "stood there", MILLING: "moved about there and stayed"}


def quiet_of(tag: int, settled: Settled) -> Quiet | None:
    """Say how silent a tag is that may fall silent: one that is here and has a zone."""
    row, health = settled.tags[tag], settled.health
    zone = int(row["zone"])
    if zone == NOWHERE or row["state"] != PRESENT:
        return None
    silent_s = elapsed_s(health.exposure[zone], row["heard_ms"])
    absent_after_s = float(allowed_s(row, SPREADS))
    may_go, judged = _may_leave(row, zone, settled.plan), bool(stayed(row))
    gone_after_s = float(row["due_s"])
    if may_go and judged:
        # As the sweep will find when that time has come: the door has judged since.
        gone_after_s = max(gone_after_s, float(settled.plan.missing_s[zone]))
    return Quiet(
        silent_s=silent_s,
        absent_after_s=absent_after_s,
        gone_after_s=gone_after_s,
        gone_is=TagState.LEFT if may_go and not judged else TagState.MISSING,
        presence=float(presence(silent_s, absent_after_s)),
        listened_s=elapsed_s(health.ears_s[row["point"][0]], row["ears_ms"]),
    )


def holds(
    copy: Copy, quiet: Quiet | None, passages: tuple[Passage, ...], settled: Settled, site: Site
) -> Iterator[Hold]:
    """
    The rules that decided, most important first; none where the likeliest zone is named and the tag was just heard.

    passages are the tag's, in the order in which they were judged: the last one counts, at whichever door it was.
    """
    row, plan = copy.row, settled.plan
    if row["state"] != PRESENT:
        left = int(row["state"]) == int(TagState.LEFT)
        says = (
            f"it fell silent at {_name(site, row)} and has left"
            if left
            else "it was silent for too long: it is missing"
        )
        yield Hold(rule=HoldRule.GONE, says=says)
        return
    yield from _belief_holds(copy, settled, site)
    yield from _door_holds(row, plan, site)
    if quiet is not None:
        yield from _silence_holds(row, quiet, passages, settled, site)


def _belief_holds(copy: Copy, settled: Settled, site: Site) -> Iterator[Hold]:
    """Why the zone named is not the likeliest one, where it isn't."""
    row, plan = copy.row, settled.plan
    zone = int(row["zone"])
    best, likely, believed = likeliest(0, copy.belief, plan, settled.scratch, zone)
    if zone != NOWHERE and zone == doorway(row, plan):
        own = sum(point == zone for point, _ in _lately(row, plan))
        name = _name(site, row)
        says = f"it is in the doorway: {own} of its last reads are {name}'s own, and no other antenna is louder"
        yield Hold(rule=HoldRule.DOORWAY, says=says, has=own, needs=STAY_READS)
    elif best == NOWHERE:
        yield Hold(rule=HoldRule.NO_ZONE, says="no antenna that hears it covers a zone: see the site file")
    elif zone == NOWHERE:
        needs = float(PLACE_AT if likely >= LOSE_AT else LOSE_AT)
        says = f"{site.zones[best].name} is likeliest with {likely:.0%}, and a first placement takes {PLACE_AT:.0%}"
        yield Hold(rule=HoldRule.FIRST_PLACE, says=says, has=likely, needs=needs)
    elif best != zone and likely < plan.change_at:
        says = (
            f"{site.zones[best].name} has {likely:.0%}, and a change from {_name(site, row)} takes {plan.change_at:.0%}"
        )
        yield Hold(rule=HoldRule.CHANGE, says=says, has=likely, needs=float(plan.change_at))
    elif best != zone and likely < MARGIN * believed:
        says = (
            f"{site.zones[best].name} has {likely:.0%} and {_name(site, row)} {believed:.0%}: "
            f"a change takes {MARGIN:.0f} times as much"
        )
        yield Hold(rule=HoldRule.MARGIN, says=says, has=likely / believed, needs=float(MARGIN))


def _door_holds(row: Row, plan: Plan, site: Site) -> Iterator[Hold]:
    """Why it is not at a door whose antennas have just heard it."""
    lately = _lately(row, plan)
    doors = {point for point, _ in lately if point >= 0 and plan.portal[point] and point != row["zone"]}
    for door in sorted(doors):
        own = [dbm for point, dbm in lately if point == door]
        other = max((dbm for point, dbm in lately if point != door), default=UNHEARD_DBM)
        name, has, needs = site.zones[door].name, float(max(own)), float(PASS_DBM)
        if len(own) < PASS_READS:
            has, needs = len(own), PASS_READS
            says = f"{name}: {len(own)} of {PASS_READS} reads in {PASS_S:g} s by its own antennas"
        elif UNHEARD_DBM not in own and max(own) < PASS_DBM:
            says = f"{name}: its own antennas hear it at {max(own):.0f} dBm, and a tag in the doorway at {PASS_DBM:.0f}"
        else:
            needs = float(other)
            says = f"{name}: another antenna hears it louder, {other:.0f} against {max(own):.0f} dBm"
        yield Hold(rule=HoldRule.NOT_AT_DOOR, says=says, has=has, needs=needs)


def _silence_holds(
    row: Row, quiet: Quiet, passages: tuple[Passage, ...], settled: Settled, site: Site
) -> Iterator[Hold]:
    """Why it is not gone."""
    zone, plan = int(row["zone"]), settled.plan
    if quiet.listened_s < quiet.gone_after_s and _listens_no_more(row, settled):
        point = site.read_points[int(row["point"][0])]
        says = f"{point.reader} antenna {point.antenna} heard it last and listens no more: silence says nothing"
        yield Hold(rule=HoldRule.NOT_LISTENING, says=says, has=quiet.listened_s, needs=quiet.gone_after_s)
    if plan.portal[zone] and not went_out(row):
        yield from _leaving_holds(row, passages, plan, site)
    if plan.portal[zone] or np.isinf(row["quiet_s"]) or quiet.silent_s >= quiet.absent_after_s:
        gone = "has left" if quiet.gone_is is TagState.LEFT else "is missing"
        says = f"silent for {quiet.silent_s:.0f} of the {quiet.gone_after_s:.0f} s after which it {gone}"
        yield Hold(rule=HoldRule.SILENCE, says=says, has=quiet.silent_s, needs=quiet.gone_after_s)


def _leaving_holds(row: Row, passages: tuple[Passage, ...], plan: Plan, site: Site) -> Iterator[Hold]:
    """Why its silence at a door is no leaving."""
    name = _name(site, row)
    if stayed(row) and passages:
        door = next(door.name for door in site.doors if door.id == passages[-1].door)
        judged = "came in" if row["way"] == INWARD else JUDGED.get(int(row["verdict"]), "came in")
        yield Hold(rule=HoldRule.DOOR_VERDICT, says=f"{door} judged that it {judged}: its silence is no leaving")
    elif not is_inside(row):
        yield Hold(rule=HoldRule.NOT_INSIDE, says="it was not inside before: what has just come in doesn't leave")
    elif not may_leave(row, plan):
        says = f"{name}: of its last {LAST_READS} reads too few are the door's own: what is heard inside hasn't left"
        yield Hold(rule=HoldRule.HEARD_ELSEWHERE, says=says)


def _may_leave(row: Row, zone: int, plan: Plan) -> bool:
    return bool(plan.portal[zone]) and bool(may_leave(row, plan) or went_out(row))


def _listens_no_more(row: Row, settled: Settled) -> bool:
    """Whether the antenna that heard it last has lost its power, its reader, or its inventory."""
    point = row["point"][0]
    reader = settled.health.readers[settled.plan.reader_of[point]]
    return bool(reader["online"] == 0 or reader["listening"] == 0 or settled.health.up[point] == 0)


def _lately(row: Row, plan: Plan) -> list[tuple[int, float]]:
    """The reads that a doorway is judged by: the zone that each antenna is there for, and the level."""
    kept = [k for k in range(min(LAST, int(row["reads"]))) if row["ago_ms"][k] <= PASS_MS]
    return [(int(plan.zone_of[row["point"][k]]), float(dbm_of(row["level"][k]))) for k in kept]


def _name(site: Site, row: Row) -> str:
    return site.zones[int(row["zone"])].name
