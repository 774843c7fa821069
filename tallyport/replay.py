"""
The engine offline: recorded reads in, decisions out. No server, no clock; the same input gives the same bytes.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.columns import keys_from_hex
from core.engine import Engine
from core.engine.calibration import Calibration
from core.engine.records_passage import LONGEST_US
from core.engine.why import Explainer
from core.errors import BadInput
from core.model.batch import Batch
from core.model.columns import ReadColumns
from core.model.reader_event import ReaderEvent
from core.model.step import Step
from core.model.why import History
from core.model.why_json import as_json
from core.rules import World, evaluate
from core.site import Site
from tallyport.announced import Announced, read_shipments
from tallyport.calibrate import read_calibration
from tallyport.reads import RecordedRead, read_reads
from tallyport.replay_files import Writers
from tallyport.words import read_words

BATCH_READS: Final = 5_000
BATCH_US: Final = 100_000
"""Of event time: what a running line waits at most before it takes what has come."""
SECOND_US: Final = 1_000_000
NO_END_US: Final = 2**62


class NotRecorded(BadInput):
    """The tag that is asked about is not in the recording."""


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

    def summary(self) -> dict[str, Any]:
        """Give the counts to a program."""
        return asdict(self) | {"movements": dict(sorted(self.movements.items()))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """
    What may be given to a replay beside its reads, and asked of it.

    words     what readers said of themselves
    shipments what may leave, and since when that is known; left out, nothing may
    until_us  where it ends; left out, when all that the last reads can lead to is settled
    why       EPC of a tag to explain as of then, in why.json; left out, none
    """

    words: Path | None = None
    shipments: Path | None = None
    until_us: int = NO_END_US
    why: str = ""


def replay(
    reads: Path, site: Site, out: Path, calibration: Path | None = None, beside: Beside | None = None
) -> dict[str, Any]:
    """
    Play a file of reads, which must be in time order or nearly so, and write the result files into `out`.

    Raises BadTable and BadShipments for files that are none, BadCalibration for one of another plan, NotRecorded.
    """
    beside = beside or Beside()
    taught = read_calibration(calibration) if calibration else None
    player = _Player(Engine(site, taught), Writers(site, out), keeps=bool(beside.why))
    player.words = read_words(beside.words, site) if beside.words else []
    player.announced = Announced(read_shipments(beside.shipments, site) if beside.shipments else ())
    rows = (row for row in read_reads(reads, site) if row.seen_us <= beside.until_us)
    for batch in _batches(rows):
        player.play(batch)
    player.end(beside.until_us)
    out.mkdir(parents=True, exist_ok=True)
    player.writers.write()
    if beside.why:
        _write_why(player.history(), site, taught, beside.why, out)
    summary = player.tally.summary()
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    return summary


class _Player:
    """A recording on its way through the engine."""

    def __init__(self, engine: Engine, writers: Writers, *, keeps: bool) -> None:
        self.tally, self.writers = Tally(), writers
        self.words: list[ReaderEvent] = []
        """What readers will say, in the order of times."""
        self.announced = Announced()
        self._engine = engine
        self._keeps = keeps
        self._closed_us = 0
        self._known_us = NO_END_US
        self._kept: list[ReadColumns] = []
        self._told: list[ReaderEvent] = []
        self._long: dict[tuple[int, int], str] = {}

    def play(self, rows: list[RecordedRead]) -> None:
        """Take reads that arrive together, and what readers have said by then."""
        self._closed_us = max(self._closed_us, *(row.seen_us for row in rows))
        self.tally.reads += len(rows)
        batch = _batch(rows, self._closed_us)
        self._long.update(batch.long_epcs)
        self._take(replace(batch, events=self._said(self._closed_us)), self._closed_us)

    def end(self, until_us: int) -> None:
        """Take what readers said after the last read, and let time go on to the end."""
        words = self._said(until_us)
        if words:
            self._closed_us = max(self._closed_us, words[-1].seen_us)
            self._take(replace(Batch.empty(), events=words), self._closed_us)
        settled_us = _end_us(self._engine.site, self._closed_us)
        if until_us != NO_END_US:
            self._closed_us = settled_us = max(self._closed_us, until_us)
        self._known_us = self._closed_us
        self._take(Batch.empty(), settled_us)

    def history(self) -> History:
        """Give what an explanation rests on: all that was kept, up to the end or the last word."""
        reads, words = ReadColumns.concat(self._kept), tuple(self._told)
        return History(reads=reads, events=words, closed_us=self._closed_us, long_epcs=self._long)

    def _said(self, until_us: int) -> tuple[ReaderEvent, ...]:
        n = bisect_right(self.words, until_us, key=lambda word: word.seen_us)
        said, self.words = self.words[:n], self.words[n:]
        return tuple(said)

    def _take(self, batch: Batch, closed_us: int) -> None:
        """One step with the alerts that it gives cause for."""
        step = self._engine.step(batch, closed_us)
        # After the recording's end all readers are silent, which says nothing about them.
        known = tuple(change for change in step.reader_changes if change.at_us <= self._known_us)
        step = replace(step, reader_changes=known)
        shipped, offline = self.announced.by(closed_us).shipped, self._engine.offline_readers
        step = evaluate(step, World(site=self._engine.site, shipped=shipped, offline_readers=offline))
        if self._keeps:
            self._kept.append(step.stored.reads)
            self._told += step.reader_events
        self.writers.note(step)
        self.tally.add(step)


def _write_why(history: History, site: Site, taught: Calibration | None, epc: str, out: Path) -> None:
    why = Explainer(site, taught).explain(history, epc.upper())
    if why is None:
        raise NotRecorded(f"{epc} is not in this recording: look for a typing error, or leave --why out")
    (out / "why.json").write_text(json.dumps(as_json(why), indent=2) + "\n", encoding="utf-8")


def _end_us(site: Site, closed_us: int) -> int:
    """When all that the last reads can lead to is settled: the longest passage has its verdict."""
    return closed_us + int((site.engine.settle_s + site.engine.leave_after_s) * SECOND_US) + LONGEST_US + SECOND_US


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
