"""What kind of passage one is, as it looks by itself: its features and their mixtures, weighed."""

from typing import Final

import numpy as np

from core.engine.kernels_jit import njit_roomy
from core.engine.kernels_passage_shape import measure
from core.engine.records import Floats, Row
from core.engine.records_passage import FEATURES, HIDDEN, KINDS, MILLING, STATIC, THROUGH, Doors, Work

LOOKS: Final = FEATURES + HIDDEN
FAR_OUT: Final = 4.0
"""No feature counts for more than this many of its spreads: what has never been seen is no proof."""


@njit_roomy
def look(door: int, doors: Doors, work: Work) -> None:
    """
    Standardise what was measured of a passage, and mix it.

    door   int
    doors  Doors
    work   Work   in: feature; out: looks
    """
    for f in range(FEATURES):
        off = (work.feature[f] - doors.centre[door, f]) / doors.scale[door, f]
        work.looks[f] = min(max(off, -FAR_OUT), FAR_OUT)
    for h in range(HIDDEN):
        mixed = doors.hidden[door, h, FEATURES]
        for f in range(FEATURES):
            mixed += doors.hidden[door, h, f] * work.looks[f]
        work.looks[FEATURES + h] = np.tanh(mixed)


@njit_roomy
def weigh_kinds(row: Row, door: int, doors: Doors, work: Work) -> float:
    """
    Say how a passage looks by itself. Returns the logit of its direction, positive for out.

    row    PASSAGE
    door   int
    doors  Doors
    work   Work     out: looks, logits
    """
    if row["levels"] == 0:
        # Without a level there is no shape: it was there, and that is all.
        work.logits[STATIC], work.logits[MILLING], work.logits[THROUGH] = 1.0, 0.0, 0.0
        return 0.0
    way = measure(row, door, doors, work)
    look(door, doors, work)
    for kind in range(KINDS):
        work.logits[kind] = doors.weights[door, kind, LOOKS]
        for f in range(LOOKS):
            work.logits[kind] += doors.weights[door, kind, f] * work.looks[f]
    return way


@njit_roomy
def likeliest_kind(logits: np.ndarray) -> int:
    """
    Give the likeliest kind.

    logits  float[KINDS]
    """
    best = 0
    for kind in range(1, KINDS):
        if logits[kind] > logits[best]:
            best = kind
    return best


@njit_roomy
def chances(logits: np.ndarray) -> Floats:
    """
    Give the chance of each kind.

    logits  float64[KINDS]
    """
    odds = np.exp(logits - logits.max())
    told: Floats = odds / odds.sum()
    return told
