"""The kernels of how levels sway once more, slow and plain: means and covariances as matrices."""

import math
from typing import Any

import numpy as np

from core.engine import kernels_sway

LEAST = float(kernels_sway.LEAST)


def sway_on(tag: int, gap_s: float, belief: Any, plan: Any, scratch: Any, n: int) -> None:
    stays, keeps = math.exp(-gap_s * plan.leave_per_s), math.exp(-gap_s / plan.sway_s)
    held = {int(place): k for k, place in enumerate(belief.place[tag]) if place >= 0}
    for c, place in enumerate(scratch.place[:n].tolist()):
        scratch.sway[c, :, 0], scratch.sway[c, :, 1:] = 0.0, plan.sway[place]
        if place in held:
            part = max(float(belief.weight[tag, held[place]]) / 65_535 * stays, LEAST) / float(scratch.weight[c])
            blend(min(part, 1.0), keeps, belief.sway[tag, held[place]], scratch.sway[c])


def blend(old: float, keeps: float, was: Any, now: Any) -> None:
    usual = now[:, 1:].astype(np.float64)
    off = keeps * was[:, 0].astype(np.float64)
    known = usual + keeps**2 * (was[:, 1:] - usual)
    mean = old * off
    now[:, 0] = mean
    now[:, 1:] = old * (known + np.outer(off, off)) + (1.0 - old) * usual - np.outer(mean, mean)


def learn_sway(ear: int, off_db: float, var: float, sway: Any, pull: Any) -> None:
    pull[:] = sway[:, 1 + ear]
    column = pull.astype(np.float64)
    sway[:, 0] += column * off_db / var
    sway[:, 1:] -= np.outer(column, column) / var
