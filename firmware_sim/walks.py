"""
How somebody carries a tag about: waypoints become a path, sampled often enough for the radio.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from firmware_sim.arrays import Floats

SAMPLE_S: Final = 0.02
_TURN_TAU_S: Final = 0.4
"""A carrier turns towards the next point this smoothly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle of floor, metres."""

    x0: float
    y0: float
    x1: float
    y1: float

    def point(self, rng: np.random.Generator, margin_m: float = 0.0) -> tuple[float, float]:
        """Choose a point inside it, this far from its edges."""
        x = rng.uniform(self.x0 + margin_m, self.x1 - margin_m)
        return float(x), float(rng.uniform(self.y0 + margin_m, self.y1 - margin_m))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How somebody moves: speed, and how often and how long they stop."""

    speed_m_s: float
    speed_spread: float = 0.3
    pause_share: float = 0.25
    pause_s: float = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A tag's way, sampled each SAMPLE_S: t_s from nought, x, y, z in metres, heading in radians."""

    t_s: Floats
    x: Floats
    y: Floats
    z: Floats
    heading: Floats
    carried: bool

    def at(self, t_s: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Place and heading at other instants."""
        x, y, z, heading = (np.interp(t_s, self.t_s, one) for one in (self.x, self.y, self.z, self.heading))
        return x, y, z, heading


def standing(box: Box, for_s: float, rng: np.random.Generator) -> Walk:
    """Put a tag down somewhere in a box and leave it."""
    t_s = np.arange(0.0, for_s, SAMPLE_S)
    x, y = box.point(rng, 0.2)
    z, heading = rng.uniform(0.3, 1.8), rng.uniform(-np.pi, np.pi)
    at_rest = [np.full(t_s.size, value) for value in (x, y, z, heading)]
    return Walk(t_s=t_s, x=at_rest[0], y=at_rest[1], z=at_rest[2], heading=at_rest[3], carried=False)


def roaming(box: Box, for_s: float, pace: Pace, rng: np.random.Generator) -> Walk:
    """Carry a tag from point to point in a box, with a stop here and there."""
    points, times = [box.point(rng, 0.1)], [0.0]
    while times[-1] < for_s:
        here, there = points[-1], box.point(rng, 0.1)
        speed = pace.speed_m_s * float(np.exp(rng.normal(0.0, pace.speed_spread)))
        times.append(times[-1] + float(np.hypot(there[0] - here[0], there[1] - here[1])) / speed + SAMPLE_S)
        points.append(there)
        if rng.random() < pace.pause_share:
            times.append(times[-1] + float(rng.exponential(pace.pause_s)) + SAMPLE_S)
            points.append(there)
    return walk_along(np.array(times), np.array(points), for_s, rng)


def walk_along(times_s: Floats, points: Floats, for_s: float, rng: np.random.Generator) -> Walk:
    """
    Carry a tag past these points at these times, swaying a little.

    times_s  float[n]     rising, from nought
    points   float[n, 2]  metres
    """
    t_s = np.arange(0.0, for_s, SAMPLE_S)
    sway = [wander(t_s.size, 0.6, rng) for _ in range(4)]
    x = np.interp(t_s, times_s, points[:, 0])
    y = np.interp(t_s, times_s, points[:, 1])
    heading = _headings(x, y, rng) + 0.25 * sway[0]
    z = rng.uniform(0.8, 1.4) + 0.05 * sway[1]
    return Walk(t_s=t_s, x=x + 0.04 * sway[2], y=y + 0.04 * sway[3], z=z, heading=heading, carried=True)


def _headings(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """Where one looks: along the way, kept while standing, turned to smoothly."""
    step_x, step_y = np.gradient(x), np.gradient(y)
    moves = np.hypot(step_x, step_y) > 1e-6  # noqa: PLR2004 - metres a sample: standing
    first = rng.uniform(-np.pi, np.pi)
    last = np.maximum.accumulate(np.where(moves, np.arange(x.size), -1))
    along = np.where(last >= 0, np.arctan2(step_y, step_x)[last], first)
    return smoothed(np.unwrap(along), _TURN_TAU_S)


def smoothed(values: Floats, tau_s: float) -> Floats:
    """Follow values with this time constant, starting at the first."""
    share = 1.0 - np.exp(-SAMPLE_S / tau_s)
    out = values.copy()
    level = float(values[0])
    for i, value in enumerate(values.tolist()):
        level += share * (value - level)
        out[i] = level
    return out


def wander(count: int, tau_s: float, rng: np.random.Generator) -> Floats:
    """Standard normal deviates, one a sample, that drift with this time constant (an Ornstein-Uhlenbeck process)."""
    keep = float(np.exp(-SAMPLE_S / tau_s))
    push = (rng.normal(0.0, 1.0, count) * np.sqrt(1.0 - keep * keep)).tolist()
    level, out = float(rng.normal()), np.empty(count)
    for i in range(count):
        level = keep * level + push[i]
        out[i] = level
    return out
