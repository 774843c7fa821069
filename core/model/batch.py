"""What the line hands to the engine at once, and what the engine says of one tag when it is asked why."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.model.columns import ReadColumns
from core.model.dead_letter import DeadLetter
from core.model.reader_event import ReaderEvent
from core.model.sensor_reading import SensorReading
from core.model.spool_place import SpoolPlace
from core.model.step import LedgerRow, TagState


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """
    What arrived at one site since the last step. Where the stream is cut into batches changes nothing.

    ledger holds what the line counted (messages, received, quarantined, ignored, gaps, purged); the engine adds
    what became of the reads: stored, repeats, late. long_epcs spells out the EPCs over 112 bits by their key.
    messages is int64[m]: the marks of the messages that it was made of; spooled is the last one that waited on disk.
    """

    reads: ReadColumns
    events: tuple[ReaderEvent, ...] = ()
    sensor_readings: tuple[SensorReading, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()
    ledger: tuple[LedgerRow, ...] = ()
    long_epcs: Mapping[tuple[int, int], str] = field(default_factory=dict)
    messages: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    spooled: SpoolPlace | None = None

    @classmethod
    def empty(cls) -> "Batch":
        """Nothing arrived; time goes on all the same."""
        return cls(reads=ReadColumns.empty())


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One of the last settled reads that placed a tag."""

    seen_us: int
    reader: str
    antenna: int
    rssi_dbm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneCandidate:
    """A zone that a tag may be in, with the engine's probability for it."""

    zone: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TagView:
    """
    What the engine holds of one tag, settled: where it says the tag is, what else it thought of, and why.

    zone is empty for an honest unknown; silence_s is how long healthy antennas there have not heard the tag.
    """

    epc: str
    tag_id: int
    state: TagState
    zone: str
    confidence: float
    x_m: float
    y_m: float
    seen_us: int
    since_us: int
    silence_s: float
    mean_gap_s: float
    candidates: tuple[ZoneCandidate, ...]
    evidence: tuple[Evidence, ...]
