"""The middle and the two spreads of a set of levels: a bell that is narrower above than below."""

import numpy as np
import numpy.typing as npt

from core.engine.prior import LEAN
from core.engine.records import Floats

ROUNDS = 25
ROUNDING_VAR = 0.5
"""Levels come as whole dB at worst; no spread is less than what that alone makes, and a little more."""


def middles(level: Floats, group: npt.NDArray[np.intp], n_groups: int, lean: float = LEAN) -> Floats:
    """
    Find each group's expectile: the level around which those above weigh `lean` times as much as those below.

    Fading takes away more than it gives, so the upper part of the levels says more of where a tag is.
    level float64[n], group int[n] in 0..n_groups; gives float64[n_groups], 0 for an empty one.
    """
    middle = _mean(level, np.ones_like(level), group, n_groups)
    for _ in range(ROUNDS):
        middle = _mean(level, np.where(level > middle[group], lean, 1.0), group, n_groups)
    return middle


def variances(
    off_db: Floats, group: npt.NDArray[np.intp], n_groups: int, prior: Floats, prior_reads: float
) -> tuple[Floats, Floats]:
    """
    Find each group's variance above and below its middle, drawn to a prior that counts as some reads.

    off_db float64[n] is level less middle, prior float64[2]; gives float64[n_groups] twice, in dB squared.
    """
    result = []
    for side, wanted in zip((off_db > 0.0, off_db <= 0.0), prior, strict=True):
        weight = side.astype(np.float64)
        n = np.bincount(group, weight, minlength=n_groups)
        total = np.bincount(group, weight * off_db**2, minlength=n_groups)
        result.append((total + prior_reads * wanted) / (n + prior_reads) + ROUNDING_VAR)
    return result[0], result[1]


def _mean(level: Floats, weight: Floats, group: npt.NDArray[np.intp], n_groups: int) -> Floats:
    total = np.bincount(group, weight, minlength=n_groups)
    mean: Floats = np.bincount(group, weight * level, minlength=n_groups) / np.where(total > 0.0, total, 1.0)
    return mean
