"""The rows that the kernels work on: one numpy record a tag, a reader, a piece of evidence."""

from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

SLOTS: Final = 5
"""Places a tag is believed to be in at once where places are zones."""
PIECE_SLOTS: Final = 32
"""And where places are pieces of zones."""
CELL_SLOTS: Final = 256
"""And where they are cells of zones."""
NEXT: Final = 8
"""Places that a tag may go to from one."""
LAST: Final = 4
"""Reads of a tag that are remembered."""
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

AGO_MAX: Final = 65_535
"""Milliseconds; what is longer ago than that is so old that it is no matter how old."""
NOT_INSIDE: Final = 65_535
SURE: Final = 65_535
"""How a confidence of 1 is kept."""

TAG: Final = np.dtype(
    [
        ("seen_us", "i8"),
        ("since_us", "i8"),
        ("gap_mean_s", "f4"),
        ("gap_square_s2", "f4"),
        ("quiet_s", "f4"),
        ("due_s", "f4"),
        ("heard_ms", "u4"),
        ("ears_ms", "u4"),
        ("gain_reads", "f4"),
        ("point", "i2", LAST),
        ("ago_ms", "u2", LAST),
        ("level", "u1", LAST),
        ("reads", "u1"),
        ("antenna_x", "u2"),
        ("antenna_y", "u2"),
        ("confidence", "u2"),
        ("inside_ms", "u2"),
        ("zone", "i2"),
        ("was", "i2"),
        ("gaps", "u1"),
        ("state", "u1"),
        ("appeared", "u1"),
        ("verdict", "i1"),
        ("way", "i1"),
    ],
)
"""
What is settled of one tag. Narrow on purpose, since there may be millions; kernels_narrow.py packs and unpacks.

seen_us        when it was read last
since_us       since when it is in its zone, or gone
gap_mean_s     its pace, with gap_square_s2 and gaps: kernels_presence.py
quiet_s        silence that its pace allows, on the clock of its zone's exposure; infinite once it is told
due_s          silence, on that clock, after which it has left or is missing
heard_ms       that clock at its last read; ears_ms the clock of the read point that heard it
gain_reads     weight of the reads that its gain was learned from
point          the read points of its last reads, newest first; -1 for none
ago_ms         how long before seen_us each of them was, AGO_MAX for longer
level          how loud each was
reads          how often it was read, up to 255
antenna_x      where the antennas are that hear it loudest, with antenna_y, in the plan's grains
confidence     that it is in its zone, in parts of 65535
inside_ms      how long it has been in zones that are no portal; NOT_INSIDE if it is in none
zone           where it is, -1 for nobody knows; of a tag that is gone, where it was
was            the zone that it left or went missing from before it came back
state          TagState
appeared       1 once it was told that it is here
verdict        of its last passage at a door, with its way
"""

READER: Final = np.dtype([("mark_us", "i8"), ("heartbeat_us", "i8"), ("online", "i1"), ("listening", "u1")], align=True)
"""A reader's health: when it last gave a sign of life, and whether it inventories."""

MOVEMENT: Final = np.dtype(
    [
        ("at_us", "i8"),
        ("tag", "i8"),
        ("trail_us", "i8", LAST),
        ("trail_read_point", "i4", LAST),
        ("trail_dbm", "f4", LAST),
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
LOOK: Final = np.dtype(
    [
        ("tag", "i8"),
        ("seen_us", "i8"),
        ("since_us", "i8"),
        ("confidence", "f4"),
        ("x_m", "f4"),
        ("y_m", "f4"),
        ("read_point", "i4"),
        ("zone", "i2"),
        ("state", "u1"),
    ],
    align=True,
)
"""How a tag looks on the live map."""
SHOWN: Final = np.dtype(
    [("seen_ms", "u4"), ("x", "u2"), ("y", "u2"), ("zone", "i2"), ("confidence", "u1"), ("state", "i1")], align=True
)
"""What was last told of a tag, as far as it takes to see what is news; state is -1 before anything was."""

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
    sway          float32[P, S, S]  how the levels at S antennas differ from a place's, together, dB squared; S may be 0
    noise         float32[S]        variance of a single read besides, dB squared
    ear_of        int16[A]          which of those S a read point is; -1 if none
    sway_s        float             how long levels differ alike
    told_m        float             a tag that has gone this far is told of again
    change_at     float             belief from which a tag is said to be in another zone
    antenna       float32[A, 2]     metres
    corner        float32[2]        no place and no antenna lies left of it or below, metres
    grain_m       float             side of the squares, 65536 by 65536, that all of them lie in
    missing_s     float64[Z]        silence after which a tag is missing
    leave_s       float             silence after which one that passed a portal has left
    portal        bool[Z]           dock doors and exits
    zone_of       int32[A]          the zone that a read point is there for, -1 if none
    share         float64[A, Z]     the read point's part of the zone's coverage; a covered zone's parts sum to 1
    covers        int16[A, C]       zones in whose coverage the read point has a part, -1 where there are fewer
    reader_of     int32[A]          which reader the read point belongs to
    points        int32[R, P]       a reader's read points, -1 where there are fewer

    What is learned while the engine runs, and kept with its state (kernels_offset.py):

    offset_db     float32[3, A]     how much louder than `hears` a read point hears: in this spell, in the next, learned
    offset_spell  int64[1]          which spell that is
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
    sway: Floats32
    noise: Floats32
    ear_of: npt.NDArray[np.int16]
    sway_s: float
    told_m: float
    change_at: float
    antenna: Floats32
    corner: Floats32
    grain_m: float
    missing_s: Floats
    leave_s: float
    portal: npt.NDArray[np.bool_]
    zone_of: npt.NDArray[np.int32]
    share: Floats
    covers: npt.NDArray[np.int16]
    reader_of: npt.NDArray[np.int32]
    points: npt.NDArray[np.int32]
    offset_db: Floats32
    offset_spell: Ints


class Health(NamedTuple):
    """
    What the antennas could have heard, and what it is worth a look for.

    readers   READER[R]
    up        uint8[A]      1 while the antenna works
    ears_s    float64[A]    seconds that the read point has listened, in all
    exposure  float64[Z]    seconds that the zone has been listened to, in all: ears weighted by share
    zone_due  float64[Z]    no tag of the zone has been silent for long enough before this exposure
    """

    readers: Records
    up: npt.NDArray[np.uint8]
    ears_s: Floats
    exposure: Floats
    zone_due: Floats


class Waiting(NamedTuple):
    """
    Evidence in its one order, with a chain for each tag's reads; tags whose ids end alike share one.

    rows    EVIDENCE[N]
    before  int64[N]  the row before it in its chain, -1 for none
    after   int64[N]  room for the way back
    newest  int64[C]  the last row of each chain, -1 for none; C a power of two
    """

    rows: Records
    before: Ints
    after: Ints
    newest: Ints


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
    rows["inside_ms"] = NOT_INSIDE
    for name in ("zone", "was", "point"):
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
