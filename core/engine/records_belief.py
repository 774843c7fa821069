"""Where tags may be, as arrays; and room for the candidates of one of them."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from core.engine.records import NEXT, Floats32, Plan

WEIGHT_UNIT: Final = np.float32(1 / 65_535)
GAIN_UNIT_DB: Final = np.float32(1 / 256)
UNHEARD: Final = np.float32(-4.6)
"""Logarithm of the chance below which a read point doesn't hear a place: one in a hundred."""


class Belief(NamedTuple):
    """
    The places each tag may be in, likeliest first; the weights of a tag sum to 1.

    place   int16[T, K]              -1 where there are fewer
    weight  uint16[T, K]             probability, in WEIGHT_UNIT; never 0 for a place
    gain    int16[T, K]              how much louder than typical the tag is if it is there, in GAIN_UNIT_DB
    sway    float32[T, K, S, S + 1]  how far each antenna's level is off just now if it is there, dB, and its
                                     covariances with the others', dB squared; S is 0 for plans without
    """

    place: npt.NDArray[np.int16]
    weight: npt.NDArray[np.uint16]
    gain: npt.NDArray[np.int16]
    sway: Floats32


class Scratch(NamedTuple):
    """
    Room for one tag's candidates, C of them at most.

    place   int16[C]
    weight  float32[C]
    gain    float32[C]
    fit     float32[C]       how well a read fits, as a logarithm
    sway    float32[C, S, S + 1]  as in Belief
    pull    float32[S]       room
    came    int16[C]         which candidate one was before they were sorted: sways stay where they are
    at      int16[max(P, Z)]  where a place, or a zone, stands among them; -1 for none, as found and as left
    """

    place: npt.NDArray[np.int16]
    weight: Floats32
    gain: Floats32
    fit: Floats32
    sway: Floats32
    pull: Floats32
    came: npt.NDArray[np.int16]
    at: npt.NDArray[np.int16]


def new_scratch(plan: Plan) -> Scratch:
    """Room for one tag's candidates."""
    places, zones, slots = plan.place_zone.size, plan.portal.size, plan.nearby.shape[1]
    room, ears = max(slots * (NEXT + 2), places), plan.noise.size
    return Scratch(
        place=np.zeros(room, np.int16),
        weight=np.zeros(room, np.float32),
        gain=np.zeros(room, np.float32),
        fit=np.zeros(room, np.float32),
        sway=np.zeros((room, ears, ears + 1), np.float32),
        pull=np.zeros(ears, np.float32),
        came=np.zeros(room, np.int16),
        at=np.full(max(places, zones), -1, np.int16),
    )


def blank_belief(n: int, slots: int, ears: int) -> Belief:
    """Belief of n tags that may be anywhere, with room for some places each; ears is S."""
    return Belief(
        place=np.full((n, slots), -1, np.int16),
        weight=np.zeros((n, slots), np.uint16),
        gain=np.zeros((n, slots), np.int16),
        sway=np.zeros((n, slots, ears, ears + 1), np.float32),
    )
