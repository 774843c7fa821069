"""
What is recorded without a broker: the site, the raw reads, the truth, and of a warehouse what readers said; as files.
"""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from firmware_sim.arrays import Bools, Floats, Indices, Ints, Shorts
from firmware_sim.diary import Word
from firmware_sim.shipment import Shipment
from firmware_sim.truth import COLUMNS, EVENT_COLUMNS, Planted

START_US: Final = 1_760_000_000_000_000
"""Recordings begin here (Unix time) unless they are told otherwise, so that a seed gives the same bytes."""
_HEARD: Final = ("seen_us", "reader", "port", "tag", "level_dbm", "phase_deg", "channel_mhz")
WORD_COLUMNS: Final = ("time", "reader", "kind", "port", "value")
READ_COLUMNS: Final = ("time", "reader", "antenna", "epc", "rssi", "phase", "channel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Raw reads as columns. phase_deg and channel_mhz are NaN where the reader tells none."""

    seen_us: Ints
    """Microseconds since the recording's start."""
    reader: Shorts
    port: Shorts
    tag: Indices
    level_dbm: Floats
    phase_deg: Floats
    channel_mhz: Floats

    @property
    def size(self) -> int:
        """How many there are."""
        return int(self.seen_us.size)

    def part(self, which: slice | Bools) -> "Heard":
        """Keep only these."""
        return Heard(**{name: getattr(self, name)[which] for name in _HEARD})


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthRow:
    """A stay, or a passage. Times are microseconds since the recording's start; x and y None where not known."""

    epc: str
    from_us: int
    to_us: int
    zone: str
    x: float | None = None
    y: float | None = None
    door: str = ""
    verdict: str = ""
    direction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording as a whole; `readers` and `epcs` are what the reads' indexes stand for."""

    site_toml: str
    readers: Sequence[str]
    epcs: Sequence[str]
    heard: Heard
    truth: Sequence[TruthRow]
    start_us: int = START_US
    planted: Sequence[Planted] = ()
    """What was done on purpose; none in a room."""
    shipments: Sequence[Shipment] = ()
    """What was announced; times are seconds since the recording's start."""
    words: Sequence[Word] = ()
    """What readers said of themselves; rooms have none."""

    def write(self, folder: Path) -> None:
        """Write site.toml, reads.csv and truth.csv; of a warehouse, words.csv, events.csv and shipments.json too."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "site.toml").write_text(self.site_toml, encoding="utf-8")
        self._write_reads(folder / "reads.csv")
        self._write_truth(folder / "truth.csv")
        if self.words:
            self._write_words(folder / "words.csv")
        if self.planted or self.shipments:
            self._write_events(folder / "events.csv")
            self._write_shipments(folder / "shipments.json")

    def _write_reads(self, file: Path) -> None:
        heard = self.heard
        order = np.lexsort((heard.tag, heard.port, heard.reader, heard.seen_us))
        columns = (heard.seen_us, heard.reader, heard.port, heard.tag, heard.level_dbm)
        more = (heard.phase_deg, heard.channel_mhz)
        with file.open("w", newline="", encoding="utf-8") as out:
            rows = csv.writer(out, lineterminator="\n")
            rows.writerow(READ_COLUMNS)
            for at, reader, port, tag, level, phase, channel in zip(
                *(column[order].tolist() for column in (*columns, *more)), strict=True
            ):
                told = (f"{level:g}", _number(phase, 1), _number(channel, 3))
                rows.writerow((self._unix(at), self.readers[reader], port, self.epcs[tag], *told))

    def _write_truth(self, file: Path) -> None:
        with file.open("w", newline="", encoding="utf-8") as out:
            rows = csv.writer(out, lineterminator="\n")
            rows.writerow(COLUMNS)
            for row in sorted(self.truth, key=lambda row: (row.from_us, row.epc, row.to_us)):
                place = ("" if row.x is None else f"{row.x:.2f}", "" if row.y is None else f"{row.y:.2f}")
                times = (self._unix(row.from_us), self._unix(row.to_us))
                rows.writerow((row.epc, *times, row.zone, *place, row.door, row.verdict, row.direction))

    def _write_words(self, file: Path) -> None:
        with file.open("w", newline="", encoding="utf-8") as out:
            rows = csv.writer(out, lineterminator="\n")
            rows.writerow(WORD_COLUMNS)
            for word in sorted(self.words, key=lambda word: (word.seen_us, word.reader)):
                rows.writerow((self._unix(word.seen_us), word.reader, word.kind, word.port, f"{word.value:g}"))

    def _write_events(self, file: Path) -> None:
        with file.open("w", newline="", encoding="utf-8") as out:
            rows = csv.writer(out, lineterminator="\n")
            rows.writerow(EVENT_COLUMNS)
            rows.writerows((p.epc, self._unix(round(p.time_s * 1e6)), p.door, p.kind) for p in self.planted)

    def _write_shipments(self, file: Path) -> None:
        start_s = self.start_us / 1e6
        told = [{**asdict(one), "announced_s": one.announced_s + start_s} for one in self.shipments]
        file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")

    def _unix(self, at_us: int) -> str:
        seconds, rest = divmod(self.start_us + at_us, 1_000_000)
        return f"{seconds}.{rest:06d}"


def _number(value: float, digits: int) -> str:
    return "" if np.isnan(value) else f"{value:.{digits}f}"


def joined_heard(parts: Sequence[Heard]) -> Heard:
    """Put several lots together, in order of time."""
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _HEARD}
    order = np.argsort(columns["seen_us"], kind="stable")
    return Heard(**{name: column[order] for name, column in columns.items()})
