"""
The radio model has the constants of published fits on real recordings, and its gaps have heavy tails.
"""

import numpy as np
import pytest

from firmware_sim import radio
from firmware_sim.air import Air
from firmware_sim.arrays import Indices
from firmware_sim.attitude import AT_REST, BODY_LOSS_DB, TURN_LOSS_DB, attitude_loss_db
from firmware_sim.layout import demo_plan
from firmware_sim.radio import Antennas, answered, deep_fade
from firmware_sim.reads import folded
from firmware_sim.ring import Ring
from firmware_sim.shadow import mixed, normal_of, smooth_field, smooth_in_time
from firmware_sim.tags import Life, TagTable
from tests.sim_runs import reads

CAGE_ANTENNA = next(
    i
    for i, (reader, antenna) in enumerate((r, a) for r in demo_plan().readers for a in r.antennas)
    if reader.id == "aisle-1ab" and antenna.port == 1
)


def levels_along_a_walk(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Distance and mean level at places about one antenna, inside its own zone."""
    antennas = Antennas(demo_plan(), seed)
    rng = np.random.default_rng(seed)
    x = rng.uniform(2.5, 9.0, 4_000).astype(np.float32)
    y = rng.uniform(22.5, 33.5, 4_000).astype(np.float32)
    z = np.full(x.size, 1.0, np.float32)
    zone = np.full(x.size, antennas.zone[CAGE_ANTENNA], np.int16)
    level = antennas.level_dbm((x, y, z), zone, np.array([CAGE_ANTENNA], np.int32))[:, 0]
    dx, dy, dz = x - antennas.x[CAGE_ANTENNA], y - antennas.y[CAGE_ANTENNA], z - antennas.z[CAGE_ANTENNA]
    return np.sqrt(dx**2 + dy**2 + dz**2), level


def test_fit_of_the_model_gives_the_published_path_loss() -> None:
    """
    A line through level over log distance has about 22 dB a decade, -49 to -57 dBm at one metre, some 3 dB about it.
    """
    slopes, starts, residuals = [], [], []
    for seed in range(60):
        distance, level = levels_along_a_walk(seed)
        slope, start = np.polyfit(np.log10(distance), level, 1)
        slopes.append(-slope)
        starts.append(start)
        residuals.append(np.std(level - (start + slope * np.log10(distance))))
    assert np.mean(slopes) == pytest.approx(22.0, abs=2.5)
    assert np.mean(starts) == pytest.approx(-51.5, abs=2.0)
    assert np.mean(residuals) == pytest.approx(3.0, abs=0.3)


def test_antennas_levels_lie_in_the_published_range() -> None:
    """
    Antennas that aren't turned down are between -57 and -49 dBm at one metre.
    """
    plan = demo_plan()
    full = np.array([antenna.back_off_db == 0 for reader in plan.readers for antenna in reader.antennas])
    levels = np.concatenate([Antennas(plan, seed).level_1m_dbm[full] for seed in range(5)])
    assert levels.min() >= -57.0
    assert levels.max() <= -49.0
    assert levels.mean() == pytest.approx(-51.1, abs=0.4)


def test_level_at_a_place_does_not_change() -> None:
    """
    Shadowing belongs to the place: the same place has the same level, half a metre on it has another.
    """
    antennas = Antennas(demo_plan(), 3)
    one, zone = np.array([CAGE_ANTENNA], np.int32), np.array([4], np.int16)
    z = np.ones(1, np.float32)
    here = (np.array([5.1], np.float32), np.array([25.1], np.float32), z)
    there = (np.array([5.6], np.float32), np.array([25.1], np.float32), z)
    assert antennas.level_dbm(here, zone, one) == antennas.level_dbm(here, zone, one)
    assert abs(antennas.level_dbm(here, zone, one) - antennas.level_dbm(there, zone, one)) > 0.01


def test_shadow_is_alike_a_step_further_and_another_some_steps_on() -> None:
    """
    Over 5 cm the field hardly changes; a metre on, two values have little in common.
    """
    rng = np.random.default_rng(4)
    x, y = rng.uniform(0.0, 200.0, 5_000), rng.uniform(0.0, 200.0, 5_000)
    field = np.zeros(x.size, np.uint64)
    here, near, far = (smooth_field(x + step, y, field, 0.4) for step in (0.0, 0.05, 1.0))
    assert here.std() == pytest.approx(1.0, abs=0.05)
    assert np.corrcoef(here, near)[0, 1] > 0.95
    assert abs(np.corrcoef(here, far)[0, 1]) < 0.1


def test_levels_drift_over_time() -> None:
    """
    What others do nearby changes a link slowly: much the same a second later, something else after two minutes.
    """
    links = mixed(np.arange(5_000, dtype=np.uint64))
    at_us = np.random.default_rng(4).integers(0, 10**9, 5_000)
    now, soon, late = (smooth_in_time(links, at_us + later, 40.0) for later in (0, 1_000_000, 120_000_000))
    assert now.std() == pytest.approx(1.0, abs=0.05)
    assert np.corrcoef(now, soon)[0, 1] > 0.95
    assert abs(np.corrcoef(now, late)[0, 1]) < 0.1


def test_tag_that_points_at_an_antenna_is_heard_less() -> None:
    """
    A dipole loses most along itself, and a carrier takes from what is behind; at rest nobody takes anything.
    """
    east, none = np.full((1, 1), 3.0, np.float32), np.zeros((1, 1), np.float32)
    along, across, facing, turned = (
        attitude_loss_db((east, none, none), np.full(1, turn, np.float32), np.full(1, heading, np.float32))[0, 0]
        for turn, heading in ((0.0, AT_REST), (np.pi / 2, AT_REST), (0.0, 0.0), (0.0, np.pi))
    )
    assert along - across == pytest.approx(TURN_LOSS_DB, abs=0.1)
    assert turned - facing == pytest.approx(BODY_LOSS_DB, abs=0.1)
    assert facing == pytest.approx(along, abs=0.01)


def test_wall_takes_from_a_signal() -> None:
    """
    A tag outside the building is heard less than the same without the wall.
    """
    plan = demo_plan()
    antennas = Antennas(plan, 3)
    x, y = np.array([12.0, 12.0], np.float32), np.array([-1.0, 1.0], np.float32)
    near = antennas.near(x, y)
    loss = antennas._walls_between(x[:, np.newaxis], y[:, np.newaxis], near)  # noqa: SLF001 - the wall alone
    assert loss[0].max() == 10.0
    assert loss[0].sum() > loss[1].sum()


def test_answers_fall_off_about_the_sensitivity() -> None:
    """
    Well above the sensitivity nearly every query is answered, at it half, well below none.
    """
    often = answered(np.array([-55.0, radio.SENSITIVITY_DBM, -85.0], np.float32))
    assert often.tolist() == pytest.approx([0.97, 0.485, 0.0], abs=0.01)


def test_scattered_words_make_normal_deviates() -> None:
    """
    The hash that shadowing is made of gives mean 0 and deviation 1, and neighbours have nothing in common.
    """
    deviates = normal_of(mixed(np.arange(100_000, dtype=np.uint64)))
    assert deviates.mean() == pytest.approx(0.0, abs=0.02)
    assert deviates.std() == pytest.approx(1.0, abs=0.02)
    assert np.corrcoef(deviates[:-1], deviates[1:])[0, 1] == pytest.approx(0.0, abs=0.02)


def test_deep_fades_last_and_are_rare() -> None:
    """
    About one instant in twelve lies in a deep fade, and the next tenth of a second mostly lies in the same.
    """
    links = mixed(np.arange(200, dtype=np.uint64))
    at_us = np.arange(0, 60_000_000, 100_000, dtype=np.int64)
    deep = np.array([deep_fade(np.full(at_us.size, link, np.uint64), at_us) for link in links])
    assert deep.mean() == pytest.approx(0.084, abs=0.02)
    assert (deep[:, 1:] & deep[:, :-1]).sum() / deep[:, :-1].sum() > 0.9


def dense_set(count: int, rate: float | None, seconds: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Tags on a shelf under one reader: reads a second, and each tag's gaps in seconds."""
    plan = demo_plan()
    tags = TagTable(count)
    rng = np.random.default_rng(2)
    tags.x[:], tags.y[:] = rng.uniform(3.0, 8.5, count), rng.uniform(23.0, 26.0, count)
    tags.zone[:] = plan.zone_no("aisle-1a")
    tags.life[:] = Life.HERE
    air = Air(plan, tags, 5, rate)
    everyone: Indices = np.arange(count, dtype=np.int32)
    air.settle(everyone)
    nobody: Indices = np.zeros(0, np.int32)
    seen: list[tuple[np.ndarray, np.ndarray]] = []
    for tick in range(seconds * 10):
        heard = [lot for lot in air.listen(nobody, tick * 100_000, 100_000) if lot is not None]
        seen += [(lot.tag, lot.seen_us) for lot in heard]
    tag = np.concatenate([t for t, _ in seen])
    at_us = np.concatenate([at for _, at in seen])
    gaps = [np.diff(np.sort(at_us[tag == one])) / 1e6 for one in range(count)]
    return np.bincount(at_us // 1_000_000, minlength=seconds), gaps


def test_dense_set_is_read_with_heavy_tailed_gaps() -> None:
    """
    Of 61 tags at rest each is read every second or so; the longest gaps are far beyond an exponential's.
    """
    per_s, gaps = dense_set(61, 60.0, 90)
    every = np.concatenate([gap for gap in gaps if gap.size > 5])
    assert per_s[60:].mean() == pytest.approx(60.0, rel=0.25)
    assert 0.3 <= np.median(every) <= 3.0
    assert every.max() > 5 * every.mean()


def test_rate_asked_for_is_met() -> None:
    """
    The governor brings the readers' total to the rate that was asked for.
    """
    per_s, _ = dense_set(1_500, 900.0, 20)
    assert per_s[10:].mean() == pytest.approx(900.0, rel=0.15)


def test_ring_forgets_links_of_tags_that_have_moved() -> None:
    """
    A sweep leaves only links made since the tag last moved.
    """
    ring = Ring()
    tags: Indices = np.arange(3_000, dtype=np.int32)
    ring.add(tags, np.zeros(3_000, np.int32), np.zeros(3_000, np.float32), np.zeros(3_000, np.int32))
    epoch: Indices = np.zeros(3_000, np.int32)
    epoch[::3] = 1
    ring.sweep(epoch)
    assert ring.size == 2_000
    assert set(ring.tag[:2_000].tolist()) == set(tags.tolist()) - set(tags[::3].tolist())


def test_fold_tells_a_tag_once_an_antenna() -> None:
    """
    Reads of one tag by one antenna are told as one: the strongest level, the last time, how often.
    """
    told = folded(reads([5, 6, 5, 5], [1, 1, 1, 2], [-60.0, -50.0, -58.0, -70.0], [10, 20, 30, 40]))
    assert told.tag.tolist() == [6, 5, 5]
    assert told.port.tolist() == [1, 1, 2]
    assert told.level_dbm.tolist() == [-50.0, -58.0, -70.0]
    assert told.seen_us.tolist() == [20, 30, 40]
    assert told.count.tolist() == [1, 2, 1]
