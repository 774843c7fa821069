"""The kernels of presence again, slow and plain, as in tests/naive.py."""

import math
from typing import Any


def allowed_s(row: Any, spreads: float) -> float:
    n, mean_s, square_s2 = (float(row[name]) for name in ("gaps", "gap_mean_s", "gap_square_s2"))
    variance = max(square_s2 - mean_s**2, 0.0)
    relative = variance / mean_s**2 if mean_s else 0.0
    believed_mean_s = (5 * 2.5 + n * mean_s) / (5 + n)
    believed_sd_s = believed_mean_s * math.sqrt((10 * 2.0 + n * relative) / (10 + n))
    x = (n + 4) / 8
    return spreads * believed_sd_s * x * math.expm1(1 / x)


def learn_gap(row: Any, gap_s: float) -> None:
    if gap_s >= 0.4:
        n = min(float(row["gaps"]) + 1, 100)
        for name, new in (("gap_mean_s", gap_s), ("gap_square_s2", gap_s**2)):
            row[name] = float(row[name]) * (1 - 1 / n) + new / n
        row["gaps"] = n


def allowed_after_read(row: Any, gap_s: float, spreads: float) -> float:
    if gap_s >= 0:
        learn_gap(row, min(allowed_s(row, spreads), gap_s))
    return allowed_s(row, spreads)


def change_clock(row: Any) -> None:
    row["gaps"] = min(row["gaps"], 5)


def presence(silent_s: float, may_s: float) -> float:
    # logit p falls from 8 at a read to 0 where the tag is declared gone.
    logit = 8 * (1 - silent_s / may_s)
    return 1 / (1 + math.exp(-logit)) if logit > -60 else 0.0
