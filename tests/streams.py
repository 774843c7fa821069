"""
Scripts of what readers tell, and the small warehouse that they happen in: what the laws and kernels are tried with.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from hypothesis import strategies as st

from core.columns import parse_keys
from core.engine import Engine
from core.engine.calibration import Calibration
from core.engine.hearing import Hearing
from core.engine.manner import Manner
from core.engine.places import places_of
from core.engine.prior import prior_of
from core.engine.sway import Sway
from core.model.batch import Batch
from core.model.columns import READ_DTYPES, UNHEARD_DBM, ReadColumns
from core.model.reader_event import ReaderEvent, ReaderEventKind
from core.model.step import Step, StoredReads
from core.site import Antenna, Door, EngineParameters, PhotoEye, Reader, Site, Zone, ZoneKind

SECOND_US: Final = 1_000_000
START_US: Final = 1_700_000_000 * SECOND_US
SETTLE_US: Final = 2 * SECOND_US
EPCS: Final = ("E28011600000000000000001", "3034257BF7194E4000001A85", "AB", "F" * 40)
HEARTBEAT_S: Final = 2.0
EYES: Final = (PhotoEye(reader="east", inside_port=1, outside_port=2),)


def small_site(*, missing_after_s: float = 12.0, leave_after_s: float = 3.0) -> Site:
    """Two rooms with a reader each, and a dock door that both readers hear; three zones, five antennas."""
    left = Zone(id="left", name="Left room", kind=ZoneKind.STORAGE, polygon=((0, 0), (10, 0), (10, 10), (0, 10)))
    right = Zone(id="right", name="Right room", kind=ZoneKind.STAGING, polygon=((10, 0), (20, 0), (20, 10), (10, 10)))
    door = Zone(id="door", name="Dock door 1", kind=ZoneKind.DOCK_DOOR, polygon=((20, 3), (24, 3), (24, 7), (20, 7)))
    west = (Antenna(port=1, x=3, y=5, zone="left", range_m=5), Antenna(port=2, x=7, y=5, zone="left", range_m=5))
    east = (
        Antenna(port=1, x=13, y=5, zone="right", range_m=5),
        Antenna(port=2, x=17, y=5, zone="right", range_m=5),
        Antenna(port=3, x=22, y=5, zone="door", range_m=3),
    )
    return Site(
        id="small",
        name="Small warehouse",
        timezone="UTC",
        width_m=24.0,
        height_m=10.0,
        zones=(left, right, door),
        readers=(
            Reader(id="west", name="West", heartbeat_s=HEARTBEAT_S, antennas=west),
            Reader(id="east", name="East", heartbeat_s=HEARTBEAT_S, antennas=east),
        ),
        doors=(Door(id="door-1", name="Dock door 1", zone="door", photo_eyes=EYES),),
        engine=EngineParameters(
            settle_s=SETTLE_US / SECOND_US,
            leave_after_s=leave_after_s,
            missing_after_s=missing_after_s,
            reader_offline_after_s=8.0,
        ),
    )


def crossed(site: Site, step_m: float = 0.0) -> Calibration:
    """
    A calibration of a site that has each read point hear what the plan says of the one in the opposite place.

    Over whole zones it also follows how the levels of three antennas sway.
    """
    places = places_of(site, step_m)
    prior = prior_of(site, places)
    columns = {name: getattr(prior, name)[::-1].copy() for name in ("dbm", "up_db", "down_db", "chance")}
    return Calibration(
        site=site.id,
        step_m=step_m,
        read_points=tuple((point.reader, point.antenna) for point in site.read_points),
        zones=tuple(Counter(site.zones[zone].id for zone in places.zone.tolist()).items()),
        hearing=Hearing(**columns),
        manner=Manner(),
        learned_from={"file": "walk.csv", "reads": 3},
        sway=None if step_m else some_sway(site, len(places)),
    )


def some_sway(site: Site, places: int) -> Sway:
    """How levels of the first three antennas sway: each by 5 dB, with a third of that in common."""
    points = [point.index for point in site.read_points if point.antenna][:3]
    ear_of = np.full(len(site.read_points), -1, np.int16)
    ear_of[points] = np.arange(len(points))
    cov = np.tile(16.0 * np.eye(len(points)) + 8.0, (places, 1, 1)).astype(np.float32)
    return Sway(ear_of=ear_of, cov=cov, noise=np.full(len(points), 6.0, np.float32), keeps_s=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One read as a script has it: whole values, no columns."""

    seen_us: int
    arrived_us: int
    read_point: int
    epc: str
    rssi_dbm: float = -60.0


