"""The headline figures of ours on the small real sets: what the suite holds against its floors."""

from typing import NamedTuple

from tallyport.score.zones import score_positions
from tests.accuracy import ours
from tests.accuracy.decisions import Learn
from tests.accuracy.judge import Mark, rightness
from tests.accuracy.protocols import bed
from tests.accuracy.recordings import ble, uci

OURS_AT_ITS_BEST: Learn = (*ours.BY_PLAN.values(), *ours.TAUGHT.values())[-1]
"""Calibrated, where this version learns."""


class Headline(NamedTuple):
    """In bed or not, share of seconds; in the hall, mean error in metres, and share of packets in the right square."""

    bed_accuracy: float
    hall_mean_m: float
    hall_square: float


def headline() -> Headline:
    """Run ours, taught as in the tables, on the two real sets."""
    trials = uci.trials()
    in_bed = rightness([mark for trial in trials for mark in trial.marks()], bed.crossed(trials, OURS_AT_ITS_BEST))
    training, test = ble.walk_test(), ble.together(ble.tracks())
    words = list(OURS_AT_ITS_BEST(training)(test.reads, test.site))
    marks = [Mark(place.from_s, place.epc, place.zone) for place in test.truth]
    away = score_positions(test.spots(), words)
    return Headline(in_bed.accuracy, away["mean"] or float("inf"), rightness(marks, words).accuracy)
