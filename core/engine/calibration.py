"""What a site has been taught: how its antennas hear each place, how to weigh that, and how its doors are judged."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np

from core.engine.door_weights import BadWeights, DoorWeights
from core.engine.hearing import Hearing
from core.engine.manner import Manner
from core.engine.places import Places, places_of
from core.engine.prior import CHANCE_MIN, NOISE_DB, UNHEARD_DBM
from core.engine.sway import Sway
from core.errors import BadInput
from core.site import Site

VERSION: Final = 2
TABLES: Final = ("dbm", "up_db", "down_db", "chance")
UNHEARD: Final = {"dbm": UNHEARD_DBM, "up_db": NOISE_DB, "down_db": NOISE_DB, "chance": float(np.log(CHANCE_MIN))}
"""What the table says of a read point that hears nothing."""
SHOWN_MAX: Final = 5
"""So many names are spelled out of what doesn't fit."""


class BadCalibration(BadInput):
    """A calibration is damaged, of another version, or of another floor plan; calibrate anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """
    Learned from labelled reads; good for one floor plan, in whatever order that has its zones and antennas.

    step_m        side of the cells that places are, 0 for whole zones
    read_points   (reader, antenna) of the table's rows
    zones         (zone id, how many places it has) of the table's columns
    hearing       the table, over those read points and places
    sway          how levels differ from that table, over the same read points and places; None where not learned
    doors         door id -> how its passages are judged
    learned_from  what it was learned from, for people: files, how many reads and tags
    """

    site: str
    step_m: float
    read_points: tuple[tuple[str, int], ...]
    zones: tuple[tuple[str, int], ...]
    hearing: Hearing
    manner: Manner
    doors: Mapping[str, DoorWeights] = field(default_factory=dict)
    learned_from: Mapping[str, Any] = field(default_factory=dict)
    sway: Sway | None = None

    def laid_on(self, site: Site) -> tuple[Places, Hearing, Sway | None]:
        """The plan's places, and what was learned of them and its antennas. Raises BadCalibration if it is another."""
        places = places_of(site, self.step_m)
        self._check(site, places)
        known = {point: row for row, point in enumerate(self.read_points)}
        rows = np.array([known.get((point.reader, point.antenna), -1) for point in site.read_points], np.int64)
        columns = np.array(self._columns(site, places), np.int64)
        tables = {}
        for name, unheard in UNHEARD.items():
            table = getattr(self.hearing, name)[np.maximum(rows, 0)][:, columns]
            tables[name] = np.where(rows[:, None] >= 0, table, np.float32(unheard))
        return places, Hearing(**tables), self.sway and self.sway.laid(rows, columns)

    def to_json(self) -> dict[str, Any]:
        """As plain values for JSON; a level to a thousandth of a dB."""
        return {
            "version": VERSION,
            "site": self.site,
            "learned_from": dict(self.learned_from),
            "step_m": self.step_m,
            "read_points": [list(point) for point in self.read_points],
            "zones": [list(zone) for zone in self.zones],
            "manner": asdict(self.manner),
            "hearing": {name: np.round(getattr(self.hearing, name).astype(float), 3).tolist() for name in TABLES},
            "doors": {door: weights.to_json() for door, weights in self.doors.items()},
            "sway": self.sway and self.sway.to_json(),
        }

    @classmethod
    def from_json(cls, body: Any) -> "Calibration":  # noqa: ANN401 - whatever the file holds
        """Read what to_json gives. Raises BadCalibration."""
        if not isinstance(body, dict) or body.get("version") != VERSION:
            found = body.get("version") if isinstance(body, dict) else type(body).__name__
            raise BadCalibration(f"a calibration has version {VERSION} and this is {found!r:.40}: calibrate anew")
        try:
            points = tuple((str(reader), int(antenna)) for reader, antenna in body["read_points"])
            zones = tuple((str(zone), int(n)) for zone, n in body["zones"])
            return cls(
                site=str(body["site"]),
                step_m=_not_below_zero(body["step_m"]),
                read_points=points,
                zones=zones,
                hearing=_hearing(body["hearing"], len(points), sum(n for _, n in zones)),
                manner=_manner(body["manner"]),
                doors={str(door): DoorWeights.from_json(weights) for door, weights in body["doors"].items()},
                learned_from=dict(body["learned_from"]),
                sway=Sway.from_json(body["sway"], len(points), sum(n for _, n in zones)) if body.get("sway") else None,
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, BadWeights) as exc:
            raise BadCalibration(f"a calibration is damaged ({exc!r:.200}): calibrate anew") from exc

    def _check(self, site: Site, places: Places) -> None:
        """Raise BadCalibration with what differs."""
        if site.id != self.site:
            raise BadCalibration(f"the calibration is of site {self.site!r}, not of {site.id!r}: calibrate this one")
        on_plan = {(reader.id, a.port) for reader in site.readers for a in reader.antennas}
        on_plan |= {(reader.id, 0) for reader in site.readers}
        has = Counter(site.zones[zone].id for zone in places.zone.tolist())
        problems = [
            *_differences("antenna", {f"{r}/{a}" for r, a in self.read_points}, {f"{r}/{a}" for r, a in on_plan}),
            *_differences("zone", {zone for zone, _ in self.zones}, set(has)),
            *_differences("door", self.doors, {door.id for door in site.doors}, all_needed=False),
        ]
        problems += [f"the outline of zone {zone} has changed" for zone, n in self.zones if has.get(zone, n) != n]
        if problems:
            said = "; ".join(problems)
            raise BadCalibration(f"the calibration does not fit the plan of {site.id}: {said}: calibrate anew")

    def _columns(self, site: Site, places: Places) -> list[int]:
        """For each of the plan's places its column in the table; those of a zone stand together, in one order."""
        first, total = {}, 0
        for zone, n in self.zones:
            first[zone] = total
            total += n
        columns = []
        for zone in (site.zones[index].id for index in places.zone.tolist()):
            columns.append(first[zone])
            first[zone] += 1
        return columns


