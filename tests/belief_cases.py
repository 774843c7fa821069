"""What the kernels of belief are tried with: tags in many places, and a plan that has more of them than they hold."""

import numpy as np
import numpy.typing as npt

from core.engine.records import NEXT, SLOTS, Plan
from core.engine.records_belief import Belief, Scratch, blank_belief, new_scratch
from tests.streams import START_US

Random = np.random.Generator
FOLLOWED = 3
"""Antennas whose levels are followed together."""
PLACES = 14


def wide_plan(rng: Random, plan: Plan) -> Plan:
    """The plan with more places than a tag's belief has room for, and chances drawn anew; zones share them out."""
    points, zones = plan.nearby.shape[0], plan.portal.size
    hears = np.stack(
        (
            rng.uniform(-80.0, -45.0, (points, PLACES)),
            rng.uniform(2.0, 20.0, (points, PLACES)),
            rng.uniform(2.0, 40.0, (points, PLACES)),
            rng.uniform(-7.0, 0.0, (points, PLACES)),
        ),
        axis=2,
    ).astype(np.float32)
    return plan._replace(
        hears=hears,
        nearby=np.array([some_places(rng, SLOTS) for _ in range(points)]),
        place_zone=rng.integers(0, zones, PLACES).astype(np.int16),
        place_xy=rng.uniform(0.0, 20.0, (PLACES, 2)).astype(np.float32),
        next_place=np.array([some_places(rng, NEXT) for _ in range(PLACES)]),
        antenna_pull=float(rng.choice([0.0, 0.5])),
        evidence=float(rng.uniform(0.5, 1.0)),
        temper_s=float(rng.choice([0.0, 0.8, 3.0])),
        sway=covariances(rng, PLACES),
        noise=rng.uniform(1.0, 9.0, FOLLOWED).astype(np.float32),
        ear_of=np.asarray(rng.integers(-1, FOLLOWED, points), np.int16),
        sway_s=float(rng.choice([0.3, 1.0, 20.0])),
        offset_db=rng.uniform(-6.0, 6.0, (3, points)).astype(np.float32),
        offset_spell=np.array([START_US // 10_000_000 + rng.integers(-3, 1)]),
    )


def covariances(rng: Random, n: int) -> npt.NDArray[np.float32]:
    """Some that a set of levels can have: float32[n, FOLLOWED, FOLLOWED]."""
    root = rng.normal(0.0, 3.0, (n, FOLLOWED, FOLLOWED))
    return (root @ root.transpose(0, 2, 1) + np.eye(FOLLOWED)).astype(np.float32)


def sways(rng: Random, n: int) -> npt.NDArray[np.float32]:
    """How far levels may be off, and their covariances: float32[n, FOLLOWED, FOLLOWED + 1]."""
    off = rng.normal(0.0, 4.0, (n, FOLLOWED, 1)).astype(np.float32)
    return np.concatenate((off, covariances(rng, n)), axis=2)


def some_places(rng: Random, room: int, least: int = 0) -> npt.NDArray[np.int16]:
    """A row of places, and -1 where there are fewer; int16[room]."""
    row = np.full(room, -1, np.int16)
    n = int(rng.integers(least, room + 1))
    row[:n] = rng.permutation(PLACES)[:n]
    return row


def belief_of(rng: Random, tags: int, *, least: int = 0) -> Belief:
    """Tags that may be in none, some or as many places as there is room for; in `least` of them at least."""
    belief = blank_belief(tags, SLOTS, FOLLOWED)
    for tag in range(tags):
        row = some_places(rng, SLOTS, least)
        n = int((row >= 0).sum())
        weights = np.sort(rng.random(n) ** 4 + 1e-5)[::-1]
        belief.place[tag] = row
        belief.weight[tag, :n] = np.maximum(weights / max(weights.sum(), 1.0) * 65_535, 1)
        belief.gain[tag, :n] = rng.normal(0.0, 1000.0, n)
        belief.sway[tag] = sways(rng, SLOTS)
    return belief


def scratch_of(rng: Random, plan: Plan, n: int) -> Scratch:
    """Scratch with n candidates in it, none of them twice."""
    scratch = new_scratch(plan)
    scratch.place[:n] = rng.permutation(PLACES)[:n]
    scratch.weight[:n] = rng.random(n) * rng.choice([0.0, 1.0, 1.0], n)
    scratch.weight[:1] = 0.3
    scratch.gain[:n] = rng.normal(0.0, 4.0, n)
    scratch.sway[:n] = sways(rng, n)
    scratch.at[scratch.place[:n]] = np.arange(n)
    return scratch
