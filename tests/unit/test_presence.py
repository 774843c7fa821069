"""How long a tag may be silent: what its own gaps teach, and what that costs on a crowd of still tags."""

from statistics import mean, median
from typing import Final

import numpy as np
import pytest

from core.engine.kernels_presence import (
    PRESENCE,
    SPREADS,
    allowed_after_read,
    allowed_s,
    change_clock,
    learn_gap,
    presence,
)
from core.engine.records import Floats, Row

ROUND_S: Final = 1.38
"""How often a crowded antenna gets round to each tag."""
CROWD: Final = 58
CROWD_S: Final = 198.0


def taught(*gaps_s: float) -> Row:
    """A tag that has had these gaps."""
    row = np.zeros(1, PRESENCE)[0]
    for gap_s in gaps_s:
        learn_gap(row, gap_s)
    return row


def allowed_after(*gaps_s: float) -> float:
    """What a tag that has had these gaps is allowed."""
    return allowed_s(taught(*gaps_s), SPREADS)


def test_allowed_s_of_a_fresh_tag() -> None:
    """
    A tag seen once or twice is gone neither after a second nor only after minutes.
    """
    assert 20.0 < allowed_after() < 90.0
    assert 10.0 < allowed_after(1.4) < 60.0
    assert 10.0 < allowed_after(0.6) < 60.0


def test_allowed_s_falls_as_a_regular_tag_is_known_better() -> None:
    """
    Each further gap like the ones before it makes a regular tag's silence tell more, down to a few rounds.
    """
    allowed = [allowed_after(*[ROUND_S] * n) for n in (1, 5, 20, 80)]

    assert sorted(allowed, reverse=True) == allowed
    assert 2.0 * ROUND_S < allowed[-1] < 4.0 * ROUND_S


def test_allowed_s_is_longer_for_gaps_that_spread() -> None:
    """
    Of two tags with the same mean gap, the one whose gaps spread is allowed more.
    """
    assert allowed_after(*[1.0, 5.0] * 40) > 1.5 * allowed_after(*[3.0] * 80)


def test_allowed_s_follows_a_pace_that_slows() -> None:
    """
    A tag that is read more seldom from now on is given the time for it.
    """
    assert allowed_after(*[ROUND_S] * 500, *[20.0] * 100) > 40.0


def test_learn_gap_takes_a_burst_for_one_read() -> None:
    """
    Reads a tenth of a second apart say nothing of how long the tag may be silent.
    """
    assert allowed_after(*[3.0] * 30) == allowed_after(*[0.1, 3.0] * 30)


def test_allowed_after_read_of_the_first_read() -> None:
    """
    A tag's first read has no gap before it.
    """
    row = np.zeros(1, PRESENCE)[0]

    assert allowed_after() == allowed_after_read(row, -1.0, SPREADS)
    assert row["gaps"] == 0


def test_allowed_after_read_does_not_learn_an_absence() -> None:
    """
    A tag that comes back after a day is known about as well as before it left.
    """
    row = taught(*[ROUND_S] * 100)
    before_s = allowed_s(row, SPREADS)
    after_s = allowed_after_read(row, 86_400.0, SPREADS)

    assert before_s < after_s < 1.5 * before_s


def test_change_clock_keeps_a_little() -> None:
    """
    Under other antennas a tag is nearly fresh: the old pace is a hint.
    """
    row = taught(*[ROUND_S] * 100)
    change_clock(row)

    assert allowed_after(*[ROUND_S] * 100) < allowed_s(row, SPREADS) < allowed_after()


def test_presence_falls_to_one_half_where_the_tag_is_declared_gone() -> None:
    """
    Just read is nearly sure, due is one half, and long after is next to nothing.
    """
    assert presence(0.0, 5.0) > 0.999
    assert presence(5.0, 5.0) == pytest.approx(0.5)
    assert presence(1e9, 5.0) < 1e-9


def read_times(rng: np.random.Generator, share: float, miss: float) -> Floats:
    """A still tag's reads: once a round, now and then missed, and thinned to a share."""
    rounds = np.arange(0.0, CROWD_S, ROUND_S)
    wide = rng.random(rounds.size) < 0.12
    at_s = np.sort(rounds + rng.normal(0.5, np.where(wide, 0.42, 0.19)))
    read: Floats = at_s[rng.random(rounds.size) < share * (1.0 - miss)]
    return read


def watched(at_s: Floats, left_s: float) -> tuple[int, float]:
    """False exits of a tag that was taken away, and the delay of the true one."""
    row, heard_s, due_s, false = np.zeros(1, PRESENCE)[0], np.inf, np.inf, 0
    for now_s in at_s[at_s < left_s].tolist():
        false += now_s > due_s
        due_s, heard_s = now_s + allowed_after_read(row, now_s - heard_s, SPREADS), now_s
    return false + (due_s < left_s), max(due_s - left_s, 0.0)


@pytest.mark.parametrize(("share", "false_max", "delay_s_max"), [(1.0, 1.0, 4.2), (0.6, 2.5, 11.0), (0.3, 4.0, 28.0)])
def test_one_setting_serves_strong_and_weak_tags(share: float, false_max: float, delay_s_max: float) -> None:
    """
    On crowds like a real one, as strong and thinned, one setting keeps false exits few and true ones soon.
    """
    rng = np.random.default_rng(7)
    false, delays = [], []
    for _ in range(30):
        miss = np.where(np.arange(CROWD) < 3, [0.4, 0.3, 0.15] + [0.0] * (CROWD - 3), 0.003)
        told = [watched(read_times(rng, share, m), rng.uniform(0.25, 0.75) * CROWD_S) for m in miss]
        false.append(sum(f for f, _ in told))
        delays.append(median(d for _, d in told if d < np.inf))

    assert mean(false) <= false_max
    assert median(delays) <= delay_s_max
