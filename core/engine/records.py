"""The rows that the kernels work on: one numpy record a tag, a reader, a piece of evidence."""

from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from core.model.columns import NEVER_US

SLOTS: Final = 6
"""Places a tag is believed to be in at once where places are zones."""
CELL_SLOTS: Final = 128
"""And where they are cells of zones."""
NEXT: Final = 8
"""Places that a tag may go to from one."""
EARS: Final = 6
"""Read points that are remembered to have heard a tag lately."""
TRAIL: Final = 4
"""Reads that are remembered as the cause of a movement."""
TICK_US: Final = 1_000_000
"""Silence is looked at on each whole second of event time."""

# Kinds of evidence. At one instant a reader's own words come before its reads.
READ: Final = 0
ALIVE: Final = 1
RESTARTED: Final = 2
"""It lives, but may have heard nothing before: birth, or a buffer that ran over."""
GONE: Final = 3
ANTENNA_UP: Final = 4
ANTENNA_DOWN: Final = 5
STARTED: Final = 6
STOPPED: Final = 7

# What folding a read, or silence, did to a tag.
NO_MOVE: Final = 0
APPEAR: Final = 1
MOVE: Final = 2
LEAVE: Final = 3
MISSING: Final = 4

# Why a reader's health changed.
HEARD: Final = 0
SAID_GOODBYE: Final = 1
FELL_SILENT: Final = 2

UNJUDGED: Final = -1
"""A tag that no door has judged since it came."""
UNKNOWN: Final = -1
"""A reader that has not been heard of since the site was set up."""

EVIDENCE: Final = np.dtype(
    [("seen_us", "i8"), ("raw_us", "i8"), ("tag", "i8"), ("read_point", "i4"), ("kind", "i4"), ("rssi_dbm", "f4")],
    align=True,
)
"""A kept read, or a reader's word (then tag is the kind, so that equal times still have one order)."""

TAG: Final = np.dtype(
    [
        ("seen_us", "i8"),
        ("since_us", "i8"),
        ("inside_us", "i8"),
        ("trail_us", "i8", TRAIL),
        ("trail_read_point", "i4", TRAIL),
        ("trail_dbm", "f4", TRAIL),
        ("ear_point", "i4", EARS),
        ("ear_us", "i8", EARS),
        ("gain_reads", "f4"),
        ("gaps", "f4"),
        ("gap_mean_s", "f4"),
        ("gap_square_s2", "f4"),
        ("confidence", "f4"),
        ("x_m", "f4"),
        ("y_m", "f4"),
        ("antenna_x", "f4"),
        ("antenna_y", "f4"),
        ("read_point", "i4"),
        ("reads", "i4"),
        ("zone", "i2"),
        ("was", "i2"),
        ("state", "u1"),
        ("appeared", "u1"),
        ("inside", "u1"),
        ("quiet", "u1"),
        ("verdict", "i1"),
        ("way", "i1"),
    ],
    align=True,
)
"""
What is believed of one tag. Ears are the read points that heard it lately, in no order; `gain_reads` is the weight of
the reads that its gain was learned from; `was` is the zone it left or went missing from; `inside` says that it has been
in the building for a while, `inside_us` since when it is in a zone that is no portal; `gaps` and the two after it are
those of kernels_presence.py; `quiet` says that it has been silent for longer than they allow; `verdict` and `way` are
of its last passage at a door.
"""

READER: Final = np.dtype([("mark_us", "i8"), ("heartbeat_us", "i8"), ("online", "i1"), ("listening", "u1")], align=True)
"""A reader's health: when it last gave a sign of life, and whether it inventories."""

MOVEMENT: Final = np.dtype(
    [
        ("at_us", "i8"),
        ("tag", "i8"),
        ("trail_us", "i8", TRAIL),
        ("trail_read_point", "i4", TRAIL),
        ("trail_dbm", "f4", TRAIL),
        ("kind", "i4"),
        ("read_point", "i4"),
        ("from_zone", "i2"),
        ("to_zone", "i2"),
        ("confidence", "f4"),
        ("x_m", "f4"),
        ("y_m", "f4"),
    ],
    align=True,
)
QUIET: Final = np.dtype([("at_us", "i8"), ("tag", "i8"), ("quiet", "u1"), ("presence", "f4")], align=True)
"""A tag fell silent for longer than its own pace allows, or was heard again; and how likely it is there."""
CHANGE: Final = np.dtype([("at_us", "i8"), ("reader", "i4"), ("online", "i1"), ("reason", "i1")], align=True)
SHOWN: Final = np.dtype(
    [
        ("seen_us", "i8"),
        ("since_us", "i8"),
        ("confidence", "f4"),
        ("x_m", "f4"),
        ("y_m", "f4"),
        ("zone", "i2"),
        ("state", "i2"),
    ],
    align=True,
)
"""What was last told of a tag; state is -1 before anything was."""

