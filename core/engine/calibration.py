"""What a site has been taught: how its antennas hear each place, how to weigh that, and how its doors are judged."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np

from core.engine.door_weights import BadWeights, DoorWeights
from core.engine.hearing import Hearing
from core.engine.manner import Manner
from core.engine.places import Places, places_of
from core.errors import BadInput
from core.site import Site

VERSION: Final = 1
TABLES: Final = ("dbm", "up_db", "down_db", "chance")


class BadCalibration(BadInput):
    """A calibration is damaged, of another version, or of another floor plan; calibrate anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """
    Learned from labelled reads; good for one floor plan.

    step_m       side of the cells that places are, 0 for whole zones
    read_points  (reader, antenna) of the table's rows
    hearing      the table, over those read points and the places of step_m
    doors        door id -> how its passages are judged
    """

    site: str
    step_m: float
    read_points: tuple[tuple[str, int], ...]
    hearing: Hearing
    manner: Manner
    doors: Mapping[str, DoorWeights] = field(default_factory=dict)

    def places(self, site: Site) -> Places:
        """The places that the table is about. Raises BadCalibration if the plan is another one by now."""
        places = places_of(site, self.step_m)
        points = tuple((point.reader, point.antenna) for point in site.read_points)
        if site.id != self.site or points != self.read_points or self.hearing.dbm.shape != (len(points), len(places)):
            raise BadCalibration(
                f"the calibration is of site {self.site!r} with {self.hearing.dbm.shape[0]} read points and "
                f"{self.hearing.dbm.shape[1]} places; the plan of {site.id!r} has {len(points)} and {len(places)}: "
                "calibrate anew"
            )
        return places

    def to_json(self) -> dict[str, Any]:
        """As plain values for JSON; a level to a hundredth of a dB."""
        return {
            "version": VERSION,
            "site": self.site,
            "step_m": self.step_m,
            "read_points": [list(point) for point in self.read_points],
            "manner": asdict(self.manner),
            "hearing": {name: np.round(getattr(self.hearing, name).astype(float), 3).tolist() for name in TABLES},
            "doors": {door: weights.to_json() for door, weights in self.doors.items()},
        }

    @classmethod
    def from_json(cls, body: Any) -> "Calibration":  # noqa: ANN401 - whatever the file holds
        """Read what to_json gives. Raises BadCalibration."""
        if not isinstance(body, dict) or body.get("version") != VERSION:
            found = body.get("version") if isinstance(body, dict) else type(body).__name__
            raise BadCalibration(f"a calibration has version {VERSION} and this is {found!r}: calibrate anew")
        try:
            points = tuple((str(reader), int(antenna)) for reader, antenna in body["read_points"])
            tables = {name: np.array(body["hearing"][name], np.float32).reshape(len(points), -1) for name in TABLES}
            if len({table.shape for table in tables.values()}) > 1 or not all(
                np.isfinite(table).all() for table in tables.values()
            ):
                raise BadCalibration("the tables of a calibration differ in shape or hold no numbers: calibrate anew")
            return cls(
                site=str(body["site"]),
                step_m=float(body["step_m"]),
                read_points=points,
                hearing=Hearing(**tables),
                manner=Manner(**{name: float(value) for name, value in body["manner"].items()}),
                doors={str(door): DoorWeights.from_json(weights) for door, weights in body["doors"].items()},
            )
        except (KeyError, TypeError, ValueError, BadWeights) as exc:
            raise BadCalibration(f"a calibration is damaged ({exc!r}): calibrate anew") from exc
