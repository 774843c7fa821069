"""Where tags may be, as arrays; and room for the candidates of one of them."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from core.engine.records import NEXT, Floats32, Plan

WEIGHT_UNIT: Final = np.float32(1 / 65_535)
GAIN_UNIT_DB: Final = np.float32(1 / 256)


class Belief(NamedTuple):
    """
    The places each tag may be in, likeliest first; the weights of a tag sum to 1.

    place   int16[T, K]   -1 where there are fewer
    weight  uint16[T, K]  probability, in WEIGHT_UNIT; never 0 for a place
    gain    int16[T, K]   how much louder than typical the tag is if it is there, in GAIN_UNIT_DB
    """

    place: npt.NDArray[np.int16]
    weight: npt.NDArray[np.uint16]
    gain: npt.NDArray[np.int16]


class Scratch(NamedTuple):
    """
    Room for one tag's candidates, C of them at most.

    place   int16[C]
    weight  float32[C]
    gain    float32[C]
    fit     float32[C]       how well a read fits, as a logarithm
    at      int16[max(P, Z)]  where a place, or a zone, stands among them; -1 for none, as found and as left
    """

    place: npt.NDArray[np.int16]
    weight: Floats32
    gain: Floats32
    fit: Floats32
    at: npt.NDArray[np.int16]


def new_scratch(plan: Plan) -> Scratch:
    """Room for one tag's candidates."""
    places, zones, slots = plan.place_zone.size, plan.portal.size, plan.nearby.shape[1]
    room = max(slots * (NEXT + 2), places)
    return Scratch(
        place=np.zeros(room, np.int16),
        weight=np.zeros(room, np.float32),
        gain=np.zeros(room, np.float32),
        fit=np.zeros(room, np.float32),
        at=np.full(max(places, zones), -1, np.int16),
    )


def blank_belief(n: int, slots: int) -> Belief:
    """Belief of tags that may be anywhere."""
    return Belief(
        place=np.full((n, slots), -1, np.int16),
        weight=np.zeros((n, slots), np.uint16),
        gain=np.zeros((n, slots), np.int16),
    )
