"""Where a tag stands on the map once more, slow and plain."""

from typing import Any

from tests.naive_belief import held


def spot_of(tag: int, row: Any, belief: Any, plan: Any) -> tuple[float, float]:
    believed = held(tag, belief)
    total, pull = sum(weight for _, weight, _ in believed), plan.antenna_pull if believed else 1.0
    spot = []
    for axis, name in enumerate(("antenna_x", "antenna_y")):
        heard = float(plan.corner[axis]) + int(row[name]) * plan.grain_m
        mean = sum(weight * float(plan.place_xy[at, axis]) for at, weight, _ in believed) / total if believed else 0.0
        spot.append(pull * heard + (1.0 - pull) * mean)
    return spot[0], spot[1]
