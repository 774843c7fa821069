"""The rows of the doors: one visit a tag at a door, one passage while it is open, one verdict when it closes."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from core.engine.records import Floats, Ints, Records
from core.model.columns import NEVER_US

ANTENNAS: Final = 8
"""Of one door, at most: the first ones by port count, the others are not listened to."""
BINS: Final = 80
BIN_US: Final = 250_000
LONGEST_US: Final = BINS * BIN_US
"""A passage that lasts this long gets its verdict as it is, unless its tag came there and waits (kernels_wait.py)."""
SILENT_DBM: Final = -100.0
"""Fainter than anything that is heard."""
SILENCE_US: Final = 3_000_000
"""Silence that ends a passage, and before which none begins."""
FEATURES: Final = 45
"""What a passage is judged by: kernels_passage_shape.py says what each is, kernels_rival.py of the last four."""
HIDDEN: Final = 32
"""Mixtures of the features that are looked at beside them, bent so that they end at -1 and 1."""
DIRECTIONS: Final = 5
"""
What its direction is judged by: when each antenna hears it best, how each level rises, where it begins and ends, at
which end others hear it as well, and whether they go on hearing it.
"""
KINDS: Final = 3
"""static, milling, through: the order of logits."""
RECENT: Final = 32
"""Closed passages of a door that are remembered, for those that belong to the same pallet."""
CROSSINGS: Final = 4

# Kinds of evidence that only the doors care for; both come on a read point of the reader that tells them.
EYE: Final = 8
"""A light beam was broken: `tag` is twice the index of the door, and one more for the outer beam."""
WORD: Final = 9
"""A reader's own word on the way `tag` went: `rssi_dbm` is INWARD, NO_WAY or OUTWARD."""

# What a passage was; the first three are indexes of logits.
STATIC: Final = 0
MILLING: Final = 1
THROUGH: Final = 2
REVIEW: Final = 3

# Which way it went.
INWARD: Final = -1
NO_WAY: Final = 0
OUTWARD: Final = 1
UNSAID: Final = 2
"""No reader has given its own word on the direction."""

VISIT: Final = np.dtype(
    [
        ("last_us", "i8"),
        ("tag", "i8"),
        ("mean", "f4", ANTENNAS),
        ("var", "f4"),
        ("strange", "f4"),
        ("door", "i4"),
        ("next", "i4"),
        ("passage", "i4"),
        ("stray", "u1"),
    ],
    align=True,
)
"""
A tag that a door hears. `passage` is its open one or -1, `next` the same tag's visit at another door or -1.

A stray has had its verdict and is still heard: `mean` is the level at each antenna (0 where not heard), `var` the
spread around it, and `strange` how far the last reads lie off, in units of that spread.
"""

PASSAGE: Final = np.dtype(
    [
        ("opened_us", "i8"),
        ("last_us", "i8"),
        ("peak_us", "i8"),
        ("waited_us", "i8"),
        ("visit", "i4"),
        ("n", "i4"),
        ("levels", "i4"),
        ("peak_dbm", "f4"),
        ("rival_chance", "f4"),
        ("word", "i4"),
        ("count", "u2", (ANTENNAS, BINS)),
        ("sum", "f4", (ANTENNAS, BINS)),
        ("square", "f4", (ANTENNAS, BINS)),
        ("rival_dbm", "f4", BINS),
    ],
    align=True,
)
"""
An open passage: for each antenna and quarter of a second how many reads, and their levels' sum and sum of squares.

The loudest read (`peak_`), and the reader's own word on direction. `rival_dbm` is the loudest read by any other antenna
in each quarter, `rival_chance` the best chance that the tag went through another door meanwhile. `waited_us` has been
cut out of its middle, and its begin moved on by as much.
"""

VERDICT: Final = np.dtype(
    [
        ("opened_us", "i8"),
        ("closed_us", "i8"),
        ("tag", "i8"),
        ("door", "i4"),
        ("verdict", "i4"),
        ("direction", "i2"),
        ("outdone", "i2"),
        ("n", "i4"),
        ("confidence", "f4"),
        ("through", "f4"),
    ],
    align=True,
)
"""What a closed passage was. `confidence` is the chance of the verdict, `through` that of having gone through.

`outdone` is 1 where it is likelier that the tag went through another door meanwhile: then `confidence` is the chance of
that, and the verdict moves no tag.
"""

CLOSED: Final = np.dtype(
    [("peak_us", "i8"), ("opened_us", "i8"), ("last_us", "i8"), ("waited_us", "i8"), ("logits", "f4", KINDS + 1)],
    align=True,
)
"""What is remembered of a passage for those that pass together with it: times, and logits as by weigh_alone."""

