"""
The engine offline: recorded reads in, decisions out. No server, no clock; the same input gives the same bytes.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.columns import keys_from_hex
from core.engine import Engine
from core.engine.records_passage import LONGEST_US
from core.model.batch import Batch
from core.model.columns import ReadColumns
from core.model.step import Step
from core.rules import World, evaluate
from core.site import Site
from tallyport.calibrate import read_calibration
from tallyport.reads import RecordedRead, read_reads
from tallyport.replay_files import Writers

BATCH_READS: Final = 5_000
BATCH_US: Final = 100_000
"""Of event time: what a running line waits at most before it takes what has come."""
SECOND_US: Final = 1_000_000


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
        _take(_step(engine, _batch(rows, closed_us), closed_us), writers, tally)
    _take(_step(engine, Batch.empty(), _end_us(site, closed_us)), writers, tally)
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


def _end_us(site: Site, closed_us: int) -> int:
    """When all that the last reads can lead to is settled: the longest passage has its verdict."""
    return closed_us + int((site.engine.settle_s + site.engine.leave_after_s) * SECOND_US) + LONGEST_US + SECOND_US


def _step(engine: Engine, batch: Batch, closed_us: int) -> Step:
    """One step with the alerts that it gives cause for, as in the line; no shipment is known, so nothing may leave."""
    step = engine.step(batch, closed_us)
    return evaluate(step, World(site=engine.site, offline_readers=engine.offline_readers))


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
