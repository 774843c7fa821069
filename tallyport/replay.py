"""
The engine offline: recorded reads in, decisions out. No server, no clock; the same input gives the same bytes.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np

from core.columns import keys_from_hex
from core.engine import Engine
from core.model.batch import Batch
from core.model.columns import NO_ANTENNA, NO_CHANNEL_MHZ, NO_PHASE_DEG, NOWHERE, UNHEARD_DBM, ReadColumns
from core.model.step import Movement, MovementKind, Step
from core.site import Site
from tallyport.score import BadTable

BATCH_READS: Final = 5_000
SECOND_US: Final = 1_000_000
WANTED: Final = ("time", "reader", "antenna", "epc", "rssi")


@dataclass(slots=True)
class Row:
    """One line of READS.csv, in our units."""

    seen_us: int
    read_point: int
    epc: str
    rssi_dbm: float
    phase_deg: float
    channel_mhz: float


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
    """The result files, one row a decision."""

    def __init__(self, site: Site, zones: TextIO, passages: TextIO, presence: TextIO) -> None:
        self._site = site
        self._zones = csv.writer(zones, lineterminator="\n")
        self._passages = csv.writer(passages, lineterminator="\n")
        self._presence = csv.writer(presence, lineterminator="\n")
        self._zones.writerow(("time", "epc", "zone", "confidence", "x", "y"))
        self._passages.writerow(("opened", "closed", "door", "epc", "verdict", "direction", "confidence"))
        self._presence.writerow(("time", "epc", "state", "confidence"))

    def write(self, step: Step) -> None:
        """Write down what a step settled."""
        for movement in step.movements:
            self._movement(movement)

    def _movement(self, movement: Movement) -> None:
        at, confidence = _time(movement.at_us), f"{movement.confidence:.3f}"
        gone = movement.kind in {MovementKind.LEAVE, MovementKind.MISSING}
        x, y = ("", "") if gone or movement.to_zone == NOWHERE else self._centre(movement.to_zone)
        zone = "" if gone or movement.to_zone == NOWHERE else self._site.zones[movement.to_zone].id
        self._zones.writerow((at, movement.epc, zone, confidence, x, y))
        if movement.kind == MovementKind.LEAVE:
            opened = _time(movement.trail[0][0]) if movement.trail else at
            door = self._site.door_of_zone.get(movement.from_zone)
            door_id = door.id if door else self._site.zones[movement.from_zone].id
            self._passages.writerow((opened, at, door_id, movement.epc, "through", "out", confidence))
        if movement.kind != MovementKind.MOVE:
            state = {MovementKind.APPEAR: "present", MovementKind.LEAVE: "left"}.get(movement.kind, "missing")
            self._presence.writerow((at, movement.epc, state, confidence))

    def _centre(self, zone: int) -> tuple[str, str]:
        xs, ys = zip(*self._site.zones[zone].polygon, strict=True)
        return f"{sum(xs) / len(xs):.2f}", f"{sum(ys) / len(ys):.2f}"


def replay(reads: Path, site: Site, out: Path) -> dict[str, Any]:
    """Play a file of reads, which must be in time order or nearly so, and write the result files into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    engine, tally = Engine(site), Tally()
    with (
        (out / "zones.csv").open("w", encoding="utf-8", newline="") as zones,
        (out / "passages.csv").open("w", encoding="utf-8", newline="") as passages,
        (out / "presence.csv").open("w", encoding="utf-8", newline="") as presence,
    ):
        writers = Writers(site, zones, passages, presence)
        closed_us = 0
        for rows in _batches(_rows(reads, site)):
            closed_us = max(closed_us, *(row.seen_us for row in rows))
            tally.reads += len(rows)
            _take(engine.step(_batch(rows, closed_us), closed_us), writers, tally)
        end_us = closed_us + int((site.engine.settle_s + site.engine.leave_after_s) * SECOND_US) + SECOND_US
        _take(engine.step(Batch.empty(), end_us), writers, tally)
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


def _take(step: Step, writers: Writers, tally: Tally) -> None:
    writers.write(step)
    tally.add(step)


def _batch(rows: list[Row], closed_us: int) -> Batch:
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


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Cut where a batch is full or a second of event time has passed, so that results flow as they would live."""
    batch: list[Row] = []
    for row in rows:
        if batch and (len(batch) >= BATCH_READS or row.seen_us - batch[0].seen_us >= SECOND_US):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _rows(path: Path, site: Site) -> Iterator[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        lacking = [name for name in WANTED if name not in (reader.fieldnames or ())]
        if lacking:
            raise BadTable(f"{path}:1: no column {', '.join(lacking)}; the first line must name {', '.join(WANTED)}")
        for row in reader:
            try:
                yield _row(row, site)
            except (ValueError, TypeError) as exc:
                raise BadTable(f"{path}:{reader.line_num}: {exc}") from exc


def _row(row: dict[str, str], site: Site) -> Row:
    reader, antenna = row["reader"], int(row["antenna"] or NO_ANTENNA)
    point = site.read_point_index.get((reader, antenna), site.read_point_index.get((reader, NO_ANTENNA)))
    if point is None:
        raise ValueError(f"reader {reader!r} is not in the site file; its readers are {', '.join(site.reader_index)}")
    return Row(
        seen_us=_us(row["time"]),
        read_point=point,
        epc=row["epc"],
        rssi_dbm=float(row["rssi"] or UNHEARD_DBM),
        phase_deg=float(row.get("phase") or NO_PHASE_DEG),
        channel_mhz=float(row.get("channel") or NO_CHANNEL_MHZ),
    )


def _us(text: str) -> int:
    """Microseconds of Unix seconds with a fraction (kept exactly), or of ISO 8601."""
    whole, _, fraction = text.partition(".")
    if whole.isdigit():
        return int(whole) * 1_000_000 + int((fraction + "000000")[:6])
    when = datetime.fromisoformat(text)
    return round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1_000_000)


def _time(at_us: int) -> str:
    return f"{at_us // 1_000_000}.{at_us % 1_000_000:06d}"
