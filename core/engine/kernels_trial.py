"""Recorded reads told over under one plan, to see what it would have said: calibration tries plans out with it."""

import numpy as np
import numpy.typing as npt

from core.engine.kernels_fold import fold_read
from core.engine.kernels_jit import njit
from core.engine.records import Plan, Records
from core.engine.records_belief import Belief, Scratch


@njit
def tell_zones(
    evidence: Records, tags: Records, belief: Belief, plan: Plan, scratch: Scratch, zone: npt.NDArray[np.int16]
) -> None:
    """
    Fold reads one after the other, and note the zone that each leaves its tag in.

    evidence  EVIDENCE[n]  reads alone, in the order of folding
    tags      TAG[T]       in and out
    belief    Belief       in and out
    plan      Plan
    scratch   Scratch      room
    zone      int16[n]     out
    """
    for i in range(evidence.size):
        tag = evidence[i]["tag"]
        fold_read(tag, tags[tag], evidence[i], belief, plan, scratch)
        zone[i] = tags[tag]["zone"]
