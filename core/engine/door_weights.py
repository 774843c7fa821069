"""What a passage's features weigh: the defaults, and the shape in which calibration hands over a door's own."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from core.engine.door_weights_table import DIRECTION, TABLES
from core.engine.records_passage import DIRECTIONS, FEATURES, KINDS

Numbers = tuple[float, ...]
GATE_M: Final = 4.0
"""Antennas spread further along the way out than this are no longer posts at a gate."""


class BadWeights(ValueError):
    """Weights of a door have another shape than the engine's; calibrate anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorWeights:
    """
    How a door's passages are judged; plain numbers, to and from JSON.

    centre, scale  FEATURES numbers each       a feature counts as (value - centre) / scale
    weights        KINDS rows of FEATURES + 1  logits of static, milling, through; the last number is the intercept
    direction      DIRECTIONS numbers          logit of out
    gain_db        one for each antenna        by how much it hears louder than the others; empty for none known
    """

    centre: Numbers
    scale: Numbers
    weights: tuple[Numbers, ...]
    direction: Numbers
    gain_db: Numbers = ()

    def to_json(self) -> dict[str, Any]:
        """Lists of numbers, as JSON has them."""
        return {name: np.asarray(value).tolist() for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "DoorWeights":
        """Read what to_json gives. Raises BadWeights."""
        shapes: dict[str, tuple[int, ...]] = {"centre": (FEATURES,), "scale": (FEATURES,), "direction": (DIRECTIONS,)}
        shapes |= {"weights": (KINDS, FEATURES + 1)}
        for name, shape in shapes.items():
            found = np.shape(body.get(name, ()))
            if found != shape:
                raise BadWeights(f"{name} of a door has shape {found} and not {shape}; calibrate anew")
        return cls(
            centre=_numbers(body["centre"]),
            scale=_numbers(body["scale"]),
            weights=tuple(_numbers(row) for row in body["weights"]),
            direction=_numbers(body["direction"]),
            gain_db=_numbers(body.get("gain_db", ())),
        )


def default_weights(along_m: Sequence[float]) -> DoorWeights:
    """
    Weights learned from simulated runs, for a door with one antenna, two, or more; along_m is where they are.

    Posts at the gate itself hear a tag come and go within seconds; antennas spread wider follow it all the way.
    """
    span_m = max(along_m, default=0.0) - min(along_m, default=0.0)
    name = {0: "one", 1: "one", 2: "two"}.get(len(along_m), "gate" if span_m < GATE_M else "wide")
    table = TABLES[name]
    rows = [line.split() for line in table.strip().splitlines()]
    values = np.array([row[1:] for row in rows], np.float64)
    centre, scale = values[:FEATURES, 0], values[:FEATURES, 1]
    return DoorWeights(
        centre=_numbers(centre),
        scale=_numbers(scale),
        weights=tuple(_numbers(values[:, 2 + kind]) for kind in range(KINDS)),
        direction=DIRECTION,
    )


def _numbers(values: Any) -> Numbers:  # noqa: ANN401 - whatever holds numbers
    return tuple(float(value) for value in values)
