"""How long a tag may be silent before it has gone: learned from its own gaps, and worked out once a read."""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit
from core.engine.records import Row

SPREADS: Final = 5.4
"""The one setting: how many spreads of its own gaps a tag must be silent. More: fewer false exits, later true ones."""
BURST_S: Final = 0.4
"""Reads nearer to each other are one burst: they say that the tag is there, and nothing of its pace."""
MEMORY: Final = 100
"""Gaps that are remembered; older ones fade."""
GUESS_S: Final = 2.5
GUESS_GAPS: Final = 5.0
"""A fresh tag's mean gap is guessed, and the guess weighs as much as so many gaps."""
GUESS_CV2: Final = 2.0
GUESS_CV2_GAPS: Final = 10.0
"""
The same for the variance of its gaps, in squares of their mean: pure chance gives 1, and real tails are heavier.
Memory ends, so the guess always weighs something: no reader is so regular that it never skips a round.
"""
FEW: Final = 8.0
HEAD_START: Final = 4.0
"""What is learned of about FEW gaps is little: the silence must last longer then, as with Student's distribution."""
CARRIED: Final = 5
"""Gaps that still count once other antennas hear the tag: its pace may be another there."""
CERTAINTY: Final = 8.0
"""Log odds of presence just after a read. They fall evenly to 0 where the tag is declared gone, and on below."""

PRESENCE: Final = np.dtype([("gaps", "u1"), ("gap_mean_s", "f4"), ("gap_square_s2", "f4")])
"""What a tag remembers of its gaps: how many, their mean, the mean of their squares. All 0 for a fresh tag."""


@njit
def allowed_s(row: Row, spreads: float) -> float:
    """
    Say for how long a present tag may be silent: some standard deviations of its own gaps.

    A strong tag is read once a round, so its gaps are regular and it is missed soon; of a weak one whole runs of reads
    fail, so that its gaps are long and spread widely. With s, the standard deviation believed after n gaps, it is

        spreads s x (exp(1 / x) - 1)    where x = (n + 4) / 8

    row      PRESENCE  gaps, gap_mean_s, gap_square_s2 are used
    spreads  float     the setting, SPREADS if nothing else is wanted
    returns  float     seconds of exposure
    """
    n = float(row["gaps"])
    own_s, square_s2 = float(row["gap_mean_s"]), float(row["gap_square_s2"])
    mean_s = (GUESS_GAPS * GUESS_S + n * own_s) / (GUESS_GAPS + n)
    cv2 = max(square_s2 / (own_s * own_s) - 1.0, 0.0) if own_s > 0.0 else 0.0
    cv2 = (GUESS_CV2_GAPS * GUESS_CV2 + n * cv2) / (GUESS_CV2_GAPS + n)
    x = (n + HEAD_START) / FEW
    return float(spreads * mean_s * np.sqrt(cv2) * x * (np.exp(1.0 / x) - 1.0))


@njit
def learn_gap(row: Row, gap_s: float) -> None:
    """
    Learn one gap between two reads of a tag that was there all the while.

    row    PRESENCE  in and out
    gap_s  float     seconds of exposure between the reads
    """
    if gap_s < BURST_S:
        return
    n = min(row["gaps"] + 1, MEMORY)
    row["gap_mean_s"] += (gap_s - row["gap_mean_s"]) / n
    row["gap_square_s2"] += (gap_s * gap_s - row["gap_square_s2"]) / n
    row["gaps"] = n


@njit
def allowed_after_read(row: Row, gap_s: float, spreads: float) -> float:
    """
    Take a read, and say how long the tag may now be silent. Nothing need be done until then.

    A gap counts for no more than was allowed: of a longer one nobody knows for how much of it the tag was there. The
    clock is exposure: seconds that antennas which cover the tag have listened, so a dead reader's silence is none.

    row      PRESENCE  in and out
    gap_s    float     exposure since the read before; below 0 at the tag's first
    spreads  float     the setting, as for allowed_s
    returns  float     seconds of exposure
    """
    if gap_s >= 0.0:
        learn_gap(row, min(gap_s, allowed_s(row, spreads)))
    return allowed_s(row, spreads)


@njit
def change_clock(row: Row) -> None:
    """
    Keep a little of what was learned when other antennas, with another clock, begin to hear a tag.

    row  PRESENCE  in and out
    """
    row["gaps"] = min(row["gaps"], CARRIED)


@njit
def presence(silent_s: float, may_s: float) -> float:
    """
    Say how likely a silent tag is still there: one half where it is declared gone.

    silent_s  float  exposure since its last read
    may_s     float  what allowed_s said at that read, more than 0
    returns   float  0..1
    """
    return float(1.0 / (1.0 + np.exp(min(CERTAINTY * (silent_s / may_s - 1.0), 60.0))))
