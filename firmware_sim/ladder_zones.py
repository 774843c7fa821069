"""
How hard the room of four squares is: simple methods' scores on a recording, beside the same methods' on the real one.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from firmware_sim.arrays import Floats, Indices
from firmware_sim.rooms import RoomConfig, record_quadrants

ZONES: Final = 4
FIRST_S: Final = 2.0
"""So long after a change a method may still be wrong."""
BIN_DB: Final = 2.0
BINS: Final = 48
LOWEST_DBM: Final = -100.0
PSEUDO_COUNT: Final = 0.05
EMA: Final = 0.2
HISTORY: Final = 20
PROFILES: Final = {"asset tracking": (-0.008, 500.0), "retail": (-0.0005, 60_000.0)}
"""EdgeX mobility profiles: slope in dB a millisecond, hold-off in milliseconds."""
THRESHOLD_DB: Final = 6.0
Read = tuple[float, int, int]
"""Seconds, antenna from nought, bin of the level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A recording of the four squares as columns: seconds, antenna from nought, level, true zone, seconds in it."""

    at_s: Floats
    antenna: Indices
    level_dbm: Floats
    zone: Indices
    since_s: Floats
    pieces: int

    def reads(self) -> Iterator[tuple[float, int, float]]:
        """One read after the other."""
        return zip(self.at_s.tolist(), self.antenna.tolist(), self.level_dbm.tolist(), strict=True)


Method = Callable[[Stream], list[int]]


def stream_of(config: RoomConfig) -> Stream:
    """Record the four squares."""
    recording = record_quadrants(config)
    heard = recording.heard
    names = ("south-west", "south-east", "north-west", "north-east")
    starts = np.array([row.from_us for row in recording.truth])
    zones = np.array([names.index(row.zone) for row in recording.truth], np.int32)
    piece = np.searchsorted(starts, heard.seen_us, side="right") - 1
    return Stream(
        at_s=heard.seen_us / 1e6,
        antenna=(heard.port - 1).astype(np.int32),
        level_dbm=heard.level_dbm,
        zone=zones[piece],
        since_s=(heard.seen_us - starts[piece]) / 1e6,
        pieces=len(recording.truth),
    )


def likelihoods(stream: Stream) -> Floats:
    """Learn the log of how likely each level is, an array [zone, antenna, bin], smoothed over three bins."""
    counts = np.full((ZONES, ZONES, BINS), PSEUDO_COUNT)
    np.add.at(counts, (stream.zone, stream.antenna, bins(stream.level_dbm)), 1.0)
    padded = np.pad(counts, ((0, 0), (0, 0), (1, 1)), mode="edge")
    smooth = 0.25 * padded[..., :-2] + 0.5 * padded[..., 1:-1] + 0.25 * padded[..., 2:]
    learnt: Floats = np.log(smooth / smooth.sum(axis=2, keepdims=True))
    return learnt


def bins(level_dbm: Floats) -> Indices:
    """Which bin each level falls into."""
    return np.clip((level_dbm - LOWEST_DBM) // BIN_DB, 0, BINS - 1).astype(np.int32)


def windowed(stream: Stream, learnt: Floats, window_s: float) -> tuple[float, float]:
    """Score windows: the antenna with the strongest mean, and naive Bayes over the levels."""
    window = np.floor(stream.at_s / window_s).astype(np.int64)
    _, first, row = np.unique(window, return_index=True, return_inverse=True)
    truth = stream.zone[first]
    total, count = np.zeros((first.size, ZONES)), np.zeros((first.size, ZONES))
    np.add.at(total, (row, stream.antenna), stream.level_dbm)
    np.add.at(count, (row, stream.antenna), 1.0)
    mean = np.where(count > 0, total / np.maximum(count, 1.0), -200.0)
    score = np.zeros((first.size, ZONES))
    np.add.at(score, row, learnt[:, stream.antenna, bins(stream.level_dbm)].T)
    return float((mean.argmax(axis=1) == truth).mean()), float((score.argmax(axis=1) == truth).mean())


def latest(stream: Stream) -> list[int]:
    """The zone of the antenna that spoke last."""
    said: list[int] = stream.antenna.tolist()
    return said


def strongest_average(stream: Stream) -> list[int]:
    """The zone of the antenna with the strongest moving average."""
    mean = [-200.0] * ZONES
    said = []
    for _, antenna, level in stream.reads():
        mean[antenna] = level if mean[antenna] == -200.0 else mean[antenna] + EMA * (level - mean[antenna])  # noqa: PLR2004
        said.append(mean.index(max(mean)))
    return said


def edgex(stream: Stream, profile: str) -> list[int]:
    """Follow the EdgeX inventory service's rule: another antenna must be clearly stronger, or this one silent."""
    slope, holdoff_ms = PROFILES[profile]
    history: list[deque[float]] = [deque(maxlen=HISTORY) for _ in range(ZONES)]
    last_s = [0.0] * ZONES
    here, said = int(stream.antenna[0]), []
    for at_s, antenna, level in stream.reads():
        history[antenna].append(level)
        last_s[antenna] = at_s
        if antenna != here and len(history[antenna]) > 1:
            silent_ms = (at_s - last_s[here]) * 1e3
            offset = min(THRESHOLD_DB, slope * silent_ms + THRESHOLD_DB - slope * holdoff_ms)
            mine, theirs = (sum(history[a]) / max(len(history[a]), 1) for a in (here, antenna))
            here = antenna if theirs > mine + offset else here
        said.append(here)
    return said


