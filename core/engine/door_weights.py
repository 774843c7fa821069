"""What a passage's features weigh: the defaults, and the shape in which calibration hands over a door's own."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np

from core.engine.records_passage import DIRECTIONS, FEATURES, HIDDEN, KINDS

Numbers = tuple[float, ...]
GATE_M: Final = 4.0
"""Antennas spread further along the way out than this are no longer posts at a gate."""
SHAPES: Final[Mapping[str, tuple[int, ...]]] = {
    "centre": (FEATURES,),
    "scale": (FEATURES,),
    "hidden": (HIDDEN, FEATURES + 1),
    "weights": (KINDS, FEATURES + HIDDEN + 1),
    "direction": (DIRECTIONS,),
}


class BadWeights(ValueError):
    """Weights of a door have another shape than the engine's; calibrate anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorWeights:
    """
    How a door's passages are judged; plain numbers, to and from JSON.

    centre, scale  FEATURES numbers each       a feature counts as (value - centre) / scale
    hidden         HIDDEN rows of FEATURES + 1  mixtures of the features, each then bent by tanh; last the intercept
    weights        KINDS rows of FEATURES + HIDDEN + 1  logits of static, milling, through; the last is the intercept
    direction      DIRECTIONS numbers          logit of out
    gain_db        one for each antenna        by how much it hears louder than the others; empty for none known
    """

    centre: Numbers
    scale: Numbers
    hidden: tuple[Numbers, ...]
    weights: tuple[Numbers, ...]
    direction: Numbers
    gain_db: Numbers = ()

    def to_json(self) -> dict[str, Any]:
        """Lists of numbers, as JSON has them."""
        return {name: np.asarray(value).tolist() for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "DoorWeights":
        """Read what to_json gives. Raises BadWeights."""
        for name, shape in SHAPES.items():
            found = np.shape(body.get(name, ()))
            if found != shape:
                raise BadWeights(f"{name} of a door has shape {found} and not {shape}; calibrate anew")
        return cls(
            centre=numbers(body["centre"]),
            scale=numbers(body["scale"]),
            hidden=tuple(numbers(row) for row in body["hidden"]),
            weights=tuple(numbers(row) for row in body["weights"]),
            direction=numbers(body["direction"]),
            gain_db=numbers(body.get("gain_db", ())),
        )


def default_weights(along_m: Sequence[float]) -> DoorWeights:
    """
    Weights learned from simulated runs, for a door with one antenna, two, or more; along_m is where they are.

    Posts at the gate itself hear a tag come and go within seconds; antennas spread wider follow it all the way.
    """
    return _defaults()[kind_of_door(along_m)]


def kind_of_door(along_m: Sequence[float]) -> str:
    """Say which defaults a door takes: one, two, gate or wide."""
    span_m = max(along_m, default=0.0) - min(along_m, default=0.0)
    return {0: "one", 1: "one", 2: "two"}.get(len(along_m), "gate" if span_m < GATE_M else "wide")


@cache
def _defaults() -> dict[str, DoorWeights]:
    """door_weights.json, which `python -m tests.accuracy.door_weights` writes."""
    body = json.loads(files("core.engine").joinpath("door_weights.json").read_text("utf-8"))
    return {name: DoorWeights.from_json(weights) for name, weights in body.items()}


def numbers(values: Iterable[Any]) -> Numbers:
    """Plain numbers of whatever holds some."""
    return tuple(float(value) for value in values)
