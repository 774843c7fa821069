"""
What a walk test teaches: which antennas hear a place, but not how life goes on there.

What is carried is read as newcomers are, out of turn; goods at rest share their reader with thousands of others. And it
moves on as no goods do. So a walk moves the plan's chances a part of the way, and leaves levels and manner alone.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from core.calibrate.labelled import LabelledReads
from core.calibrate.trial import judged
from core.calibrate.zones import hearing_of_zones
from core.engine.hearing import Hearing
from core.engine.places import Places, places_of
from core.engine.plan import plan_of
from core.engine.prior import CHANCE_MIN, prior_of
from core.engine.records import Floats, Ints
from core.site import Site

SECOND_US: Final = 1_000_000
TRUST: Final = 0.3
"""How far a walk moves the plan's log chances: chosen on simulated walks, in the same building and in another one."""
PIECE_M: Final = 5.0
"""About the size of the pieces of zones that places are after a walk."""
SHARE_READS: Final = 4.0
"""How many reads what the plan says of a reader's antennas is worth."""
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


def hearing_of_walk(site: Site, reads: LabelledReads) -> tuple[Places, Hearing]:
    """Learn the table from a walk: the plan's of pieces of zones, moved; only where the plan misleads, all it says."""
    reads = replace(reads, stay=_stays(reads))
    zones = places_of(site)
    prior = prior_of(site, zones)
    held = reads.seen_us // STRETCH_US % 2 == 0
    learned, _ = hearing_of_zones(reads.take(~held), zones, prior)
    # Changes don't count here: what is carried up and down is told to change far too often by any table.
    by_plan, by_walk = (judged(plan_of(site, zones, table), reads.take(held))[0] for table in (prior, learned))
    if by_walk > by_plan + PLAN_WRONG:
        return zones, hearing_of_zones(reads, zones, prior)[0]
    pieces = places_of(site, PIECE_M)
    return pieces, _moved(site, pieces, reads)


def _moved(site: Site, pieces: Places, reads: LabelledReads) -> Hearing:
    """
    The plan's table of pieces, its log chances moved by what the walk says of each reader's antennas.

    How often a reader speaks is up to its settings and its crowd: only how its reads spread over its antennas counts.
    """
    prior = prior_of(site, pieces)
    told = np.exp(prior.chance.astype(np.float64))
    told /= told.sum(axis=0)
    n = np.zeros_like(told)
    known, place = _places_at(reads, pieces)
    np.add.at(n, (reads.read_point[known], place), 1.0)
    chance = np.log(told + CHANCE_MIN)
    # A read point that heard nobody, such as the stand-in for reads without an antenna, was not tried.
    tried = np.unique(reads.read_point)
    reader = np.array([site.read_points[point].reader for point in tried])
    for one in sorted(set(reader.tolist())):
        own = tried[reader == one]
        share = told[own] / told[own].sum(axis=0)
        found = (n[own] + SHARE_READS * share) / (n[own].sum(axis=0) + SHARE_READS)
        chance[own] += TRUST * (np.log(found + CHANCE_MIN) - np.log(share + CHANCE_MIN))
    return replace(prior, chance=chance.astype(np.float32))


def _places_at(reads: LabelledReads, pieces: Places) -> tuple[Ints, Ints]:
    """Which reads are of tags whose point is known, and the piece of the true zone whose middle is nearest to each."""
    known = np.flatnonzero(np.isfinite(reads.xy).all(axis=1) & np.isin(reads.zone, pieces.zone))
    place = np.zeros(known.size, np.int64)
    for zone in np.unique(pieces.zone).tolist():
        own, here = np.flatnonzero(pieces.zone == zone), np.flatnonzero(reads.zone[known] == zone)
        away = np.hypot(*(reads.xy[known[here], None, :] - pieces.xy[own]).transpose(2, 0, 1))
        place[here] = own[away.argmin(axis=1)] if here.size else 0
    return known, place


def _stays(reads: LabelledReads) -> Ints:
    """Number stays anew: rows of one tag that follow each other in one zone are one stay."""
    order = np.lexsort((reads.seen_us, reads.tag))
    tag, zone = reads.tag[order], reads.zone[order]
    began = np.append(True, (tag[1:] != tag[:-1]) | (zone[1:] != zone[:-1]))
    stay = np.empty(len(reads), np.int64)
    stay[order] = np.cumsum(began)
    return stay
