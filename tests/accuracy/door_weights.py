"""
The doors' default weights are learned here, from simulated runs: `python -m tests.accuracy.door_weights`.

Rooms give doors that antennas surround, whole or with some of their antennas only; warehouses give posts at a gate.
Seeds and rooms are others than those that the protocols judge.
"""

import json
import sys
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from core.calibrate.doors import READS_MIN, LabelledRun, Measured, gains_of, learn_direction, measured
from core.door_axis import axis_of
from core.engine.door_plan import doors_of
from core.engine.door_weights import DoorWeights, kind_of_door, numbers
from core.engine.kernels_kind import FAR_OUT, LOOKS
from core.engine.records_passage import DIRECTIONS, FEATURES, HIDDEN, KINDS, SILENCE_US, THROUGH
from core.site import Site
from tallyport.score.passages import overlap_s
from tallyport.score.truth import Passage
from tests.accuracy import ours
from tests.accuracy.protocols.doors import truth_of
from tests.accuracy.recording import Recording
from tests.accuracy.recordings.simulated import simulated

OUT: Final = Path(__file__).parents[2] / "core" / "engine" / "door_weights.json"
ROOMS, ROOM_SEEDS = range(11, 37), (301, 302)
WAREHOUSES: Final = (
    ("standard", 401),
    ("shrinkage", 402),
    ("standard", 403),
    ("beside-door", 404),
    ("shrinkage", 405),
    ("waiting-forklift", 406),
    ("metal-liquid", 407),
)
WAREHOUSE_OPTIONS: Final = ("--tags", "2000", "--for", "120")
SOME_PORTS: Final = ((1, 3), (2, 4), (1,), (4,))
"""Of a room, to stand for a door with fewer antennas."""
ELSEWHERE: Final = "hall"
SLACK_S: Final = 1e-4
"""Times in files are rounded."""
EPOCHS, BATCH, PACE, DECAY = 24, 256, 3e-3, 1e-3
DIGITS: Final = 4
SCALE_MIN: Final = 0.05
"""What never varies is nothing to go by."""

Floats = npt.NDArray[np.float64]
Samples = dict[str, list[Measured]]
"""By kind of door."""


def main() -> int:
    """Learn all kinds of doors anew, and write them down."""
    samples: Samples = defaultdict(list)
    for site, cut in _recordings():
        for door in site.doors:
            _add(site, [run for run in cut if run.door == door.id], samples)
    learned = {name: _learned(found).to_json() for name, found in sorted(samples.items())}
    counts = {name: sum(len(one.kind) for one in found) for name, found in sorted(samples.items())}
    sys.stdout.write(f"learned from {counts}\n")
    OUT.write_text(json.dumps(learned, separators=(",", ":")) + "\n", encoding="utf-8")
    return 0


def _recordings() -> Iterator[tuple[Site, list[LabelledRun]]]:
    for room, seed in product(ROOMS, ROOM_SEEDS):
        recording = simulated("door-runs", seed, "--room", str(room))
        runs = runs_of(recording, truth_of(recording).passages)
        yield recording.site, runs
        for ports in SOME_PORTS:
            yield with_ports(recording.site, ports), [heard_by(run, recording.site, ports) for run in runs]
    for scenario, seed in WAREHOUSES:
        recording = simulated(scenario, seed, *WAREHOUSE_OPTIONS)
        yield recording.site, runs_of(recording, _labelled(recording))


def with_ports(site: Site, ports: Sequence[int]) -> Site:
    """The same site if its doors had only these antennas; the others are nobody's."""
    readers = tuple(
        replace(reader, antennas=tuple(a if a.port in ports else replace(a, zone=ELSEWHERE) for a in reader.antennas))
        for reader in site.readers
    )
    return replace(site, readers=readers)


def heard_by(run: LabelledRun, site: Site, ports: Sequence[int]) -> LabelledRun:
    """The same run if nothing but these antennas were there."""
    heard = np.isin(np.array([point.antenna for point in site.read_points])[run.read_point], ports)
    return replace(run, seen_us=run.seen_us[heard], read_point=run.read_point[heard], rssi_dbm=run.rssi_dbm[heard])


def _labelled(recording: Recording) -> list[Passage]:
    """Passages as the engine cuts them, with what the truth says of that time; what it doesn't know passed by."""
    truth: dict[tuple[str, str], list[Passage]] = defaultdict(list)
    for true in truth_of(recording).passages:
        truth[true.epc, true.door].append(true)
    moving: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for place in recording.truth:
        if place.x is None:
            moving[place.epc].append((place.from_s, place.to_s))
    cut = []
    for said in ours.passages(None)(recording.reads, recording.site):
        true = max(truth[said.epc, said.door], key=lambda one: overlap_s(one, said), default=said)
        if true is not said and overlap_s(true, said) > 0.0:
            cut.append(replace(said, verdict=true.verdict, direction=true.direction))
        else:
            passing = any(from_s < said.to_s and said.from_s < to_s for from_s, to_s in moving[said.epc])
            cut.append(replace(said, verdict="milling" if passing else "static", direction="none"))
    return cut


