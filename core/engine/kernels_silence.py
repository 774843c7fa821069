"""What healthy antennas did not hear becomes evidence here, and nothing else does."""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit
from core.engine.kernels_portal import may_leave, stayed, went_out
from core.engine.kernels_presence import SPREADS, change_clock, due_after_read, presence
from core.engine.kernels_tell import tell_change, write_move, write_quiet
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
    TICK_US,
    UNJUDGED,
    Health,
    Out,
    Plan,
    Records,
    Row,
    Silence,
)
from core.engine.records_passage import THROUGH
from core.model.columns import NEVER_US, NOWHERE
from core.model.step import TagState

HEARTBEATS: Final = 3
"""Between signs of life further apart than this many heartbeats, a reader may have been dead: it heard nothing."""
LEAVE_SPANS: Final = 0.3
MISSING_SPANS: Final = 1.0
"""For how many times what its own pace allows a tag must be silent."""
PRESENT: Final = int(TagState.PRESENT)
LEFT: Final = int(TagState.LEFT)
GONE_MISSING: Final = int(TagState.MISSING)
SECOND_US: Final = 1e6
NO_TICK_US: Final = 2**62
"""No deadline: after every tick."""


@njit
def hear(reader: int, at_us: int, counts: bool, health: Health, plan: Plan, out: Out) -> None:
    """
    Take a sign of life of a reader: since the one before it, its antennas have listened, unless it may have been dead.

    reader  int     whose
    at_us   int     when; not before its last one, except after NEVER_US
    counts  bool    whether the time since the last one was spent listening
    health  Health  in and out
    plan    Plan    points and share are used
    out     Out     the reader is online, if that is news
    """
    row = health.readers[reader]
    gap_us = at_us - row["mark_us"]
    row["mark_us"] = at_us
    tell_change(reader, at_us, 1, HEARD, health, out)
    if not counts or row["listening"] == 0 or gap_us > HEARTBEATS * row["heartbeat_us"]:
        return
    gap_s = gap_us / SECOND_US
    for k in range(plan.points.shape[1]):
        point = plan.points[reader, k]
        if point >= 0 and health.up[point] == 1:
            health.ears_s[point] += gap_s
            for zone in range(health.exposure.size):
                health.exposure[zone] += gap_s * plan.share[point, zone]


@njit
def tell(word: Row, health: Health, plan: Plan, out: Out) -> None:
    """
    Take a reader's own word about itself.

    word    EVIDENCE  kind is anything but READ; read_point names the reader, and the antenna where one is meant
    health  Health    in and out
    plan    Plan      reader_of is used
    out     Out       the reader is on- or offline, if that is news
    """
    kind, point, at_us = word["kind"], word["read_point"], word["seen_us"]
    reader = plan.reader_of[point]
    row = health.readers[reader]
    if kind == GONE:
        row["mark_us"] = NEVER_US
        tell_change(reader, at_us, 0, SAID_GOODBYE, health, out)
        return
    hear(reader, at_us, kind != RESTARTED, health, plan, out)
    if kind == STOPPED:
        row["listening"] = 0
    elif kind in (STARTED, RESTARTED):
        row["listening"] = 1
    elif kind == ANTENNA_DOWN:
        health.up[point] = 0
    elif kind == ANTENNA_UP:
        health.up[point] = 1


@njit
def rest(tag: int, row: Row, silence: Silence, health: Health, plan: Plan, out: Out) -> None:
    """
    Begin a tag's silence anew after a read of it, and set when it will have lasted long enough.

    tag      int      its id
    row      TAG      in: zone, read_point, seen_us; in and out: its pace, and that it is quiet no more
    silence  Silence  in and out
    health   Health   exposure and ears_s are used
    plan     Plan     leave_s and missing_s are used
    out      Out      that it is heard again, where it was quiet
    """
    if row["quiet"] == 1:
        row["quiet"] = 0
        write_quiet(tag, row["seen_us"], 0, 1.0, out)
    if row["verdict"] == THROUGH:
        row["verdict"] = UNJUDGED
    zone = row["zone"]
    if zone == NOWHERE:
        silence.zone[tag] = NOWHERE
        return
    now = health.exposure[zone]
    heard = silence.heard[tag]
    if silence.zone[tag] != zone:
        change_clock(row)
        heard = -1.0
    silence.quiet[tag] = due_after_read(row, heard, now, SPREADS)
    silence.zone[tag] = zone
    silence.heard[tag] = now
    silence.heard_s[tag] = health.ears_s[row["read_point"]]
    through = plan.portal[zone] and may_leave(row, plan)
    patience_s, spans = (plan.leave_s, LEAVE_SPANS) if through else (plan.missing_s[zone], MISSING_SPANS)
    silence.due[tag] = now + max(patience_s, spans * (silence.quiet[tag] - now))
    silence.zone_due[zone] = min(silence.zone_due[zone], silence.due[tag], silence.quiet[tag])


@njit
def any_due(silence: Silence, health: Health) -> bool:
    """
    Say whether some tag's silence may be long enough; most ticks end here.

    silence  Silence  zone_due is used
    health   Health   exposure is used
    """
    for zone in range(silence.zone_due.size):
        if health.exposure[zone] >= silence.zone_due[zone]:
            return True
    return False