Word = Heard | ReaderEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What one message brings: words of one reader that arrive together, seen from at_us on."""

    at_us: int
    arrived_us: int
    words: tuple[Word, ...]


def columns(heard: Sequence[Heard]) -> tuple[ReadColumns, dict[tuple[int, int], str]]:
    """Reads of a script as the engine takes them, and the long EPCs."""
    keys = parse_keys([h.epc for h in heard])
    given = {
        "seen_us": [h.seen_us for h in heard],
        "raw_us": [h.seen_us for h in heard],
        "arrived_us": [h.arrived_us for h in heard],
        "read_point": [h.read_point for h in heard],
        "epc_hi": keys.hi,
        "epc_lo": keys.lo,
        "rssi_dbm": [h.rssi_dbm for h in heard],
        "phase_deg": [-1.0] * len(heard),
        "channel_mhz": [0.0] * len(heard),
        "count": [1] * len(heard),
    }
    return ReadColumns(**{name: np.array(given[name], dtype) for name, dtype in READ_DTYPES.items()}), keys.long


def batch_of(messages: Sequence[Delivered]) -> Batch:
    """The messages as one batch."""
    words = [word for message in messages for word in message.words]
    reads, long = columns([word for word in words if isinstance(word, Heard)])
    return Batch(reads=reads, events=tuple(word for word in words if isinstance(word, ReaderEvent)), long_epcs=long)


def run(engine: Engine, messages: Sequence[Delivered], cuts: Sequence[int] = ()) -> list[Step]:
    """Feed messages, cut before the given places; the stream is closed up to each batch's last message."""
    edges = sorted({0, len(messages), *(cut for cut in cuts if cut < len(messages))})
    return [engine.step(batch_of(messages[start:end]), messages[end - 1].arrived_us) for start, end in pairwise(edges)]


def close(engine: Engine) -> Step:
    """Let stream time pass with nothing arriving, to the same minute for any script, so that all evidence settles."""
    return engine.step(Batch.empty(), max(engine.closed_us, START_US + 60 * SECOND_US) + 2 * SETTLE_US)


