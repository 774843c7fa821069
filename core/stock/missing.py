"""
Which tags are likeliest gone, after some counts of a store: how surely each would have been read if it were there.

Every tag has a chance to be missed while it is there, learned up to its last read and pooled: a Beta prior for each tag
comes from its zone and its class (tags that counts read about as often), and theirs from the store. Misses in a row are
correlated, and walks through a zone differ: both are learned from the counts too. What is lost between two counts is
told apart from what is only missed by expectation maximisation. So a list needs no figure that depends on the store.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

ROUNDS: Final = 20
"""Of expectation maximisation: one more changes no list."""
CLASSES: Final = 8
"""Classes of tags by their reads a count: 1, 2 to 3, 4 to 7 and so on."""
CHANCE_MAX: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Beliefs:
    """
    What is believed before any count, and for how many cases each belief stands.

    missed, missed_weight    chance that a tag is missed while it is there
    lost, lost_weight        chance that a tag goes between two counts
    relapse, relapse_weight  how many times likelier a miss is after a miss
    pool_weight              cases that the store's rate is worth to a class or zone, and theirs to a tag
    walk_weight              misses that a zone's usual rate is worth against those of one count
    uncovered                share of a zone's tags missed at once from which the count didn't cover the zone
    uncovered_tags           so many tags at least, for a share to say that
    """

    missed: float = 0.05
    missed_weight: float = 20.0
    lost: float = 0.002
    lost_weight: float = 1_000.0
    relapse: float = 2.0
    relapse_weight: float = 10.0
    pool_weight: float = 10.0
    walk_weight: float = 2.0
    uncovered: float = 0.2
    uncovered_tags: int = 5


class Missing(NamedTuple):
    """
    What N tags of Z zones look like after T counts.

    gone      float64[N]   probability that the tag is gone
    misses    int64[N]     counts in a row without it, up to now
    chance    float64[N]   chance that a count misses it while it is there
    covered   bool[T, Z]   whether the count covered the zone; where not, look at the reader before the tags
    """

    gone: Floats
    misses: Ints
    chance: Floats
    covered: Bools


DEFAULT: Final = Beliefs()


def rank_missing(reads: Ints, zone: Ints, beliefs: Beliefs = DEFAULT) -> Missing:
    """
    Say how likely each tag is gone.

    reads  int64[T, N]  how often each count read each tag; 0: not at all. A reader that doesn't tell how often tells 1
    zone   int64[N]     where the tag belongs, from 0
    """
    closed = (np.cumsum(reads[::-1] > 0, axis=0)[::-1] > 0).astype(np.float64)
    chance = miss_chances(reads, zone, closed, beliefs)
    gone, lost = np.zeros(reads.shape[1]), beliefs.lost
    for _ in range(ROUNDS):
        # A miss after the last read says something of that walk for as much as the tag is thought to be there.
        at_count = _by_walk(reads, zone, closed + (1.0 - closed) * (1.0 - gone), chance, beliefs)
        at_count = _after_a_miss(reads, closed, at_count, beliefs)
        gone = _gone(closed, at_count, lost)
        lost = float(_pooled(gone.sum(), closed.sum() + gone.sum(), beliefs.lost, beliefs.lost_weight))
    return Missing(gone, (closed == 0.0).sum(axis=0), chance, coverage(reads, zone, beliefs))


def coverage(reads: Ints, zone: Ints, beliefs: Beliefs = DEFAULT) -> Bools:
    """
    Say which counts covered which zones: bool[T, Z]. Where much is missed at once of what the count before still read,
    the reader is to blame.
    """
    n_counts, n_zones = reads.shape[0], int(zone.max(initial=-1)) + 1
    there = np.ones(reads.shape[1], np.bool_)
    covered = np.ones((n_counts, n_zones), np.bool_)
    for count in range(n_counts):
        heard = reads[count] > 0
        tags = np.bincount(zone[there], minlength=n_zones)
        missed = np.bincount(zone[there & ~heard], minlength=n_zones)
        covered[count] = (missed <= beliefs.uncovered * tags) | (tags < beliefs.uncovered_tags)
        there = np.where(covered[count][zone], heard, there)
    return covered


def miss_chances(reads: Ints, zone: Ints, weight: Floats, beliefs: Beliefs = DEFAULT) -> Floats:
    """
    Estimate each tag's chance to be missed while it is there, float64[N].

    weight  float64[T, N]  for how much each try counts, 0..1
    """
    missed = (weight * (reads == 0)).sum(axis=0)
    tried = weight.sum(axis=0)
    store = float(_pooled(missed.sum(), tried.sum(), beliefs.missed, beliefs.missed_weight))
    by_zone = _group_rates(zone, missed, tried, store, beliefs.pool_weight)
    by_class = _group_rates(_class_of(reads), missed, tried, store, beliefs.pool_weight)
    odds = by_zone / (1.0 - by_zone) * by_class / (1.0 - by_class) * (1.0 - store) / store
    return np.minimum(_pooled(missed, tried, odds / (1.0 + odds), beliefs.pool_weight), CHANCE_MAX)


def _class_of(reads: Ints) -> Ints:
    """Class each tag by how often a count reads it, when it does; by doubling."""
    heard = np.maximum((reads > 0).sum(axis=0), 1)
    mean = np.maximum(reads.sum(axis=0) / heard, 1.0)
    return np.asarray(np.minimum(np.log2(mean), CLASSES - 1), np.int64)


def _group_rates(group: Ints, missed: Floats, tried: Floats, store: float, weight: float) -> Floats:
    """Give each tag the rate of its group."""
    rates = _pooled(np.bincount(group, missed), np.bincount(group, tried), store, weight)
    return np.asarray(rates[group], np.float64)


def _pooled(missed: npt.ArrayLike, tried: npt.ArrayLike, prior: Floats | float, weight: float) -> Floats:
    """Mean of a Beta posterior: so many of so many, and a prior worth `weight` cases."""
    return np.asarray((np.asarray(missed) + weight * prior) / (np.asarray(tried) + weight), np.float64)


def _by_walk(reads: Ints, zone: Ints, weight: Floats, chance: Floats, beliefs: Beliefs) -> Floats:
    """
    Give each count and tag the chance of a miss then: some walks through a zone are worse than others.

    Where much of a zone is missed at once, each miss says little; where nothing of it is read, nothing.
    """
    at_count = np.empty(reads.shape)
    for count, there in enumerate(weight):
        missed, expected = np.bincount(zone, there * (reads[count] == 0)), np.bincount(zone, there * chance)
        factor = (missed + beliefs.walk_weight) / (expected + beliefs.walk_weight)
        at_count[count] = np.minimum(chance * factor[zone], CHANCE_MAX)
    return at_count


def _after_a_miss(reads: Ints, closed: Floats, at_count: Floats, beliefs: Beliefs) -> Floats:
    """Raise the chance of a miss after a miss, by as much as the runs show that a read has ended."""
    missed = reads == 0
    after = np.zeros(reads.shape, np.bool_)
    after[1:] = missed[:-1]
    again, expected = (closed * missed)[after].sum(), (closed * at_count)[after].sum()
    prior = beliefs.relapse_weight * beliefs.missed
    relapse = (again + prior * beliefs.relapse) / (expected + prior)
    return np.minimum(np.where(after, at_count * max(relapse, 1.0), at_count), CHANCE_MAX)


def _gone(closed: Floats, chance: Floats, lost: float) -> Floats:
    """
    Say how likely each tag is gone, given the misses since its last read: it went before one of them, or never.

    Before each miss it goes with the chance `lost`; while it stays, the miss has its chance.
    """
    stays, went = np.ones(chance.shape[1]), np.zeros(chance.shape[1])
    for known, chances in zip(closed, chance, strict=True):
        missed = known == 0.0
        went = np.where(missed, went + stays * lost, went)
        stays = np.where(missed, stays * (1.0 - lost) * chances, stays)
    return np.asarray(went / (went + stays), np.float64)
