"""A door learns from labelled runs how its own passages look: the same kernels, weights of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from core.calibrate.logistic import chances, fit
from core.engine.door_plan import doors_of
from core.engine.door_weights import DoorWeights, numbers
from core.engine.kernels_kind import LOOKS, look
from core.engine.kernels_passage import begin, note_level
from core.engine.kernels_passage_shape import measure
from core.engine.kernels_rival import note_rival
from core.engine.kernels_visits import come
from core.engine.kernels_wait import cut_wait
from core.engine.records import Floats, Ints, Row
from core.engine.records_passage import (
    ANTENNAS,
    DIRECTIONS,
    FEATURES,
    KINDS,
    LONGEST_US,
    MILLING,
    OUTWARD,
    STATIC,
    THROUGH,
    Doors,
    new_work,
    nobody,
)
from core.model.columns import UNHEARD_DBM
from core.site import Site

RIDGES: Final = (1.0, 3.0, 10.0, 30.0, 100.0, 1e6)
"""How strongly a door is held to the defaults, or to knowing nothing; the last means that it stays there."""
FOLDS: Final = 5
READS_MIN: Final = 4
RUNS_MIN: Final = 12
"""With fewer labelled runs a door keeps the defaults."""
DIRECTION_RIDGE: Final = 3.0
GAIN_RUNS: Final = 5.0
"""So many runs' weight has the guess that all antennas of a door hear alike."""
KIND_OF: Final = {"static": STATIC, "milling": MILLING, "through": THROUGH}
WAY_OF: Final = {"in": -1, "none": 0, "out": OUTWARD}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledRun:
    """
    What one tag did at one door, and its reads, n of them in order of time: those there, and what else heard it.

    seen_us int64[n], read_point int32[n], rssi_dbm float32[n]: as in ReadColumns.
    """

    door: str
    verdict: str
    direction: str
    seen_us: Ints
    read_point: Ints
    rssi_dbm: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """
    A door's runs as numbers, n of them.

    feature float64[n, FEATURES], looks float64[n, LOOKS], way float64[n, DIRECTIONS], kind and sign int64[n].
    """

    feature: Floats
    looks: Floats
    way: Floats
    kind: Ints
    sign: Ints


def learn_doors(site: Site, runs: Sequence[LabelledRun]) -> dict[str, DoorWeights]:
    """Learn each door's weights; a door with too few runs is left out and keeps the defaults."""
    learned, door_of = {}, doors_of(site).door_of
    for d, door in enumerate(site.doors):
        own = [run for run in runs if run.door == door.id and run.verdict in KIND_OF]
        own = [run for run in own if np.count_nonzero(door_of[run.read_point] == d) >= READS_MIN]
        if len(own) >= RUNS_MIN:
            learned[door.id] = _learn(site, d, own)
    return learned


def _learn(site: Site, d: int, runs: Sequence[LabelledRun]) -> DoorWeights:
    plain = doors_of(site)
    gain = gains_of(runs, plain, d)
    plain.gain_db[d] = gain
    found = measured(runs, plain, d)
    direction = learn_direction(found.way, found.sign * (found.kind == THROUGH), plain.direction[d])
    plain.direction[d] = direction
    found = measured(runs, plain, d)
    weights = _best_fit(found.looks, found.kind, (plain.weights[d], np.zeros_like(plain.weights[d])))
    return DoorWeights(
        centre=numbers(plain.centre[d]),
        scale=numbers(plain.scale[d]),
        hidden=tuple(numbers(row) for row in plain.hidden[d]),
        weights=tuple(numbers(row) for row in weights),
        direction=numbers(direction),
        gain_db=numbers(gain),
    )


