"""The missing list: which tags are likeliest gone, and that a probability means what it says."""

from itertools import product

import numpy as np
import pytest

from core.stock.missing import Beliefs, Bools, Ints, Missing, coverage, miss_chances, rank_missing

ZONES, TAGS, COUNTS = 10, 40, 8


def store(seed: int, lost: float, *, runs: float = 1.0) -> tuple[Ints, Ints, Bools]:
    """Reads of a made-up store, zones, and which tags have gone; a miss makes the next one `runs` times likelier."""
    rng = np.random.default_rng(seed)
    zone = np.repeat(np.arange(ZONES), TAGS)
    rate = rng.gamma(4.0, 1.0, zone.size) * np.repeat(rng.uniform(0.6, 1.4, ZONES), TAGS)
    reads, here, missed = np.zeros((COUNTS, zone.size), np.int64), np.ones(zone.size, bool), np.zeros(zone.size, bool)
    for count in range(COUNTS):
        here &= (rng.random(zone.size) >= lost) | (count == 0)
        chance = np.minimum((0.02 + 0.3 * np.exp(-rate)) * np.where(missed, runs, 1.0), 0.9)
        missed = rng.random(zone.size) < chance
        reads[count] = np.where(here & ~missed, 1 + rng.poisson(rate), 0)
    return reads, zone, ~here


def plain(reads: list[list[int]]) -> Missing:
    """Rank tags that all belong to one zone; a row is a count."""
    counts = np.array(reads, np.int64)
    return rank_missing(counts, np.zeros(counts.shape[1], np.int64))


def test_probability_means_what_it_says() -> None:
    """
    In stores with known losses, of the tags said to be gone with about p, about p are: over many of them, to a tenth.
    """
    said, true = [], []
    for seed, lost in product(range(6), (0.002, 0.02)):
        reads, zone, gone = store(seed, lost, runs=2.0)
        said.append(rank_missing(reads, zone).gone)
        true.append(gone)
    said_all, true_all = np.concatenate(said), np.concatenate(true)
    for low, high in ((0.0, 0.2), (0.2, 0.8), (0.8, 1.01)):
        chosen = (said_all >= low) & (said_all < high)
        assert true_all[chosen].mean() == pytest.approx(said_all[chosen].mean(), abs=0.1)


def test_each_miss_says_more_and_a_read_takes_all_back() -> None:
    """
    The longer the silence the likelier gone; whoever was read in the last count is not.
    """
    steady = [[3] * 20 for _ in range(6)]
    for row, silent in enumerate(([0], [0, 1], [0, 1, 2], [0, 1, 2, 3])):
        for tag in silent:
            steady[2 + row][tag] = 0
    steady[2][9] = 0
    list_ = plain(steady)

    assert list_.misses[:5].tolist() == [4, 3, 2, 1, 0]
    assert np.all(np.diff(list_.gone[:5]) < 0)
    assert list_.gone[9] == 0.0


def test_miss_of_a_tag_that_is_read_often_says_more() -> None:
    """
    Counts read some tags ten times and others once, and miss those now and then: a miss of the former says more.
    """
    reads, zone, _ = store(3, 0.0)
    order = np.argsort(reads.sum(axis=0))
    faint, loud = order[reads[:-1, order].all(axis=0)][[0, -1]]
    reads[-1, [faint, loud]] = 0
    list_ = rank_missing(reads, zone)

    assert list_.chance[loud] < list_.chance[faint]
    assert list_.gone[loud] > list_.gone[faint]


def test_zone_that_is_missed_at_once_is_no_loss() -> None:
    """
    A shelf of which nothing is read was not covered: its tags are hardly likelier gone, and the count is named for it.
    """
    reads, zone, _ = store(4, 0.0)
    before = rank_missing(reads, zone).gone
    reads[-1, zone == 2] = 0
    list_ = rank_missing(reads, zone)

    assert not list_.covered[-1, 2]
    assert np.delete(list_.covered, 2, axis=1).mean() > 0.95
    assert np.median(list_.gone[zone == 2]) < 0.01
    assert list_.gone[zone == 2].max() < 0.5
    assert np.abs(list_.gone - before)[zone != 2].max() < 0.2


def test_coverage_asks_for_more_than_a_fifth_of_enough_tags() -> None:
    """
    One of five missed is a miss, two are the reader's; of four tags nothing is said; a tag gone before is not asked.
    """
    reads = np.ones((3, 5), np.int64)
    reads[1:, 0] = 0
    reads[2, 1] = 0
    zone = np.zeros(5, np.int64)

    assert coverage(reads, zone)[:, 0].tolist() == [True, True, True]
    reads[2, 0] = 1
    reads[1, 0], reads[1, 1] = 1, 1
    reads[2, :2] = 0
    assert coverage(reads, zone)[:, 0].tolist() == [True, True, False]
    assert coverage(reads[:, :4], zone[:4])[:, 0].tolist() == [True, True, True]


def test_misses_in_runs_are_worth_less() -> None:
    """
    As many misses in every count, alone or two in a row: where they come in rows, two in a row say less of a tag.
    """
    gone = []
    for in_runs in (False, True):
        reads = np.full((9, 80), 3, np.int64)
        for tag in range(12):
            first = 1 + tag % 5
            reads[first, tag] = 0
            reads[first + 1, tag if in_runs else tag + 12] = 0
        reads[-2:, 50] = 0
        gone.append(rank_missing(reads, np.zeros(80, np.int64)).gone[50])

    assert gone[0] > gone[1] + 0.05


def test_tag_unread_so_far_has_the_chance_of_its_zone() -> None:
    """
    Of a tag on the books that no count has read, the chance of a miss is that of its zone and class.
    """
    reads, zone, _ = store(6, 0.0)
    reads[:, 0] = 0
    weight = np.ones(reads.shape)
    weight[:, 0] = 0.0
    chance = miss_chances(reads, zone, weight, Beliefs())

    assert 0.0 < chance[0] < 0.5
    assert rank_missing(reads, zone).gone[0] > 0.9


def test_nothing_counted_says_nothing() -> None:
    """
    Without tags there is an empty list, and without counts nobody is gone.
    """
    assert rank_missing(np.zeros((3, 0), np.int64), np.zeros(0, np.int64)).gone.size == 0
    assert rank_missing(np.zeros((0, 2), np.int64), np.zeros(2, np.int64)).gone.tolist() == [0.0, 0.0]
