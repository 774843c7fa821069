"""What is believed of the places of one plan is carried to those of another."""

from typing import Final

import numpy as np
import numpy.typing as npt

from core.engine.records import Floats, Plan
from core.engine.records_belief import WEIGHT_UNIT, Belief, blank_belief
from core.model.columns import NOWHERE

OTHER_ZONE_M: Final = 1e6
"""Further than any place of the same zone."""
TAGS_AT_ONCE: Final = 20_000


def carried(belief: Belief, zone: npt.NDArray[np.int16], xy: npt.NDArray[np.float32], plan: Plan) -> Belief:
    """
    Carry belief in places of these zones (int16[P]) at these points (float32[P, 2]) to the plan's places.

    What was believed of a whole zone is spread over its cells, of a cell goes to the nearest place of its zone, and of
    a zone that is no more to the nearest place there is. Gains go with the likeliest, sways are forgotten. Belief in
    the same places stays as it is, to the bit.
    """
    slots = plan.nearby.shape[1]
    same_places = np.array_equal(zone, plan.place_zone) and np.array_equal(xy, plan.place_xy)
    ears = plan.noise.size
    if same_places and belief.place.shape[1] == slots and belief.sway.shape[2] == ears:
        return belief
    n, n_slots = belief.place.shape[0], min(slots, plan.place_zone.size)
    result = blank_belief(n, slots, ears)
    goes_to = _goes_to(zone, xy, plan)
    for start in range(0, n if n_slots and zone.size else 0, TAGS_AT_ONCE):
        part = slice(start, start + TAGS_AT_ONCE)
        place = belief.place[part]
        # One more column takes in what stands for "no place", which is -1.
        dense = np.zeros((place.shape[0], zone.size + 1))
        np.add.at(dense, (np.arange(place.shape[0])[:, None], place), belief.weight[part])
        onto = dense[:, :-1] @ goes_to
        best = np.argsort(-onto, axis=1, kind="stable")[:, :n_slots]
        weight = np.take_along_axis(onto, best, axis=1)
        total = weight.sum(axis=1, keepdims=True)
        result.place[part, :n_slots] = np.where(weight > 0.0, best, NOWHERE)
        parts = np.rint(weight / np.where(total > 0.0, total, 1.0) / WEIGHT_UNIT)
        result.weight[part, :n_slots] = np.where(weight > 0.0, np.maximum(parts, 1), 0)
        result.gain[part, :n_slots] = np.where(weight > 0.0, belief.gain[part, :1], 0)
        result.sway[part, :n_slots, :, 1:] = plan.sway[best]
    return result


def _goes_to(zone: npt.NDArray[np.int16], xy: npt.NDArray[np.float32], plan: Plan) -> Floats:
    """Which part of each place's belief goes to which of the plan's: float64[P, plan's P], rows sum to 1."""
    away_m = np.hypot(*(xy[:, None, :] - plan.place_xy[None, :, :]).transpose(2, 0, 1))
    same_zone = zone[:, None] == plan.place_zone[None, :]
    nearest = np.where(same_zone, away_m, away_m + OTHER_ZONE_M).argmin(axis=1)
    goes_to = np.zeros(away_m.shape)
    goes_to[np.arange(zone.size), nearest] = 1.0
    whole = ((zone[:, None] == zone[None, :]).sum(axis=1) == 1) & same_zone.any(axis=1)
    goes_to[whole] = same_zone[whole] / same_zone[whole].sum(axis=1, keepdims=True)
    return goes_to