def measured(runs: Sequence[LabelledRun], doors: Doors, d: int) -> Measured:
    """Measure the runs of a door, the d-th, as passages of its own are measured."""
    work = new_work()
    feature, looks = np.zeros((len(runs), FEATURES)), np.zeros((len(runs), LOOKS))
    way = np.zeros((len(runs), DIRECTIONS))
    for i, run in enumerate(runs):
        measure(_passage(run, doors, d), d, doors, work)
        look(d, doors, work)
        feature[i], looks[i], way[i] = work.feature, work.looks, work.way
    return Measured(
        feature=feature,
        looks=looks,
        way=way,
        kind=np.array([KIND_OF[run.verdict] for run in runs], np.int64),
        sign=np.array([WAY_OF.get(run.direction, 0) for run in runs], np.int64),
    )


def _passage(run: LabelledRun, doors: Doors, d: int) -> Row:
    """The run as one open passage; of one that lasts too long the middle is cut out."""
    at = nobody(1, len(doors.along), 1, 1)
    own = doors.door_of[run.read_point] == d
    opened_us = int(run.seen_us[own][0]) if own.any() else 0
    row: Row = at.open[begin(come(0, d, at), opened_us, at)]
    for seen_us, point, dbm in zip(run.seen_us, run.read_point, run.rssi_dbm, strict=True):
        if seen_us < opened_us:
            continue
        while seen_us - row["opened_us"] >= LONGEST_US:
            cut_wait(row)
        if doors.door_of[point] == d:
            note_level(row, doors.slot_of[point], seen_us, dbm)
        else:
            note_rival(0, doors.door_of[point], seen_us, dbm, at)
    return row


def gains_of(runs: Sequence[LabelledRun], doors: Doors, d: int) -> Floats:
    """By how much each antenna of the d-th door hears louder than the others, over runs that all of them hear."""
    n = int((doors.door_of == d).sum())
    total, counted = np.zeros(ANTENNAS), 0.0
    slots = np.unique(doors.slot_of[doors.door_of == d]) if n else np.zeros(0, np.int32)
    for run in runs:
        own = (doors.door_of[run.read_point] == d) & (run.rssi_dbm > UNHEARD_DBM)
        slot = doors.slot_of[run.read_point]
        if all((own & (slot == s)).any() for s in slots):
            level = np.array([run.rssi_dbm[own & (slot == s)].mean() for s in slots])
            total[slots] += level - level.mean()
            counted += 1.0
    gain: Floats = total / (counted + GAIN_RUNS)
    return gain


def learn_direction(way: Floats, sign: Ints, start: Floats) -> Floats:
    """
    Learn the weights of the direction; each run counts both ways, so there is no bias.

    way float64[n, DIRECTIONS], sign int64[n] (1 out, -1 in, 0 for runs that say nothing), start float64[DIRECTIONS].
    """
    went = sign != 0
    if not went.any():
        return start
    spread = np.maximum(way[went].std(axis=0), 1e-3)
    towards = way[went] * sign[went, None] / spread
    both, label = np.concatenate((towards, -towards)), np.repeat([1, 0], len(towards))
    half = np.append(start * spread, 0.0) / 2.0
    weights = fit(both, label, np.array([-half, half]), DIRECTION_RIDGE)
    learned: Floats = (weights[1] - weights[0])[:-1] / spread
    return learned


def _best_fit(looks: Floats, kind: Ints, starts: Sequence[Floats]) -> Floats:
    """
    Weights under whose start and ridge those runs are told best that were left out of learning.

    looks float64[n, LOOKS], kind int64[n], starts float64[KINDS, LOOKS + 1] each: what the ridge pulls to.
    """
    fold = np.zeros(len(kind), np.int64)
    for k in range(KINDS):
        fold[kind == k] = np.arange((kind == k).sum()) % FOLDS
    worth = {}
    for (s, start), ridge in product(enumerate(starts), RIDGES):
        likely = np.zeros((len(kind), KINDS))
        for f in range(FOLDS):
            seen = fold != f
            likely[~seen] = chances(looks[~seen], fit(looks[seen], kind[seen], start, ridge))
        told = np.log(np.maximum(likely[np.arange(len(kind)), kind], 1e-9))
        worth[s, ridge] = float(np.mean([told[kind == k].mean() for k in range(KINDS) if (kind == k).any()]))
    best, ridge = max(worth, key=worth.__getitem__)
    return fit(looks, kind, starts[best], ridge)