@st.composite
def scripts(draw: st.DrawFn, *, dead: bool = False, punctual: bool = False, spaced: bool = False) -> list[Delivered]:
    """
    Messages of half a minute in order of arrival: tags that wander, silences, words of readers, late and odd reads.

    Each reader's messages stay in order. With `dead`, the reader "east" stops for good at a time drawn; with `punctual`
    nothing is late; with `spaced` neither, and no read point sees a tag twice within its dedupe window.
    """
    rng = random.Random(draw(st.integers(0, 2**32)))
    seconds = draw(st.integers(4, 30))
    dead_from_s = draw(st.integers(2, seconds)) if dead else seconds + 1
    quiet = draw(st.sets(st.integers(0, seconds), max_size=seconds // 2))
    late_share = 0.0 if punctual or spaced else draw(st.sampled_from((0.0, 0.05, 0.3)))
    delay_us = draw(st.sampled_from((0, 400_000) if punctual or spaced else (0, 400_000, 1_900_000)))
    messages = []
    for reader, points in (("west", (1, 2)), ("east", (4, 5, 6))):
        arrived_us = START_US
        for second in range(seconds if reader == "west" else min(seconds, dead_from_s)):
            at_us = START_US + second * SECOND_US
            words = (
                [] if second in quiet and reader == "west" else _reads(rng, at_us, points, late_share, spaced=spaced)
            )
            words += _events(rng, at_us, reader)
            lag_us = SECOND_US + rng.randint(0, delay_us)
            arrived_us = max(arrived_us, at_us + lag_us)
            if words:
                messages.append(
                    Delivered(at_us=at_us, arrived_us=arrived_us, words=tuple(_arrive(w, arrived_us) for w in words))
                )
    return sorted(messages, key=lambda message: message.arrived_us)


def _reads(rng: random.Random, at_us: int, points: Sequence[int], late_share: float, *, spaced: bool) -> list[Word]:
    words: list[Word] = []
    for k in range(rng.choice((0, 1, 3, 6))):
        seen_us = at_us + (0 if spaced else k * 150_000 + rng.choice((0, 0, 1, 77_777)))
        if rng.random() < late_share:
            seen_us -= rng.randint(2, 9) * SECOND_US
        rssi_dbm = rng.choice((-42.0, -55.0, -63.5, -71.0, float(UNHEARD_DBM)))
        point, epc = rng.choice(points), rng.choice(EPCS)
        if spaced and any(isinstance(w, Heard) and (w.read_point, w.epc) == (point, epc) for w in words):
            continue
        words.append(Heard(seen_us=seen_us, arrived_us=0, read_point=point, epc=epc, rssi_dbm=rssi_dbm))
    return words


def _events(rng: random.Random, at_us: int, reader: str) -> list[Word]:
    words: list[Word] = []
    if rng.random() < 0.6:
        words.append(ReaderEvent(seen_us=at_us, arrived_us=0, reader=reader, kind=ReaderEventKind.HEARTBEAT))
    if rng.random() < 0.08:
        kind = rng.choice([kind for kind in ReaderEventKind if kind is not ReaderEventKind.HEARTBEAT])
        port = rng.choice((0, 1, 2, 9))
        word = ReaderEvent(seen_us=at_us + 500_000, arrived_us=0, reader=reader, kind=kind, port=port)
        if kind == ReaderEventKind.DIRECTION:
            word = replace(word, epc=rng.choice(EPCS), text=rng.choice(("in", "out", "none")))
        words.append(word)
    return words


def _arrive(word: Word, arrived_us: int) -> Word:
    return replace(word, arrived_us=arrived_us)


@st.composite
def rearrived(draw: st.DrawFn, messages: Sequence[Delivered], *, overtaking: bool = False) -> list[Delivered]:
    """
    The same messages, each still on time, in another order of arrival.

    A reader's own stay in order, unless overtaking is allowed.
    """
    rng = random.Random(draw(st.integers(0, 2**32)))
    least_us = 0 if overtaking else SECOND_US
    moved = [again(message, message.at_us + rng.randint(least_us, SETTLE_US)) for message in messages]
    return sorted(moved, key=lambda message: message.arrived_us)


def again(message: Delivered, arrived_us: int) -> Delivered:
    """The same message, come again or come later."""
    return Delivered(
        at_us=message.at_us, arrived_us=arrived_us, words=tuple(_arrive(word, arrived_us) for word in message.words)
    )


@dataclass(slots=True)
class MemoryStore:
    """What a store keeps of steps: enough to take them again, and to tell the reads of the late path from repeats."""

    steps: list[Step]

    def replay_into(self, engine: Engine, calibrations: Sequence[Calibration | None] = (None,)) -> None:
        """Let an engine take every step after its own, each under the calibration of its number."""
        for step in self.steps:
            if step.seq > engine.seq and not step.is_empty:
                if step.taught != engine.taught:
                    engine.take_over(calibrations[step.taught], step.taught)
                engine.replay(step.seq, step.stored, step.reader_events, step.closed_us)

    def tags(self) -> list[tuple[int, str]]:
        """All tags ever seen."""
        return [(tag.tag_id, tag.epc) for step in self.steps for tag in step.new_tags]

    def history(self, window_us: Sequence[int]) -> set[tuple[str, int, int]]:
        """(epc, read point, raw_us) of all reads kept, on time or late, as the late path's key rule leaves them."""
        epc_of = dict(self.tags())
        kept: set[tuple[str, int, int]] = set()
        for step in self.steps:
            kept |= {(epc_of[t], p, raw) for t, p, raw in rows(step.stored)}
            for tag, point, raw in rows(step.late):
                near = any(
                    (epc, p) == (epc_of[tag], point) and raw - window_us[point] < other <= raw for epc, p, other in kept
                )
                if not near:
                    kept.add((epc_of[tag], point, raw))
        return kept


def rows(stored: StoredReads) -> list[tuple[int, int, int]]:
    """(tag id, read point, raw_us) of each read."""
    columns = (stored.tag_id, stored.reads.read_point, stored.reads.raw_us)
    return list(zip(*(column.tolist() for column in columns), strict=True))
