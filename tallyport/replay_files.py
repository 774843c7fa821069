"""What a replay decided, as the files that it leaves: one row a decision, each file in the order of its times."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from core.model.alert import AlertChange, AlertRaised
from core.model.columns import NOWHERE
from core.model.step import Movement, MovementKind, Step, TagState
from core.site import Site

MOVED_M: Final = 0.1
"""A tag that has gone less far than this since it was last told is where it was."""
SURER: Final = 0.05
"""And we are as sure of it if our confidence has changed by less."""


class Writers:
    """The result files."""

    def __init__(self, site: Site, out: Path) -> None:
        self._site = site
        self._out = out
        self._zones: list[tuple[int, str, str, str, str, str]] = []
        self._passages: list[tuple[int, tuple[str, ...]]] = []
        self._presence: list[tuple[int, str, str, str]] = []
        self._alerts: list[tuple[int, str, str]] = []
        self._open: set[tuple[str, str]] = set()
        self._epcs: list[str] = []
        self._points: dict[int, tuple[float, float, float]] = {}

    def note(self, step: Step) -> None:
        """Take what a step decided: movements where they settled, and points on the map as they were seen."""
        self._epcs += [new.epc for new in step.new_tags]
        for movement in step.movements:
            self._note_movement(movement)
        for passage in step.passages:
            said = (passage.door, passage.epc, passage.verdict, passage.direction, f"{passage.confidence:.3f}")
            self._passages.append((passage.opened_us, (moment(passage.opened_us), moment(passage.closed_us), *said)))
        for change in step.presences:
            state = "present" if change.heard else "absent"
            self._presence.append((change.at_us, change.epc, state, f"{change.presence:.3f}"))
        for alert in step.alerts:
            self._note_alert(alert)
        self._note_points(step)

    def write(self) -> None:
        """Write the files."""
        with _table(self._out / "zones.csv", "time,epc,zone,confidence,x,y") as rows:
            rows.writerows((moment(at_us), *rest) for at_us, *rest in sorted(self._zones))
        with _table(self._out / "passages.csv", "opened,closed,door,epc,verdict,direction,confidence") as rows:
            rows.writerows(row for _, row in sorted(self._passages))
        with _table(self._out / "presence.csv", "time,epc,state,confidence") as rows:
            rows.writerows((moment(at_us), *rest) for at_us, *rest in sorted(self._presence))
        with _table(self._out / "alerts.csv", "time,kind,subject") as rows:
            rows.writerows((moment(at_us), *rest) for at_us, *rest in sorted(self._alerts))

    def _note_movement(self, movement: Movement) -> None:
        at_us, confidence = movement.at_us, f"{movement.confidence:.3f}"
        gone = movement.kind in {MovementKind.LEAVE, MovementKind.MISSING}
        zone = "" if gone or movement.to_zone == NOWHERE else self._site.zones[movement.to_zone].id
        x, y = _metres(movement.x_m), _metres(movement.y_m)
        self._zones.append((at_us, movement.epc, zone, confidence, x, y))
        if movement.kind != MovementKind.MOVE:
            state = {MovementKind.APPEAR: "present", MovementKind.LEAVE: "left"}.get(movement.kind, "missing")
            self._presence.append((at_us, movement.epc, state, confidence))

    def _note_alert(self, change: AlertChange) -> None:
        """As in the database, an alert that is open is raised once, however often its rule says it."""
        alert = (change.rule, change.subject)
        if not isinstance(change, AlertRaised):
            self._open.discard(alert)
        elif alert not in self._open:
            self._open.add(alert)
            self._alerts.append((change.at_us, *alert))

    def _note_points(self, step: Step) -> None:
        """Points of tags that stay in their zone and move about in it, or of which we are surer or less sure by now."""
        told = step.positions
        columns = (told.tag_id, told.zone, told.state, told.confidence, told.x_m, told.y_m, told.seen_us)
        for tag, zone, state, confidence, x, y, at_us in zip(*(c.tolist() for c in columns), strict=True):
            was = self._points.get(tag)
            near = was is not None and abs(was[0] - x) < MOVED_M and abs(was[1] - y) < MOVED_M
            if near and was is not None and abs(was[2] - confidence) < SURER:
                continue
            if zone == NOWHERE or state != TagState.PRESENT:
                continue
            self._points[tag] = (x, y, confidence)
            place = (self._site.zones[zone].id, f"{confidence:.3f}", f"{x:.2f}", f"{y:.2f}")
            self._zones.append((at_us, self._epcs[tag], *place))


def _metres(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


@contextmanager
def _table(path: Path, columns: str) -> Iterator[Any]:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(columns.split(","))
        yield rows


def moment(at_us: int) -> str:
    """A time as our tables have it: Unix seconds with all six digits."""
    return f"{at_us // 1_000_000}.{at_us % 1_000_000:06d}"