def runs_of(recording: Recording, passages: Sequence[Passage]) -> list[LabelledRun]:
    """The reads of each passage, by the antennas of its door and by others until it is judged."""
    points = {(point.reader, point.antenna): point for point in recording.site.read_points}
    own: dict[str, list[tuple[float, int, float]]] = defaultdict(list)
    for read in recording.reads:
        own[read.epc].append((read.at_s, points[read.reader, read.antenna].index, read.rssi_dbm))
    zones = {door.id: recording.site.zone_index[door.zone] for door in recording.site.doors}
    runs = []
    for one in passages:
        near = own[one.epc]
        until = one.to_s + SILENCE_US / 1e6 - SLACK_S
        near = near[bisect_left(near, (one.from_s - SLACK_S,)) : bisect_left(near, (until,))]
        there = [n for n, read in enumerate(near) if recording.site.read_points[read[1]].zone == zones[one.door]]
        there = [n for n in there if near[n][0] <= one.to_s + SLACK_S]
        if len(there) >= READS_MIN:
            runs.append(_run(one, near))
    return runs


def _run(one: Passage, reads: list[tuple[float, int, float]]) -> LabelledRun:
    at_s, point, dbm = zip(*reads, strict=True)
    return LabelledRun(
        door=one.door,
        verdict=one.verdict,
        direction=one.direction,
        seen_us=np.round(np.array(at_s) * 1e6).astype(np.int64),
        read_point=np.array(point, np.int64),
        rssi_dbm=np.array(dbm),
    )


def _add(site: Site, runs: Sequence[LabelledRun], samples: Samples) -> None:
    if not runs:
        return
    doors = doors_of(site)
    d = [door.id for door in site.doors].index(runs[0].door)
    own = samples[kind_of_door(axis_of(site, site.doors[d]).along_m)]
    # As a door is that nobody has calibrated, and as one whose antennas' gains are known.
    own.append(measured(runs, doors, d))
    doors.gain_db[d] = gains_of(runs, doors, d)
    own.append(measured(runs, doors, d))


def _learned(samples: list[Measured]) -> DoorWeights:
    """Fit the mixtures and what they weigh, each kind of passage counting alike; and the direction."""
    feature, way, kind, sign = (
        np.concatenate([getattr(one, name) for one in samples]) for name in ("feature", "way", "kind", "sign")
    )
    centre, scale = feature.mean(axis=0), np.maximum(feature.std(axis=0), SCALE_MIN)
    looks = np.clip((feature - centre) / scale, -FAR_OUT, FAR_OUT)
    hidden, weights = _descend(looks, kind)
    every = np.zeros((KINDS, LOOKS + 1))
    every[:, FEATURES:] = weights.T
    return DoorWeights(
        centre=_rounded(centre),
        scale=_rounded(scale),
        hidden=tuple(_rounded(row) for row in hidden.T),
        weights=tuple(_rounded(row) for row in every),
        direction=_rounded(learn_direction(way, sign * (kind == THROUGH), np.zeros(DIRECTIONS))),
    )


def _descend(looks: Floats, kind: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Descend the penalised likelihood by Adam's steps: float64[F + 1, HIDDEN] and float64[HIDDEN + 1, KINDS]."""
    rng, n = np.random.default_rng(1), len(looks)
    weigh = (n / KINDS / np.maximum(np.bincount(kind, minlength=KINDS), 1))[kind]
    target = np.eye(KINDS)[kind]
    design = np.column_stack((looks, np.ones(n)))
    weights = [
        rng.normal(0.0, 1.0 / np.sqrt(looks.shape[1]), (looks.shape[1] + 1, HIDDEN)),
        rng.normal(0.0, 1.0 / np.sqrt(HIDDEN), (HIDDEN + 1, KINDS)),
    ]
    mean, square = [np.zeros_like(one) for one in weights], [np.zeros_like(one) for one in weights]
    step = 0
    for epoch in range(EPOCHS):
        for some in np.array_split(rng.permutation(n), max(n // BATCH, 1)):
            bent = np.column_stack((np.tanh(design[some] @ weights[0]), np.ones(some.size)))
            odds = np.exp(bent @ weights[1])
            miss = (odds / odds.sum(axis=1, keepdims=True) - target[some]) * weigh[some, None] / some.size
            back = (miss @ weights[1][:-1].T) * (1.0 - bent[:, :-1] ** 2)
            step += 1
            for i, steep in enumerate((design[some].T @ back, bent.T @ miss)):
                slope = steep + DECAY * weights[i]
                mean[i] = 0.9 * mean[i] + 0.1 * slope
                square[i] = 0.999 * square[i] + 0.001 * slope**2
                pace = PACE * (1.0 - epoch / EPOCHS) / (1.0 - 0.9**step)
                weights[i] -= pace * mean[i] / (np.sqrt(square[i] / (1.0 - 0.999**step)) + 1e-8)
    return weights[0], weights[1]


def _rounded(row: Floats) -> tuple[float, ...]:
    return numbers(np.round(row, DIGITS))


if __name__ == "__main__":
    sys.exit(main())
