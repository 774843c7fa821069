"""Trying ways to weigh reads on labelled ones that the tables were not learned from."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from core.calibrate.labelled import LabelledReads
from core.engine.hearing import Hearing
from core.engine.kernels_trial import tell_zones
from core.engine.manner import Manner
from core.engine.places import Places
from core.engine.plan import plan_of
from core.engine.records import EVIDENCE, Plan, Records, blank_tags
from core.engine.records_belief import blank_belief, new_scratch
from core.engine.sway import Sway
from core.site import Site

EVIDENCE_TRIED: Final = {0.3: 0.006, 0.6: 0.003, 1.0: 0.0}
GAINS_DB_TRIED: Final = {0.1: 0.0, 2.0: 0.005, 5.0: 0.006}
LEAVES_TRIED: Final = {1 / 300: 0.005, 1 / 60: 0.001, 1 / 20: 0.0, 1 / 8: 0.004}
FOLLOWED_LEAVES_TRIED: Final = {1 / 30: 0.002, 1 / 15: 0.0, 1 / 8: 0.002, 1 / 5: 0.003}
"""
What is tried, and by how much each must be better than the plainest: a few labelled minutes tell small differences
apart by luck. Lively manners are plain ones: what is staged to teach moves on less often than goods do.
"""
TEMPERED: Final = {
    Manner(evidence=evidence, gain_db=gain_db, leave_per_s=leave): cost + gain_cost + leave_cost
    for (evidence, cost), (gain_db, gain_cost), (leave, leave_cost) in product(
        EVIDENCE_TRIED.items(), GAINS_DB_TRIED.items(), LEAVES_TRIED.items()
    )
}
"""Reads close to each other count for less. What it takes to be chosen, for each manner."""
FOLLOWED: Final = {
    Manner(gain_db=gain_db, leave_per_s=leave): cost + leave_cost
    for (gain_db, cost), (leave, leave_cost) in product(GAINS_DB_TRIED.items(), FOLLOWED_LEAVES_TRIED.items())
}
"""Where it is followed how levels sway."""
FOLLOWING_COSTS: Final = 0.005
"""By how much that must be better: it takes more memory and time."""
CHANGES_TRIED: Final = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
SETTLING_US: Final = 2_000_000
MINUTE_US: Final = 60e6
GAP_US_MAX: Final = 1_000_000
"""A zone told is judged for no longer than this after its read."""
RESTLESS: Final = 0.04
"""What each needless change a minute of a tag costs, as a share of accuracy: people look at every change."""
READS_MAX: Final = 60_000
FOLDS: Final = 4


class Heard(NamedTuple):
    """How places are heard, and how levels sway where that is followed."""

    hearing: Hearing
    sway: Sway | None = None


Learner = Callable[[LabelledReads], Heard]


def best_manner(
    site: Site, places: Places, reads: LabelledReads, learn: Learner, tried: Mapping[Manner, float]
) -> tuple[Manner, float]:
    """Try manners out on reads that were held back from learning, and give the best and its worth."""
    halves = [(learn(reads.take(~held)), reads.take(held)) for held in _halves(reads)]
    trials = [(plan_of(site, places, heard.hearing, sway=heard.sway), held) for heard, held in halves]
    best = max(tried, key=lambda manner: _worth(trials, manner) - tried[manner])
    # How soon a tag is thought to leave and how sure to be of it go together: only both say how restless it looks.
    alike = [manner for manner in tried if replace(manner, leave_per_s=best.leave_per_s) == best]
    worths = {
        replace(manner, change_at=at): _worth(trials, replace(manner, change_at=at)) - tried[manner]
        for manner, at in product(alike, CHANGES_TRIED)
    }
    best = max(worths, key=worths.__getitem__)
    return best, worths[best] + tried[replace(best, change_at=Manner().change_at)]


def _halves(reads: LabelledReads) -> Iterator[npt.NDArray[np.bool_]]:
    """Which reads to hold back: every other tag, or every other stretch of time where there are few tags."""
    recent = reads.tag if reads.tag.max(initial=0) + 1 >= FOLDS else np.arange(len(reads)) * FOLDS // len(reads)
    for half in (0, 1):
        yield recent % 2 == half


def _worth(trials: list[tuple[Plan, LabelledReads]], manner: Manner) -> float:
    return float(np.mean([worth(with_manner(plan, manner), reads) for plan, reads in trials]))


def with_manner(plan: Plan, manner: Manner) -> Plan:
    """Give the plan another manner."""
    return plan._replace(
        evidence=manner.evidence,
        temper_s=manner.temper_s,
        gain_var=manner.gain_db**2,
        leave_per_s=manner.leave_per_s,
        change_at=manner.change_at,
    )


def worth(plan: Plan, reads: LabelledReads) -> float:
    """Accuracy of the zones told after settling, less what needless changes cost."""
    right, needless = judged(plan, reads)
    return right - RESTLESS * needless


def judged(plan: Plan, reads: LabelledReads) -> tuple[float, float]:
    """Accuracy of the zones told after settling, and how many needless changes a minute of a tag there are."""
    reads = reads.take(np.arange(len(reads)) < READS_MAX)
    n_tags = int(reads.tag.max(initial=-1)) + 1
    zone = np.zeros(len(reads), np.int16)
    belief = blank_belief(n_tags, plan.nearby.shape[1], plan.noise.size)
    tell_zones(_evidence(reads), blank_tags(n_tags), belief, plan, new_scratch(plan), zone)
    order = np.lexsort((reads.seen_us, reads.tag))
    tag, stay, at_us, told, true = (x[order] for x in (reads.tag, reads.stay, reads.seen_us, zone, reads.zone))
    same = tag[1:] == tag[:-1]
    changes = int((same & (told[1:] != told[:-1])).sum())
    true_changes = int((same & (stay[1:] != stay[:-1])).sum())
    lasts_us = np.minimum(np.append(np.where(same, np.diff(at_us), GAP_US_MAX), GAP_US_MAX), GAP_US_MAX)
    began = np.append(True, ~same | (stay[1:] != stay[:-1]))
    began_us = np.maximum.accumulate(np.where(began, np.arange(tag.size), 0))
    settled = (true >= 0) & (at_us - at_us[began_us] >= SETTLING_US)
    right = (lasts_us * (told == true))[settled].sum() / max(lasts_us[settled].sum(), 1)
    minutes = max(float(lasts_us[true >= 0].sum()) / MINUTE_US, 1.0)
    return float(right), max(changes - true_changes, 0) / minutes


def _evidence(reads: LabelledReads) -> Records:
    rows = np.zeros(len(reads), EVIDENCE)
    rows["seen_us"] = rows["raw_us"] = reads.seen_us
    rows["tag"], rows["read_point"], rows["rssi_dbm"] = reads.tag, reads.read_point, reads.rssi_dbm
    return rows
