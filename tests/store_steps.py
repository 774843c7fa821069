"""
Small sites and steps for tests of the store, made by hand: no engine takes part.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from core.columns import parse_keys
from core.model.columns import ReadColumns
from core.model.passage import Direction, Passage, PassageVerdict
from core.model.step import NewTag, PositionColumns, Step, StoredReads
from core.site import Antenna, Door, EngineParameters, Reader, Sensor, Site, Zone, ZoneKind

START_US: Final = 1_790_000_000_000_000
SECOND_US: Final = 1_000_000


def small_site(site_id: str = "north") -> Site:
    """Two rooms and a door; two readers with one antenna each: read points 0..3, the second of each real."""
    square = ((0.0, 0.0), (5.0, 0.0), (5.0, 5.0), (0.0, 5.0))
    return Site(
        id=site_id,
        name="North",
        timezone="Europe/Vienna",
        width_m=30.0,
        height_m=20.0,
        zones=(
            Zone(id="hall", name="Hall", kind=ZoneKind.STORAGE, polygon=square),
            Zone(id="pack", name="Packing", kind=ZoneKind.PACKING, polygon=square, capacity=12),
            Zone(id="dock", name="Dock 1", kind=ZoneKind.DOCK_DOOR, polygon=square),
        ),
        readers=(
            Reader(id="r1", name="Reader 1", antennas=(Antenna(port=1, x=1.0, y=2.0, zone="hall"),)),
            Reader(id="r2", name="Reader 2", antennas=(Antenna(port=1, x=9.0, y=2.0, zone="dock"),)),
        ),
        doors=(Door(id="d1", name="Dock door 1", zone="dock"),),
        sensors=(Sensor(id="t1", reader="r1", quantity="temperature_c", x=1.0, y=1.0),),
        engine=EngineParameters(dedupe_s=1.0, door_dedupe_s=0.25),
    )


def epc_of(tag_id: int) -> str:
    """An SGTIN-96 whose company and item stay and whose serial is the tag id."""
    return f"3034257BF7194E40{tag_id:08X}"


def reads_of(rows: Sequence[tuple[int, int, int]]) -> StoredReads:
    """Reads from (tag id, read point, time)."""
    tag_id = np.array([row[0] for row in rows], np.int64)
    n = tag_id.size
    keys = parse_keys([epc_of(tag) for tag in tag_id.tolist()])
    seen_us = np.array([row[2] for row in rows], np.int64)
    reads = ReadColumns(
        seen_us=seen_us,
        raw_us=seen_us,
        arrived_us=seen_us + 1000,
        read_point=np.array([row[1] for row in rows], np.int32),
        epc_hi=keys.hi,
        epc_lo=keys.lo,
        rssi_dbm=np.full(n, -55.5, np.float32),
        phase_deg=np.full(n, 12.25, np.float32),
        channel_mhz=np.full(n, 866.3, np.float32),
        count=np.ones(n, np.int32),
    )
    return StoredReads(reads=reads, tag_id=tag_id)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a tag is, for a step's positions."""

    tag_id: int
    zone: int = 0
    state: int = 0
    seen_us: int = START_US


def positions_of(places: Sequence[Place]) -> PositionColumns:
    """Position columns, in the order of the tag ids."""
    rows = sorted(places, key=lambda place: place.tag_id)
    n = len(rows)
    seen_us = np.array([row.seen_us for row in rows], np.int64)
    return PositionColumns(
        tag_id=np.array([row.tag_id for row in rows], np.int64),
        zone=np.array([row.zone for row in rows], np.int16),
        state=np.array([row.state for row in rows], np.uint8),
        confidence=np.full(n, 0.75, np.float32),
        x_m=np.full(n, 1.5, np.float32),
        y_m=np.full(n, 2.5, np.float32),
        seen_us=seen_us,
        since_us=seen_us,
        read_point=np.full(n, 1, np.int32),
    )


def passage_of(tag_id: int, **parts: Any) -> Passage:  # noqa: ANN401 - any part of a passage
    """A passage out through the dock door of a second and a half, unless the parts say otherwise."""
    plain = Passage(
        opened_us=START_US - 3 * SECOND_US // 2,
        closed_us=START_US,
        door="d1",
        tag_id=tag_id,
        epc=epc_of(tag_id),
        verdict=PassageVerdict.THROUGH,
        direction=Direction.OUT,
        confidence=0.875,
        reads=12,
    )
    return replace(plain, **parts)


@dataclass
class Steps:
    """Makes the steps of one site, with seq and stream time going on and each tag new once."""

    site: str = "north"
    seq: int = 0
    known: set[int] = field(default_factory=set)

    def next(self, *, at_us: int | None = None, **parts: Any) -> Step:  # noqa: ANN401 - any part of a step
        """The next step, with these parts; tags that its parts name for the first time are new in it."""
        self.seq += 1
        closed_us = START_US + self.seq * SECOND_US if at_us is None else at_us
        step = Step(
            site=self.site,
            seq=self.seq,
            closed_us=closed_us,
            settled_us=closed_us - 2 * SECOND_US,
            stored=reads_of([]),
            late=reads_of([]),
            new_tags=(),
            positions=positions_of([]),
            movements=(),
            reader_changes=(),
        )
        step = replace(step, **parts)
        named = {*step.stored.tag_id.tolist(), *step.late.tag_id.tolist(), *step.positions.tag_id.tolist()}
        new = sorted(named - self.known)
        self.known |= named
        return replace(step, new_tags=tuple(NewTag(tag_id=t, epc=epc_of(t), first_seen_us=closed_us) for t in new))
