"""Antennas that hear louder or fainter than they did: noticed by the tags that stay, and allowed for."""

import random
from collections import Counter
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from core.engine import Engine
from core.engine.checkpoint import unpack
from core.engine.records import Floats32
from core.model.batch import Batch
from tallyport.bench.bursts import columns_of
from tests.faults.world import plan
from tests.streams import SECOND_US, START_US, Delivered, Heard, run, small_site

SITE: Final = small_site()
EAST_1, EAST_2 = (SITE.read_point_index["east", port] for port in (1, 2))
LEVELS: Final = {EAST_1: -56.0, EAST_2: -55.0}
"""What the antennas of the right-hand room report of a typical tag in it."""
TAGS: Final = 12
LOST_DB: Final = 6.0
WALK_S: Final = 6


def told(first_s: int, last_s: int, lost_db: float) -> list[Delivered]:
    """Tags that stay in the right-hand room, each heard by both antennas once a second, a third louder than others."""
    rng = random.Random(first_s)
    messages = []
    for second in range(first_s, last_s):
        at_us = START_US + second * SECOND_US
        words = tuple(
            Heard(
                seen_us=at_us,
                arrived_us=at_us,
                read_point=point,
                epc=f"E2801160{tag:08X}",
                rssi_dbm=level + 3.0 * (tag % 3 - 1) + rng.gauss(0.0, 2.0) - lost_db * (point == EAST_1),
            )
            for tag in range(TAGS)
            for point, level in LEVELS.items()
        )
        messages.append(Delivered(at_us=at_us, arrived_us=at_us, words=words))
    return messages


def offsets(engine: Engine) -> Floats32:
    """What the engine has learned, dB a read point."""
    arrays, _ = unpack(engine.checkpoint())
    learned: Floats32 = arrays["offset_db"][2]
    return learned


def test_antenna_that_lost_power_is_noticed_within_minutes() -> None:
    """
    Of an antenna that hears six dB less from now on most is put down to it, and nothing to its reader's other tags.
    """
    engine = Engine(SITE)
    run(engine, told(0, 120, 0.0), range(0, 120, 10))
    before = offsets(engine)
    run(engine, told(120, 360, LOST_DB), range(0, 240, 10))
    change = offsets(engine) - before

    assert change[EAST_1] - change[EAST_2] < -0.5 * LOST_DB
    assert abs(change[EAST_1] + change[EAST_2]) < 0.2 * LOST_DB
    assert np.flatnonzero(change).tolist() == [EAST_1, EAST_2]


def test_offsets_are_bounded() -> None:
    """
    However far off the levels are, an antenna is put right by six dB at most.
    """
    engine = Engine(SITE)
    run(engine, told(0, 240, 40.0), range(0, 240, 10))

    assert np.abs(offsets(engine)).max() <= 6.0


def test_offsets_go_with_a_checkpoint_and_not_to_another_table() -> None:
    """
    A restart knows them; a calibration that is taken over is another word on what each antenna hears.
    """
    engine, after = Engine(SITE), Engine(SITE)
    run(engine, told(0, 120, LOST_DB), range(0, 120, 10))
    after.restore(engine.checkpoint(), [(tag, f"E2801160{tag:08X}") for tag in range(TAGS)])

    assert np.array_equal(offsets(engine), offsets(after))
    assert np.abs(offsets(engine)).max() > 0.0
    engine.take_over(None, 1)
    assert not offsets(engine).any()


def test_antenna_learns_nothing_of_a_tag_where_it_hears_none() -> None:
    """
    A tag read elsewhere than it is thought to be has gone there. Between halls that no antenna hears both of, of which
    one holds twice as many tags as the other, some walk back and forth for twenty minutes: they are placed within two
    seconds in either.
    """
    site = plan("halls", 600.0)
    engine, halls = Engine(site), np.array([site.read_point_index[f"{hall}-1", 1] for hall in ("east", "west")])
    zones, walkers = [site.zone_index[hall] for hall in ("east", "west")], np.arange(10)
    stay = np.repeat([0, 1], [10, 20])
    said, late = np.full(walkers.size, -1), Counter[int]()
    for second, part in product(range(1200), range(3)):
        now_in = second // WALK_S % 2
        point = halls[np.concatenate((np.full(walkers.size, now_in), stay))]
        positions = engine.step(*heard_by(point, second + part / 3)).positions
        ours = positions.tag_id < walkers.size
        said[positions.tag_id[ours]] = positions.zone[ours]
        late[second // WALK_S] += int((said != zones[now_in]).any())

    assert max(late[turn] for turn in range(1, 1200 // WALK_S)) <= 6


def heard_by(point: npt.NDArray[np.int64], at_s: float) -> tuple[Batch, int]:
    """Each tag is read once by its antenna, much louder than the plan has it, as a batch and its closing time."""
    at_us, tags = START_US + round(at_s * SECOND_US), np.arange(point.size)
    level, seen_us = np.full(point.size, -50.0, np.float32), np.full(point.size, at_us, np.int64)
    return Batch(reads=columns_of(tags, point, level, seen_us, at_us)), at_us
