"""
The engine offline: recorded reads in, decisions out. No server, no clock; the same input gives the same bytes.
"""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.columns import keys_from_hex
from core.engine import Engine
from core.engine.records_passage import LONGEST_US
from core.model.batch import Batch
from core.model.columns import NOWHERE, ReadColumns
from core.model.step import Movement, MovementKind, Step, TagState
from core.site import Site
from tallyport.calibrate import read_calibration
from tallyport.reads import RecordedRead, read_reads

BATCH_READS: Final = 5_000
BATCH_US: Final = 100_000
"""Of event time: what a running line waits at most before it takes what has come."""
SECOND_US: Final = 1_000_000
MOVED_M: Final = 0.1
"""A tag that has gone less far than this since it was last told is where it was."""


@dataclass(slots=True)
class Tally:
    """What the replay counted."""

    reads: int = 0
    stored: int = 0
    repeats: int = 0
    late: int = 0
    tags: int = 0
    movements: dict[str, int] = field(default_factory=dict)

    def add(self, step: Step) -> None:
        """Count one step."""
        self.stored += len(step.stored)
        self.late += len(step.late)
        self.repeats += sum(row.repeats for row in step.ledger)
        self.tags += len(step.new_tags)
        for movement in step.movements:
            self.movements[movement.kind] = self.movements.get(movement.kind, 0) + 1


class Writers:
    """The result files, one row a decision, each in the order of its times."""

    def __init__(self, site: Site, out: Path) -> None:
        self._site = site
        self._out = out
        self._zones: list[tuple[int, str, str, str, str, str]] = []
        self._passages: list[tuple[int, tuple[str, ...]]] = []
        self._presence: list[tuple[int, str, str, str]] = []
        self._epcs: list[str] = []
        self._points: dict[int, tuple[float, float]] = {}

    def note(self, step: Step) -> None:
        """Take what a step decided: movements where they settled, and points on the map as they were seen."""
        self._epcs += [new.epc for new in step.new_tags]
        for movement in step.movements:
            self._note_movement(movement)
        for passage in step.passages:
            said = (passage.door, passage.epc, passage.verdict, passage.direction, f"{passage.confidence:.3f}")
            self._passages.append((passage.opened_us, (_time(passage.opened_us), _time(passage.closed_us), *said)))
        for change in step.presences:
            state = "present" if change.heard else "absent"
            self._presence.append((change.at_us, change.epc, state, f"{change.presence:.3f}"))
        self._note_points(step)

    def write(self) -> None:
        """Write the files."""
        with _table(self._out / "zones.csv", "time,epc,zone,confidence,x,y") as rows:
            rows.writerows((_time(at_us), *rest) for at_us, *rest in sorted(self._zones))
        with _table(self._out / "passages.csv", "opened,closed,door,epc,verdict,direction,confidence") as rows:
            rows.writerows(row for _, row in sorted(self._passages))
        with _table(self._out / "presence.csv", "time,epc,state,confidence") as rows:
            rows.writerows((_time(at_us), *rest) for at_us, *rest in sorted(self._presence))

    def _note_movement(self, movement: Movement) -> None:
        at_us, confidence = movement.at_us, f"{movement.confidence:.3f}"
        gone = movement.kind in {MovementKind.LEAVE, MovementKind.MISSING}
        zone = "" if gone or movement.to_zone == NOWHERE else self._site.zones[movement.to_zone].id
        x, y = _metres(movement.x_m), _metres(movement.y_m)
        self._zones.append((at_us, movement.epc, zone, confidence, x, y))
        if movement.kind != MovementKind.MOVE:
            state = {MovementKind.APPEAR: "present", MovementKind.LEAVE: "left"}.get(movement.kind, "missing")
            self._presence.append((at_us, movement.epc, state, confidence))

    def _note_points(self, step: Step) -> None:
        """Points of tags that stay in their zone and move about in it."""
        told = step.positions
        columns = (told.tag_id, told.zone, told.state, told.confidence, told.x_m, told.y_m, told.seen_us)
        for tag, zone, state, confidence, x, y, at_us in zip(*(c.tolist() for c in columns), strict=True):
            was = self._points.get(tag)
            near = was is not None and abs(was[0] - x) < MOVED_M and abs(was[1] - y) < MOVED_M
            if zone == NOWHERE or state != TagState.PRESENT or near:
                continue
            self._points[tag] = (x, y)
            place = (self._site.zones[zone].id, f"{confidence:.3f}", f"{x:.2f}", f"{y:.2f}")
            self._zones.append((at_us, self._epcs[tag], *place))


def replay(reads: Path, site: Site, out: Path, calibration: Path | None = None) -> dict[str, Any]:
    """
    Play a file of reads, which must be in time order or nearly so, and write the result files into `out`.

    Raises BadTable for reads that are none, BadCalibration for one of another plan.
    """
    taught = read_calibration(calibration) if calibration else None
    engine, tally, writers = Engine(site, taught), Tally(), Writers(site, out)
    closed_us = 0
    for rows in _batches(read_reads(reads, site)):
        closed_us = max(closed_us, *(row.seen_us for row in rows))
        tally.reads += len(rows)
        _take(engine.step(_batch(rows, closed_us), closed_us), writers, tally)
    _take(engine.step(Batch.empty(), _end_us(site, closed_us)), writers, tally)
    out.mkdir(parents=True, exist_ok=True)
    writers.write()
    summary = {
        "reads": tally.reads,
        "stored": tally.stored,
        "repeats": tally.repeats,
        "late": tally.late,
        "tags": tally.tags,
        "movements": dict(sorted(tally.movements.items())),
    }
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    return summary


def _metres(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _end_us(site: Site, closed_us: int) -> int:
    """When all that the last reads can lead to is settled: the longest passage has its verdict."""
    return closed_us + int((site.engine.settle_s + site.engine.leave_after_s) * SECOND_US) + LONGEST_US + SECOND_US


@contextmanager
def _table(path: Path, columns: str) -> Iterator[Any]:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(columns.split(","))
        yield rows


def _take(step: Step, writers: Writers, tally: Tally) -> None:
    writers.note(step)
    tally.add(step)


def _batch(rows: list[RecordedRead], closed_us: int) -> Batch:
    hi, lo, long = keys_from_hex([row.epc for row in rows])
    seen_us = np.array([row.seen_us for row in rows], np.int64)
    return Batch(
        reads=ReadColumns(
            seen_us=seen_us,
            raw_us=seen_us,
            arrived_us=np.full(len(rows), closed_us, np.int64),
            read_point=np.array([row.read_point for row in rows], np.int32),
            epc_hi=hi,
            epc_lo=lo,
            rssi_dbm=np.array([row.rssi_dbm for row in rows], np.float32),
            phase_deg=np.array([row.phase_deg for row in rows], np.float32),
            channel_mhz=np.array([row.channel_mhz for row in rows], np.float32),
            count=np.ones(len(rows), np.int32),
        ),
        long_epcs=long,
    )


def _batches(rows: Iterator[RecordedRead]) -> Iterator[list[RecordedRead]]:
    """Cut where a running line would: where a batch is full or its time is over."""
    batch: list[RecordedRead] = []
    for row in rows:
        if batch and (len(batch) >= BATCH_READS or row.seen_us - batch[0].seen_us >= BATCH_US):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _time(at_us: int) -> str:
    return f"{at_us // 1_000_000}.{at_us % 1_000_000:06d}"
