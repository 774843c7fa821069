"""What healthy antennas did not hear becomes evidence here, and nothing else does."""

from typing import Final

import numpy as np

from core.engine.kernels_fold import spot_of
from core.engine.kernels_jit import njit
from core.engine.kernels_narrow import clock_ms, elapsed_s
from core.engine.kernels_portal import is_inside, may_leave, stayed, went_out
from core.engine.kernels_presence import SPREADS, allowed_after_read, change_clock, presence
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
)
from core.engine.records_belief import Belief
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
NO_SPOT: Final = (0.0, 0.0)
"""What is gone is nowhere on the map."""
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
    plan    Plan    points, covers and share are used
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
            listen(point, gap_s, health, plan)


@njit
def listen(point: int, gap_s: float, health: Health, plan: Plan) -> None:
    """
    Credit a read point, and the zones that it covers, with time in which it has listened.

    point   int     which
    gap_s   float   seconds
    health  Health  in and out: ears_s, exposure
    plan    Plan    covers and share are used
    """
    health.ears_s[point] += gap_s
    for c in range(plan.covers.shape[1]):
        zone = plan.covers[point, c]
        if zone == NOWHERE:
            break
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
def rest(tag: int, row: Row, before: int, health: Health, plan: Plan, out: Out) -> None:
    """
    Begin a tag's silence anew after a read of it, and set when it will have lasted long enough.

    tag     int     its id
    row     TAG     in: zone, the last reads; in and out: its pace, and since when and how long it may be silent
    before  int     the zone that it was in until this read; NOWHERE if it was gone
    health  Health  exposure and ears_s are used; in and out: zone_due
    plan    Plan    leave_s and missing_s are used
    out     Out     that it is heard again, where it was quiet
    """
    if row["quiet_s"] == np.inf:
        row["quiet_s"] = 0.0
        write_quiet(tag, row["seen_us"], 0, 1.0, out)
    if row["verdict"] == THROUGH:
        row["verdict"] = UNJUDGED
    zone = row["zone"]
    if zone == NOWHERE:
        return
    now = health.exposure[zone]
    gap_s = elapsed_s(now, row["heard_ms"])
    if before != zone:
        change_clock(row)
        gap_s = -1.0
    row["quiet_s"] = allowed_after_read(row, gap_s, SPREADS)
    through = plan.portal[zone] and may_leave(row, plan)
    patience_s, spans = (plan.leave_s, LEAVE_SPANS) if through else (plan.missing_s[zone], MISSING_SPANS)
    row["due_s"] = max(patience_s, spans * row["quiet_s"])
    begin_silence(row, health)


@njit
def begin_silence(row: Row, health: Health) -> None:
    """
    Let a tag's silence begin now; how long it may last stands in its row.

    row     TAG     in: zone, the last reads, quiet_s, due_s; out: heard_ms, ears_ms
    health  Health  exposure and ears_s are used; in and out: zone_due
    """
    zone = row["zone"]
    now = health.exposure[zone]
    row["heard_ms"] = clock_ms(now)
    row["ears_ms"] = clock_ms(health.ears_s[row["point"][0]])
    health.zone_due[zone] = min(health.zone_due[zone], now + min(row["due_s"], row["quiet_s"]))


@njit
def any_due(health: Health) -> bool:
    """
    Say whether some tag's silence may be long enough; most ticks end here.

    health  Health  exposure and zone_due are used
    """
    for zone in range(health.zone_due.size):
        if health.exposure[zone] >= health.zone_due[zone]:
            return True
    return False


@njit
def go_out(tag: int, at_us: int, zone: int, row: Row, belief: Belief, health: Health, plan: Plan, out: Out) -> None:
    """
    Put a tag that went out, as a door has judged, at that door; it has left if the silence lasts.

    tag, at_us  int      whose, and the tick
    zone        int      the door's
    row         TAG      in and out; the verdict stands in it, and no read has come since
    belief      Belief   in
    health      Health   exposure and ears_s are used; in and out: zone_due
    plan        Plan     leave_s is used
    out         Out      that it moved to the door, where it was elsewhere
    """
    if row["state"] != PRESENT or not is_inside(row) or not went_out(row):
        return
    was = row["zone"]
    if was != zone:
        row["zone"] = zone
        row["since_us"] = at_us
        write_move(tag, row, at_us, MOVE, was, spot_of(tag, row, belief, plan), out)
    row["due_s"], row["quiet_s"] = plan.leave_s, plan.leave_s
    begin_silence(row, health)


@njit
def fall_quiet(tag: int, at_us: int, row: Row, health: Health, out: Out) -> None:
    """
    Tell that a tag has been silent for longer than its own pace allows, if it has, and that it wasn't before.

    tag, at_us  int      whose, and the tick
    row         TAG      in: zone, the last reads, and when it was heard; in and out: quiet_s
    health      Health   exposure and ears_s are used
    out         Out      one more, if so; its time is when the silence was long enough, not the tick
    """
    over_s = elapsed_s(health.exposure[row["zone"]], row["heard_ms"]) - row["quiet_s"]
    if over_s < 0.0 or elapsed_s(health.ears_s[row["point"][0]], row["ears_ms"]) < row["quiet_s"]:
        return
    allowed_s = row["quiet_s"]
    row["quiet_s"] = np.inf
    write_quiet(tag, at_us - int(min(over_s, 1.0) * SECOND_US), 1, presence(allowed_s, allowed_s), out)


@njit
def sweep(at_us: int, tags: Records, health: Health, plan: Plan, out: Out) -> bool:
    """
    Find the tags that have been silent for long enough: quiet; gone through a portal, or missing elsewhere.

    The read point that heard a tag last must itself have listened that long, so that one dead reader among
    healthy ones makes nothing vanish. Returns whether all tags were looked at; False if `out` is full: drain, repeat.

    at_us    int      the tick
    tags     TAG[n]   in and out: state, since_us, quiet_s, due_s
    health   Health   in; out: zone_due
    plan     Plan     portal is used
    out      Out      the movements, and who fell quiet
    """
    health.zone_due[:] = np.inf
    for tag in range(tags.size):
        row = tags[tag]
        zone = row["zone"]
        if zone == NOWHERE or row["state"] != PRESENT:
            continue
        if out.n[0] == out.moves.size or out.n[2] == out.quiet.size:
            health.zone_due[:] = -np.inf
            return False
        fall_quiet(tag, at_us, row, health, out)
        silent_s = elapsed_s(health.exposure[zone], row["heard_ms"])
        listened_s = elapsed_s(health.ears_s[row["point"][0]], row["ears_ms"])
        over = silent_s >= row["due_s"] and listened_s >= row["due_s"]
        through = over and plan.portal[zone] and (may_leave(row, plan) or went_out(row))
        if through and stayed(row):
            # Only now is the passage judged: it was none, so the silence has to last like any other.
            through = False
            row["due_s"] = plan.missing_s[zone]
            over = silent_s >= row["due_s"]
        if not over:
            due = health.exposure[zone] - silent_s + min(row["due_s"], row["quiet_s"])
            health.zone_due[zone] = min(health.zone_due[zone], due)
            continue
        row["state"] = LEFT if through else GONE_MISSING
        row["since_us"] = at_us
        write_move(tag, row, at_us, LEAVE if through else MISSING, zone, NO_SPOT, out)
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
