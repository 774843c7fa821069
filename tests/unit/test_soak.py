"""
The soak's own arithmetic: what grows is told from what only goes up and down, and each process is a segment.
"""

import math
import os
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.faults.gauges import Gauges, Sample, values_of
from tests.faults.processes import Service
from tests.faults.slope import HOUR_S, Floats, slope_of

EVERY_S = 2.0


def times(n: int) -> Floats:
    """Seconds of samples in a row."""
    return np.arange(n, dtype=np.float64) * EVERY_S


def noise(n: int, alike: float, seed: int) -> Floats:
    """Noise of spread 1 of which each value is like the one before it."""
    rng = np.random.default_rng(seed)
    values = np.empty(n)
    last = rng.normal()
    for i in range(n):
        last = alike * last + math.sqrt(1 - alike**2) * rng.normal()
        values[i] = last
    return values


def test_slope_of_a_straight_line_is_exact() -> None:
    """
    Three units an hour are three units an hour, with no error.
    """
    slope = slope_of([(times(100), 50.0 + times(100) * 3.0 / HOUR_S)])

    assert slope.per_h == pytest.approx(3.0)
    assert slope.error_h == 0.0
    assert slope.reading(1.0) == "grows"


def test_slope_of_several_lives_leaves_out_what_differs_between_them() -> None:
    """
    Processes of one service start at different heights; what is pooled is how each goes on from there.
    """
    lives = [(times(60) + start, height + times(60) / HOUR_S) for start, height in ((0, 90), (500, 120), (900, 80))]

    slope = slope_of(lives)

    assert (slope.samples, slope.segments) == (180, 3)
    assert slope.per_h == pytest.approx(1.0)


def test_slope_error_covers_the_truth_also_where_samples_are_alike() -> None:
    """
    Of noise that goes nowhere, over nine in ten slopes are within two standard errors of zero, correlated or not.
    """
    for alike in (0.0, 0.9):
        slopes = [slope_of([(times(900), noise(900, alike, seed))]) for seed in range(200)]
        within = sum(abs(one.per_h) <= 2.0 * one.error_h for one in slopes)
        assert within / len(slopes) >= 0.9


def test_short_run_cannot_tell_and_a_long_one_can() -> None:
    """
    A minute of samples that go up and down says neither that memory grows nor that it does not; an hour does.
    """
    short, long = (slope_of([(times(n), noise(n, 0.5, 1))]) for n in (30, 1800))

    assert short.reading(1.0) == "can't tell"
    assert long.reading(1.0) == "flat"
    assert slope_of([]).reading(1.0) == "can't tell"
    assert slope_of([(times(2), np.array([5.0, 9.0]))]).as_json()["error_h"] is not None


def test_values_of_a_process_are_those_of_linux() -> None:
    """
    A file that is opened and a thread that is started are seen; a process that has ended is an OSError.
    """
    before = values_of(os.getpid())
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    with Path("/dev/null").open("rb"):
        after = values_of(os.getpid())
    over.set()
    thread.join()

    assert after["files"] - before["files"] == 1.0
    assert after["threads"] - before["threads"] == 1.0
    assert 10.0 < after["memory_mb"] < 10_000.0
    with pytest.raises(OSError, match="No such file"):
        values_of(2**22 + 1)


@dataclass
class Lives:
    """Samples of a service that is killed half-way and loses nothing but its warmth."""

    half_s: float = 600.0

    def samples(self) -> list[Sample]:
        """It takes 40 MB in its first half, then an even 2 MB/h, and a heap more whenever something is broken."""
        found = []
        for pid, start in ((1, 0.0), (2, self.half_s)):
            for at in np.arange(0.0, self.half_s, EVERY_S):
                calm = bool(at % 60 >= 20)
                memory = 100.0 * pid + min(at, self.half_s / 2) / 7.5 + 2.0 * at / HOUR_S + (0 if calm else 50)
                found.append(Sample("line", pid, start + at, calm, {"memory_mb": memory}))
        return found


def test_gauges_use_calm_and_warm_samples_only() -> None:
    """
    What a process takes in its first half, or while things are broken, is no growth; the most is what it was.
    """
    services: dict[str, Service] = {}
    gauges = Gauges(services, Lives().samples())

    slope = gauges.slope("line", "memory_mb")

    assert slope.per_h == pytest.approx(2.0)
    assert slope.segments == 2
    assert gauges.highest("line", "memory_mb") > 250.0
    assert gauges.slope("another", "memory_mb").samples == 0
