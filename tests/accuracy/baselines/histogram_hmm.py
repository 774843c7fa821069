"""
A hidden Markov model over zones with level histograms (naive Bayes), each read's likelihood to a power alpha.

alpha = 1 takes reads as independent; 0.25 knows that they are not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tallyport.score import Published
from tests.accuracy.baselines.histograms import Floats, antennas_of, count_reads, level_bin, log_chances
from tests.accuracy.decisions import Learn, Placer
from tests.accuracy.recording import Read, Recording


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """How the filter believes: the power of a read, zone changes a second, and how sure it must be to publish."""

    alpha: float
    leave_rate: float = 1.0 / 60.0
    publish_above: float = 0.0


def histogram_hmm(belief: Belief) -> Learn:
    """Learn the histograms of each zone of the plan, then follow each tag with them."""

    def learn(training: Recording) -> Placer:
        zones = [zone.id for zone in training.site.zones]
        places = [zones.index(place.zone) for place in training.truth]
        # [A, BINS, Z], so that a read looks up one row.
        chances = log_chances(count_reads(training, places, len(zones))).transpose(1, 2, 0).copy()
        return lambda reads, _site: _follow(reads, training, chances, belief)

    return learn


def _follow(reads: Sequence[Read], training: Recording, chances: Floats, belief: Belief) -> Iterator[Published]:
    zones = [zone.id for zone in training.site.zones]
    numbers = antennas_of(training)
    states: dict[str, tuple[float, Floats]] = {}
    said: dict[str, str] = {}
    for read in reads:
        seen_s, before = states.get(read.epc, (read.at_s, np.full(len(zones), 1.0 / len(zones))))
        row = chances[numbers[read.reader, read.antenna], level_bin(read.rssi_dbm)]
        after = moved(before, read.at_s - seen_s, belief.leave_rate) * np.exp(belief.alpha * (row - row.max()))
        after /= after.sum()
        states[read.epc] = (read.at_s, after)
        best = int(after.argmax())
        if said.get(read.epc) != zones[best] and after[best] > belief.publish_above:
            said[read.epc] = zones[best]
            yield Published(epc=read.epc, at_s=read.at_s, zone=zones[best])


def moved(before: Floats, passed_s: float, leave_rate: float) -> Floats:
    """Let time pass: a tag leaves its zone at a rate, for any of the others alike."""
    others = max(len(before) - 1, 1)
    gone = (1.0 - np.exp(-leave_rate * max(passed_s, 0.0) * len(before) / others)) * others / len(before)
    after: Floats = before * (1.0 - gone) + (1.0 - before) * gone / others
    return after
