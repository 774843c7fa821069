"""LANDMARC (Ni et al. 2003): the mean of the four surveyed points that sound most alike, the nearer the more."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from core.site import Site
from tallyport.score import Published
from tests.accuracy.baselines.histograms import BIN_DB, BINS, LOW_DBM, Floats, antennas_of, count_reads
from tests.accuracy.baselines.survey import heard, points_of, zone_of
from tests.accuracy.decisions import Placer
from tests.accuracy.recording import Read, Recording

NEAREST: Final = 4
WINDOW_S: Final = 3.0
EVERY_S: Final = 0.5
UNHEARD_DBM: Final = -100.0


def landmarc(training: Recording) -> Placer:
    """Take the survey's points as the reference tags."""
    points, rows = points_of(training)
    counts = count_reads(training, rows, len(points))
    total = counts.sum(axis=2)
    levels = LOW_DBM + BIN_DB * (np.arange(BINS) + 0.5)
    means = np.where(total > 0, counts @ levels / np.maximum(total, 1.0), UNHEARD_DBM)
    numbers = antennas_of(training)

    def place(reads: Sequence[Read], site: Site) -> Iterator[Published]:
        for at_s, epc, dbm in heard(reads, WINDOW_S, EVERY_S):
            signal = np.full(len(numbers), UNHEARD_DBM)
            for where, level in dbm.items():
                signal[numbers[where]] = level
            x, y = nearest_mean(signal, means, points)
            yield Published(epc=epc, at_s=at_s, zone=zone_of(site, x, y), x_m=x, y_m=y)

    return place


def nearest_mean(signal: Floats, means: Floats, points: Floats) -> tuple[float, float]:
    """Weigh the k nearest in signal by 1 / E^2. signal float64[A]; means float64[P, A]; points float64[P, 2]."""
    squares = ((means - signal) ** 2).sum(axis=1)
    nearest = np.argsort(squares, kind="stable")[:NEAREST]
    weights = 1.0 / np.maximum(squares[nearest], 1e-9)
    x, y = (weights / weights.sum() @ points[nearest]).tolist()
    return x, y
