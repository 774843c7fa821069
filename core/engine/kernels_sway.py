"""
How far a tag's levels are off those of the place it may be in, just now: a Kalman filter for each candidate place.

Where in a place a tag stands, how it is held and who stands before it lifts some antennas' levels and lowers others',
and does so for a second or so. What such a sway explains is no evidence against the place, and is not counted twice.
(Uhlenbeck and Ornstein 1930 for the sway; Blom and Bar-Shalom 1988 for the merging of those who were there and those
who come.)
"""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit
from core.engine.records import Floats32, Plan
from core.engine.records_belief import WEIGHT_UNIT, Belief, Scratch

LEAST: Final = np.float32(1e-6)
"""As in kernels_belief: no place is believed in less."""


@njit
def sway_on(tag: int, gap_s: float, belief: Belief, plan: Plan, scratch: Scratch, n: int) -> None:
    """
    Say of each candidate how far the tag's levels are off by now if it is there, and how unsure that is.

    What was known fades; who came since the last read may be off by anything that is usual there.

    tag      int      its row in belief
    gap_s    float    seconds since it was last read
    belief   Belief   in
    plan     Plan     sway, sway_s and leave_per_s are used
    scratch  Scratch  in: n candidates, `at` is filled; out: sway
    n        int      how many there are
    """
    ears = plan.sway.shape[1]
    for c in range(n):
        for a in range(ears):
            scratch.sway[c, a, 0] = 0.0
            for b in range(ears):
                scratch.sway[c, a, 1 + b] = plan.sway[scratch.place[c], a, b]
    stays, keeps = np.float32(np.exp(-gap_s * plan.leave_per_s)), np.float32(np.exp(-gap_s / plan.sway_s))
    for k in range(belief.place.shape[1]):
        if belief.place[tag, k] >= 0:
            c = scratch.at[belief.place[tag, k]]
            old = min(max(belief.weight[tag, k] * WEIGHT_UNIT * stays, LEAST) / scratch.weight[c], np.float32(1.0))
            blend(old, keeps, belief.sway[tag, k], scratch.sway[c])


@njit
def blend(old: np.float32, keeps: np.float32, was: Floats32, now: Floats32) -> None:
    """
    Merge what is known of a tag that has been at a place with what is usual for one that has just come.

    old    float32             part of the belief that it has been there
    keeps  float32             part of a sway that is left after the time that has passed
    was    float32[S, S + 1]   for each antenna how far off, dB, and the covariances, dB squared, at the last read
    now    float32[S, S + 1]   in: 0, and the usual covariances; out: the merged
    """
    new = np.float32(1.0) - old
    for a in range(was.shape[0]):
        now[a, 0] = old * keeps * was[a, 0]
    for a in range(was.shape[0]):
        for b in range(was.shape[0]):
            usual, both = now[a, 1 + b], keeps * keeps
            known = usual + both * (was[a, 1 + b] - usual) + new * both * was[a, 0] * was[b, 0]
            now[a, 1 + b] = usual + old * (known - usual)


@njit
def learn_sway(ear: int, off_db: np.float32, var: np.float32, sway: Floats32, pull: Floats32) -> None:
    """
    Learn from one antenna's level how far all of them are off.

    ear     int                which antenna
    off_db  float32            its level less the expected one
    var     float32            how unsure that was, noise included
    sway    float32[S, S + 1]  in and out: one candidate's
    pull    float32[S]         room
    """
    for a in range(sway.shape[0]):
        pull[a] = sway[a, 1 + ear]
        sway[a, 0] += pull[a] / var * off_db
    for a in range(sway.shape[0]):
        for b in range(sway.shape[0]):
            sway[a, 1 + b] -= pull[a] * pull[b] / var
