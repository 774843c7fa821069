"""
Whether something grows: a line through samples by least squares, and how sure one may be of its slope.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

SURE: Final = 2.0
"""Standard errors on each side within which the true slope is taken to be."""
HOUR_S: Final = 3600.0

Floats = npt.NDArray[np.float64]
Reading = Literal["flat", "grows", "can't tell"]


@dataclass(frozen=True, slots=True)
class Slope:
    """
    What the samples of one quantity say, pooled over the lives of the processes that had it.

    per_h     units an hour
    error_h   its standard error, units an hour; infinite where there are too few samples for one
    """

    per_h: float
    error_h: float
    samples: int
    segments: int

    def reading(self, limit_per_h: float) -> Reading:
        """Whether it is surely below a limit, surely above it, or neither."""
        if self.per_h + SURE * self.error_h < limit_per_h:
            return "flat"
        return "grows" if self.per_h - SURE * self.error_h > limit_per_h else "can't tell"

    def as_json(self) -> dict[str, Any]:
        """What is printed; an error that nobody knows is null."""
        error = round(self.error_h, 3) if math.isfinite(self.error_h) else None
        return {"per_h": round(self.per_h, 3), "error_h": error, "samples": self.samples, "segments": self.segments}


def slope_of(segments: Sequence[tuple[Floats, Floats]]) -> Slope:
    """
    One slope for all segments, each of them (seconds float64[n], values float64[n]) with a height of its own.

    Samples that follow each other are alike, so that n of them say less than n: with r the correlation of a residual
    with the next one, they count as n (1 - r) / (1 + r) (Santer et al., J. Geophys. Res. 105, 2000).
    """
    used = [(at - at.mean(), value - value.mean()) for at, value in segments if at.size > 1]
    n = sum(at.size for at, _ in used)
    spread = sum(float(at @ at) for at, _ in used)
    if not spread:
        return Slope(0.0, math.inf, n, len(used))
    slope = sum(float(at @ value) for at, value in used) / spread
    left = [value - slope * at for at, value in used]
    squares = sum(float(one @ one) for one in left)
    if squares < 1e-9:
        return Slope(slope * HOUR_S, 0.0, n, len(used))
    alike = min(max(sum(float(one[1:] @ one[:-1]) for one in left) / squares, 0.0), 1.0)
    free = n * (1.0 - alike) / (1.0 + alike) - len(used) - 1
    error = math.sqrt(squares / free / spread) if free >= 1.0 else math.inf
    return Slope(slope * HOUR_S, error * HOUR_S, n, len(used))