@njit
def go_out(tag: int, at_us: int, zone: int, row: Row, silence: Silence, health: Health, plan: Plan, out: Out) -> None:
    """
    Put a tag that went out, as a door has judged, at that door; it has left if the silence lasts.

    tag, at_us  int      whose, and the tick
    zone        int      the door's
    row         TAG      in and out; the verdict stands in it, and no read has come since
    silence     Silence  in and out
    health      Health   exposure and ears_s are used
    plan        Plan     leave_s is used
    out         Out      that it moved to the door, where it was elsewhere
    """
    if row["state"] != PRESENT or row["inside"] == 0 or not went_out(row):
        return
    was = row["zone"]
    if was != zone:
        row["zone"] = zone
        row["since_us"] = at_us
        write_move(tag, row, at_us, MOVE, was, out)
    now = health.exposure[zone]
    silence.zone[tag] = zone
    silence.heard[tag] = now
    silence.heard_s[tag] = health.ears_s[row["read_point"]]
    silence.due[tag] = now + plan.leave_s
    silence.quiet[tag] = now + plan.leave_s
    silence.zone_due[zone] = min(silence.zone_due[zone], silence.due[tag])


@njit
def fall_quiet(tag: int, at_us: int, row: Row, silence: Silence, health: Health, out: Out) -> None:
    """
    Tell that a tag has been silent for longer than its own pace allows, if it has, and that it wasn't before.

    tag, at_us  int      whose, and the tick
    row         TAG      in: read_point; in and out: quiet
    silence     Silence  in and out
    health      Health   exposure and ears_s are used
    out         Out      one more, if so; its time is when the silence was long enough, not the tick
    """
    over_s = health.exposure[silence.zone[tag]] - silence.quiet[tag]
    allowed_s = silence.quiet[tag] - silence.heard[tag]
    if over_s < 0.0 or health.ears_s[row["read_point"]] - silence.heard_s[tag] < allowed_s:
        return
    row["quiet"] = 1
    silence.quiet[tag] = np.inf
    write_quiet(tag, at_us - int(min(over_s, 1.0) * SECOND_US), 1, presence(allowed_s, allowed_s), out)


@njit
def sweep(at_us: int, tags: Records, silence: Silence, health: Health, plan: Plan, out: Out) -> bool:
    """
    Find the tags that have been silent for long enough: quiet; gone through a portal, or missing elsewhere.

    The read point that heard a tag last must itself have listened that long, so that one dead reader among
    healthy ones makes nothing vanish. Returns whether all tags were looked at; False if `out` is full: drain, repeat.

    at_us    int      the tick
    tags     TAG[n]   in and out: state, since_us
    silence  Silence  in and out
    health   Health   exposure and ears_s are used
    plan     Plan     portal is used
    out      Out      the movements, and who fell quiet
    """
    silence.zone_due[:] = np.inf
    for tag in range(tags.size):
        zone = silence.zone[tag]
        if zone == NOWHERE:
            continue
        row = tags[tag]
        if out.n[0] == out.moves.size or out.n[2] == out.quiet.size:
            silence.zone_due[:] = -np.inf
            return False
        fall_quiet(tag, at_us, row, silence, health, out)
        listened = health.ears_s[row["read_point"]] - silence.heard_s[tag] >= silence.due[tag] - silence.heard[tag]
        if silence.due[tag] > health.exposure[zone] or not listened:
            silence.zone_due[zone] = min(silence.zone_due[zone], silence.due[tag], silence.quiet[tag])
            continue
        through = plan.portal[zone] and (may_leave(row, plan) or went_out(row))
        if through and stayed(row):
            # Only now is the passage judged: it was none, so the silence has to last like any other.
            through = False
            silence.due[tag] = silence.heard[tag] + plan.missing_s[zone]
            if silence.due[tag] > health.exposure[zone]:
                silence.zone_due[zone] = min(silence.zone_due[zone], silence.due[tag], silence.quiet[tag])
                continue
        row["state"] = LEFT if through else GONE_MISSING
        row["since_us"] = at_us
        silence.zone[tag] = NOWHERE
        write_move(tag, row, at_us, LEAVE if through else MISSING, zone, out)
    return True


@njit
def next_deadline(patience_us: int, health: Health) -> int:
    """
    Find the first tick at which a reader will have been silent for too long; NO_TICK_US if none can be.

    patience_us  int     how long is too long
    health       Health  readers are used
    """
    first = NO_TICK_US
    for reader in range(health.readers.size):
        row = health.readers[reader]
        if row["online"] == 1:
            due_us = row["mark_us"] + patience_us
            first = min(first, due_us + (-due_us) % TICK_US)
    return first


@njit
def miss_readers(at_us: int, patience_us: int, health: Health, out: Out) -> None:
    """
    Tell the readers that have been silent for too long.

    at_us        int     the tick
    patience_us  int     how long is too long
    health       Health  in and out: readers
    out          Out     the changes
    """
    for reader in range(health.readers.size):
        row = health.readers[reader]
        if row["online"] == 1 and at_us - row["mark_us"] >= patience_us:
            tell_change(reader, at_us, 0, FELL_SILENT, health, out)
