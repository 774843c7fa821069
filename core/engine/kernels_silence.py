"""What healthy antennas did not hear becomes evidence here, and nothing else does."""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit
from core.engine.kernels_portal import may_leave
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
    TICK_US,
    Health,
    Out,
    Plan,
    Records,
    Row,
    Silence,
)
from core.model.columns import NEVER_US, NOWHERE
from core.model.step import TagState

HEARTBEATS: Final = 3
"""Between signs of life further apart than this many heartbeats, a reader may have been dead: it heard nothing."""
GAP_SHARE: Final = 0.2
LEAVE_GAPS: Final = 3.0
MISSING_GAPS: Final = 6.0
"""How many of its own mean gaps a tag must be silent for."""
"""Weight of the newest gap in a tag's mean gap."""
LEFT: Final = int(TagState.LEFT)
GONE_MISSING: Final = int(TagState.MISSING)
SECOND_US: Final = 1e6
NO_TICK_US: Final = 2**62
"""No deadline: after every tick."""


@njit
def tell_change(reader: int, at_us: int, online: int, reason: int, health: Health, out: Out) -> None:
    """
    Note a reader's new health, and tell it if it is news.

    reader, at_us, online, reason  int     what, when, 0 or 1, why
    health                         Health  in and out: readers
    out                            Out     one more change, where it is news
    """
    row = health.readers[reader]
    if row["online"] == online:
        return
    row["online"] = online
    at = out.n[1]
    out.changes[at]["at_us"] = at_us
    out.changes[at]["reader"] = reader
    out.changes[at]["online"] = online
    out.changes[at]["reason"] = reason
    out.n[1] = at + 1


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
def rest(tag: int, row: Row, silence: Silence, health: Health, plan: Plan) -> None:
    """
    Begin a tag's silence anew after a read of it, and set when it will have lasted long enough.

    tag      int      its id
    row      TAG      zone and read_point are used
    silence  Silence  in and out
    health   Health   exposure and ears_s are used
    plan     Plan     leave_s and missing_s are used
    """
    zone = row["zone"]
    if zone == NOWHERE:
        silence.zone[tag] = NOWHERE
        return
    now = health.exposure[zone]
    if silence.zone[tag] != zone:
        silence.gap_s[tag] = 0.0
    elif silence.gap_s[tag] == 0.0:
        silence.gap_s[tag] = now - silence.heard[tag]
    else:
        silence.gap_s[tag] += GAP_SHARE * (now - silence.heard[tag] - silence.gap_s[tag])
    silence.zone[tag] = zone
    silence.heard[tag] = now
    silence.heard_s[tag] = health.ears_s[row["read_point"]]
    through = plan.portal[zone] and may_leave(row, plan)
    patience_s, gaps = (plan.leave_s, LEAVE_GAPS) if through else (plan.missing_s[zone], MISSING_GAPS)
    silence.due[tag] = now + max(patience_s, gaps * silence.gap_s[tag])
    silence.zone_due[zone] = min(silence.zone_due[zone], silence.due[tag])


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
def write_move(tag: int, row: Row, at_us: int, kind: int, from_zone: int, out: Out) -> None:
    """
    Tell a movement, with the reads that caused it.

    tag, row         int, TAG   whose; the row as it is now
    at_us, kind      int        when and what
    from_zone        int        where it was before
    out              Out        one more movement
    """
    move = out.moves[out.n[0]]
    move["at_us"] = at_us
    move["tag"] = tag
    move["kind"] = kind
    move["read_point"] = row["read_point"]
    move["from_zone"] = from_zone
    move["to_zone"] = row["zone"]
    move["confidence"] = row["confidence"]
    move["x_m"] = row["x_m"]
    move["y_m"] = row["y_m"]
    for k in range(row["trail_us"].size):
        at = (row["reads"] + k) % row["trail_us"].size
        move["trail_us"][k] = row["trail_us"][at]
        move["trail_read_point"][k] = row["trail_read_point"][at]
        move["trail_dbm"][k] = row["trail_dbm"][at]
    out.n[0] += 1


@njit
def sweep(at_us: int, tags: Records, silence: Silence, health: Health, plan: Plan, out: Out) -> bool:
    """
    Find the tags that have been silent for long enough: gone through a portal, or missing elsewhere.

    The read point that heard a tag last must itself have listened that long, so that one dead reader among
    healthy ones makes nothing vanish. Returns whether all tags were looked at; False if `out` is full: drain, repeat.

    at_us    int      the tick
    tags     TAG[n]   in and out: state, since_us
    silence  Silence  in and out
    health   Health   exposure and ears_s are used
    plan     Plan     portal is used
    out      Out      the movements
    """
    silence.zone_due[:] = np.inf
    for tag in range(tags.size):
        zone = silence.zone[tag]
        if zone == NOWHERE:
            continue
        row = tags[tag]
        listened = health.ears_s[row["read_point"]] - silence.heard_s[tag] >= silence.due[tag] - silence.heard[tag]
        if silence.due[tag] > health.exposure[zone] or not listened:
            silence.zone_due[zone] = min(silence.zone_due[zone], silence.due[tag])
            continue
        if out.n[0] == out.moves.size:
            silence.zone_due[:] = -np.inf
            return False
        through = plan.portal[zone] and may_leave(row, plan)
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