def filtered(stream: Stream, learnt: Floats, alpha: float, rate: float) -> list[int]:
    """Follow the zone by a Bayes filter over tempered levels; it changes this often a second."""
    belief, before_s, said = np.full(ZONES, 1.0 / ZONES), float(stream.at_s[0]), []
    weights = np.exp(alpha * learnt[:, stream.antenna, bins(stream.level_dbm)].T)
    for at_s, weight in zip(stream.at_s.tolist(), weights, strict=True):
        stays = float(np.exp(-rate * (at_s - before_s)))
        belief = (belief * stays + (1.0 - belief) * (1.0 - stays) / (ZONES - 1)) * weight
        belief /= belief.sum()
        before_s = at_s
        said.append(int(belief.argmax()))
    return said


def followed(stream: Stream, said: list[int]) -> tuple[float, int]:
    """Accuracy after the first seconds of each piece, and how often the answer changed."""
    told = np.array(said, np.int32)
    late = stream.since_s >= FIRST_S
    return float((told == stream.zone)[late].mean()), int((np.diff(told) != 0).sum())


def zone_ladder(room: int, seed: int) -> list[tuple[str, float, float]]:
    """Score the room: what, the published figure, ours."""
    learnt = likelihoods(stream_of(RoomConfig(seed=seed + 1_000, room=room)))
    stream = stream_of(RoomConfig(seed=seed, room=room))
    rows: list[tuple[str, float, float]] = []
    for window_s, strongest, bayes in ((1.0, 0.585, 0.594), (2.0, 0.617, 0.629), (5.0, 0.672, 0.698)):
        ours = windowed(stream, learnt, window_s)
        rows += [
            (f"windows of {window_s:g} s, strongest mean", strongest, ours[0]),
            (f"windows of {window_s:g} s, naive Bayes", bayes, ours[1]),
        ]
    methods: tuple[tuple[str, Method, float, int], ...] = (
        ("latest read", latest, 0.287, 97_087),
        ("strongest moving average", strongest_average, 0.602, 3_766),
        ("EdgeX asset tracking", lambda s: edgex(s, "asset tracking"), 0.656, 350),
        ("EdgeX retail", lambda s: edgex(s, "retail"), 0.649, 254),
        ("Bayes filter, alpha 1", lambda s: filtered(s, learnt, 1.0, 1 / 60), 0.653, 2_428),
        ("Bayes filter, alpha 0.25", lambda s: filtered(s, learnt, 0.25, 1 / 60), 0.719, 938),
    )
    for name, method, accuracy, changes in methods:
        got, changed = followed(stream, method(stream))
        rows += [(f"{name}, accuracy", accuracy, got), (f"{name}, changes", changes, changed)]
    short = stream_of(RoomConfig(seed=seed, room=room, piece_s=10.0))
    for name, accuracy, said in (
        ("pieces of 10 s, EdgeX asset tracking", 0.507, edgex(short, "asset tracking")),
        ("pieces of 10 s, Bayes filter, alpha 0.5", 0.656, filtered(short, learnt, 0.5, 1 / 20)),
    ):
        rows.append((name, accuracy, followed(short, said)[0]))
    return rows
