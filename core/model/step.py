"""
What one batch changed: the value that the engine returns and the store commits whole or not at all.
"""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from core.model.alert import AlertChange
from core.model.columns import ReadColumns
from core.model.dead_letter import DeadLetter
from core.model.passage import Passage
from core.model.reader_event import ReaderEvent
from core.model.sensor_reading import SensorReading
from core.model.spool_place import SpoolPlace


class TagState(IntEnum):
    """Whether a tag is here. The numbers are on the wire (docs/protocol.md) and in the database: never reuse one."""

    PRESENT = 0
    """Seen, and no reason to think that it has gone."""
    LEFT = 1
    """Gone through a door or exit; `zone` is that door's zone."""
    MISSING = 2
    """Silent for longer than healthy antennas allow; `zone` is where it was last."""


STATE_NAMES: Final = {TagState.PRESENT: "present", TagState.LEFT: "left", TagState.MISSING: "missing"}


class MovementKind(StrEnum):
    """What a settled change of a tag's whereabouts was."""

    APPEAR = "appear"
    """First placed in a zone, or placed again after it had left or gone missing."""
    MOVE = "move"
    """From one zone to another."""
    LEAVE = "leave"
    """Out through a door or exit."""
    MISSING = "missing"
    """Silent for too long under healthy antennas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReads:
    """The reads to be kept, with the dense tag id of each; reads.take order, n of them; tag_id int64[n]."""

    reads: ReadColumns
    tag_id: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """How many reads."""
        return len(self.reads)


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionColumns:
    """
    Live positions that changed, one row a tag, newest word only. n rows, sorted by tag_id.

    tag_id      int64[n]
    zone        int16[n]    index into Site.zones, NOWHERE for an honest unknown
    state       uint8[n]    TagState
    confidence  float32[n]  the engine's probability for that zone, 0..1
    x_m, y_m    float32[n]  metres from the plan's lower-left corner
    seen_us     int64[n]    event time of the last read folded in
    since_us    int64[n]    event time since when zone and state are what they are
    read_point  int32[n]    read point of that last read
    """

    tag_id: npt.NDArray[np.int64]
    zone: npt.NDArray[np.int16]
    state: npt.NDArray[np.uint8]
    confidence: npt.NDArray[np.float32]
    x_m: npt.NDArray[np.float32]
    y_m: npt.NDArray[np.float32]
    seen_us: npt.NDArray[np.int64]
    since_us: npt.NDArray[np.int64]
    read_point: npt.NDArray[np.int32]

    def __len__(self) -> int:
        """How many positions."""
        return int(self.tag_id.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A settled change of a tag's whereabouts: history, stock and rules are made from these."""

    at_us: int
    tag_id: int
    epc: str
    kind: MovementKind
    from_zone: int
    to_zone: int
    read_point: int
    confidence: float
    x_m: float | None = None
    y_m: float | None = None
    """Where on the map the tag was put then, metres; None for one that has gone."""
    trail: tuple[tuple[int, int, float], ...] = ()
    """The last reads that decided it, oldest first: (seen_us, read_point, rssi_dbm)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceChange:
    """A tag fell silent for longer than its own pace allows, or was heard again; softer than missing or left."""

    at_us: int
    tag_id: int
    epc: str
    heard: bool
    presence: float
    """How likely it is there, 0..1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderChange:
    """A settled change of a reader's health, in event time."""

    at_us: int
    reader: str
    online: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTag:
    """A tag seen for the first time and the dense id that it has from now on."""

    tag_id: int
    epc: str
    first_seen_us: int


class LedgerRow(NamedTuple):
    """
    What became of one reader's reads in this step; all counts are reads unless they say otherwise.

    The equation that must close: received = stored + repeats + late. Late ones that the store has are repeats.
    Reads of messages that did not parse are in `quarantined`, one per message where the number cannot be known.
    """

    reader: str
    messages: int = 0
    received: int = 0
    stored: int = 0
    repeats: int = 0
    late: int = 0
    quarantined: int = 0
    ignored: int = 0
    """Messages that are legal and carry nothing for us, such as BLE beacons."""
    gaps: int = 0
    """Sequence numbers that a reader skipped: what it made and we never got; below zero where it came after all."""
    purged: int = 0
    """Reads that the reader itself says it threw away."""
    last_arrived_us: int = 0
    clock_offset_us: int = 0
    numbering: bytes = b""
    """How far the reader's own numbers have come, for the line to go on counting after a restart; empty: as before."""
    awaited: int = 0
    """How many of its numbers were skipped and may still come, as of now."""
    resent: int = 0
    """Reads of messages that had come before, byte for byte; in none of the other counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """
    Everything one batch changed in one site. seq counts the steps of a site without gaps.

    closed_us is the stream time up to which everything has arrived; settled_us (earlier) up to where results are
    final. Positions are live and may still be put right until settled; movements, reader changes and alerts are
    settled. messages is int64[m]: the marks of the messages that it was made from, by which they are known if the
    broker sends them again; spooled is the last of them that waited on disk, where all up to it are done with.
    """

    site: str
    seq: int
    closed_us: int
    settled_us: int
    stored: StoredReads
    late: StoredReads
    new_tags: tuple[NewTag, ...]
    positions: PositionColumns
    movements: tuple[Movement, ...]
    reader_changes: tuple[ReaderChange, ...]
    passages: tuple[Passage, ...] = ()
    presences: tuple[PresenceChange, ...] = ()
    reader_events: tuple[ReaderEvent, ...] = ()
    sensor_readings: tuple[SensorReading, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()
    ledger: tuple[LedgerRow, ...] = ()
    alerts: tuple[AlertChange, ...] = field(default=())
    messages: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    taught: int = 0
    """Number of the calibration that it was decided under; 0 for the plan alone."""
    spooled: SpoolPlace | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to remember: such a step is not committed and its seq is used again."""
        return not (
            len(self.stored)
            or len(self.late)
            or self.new_tags
            or len(self.positions)
            or self.movements
            or self.passages
            or self.reader_changes
            or self.reader_events
            or self.sensor_readings
            or self.dead_letters
            or self.ledger
            or self.alerts
        )