def _not_below_zero(value: Any) -> float:  # noqa: ANN401 - whatever the file holds
    number = float(value)
    if not np.isfinite(number) or number < 0.0:
        raise ValueError(f"{value!r:.40} is no number that can be")
    return number


def _manner(body: Mapping[str, Any]) -> Manner:
    manner = Manner(**{name: _not_below_zero(value) for name, value in body.items()})
    if not 0.0 < manner.evidence <= 1.0 or not 0.0 < manner.change_at <= 1.0:
        raise ValueError("evidence and change_at lie between 0 and 1")
    return manner


def _hearing(body: Mapping[str, Any], n_points: int, n_places: int) -> Hearing:
    tables = {name: np.array(body[name], np.float32).reshape(n_points, n_places) for name in TABLES}
    if not all(np.isfinite(table).all() for table in tables.values()):
        raise ValueError("the tables hold something that is no number")
    if min(tables[name].min(initial=1.0) for name in ("up_db", "down_db")) <= 0.0:
        raise ValueError("a spread is not above zero")
    return Hearing(**tables)


def _differences(what: str, taught: Collection[str], planned: set[str], *, all_needed: bool = True) -> list[str]:
    """Say which of the calibration's names the plan has not, and which of the plan's the calibration has not."""
    gone, new = sorted(set(taught) - planned), sorted(planned - set(taught)) if all_needed else []
    said = []
    if gone:
        said.append(f"the plan has no {what} {_some(gone)}")
    if new:
        said.append(f"{what} {_some(new)} was not there when it was learned")
    return said


def _some(names: list[str]) -> str:
    rest = len(names) - SHOWN_MAX
    return ", ".join(names[:SHOWN_MAX]) + (f" and {rest} more" if rest > 0 else "")
