"""
What a walk test teaches: which antennas hear a place, but not how life goes on there.

What is carried is read as newcomers are, out of turn; goods at rest share their reader with thousands of others. And it
moves on as no goods do. So a walk moves the plan's chances a part of the way, and leaves levels and manner alone.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from core.calibrate.labelled import LabelledReads
from core.calibrate.trial import worth
from core.calibrate.zones import hearing_of_zones, shares_of
from core.engine.hearing import Hearing
from core.engine.places import Places
from core.engine.plan import plan_of
from core.engine.prior import CHANCE_MIN
from core.engine.records import Floats, Ints
from core.site import Site

SECOND_US: Final = 1_000_000
TRUST: Final = 0.3
"""How far a walk moves the plan's log chances: chosen on simulated walks, in the same building and in another one."""
CARRIED_M_PER_S: Final = 0.2
"""What moves on faster than this from row to row of the truth is being carried."""
PLAN_WRONG: Final = 0.1
"""By so much accuracy what was learned must be better on the walk for the plan itself to be wrong."""
STRETCH_US: Final = 10 * SECOND_US
"""Stretches of a walk that take turns at being learned from and being held back."""


def is_walk(reads: LabelledReads) -> bool:
    """Whether the labelled tags were carried about all the time."""
    stays, first = np.unique(np.column_stack((reads.tag, reads.stay)), axis=0, return_index=True)
    same = (np.diff(stays[:, 0]) == 0) & (stays[1:, 1] >= 0) & (stays[:-1, 1] >= 0)
    metres = np.hypot(*np.diff(reads.xy[first], axis=0).T)
    seconds = np.maximum(np.abs(np.diff(reads.seen_us[first])) / SECOND_US, 1.0)
    pace: Floats = (metres / seconds)[same & np.isfinite(metres)]
    return bool(pace.size > 0 and np.median(pace) > CARRIED_M_PER_S)


def hearing_of_walk(site: Site, places: Places, reads: LabelledReads, prior: Hearing) -> Hearing:
    """Learn the table from a walk: the plan's, moved; only where the plan misleads, all that the walk says."""
    reads = replace(reads, stay=_stays(reads))
    held = reads.seen_us // STRETCH_US % 2 == 0
    learned, _ = hearing_of_zones(reads.take(~held), places, prior)
    by_plan, by_walk = (worth(plan_of(site, places, table), reads.take(held)) for table in (prior, learned))
    if by_walk > by_plan + PLAN_WRONG:
        return hearing_of_zones(reads, places, prior)[0]
    told, found = (np.log(share + CHANCE_MIN) for share in shares_of(reads, places, prior))
    # A read point that heard nobody, such as the stand-in for reads without an antenna, was not tried.
    tried = np.isin(np.arange(len(told)), reads.read_point)[:, None]
    return replace(prior, chance=(prior.chance + TRUST * tried * (found - told)).astype(np.float32))


def _stays(reads: LabelledReads) -> Ints:
    """Number stays anew: rows of one tag that follow each other in one zone are one stay."""
    order = np.lexsort((reads.seen_us, reads.tag))
    tag, zone = reads.tag[order], reads.zone[order]
    began = np.append(True, (tag[1:] != tag[:-1]) | (zone[1:] != zone[:-1]))
    stay = np.empty(len(reads), np.int64)
    stay[order] = np.cumsum(began)
    return stay
