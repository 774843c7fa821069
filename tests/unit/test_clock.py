"""The one clock of the service, and the simulation's that can take its place."""

import time

import pytest

from core.clock import clock_of, scaled_clock, system_clock


def test_system_clock_is_the_systems_and_never_goes_back() -> None:
    """
    It tells Unix microseconds, each time no less than before.
    """
    clock = system_clock()
    told = [clock() for _ in range(100)]

    assert sorted(told) == told
    assert abs(told[0] - time.time_ns() // 1_000) < 1_000_000


def test_scaled_clock_runs_faster_from_where_it_agreed() -> None:
    """
    Three seconds after the clocks agreed, one that runs ten times as fast is thirty seconds on.
    """
    assert scaled_clock(10.0, 1_000_000_000, lambda: 1_003_000_000)() == 1_030_000_000


def test_clocks_of_the_same_text_agree() -> None:
    """
    Processes that are told the same need nothing else to agree on the time.
    """
    text = f"20@{time.time() - 5:.6f}"
    first, second = clock_of(text), clock_of(text)

    assert first() == pytest.approx(second(), abs=20 * 50_000)
    assert first() - time.time_ns() // 1_000 == pytest.approx(19 * 5_000_000, abs=20 * 50_000)