Records = npt.NDArray[np.void]
Row: TypeAlias = Any
"""One of them; numpy gives its fields no types."""
Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


class Plan(NamedTuple):
    """
    The site as arrays: A read points, Z zones, P places, R readers.

    hears         float32[A, P, 4]  level, variance above it, variance below it (dB squared), log chance: hearing.py
    nearby        int16[A, K]       places that the read point covers, best first; -1 where there are fewer
    place_zone    int16[P]          the zone that a place lies in
    place_xy      float32[P, 2]     its middle, metres
    next_place    int16[P, NEXT]    places that a tag may go to from there; -1 where there are fewer
    antenna_pull  float             how far a tag's point on the map is drawn to the antennas that hear it, 0..1
    leave_per_s   float             how often a tag leaves its place, when it may
    evidence      float             how much a read counts that no other has just said, 0..1
    temper_s      float             time after which a read of the same read point counts in full
    gain_var      float             how much tags differ in loudness, dB squared
    told_m        float             a tag that has gone this far is told of again
    change_at     float             belief from which a tag is said to be in another zone
    antenna       float32[A, 2]     metres
    missing_s     float64[Z]        silence after which a tag is missing
    leave_s       float             silence after which one that passed a portal has left
    portal        bool[Z]           dock doors and exits
    zone_of       int32[A]          the zone that a read point is there for, -1 if none
    share         float64[A, Z]     the read point's part of the zone's coverage; a covered zone's parts sum to 1
    reader_of     int32[A]          which reader the read point belongs to
    points        int32[R, P]       a reader's read points, -1 where there are fewer
    """

    hears: Floats32
    nearby: npt.NDArray[np.int16]
    place_zone: npt.NDArray[np.int16]
    place_xy: Floats32
    next_place: npt.NDArray[np.int16]
    antenna_pull: float
    leave_per_s: float
    evidence: float
    temper_s: float
    gain_var: float
    told_m: float
    change_at: float
    antenna: Floats32
    missing_s: Floats
    leave_s: float
    portal: npt.NDArray[np.bool_]
    zone_of: npt.NDArray[np.int32]
    share: Floats
    reader_of: npt.NDArray[np.int32]
    points: npt.NDArray[np.int32]


class Health(NamedTuple):
    """
    What the antennas could have heard.

    readers   READER[R]
    up        uint8[A]      1 while the antenna works
    ears_s    float64[A]    seconds that the read point has listened, in all
    exposure  float64[Z]    seconds that the zone has been listened to, in all: ears weighted by share
    """

    readers: Records
    up: npt.NDArray[np.uint8]
    ears_s: Floats
    exposure: Floats


class Silence(NamedTuple):
    """
    When each tag's silence is worth a look, on the clock of its zone's exposure.

    heard     float64[T]  exposure of the tag's zone at its last read
    heard_s   float64[T]  ears_s of that read's read point at that read
    quiet     float64[T]  exposure at which it has been silent for longer than its own pace allows; infinite once told
    due       float64[T]  exposure at which silence is long enough to have left, or to be missing
    zone      int16[T]    the zone that due belongs to; -1 for a tag that is nowhere or gone
    zone_due  float64[Z]  no tag of the zone is due before this
    """

    heard: Floats
    heard_s: Floats
    quiet: Floats
    due: Floats
    zone: npt.NDArray[np.int16]
    zone_due: Floats


class Out(NamedTuple):
    """What settling tells: MOVEMENT[M], CHANGE[N], QUIET[M] and int64[3], how many of each."""

    moves: Records
    changes: Records
    quiet: Records
    n: Ints


def new_out(size: int) -> Out:
    """Room for this many of each."""
    return Out(np.zeros(size, MOVEMENT), np.zeros(size, CHANGE), np.zeros(size, QUIET), np.zeros(3, np.int64))


def blank_tags(n: int) -> Records:
    """Rows of tags of which nothing is believed yet."""
    rows = np.zeros(n, TAG)
    rows["verdict"] = UNJUDGED
    rows["inside_us"] = rows["ear_us"] = NEVER_US
    for name in ("zone", "was", "read_point", "trail_read_point", "ear_point"):
        rows[name] = -1
    return rows


def join(dtype: np.dtype[np.void], *parts: Records) -> Records:
    """Put records one after the other; numpy's own way drops their padding, and kernels would compile anew for that."""
    joined = np.zeros(sum(part.size for part in parts), dtype)
    at = 0
    for part in parts:
        joined[at : at + part.size] = part
        at += part.size
    return joined