EYES: Final = np.dtype(
    [("broken_us", "i8", 2), ("crossed_us", "i8", CROSSINGS), ("way", "i4", CROSSINGS), ("crossings", "i4")],
    align=True,
)
"""A door's light beams, inside one first: when last broken, and the last crossings of both."""


class Doors(NamedTuple):
    """
    The doors as arrays: A read points, D doors.

    door_of    int32[A]                     which door a read point belongs to; -1 for none
    slot_of    int32[A]                     which of the door's antennas it is
    along      float64[D, ANTENNAS]         metres along the way out, from the antennas' middle
    across     float64[D, ANTENNAS]         metres across it
    gain_db    float64[D, ANTENNAS]         how much louder than its neighbours an antenna hears
    centre     float64[D, FEATURES]         subtracted from each feature
    scale      float64[D, FEATURES]         then divided by
    hidden     float64[D, HIDDEN, FEATURES + 1]  what each mixture of the features is made of, and its intercept
    weights    float64[D, KINDS, FEATURES + HIDDEN + 1]  of the verdict; the last is the intercept
    direction  float64[D, DIRECTIONS]       of the direction, positive for out
    """

    door_of: npt.NDArray[np.int32]
    slot_of: npt.NDArray[np.int32]
    along: Floats
    across: Floats
    gain_db: Floats
    centre: Floats
    scale: Floats
    hidden: Floats
    weights: Floats
    direction: Floats


class AtDoors(NamedTuple):
    """
    Who is at the doors.

    n         int64[2]           how many visits, how many open passages
    head      int32[T]           a tag's first visit, or -1
    visits    VISIT[V]           the first n[0]
    open      PASSAGE[P]         the first n[1]
    closed    CLOSED[D, RECENT]  ring of what closed last
    turn      int64[D]           how many have closed
    eyes      EYES[D]
    """

    n: Ints
    head: npt.NDArray[np.int32]
    visits: Records
    open: Records
    closed: Records
    turn: Ints
    eyes: Records


class Told(NamedTuple):
    """What closing tells: VERDICT[N] and int64[1], how many."""

    verdicts: Records
    n: Ints


SEGMENTS: Final = 8
"""Equal parts that a passage is cut into to be judged."""
WAVES: Final = 4
"""Cosines over the segments that are looked at: the mean, a rise, a hump, a wiggle; what is left is noise."""


class Work(NamedTuple):
    """
    Room for judging one passage.

    level    float64[ANTENNAS, SEGMENTS]  mean level at an antenna in a part of the passage, dB
    use      float64[ANTENNAS]            1 for antennas that heard enough of it
    wave     float64[ANTENNAS, WAVES]     the levels as cosines
    axis     float64[2, ANTENNAS]         where the used antennas are along and across the way out, as unit vectors
    path     float64[3, SEGMENTS]         where the levels put the tag, along and across; and their mean
    late     float64[ANTENNAS]            when each antenna hears it best, early ones negative
    feature  float64[FEATURES]
    looks    float64[FEATURES + HIDDEN]   the features standardised, and their mixtures
    way      float64[DIRECTIONS]          evidence of the direction
    logits   float64[KINDS]
    """

    level: Floats
    use: Floats
    wave: Floats
    axis: Floats
    path: Floats
    late: Floats
    feature: Floats
    looks: Floats
    way: Floats
    logits: Floats


def new_work() -> Work:
    """Room for judging one passage."""
    return Work(
        level=np.zeros((ANTENNAS, SEGMENTS)),
        use=np.zeros(ANTENNAS),
        wave=np.zeros((ANTENNAS, WAVES)),
        axis=np.zeros((2, ANTENNAS)),
        path=np.zeros((3, SEGMENTS)),
        late=np.zeros(ANTENNAS),
        feature=np.zeros(FEATURES),
        looks=np.zeros(FEATURES + HIDDEN),
        way=np.zeros(DIRECTIONS),
        logits=np.zeros(KINDS),
    )


def new_told(size: int) -> Told:
    """Room for this many verdicts."""
    return Told(np.zeros(size, VERDICT), np.zeros(1, np.int64))


def nobody(n_tags: int, n_doors: int, visits: int = 64, passages: int = 16) -> AtDoors:
    """No tag at any door, with room for some."""
    eyes, closed = np.zeros(n_doors, EYES), np.zeros((n_doors, RECENT), CLOSED)
    eyes["broken_us"] = eyes["crossed_us"] = NEVER_US
    closed["peak_us"] = NEVER_US
    return AtDoors(
        n=np.zeros(2, np.int64),
        head=np.full(n_tags, -1, np.int32),
        visits=np.zeros(visits, VISIT),
        open=np.zeros(passages, PASSAGE),
        closed=closed,
        turn=np.zeros(n_doors, np.int64),
        eyes=eyes,
    )
