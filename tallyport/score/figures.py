"""
Means, shares and quantiles of what was measured; None where nothing was, or where the figure is infinite.
"""

import math
from collections.abc import Iterable, Sequence

PLACES = 4


def share(part: float, whole: float) -> float | None:
    """A share, 0..1; None of nothing."""
    return round(part / whole, PLACES) if whole else None


def mean(values: Sequence[float]) -> float | None:
    """The mean; None of nothing."""
    return round(math.fsum(values) / len(values), PLACES) if values else None


def quantile(values: Iterable[float], q: float) -> float | None:
    """The value below which a share q of the values lies, between two of them on the straight line; inf gives None."""
    ranked = sorted(values)
    if not ranked:
        return None
    at = q * (len(ranked) - 1)
    low, high = ranked[math.floor(at)], ranked[math.ceil(at)]
    if math.isinf(low) or math.isinf(high):
        return None
    return round(low + (high - low) * (at - math.floor(at)), PLACES)
